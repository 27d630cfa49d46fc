//! What an audit came to, in words and as JSON (PSE-AUD-19).

use psephos_primitives::{
    tally::{ElectionResult, Outcome},
    AccountId, BlockNumber, ElectionId, Hash, Phase,
};
use serde::Serialize;

use crate::{
    arrivals::{AuthorReport, HourReport},
    finding::{Check, Fault, Finding},
};

/// Findings that are kept; further ones are only counted.
pub const MAX_FINDINGS: usize = 1_000;
/// Characters of the longest bar of a chart: with the numbers beside it, a line has 80.
const LONGEST_BAR: u64 = 40;

/// One check and how much went through it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CheckReport {
    /// Where the specification defines it.
    pub id: Check,
    /// What it says.
    pub description: &'static str,
    /// How many items were checked, whether they passed or not.
    pub items: u64,
    /// What the items are.
    pub unit: &'static str,
    /// How many findings there are.
    pub findings: u64,
}

/// What an audit took over from an earlier run of itself (PSE-AUD-21).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Resumed {
    /// The last block of which it did.
    pub block: BlockNumber,
    /// Blocks up to there that were verified once more, since something had been found in them.
    pub again: u64,
}

/// Validators who took over from others (PSE-VAL-8).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct HandoverReport {
    /// The block that announced them: the last of those before.
    pub block: BlockNumber,
    /// The number of the set that took over.
    pub set: u64,
    /// How many there are in it.
    pub validators: u64,
    /// The organisations that were not in the set before.
    pub joined: Vec<AccountId>,
    /// Those that are in it no longer.
    pub left: Vec<AccountId>,
    /// Those that have other keys.
    pub rotated: Vec<AccountId>,
}

/// A code that replaced another (PSE-UPG-3).
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct UpgradeReport {
    /// The block in which it was replaced: the last one under the code before.
    pub block: BlockNumber,
    /// `blake2_256` of the new code.
    pub code_hash: Hash,
    /// The version of the new one's rules, once its record was read.
    pub spec_version: Option<u32>,
}

/// What an audit came to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Report {
    /// The hash of the chain's block 0. The auditor compares it with the one that was published.
    pub genesis_hash: Option<Hash>,
    /// Whether the auditor said which chain it should be.
    pub genesis_expected: bool,
    /// The election.
    pub election: Option<ElectionId>,
    /// What it is called.
    pub title: Option<String>,
    /// `blake2_256(SCALE(manifest))`
    pub manifest_hash: Option<Hash>,
    /// Where it stands at the last block.
    pub phase: Option<Phase>,
    /// The last block.
    pub last_block: BlockNumber,
    /// Its hash.
    pub last_block_hash: Option<Hash>,
    /// Ballots that were accepted, superseded ones included.
    pub ballots: u64,
    /// The same, by the hour.
    pub ballots_by_hour: Vec<HourReport>,
    /// The same, by the author of the block.
    pub ballots_by_author: Vec<AuthorReport>,
    /// The result that the ballots give.
    pub result: Option<ElectionResult>,
    /// What was checked.
    pub checks: Vec<CheckReport>,
    /// What must not be; in order, the first [`MAX_FINDINGS`].
    pub findings: Vec<Finding>,
    /// How many findings there are in all.
    pub total_findings: u64,
    /// What trustees did wrong and the rules coped with.
    pub faults: Vec<Fault>,
    /// Validators who took over, in order.
    pub handovers: Vec<HandoverReport>,
    /// Codes that replaced others, in order.
    pub upgrades: Vec<UpgradeReport>,
    /// Whether the archive was read to its end.
    pub complete: bool,
    /// What an earlier run had verified already; none if this run has verified everything.
    pub resumed: Option<Resumed>,
}

impl Report {
    pub(crate) fn new() -> Self {
        Self {
            genesis_hash: None,
            genesis_expected: false,
            election: None,
            title: None,
            manifest_hash: None,
            phase: None,
            last_block: 0,
            last_block_hash: None,
            ballots: 0,
            ballots_by_hour: Vec::new(),
            ballots_by_author: Vec::new(),
            result: None,
            checks: Check::ALL
                .iter()
                .map(|check| CheckReport {
                    id: *check,
                    description: check.description(),
                    items: 0,
                    unit: check.unit(),
                    findings: 0,
                })
                .collect(),
            findings: Vec::new(),
            total_findings: 0,
            faults: Vec::new(),
            handovers: Vec::new(),
            upgrades: Vec::new(),
            complete: false,
            resumed: None,
        }
    }

    /// Whether everything was checked and nothing found.
    pub fn ok(&self) -> bool {
        self.complete && self.total_findings == 0
    }

    /// How many items went through a check.
    pub fn items(&self, check: Check) -> u64 {
        self.checks
            .iter()
            .find(|report| report.id == check)
            .map_or(0, |report| report.items)
    }

    pub(crate) fn add(&mut self, finding: Finding) {
        self.total_findings += 1;
        if let Some(check) = self
            .checks
            .iter_mut()
            .find(|check| check.id == finding.check)
        {
            check.findings += 1;
        }
        if self.findings.len() < MAX_FINDINGS {
            self.findings.push(finding);
        }
    }

    pub(crate) fn count(&mut self, check: Check, items: u64) {
        if let Some(check) = self.checks.iter_mut().find(|report| report.id == check) {
            check.items += items;
        }
    }
}

impl core::fmt::Display for Report {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.write_subject(f)?;
        writeln!(f)?;
        for check in &self.checks {
            let mark = match (check.findings, check.items) {
                (0, 0) => "-",
                (0, _) => "ok",
                _ => "FAILED",
            };
            let id = check.id.id();
            writeln!(
                f,
                "{mark:<7}{id:<11}{:>9} {}: {}",
                check.items, check.unit, check.description
            )?;
        }
        self.write_changes(f)?;
        self.write_arrivals(f)?;
        self.write_result(f)?;
        if !self.faults.is_empty() {
            writeln!(f, "\nTrustees' faults, which the rules coped with:")?;
            self.faults
                .iter()
                .try_for_each(|fault| writeln!(f, "  {fault}"))?;
        }
        if self.total_findings > 0 {
            writeln!(f, "\nFindings ({}):", self.total_findings)?;
            self.findings
                .iter()
                .try_for_each(|finding| writeln!(f, "  {finding}"))?;
        }
        if let Some(Resumed { block, again }) = self.resumed {
            writeln!(
                f,
                "\nResumed: signatures and proofs of blocks 1 to {block}, but for {again} blocks, were \
                 verified by an\nearlier run of this program with this auditor's key; all else was checked now."
            )?;
        }
        writeln!(
            f,
            "\n{}",
            if self.ok() {
                "AUDIT OK"
            } else {
                "AUDIT FAILED"
            }
        )
    }
}

impl Report {
    fn write_subject(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if let (Some(election), Some(title)) = (self.election, &self.title) {
            writeln!(f, "Election {election}: {title}")?;
        }
        if let Some(hash) = self.manifest_hash {
            writeln!(f, "Manifest   {hash:?}")?;
        }
        if let Some(hash) = self.genesis_hash {
            let note = if self.genesis_expected {
                ""
            } else {
                " (compare with the published one)"
            };
            writeln!(f, "Block 0    {hash:?}{note}")?;
        }
        if let Some(hash) = self.last_block_hash {
            writeln!(f, "Last block {hash:?}, number {}", self.last_block)?;
        }
        writeln!(f, "Ballots    {}", self.ballots)
    }

    /// Who made blocks, and what code ran, where either changed.
    fn write_changes(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if !self.handovers.is_empty() {
            writeln!(f, "\nValidators changed, by the consortium's decisions:")?;
        }
        for handover in &self.handovers {
            let HandoverReport {
                block,
                set,
                validators,
                ..
            } = handover;
            write!(f, "  after block {block}: set {set} of {validators}")?;
            for (what, accounts) in [
                ("joined", &handover.joined),
                ("left", &handover.left),
                ("other keys", &handover.rotated),
            ] {
                let separator = if accounts.is_empty() { "" } else { "; " };
                write!(f, "{separator}")?;
                for (place, account) in accounts.iter().enumerate() {
                    let before = if place == 0 { what } else { "," };
                    write!(
                        f,
                        "{before} 0x{}",
                        hex::encode(AsRef::<[u8]>::as_ref(account))
                    )?;
                }
            }
            writeln!(f)?;
        }
        if !self.upgrades.is_empty() {
            writeln!(
                f,
                "\nThe code was replaced, as the consortium had authorised:"
            )?;
        }
        for UpgradeReport {
            block,
            code_hash,
            spec_version,
        } in &self.upgrades
        {
            let version = spec_version.map(|version| format!(", runtime {version}"));
            let version = version.unwrap_or_default();
            writeln!(f, "  after block {block}: {code_hash:?}{version}")?;
        }
        Ok(())
    }

    /// When ballots came, and into whose blocks.
    fn write_arrivals(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.ballots_by_hour.is_empty() {
            return Ok(());
        }
        let hours = self.ballots_by_hour.iter().map(|one| one.ballots);
        let most_by_hour = hours.max().unwrap_or_default();
        writeln!(f, "\nBallots by the hour in which they came (UTC):")?;
        for HourReport { hour, ballots } in &self.ballots_by_hour {
            let bar = bar(*ballots, most_by_hour);
            writeln!(f, "  {hour} {ballots:>9} {bar}")?;
        }
        let authors = self.ballots_by_author.iter().map(|one| one.ballots);
        let most_by_author = authors.max().unwrap_or_default();
        writeln!(f, "\nBallots by the validator whose block they are in:")?;
        for one in &self.ballots_by_author {
            let AuthorReport {
                authority,
                blocks,
                ballots,
            } = one;
            let bar = bar(*ballots, most_by_author);
            writeln!(
                f,
                "  authority {authority:>3}, {blocks:>6} blocks {ballots:>9} {bar}"
            )?;
        }
        Ok(())
    }

    fn write_result(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let Some(result) = &self.result else {
            return Ok(());
        };
        writeln!(
            f,
            "\nResult recomputed from the ballots (published in block {}):",
            result.block
        )?;
        for district in &result.districts {
            write!(
                f,
                "  district {}, {} ballots:",
                district.district, district.ballots
            )?;
            match &district.outcome {
                Outcome::Withheld => write!(f, " withheld, there are too few")?,
                Outcome::Counted(contests) => {
                    for contest in contests {
                        write!(f, " contest {} {:?}", contest.contest, &contest.counts[..])?;
                    }
                }
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// A bar as long as the number is large.
fn bar(number: u64, most: u64) -> String {
    let length = (number * LONGEST_BAR).checked_div(most).unwrap_or_default();
    "█".repeat(usize::try_from(length).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_found_in_half_an_archive_is_no_success() {
        let mut report = Report::new();
        assert!(!report.ok());
        report.complete = true;
        assert!(report.ok());
    }

    #[test]
    fn findings_are_counted_by_their_check_and_the_first_are_kept() {
        let mut report = Report::new();
        report.count(Check::Roots, 2);
        let finding = Finding::general(Check::Authors, crate::Cause::NoTime);
        for _ in 0..=MAX_FINDINGS {
            report.add(finding.clone());
        }
        let of = |check| report.checks.iter().find(|own| own.id == check);
        assert_eq!(of(Check::Authors).map(|own| own.findings), Some(1_001));
        assert_eq!(of(Check::Roots).map(|own| own.findings), Some(0));
        assert_eq!(report.total_findings, 1_001);
        assert_eq!(report.findings.len(), MAX_FINDINGS);
        // What was looked at and is fine, what was not, and what is not fine.
        let text = report.to_string();
        let mark = |id: &str| {
            let mut lines = text.lines().filter(|line| line.contains(id));
            lines.next().and_then(|line| line.split(' ').next())
        };
        assert_eq!(mark("PSE-AUD-3 "), Some("ok"), "{text}");
        assert_eq!(mark("PSE-AUD-1 "), Some("-"), "{text}");
        assert_eq!(mark("PSE-AUD-4 "), Some("FAILED"), "{text}");
    }

    #[test]
    fn a_bar_is_as_long_as_its_number() {
        let length = |number, most| bar(number, most).chars().count() as u64;
        assert_eq!(length(6, 6), LONGEST_BAR);
        assert_eq!(length(3, 6), LONGEST_BAR / 2);
        assert_eq!(length(0, 6), 0);
        assert_eq!(length(0, 0), 0);
    }

    #[test]
    fn changes_have_a_heading_only_if_there_are_any() {
        let mut report = Report::new();
        let heading = "The code was replaced";
        for absent in [heading, "Validators changed", "Findings", "faults"] {
            assert!(!report.to_string().contains(absent), "{report}");
        }
        report.upgrades.push(UpgradeReport {
            block: 7,
            code_hash: Hash::repeat_byte(1),
            spec_version: Some(102),
        });
        assert!(report.to_string().contains(heading), "{report}");
    }
}
