//! The four indexes, by plain HTTP, as somebody sees them who has nothing of ours.

use std::fmt::Write as _;
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use crate::failure::{Failure, Result, Told as _};

/// The names of the indexes, without what stands before them.
pub const NAMES: [&str; 4] = ["masterdoctorindex", "connectedindex", "disconnectedindex", "exceptionindex"];

/// The indexes of a stack.
#[derive(Clone, Debug)]
pub struct Indexes {
    client: Client,
    address: String,
    prefix: String,
}

impl Indexes {
    /// Those at this address whose names begin so.
    pub fn new(address: &str, prefix: &str) -> Result<Self> {
        let client = Client::builder().no_proxy().timeout(Duration::from_mins(1));
        let client = client.build().told("a client of opensearch")?;
        Ok(Self { client, address: address.trim_end_matches('/').to_owned(), prefix: prefix.to_owned() })
    }

    /// Where they are.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// One search; the body as OpenSearch documents it, the answer's `hits`.
    pub async fn search(&self, index: &str, body: &Value) -> Result<Value> {
        let path = format!("{}{index}/_search", self.prefix);
        let mut answer = self.call(Method::POST, &path, body.to_string(), "application/json").await?;
        Ok(answer["hits"].take())
    }

    /// Saves documents of an index under their ids, as another service does.
    pub async fn save(&self, index: &str, documents: &[(String, Value)]) -> Result<()> {
        let mut lines = String::new();
        for (id, document) in documents {
            // writing to a text cannot fail
            let _ = writeln!(lines, "{}\n{document}", json!({ "index": { "_id": id } }));
        }
        let path = format!("{}{index}/_bulk", self.prefix);
        let answer = self.call(Method::POST, &path, lines, "application/x-ndjson").await?;
        if answer["errors"] == json!(false) { Ok(()) } else { Err(Failure::new(path, answer.to_string())) }
    }

    /// Sets some fields of a document, as another service does.
    pub async fn change(&self, index: &str, id: &str, fields: &Value) -> Result<()> {
        let path = format!("{}{index}/_update/{id}?retry_on_conflict=5", self.prefix);
        self.call(Method::POST, &path, json!({ "doc": fields }).to_string(), "application/json")
            .await
            .map(drop)
    }

    /// Makes what was written so far visible to searches; a second later it is so by itself.
    pub async fn refresh(&self) -> Result<()> {
        let path = format!("{}*/_refresh", self.prefix);
        self.call(Method::POST, &path, String::new(), "application/json").await.map(drop)
    }

    /// Every document of an index, each as a hit.
    pub async fn all(&self, index: &str) -> Result<Vec<Value>> {
        let path = format!("{}{index}/_search?scroll=1m", self.prefix);
        let first = json!({ "size": 5_000, "sort": ["_doc"] }).to_string();
        let mut answer = self.call(Method::POST, &path, first, "application/json").await?;
        let mut found = Vec::new();
        loop {
            let next = json!({ "scroll": "1m", "scroll_id": answer["_scroll_id"] }).to_string();
            let Value::Array(hits) = answer["hits"]["hits"].take() else {
                return Err(Failure::new(path, "an answer without hits"));
            };
            if hits.is_empty() {
                return Ok(found);
            }
            found.extend(hits);
            answer = self.call(Method::POST, "_search/scroll", next, "application/json").await?;
        }
    }

    /// Deletes the indexes that are there.
    pub async fn delete(&self) -> Result<()> {
        let names: Vec<String> = NAMES.iter().map(|name| format!("{}{name}", self.prefix)).collect();
        let path = format!("{}?ignore_unavailable=true", names.join(","));
        self.call(Method::DELETE, &path, String::new(), "application/json").await.map(drop)
    }

    async fn call(&self, method: Method, path: &str, body: String, kind: &str) -> Result<Value> {
        let url = format!("{}/{path}", self.address);
        let request = self.client.request(method, &url).header("content-type", kind).body(body);
        let response = request.send().await.told(url.as_str())?;
        let (status, answer) = (response.status(), response.bytes().await.told(url.as_str())?);
        if !status.is_success() {
            return Err(Failure::new(url, format!("{status} {}", String::from_utf8_lossy(&answer))));
        }
        serde_json::from_slice(&answer).told(url)
    }
}
