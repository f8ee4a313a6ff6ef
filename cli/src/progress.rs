//! What is seen of a night while it goes on: a bar per body on a terminal, otherwise a line per body.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use domain::{BodyCode, BodyState, RunState};
use indicatif::{ProgressBar, ProgressStyle};
use sync::ledger::{Body, Chunk, Run};
use sync::ports::{Ledger, PortResult};

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

/// How far a body has come.
#[derive(Clone, Copy, Debug, Default)]
struct Extent {
    applied: u64,
    of: u64,
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
        if self.has_bars && bodies.len() <= MOST_BARS {
            let chunks = ledger.chunks(run.number).await?;
            self.draw(&screen, run, &bodies, &chunks);
        } else if bodies.iter().any(|body| self.is_news(body)) {
            let chunks = ledger.chunks(run.number).await?;
            self.tell(&screen, &bodies, &chunks);
        }
        self.next = Instant::now() + EVERY.max(began.elapsed() * PART);
        Ok(())
    }

    /// Takes the bars away.
    pub(crate) fn clear(&mut self) {
        for bar in self.bars.drain().map(|(_, bar)| bar).chain(self.stage.take()) {
            bar.finish_and_clear();
        }
    }

    fn draw(&mut self, screen: &Screen, run: &Run, bodies: &[Body], chunks: &[Chunk]) {
        for body in bodies {
            let bar = self.bars.entry(body.code.clone()).or_insert_with(|| {
                let bar = screen.bars().add(ProgressBar::new(body.roll_size));
                bar.set_prefix(body.code.to_string());
                bar
            });
            let extent = extent(body, chunks);
            // a bar of nothing would look like one that is full
            bar.set_style(style(if extent.of == 0 { WITHOUT_BAR } else { WITH_BAR }));
            bar.set_length(extent.of);
            bar.set_position(extent.applied);
            bar.set_message(body.state.to_string());
        }
        let stage = self.stage.get_or_insert_with(|| {
            let bar = screen.bars().add(ProgressBar::new_spinner());
            bar.set_style(style(STAGE));
            bar
        });
        stage.set_message(format!("run {}: {}", run.number, doing(run)));
        stage.tick();
    }

    /// A body's verdict is news only when it is another than its answer let expect.
    fn is_news(&self, body: &Body) -> bool {
        match self.told.get(&body.code) {
            None => body.state.is_settled(),
            Some(told) => body.state != *told && body.state != BodyState::Done,
        }
    }

    fn tell(&mut self, screen: &Screen, bodies: &[Body], chunks: &[Chunk]) {
        for body in bodies {
            if !self.is_news(body) {
                continue;
            }
            self.told.insert(body.code.clone(), body.state);
            screen.tell(&match body.state {
                BodyState::Answered | BodyState::Done => {
                    format!("{}  answered, {} doctors", body.code, grouped(extent(body, chunks).of))
                }
                state => format!("{}  {state}", body.code),
            });
        }
    }
}

/// Of the latest fetch of a body; before there is one, the roll says about how many doctors to expect.
fn extent(body: &Body, chunks: &[Chunk]) -> Extent {
    let of_body = || chunks.iter().filter(|chunk| chunk.id.code == body.code);
    let Some(latest) = of_body().max_by_key(|chunk| chunk.asked_at) else {
        return Extent { applied: 0, of: body.roll_size };
    };
    let of_fetch = || of_body().filter(|chunk| chunk.id.fetch == latest.id.fetch);
    let recorded: u64 = of_fetch().map(|chunk| chunk.findings.returned).sum();
    let applied = of_fetch().filter(|chunk| chunk.applied).map(|chunk| chunk.findings.returned).sum();
    let pieces = of_fetch().count().max(1) as u64;
    Extent { applied, of: recorded * u64::from(latest.of).max(pieces) / pieces }
}

fn doing(run: &Run) -> &'static str {
    if run.abort.is_some() && run.state.is_before_swept() {
        return "being settled";
    }
    match run.state {
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
