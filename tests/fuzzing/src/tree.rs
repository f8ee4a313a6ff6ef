//! The contract a second time, read from a tree of the whole document: no streaming, no limits, and another parser.

use std::borrow::Cow;

use domain::GmcRecord;
use roxmltree::{Document, Node};
use uuid::Uuid;

const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The fields of a doctor, in the contract's order.
pub const FIELDS: [&str; 11] = [
    "GMCReferenceNumber",
    "DoctorFirstName",
    "DoctorLastName",
    "SubmissionDate",
    "DoctorStatus",
    "Breach",
    "DateAdded",
    "UnderNotice",
    "Investigation",
    "PreliminaryInvestigation",
    "Sanction",
];

/// Why a document is no answer to go by.
#[derive(Debug)]
#[expect(dead_code, reason = "they are shown when the two readers disagree")]
pub(crate) enum Refusal {
    NotXml(roxmltree::Error),
    Contract(&'static str),
}

/// The doctors of an answer, if it is complete, keeps to the contract, and has return code 0.
pub(crate) fn by_the_contract(text: &str, request_id: Uuid) -> Result<Vec<GmcRecord<'static>>, Refusal> {
    // what a processor does with line ends it does before it parses (XML 1.0, 2.11)
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let document = Document::parse(&text).map_err(Refusal::NotXml)?;
    check_what_the_parser_passes_over(&document).map_err(Refusal::Contract)?;
    answer(document.root_element(), request_id).map_err(Refusal::Contract)
}

/// What XML wants of declarations, instructions and namespaces, and roxmltree does not look at.
fn check_what_the_parser_passes_over(document: &Document<'_>) -> Result<(), &'static str> {
    let text = document.input_text().trim_start_matches('\u{FEFF}');
    let begins_at = document.input_text().len() - text.len();
    // with more letters it is an instruction of another name
    if let Some((declaration, _)) = text.strip_prefix("<?xml").and_then(|text| text.split_once("?>"))
        && (declaration.is_empty() || declaration.starts_with([' ', '\t', '\n', '\r']))
        && !is_declaration(declaration)
    {
        return Err("a declaration that is none");
    }
    for node in document.descendants() {
        if let Some(instruction) = node.pi() {
            let after = &document.input_text()[node.range()]["<?".len() + instruction.target.len()..];
            let ends_well = after.starts_with([' ', '\t', '\n', '\r']) || after == "?>";
            // a declaration with another white space than a space before its version is an instruction to roxmltree
            let is_declaration = instruction.target == "xml" && node.range().start == begins_at;
            let is_reserved = instruction.target.eq_ignore_ascii_case("xml") && !is_declaration;
            if !ends_well || instruction.target.contains(':') || is_reserved {
                return Err("an instruction whose name is none");
            }
        }
        if node.namespaces().any(|space| space.name().is_some() && space.uri().is_empty()) {
            return Err("a prefix that is taken back");
        }
    }
    Ok(())
}

/// Whether what stands between `<?xml` and `?>` is version, encoding and standalone: they are written like an element's
/// attributes.
fn is_declaration(text: &str) -> bool {
    let element = format!("<xml{text}/>");
    let Ok(document) = Document::parse(&element) else { return false };
    let root = document.root_element();
    let said: Vec<(&str, &str)> = root.attributes().map(|said| (said.name(), said.value())).collect();
    let rest = match &said[..] {
        [("version", version), rest @ ..] if is_version(version) => rest,
        _ => return false,
    };
    let rest = match rest {
        [("encoding", encoding), rest @ ..] if is_encoding(encoding) => rest,
        rest => rest,
    };
    // a declaration holds no references, as a value of an attribute may
    matches!(rest, [] | [("standalone", "yes" | "no")]) && !text.contains(['&', '>'])
}

fn is_version(text: &str) -> bool {
    text.strip_prefix("1.")
        .is_some_and(|minor| !minor.is_empty() && minor.chars().all(|c| c.is_ascii_digit()))
}

fn is_encoding(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

fn answer(envelope: Node<'_, '_>, request_id: Uuid) -> Result<Vec<GmcRecord<'static>>, &'static str> {
    if !envelope.has_tag_name((SOAP, "Envelope")) {
        return Err("another document");
    }
    only_elements(envelope)?;
    let body = once(envelope, SOAP, "Body")?.ok_or("no body")?;
    only_elements(body)?;
    let fault = once(body, SOAP, "Fault")?;
    if let Some(fault) = fault {
        let strings = elements(fault).filter(|node| {
            node.tag_name().name() == "faultstring"
                && matches!(node.tag_name().namespace(), None | Some(SOAP))
        });
        return Err(if strings.count() > 1 { "a fault with two texts" } else { "a fault" });
    }
    let response = once(body, gmc::GMC_NAMESPACE, "GetDoctorsForDBResponse")?.ok_or("no response")?;
    only_elements(response)?;
    let result = once(response, gmc::GMC_NAMESPACE, "GetDoctorsForDBResult")?.ok_or("no result")?;
    only_elements(result)?;

    let list = once(result, gmc::GMC_NAMESPACE, "Doctors")?;
    let doctors = list.map_or(Ok(Vec::new()), doctors)?;
    let echo = text_of(result, "ClientRequestID")?;
    let echo = echo.as_deref().map(str::trim).filter(|echo| !echo.is_empty());
    if echo.is_some_and(|echo| Uuid::parse_str(echo) != Ok(request_id)) {
        return Err("an answer to another request");
    }
    text_of(result, "GMCRequestID")?;
    match text_of(result, "ReturnCode")? {
        Some(code) if code.trim() == "0" => Ok(doctors),
        _ => Err("another return code than 0"),
    }
}

fn doctors(list: Node<'_, '_>) -> Result<Vec<GmcRecord<'static>>, &'static str> {
    only_elements(list)?;
    let is_doctor = |node: &Node<'_, '_>| node.tag_name().name() == "GetDoctorsForDBResponse_Doctor";
    elements(list)
        .filter(is_doctor)
        .map(|node| match node.tag_name().namespace() {
            Some(gmc::GMC_NAMESPACE) => doctor(node),
            _ => Err("a doctor of another contract"),
        })
        .collect()
}

fn doctor(node: Node<'_, '_>) -> Result<GmcRecord<'static>, &'static str> {
    only_elements(node)?;
    let [
        gmc_reference_number,
        doctor_first_name,
        doctor_last_name,
        submission_date,
        doctor_status,
        breach,
        date_added,
        under_notice,
        investigation,
        preliminary_investigation,
        sanction,
    ] = FIELDS.map(|field| text_of(node, field));
    Ok(GmcRecord {
        gmc_reference_number: gmc_reference_number?,
        doctor_first_name: doctor_first_name?,
        doctor_last_name: doctor_last_name?,
        submission_date: submission_date?,
        doctor_status: doctor_status?,
        breach: breach?,
        date_added: date_added?,
        under_notice: under_notice?,
        investigation: investigation?,
        preliminary_investigation: preliminary_investigation?,
        sanction: sanction?,
    })
}

/// The value of that name, if it is there and not nil.
fn text_of(parent: Node<'_, '_>, name: &str) -> Result<Option<Cow<'static, str>>, &'static str> {
    once(parent, gmc::GMC_NAMESPACE, name)?.map_or(Ok(None), value)
}

/// The text of a value's element; `None` when it is nil, and then it does not matter what stands in it.
fn value(node: Node<'_, '_>) -> Result<Option<Cow<'static, str>>, &'static str> {
    let nil = node.attribute((INSTANCE, "nil")).map(|nil| nil.trim_matches([' ', '\t', '\n', '\r']));
    if matches!(nil, Some("true" | "1")) {
        return Ok(None);
    }
    if elements(node).next().is_some() {
        return Err("an element inside a value");
    }
    let text: String = node.children().filter(Node::is_text).filter_map(|text| text.text()).collect();
    Ok(Some(text.into()))
}

/// The child of that name, which may be there once.
fn once<'a, 'i>(parent: Node<'a, 'i>, space: &str, name: &str) -> Result<Option<Node<'a, 'i>>, &'static str> {
    let mut found = elements(parent).filter(|node| node.has_tag_name((space, name)));
    let first = found.next();
    if found.next().is_some() { Err("an element twice") } else { Ok(first) }
}

fn only_elements(parent: Node<'_, '_>) -> Result<(), &'static str> {
    let is_space = |text: &str| text.chars().all(|character| matches!(character, ' ' | '\t' | '\n' | '\r'));
    let texts = parent.children().filter(Node::is_text).filter_map(|node| node.text());
    if texts.into_iter().all(is_space) { Ok(()) } else { Err("text between elements") }
}

fn elements<'a, 'i>(parent: Node<'a, 'i>) -> impl Iterator<Item = Node<'a, 'i>> {
    parent.children().filter(Node::is_element)
}
