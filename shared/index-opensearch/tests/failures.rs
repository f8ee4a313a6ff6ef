//! What becomes of answers that are none, and of servers that are not there.

#![expect(clippy::unwrap_used, reason = "a set-up that fails fails its test")]

#[path = "support/stub.rs"]
mod stub;

use domain::GmcNumber;
use domain::index::{Field, IndexDoc, IndexName, Value as FieldValue};
use index_opensearch::{Auth, OpenSearchIndex, OpenSearchSettings};
use serde_json::{Value, json};
use sync::ports::Index as _;
use sync::ports::PortError;
use sync::ports::index::{Action, IndexWrite, Version, WriteOutcome};

use crate::stub::{Asked, Reply, Stub};

const MASTER: IndexName = IndexName::Master;

#[tokio::test]
async fn a_server_that_is_not_there_is_a_failure_that_may_pass() {
    let port = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap().port()
    };
    let index = index(&format!("http://127.0.0.1:{port}"), Auth::None);

    for failure in [
        read(&index).await,
        index.write(vec![create("7000001")]).await.unwrap_err(),
        index.setup().await.unwrap_err(),
    ] {
        assert!(failure.is_transient, "{failure}");
        assert!(failure.message.contains(&format!("127.0.0.1:{port}")), "{failure}");
        assert!(failure.message.contains("refused"), "{failure}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_does_not_answer_is_given_up() {
    let stub = Stub::start(|_, _| Reply::Silence).await;
    let failure = read(&index(&stub.url, Auth::None)).await;
    assert!(failure.is_transient && failure.message.contains("no answer within 30 s"), "{failure}");
}

#[tokio::test]
async fn a_connection_that_was_dead_is_tried_once_more() {
    let stub = Stub::start(|asked, before| match before {
        0 => Reply::HangUp,
        _ if asked.head.contains("_msearch") => answer(&json!({"responses": [{"status": 200}]})),
        _ => answer(&json!({"docs": [{"_id": "7000001", "found": false}]})),
    })
    .await;
    assert_eq!(index(&stub.url, Auth::None).read(MASTER, &[number("7000001")]).await, Ok(vec![]));

    let stub = Stub::start(|_, _| Reply::HangUp).await;
    assert!(read(&index(&stub.url, Auth::None)).await.is_transient);
    assert_eq!(stub.asked().len(), 2, "once more, and not for ever");
}

#[tokio::test]
async fn what_may_pass_is_told_from_what_stays() {
    let error = |kind: &str| json!({"error": {"type": kind, "reason": "O'Neill"}}).to_string();
    let html = "<html>O'Neill</html>".to_owned();
    for (status, body, is_transient, told) in [
        (429, error("circuit_breaking_exception"), true, "status 429: circuit_breaking_exception"),
        (502, html.clone(), true, "status 502"),
        (503, error("cluster_manager_not_discovered_exception"), true, "status 503: cluster_manager"),
        (504, String::new(), true, "status 504"),
        (500, error("null_pointer_exception"), true, "status 500: null_pointer_exception"),
        (400, error("parsing_exception"), false, "status 400: parsing_exception"),
        (401, html.clone(), false, "status 401"),
        (
            403,
            json!({"Message": "not authorized to perform: es:ESHttpPost"}).to_string(),
            false,
            "es:ESHttpPost",
        ),
        (404, html, false, "status 404"),
        (200, "no json of O'Neill".to_owned(), true, "cannot be read, at line 1"),
        (200, json!({"responses": []}).to_string(), true, "0 answers to 1 searches"),
    ] {
        let stub = Stub::start(move |_, _| Reply::Answer(status, body.clone())).await;

        let failure = read(&index(&stub.url, Auth::None)).await;

        assert_eq!(failure.is_transient, is_transient, "{failure}");
        assert!(failure.message.contains(told), "expected {told} in {failure}");
        assert!(failure.message.starts_with("could not search masterdoctorindex at 127.0.0.1"), "{failure}");
        let is_of_the_cluster = told.contains("circuit_breaking");
        assert!(is_of_the_cluster || !failure.message.contains("O'Neill"), "{failure}");
    }
}

#[tokio::test]
async fn a_search_that_not_every_shard_answered_is_no_answer() {
    for response in [
        json!({"status": 200, "timed_out": true, "_shards": {"failed": 0}, "hits": {"hits": []}}),
        json!({"status": 200, "timed_out": false, "_shards": {"failed": 1}, "hits": {"hits": []}}),
        json!({"status": 503, "error": {"type": "search_phase_execution_exception", "reason": "all shards failed"}}),
        json!({"status": 429, "error": {"type": "rejected_execution_exception", "reason": "x"}}),
    ] {
        let body = json!({ "responses": [response] });
        let stub = Stub::start(move |_, _| answer(&body)).await;
        let failure = read(&index(&stub.url, Auth::None)).await;
        assert!(failure.is_transient, "{failure}");
    }
}

#[tokio::test]
async fn a_doctor_with_more_documents_than_a_search_returns_is_told() {
    let hits: Vec<Value> = (0..10_000).map(|id| json!({"_id": format!("generated-{id}")})).collect();
    let body = json!({"responses": [{"status": 200, "hits": {"hits": hits}}]});
    let stub = Stub::start(move |_, _| answer(&body)).await;
    let failure = read(&index(&stub.url, Auth::None)).await;
    assert!(!failure.is_transient && failure.message.contains("7000001 has 10000 documents"), "{failure}");
}

#[tokio::test]
async fn without_numbers_and_writes_nothing_is_asked() {
    let stub = Stub::start(|_, _| Reply::HangUp).await;
    let index = index(&stub.url, Auth::None);
    assert_eq!(index.read(MASTER, &[]).await, Ok(vec![]));
    assert_eq!(index.write(vec![]).await, Ok(vec![]));
    assert_eq!(stub.asked().len(), 0);
}

#[tokio::test]
async fn a_busy_server_leaves_every_write_for_later() {
    let stub = Stub::start(bulk(|_| Reply::Answer(429, "Too Many Requests".into()))).await;
    let outcomes =
        index(&stub.url, Auth::None).write(vec![create("7000001"), create("7000002")]).await.unwrap();
    assert_eq!(outcomes, vec![WriteOutcome::Busy("status 429".into()); 2]);
}

#[tokio::test]
async fn each_write_has_the_outcome_that_its_item_says() {
    let item = |action: &str, status: u16, kind: &str| {
        let error = (status >= 300).then(|| json!({"type": kind, "reason": "[doctorLastName] O'Neill"}));
        json!({action: {"status": status, "error": error}})
    };
    let version = Version { seq_no: 1, primary_term: 1 };
    let cases = [
        (Action::Create(IndexDoc::default()), item("create", 201, ""), WriteOutcome::Done),
        (Action::Update(version, vec![]), item("update", 200, ""), WriteOutcome::Done),
        (
            Action::Update(version, vec![]),
            item("update", 409, "version_conflict_engine_exception"),
            WriteOutcome::Conflict,
        ),
        (
            Action::Update(version, vec![]),
            item("update", 404, "document_missing_exception"),
            WriteOutcome::Conflict,
        ),
        (Action::Delete(version), item("delete", 404, ""), WriteOutcome::Conflict),
        (
            Action::Delete(version),
            item("delete", 429, "rejected_execution_exception"),
            WriteOutcome::Busy("status 429: rejected_execution_exception, at doctorLastName".into()),
        ),
        (
            Action::Create(IndexDoc::default()),
            item("create", 503, "unavailable_shards_exception"),
            WriteOutcome::Busy("status 503: unavailable_shards_exception, at doctorLastName".into()),
        ),
        (
            Action::Create(IndexDoc::default()),
            item("create", 400, "mapper_parsing_exception"),
            WriteOutcome::Refused("status 400: mapper_parsing_exception, at doctorLastName".into()),
        ),
    ];
    let items: Vec<Value> = cases.iter().map(|(_, item, _)| item.clone()).collect();
    let writes =
        cases.iter().map(|(action, ..)| IndexWrite { action: action.clone(), ..create("7000001") }).collect();
    let expected: Vec<WriteOutcome> = cases.into_iter().map(|(.., outcome)| outcome).collect();
    let stub = Stub::start(bulk(move |_| answer(&json!({ "items": items })))).await;

    let outcomes = index(&stub.url, Auth::None).write(writes).await.unwrap();

    assert_eq!(outcomes, expected);
}

#[tokio::test]
async fn an_index_that_vanishes_under_a_write_is_told() {
    let item =
        json!({"delete": {"status": 404, "error": {"type": "index_not_found_exception", "reason": "x"}}});
    let stub = Stub::start(bulk(move |_| answer(&json!({ "items": [item] })))).await;
    let delete = Action::Delete(Version { seq_no: 1, primary_term: 1 });
    let failure = index(&stub.url, Auth::None)
        .write(vec![IndexWrite { action: delete, ..create("7000001") }])
        .await
        .unwrap_err();
    assert!(!failure.is_transient && failure.message.contains("run `gmc-sync setup`"), "{failure}");
}

#[tokio::test]
async fn an_answer_for_other_writes_than_were_sent_is_no_answer() {
    let stub = Stub::start(bulk(|_| answer(&json!({"items": [{"create": {"status": 201}}]})))).await;
    let failure =
        index(&stub.url, Auth::None).write(vec![create("7000001"), create("7000002")]).await.unwrap_err();
    assert!(failure.is_transient && failure.message.contains("1 answers to 2 writes"), "{failure}");
}

#[tokio::test]
async fn a_request_that_is_too_large_is_split_until_it_fits() {
    // given a server that takes 600 bytes, and one document of more
    let stub = Stub::start(bulk(|asked| {
        if asked.body.len() > 600 {
            return Reply::Answer(413, String::new());
        }
        let created = asked.body.lines().filter(|line| line.starts_with("{\"create\"")).count();
        answer(&json!({"items": vec![json!({"create": {"status": 201}}); created]}))
    }))
    .await;
    let mut writes: Vec<IndexWrite> = (7_000_001..7_000_021).map(|it: u32| create(&it.to_string())).collect();
    if let Action::Create(doc) = &mut writes[7].action {
        doc.set(Field::ExceptionReason, Some(FieldValue::Text("x".repeat(1_000))));
    }

    let outcomes = index(&stub.url, Auth::None).write(writes).await.unwrap();

    for (place, outcome) in outcomes.iter().enumerate() {
        match outcome {
            WriteOutcome::Refused(reason) => {
                assert!(place == 7 && reason.contains("larger"), "{place}: {reason}");
            }
            other => assert!(place != 7 && *other == WriteOutcome::Done, "{place}: {other:?}"),
        }
    }
    // every document was taken once
    let taken: Vec<String> =
        stub.asked().into_iter().map(|asked| asked.body).filter(|body| body.len() <= 600).collect();
    for place in (0..20).filter(|place| *place != 7) {
        let id = format!("\"_id\":\"{}\"", 7_000_001 + place);
        assert_eq!(taken.iter().filter(|body| body.contains(&id)).count(), 1, "{id}");
    }
}

#[tokio::test]
async fn a_password_is_sent_and_never_shown() {
    let stub = Stub::start(|_, _| Reply::Answer(401, "Unauthorized".into())).await;
    let auth = Auth::Basic { username: "sync".into(), password: "geheim".into() };
    let index = index(&stub.url, auth);

    let failure = read(&index).await;

    assert!(!failure.is_transient && failure.message.contains("status 401"), "{failure}");
    // base64 of sync:geheim
    assert!(stub.asked()[0].head.contains("Basic c3luYzpnZWhlaW0="), "{:?}", stub.asked());
    for shown in [format!("{index:?}"), format!("{failure:?}"), failure.to_string()] {
        assert!(!shown.contains("geheim") && !shown.contains("c3luYzpnZWhlaW0"), "{shown}");
    }
}

#[cfg(feature = "aws-auth")]
#[tokio::test]
async fn requests_to_a_managed_domain_are_signed() {
    let stub = Stub::start(|_, _| Reply::Answer(403, json!({"message": "signature"}).to_string())).await;
    let config = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .test_credentials()
        .region(aws_config::Region::new("eu-west-2"))
        .load()
        .await;

    read(&index(&stub.url, Auth::Aws(Box::new(config)))).await;

    let head = stub.asked()[0].head.clone();
    assert!(head.contains("authorization: AWS4-HMAC-SHA256 Credential="), "{head}");
    assert!(head.contains("/eu-west-2/es/aws4_request"), "{head}");
    assert!(!head.lines().next().unwrap().contains('*'), "a signature writes it in another way: {head}");
}

#[cfg(feature = "aws-auth")]
#[test]
fn aws_settings_without_a_region_are_refused() {
    let url = "https://search.example.org".parse().unwrap();
    let auth = Auth::Aws(Box::new(aws_config::SdkConfig::builder().build()));
    let settings = OpenSearchSettings { url, auth, index_prefix: String::new() };
    let error = OpenSearchIndex::new(&settings).unwrap_err().to_string();
    assert!(error.contains("cannot be signed"), "{error}");
}

fn index(url: &str, auth: Auth) -> OpenSearchIndex {
    let settings = OpenSearchSettings { url: url.parse().unwrap(), auth, index_prefix: String::new() };
    OpenSearchIndex::new(&settings).unwrap()
}

/// Why a doctor cannot be read.
async fn read(index: &OpenSearchIndex) -> PortError {
    index.read(MASTER, &[number("7000001")]).await.unwrap_err()
}

fn number(text: &str) -> GmcNumber {
    GmcNumber::parse(text).unwrap()
}

fn create(id: &str) -> IndexWrite {
    IndexWrite {
        index: MASTER,
        id: id.to_owned(),
        number: number(id),
        action: Action::Create(IndexDoc::default()),
    }
}

fn answer(body: &Value) -> Reply {
    Reply::Answer(200, body.to_string())
}

/// A server whose index is there.
fn bulk(
    reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static,
) -> impl Fn(&Asked, usize) -> Reply + Send + Sync {
    move |asked, _| {
        if asked.head.contains("/_bulk") { reply(asked) } else { answer(&json!({"timed_out": false})) }
    }
}
