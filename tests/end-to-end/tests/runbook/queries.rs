//! Queries of CloudWatch Logs Insights.

use std::collections::BTreeSet;

use end_to_end::functions::Function;
use end_to_end::poller::batch_of;
use serde_json::{Value, json};

use crate::operator::Operator;

/// Every field that a query names occurs in a line that the functions have written, and its filter finds some.
pub(crate) async fn ask_for_what_the_functions_write(operator: &mut Operator) {
    // given a message that nobody can read, and an event that a function does not know
    let stack = &operator.stack;
    stack.invoke(Function::ConnectionIndex, &batch_of(&["{}"])).await.unwrap();
    assert!(stack.invoke(Function::PrepareSync, &json!({ "what": "is this" })).await.is_err());
    let mut lines: Vec<Value> = Vec::new();
    for (_, log) in operator.stack.logs() {
        lines.extend(log.lines().filter_map(|line| serde_json::from_str(line).ok()));
    }
    let has = |field: &str| lines.iter().any(|line| line.get(field).is_some());
    let queries = operator.runbook.take_all("logs");
    assert!(!queries.is_empty());
    for query in queries {
        let mut fields = BTreeSet::new();
        for command in query.text.split(['|', '\n']).map(str::trim).filter(|command| !command.is_empty()) {
            let (name, rest) = command.split_once(' ').unwrap();
            match name {
                "fields" => fields.extend(rest.split(',').map(str::trim)),
                "sort" => fields.extend(rest.split(' ').next()),
                "limit" => assert!(rest.parse::<u32>().is_ok(), "{command}"),
                "filter" => {
                    let (field, value) = rest.split_once(" = ").expect("a field that is something");
                    let value = value.trim_matches('"');
                    assert!(lines.iter().any(|line| line[field] == value), "nothing is found by {command}");
                }
                other => panic!("{other} is not understood"),
            }
        }
        // what begins so is CloudWatch's own
        for field in fields.into_iter().filter(|field| !field.starts_with('@')) {
            assert!(has(field), "no line has {field}: {query:?}");
        }
    }
}
