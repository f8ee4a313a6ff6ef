//! Reading a SOAP request: any prefixes, any layout, the namespaces exactly.

use quick_xml::NsReader;
use quick_xml::escape::resolve_xml_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};
use quick_xml::name::ResolveResult;

use crate::soap::{NAMESPACE, Version};

/// No request of the WSDL is deeper than five elements; headers of a foreign client may be.
const MAX_DEPTH: usize = 50;

/// What a client asks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub(crate) version: Version,
    /// The name of the body's element, if it is in the service's namespace.
    pub(crate) operation: Option<String>,
    pub(crate) fields: Fields,
}

/// The fields of `GetDoctorsForDB`; what is absent, nil or empty is empty here, and all are trimmed but the
/// password.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Fields {
    pub(crate) designated_body_code: String,
    pub(crate) client_request_id: String,
    pub(crate) internal_user: String,
    pub(crate) username: String,
    pub(crate) password: String,
}

/// Why a request cannot be read; the text is for the SOAP fault.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("the request is not utf-8")]
    NotUtf8,
    #[error("the request is not well-formed xml: {0}")]
    NotWellFormed(String),
    #[error("a document type declaration is not allowed")]
    DocumentType,
    #[error("the request is nested more than {MAX_DEPTH} elements deep")]
    TooDeep,
    #[error("the request is no soap envelope")]
    NoEnvelope,
    #[error("the envelope has no body with an element in it")]
    NoBody,
}

/// Reads a whole request.
pub(crate) fn read(bytes: &[u8]) -> Result<Call, RequestError> {
    let text = std::str::from_utf8(bytes).map_err(|_| RequestError::NotUtf8)?;
    let mut reader = NsReader::from_str(text.strip_prefix('\u{FEFF}').unwrap_or(text));
    let mut reading = Reading::default();
    loop {
        let (namespace, event) = reader.read_resolved_event().map_err(not_well_formed)?;
        match event {
            Event::Start(start) => reading.start(&namespace, &start)?,
            Event::Empty(start) => {
                reading.start(&namespace, &start)?;
                reading.end();
            }
            Event::End(_) => reading.end(),
            Event::Text(text) => reading.text(&text.xml10_content())?,
            Event::CData(text) => reading.text(&text.xml10_content())?,
            Event::GeneralRef(reference) => reading.text(&resolve(&reference)?)?,
            Event::DocType(_) => return Err(RequestError::DocumentType),
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) => {}
            Event::Eof => return reading.finish(),
        }
    }
}

/// Where the reader stands: the elements that are open, by their names if they mean something.
#[derive(Default)]
struct Reading {
    path: Vec<String>,
    version: Option<Version>,
    body_has_content: bool,
    operation: Option<String>,
    fields: Fields,
}

impl Reading {
    fn start(&mut self, namespace: &ResolveResult<'_>, start: &BytesStart<'_>) -> Result<(), RequestError> {
        if let ResolveResult::Unknown(prefix) = namespace {
            return Err(RequestError::NotWellFormed(format!("the prefix `{prefix}` is not declared")));
        }
        check_attributes(start)?;
        let namespace = match namespace {
            ResolveResult::Bound(namespace) => namespace.0,
            _ => "",
        };
        let local = start.local_name().into_inner();
        let depth = self.path.len();
        if depth == 0 {
            if self.version.is_some() {
                return Err(RequestError::NotWellFormed("there are two root elements".into()));
            }
            let version = Version::of_envelope(namespace).filter(|_| local == "Envelope");
            self.version = Some(version.ok_or(RequestError::NoEnvelope)?);
        }
        if depth == MAX_DEPTH {
            return Err(RequestError::TooDeep);
        }
        let in_body = self.path.get(1).is_some_and(|name| name == "Body");
        if depth == 2 && in_body && !self.body_has_content {
            self.body_has_content = true;
            self.operation = (namespace == NAMESPACE).then(|| local.to_owned());
        }
        let known =
            if depth < 2 { Version::of_envelope(namespace) == self.version } else { namespace == NAMESPACE };
        self.path.push(if known { local.to_owned() } else { String::new() });
        if let Some(field) = self.field() {
            field.clear();
        }
        Ok(())
    }

    fn end(&mut self) {
        self.path.pop();
    }

    fn text(&mut self, text: &str) -> Result<(), RequestError> {
        if self.path.is_empty() && !text.trim().is_empty() {
            return Err(RequestError::NotWellFormed("there is text outside of the root element".into()));
        }
        if let Some(field) = self.field() {
            field.push_str(text);
        }
        Ok(())
    }

    /// The field whose element is open.
    fn field(&mut self) -> Option<&mut String> {
        let path: Vec<&str> = self.path.iter().skip(1).map(String::as_str).collect();
        match path.as_slice() {
            ["Body", _, "request", "DesignatedBodyCode"] => Some(&mut self.fields.designated_body_code),
            ["Body", _, "request", "ClientRequestID"] => Some(&mut self.fields.client_request_id),
            ["Body", _, "request", "InternalUser"] => Some(&mut self.fields.internal_user),
            ["Body", _, "Username"] => Some(&mut self.fields.username),
            ["Body", _, "Password"] => Some(&mut self.fields.password),
            _ => None,
        }
    }

    fn finish(mut self) -> Result<Call, RequestError> {
        if !self.path.is_empty() {
            return Err(RequestError::NotWellFormed("it ends inside of an element".into()));
        }
        let version = self.version.ok_or(RequestError::NoEnvelope)?;
        if !self.body_has_content {
            return Err(RequestError::NoBody);
        }
        let fields = &mut self.fields;
        for field in [
            &mut fields.designated_body_code,
            &mut fields.client_request_id,
            &mut fields.internal_user,
            &mut fields.username,
        ] {
            *field = field.trim().to_owned();
        }
        Ok(Call { version, operation: self.operation, fields: self.fields })
    }
}

fn check_attributes(start: &BytesStart<'_>) -> Result<(), RequestError> {
    start.attributes().try_for_each(|attribute| attribute.map(|_| ()).map_err(not_well_formed))
}

/// The five entities of XML and character references; there are no others without a DTD.
fn resolve(reference: &BytesRef<'_>) -> Result<String, RequestError> {
    if let Some(character) = reference.resolve_char_ref().map_err(not_well_formed)? {
        return Ok(character.into());
    }
    let name = reference.xml10_content();
    let text = resolve_xml_entity(&name);
    text.map(str::to_owned)
        .ok_or_else(|| RequestError::NotWellFormed(format!("the entity `{name}` is not defined")))
}

fn not_well_formed(error: impl std::fmt::Display) -> RequestError {
    RequestError::NotWellFormed(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FOREIGN: &str = r#"<?xml version='1.0'?>
<!-- a comment --><?target data?>
<S:Envelope xmlns:S="http://schemas.xmlsoap.org/soap/envelope/">
  <S:Header><w:Security xmlns:w="urn:w"><w:Username>someone else</w:Username></w:Security></S:Header>
  <S:Body>
    <q:GetDoctorsForDB xmlns:q="https://webcache.gmc-uk.org/GMCWebServices/">
      <q:Password><![CDATA[a<b]]>&amp;&#x41;</q:Password>
      <r:request xmlns:r="https://webcache.gmc-uk.org/GMCWebServices/" x="1">
        <r:ClientRequestID>
           id-<!-- in the middle -->1
        </r:ClientRequestID>
        <r:InternalUser/>
        <DesignatedBodyCode>not ours</DesignatedBodyCode>
        <r:DesignatedBodyCode>1-1RSSQ05</r:DesignatedBodyCode>
      </r:request>
      <q:Username>user</q:Username>
    </q:GetDoctorsForDB>
  </S:Body>
</S:Envelope>
"#;

    #[test]
    fn a_request_is_understood_whatever_its_prefixes_order_and_layout() {
        let fields = Fields {
            designated_body_code: "1-1RSSQ05".into(),
            client_request_id: "id-1".into(),
            internal_user: String::new(),
            username: "user".into(),
            password: "a<b&A".into(),
        };
        let call = Call { version: Version::Soap11, operation: Some("GetDoctorsForDB".into()), fields };
        assert_eq!(read(FOREIGN.as_bytes()).unwrap(), call);
        let newer = FOREIGN
            .replace("http://schemas.xmlsoap.org/soap/envelope/", "http://www.w3.org/2003/05/soap-envelope");
        assert_eq!(read(newer.as_bytes()).unwrap(), Call { version: Version::Soap12, ..call });
    }

    #[test]
    fn an_operation_of_another_namespace_is_none_of_ours() {
        let other = FOREIGN.replace("xmlns:q=\"https", "xmlns:q=\"http");
        let call = read(other.as_bytes()).unwrap();
        assert_eq!(call.operation, None);
        assert_eq!(call.fields.username, "");
    }

    #[test]
    fn what_is_no_envelope_is_told_by_its_reason() {
        let told = |text: &str| read(text.as_bytes()).unwrap_err().to_string();
        assert!(told("").contains("no soap envelope"));
        assert!(told("hello").contains("text outside"));
        assert!(told("<Envelope/>").contains("no soap envelope"));
        assert!(told(&FOREIGN[..600]).contains("not well-formed"));
        assert!(told(&FOREIGN.replace("</q:Username>", "</q:User>")).contains("not well-formed"));
        assert!(told(&FOREIGN.replace("&amp;", "&nbsp;")).contains("`nbsp` is not defined"));
        assert!(told(&FOREIGN.replace("x=\"1\"", "x=\"1\" x=\"2\"")).contains("not well-formed"));
        assert!(
            told(&FOREIGN.replace("<S:Header>", "<T:Header>").replace("</S:H", "</T:H")).contains("prefix")
        );
        assert!(told(&format!("{FOREIGN}<again/>")).contains("two root elements"));
        assert!(told(&FOREIGN.replace("<!-- a comment -->", "<!DOCTYPE a>")).contains("document type"));
        let deep = "<x>".repeat(60) + &"</x>".repeat(60);
        assert!(told(&FOREIGN.replace("<q:Username>", &format!("{deep}<q:Username>"))).contains("deep"));
        let empty = "<e:Envelope xmlns:e='http://schemas.xmlsoap.org/soap/envelope/'><e:Body/></e:Envelope>";
        assert!(told(empty).contains("no body"));
        assert!(matches!(read(b"<a>\xFF</a>"), Err(RequestError::NotUtf8)));
    }
}
