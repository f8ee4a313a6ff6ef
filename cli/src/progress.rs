//! What is seen of a night while it goes on: a bar per body on a terminal, otherwise a line per body.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use domain::{BodyCode, BodyState, RunState};
use indicatif::{ProgressBar, ProgressStyle};
use sync::ledger::{Body, Chunk, Run};
use sync::ports::{Ledger, PortResult};
use sync::progress::Extent;

use crate::output::Screen;
use crate::table::grouped;

/// How often the ledger is read for it.
const EVERY: Duration = Duration::from_millis(100);

/// Reading may take at most this part of the time: with a million doctors it is slow.
const PART: u32 = 10;

/// More bodies than this do not fit on a screen.
const MOST_BARS: usize = 40;

const WITH_BAR: &str = "{prefix} {bar:30} {human_pos:>7} of {human_len:<7} {msg}";
const WITHOUT_BAR: &str = "{prefix} {msg}";
const STAGE: &str = "{spinner} {msg}, {elapsed}";

/// What is seen of a night while it goes on.
pub(crate) struct Progress {
    /// `None`: nobody looks.
    screen: Option<Screen>,
    has_bars: bool,
    bars: HashMap<BodyCode, ProgressBar>,
    stage: Option<ProgressBar>,
    told: HashMap<BodyCode, BodyState>,
    next: Instant,
}

/// What is seen of one body.
pub(crate) struct Shown {
    /// Its code.
    pub(crate) code: BodyCode,
    /// Where it stands.
    pub(crate) state: BodyState,
    /// Doctors received and applied.
    pub(crate) received: u64,
    /// About how many there will be; 0 before that is known.
    pub(crate) expected: u64,
}

impl Progress {
    /// To be seen on this screen.
    pub(crate) fn on(screen: &Screen) -> Self {
        Self { has_bars: screen.has_bars(), screen: Some(screen.clone()), ..Self::none() }
    }

    /// Not to be seen.
    pub(crate) fn none() -> Self {
        Self {
            screen: None,
            has_bars: false,
            bars: HashMap::new(),
            stage: None,
            told: HashMap::new(),
            next: Instant::now(),
        }
    }

    /// Shows how far a run has come, if it is time to.
    pub(crate) async fn look(&mut self, ledger: &dyn Ledger, run: &Run) -> PortResult<()> {
        let Some(screen) = self.screen.clone() else {
            return Ok(());
        };
        let began = Instant::now();
        if began < self.next && !run.state.is_closed() {
            return Ok(());
        }
        let bodies = ledger.bodies(run.number).await?;
        let draws = self.has_bars && bodies.len() <= MOST_BARS;
        if draws || bodies.iter().any(|body| self.is_news(&body.code, body.state)) {
            let chunks = ledger.chunks(run.number).await?;
            let shown: Vec<Shown> = bodies.iter().map(|body| Shown::of(body, &chunks)).collect();
            let doing = format!("run {}: {}", run.number, doing(run.state, run.abort.is_some()));
            self.show(&screen, &doing, &shown);
        }
        self.next = Instant::now() + EVERY.max(began.elapsed() * PART);
        Ok(())
    }

    /// Shows bodies as they are: bars where there is room for them, else a line for each whose state is news.
    pub(crate) fn show(&mut self, screen: &Screen, doing: &str, bodies: &[Shown]) {
        if self.has_bars && bodies.len() <= MOST_BARS {
            self.draw(screen, doing, bodies);
        } else {
            self.tell(screen, bodies);
        }
    }

    /// Takes the bars away.
    pub(crate) fn clear(&mut self) {
        for bar in self.bars.drain().map(|(_, bar)| bar).chain(self.stage.take()) {
            bar.finish_and_clear();
        }
    }

    fn draw(&mut self, screen: &Screen, doing: &str, bodies: &[Shown]) {
        for body in bodies {
            let bar = self.bars.entry(body.code.clone()).or_insert_with(|| {
                let bar = screen.bars().add(ProgressBar::new(body.expected));
                bar.set_prefix(body.code.to_string());
                bar
            });
            // a bar of nothing would look like one that is full
            bar.set_style(style(if body.expected == 0 { WITHOUT_BAR } else { WITH_BAR }));
            bar.set_length(body.expected);
            bar.set_position(body.received);
            bar.set_message(body.state.to_string());
        }
        let stage = self.stage.get_or_insert_with(|| {
            let bar = screen.bars().add(ProgressBar::new_spinner());
            bar.set_style(style(STAGE));
            bar
        });
        stage.set_message(doing.to_owned());
        stage.tick();
    }

    /// A body's verdict is news only when it is another than its answer let expect.
    fn is_news(&self, code: &BodyCode, state: BodyState) -> bool {
        match self.told.get(code) {
            None => state.is_settled(),
            Some(told) => state != *told && state != BodyState::Done,
        }
    }

    fn tell(&mut self, screen: &Screen, bodies: &[Shown]) {
        for body in bodies {
            if !self.is_news(&body.code, body.state) {
                continue;
            }
            self.told.insert(body.code.clone(), body.state);
            screen.tell(&match body.state {
                BodyState::Answered | BodyState::Done => {
                    format!("{}  answered, {} doctors", body.code, grouped(body.expected))
                }
                state => format!("{}  {state}", body.code),
            });
        }
    }
}

impl Shown {
    fn of(body: &Body, chunks: &[Chunk]) -> Self {
        let extent = Extent::of(body, chunks);
        Self {
            code: body.code.clone(),
            state: body.state,
            received: extent.applied,
            expected: extent.expected,
        }
    }
}

/// What a run does, as a sentence goes on.
pub(crate) fn doing(state: RunState, is_aborted: bool) -> &'static str {
    if is_aborted && state.is_before_swept() {
        return "being settled";
    }
    match state {
        RunState::Preparing => "calling the roll and hiding",
        RunState::Running => "asking the GMC and applying its answers",
        RunState::Sweeping => "deciding who has left",
        RunState::Swept => "looking the indexes over",
        RunState::Succeeded | RunState::Partial | RunState::Failed => "ended",
    }
}

fn style(template: &str) -> ProgressStyle {
    // the templates are constants, and a test reads them
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_read() {
        for template in [WITH_BAR, WITHOUT_BAR, STAGE] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
