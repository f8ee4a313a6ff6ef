//! Inputs of the corpus, damaged: bytes lost, doubled, moved, changed or taken from another input, words of the target's
//! dictionary put in, and values of JSON replaced by others.

use fastrand::Rng;
use fuzzing::{TARGETS, Target};
use serde_json::{Value, json};

use crate::corpus::{check, of};

/// How many mutations a target gets.
const CASES: u64 = 3_000;

/// Replays a run: the number that a failure tells.
const SEED: &str = "FUZZING_SEED";

#[test]
fn damaged_answers_keep_what_must_hold() {
    mutate("soap", include_str!("../../fuzz/soap.dict"));
}

#[test]
fn damaged_messages_keep_what_must_hold() {
    mutate("messages", include_str!("../../fuzz/messages.dict"));
}

#[test]
fn damaged_schedule_expressions_keep_what_must_hold() {
    mutate("schedule", include_str!("../../fuzz/schedule.dict"));
}

#[test]
fn damaged_requests_keep_what_must_hold() {
    mutate("start_request", include_str!("../../fuzz/start_request.dict"));
}

fn mutate(name: &str, dictionary: &str) {
    let target: Target = TARGETS.iter().find(|(known, _)| *known == name).unwrap().1;
    #[expect(clippy::disallowed_methods, reason = "a variable of this test alone")]
    let given = std::env::var(SEED).ok().map(|seed| seed.parse().unwrap());
    let seed = given.unwrap_or_else(|| fastrand::u64(..));
    let inputs: Vec<Vec<u8>> = of(name).into_iter().map(|(_, input)| input).collect();
    let words: Vec<Vec<u8>> = dictionary.lines().map(unescaped).collect();
    for case in 0..CASES {
        let mut rng = Rng::with_seed(seed.wrapping_add(case));
        let mut input = rng.choice(&inputs).unwrap().clone();
        for _ in 0..rng.u32(1..4) {
            damage(&mut rng, &mut input, &inputs, &words);
        }
        check(target, &input, &format!("{name}; {SEED}={seed} has it again"));
    }
}

fn damage(rng: &mut Rng, input: &mut Vec<u8>, inputs: &[Vec<u8>], words: &[Vec<u8>]) {
    if let Ok(mut value) = serde_json::from_slice::<Value>(input)
        && rng.bool()
    {
        replace(rng, &mut value);
        *input = value.to_string().into_bytes();
        return;
    }
    let (start, end) = part(rng, input);
    match rng.u32(..7) {
        0 => drop(input.drain(start..end)),
        1 => {
            let doubled = input[start..end].to_vec();
            input.splice(start..start, doubled);
        }
        2 => {
            let moved: Vec<u8> = input.drain(start..end).collect();
            let to = rng.usize(..=input.len());
            input.splice(to..to, moved);
        }
        3 => {
            if let Some(byte) = input.get_mut(start) {
                *byte = rng.u8(..);
            }
        }
        4 => {
            let other = rng.choice(inputs).unwrap();
            let (from, to) = part(rng, other);
            input.splice(start..end, other[from..to].iter().copied());
        }
        5 => input.truncate(start),
        _ => drop(input.splice(start..start, rng.choice(words).unwrap().iter().copied())),
    }
}

/// A part of at most 40 bytes.
fn part(rng: &mut Rng, input: &[u8]) -> (usize, usize) {
    let start = rng.usize(..=input.len());
    (start, rng.usize(start..=input.len().min(start + 40)))
}

/// Puts another value in the place of one inside a value, or of the whole.
fn replace(rng: &mut Rng, value: &mut Value) {
    let place = rng.usize(..1_000);
    match value {
        Value::Array(items) if !items.is_empty() && rng.u32(..4) > 0 => {
            let count = items.len();
            replace(rng, &mut items[place % count]);
        }
        Value::Object(fields) if !fields.is_empty() && rng.u32(..4) > 0 => {
            let count = fields.len();
            replace(rng, fields.values_mut().nth(place % count).unwrap());
        }
        whole => *whole = replacement(rng),
    }
}

fn replacement(rng: &mut Rng) -> Value {
    let values = [
        json!(null),
        json!(true),
        json!(-1),
        json!(1.5),
        json!(i64::MIN),
        json!(u64::MAX),
        json!(f64::MAX),
        json!(""),
        json!("7000001"),
        json!("1-1RUZUSF"),
        json!("last-1-1RUZUSF"),
        json!("$where"),
        json!("a.b"),
        json!("a\n\u{0}\u{202e}\u{1b}[2J"),
        json!({"$gt": ""}),
        json!({"": {}}),
        json!([]),
        json!([[[[{}]]]]),
    ];
    rng.choice(&values).unwrap().clone()
}

/// A line of a dictionary: a word in quotation marks, with escapes for quotation marks, backslashes and bytes.
fn unescaped(line: &str) -> Vec<u8> {
    let word = line.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap();
    let mut bytes = Vec::new();
    let mut rest = word.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let byte;
        (byte, rest) = match (first, after) {
            (b'\\', [b'x', digits @ ..]) => {
                let (digits, after) = digits.split_at(2);
                (u8::from_str_radix(std::str::from_utf8(digits).unwrap(), 16).unwrap(), after)
            }
            (b'\\', [escaped, after @ ..]) => (*escaped, after),
            _ => (first, after),
        };
        bytes.push(byte);
    }
    bytes
}
