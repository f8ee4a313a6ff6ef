//! A plain HTTP client, so that the tests see bytes and ends of connections, not what a library makes of
//! them; and the answer's doctors, read by an XML parser that the simulator does not use.
#![allow(dead_code, reason = "each test binary uses another part")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "what is not as expected fails the test")]

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::str::FromStr;

use simulator::{PopulationConfig, Simulator, SimulatorConfig};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub(crate) const ACTION: &str = "https://webcache.gmc-uk.org/GMCWebServices/GetDoctorsForDB";
pub(crate) const BODY: &str = "1-1RSSQ05";
/// The next body in the list.
pub(crate) const OTHER_BODY: &str = "1-1RSSQ1B";
pub(crate) const REQUEST_ID: &str = "3f0c6f0e-6d1c-4c55-8d0e-1f6f3f7b9a10";

/// How the other side ended the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// As long as HTTP had said.
    Whole,
    /// The connection was closed before.
    Short,
    /// TCP reset.
    Reset,
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Vec<u8>,
    /// The sizes of the pieces, if the answer came in pieces.
    pub(crate) chunks: Vec<usize>,
    pub(crate) end: End,
}

impl Reply {
    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

pub(crate) fn small() -> PopulationConfig {
    PopulationConfig { doctors: 3000, ..PopulationConfig::default() }
}

pub(crate) async fn start() -> Simulator {
    start_with(SimulatorConfig::default()).await
}

pub(crate) async fn start_with(config: SimulatorConfig) -> Simulator {
    Simulator::start(SimulatorConfig { population: small(), ..config }).await.unwrap()
}

pub(crate) async fn start_with_fault(fault: &str) -> Simulator {
    start_with(SimulatorConfig { faults: vec![fault.parse().unwrap()], ..SimulatorConfig::default() }).await
}

pub(crate) fn envelope(body: &str) -> String {
    envelope_of(body, "simulator", "simulator", "someone")
}

pub(crate) fn envelope_of(body: &str, username: &str, password: &str, internal_user: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
         <soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\"><soap:Body>\
         <GetDoctorsForDB xmlns=\"https://webcache.gmc-uk.org/GMCWebServices/\"><request>\
         <DesignatedBodyCode>{body}</DesignatedBodyCode><ClientRequestID>{REQUEST_ID}</ClientRequestID>\
         <InternalUser>{internal_user}</InternalUser></request>\
         <Username>{username}</Username><Password>{password}</Password></GetDoctorsForDB>\
         </soap:Body></soap:Envelope>"
    )
}

/// Asks for a body's doctors as our client would.
pub(crate) async fn ask(gmc: &Simulator, body: &str) -> Reply {
    post(gmc, &envelope(body), &[("SOAPAction", ACTION)]).await
}

pub(crate) async fn post(gmc: &Simulator, envelope: &str, headers: &[(&str, &str)]) -> Reply {
    let mut all = vec![("Content-Type", "text/xml; charset=utf-8"), ("User-Agent", "a test")];
    all.retain(|(name, _)| headers.iter().all(|(given, _)| given != name));
    all.extend(headers);
    send(gmc, "POST", simulator::PATH, &all, envelope.as_bytes()).await
}

pub(crate) async fn send(
    gmc: &Simulator,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Reply {
    receive(begin(gmc, method, path, headers, body).await).await
}

/// Sends a request and leaves the answer unread.
pub(crate) async fn begin(
    gmc: &Simulator,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> TcpStream {
    let mut stream = TcpStream::connect(gmc.address()).await.unwrap();
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", gmc.address());
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    head.extend(["Content-Length: ", &body.len().to_string(), "\r\n\r\n"]);
    stream.write_all(head.as_bytes()).await.unwrap();
    // a server that refuses a large request may not read all of it
    let _ = stream.write_all(body).await;
    stream
}

/// Reads an answer to its end, whatever that is.
pub(crate) async fn receive(mut stream: TcpStream) -> Reply {
    let mut bytes = Vec::new();
    let was_reset = match stream.read_to_end(&mut bytes).await {
        Ok(_) => false,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::ConnectionReset);
            true
        }
    };
    let split = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("a head");
    let head = std::str::from_utf8(&bytes[..split]).unwrap();
    let mut lines = head.split("\r\n");
    let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
    let headers: BTreeMap<_, _> = lines
        .map(|line| line.split_once(": ").unwrap())
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    let rest = &bytes[split + 4..];
    let (body, chunks, whole) = if headers.contains_key("transfer-encoding") {
        unchunk(rest)
    } else {
        let length =
            headers.get("content-length").map_or(rest.len(), |length| usize::from_str(length).unwrap());
        (rest.to_vec(), Vec::new(), rest.len() == length)
    };
    let end = match (was_reset, whole) {
        (_, true) => End::Whole,
        (true, false) => End::Reset,
        (false, false) => End::Short,
    };
    Reply { status, headers, body, chunks, end }
}

fn unchunk(mut rest: &[u8]) -> (Vec<u8>, Vec<usize>, bool) {
    let (mut body, mut chunks) = (Vec::new(), Vec::new());
    while let Some(line) = rest.windows(2).position(|window| window == b"\r\n") {
        let size = usize::from_str_radix(std::str::from_utf8(&rest[..line]).unwrap(), 16).unwrap();
        if size == 0 {
            return (body, chunks, true);
        }
        let start = line + 2;
        body.extend_from_slice(&rest[start..rest.len().min(start + size)]);
        chunks.push(size);
        rest = rest.get(start + size + 2..).unwrap_or_default();
    }
    (body, chunks, false)
}

/// An answer as an XML parser sees it; a field that is absent is not in the map, nil is `nil`.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) doctors: Vec<BTreeMap<String, String>>,
    pub(crate) has_doctors_element: bool,
    pub(crate) client_request_id: Option<String>,
    pub(crate) gmc_request_id: Option<String>,
    pub(crate) return_code: Option<String>,
}

impl Answer {
    pub(crate) fn numbers(&self) -> Vec<&str> {
        let number = |doctor: &'_ BTreeMap<String, String>| doctor.contains_key("GMCReferenceNumber");
        let with_number = self.doctors.iter().filter(|doctor| number(doctor));
        with_number.map(|doctor| doctor["GMCReferenceNumber"].as_str()).collect()
    }

    pub(crate) fn field(&self, place: usize, name: &str) -> Option<&str> {
        self.doctors[place].get(name).map(String::as_str)
    }
}

pub(crate) fn read(xml: &str) -> Answer {
    const NAMESPACE: &str = "https://webcache.gmc-uk.org/GMCWebServices/";
    const NIL: (&str, &str) = ("http://www.w3.org/2001/XMLSchema-instance", "nil");
    let document = roxmltree::Document::parse(xml).unwrap();
    let child = |node: roxmltree::Node<'_, '_>, name: &str| {
        let id = node.children().find(|child| child.has_tag_name((NAMESPACE, name))).map(|child| child.id());
        id.and_then(|id| document.get_node(id))
    };
    let root = document.root_element();
    assert!(root.has_tag_name(("http://schemas.xmlsoap.org/soap/envelope/", "Envelope")));
    let body = root.first_element_child().unwrap();
    let result = child(child(body, "GetDoctorsForDBResponse").unwrap(), "GetDoctorsForDBResult").unwrap();
    let text = |name: &str| child(result, name).map(|node| node.text().unwrap_or_default().to_owned());
    let value = |field: roxmltree::Node<'_, '_>| {
        let text = if field.attribute(NIL) == Some("true") { Some("nil") } else { field.text() };
        (field.tag_name().name().to_owned(), text.unwrap_or_default().to_owned())
    };
    let list = child(result, "Doctors");
    let doctors = list.iter().flat_map(roxmltree::Node::children);
    Answer {
        doctors: doctors.map(|doctor| doctor.children().map(value).collect()).collect(),
        has_doctors_element: list.is_some(),
        client_request_id: text("ClientRequestID"),
        gmc_request_id: text("GMCRequestID"),
        return_code: text("ReturnCode"),
    }
}

/// The GMC numbers of a body as the population has them.
pub(crate) fn truth(gmc: &Simulator, body: &str) -> Vec<String> {
    gmc.population().read().unwrap().doctors_of(body).map(|doctor| doctor.number).collect()
}

/// FNV-1a of 64 bits: a digest that is short to write down.
pub(crate) fn digest(bytes: &[u8]) -> u64 {
    bytes
        .iter()
        .fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01B3))
}
