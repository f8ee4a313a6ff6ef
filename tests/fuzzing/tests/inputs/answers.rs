//! Answers that nobody wrote by hand, in every way of writing them, whole and damaged.

use std::fmt::Write as _;

use fuzzing::{FIELDS, REQUEST_ID, is_good, soap};
use proptest::prelude::*;
use proptest::sample::select;

use crate::corpus::check;

const ANSWER: &str = include_str!("../../corpus/soap/two-doctors.xml");

const INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// How an answer writes its names.
#[derive(Clone, Debug)]
struct Style {
    soap: String,
    gmc: String,
    instance: String,
    mark: char,
    gap: String,
}

fn style() -> impl Strategy<Value = Style> {
    // at most one of the two may be the default namespace
    let prefixes = select(vec![("soap:", ""), ("", "g:"), ("é:", "soap:"), ("S.1-", "b:"), ("a:", "a2:")])
        .prop_map(|(soap, gmc)| (soap.replace("S.1-", "S.1-:"), gmc.to_owned()));
    (prefixes, select(vec!["xsi:", "x:"]), select(vec!['"', '\'']), gap()).prop_map(
        |((soap, gmc), instance, mark, gap)| Style { soap, gmc, instance: instance.to_owned(), mark, gap },
    )
}

fn gap() -> impl Strategy<Value = String> {
    prop::collection::vec(select(vec!["\n  ", "\r\n", "\t", "<!-- <a> & -->", "<?pi a?>", ""]), 0..3)
        .prop_map(|pieces| pieces.concat())
}

/// A value as it is written: text, references, sections and comments.
fn written() -> impl Strategy<Value = String> {
    let character = select(vec![
        "a",
        "Z",
        " ",
        "'",
        "\"",
        ">",
        "]",
        "]]",
        "é",
        "😀",
        "\n",
        "\r",
        "\r\n",
        "\t",
        "&amp;",
        "&lt;",
        "&#13;",
        "&#xe9;",
        "&#x1F600;",
        "<![CDATA[]]>",
        "<![CDATA[<&>\r\n]]>",
        "<![CDATA[]]]]>",
        "<!-- - -->",
        "<?p?>",
        "01/02/2027",
    ]);
    prop::collection::vec(character, 0..8).prop_map(|pieces| pieces.concat()).prop_filter(
        "']]>' in text",
        |text| {
            let cdata = ["<![CDATA[]]>", "<![CDATA[<&>\r\n]]>", "<![CDATA[]]]]>"];
            // what is left where CDATA stood must not join what stood around it
            !cdata.iter().fold(text.clone(), |text, section| text.replace(section, "<>")).contains("]]>")
        },
    )
}

/// A field's element, or an unknown one.
fn field(style: Style) -> impl Strategy<Value = (usize, String)> {
    let attribute = select(vec!["", " a='<'", " b = \"x&#9;>\"", " xml:lang='cy'"])
        .prop_map(|text| text.replace('<', "&lt;"));
    (0..FIELDS.len() + 1, written(), attribute, select(vec!["", "true", "1", "false", "0"]), any::<bool>())
        .prop_map(move |(index, written, attribute, nil, short)| {
            let (gmc, mark) = (&style.gmc, style.mark);
            let Some(name) = FIELDS.get(index) else {
                return (index, format!("<{gmc}New>{written}<{gmc}Breach>?</{gmc}Breach></{gmc}New>"));
            };
            let nil = match nil {
                "" => String::new(),
                nil => format!(" {}nil={mark}{nil}{mark}", style.instance),
            };
            if short {
                (index, format!("<{gmc}{name}{attribute}{nil}/>"))
            } else {
                (index, format!("<{gmc}{name}{attribute}{nil} >{written}</{gmc}{name}>"))
            }
        })
}

/// An answer with return code 0, well-formed and as the contract says, in any of the ways of writing it.
fn answer() -> impl Strategy<Value = String> {
    style().prop_flat_map(|style| {
        let doctor = prop::collection::vec(field(style.clone()), 0..12);
        (prop::collection::vec(doctor, 0..5), any::<bool>(), Just(style)).prop_map(
            |(doctors, code_first, style)| {
                let Style { soap, gmc, instance, mark, gap } = style;
                let declare = |prefix: &str, uri: &str| match prefix.strip_suffix(':') {
                    Some(prefix) => format!(" xmlns:{prefix}={mark}{uri}{mark}"),
                    None => format!(" xmlns={mark}{uri}{mark}"),
                };
                let mut list = format!("<{gmc}Doctors>");
                for doctor in doctors {
                    let mut seen = [false; FIELDS.len()];
                    write!(list, "{gap}<{gmc}GetDoctorsForDBResponse_Doctor>").unwrap();
                    for (index, element) in doctor {
                        // a field twice is refused
                        if seen.get_mut(index).is_none_or(|seen| !std::mem::replace(seen, true)) {
                            write!(list, "{gap}{element}").unwrap();
                        }
                    }
                    write!(list, "{gap}</{gmc}GetDoctorsForDBResponse_Doctor>").unwrap();
                }
                write!(list, "{gap}</{gmc}Doctors>").unwrap();
                let code = format!("<{gmc}ReturnCode>0</{gmc}ReturnCode>");
                let content =
                    if code_first { format!("{code}{gap}{list}") } else { format!("{list}{gap}{code}") };
                format!(
                    "<?xml version={mark}1.0{mark}?>{gap}<{soap}Envelope{}{}><{soap}Body>{gap}\
                 <{gmc}GetDoctorsForDBResponse{}><{gmc}GetDoctorsForDBResult>{gap}{content}\
                 <{gmc}ClientRequestID>{REQUEST_ID}</{gmc}ClientRequestID></{gmc}GetDoctorsForDBResult>\
                 </{gmc}GetDoctorsForDBResponse>{gap}</{soap}Body></{soap}Envelope>{gap}",
                    declare(&soap, "http://schemas.xmlsoap.org/soap/envelope/"),
                    declare(&instance, INSTANCE),
                    declare(&gmc, gmc::GMC_NAMESPACE),
                )
            },
        )
    })
}

/// What goes wrong with bytes: some lost, some doubled, some moved, one changed.
#[derive(Clone, Debug)]
enum Damage {
    Lose(prop::sample::Index, usize),
    Double(prop::sample::Index, usize),
    Insert(prop::sample::Index, &'static str),
    Swap(prop::sample::Index, prop::sample::Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let at = any::<prop::sample::Index>;
    let inserted = vec![
        "<",
        ">",
        "&",
        "/",
        "\"",
        "'",
        "=",
        " ",
        "]",
        "]]>",
        "-",
        "--",
        "!",
        "?",
        ":",
        "x",
        "</",
        "/>",
        "<a>",
        "</a>",
        "<!--",
        "-->",
        "<![CDATA[",
        "<?",
        "?>",
        "&amp;",
        "&a;",
        "&#",
        "xmlns=''",
        " a='b'",
        "\r",
        "\u{1}",
        "\u{FFFE}",
        "é",
        "<?xml version='1.0'?>",
        "<!DOCTYPE a>",
        "·",
    ];
    prop_oneof![
        (at(), 1..40_usize).prop_map(|(at, length)| Damage::Lose(at, length)),
        (at(), 1..40_usize).prop_map(|(at, length)| Damage::Double(at, length)),
        (at(), select(inserted)).prop_map(|(at, text)| Damage::Insert(at, text)),
        (at(), at()).prop_map(|(one, other)| Damage::Swap(one, other)),
    ]
}

fn damaged(text: &str, damage: &[Damage]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for damage in damage {
        if characters.is_empty() {
            break;
        }
        let length = characters.len();
        match damage {
            Damage::Lose(at, count) => {
                let at = at.index(length);
                characters.drain(at..(at + count).min(length));
            }
            Damage::Double(at, count) => {
                let at = at.index(length);
                let again: Vec<char> = characters[at..(at + count).min(length)].to_vec();
                characters.splice(at..at, again);
            }
            Damage::Insert(at, inserted) => {
                let at = at.index(length);
                characters.splice(at..at, inserted.chars());
            }
            Damage::Swap(one, other) => characters.swap(one.index(length), other.index(length)),
        }
    }
    characters.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, ..ProptestConfig::default() })]

    #[test]
    fn every_way_of_writing_an_answer_gives_the_doctors_that_another_parser_sees(answer in answer()) {
        prop_assert!(is_good(answer.as_bytes()), "{answer}");
        check(soap, answer.as_bytes(), "an answer made here");
    }

    #[test]
    fn a_damaged_answer_is_never_good_unless_another_parser_finds_it_well_formed_and_sees_the_same(
        answer in prop_oneof![Just(ANSWER.to_owned()), answer()],
        damage in prop::collection::vec(damage(), 1..4),
    ) {
        check(soap, damaged(&answer, &damage).as_bytes(), "an answer made here, damaged");
    }
}
