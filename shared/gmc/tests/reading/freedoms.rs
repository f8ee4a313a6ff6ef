//! Everything that XML allows is read, and means the same.

use domain::GmcRecord;

use crate::support::{ANSWER, REQUEST_ID, body, doctor, doctors, envelope, last_name, read, record, result};

#[test]
fn an_answer_of_the_service_is_read() {
    let (records, end) = read(ANSWER);

    assert_eq!(end.unwrap().gmc_request_id.as_deref(), Some("20261124000317"));
    let niamh = record([
        Some("7000101"),
        Some("Niamh"),
        Some("D'Arcy-Lowe"),
        Some("14/09/2028"),
        Some("Under Review"),
        Some("No"),
        Some("02/08/2023"),
        Some("Yes"),
        Some("No"),
        Some("No"),
        Some("No"),
    ]);
    let zoë = record([
        Some("0700102"),
        Some("Zoë"),
        Some("Marsh & Vale"),
        Some(""),
        None,
        None,
        Some("30/11/2019"),
        Some("On Hold"),
        None,
        None,
        Some("Yes"),
    ]);
    assert_eq!(records, [niamh, zoë, GmcRecord::default()]);
}

#[test]
fn prefixes_mean_what_they_are_bound_to() {
    // given the default namespace for SOAP and a prefix for the GMC's, bound only where it is needed
    let answer = format!(
        "<Envelope xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Body>\
         <g:GetDoctorsForDBResponse xmlns:g='{namespace}'><g:GetDoctorsForDBResult><g:Doctors>\
         <GetDoctorsForDBResponse_Doctor xmlns='{namespace}'><DoctorLastName>Ré</DoctorLastName>\
         </GetDoctorsForDBResponse_Doctor></g:Doctors>\
         <x:ReturnCode xmlns:x='{namespace}'>0</x:ReturnCode></g:GetDoctorsForDBResult>\
         </g:GetDoctorsForDBResponse></Body></Envelope>",
        namespace = gmc::GMC_NAMESPACE
    );

    assert_eq!(last_name(answer).as_deref(), Some("Ré"));
}

#[test]
fn a_namespace_may_be_written_with_references() {
    let answer = envelope(&doctor("<DoctorLastName>Roe</DoctorLastName>"))
        .replace("https://webcache", "&#x68;ttps&#58;//webcache");

    assert_eq!(last_name(answer).as_deref(), Some("Roe"));
}

#[test]
fn a_prefix_bound_anew_goes_back_when_its_element_ends() {
    let answer =
        envelope(&doctor("<Other xmlns='urn:other'><Sanction>?</Sanction></Other><Sanction>No</Sanction>"));

    assert_eq!(doctors(answer)[0].sanction.as_deref(), Some("No"));
}

#[test]
fn text_cdata_and_references_are_one_value() {
    for (written, meant) in [
        ("O&apos;Neill", "O'Neill"),
        ("&lt;&gt;&amp;&quot;&apos;", "<>&\"'"),
        ("<![CDATA[Jones & <Price>]]>", "Jones & <Price>"),
        ("Jo<![CDATA[ne]]>s<![CDATA[]]> &amp;<![CDATA[ ]]]]><![CDATA[>Price]]>", "Jones & ]]>Price"),
        ("Si&#226;n&#xE2;&#x1F600;", "Siânâ😀"),
        ("a<!-- and -->b<?skip this?>c", "abc"),
        ("]] >]", "]] >]"),
        ("]]&gt;", "]]>"),
        (" \t padded \n", " \t padded \n"),
        ("a\r\nb\rc<![CDATA[\r\n]]>d&#13;e", "a\nb\nc\nd\re"),
        ("a\u{FEFF}b\u{85}\u{FFFD}", "a\u{FEFF}b\u{85}\u{FFFD}"),
        ("", ""),
    ] {
        let answer = envelope(&doctor(&format!("<DoctorLastName>{written}</DoctorLastName>")));

        assert_eq!(last_name(answer).as_deref(), Some(meant), "{written:?}");
    }
}

#[test]
fn an_empty_element_is_an_empty_value_however_it_is_written() {
    for written in [
        "<DoctorLastName/>",
        "<DoctorLastName />",
        "<DoctorLastName></DoctorLastName>",
        "<DoctorLastName\n></DoctorLastName\t>",
    ] {
        assert_eq!(last_name(envelope(&doctor(written))).as_deref(), Some(""), "{written}");
    }
}

#[test]
fn nil_is_absent_and_nothing_else_is() {
    for (attribute, absent) in [
        ("xsi:nil='true'", true),
        ("xsi:nil=\"1\"", true),
        ("xsi:nil=' true '", true),
        ("xmlns:i='http://www.w3.org/2001/XMLSchema-instance' i:nil='true'", true),
        ("xsi:nil='false'", false),
        ("xsi:nil='0'", false),
        ("nil='true'", false),
        ("xmlns:i='urn:other' i:nil='true'", false),
    ] {
        let name = last_name(envelope(&doctor(&format!("<DoctorLastName {attribute}></DoctorLastName>"))));

        assert_eq!(name.is_none(), absent, "{attribute}");
    }
}

#[test]
fn a_nil_doctor_is_a_record_without_fields() {
    let answer = envelope("<GetDoctorsForDBResponse_Doctor xsi:nil='true'/>");

    assert_eq!(doctors(answer), [GmcRecord::default()]);
}

#[test]
fn attributes_are_passed_over() {
    let answer = envelope(&doctor(
        "<DoctorLastName a='1' xml:lang=\"cy\" b = '>/>' xsi:type='x'>Rhys</DoctorLastName>",
    ));

    assert_eq!(last_name(answer).as_deref(), Some("Rhys"));
}

#[test]
fn white_space_comments_and_instructions_may_stand_between_any_elements() {
    let gap = "\r\n\t<!-- - <GetDoctorsForDBResult> ]]> &nothing; --> <?pi <a> ?>";
    let spaced = ANSWER.replace("><", &format!(">{gap}<"));
    let (declaration, rest) = spaced.split_at(spaced.find("?>").unwrap() + 2);
    // in an element that has only text, the gap would be text
    let spaced = format!("{declaration}{rest}{gap}")
        .replace(&format!("<SubmissionDate />{gap}"), "<SubmissionDate />");

    assert_eq!(doctors(spaced), doctors(ANSWER));
}

#[test]
fn the_fields_of_a_doctor_may_come_in_any_order() {
    let answer = envelope(&doctor(
        "<Sanction>s</Sanction><GMCReferenceNumber>1</GMCReferenceNumber><Breach>b</Breach>\
         <DoctorFirstName>f</DoctorFirstName>",
    ));

    let expected = GmcRecord {
        gmc_reference_number: Some("1".into()),
        doctor_first_name: Some("f".into()),
        breach: Some("b".into()),
        sanction: Some("s".into()),
        ..GmcRecord::default()
    };
    assert_eq!(doctors(answer), [expected]);
}

#[test]
fn the_return_code_may_come_before_the_doctors() {
    let answer = result(&format!(
        "<ReturnCode>0</ReturnCode><GMCRequestID> 7 </GMCRequestID><Doctors>{}</Doctors>",
        doctor("<DoctorLastName>Roe</DoctorLastName>")
    ));

    let (records, end) = read(answer);
    assert_eq!((records.len(), end.unwrap().gmc_request_id.as_deref()), (1, Some("7")));
}

#[test]
fn a_list_may_be_empty_nil_or_absent() {
    for list in ["<Doctors/>", "<Doctors>\n</Doctors>", "<Doctors xsi:nil='true'/>", ""] {
        let answer = result(&format!("{list}<ReturnCode>0</ReturnCode>"));

        assert_eq!(doctors(answer), [], "{list}");
    }
}

#[test]
fn unknown_elements_are_passed_over_with_their_content() {
    let unknown =
        "<New>text<Deep><GMCReferenceNumber>9</GMCReferenceNumber>&amp;<![CDATA[<x>]]></Deep></New>";
    let foreign = "<o:Doctors xmlns:o='urn:other'><o:ReturnCode>98</o:ReturnCode></o:Doctors>";
    let answer = ANSWER
        .replace("<GetDoctorsForDBResponse_Doctor>", &format!("<GetDoctorsForDBResponse_Doctor>{unknown}"))
        .replace("<Doctors>", &format!("{unknown}{foreign}<Doctors>{unknown}"))
        .replace("<GetDoctorsForDBResult>", &format!("{unknown}<GetDoctorsForDBResult>"))
        .replace("<soap:Body>", &format!("<soap:Header>{unknown}</soap:Header><soap:Body>{unknown}"));

    assert_eq!(doctors(answer), doctors(ANSWER));
}

#[test]
fn a_field_of_another_namespace_is_unknown() {
    let answer = envelope(&doctor("<Sanction xmlns=''>?</Sanction><Sanction>No</Sanction>"));

    assert_eq!(doctors(answer)[0].sanction.as_deref(), Some("No"));
}

#[test]
fn every_encoding_gives_the_same_doctors() {
    let declared = |encoding: &str| ANSWER.replace("utf-8", encoding);
    let utf_16 = |mark: &str, unit: fn(u16) -> [u8; 2]| -> Vec<u8> {
        format!("{mark}{}", declared("utf-16")).encode_utf16().flat_map(unit).collect()
    };
    let latin = |encoding: &str| -> Vec<u8> {
        declared(encoding).chars().map(|character| u8::try_from(u32::from(character)).unwrap()).collect()
    };

    for (name, bytes) in [
        ("utf-8 with a mark", format!("\u{FEFF}{ANSWER}").into_bytes()),
        ("utf-8 without a declaration", ANSWER.split_once("?>").unwrap().1.as_bytes().to_vec()),
        ("utf-16, little end first", utf_16("\u{FEFF}", u16::to_le_bytes)),
        ("utf-16, big end first", utf_16("\u{FEFF}", u16::to_be_bytes)),
        ("utf-16 without a mark", utf_16("", u16::to_le_bytes)),
        ("iso-8859-1", latin("ISO-8859-1")),
        ("windows-1252", latin("windows-1252")),
    ] {
        assert_eq!(doctors(bytes), doctors(ANSWER), "{name}");
    }
}

#[test]
fn an_echo_is_ours_in_any_form_and_may_be_absent_or_empty() {
    let ours = REQUEST_ID.to_string();
    for echo in [
        format!("<ClientRequestID>\n {} </ClientRequestID>", ours.to_uppercase()),
        format!("<ClientRequestID><![CDATA[{ours}]]></ClientRequestID>"),
        "<ClientRequestID> </ClientRequestID>".to_owned(),
        "<ClientRequestID xsi:nil='true'/>".to_owned(),
        String::new(),
    ] {
        assert_eq!(doctors(result(&format!("{echo}<ReturnCode>0</ReturnCode>"))), [], "{echo}");
    }
}

#[test]
fn other_things_may_stand_in_the_body_beside_the_response() {
    let response = format!(
        "<GetDoctorsForDBResponse xmlns='{}'><GetDoctorsForDBResult><ReturnCode>0</ReturnCode>\
         </GetDoctorsForDBResult></GetDoctorsForDBResponse>",
        gmc::GMC_NAMESPACE
    );

    assert_eq!(doctors(body(&format!("<multiRef>?</multiRef>{response}"))), []);
}
