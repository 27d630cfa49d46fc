//! Who makes and finalises blocks, as the consortium's decisions imply it (PSE-VAL).
//!
//! Three lists, each an organisation behind the other in time: what is decided, what is queued, what
//! is active. A session's end moves them on, and the header of its block has to say so.

use std::sync::Arc;

use codec::Encode;
use psephos_primitives::{
    validators::{
        ownership_statement, Equivocation, OwnershipProof, SessionKeys, MAX_ORGANISATIONS,
        MIN_ORGANISATIONS, SESSION_BLOCKS,
    },
    AccountId, BlockNumber,
};
use sp_core::{ed25519, sr25519, Pair};
use sp_runtime::ConsensusEngineId;

use crate::{
    archive::Between,
    equivocation::Reports,
    finality::{self, AuthoritySet, Target},
    finding::Cause,
    headers::{announcements, authors_announcement, voters_announcement},
    report::HandoverReport,
    Header,
};

/// An organisation and its keys.
pub type Organisation = (AccountId, SessionKeys);

/// Those who make and finalise blocks for the time being.
#[derive(Clone)]
struct Active {
    organisations: Vec<Organisation>,
    /// In the order of slots.
    authors: Arc<[sr25519::Public]>,
    set: AuthoritySet,
}

impl Active {
    fn new(number: u64, organisations: Vec<Organisation>) -> Self {
        Self {
            authors: organisations.iter().map(|(_, keys)| keys.aura).collect(),
            set: AuthoritySet {
                number,
                voters: organisations
                    .iter()
                    .map(|(_, keys)| (keys.grandpa, 1))
                    .collect(),
            },
            organisations,
        }
    }
}

/// The block with which a set ended.
#[derive(Clone)]
struct Ended {
    block: Target,
    /// It finalises that block, and none after it.
    set: AuthoritySet,
}

/// The organisations and their keys, up to the last block that was applied.
#[derive(Clone)]
pub(crate) struct Validators {
    organisations: Vec<Organisation>,
    queued: Vec<Organisation>,
    active: Active,
    ended: Option<Ended>,
    /// Whether the block that ended the last set still needs its justification.
    unproved: bool,
    handovers: Vec<HandoverReport>,
    reports: Reports,
}

impl Validators {
    /// Those of block 0, all active.
    pub fn new(organisations: Vec<Organisation>) -> Self {
        let mut reports = Reports::default();
        reports.remember(0, voters(&organisations));
        Self {
            queued: organisations.clone(),
            active: Active::new(0, organisations.clone()),
            organisations,
            ended: None,
            unproved: false,
            handovers: Vec::new(),
            reports,
        }
    }

    /// Who seals the next block, in the order of slots.
    pub fn authors(&self) -> &Arc<[sr25519::Public]> {
        &self.active.authors
    }

    /// The sets that took over, in order.
    pub fn handovers(&self) -> &[HandoverReport] {
        &self.handovers
    }

    /// The set whose votes finalise a block: the last one, or what follows it.
    pub fn finalising(&self, last: BlockNumber, descendants: bool) -> &AuthoritySet {
        match &self.ended {
            Some(ended) if ended.block.number == last && !descendants => &ended.set,
            Some(_) | None => &self.active.set,
        }
    }

    /// Ends the session with this block if it is time (PSE-VAL-7), and compares what the header
    /// announces with what it has to (PSE-VAL-8). Nothing is to be announced in any other block.
    pub fn begin_block(
        &mut self,
        block: Target,
        header: &Header,
        frozen: bool,
    ) -> Result<(), Cause> {
        let mut due = Vec::new();
        if block.number.checked_rem(SESSION_BLOCKS) == Some(0) && !frozen {
            let next = core::mem::replace(&mut self.queued, self.organisations.clone());
            if next != self.active.organisations {
                due = self.take_over(block, next);
            }
        }
        let found: Vec<_> = announcements(header).collect();
        let same = found.len() == due.len()
            && found
                .iter()
                .zip(&due)
                .all(|((engine, data), (due_engine, due_data))| {
                    (engine, *data) == (due_engine, &due_data[..])
                });
        match same {
            true => Ok(()),
            false => Err(Cause::Announcement {
                due: !due.is_empty(),
            }),
        }
    }

    /// The next set takes over; says what the header has to announce.
    fn take_over(
        &mut self,
        block: Target,
        organisations: Vec<Organisation>,
    ) -> Vec<(ConsensusEngineId, Vec<u8>)> {
        let number = self.active.set.number.saturating_add(1);
        self.reports.remember(number, voters(&organisations));
        let before = core::mem::replace(&mut self.active, Active::new(number, organisations));
        self.handovers
            .push(report(block.number, &before, &self.active));
        let mut due = Vec::new();
        if before.authors != self.active.authors {
            due.push(authors_announcement(&self.active.authors));
        }
        due.push(voters_announcement(&self.active.set.voters));
        self.ended = Some(Ended {
            block,
            set: before.set,
        });
        self.unproved = true;
        due
    }

    /// Checks what stands behind the last block: the old set's votes for it, if it was that set's
    /// last (PSE-ARC-7). Says how many authorities voted.
    pub fn hand_over(&mut self, between: &Between) -> Result<u64, Cause> {
        let due = core::mem::replace(&mut self.unproved, false);
        let ended = self.ended.as_ref().filter(|_| due);
        match (ended, &between.handover) {
            (None, None) => Ok(0),
            (Some(ended), Some(justification)) => {
                finality::check(ended.block, &[], justification, &ended.set)
                    .map_err(Cause::Handover)
            }
            (Some(_), None) => Err(Cause::NoHandover),
            (None, Some(_)) => Err(Cause::NeedlessHandover),
        }
    }

    /// Takes an organisation in, unless a rule is against it; says whether it did (PSE-VAL-2). What
    /// is known of elections is the caller's to check.
    pub fn admit(
        &mut self,
        organisation: &AccountId,
        keys: &SessionKeys,
        proof: &OwnershipProof,
    ) -> bool {
        let possible = self.organisations.len() < MAX_ORGANISATIONS as usize
            && self.position(organisation).is_none()
            && self.may_have(organisation, keys, proof);
        if possible {
            self.organisations
                .push((organisation.clone(), keys.clone()));
        }
        possible
    }

    /// Dismisses an organisation, unless a rule is against it; says whether it did (PSE-VAL-3).
    pub fn dismiss(&mut self, organisation: &AccountId) -> bool {
        match self.position(organisation) {
            Some(position) if self.organisations.len() > MIN_ORGANISATIONS as usize => {
                self.organisations.remove(position);
                true
            }
            Some(_) | None => false,
        }
    }

    /// Replaces an organisation's keys, unless a rule is against it (PSE-VAL-5).
    pub fn rotate(&mut self, organisation: &AccountId, keys: &SessionKeys, proof: &OwnershipProof) {
        if !self.may_have(organisation, keys, proof) {
            return;
        }
        let mut all = self.organisations.iter_mut();
        if let Some((_, own)) = all.find(|(account, _)| account == organisation) {
            *own = keys.clone();
        }
    }

    /// Records evidence against an organisation; says whether it proves anything, and anything new.
    pub fn report(&mut self, set: u64, evidence: &Equivocation) -> bool {
        self.reports.record(set, evidence)
    }

    fn position(&self, organisation: &AccountId) -> Option<usize> {
        let mut all = self.organisations.iter();
        all.position(|(account, _)| account == organisation)
    }

    /// Whether the keys are nobody else's, and whoever registers them holds them (PSE-VAL-4).
    fn may_have(
        &self,
        organisation: &AccountId,
        keys: &SessionKeys,
        proof: &OwnershipProof,
    ) -> bool {
        let anothers = self.organisations.iter().any(|(account, own)| {
            account != organisation && (own.aura == keys.aura || own.grandpa == keys.grandpa)
        });
        let statement = ownership_statement(organisation);
        !anothers
            && sr25519::Pair::verify(&proof.aura, &statement, &keys.aura)
            && ed25519::Pair::verify(&proof.grandpa, &statement, &keys.grandpa)
    }
}

/// Who votes by which key.
fn voters(organisations: &[Organisation]) -> Vec<(AccountId, ed25519::Public)> {
    let voter = |(account, keys): &Organisation| (account.clone(), keys.grandpa);
    organisations.iter().map(voter).collect()
}

/// Who came, who left, and who has other keys.
fn report(block: BlockNumber, before: &Active, after: &Active) -> HandoverReport {
    let keys_in = |all: &[Organisation], account: &AccountId| {
        let mut all = all.iter();
        all.find(|(own, _)| own == account)
            .map(|(_, keys)| keys.clone())
    };
    let accounts = |all: &[Organisation], pick: &dyn Fn(&Organisation) -> bool| {
        let picked = all.iter().filter(|organisation| pick(organisation));
        picked.map(|(account, _)| account.clone()).collect()
    };
    let (old, new) = (&before.organisations, &after.organisations);
    HandoverReport {
        block,
        set: after.set.number,
        validators: new.len() as u64,
        joined: accounts(new, &|(account, _)| keys_in(old, account).is_none()),
        left: accounts(old, &|(account, _)| keys_in(new, account).is_none()),
        rotated: accounts(new, &|(account, keys)| {
            keys_in(old, account).is_some_and(|had| had.encode() != keys.encode())
        }),
    }
}
