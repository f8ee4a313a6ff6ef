//! docs/runbook.md as a test reads it: sections, and the blocks in them.

use std::collections::{BTreeMap, BTreeSet};

const RUNBOOK: &str = include_str!("../../../../docs/runbook.md");
const TEMPLATE: &str = include_str!("../../../../template.yaml");

/// A fenced block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Block {
    /// Under which heading.
    pub(crate) section: String,
    /// `sh`, `js` or `logs`.
    pub(crate) language: String,
    /// What stands in it.
    pub(crate) text: String,
    /// Where it begins.
    line: usize,
    is_used: bool,
}

/// The runbook, and which of its blocks were used.
pub(crate) struct Runbook {
    blocks: Vec<Block>,
}

impl Runbook {
    /// Reads it.
    pub(crate) fn read() -> Self {
        Self { blocks: blocks(RUNBOOK) }
    }

    /// A block of a section, by its place there, from 0: it is used now.
    pub(crate) fn take(&mut self, section: &str, place: usize) -> Block {
        let of_section = self.blocks.iter_mut().filter(|block| block.section == section);
        let block = of_section.into_iter().nth(place);
        let block = block.unwrap_or_else(|| panic!("section {section:?} has no block {place}"));
        block.is_used = true;
        block.clone()
    }

    /// The blocks in a language, all of them used now.
    pub(crate) fn take_all(&mut self, language: &str) -> Vec<Block> {
        let of_language = self.blocks.iter_mut().filter(|block| block.language == language);
        of_language
            .map(|block| {
                block.is_used = true;
                block.clone()
            })
            .collect()
    }

    /// Every block was used.
    pub(crate) fn assert_used(&self) {
        let unused: Vec<_> = self.blocks.iter().filter(|block| !block.is_used).collect();
        assert!(unused.is_empty(), "nobody runs these blocks of docs/runbook.md: {unused:#?}");
        assert!(self.blocks.len() > 20, "only {} blocks were found", self.blocks.len());
    }
}

fn blocks(text: &str) -> Vec<Block> {
    let mut found: Vec<Block> = Vec::new();
    let (mut section, mut open) = (String::new(), None::<(Block, usize)>);
    for (place, line) in text.lines().enumerate() {
        let trimmed = line.trim_start();
        match (&mut open, trimmed.strip_prefix("```")) {
            (None, Some(language)) => {
                let block = Block {
                    section: section.clone(),
                    language: language.to_owned(),
                    text: String::new(),
                    line: place + 1,
                    is_used: false,
                };
                open = Some((block, line.len() - trimmed.len()));
            }
            (Some(_), Some(_)) => found.extend(open.take().map(|(block, _)| block)),
            (Some((block, indent)), None) => {
                block.text += line.get(*indent..).unwrap_or_default();
                block.text.push('\n');
            }
            (None, None) => {
                if let Some(heading) = line.strip_prefix("## ") {
                    heading.clone_into(&mut section);
                }
            }
        }
    }
    assert!(open.is_none(), "a block of docs/runbook.md is not closed");
    found
}

#[test]
fn every_alarm_of_the_template_has_its_section_and_no_other_has() {
    let named =
        TEMPLATE.lines().filter_map(|line| line.trim().strip_prefix("AlarmName: !Sub ${AWS::StackName}-"));
    let alarms: BTreeSet<&str> = named.collect();
    let told: BTreeMap<&str, &str> = RUNBOOK
        .split("\n## ")
        .filter_map(|section| section.strip_prefix("Alarm ")?.split_once('\n'))
        .collect();

    assert!(alarms.len() > 15, "{alarms:?}");
    assert_eq!(told.keys().copied().collect::<BTreeSet<_>>(), alarms);
    for (alarm, section) in told {
        for (part, among_others) in [("**Means", "**Means,"), ("**Do**", " do"), ("**Over**", ", over**")] {
            assert!(section.contains(part) || section.contains(among_others), "{alarm} does not say {part}");
        }
    }
}

#[test]
fn blocks_are_told_in_the_languages_that_the_test_understands() {
    for block in blocks(RUNBOOK) {
        assert!(["sh", "js", "logs"].contains(&block.language.as_str()), "{block:?}");
    }
}
