//! Who was reported for two votes in one round (PSE-VAL-10).

use std::collections::BTreeMap;

use psephos_primitives::{
    validators::{Equivocation, MAX_REPORTED_ROUNDS, REPORTABLE_SETS},
    AccountId,
};
use sp_core::{ed25519, Pair};

/// The sets that can still be reported, and what was.
#[derive(Clone, Default)]
pub(crate) struct Reports {
    /// Who votes by which key.
    sets: BTreeMap<u64, Vec<(AccountId, ed25519::Public)>>,
    /// In which rounds of a set an organisation has voted twice.
    rounds: BTreeMap<(u64, AccountId), Vec<u64>>,
}

impl Reports {
    /// A set begins; the oldest is forgotten with what was reported of it.
    pub fn remember(&mut self, set: u64, voters: Vec<(AccountId, ed25519::Public)>) {
        self.sets.insert(set, voters);
        let oldest = set.saturating_sub(REPORTABLE_SETS);
        self.sets.retain(|number, _| *number >= oldest);
        self.rounds.retain(|(number, _), _| *number >= oldest);
    }

    /// Records evidence; says whether it proves anything, and anything new.
    pub fn record(&mut self, set: u64, evidence: &Equivocation) -> bool {
        let votes = evidence.votes();
        let mut voters = self.sets.get(&set).into_iter().flatten();
        let Some((organisation, _)) = voters.find(|(_, key)| *key == votes.authority) else {
            return false;
        };
        let verify =
            |signature: &_, message: &[u8], key: &_| ed25519::Pair::verify(signature, message, key);
        if !evidence.proves(set, verify) {
            return false;
        }
        let rounds = self.rounds.entry((set, organisation.clone())).or_default();
        let new = rounds.len() < MAX_REPORTED_ROUNDS as usize && !rounds.contains(&votes.round);
        if new {
            rounds.push(votes.round);
        }
        new
    }
}
