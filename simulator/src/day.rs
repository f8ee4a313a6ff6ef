//! What changes at the GMC in a day.

use std::collections::HashSet;
use std::slice::SliceIndex;

use crate::config::some_body;
use crate::generate;
use crate::population::{Population, seven_digits};
use crate::random::Random;

/// Of 100,000 connected doctors, how many a day does it to; together about 0.2 %.
mod rate {
    pub(super) const MOVED: usize = 30;
    pub(super) const JOINED: usize = 18;
    pub(super) const LEFT: usize = 20;
    pub(super) const RETURNED: usize = 4;
    pub(super) const RENAMED: usize = 18;
    pub(super) const UNDER_NOTICE: usize = 40;
    pub(super) const SUBMISSION_DATE: usize = 60;
}

/// A doctor who is connected to another body than the day before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moved {
    /// The GMC number.
    pub number: String,
    /// The code of the body before.
    pub from: String,
    /// The code of the body now.
    pub to: String,
}

/// A doctor who began or ceased to be connected to a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The GMC number.
    pub number: String,
    /// The code of the body.
    pub body: String,
}

/// All that one day changed. Nobody is in it twice, and whoever is not in it is as before.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// Connected to another body.
    pub moved: Vec<Moved>,
    /// New to the GMC's lists, with a new number.
    pub joined: Vec<Member>,
    /// In nobody's answer any more; the body is the one before.
    pub left: Vec<Member>,
    /// Had left on an earlier day and is in an answer again.
    pub returned: Vec<Member>,
    /// GMC numbers of those with another family name.
    pub renamed: Vec<String>,
    /// GMC numbers of those with another `UnderNotice`.
    pub under_notice: Vec<String>,
    /// GMC numbers of those with another submission date.
    pub submission_date: Vec<String>,
}

impl Changes {
    /// How many doctors changed.
    pub fn total(&self) -> usize {
        let members = self.joined.len() + self.left.len() + self.returned.len();
        let edited = self.renamed.len() + self.under_notice.len() + self.submission_date.len();
        self.moved.len() + members + edited
    }
}

impl Population {
    /// Makes the changes of one day and tells them.
    ///
    /// They follow from the seed, the day and the doctors there are. About 0.2 % of the connected doctors
    /// change (0.1–0.3 %), and at least one in every way, so that a small population changes as well. Moves
    /// need two bodies; whoever returns must have left.
    pub fn advance(&mut self) -> Changes {
        self.night += 1;
        let random = Random::new(self.seed, 1000 + u64::from(self.night));
        let connected = self.connected();
        Day { population: self, random, touched: HashSet::new(), connected }.pass()
    }
}

struct Day<'a> {
    population: &'a mut Population,
    random: Random,
    /// Places of those who have changed today.
    touched: HashSet<usize>,
    /// How many were connected this morning.
    connected: usize,
}

impl Day<'_> {
    fn pass(mut self) -> Changes {
        Changes {
            moved: self.repeat(rate::MOVED, Self::move_one),
            left: self.repeat(rate::LEFT, Self::let_one_leave),
            returned: self.repeat(rate::RETURNED, Self::let_one_return),
            renamed: self.repeat(rate::RENAMED, Self::rename_one),
            under_notice: self.repeat(rate::UNDER_NOTICE, Self::change_notice_of_one),
            submission_date: self.repeat(rate::SUBMISSION_DATE, Self::change_date_of_one),
            // last, so that nobody who joined today is picked for something else
            joined: self.repeat(rate::JOINED, Self::let_one_join),
        }
    }

    fn repeat<T>(&mut self, rate: usize, change: impl Fn(&mut Self) -> Option<T>) -> Vec<T> {
        let usual = self.connected * rate;
        let varied = usual * (60 + self.random.index(81)) / 100;
        let times = (varied / 100_000).max(1);
        (0..times).filter_map(|_| change(self)).collect()
    }

    fn move_one(&mut self) -> Option<Moved> {
        let bodies = self.population.bodies().len();
        if bodies < 2 {
            return None;
        }
        let place = self.pick_connected()?;
        let from = self.population.doctors[place].group;
        let mut to = some_body(&mut self.random, bodies);
        if to == from {
            to = u16::try_from((usize::from(from) + 1) % bodies).ok()?;
        }
        self.population.put_in_group(place, to);
        Some(Moved { number: self.number(place), from: self.code(from), to: self.code(to) })
    }

    fn let_one_leave(&mut self) -> Option<Member> {
        let place = self.pick_connected()?;
        let group = self.population.doctors[place].group;
        self.population.put_in_group(place, self.population.nobody());
        Some(self.member(place, group))
    }

    fn let_one_return(&mut self) -> Option<Member> {
        let place = self.pick_among(self.population.bodies().len()..)?;
        let group = some_body(&mut self.random, self.population.bodies().len());
        self.population.put_in_group(place, group);
        Some(self.member(place, group))
    }

    fn let_one_join(&mut self) -> Option<Member> {
        let group = some_body(&mut self.random, self.population.bodies().len());
        let place = self.population.join(&mut self.random, group)?;
        Some(self.member(place, group))
    }

    fn rename_one(&mut self) -> Option<String> {
        let place = self.pick_connected()?;
        let texts = &self.population.texts;
        let before = texts.get(self.population.doctors[place].last_name);
        let mut name = generate::last_name(texts, &mut self.random);
        while texts.get(name) == before {
            name = generate::last_name(texts, &mut self.random);
        }
        self.population.doctors[place].last_name = name;
        Some(self.number(place))
    }

    /// Another word, not the same in another case.
    fn change_notice_of_one(&mut self) -> Option<String> {
        let place = self.pick_connected()?;
        let texts = &self.population.texts;
        let before = texts.get(self.population.doctors[place].under_notice).as_str();
        let words = [0, 1, 2].map(|word| texts.under_notice().at(word));
        let others = words.into_iter().filter(|word| !texts.get(*word).as_str().eq_ignore_ascii_case(before));
        let others: Vec<_> = others.collect();
        self.population.doctors[place].under_notice = others[self.random.index(others.len())];
        Some(self.number(place))
    }

    fn change_date_of_one(&mut self) -> Option<String> {
        let place = self.pick_connected()?;
        let texts = &self.population.texts;
        let before = self.population.doctors[place].submission_date;
        let today = self.population.today();
        let mut day = generate::submission_day(&mut self.random, today);
        while texts.date(day) == before {
            day -= 1;
        }
        self.population.doctors[place].submission_date = texts.date(day);
        Some(self.number(place))
    }

    fn pick_connected(&mut self) -> Option<usize> {
        self.pick_among(..self.population.bodies().len())
    }

    /// Somebody of these groups who has not changed today; none if no such doctor is soon found.
    fn pick_among<R: SliceIndex<[Vec<u32>], Output = [Vec<u32>]>>(&mut self, groups: R) -> Option<usize> {
        let groups = &self.population.groups[groups];
        let people: usize = groups.iter().map(Vec::len).sum();
        for _ in 0..people.min(64) {
            let place = nth(groups, self.random.index(people))?;
            if self.touched.insert(place) {
                return Some(place);
            }
        }
        None
    }

    fn member(&self, place: usize, group: u16) -> Member {
        Member { number: self.number(place), body: self.code(group) }
    }

    fn number(&self, place: usize) -> String {
        seven_digits(self.population.doctors[place].number)
    }

    fn code(&self, group: u16) -> String {
        self.population.code_of(group).unwrap_or_default().to_owned()
    }
}

fn nth(groups: &[Vec<u32>], mut n: usize) -> Option<usize> {
    for group in groups {
        match group.get(n) {
            Some(place) => return Some(*place as usize),
            None => n -= group.len(),
        }
    }
    None
}
