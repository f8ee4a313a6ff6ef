//! The real OpenSearch: indexes of this process, and the same indexes as another service uses them.

use std::time::{SystemTime, UNIX_EPOCH};

use domain::index::IndexName;
use index_opensearch::{Auth, OpenSearchIndex, OpenSearchSettings};
use opensearch::http::Method;
use opensearch::http::headers::HeaderMap;
use opensearch::http::transport::Transport;
use serde_json::{Value, json};
use tokio::sync::OnceCell;
use uuid::Uuid;

/// Before the names of all indexes that tests make, each with the second of its making.
const OURS: &str = "test-index-opensearch-";
/// When the indexes of a process that has ended are taken away.
const OLD_SECONDS: u64 = 3600;

/// Some indexes of a name of their own.
pub(crate) struct Cluster {
    /// The adapter.
    pub(crate) index: OpenSearchIndex,
    prefix: String,
    transport: Transport,
}

impl Cluster {
    /// Of this name; nothing is made.
    pub(crate) fn of(prefix: &str) -> Self {
        let url = &engines::addresses().unwrap().opensearch;
        let settings = OpenSearchSettings {
            url: url.parse().unwrap(),
            auth: Auth::None,
            index_prefix: prefix.to_owned(),
        };
        let index = OpenSearchIndex::new(&settings).unwrap();
        // connections end with the runtime of the test that made them, so they are each test's own
        Self { index, prefix: prefix.to_owned(), transport: Transport::single_node(url).unwrap() }
    }

    /// Of a name that nobody has.
    pub(crate) fn fresh() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let id = Uuid::new_v4().simple().to_string();
        Self::of(&format!("{OURS}{now}-{}-", &id[..8]))
    }

    /// Of a name that nobody has, with all four indexes.
    pub(crate) async fn made() -> Self {
        let cluster = Self::fresh();
        cluster.index.setup().await.unwrap();
        cluster
    }

    /// The one that all tests of this process share.
    pub(crate) async fn shared() -> Self {
        static PREFIX: OnceCell<String> = OnceCell::const_new();
        let prefix = PREFIX
            .get_or_init(|| async {
                let cluster = Self::made().await;
                cluster.sweep().await;
                cluster.prefix
            })
            .await;
        Self::of(prefix)
    }

    /// An index's name.
    pub(crate) fn name(&self, index: IndexName) -> String {
        format!("{}{index}", self.prefix)
    }

    /// Saves a whole document, as another service does.
    pub(crate) async fn put(&self, index: IndexName, id: &str, document: Value) {
        let path = format!("/{}/_doc/{}", self.name(index), encoded(id));
        let (status, answer) = self.ask(Method::Put, &path, Some(document)).await;
        assert!((200..300).contains(&status), "{status} {answer}");
    }

    /// Reads a document.
    pub(crate) async fn document(&self, index: IndexName, id: &str) -> Option<Value> {
        let (status, mut answer) =
            self.ask(Method::Get, &format!("/{}/_doc/{}", self.name(index), encoded(id)), None).await;
        (status == 200).then(|| answer["_source"].take())
    }

    /// Makes what was written visible to searches.
    pub(crate) async fn refresh(&self) {
        let (status, answer) = self.ask(Method::Post, &format!("/{}*/_refresh", self.prefix), None).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Makes an index of one's own.
    pub(crate) async fn make(&self, index: IndexName, definition: Value) {
        let (status, answer) =
            self.ask(Method::Put, &format!("/{}", self.name(index)), Some(definition)).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Takes the indexes away.
    pub(crate) async fn remove(&self) {
        self.ask(Method::Delete, &format!("/{}*", self.prefix), None).await;
    }

    /// Any request.
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
        let body = body.map(|body| body.to_string());
        let query: Option<&()> = None;
        let response = self.transport.send(method, path, HeaderMap::new(), query, body, None).await.unwrap();
        let status = response.status_code().as_u16();
        (status, response.json().await.unwrap_or(Value::Null))
    }

    /// Takes away what tests that have ended have left.
    async fn sweep(&self) {
        let path = format!("/_cat/indices/{OURS}*?h=index&format=json");
        let (_, found) = self.ask(Method::Get, &path, None).await;
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        for index in found.as_array().unwrap() {
            let name = index["index"].as_str().unwrap();
            let made = name[OURS.len()..].split('-').next().unwrap().parse::<u64>().unwrap_or(now);
            if made + OLD_SECONDS < now {
                self.ask(Method::Delete, &format!("/{name}"), None).await;
            }
        }
    }
}

/// An id as it stands in a path.
fn encoded(id: &str) -> String {
    let byte = |byte: u8| match byte {
        b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    };
    id.bytes().map(byte).collect()
}

/// Settings of an index that shows nothing to searches until it is told to.
pub(crate) fn never_refreshed() -> Value {
    json!({"refresh_interval": "-1", "number_of_replicas": 0})
}
