//! A server that answers as it is told, and remembers what it was asked: for answers that no real one gives on demand.

use std::sync::{Arc, Mutex};

use mongodb::bson::{Document, doc};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// The wire protocol's operations (<https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/>).
const OP_REPLY: i32 = 1;
const OP_QUERY: i32 = 2_004;
const OP_MSG: i32 = 2_013;

/// A server with a script.
pub(crate) struct Scripted {
    /// `mongodb://host:port`.
    pub(crate) uri: String,
    asked: Arc<Mutex<Vec<Document>>>,
}

impl Scripted {
    /// Answers every command, but for greetings, as `script` says.
    pub(crate) async fn new(script: impl Fn(&Document) -> Document + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let uri = format!("mongodb://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (script, heard) = (Arc::new(script), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (script, heard) = (Arc::clone(&script), Arc::clone(&heard));
                tokio::spawn(async move { converse(stream, &*script, &heard).await });
            }
        });
        Self { uri, asked }
    }

    /// The commands so far, without greetings.
    pub(crate) fn asked(&self) -> Vec<Document> {
        self.asked.lock().unwrap().clone()
    }
}

/// Until the other end goes away.
async fn converse(
    mut stream: TcpStream,
    script: &(impl Fn(&Document) -> Document + Send + Sync),
    asked: &Mutex<Vec<Document>>,
) -> std::io::Result<()> {
    loop {
        let mut header = [0; 16];
        stream.read_exact(&mut header).await?;
        let [length, id, _, operation] = [0, 4, 8, 12].map(|at| number(&header, at));
        let mut body = vec![0; usize::try_from(length).unwrap() - header.len()];
        stream.read_exact(&mut body).await?;

        let command = document(match operation {
            OP_MSG => &body[5..],
            OP_QUERY => {
                let name_ends = body[4..].iter().position(|byte| *byte == 0).unwrap();
                &body[4 + name_ends + 1 + 8..]
            }
            other => panic!("operation {other} is not in the script"),
        });
        let is_greeting = command.keys().next().is_some_and(|name| matches!(&**name, "isMaster" | "hello"));
        let answer = if is_greeting {
            greeting()
        } else {
            asked.lock().unwrap().push(command.clone());
            script(&command)
        };
        stream.write_all(&message(operation, id, &answer)).await?;
    }
}

fn greeting() -> Document {
    doc! {
        "ismaster": true, "minWireVersion": 0, "maxWireVersion": 13, "maxBsonObjectSize": 16 << 20,
        "maxMessageSizeBytes": 48 << 20, "maxWriteBatchSize": 100_000, "ok": 1.0,
    }
}

/// An answer in the form of its question.
fn message(operation: i32, id: i32, answer: &Document) -> Vec<u8> {
    let mut body = Vec::new();
    let operation = if operation == OP_QUERY {
        // flags, cursor, first and number of documents
        body.extend([8_i32.to_le_bytes(), [0; 4], [0; 4], [0; 4], 1_i32.to_le_bytes()].concat());
        OP_REPLY
    } else {
        // flags, and one document follows
        body.extend([0; 5]);
        OP_MSG
    };
    answer.to_writer(&mut body).unwrap();
    let length = i32::try_from(body.len() + 16).unwrap();
    let header = [length, 0, id, operation].map(i32::to_le_bytes).concat();
    [header, body].concat()
}

fn document(bytes: &[u8]) -> Document {
    let length = usize::try_from(number(bytes, 0)).unwrap();
    Document::from_reader(&bytes[..length]).unwrap()
}

fn number(bytes: &[u8], at: usize) -> i32 {
    i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}
