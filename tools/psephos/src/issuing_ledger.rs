//! What a registrar has signed: one request for one voter number (PSE-CRD-3).

use std::{collections::BTreeMap, path::Path};

use anyhow::Context;
use psephos_primitives::{hashing::blake2_256, DistrictId, VoterNumber};
use serde::{Deserialize, Serialize};

use crate::files::AppendLog;

/// One line of the ledger.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LedgerEntry {
    /// For whom.
    pub voter: VoterNumber,
    /// In which district.
    pub district: DistrictId,
    /// The hash of the request that was signed; absent where only the fact is known.
    pub request: Option<String>,
    /// The answer, which is given again to the same request.
    pub signature: Option<String>,
}

impl LedgerEntry {
    /// A request and its answer.
    pub fn signed(
        voter: VoterNumber,
        district: DistrictId,
        blinded: &[u8],
        signature: &[u8],
    ) -> Self {
        let request = Some(request_hash(blinded));
        Self {
            voter,
            district,
            request,
            signature: Some(hex::encode(signature)),
        }
    }

    /// A voter who is known to have been served.
    pub const fn served(voter: VoterNumber, district: DistrictId) -> Self {
        Self {
            voter,
            district,
            request: None,
            signature: None,
        }
    }
}

/// What the ledger says to a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// Nothing was signed for this voter.
    New,
    /// This very request was signed: here is the answer again.
    Repeated(Vec<u8>),
    /// Another request was signed for this voter.
    AlreadyServed,
}

/// The ledger of one registrar in one election.
#[derive(Debug)]
pub struct IssuingLedger {
    log: AppendLog,
    entries: BTreeMap<VoterNumber, LedgerEntry>,
}

impl IssuingLedger {
    /// Opens the ledger, or begins it; nobody else can while it is open.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let (log, lines) = AppendLog::open(path)?;
        let mut entries = BTreeMap::new();
        for (line, number) in lines.iter().zip(1..) {
            let entry: LedgerEntry = serde_json::from_str(line)
                .with_context(|| format!("{}: line {number}", path.display()))?;
            entries.insert(entry.voter, entry);
        }
        Ok(Self { log, entries })
    }

    /// What was signed for this voter before.
    pub fn standing(&self, voter: VoterNumber, blinded: &[u8]) -> Standing {
        match self.entries.get(&voter) {
            None => Standing::New,
            Some(LedgerEntry {
                request: Some(request),
                signature: Some(signature),
                ..
            }) if *request == request_hash(blinded) => {
                hex::decode(signature).map_or(Standing::AlreadyServed, Standing::Repeated)
            }
            Some(_) => Standing::AlreadyServed,
        }
    }

    /// Whether something was signed for this voter.
    pub fn has_served(&self, voter: VoterNumber) -> bool {
        self.entries.contains_key(&voter)
    }

    /// Writes down what was signed; only then may it be handed out.
    pub fn record(&mut self, entries: Vec<LedgerEntry>) -> anyhow::Result<()> {
        let lines = entries
            .iter()
            .map(serde_json::to_string)
            .collect::<Result<Vec<_>, _>>()?;
        self.log.append(lines)?;
        self.entries
            .extend(entries.into_iter().map(|entry| (entry.voter, entry)));
        Ok(())
    }
}

fn request_hash(blinded: &[u8]) -> String {
    hex::encode(blake2_256(blinded))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_request_for_one_voter_and_the_same_answer_again() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join("ledger");
        let (voter, district) = (VoterNumber(u64::MAX), DistrictId(1));
        let mut ledger = IssuingLedger::open(&path).expect("opens");
        assert_eq!(ledger.standing(voter, b"request"), Standing::New);
        let entry = LedgerEntry::signed(voter, district, b"request", b"answer");
        ledger
            .record(vec![entry, LedgerEntry::served(VoterNumber(7), district)])
            .expect("writes");
        drop(ledger);
        let ledger = IssuingLedger::open(&path).expect("opens again");
        assert_eq!(
            ledger.standing(voter, b"request"),
            Standing::Repeated(b"answer".to_vec())
        );
        assert_eq!(ledger.standing(voter, b"another"), Standing::AlreadyServed);
        assert_eq!(
            ledger.standing(VoterNumber(7), b"request"),
            Standing::AlreadyServed
        );
        assert_eq!(ledger.standing(VoterNumber(8), b"request"), Standing::New);
    }

    #[test]
    fn a_damaged_ledger_is_not_overlooked() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join("ledger");
        std::fs::write(&path, "{}\n").expect("writable");
        let error = IssuingLedger::open(&path)
            .map(|_| ())
            .map_err(|error| error.to_string());
        assert_eq!(error, Err(format!("{}: line 1", path.display())));
    }
}
