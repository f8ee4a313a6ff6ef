//! The Parameter Store.

use aws::Parameters;
use aws_stub::{Answer, Call, Stub};
use secrecy::ExposeSecret as _;
use serde_json::json;

const PATH: &str = "/gmc/password";

#[tokio::test]
async fn a_parameter_is_read_decrypted_and_anew_each_time() {
    let (parameters, stub) = answering(|call| value(if call.place == 0 { "old" } else { "new" })).await;

    let first = parameters.get(PATH).await.unwrap();
    let second = parameters.get(PATH).await.unwrap();

    assert_eq!((first.expose_secret(), second.expose_secret()), ("old", "new"));
    assert_eq!(stub.requests("GetParameter")[0], json!({"Name": PATH, "WithDecryption": true}));
    assert!(!format!("{first:?}").contains("old"), "a secret is not shown");
}

#[tokio::test]
async fn a_parameter_that_is_missing_is_a_permanent_error_that_names_it_or_no_text() {
    let (parameters, stub) = answering(|_| Answer::refusal(400, "ParameterNotFound", "")).await;

    let error = parameters.get(PATH).await.unwrap_err();
    let text = parameters.get_text(PATH).await;

    assert_eq!(error.message, "could not read parameter /gmc/password: there is no such parameter");
    assert!(!error.is_transient);
    assert_eq!(text, Ok(None));
    assert_eq!(stub.calls().len(), 2, "neither is tried again");
}

#[tokio::test]
async fn no_right_to_read_is_permanent() {
    let message = "User: arn:aws:sts::123456789012:assumed-role/f is not authorized";
    let (parameters, stub) = answering(move |_| Answer::refusal(400, "AccessDeniedException", message)).await;

    let error = parameters.get(PATH).await.unwrap_err();

    assert_eq!(
        error.message,
        format!("could not read parameter /gmc/password: AccessDeniedException: {message}")
    );
    assert!(!error.is_transient);
    assert_eq!(stub.calls().len(), 1);
}

#[tokio::test]
async fn throttling_passes_and_is_transient_when_it_does_not() {
    let (parameters, _) = answering(|call| match call.place {
        0 | 1 => Answer::refusal(400, "ThrottlingException", "Rate exceeded"),
        _ => value("text"),
    })
    .await;
    assert_eq!(parameters.get_text(PATH).await, Ok(Some("text".to_owned())));

    let (parameters, stub) =
        answering(|_| Answer::refusal(400, "ThrottlingException", "Rate exceeded")).await;
    let error = parameters.get_text(PATH).await.unwrap_err();
    assert!(error.is_transient);
    assert_eq!(error.message, "could not read parameter /gmc/password: ThrottlingException: Rate exceeded");
    assert_eq!(stub.calls().len(), 3);
}

async fn answering(answer: impl Fn(&Call) -> Answer + Send + Sync + 'static) -> (Parameters, Stub) {
    let stub = Stub::start(answer).await.unwrap();
    (Parameters::new(&stub.config()), stub)
}

fn value(value: &str) -> Answer {
    Answer::of(&json!({"Parameter": {"Name": PATH, "Type": "SecureString", "Value": value, "Version": 1}}))
}
