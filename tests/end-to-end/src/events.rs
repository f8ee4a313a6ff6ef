//! The events that the functions get, as AWS sends them.

use aws_sdk_sqs::types::Message;
use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::queues::REGION;

/// Whose account the stack seems to be in.
const ACCOUNT: &str = "000000000000";

/// The event of a batch.
pub fn sqs_event(records: &[Value]) -> Value {
    json!({ "Records": records })
}

/// A message as it stands in such an event.
pub fn sqs_record(message: &Message, queue_arn: &str) -> Value {
    let attributes: Map<String, Value> = message
        .attributes()
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str().to_owned(), Value::String(value.clone())))
        .collect();
    json!({
        "messageId": message.message_id(),
        "receiptHandle": message.receipt_handle(),
        "body": message.body(),
        "attributes": attributes,
        "messageAttributes": {},
        "md5OfBody": message.md5_of_body(),
        "eventSource": "aws:sqs",
        "eventSourceARN": queue_arn,
        "awsRegion": REGION,
    })
}

/// What a rule sends; the same event has the same id.
pub fn scheduled_event(rule: &str, id: Uuid) -> Value {
    event("aws.events", "Scheduled Event", &format!("rule/{rule}"), id, &json!({}))
}

/// What Parameter Store sends when a parameter has changed.
pub fn parameter_change(name: &str) -> Value {
    let detail = json!({ "name": name, "type": "String", "operation": "Update" });
    let resource = format!("parameter{name}");
    event("aws.ssm", "Parameter Store Change", &resource, Uuid::new_v4(), &detail)
}

fn event(source: &str, kind: &str, resource: &str, id: Uuid, detail: &Value) -> Value {
    let service = source.trim_start_matches("aws.");
    json!({
        "version": "0",
        "id": id,
        "detail-type": kind,
        "source": source,
        "account": ACCOUNT,
        "time": Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        "region": REGION,
        "resources": [format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}")],
        "detail": detail,
    })
}

/// A request to the REST API, in the proxy format 1.0.
pub fn api_request(method: &str, path: &str, body: Option<&str>) -> Value {
    let run = path.split('/').nth(3);
    let resource = run.map_or(path.to_owned(), |run| path.replacen(run, "{runId}", 1));
    let id = Uuid::new_v4();
    json!({
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": { "Accept": "application/json", "Content-Type": "application/json" },
        "multiValueHeaders": { "Accept": ["application/json"], "Content-Type": ["application/json"] },
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": run.map(|run| json!({ "runId": run })),
        "stageVariables": null,
        "requestContext": request_context(method, path, &resource, "Prod", id),
        "body": body,
        "isBase64Encoded": false,
    })
}

/// What the console's *Test* button sends when nothing was filled in.
pub fn console_test() -> Value {
    let path = "/v1/admin";
    json!({
        "resource": path,
        "path": path,
        "httpMethod": "POST",
        "headers": null,
        "multiValueHeaders": null,
        "queryStringParameters": null,
        "multiValueQueryStringParameters": null,
        "pathParameters": null,
        "stageVariables": null,
        "requestContext": request_context("POST", path, path, "test-invoke-stage", Uuid::new_v4()),
        "body": null,
        "isBase64Encoded": false,
    })
}

fn request_context(method: &str, path: &str, resource: &str, stage: &str, id: Uuid) -> Value {
    json!({
        "accountId": ACCOUNT,
        "apiId": "local",
        "domainName": "testPrefix.testDomainName",
        "domainPrefix": "testPrefix",
        "extendedRequestId": "local=",
        "httpMethod": method,
        "identity": {
            "accessKey": null,
            "accountId": ACCOUNT,
            "apiKey": null,
            "caller": null,
            "cognitoAuthenticationProvider": null,
            "cognitoAuthenticationType": null,
            "cognitoIdentityId": null,
            "cognitoIdentityPoolId": null,
            "principalOrgId": null,
            "sourceIp": "127.0.0.1",
            "user": null,
            "userAgent": "end-to-end",
            "userArn": null,
        },
        "path": format!("/{stage}{path}"),
        "protocol": "HTTP/1.1",
        "requestId": id,
        "requestTime": Timestamp::now().strftime("%d/%b/%Y:%H:%M:%S %z").to_string(),
        "requestTimeEpoch": Timestamp::now().as_millisecond(),
        "resourceId": "local",
        "resourcePath": resource,
        "stage": stage,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_about_a_run_carries_its_number_as_api_gateway_does() {
        let abort = api_request("POST", "/v1/admin/12/abort", None);

        assert_eq!(abort["resource"], "/v1/admin/{runId}/abort");
        assert_eq!(abort["pathParameters"], json!({ "runId": "12" }));
        let all = api_request("GET", "/v1/admin", None);
        assert_eq!((&all["resource"], &all["pathParameters"]), (&json!("/v1/admin"), &json!(null)));
    }
}
