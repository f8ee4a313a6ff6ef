//! The doctors, and what a day changes.

use std::collections::{BTreeMap, HashSet};

use simulator::{BODIES, Changes, Edit, Population, PopulationConfig, PopulationError, Text};

fn small() -> PopulationConfig {
    PopulationConfig { doctors: 3000, ..PopulationConfig::default() }
}

/// Every doctor as text, by number: what can be compared between two days.
fn everybody(population: &Population) -> BTreeMap<String, String> {
    population.doctors().map(|doctor| (doctor.number.clone(), format!("{doctor:?}"))).collect()
}

#[test]
fn each_body_has_another_share_and_fewer_than_8000_doctors() {
    let population = Population::new(PopulationConfig::default()).unwrap();
    let sizes: HashSet<usize> = BODIES.iter().map(|(code, _)| population.size_of(code).unwrap()).collect();
    assert_eq!(sizes.len(), BODIES.len());
    assert!(sizes.iter().all(|size| (2500..8000).contains(size)), "{sizes:?}");
    assert_eq!(sizes.iter().sum::<usize>(), 60_000);
    assert_eq!(population.connected(), 60_000);
}

#[test]
fn a_number_is_seven_digits_and_nobody_elses() {
    let population = Population::new(small()).unwrap();
    let numbers: HashSet<String> = population.doctors().map(|doctor| doctor.number).collect();
    assert_eq!(numbers.len(), 3000);
    assert!(numbers.iter().all(|number| number.len() == 7 && number.parse::<u32>().is_ok()));
    assert!(numbers.iter().any(|number| number.starts_with('0')));
}

#[test]
fn names_and_fields_are_as_various_as_the_real_ones() {
    let population = Population::new(PopulationConfig::default()).unwrap();
    let share = |is: &dyn Fn(&simulator::Doctor<'_>) -> bool| population.doctors().filter(|d| is(d)).count();
    assert!(share(&|doctor| doctor.first_name == Text::Value("Siân")) > 100);
    assert!(share(&|doctor| doctor.last_name.as_str().contains('\'')) > 100);
    assert!(share(&|doctor| doctor.last_name.as_str().contains('-')) > 1000);
    assert!(share(&|doctor| doctor.last_name.as_str().contains('&')) > 0);
    assert!((1..30).contains(&share(&|doctor| doctor.under_notice == Text::Empty)));
    assert!(share(&|doctor| doctor.under_notice == Text::Value("On Hold")) > 500);
    assert!((1..1000).contains(&share(&|doctor| doctor.submission_date == Text::Empty)));
    assert!((1..1000).contains(&share(&|doctor| doctor.submission_date == Text::Absent)));
    assert!((1..1000).contains(&share(&|doctor| doctor.status == Text::Nil)));
}

#[test]
fn the_same_seed_gives_the_same_doctors_and_another_seed_others() {
    let population = |seed| everybody(&Population::new(PopulationConfig { seed, ..small() }).unwrap());
    assert_eq!(population(5), population(5));
    assert_ne!(population(5), population(6));
}

#[test]
fn a_later_night_is_the_same_whether_made_at_once_or_day_by_day() {
    let mut population = Population::new(small()).unwrap();
    for _ in 0..5 {
        population.advance();
    }
    let at_once = Population::at_night(small(), 5).unwrap();
    assert_eq!(at_once.night(), 5);
    assert_eq!(everybody(&population), everybody(&at_once));
}

#[test]
fn a_day_changes_exactly_what_it_says() {
    let mut population = Population::new(small()).unwrap();
    for _ in 0..30 {
        let before = population.clone();
        let changes = population.advance();
        check(&before, &population, &changes);
    }
}

/// Every difference between two days is in the changes, and every change is a difference.
#[expect(clippy::unwrap_used, reason = "what is not as expected fails the test")]
fn check(before: &Population, after: &Population, changes: &Changes) {
    let (old, new) = (everybody(before), everybody(after));
    let different: HashSet<&String> =
        new.keys().filter(|number| old.get(*number) != new.get(*number)).collect();
    let members = changes.joined.iter().chain(&changes.left).chain(&changes.returned);
    let edited = changes.renamed.iter().chain(&changes.under_notice).chain(&changes.submission_date);
    let moved = changes.moved.iter().map(|moved| &moved.number);
    let told: HashSet<&String> = members.map(|member| &member.number).chain(edited).chain(moved).collect();
    assert_eq!(different, told);
    assert_eq!(told.len(), changes.total(), "nobody is told twice");
    assert!(old.keys().all(|number| new.contains_key(number)), "whoever leaves stays known");

    for moved in &changes.moved {
        assert_eq!(before.body_of(&moved.number), Some(moved.from.as_str()));
        assert_eq!(after.body_of(&moved.number), Some(moved.to.as_str()));
        assert_ne!(moved.from, moved.to);
    }
    for joined in &changes.joined {
        assert_eq!(before.doctor(&joined.number), None);
        assert_eq!(after.body_of(&joined.number), Some(joined.body.as_str()));
    }
    for left in &changes.left {
        assert_eq!(before.body_of(&left.number), Some(left.body.as_str()));
        assert_eq!(after.body_of(&left.number), None);
    }
    for returned in &changes.returned {
        assert!(before.doctor(&returned.number).is_some());
        assert_eq!(before.body_of(&returned.number), None);
        assert_eq!(after.body_of(&returned.number), Some(returned.body.as_str()));
    }
    let pair = |number: &String| (before.doctor(number).unwrap(), after.doctor(number).unwrap());
    for number in &changes.renamed {
        let (old, mut new) = pair(number);
        assert_ne!(old.last_name, new.last_name);
        new.last_name = old.last_name;
        assert_eq!(old, new);
    }
    for number in &changes.under_notice {
        let (old, new) = pair(number);
        assert!(!old.under_notice.as_str().eq_ignore_ascii_case(new.under_notice.as_str()));
    }
    for number in &changes.submission_date {
        let (old, new) = pair(number);
        assert_ne!(old.submission_date, new.submission_date);
    }
}

#[test]
fn of_a_large_population_a_day_changes_about_two_in_a_thousand() {
    let mut population = Population::new(PopulationConfig::default()).unwrap();
    for day in 1..=20 {
        let changes = population.advance();
        assert!((60..=180).contains(&changes.total()), "day {day}: {}", changes.total());
        let smallest = [
            changes.moved.len(),
            changes.joined.len(),
            changes.left.len(),
            changes.renamed.len(),
            changes.under_notice.len(),
            changes.submission_date.len(),
        ];
        assert!(smallest.iter().all(|count| *count > 0), "{changes:?}");
        // nobody has left before the first day
        assert_eq!(changes.returned.is_empty(), day == 1, "day {day}: {changes:?}");
    }
}

#[test]
fn a_body_lists_its_doctors_in_an_order_that_a_day_does_not_shuffle() {
    let mut population = Population::new(small()).unwrap();
    let numbers = |population: &Population| -> Vec<String> {
        population.doctors_of("1-1RSSQ2H").map(|doctor| doctor.number).collect()
    };
    let before = numbers(&population);
    population.advance();
    let after = numbers(&population);
    let stayed = |list: &[String], other: &[String]| -> Vec<String> {
        list.iter().filter(|number| other.contains(number)).cloned().collect()
    };
    assert_eq!(stayed(&before, &after), stayed(&after, &before));
}

#[test]
fn the_smallest_populations_can_advance_as_well() {
    for doctors in [0, 1, 2, 5] {
        for bodies in [vec!["A".to_owned()], vec!["A".to_owned(), "B".to_owned()]] {
            let population = Population::at_night(PopulationConfig { doctors, bodies, seed: 3 }, 50).unwrap();
            assert_eq!(population.night(), 50);
        }
    }
}

#[test]
fn a_doctor_is_connected_moved_and_disconnected_by_hand() {
    let mut population = Population::new(small()).unwrap();
    let number = population.doctors_of("1-1RSSQ05").next().unwrap().number;
    population.connect(&number, "1-1RSSQ1B").unwrap();
    assert_eq!(population.body_of(&number), Some("1-1RSSQ1B"));
    assert!(population.doctors_of("1-1RSSQ1B").any(|doctor| doctor.number == number));
    assert!(population.doctors_of("1-1RSSQ05").all(|doctor| doctor.number != number));
    population.disconnect(&number).unwrap();
    assert_eq!(population.body_of(&number), None);
    assert_eq!(population.connected(), 2999);
}

#[test]
fn an_unknown_number_is_connected_as_a_new_doctor_and_never_given_again() {
    let config = small();
    let next = Population::at_night(config.clone(), 1).unwrap();
    let mut population = Population::new(config).unwrap();
    let to_come = next.doctors().last().unwrap().number;
    assert_eq!(population.doctor(&to_come), None);
    population.connect(&to_come, "1-1RSSQ05").unwrap();
    let joined = population.advance().joined;
    assert!(joined.iter().all(|member| member.number != to_come));
    assert_eq!(population.doctors().filter(|doctor| doctor.number == to_come).count(), 1);
}

#[test]
fn a_field_is_edited_by_hand_and_the_others_stay() {
    let mut population = Population::new(small()).unwrap();
    let number = population.doctors().nth(7).unwrap().number;
    let before = population.clone();
    let edit = Edit {
        last_name: Some("Nobody & Sons".into()),
        under_notice: Some(Text::Absent),
        submission_date: Some("31/02/2025".into()),
        ..Edit::default()
    };
    population.edit(&number, edit).unwrap();
    let mut expected = before.doctor(&number).unwrap();
    expected.last_name = Text::Value("Nobody & Sons");
    expected.under_notice = Text::Absent;
    expected.submission_date = Text::Value("31/02/2025");
    assert_eq!(population.doctor(&number), Some(expected));
}

#[test]
fn all_codes_can_be_replaced_in_a_night() {
    let mut population = Population::new(small()).unwrap();
    let before: Vec<String> = population.doctors_of("1-1RSSQ05").map(|doctor| doctor.number).collect();
    population.rename_body("1-1RSSQ05", "1-NEW").unwrap();
    let after: Vec<String> = population.doctors_of("1-NEW").map(|doctor| doctor.number).collect();
    assert_eq!(before, after);
    assert_eq!(population.size_of("1-1RSSQ05"), None);
}

#[test]
fn what_cannot_be_is_refused_with_the_reason() {
    let refused = |doctors, bodies: &[&str]| {
        let bodies = bodies.iter().map(ToString::to_string).collect();
        Population::new(PopulationConfig { doctors, bodies, seed: 1 }).unwrap_err()
    };
    assert_eq!(refused(9_000_001, &["A"]), PopulationError::TooManyDoctors(9_000_001));
    assert_eq!(refused(1, &[]), PopulationError::NoBodies);
    assert_eq!(refused(1, &["A", "B", "A"]), PopulationError::BodyTwice("A".into()));
    assert_eq!(refused(1, &["A", "B C"]), PopulationError::BadBody("B C".into()));
    let mut population = Population::new(small()).unwrap();
    assert_eq!(population.connect("12", "1-1RSSQ05"), Err(PopulationError::BadNumber("12".into())));
    assert_eq!(population.connect("1234567", "X"), Err(PopulationError::UnknownBody("X".into())));
    assert_eq!(population.disconnect("0000000"), Err(PopulationError::UnknownDoctor("0000000".into())));
}
