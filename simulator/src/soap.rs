//! The envelopes of SOAP 1.1 and 1.2 (the WSDL binds both), and faults in them.

/// The service's own namespace; an operation's `SOAPAction` is this and the operation's name.
pub(crate) const NAMESPACE: &str = "https://webcache.gmc-uk.org/GMCWebServices/";

/// The operation that is simulated.
pub(crate) const GET_DOCTORS: &str = "GetDoctorsForDB";

/// The other operations of the WSDL.
pub(crate) const NOT_SIMULATED: [&str; 5] = [
    "CheckRecommendationStatus",
    "TryRecommendation",
    "TryRecommendationV2",
    "TryAddDoctor",
    "TryRemoveDoctor",
];

/// A version of SOAP: the answer's is the request's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Soap11,
    Soap12,
}

/// Whose fault a fault is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blame {
    Client,
    Server,
}

impl Version {
    /// The version of an envelope by its namespace.
    pub(crate) fn of_envelope(namespace: &str) -> Option<Self> {
        [Self::Soap11, Self::Soap12].into_iter().find(|version| version.envelope() == namespace)
    }

    pub(crate) fn content_type(self) -> &'static str {
        match self {
            Self::Soap11 => "text/xml; charset=utf-8",
            Self::Soap12 => "application/soap+xml; charset=utf-8",
        }
    }

    /// All before the content of the body, on one line as the service writes it.
    pub(crate) fn opening(self) -> String {
        format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><soap:Envelope xmlns:soap=\"{}\" \
             xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\" \
             xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\"><soap:Body>",
            self.envelope()
        )
    }

    fn envelope(self) -> &'static str {
        match self {
            Self::Soap11 => "http://schemas.xmlsoap.org/soap/envelope/",
            Self::Soap12 => "http://www.w3.org/2003/05/soap-envelope",
        }
    }
}

/// All after the content of the body.
pub(crate) const CLOSING: &str = "</soap:Body></soap:Envelope>";

/// A whole envelope with a fault.
pub(crate) fn fault(version: Version, blame: Blame, reason: &str) -> Vec<u8> {
    let mut out = version.opening().into_bytes();
    let (before, after) = match version {
        Version::Soap11 => (
            format!("<soap:Fault><faultcode>soap:{}</faultcode><faultstring>", blame.in_soap11()),
            "</faultstring><detail /></soap:Fault>",
        ),
        Version::Soap12 => (
            format!(
                "<soap:Fault><soap:Code><soap:Value>soap:{}</soap:Value></soap:Code>\
                 <soap:Reason><soap:Text xml:lang=\"en\">",
                blame.in_soap12()
            ),
            "</soap:Text></soap:Reason></soap:Fault>",
        ),
    };
    out.extend_from_slice(before.as_bytes());
    push_escaped(&mut out, reason);
    out.extend_from_slice(after.as_bytes());
    out.extend_from_slice(CLOSING.as_bytes());
    out
}

impl Blame {
    fn in_soap11(self) -> &'static str {
        match self {
            Self::Client => "Client",
            Self::Server => "Server",
        }
    }

    fn in_soap12(self) -> &'static str {
        match self {
            Self::Client => "Sender",
            Self::Server => "Receiver",
        }
    }
}

/// Appends text as an element's content: what XML reserves is escaped, what XML 1.0 cannot carry is
/// replaced, quotes stay as they are in the service's answers.
pub(crate) fn push_escaped(out: &mut Vec<u8>, text: &str) {
    if text.bytes().all(is_plain) {
        out.extend_from_slice(text.as_bytes());
        return;
    }
    for character in text.chars() {
        match character {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            // a plain one would be read as a line feed
            '\r' => out.extend_from_slice(b"&#xD;"),
            '\u{FFFE}' | '\u{FFFF}' => push_char(out, char::REPLACEMENT_CHARACTER),
            control if control < ' ' && !matches!(control, '\t' | '\n') => {
                push_char(out, char::REPLACEMENT_CHARACTER);
            }
            plain => push_char(out, plain),
        }
    }
}

/// Bytes of ASCII, and of letters with accents; not those that begin U+FFFE.
fn is_plain(byte: u8) -> bool {
    byte >= b' ' && !matches!(byte, b'&' | b'<' | b'>' | 0xEF)
}

fn push_char(out: &mut Vec<u8>, character: char) {
    out.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_escaped_as_far_as_xml_needs() {
        let escaped = |text| {
            let mut out = Vec::new();
            push_escaped(&mut out, text);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(escaped("O'Neill-Smith"), "O'Neill-Smith");
        assert_eq!(escaped("Jones & Price <\"x\">"), "Jones &amp; Price &lt;\"x\"&gt;");
        assert_eq!(escaped("Siân\r\n\t\u{1}\u{FFFF}\u{FF21}"), "Siân&#xD;\n\t\u{FFFD}\u{FFFD}\u{FF21}");
    }

    #[test]
    fn a_fault_is_well_formed_in_both_versions() {
        for version in [Version::Soap11, Version::Soap12] {
            let text = String::from_utf8(fault(version, Blame::Client, "a < b")).unwrap();
            let document = roxmltree::Document::parse(&text).unwrap();
            assert!(document.descendants().any(|node| node.text() == Some("a < b")));
            let namespace = document.root_element().tag_name().namespace().unwrap();
            assert_eq!(Version::of_envelope(namespace), Some(version));
        }
    }
}
