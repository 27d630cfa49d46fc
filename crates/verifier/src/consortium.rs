//! The consortium's motions: elections are created and cancelled, organisations admitted and dismissed,
//! and codes authorised by a majority, never by one alone.
//!
//! What `pallet-collective` does, as far as it matters for them (PSE-AUD-9).

use std::collections::{BTreeMap, BTreeSet};

use codec::Encode;
use psephos_primitives::hashing::blake2_256;
use psephos_primitives::{
    limits::BLOCKS_PER_DAY,
    wire::{Call, ConsortiumCall},
    AccountId, BlockNumber, Hash,
};

/// Motions that can be open at once.
const MAX_MOTIONS: usize = 32;
/// Blocks after which an undecided motion can be closed.
const MOTION_DURATION: BlockNumber = BLOCKS_PER_DAY;

/// The members and their open motions.
#[derive(Clone)]
pub(crate) struct Consortium {
    members: BTreeSet<AccountId>,
    motions: BTreeMap<Hash, Motion>,
    next_index: u32,
}

#[derive(Clone)]
struct Motion {
    index: u32,
    threshold: u32,
    call: Call,
    ayes: BTreeSet<AccountId>,
    nays: BTreeSet<AccountId>,
    end: BlockNumber,
}

/// A call that the consortium has agreed on.
pub(crate) struct Decision {
    pub call: Call,
    /// Whether more than half of all members have agreed, which all that it decides takes.
    pub by_majority: bool,
}

impl Consortium {
    pub fn new(members: impl IntoIterator<Item = AccountId>) -> Self {
        Self {
            members: members.into_iter().collect(),
            motions: BTreeMap::new(),
            next_index: 0,
        }
    }

    pub fn is_member(&self, account: &AccountId) -> bool {
        self.members.contains(account)
    }

    /// Whether this is so of any member.
    pub fn has(&self, is_so: impl FnMut(&AccountId) -> bool) -> bool {
        self.members.iter().any(is_so)
    }

    /// Takes a member in, at once (PSE-VAL-2).
    pub fn admit(&mut self, account: AccountId) {
        self.members.insert(account);
    }

    /// Dismisses a member at once, with its votes on open motions (PSE-VAL-3).
    pub fn dismiss(&mut self, account: &AccountId) {
        self.members.remove(account);
        for motion in self.motions.values_mut() {
            motion.ayes.remove(account);
            motion.nays.remove(account);
        }
    }

    /// Carries out a member's call; comes back with what it decided, if it decided anything.
    pub fn dispatch(
        &mut self,
        member: &AccountId,
        call: &ConsortiumCall,
        now: BlockNumber,
    ) -> Option<Decision> {
        match call {
            ConsortiumCall::Propose {
                threshold,
                proposal,
                length_bound,
            } => self.propose(*threshold, proposal, *length_bound, now),
            ConsortiumCall::Vote {
                proposal,
                index,
                approve,
            } => {
                self.vote(member, proposal, *index, *approve);
                None
            }
            ConsortiumCall::Close {
                proposal_hash,
                index,
                length_bound,
                ..
            } => self.close(proposal_hash, *index, *length_bound, now),
        }
    }

    fn decision(&self, call: Call, ayes: u32) -> Decision {
        let by_majority = u64::from(ayes) * 2 > self.members.len() as u64;
        Decision { call, by_majority }
    }

    fn propose(
        &mut self,
        threshold: u32,
        call: &Call,
        length_bound: u32,
        now: BlockNumber,
    ) -> Option<Decision> {
        let bytes = call.encode();
        let hash = Hash::from(blake2_256(&bytes));
        if bytes.len() > length_bound as usize || self.motions.contains_key(&hash) {
            return None;
        }
        if threshold < 2 {
            return Some(self.decision(call.clone(), 1));
        }
        if self.motions.len() >= MAX_MOTIONS {
            return None;
        }
        let motion = Motion {
            index: self.next_index,
            threshold,
            call: call.clone(),
            ayes: BTreeSet::new(),
            nays: BTreeSet::new(),
            end: now.saturating_add(MOTION_DURATION),
        };
        self.next_index += 1;
        self.motions.insert(hash, motion);
        None
    }

    fn vote(&mut self, member: &AccountId, hash: &Hash, index: u32, approve: bool) {
        let Some(motion) = self
            .motions
            .get_mut(hash)
            .filter(|motion| motion.index == index)
        else {
            return;
        };
        let (chosen, other) = if approve {
            (&mut motion.ayes, &mut motion.nays)
        } else {
            (&mut motion.nays, &mut motion.ayes)
        };
        other.remove(member);
        chosen.insert(member.clone());
    }

    fn close(
        &mut self,
        hash: &Hash,
        index: u32,
        length_bound: u32,
        now: BlockNumber,
    ) -> Option<Decision> {
        let motion = self
            .motions
            .get(hash)
            .filter(|motion| motion.index == index)?;
        let seats = self.members.len() as u32;
        let (ayes, nays) = (motion.ayes.len() as u32, motion.nays.len() as u32);
        let rejected = seats.saturating_sub(nays) < motion.threshold;
        // Once the time is up, those who did not vote follow a majority of all members.
        let counted = if now >= motion.end && ayes * 2 > seats {
            seats.saturating_sub(nays)
        } else {
            ayes
        };
        if ayes >= motion.threshold || (!rejected && counted >= motion.threshold) {
            if motion.call.encoded_size() > length_bound as usize {
                return None;
            }
            let motion = self.motions.remove(hash)?;
            return Some(self.decision(motion.call, counted.max(ayes)));
        }
        if rejected || now >= motion.end {
            self.motions.remove(hash);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use psephos_primitives::{wire::ElectionsCall, ElectionId, Text};

    const NOW: BlockNumber = 7;

    fn account(number: u8) -> AccountId {
        AccountId::new([number; 32])
    }

    fn call() -> Call {
        let reason = Text::new("test").expect("is a text");
        Call::Elections(ElectionsCall::Cancel {
            election: ElectionId(1),
            reason,
        })
    }

    fn hash() -> Hash {
        blake2_256(&call().encode()).into()
    }

    fn propose(threshold: u32) -> ConsortiumCall {
        let length_bound = call().encoded_size() as u32;
        ConsortiumCall::Propose {
            threshold,
            proposal: Box::new(call()),
            length_bound,
        }
    }

    fn vote(approve: bool) -> ConsortiumCall {
        ConsortiumCall::Vote {
            proposal: hash(),
            index: 0,
            approve,
        }
    }

    fn close() -> ConsortiumCall {
        ConsortiumCall::Close {
            proposal_hash: hash(),
            index: 0,
            proposal_weight_bound: sp_runtime::Weight::MAX,
            length_bound: call().encoded_size() as u32,
        }
    }

    /// Whether what the calls decide, in this order, was decided by a majority.
    fn decide(seats: u8, calls: &[(u8, ConsortiumCall)]) -> Option<bool> {
        let mut consortium = Consortium::new((1..=seats).map(account));
        let mut decided = None;
        for (member, call) in calls {
            let decision = consortium.dispatch(&account(*member), call, NOW);
            decided = decided.or(decision.map(|decision| decision.by_majority));
        }
        decided
    }

    #[test]
    fn one_member_of_one_decides() {
        assert_eq!(decide(1, &[(1, propose(1))]), Some(true));
    }

    #[test]
    fn a_motion_longer_than_its_bound_is_none() {
        let mut short = propose(1);
        if let ConsortiumCall::Propose { length_bound, .. } = &mut short {
            *length_bound -= 1;
        }
        assert_eq!(decide(1, &[(1, short)]), None);
    }

    #[test]
    fn one_member_of_three_is_no_majority() {
        assert_eq!(decide(3, &[(1, propose(1))]), Some(false));
    }

    #[test]
    fn two_of_three_decide_by_voting() {
        let calls = [
            (1, propose(2)),
            (1, vote(true)),
            (2, vote(true)),
            (3, close()),
        ];
        assert_eq!(decide(3, &calls), Some(true));
    }

    #[test]
    fn three_of_five_are_a_majority_and_two_of_four_are_none() {
        let by = |threshold, ayes: u8| {
            let mut calls = vec![(1, propose(threshold))];
            calls.extend((1..=ayes).map(|member| (member, vote(true))));
            calls.push((1, close()));
            calls
        };
        assert_eq!(decide(5, &by(3, 3)), Some(true));
        assert_eq!(decide(4, &by(2, 2)), Some(false));
    }

    /// Once the time is up, those who did not vote follow more than half of all, and nobody else.
    #[test]
    fn who_does_not_vote_follows_a_majority() {
        let at_the_end = |seats: u8, threshold, ayes: u8| {
            let mut consortium = Consortium::new((1..=seats).map(account));
            let mut dispatch = |member, call: &_, now| {
                let decision = consortium.dispatch(&account(member), call, now);
                decision.map(|decision| decision.by_majority)
            };
            dispatch(1, &propose(threshold), NOW);
            for member in 1..=ayes {
                dispatch(member, &vote(true), NOW);
            }
            dispatch(1, &close(), NOW + MOTION_DURATION)
        };
        assert_eq!(at_the_end(4, 3, 2), None);
        assert_eq!(at_the_end(5, 4, 3), Some(true));
    }

    #[test]
    fn voting_twice_counts_once() {
        let calls = [
            (1, propose(2)),
            (1, vote(true)),
            (1, vote(true)),
            (3, close()),
        ];
        assert_eq!(decide(3, &calls), None);
    }

    #[test]
    fn changing_sides_counts_once() {
        let calls = [
            (1, propose(2)),
            (1, vote(true)),
            (2, vote(true)),
            (2, vote(false)),
            (3, close()),
        ];
        assert_eq!(decide(3, &calls), None);
    }

    #[test]
    fn two_of_four_are_no_majority() {
        let calls = [
            (1, propose(2)),
            (1, vote(true)),
            (2, vote(true)),
            (3, close()),
        ];
        assert_eq!(decide(4, &calls), Some(false));
    }

    #[test]
    fn a_rejected_motion_is_gone() {
        let calls = [
            (1, propose(2)),
            (1, vote(false)),
            (2, vote(false)),
            (3, close()),
            (1, vote(true)),
            (2, vote(true)),
            (3, close()),
        ];
        assert_eq!(decide(3, &calls), None);
    }

    #[test]
    fn the_wrong_number_or_length_decides_nothing() {
        let mut other_index = close();
        if let ConsortiumCall::Close { index, .. } = &mut other_index {
            *index = 1;
        }
        let mut too_short = close();
        if let ConsortiumCall::Close { length_bound, .. } = &mut too_short {
            *length_bound -= 1;
        }
        let votes = [(1, propose(2)), (1, vote(true)), (2, vote(true))];
        assert_eq!(decide(3, &[&votes[..], &[(3, other_index)]].concat()), None);
        assert_eq!(decide(3, &[&votes[..], &[(3, too_short)]].concat()), None);
    }

    #[test]
    fn proposing_again_does_not_begin_again() {
        let calls = [
            (1, propose(2)),
            (1, vote(true)),
            (2, propose(2)),
            (2, vote(true)),
            (3, close()),
        ];
        assert_eq!(decide(3, &calls), Some(true));
        // Nor does it decide at once what is being voted on.
        assert_eq!(decide(1, &[(1, propose(2)), (1, propose(1))]), None);
    }

    #[test]
    fn so_many_motions_are_open_and_no_more() {
        let mut consortium = Consortium::new([account(1)]);
        let mut calls = Vec::new();
        for election in 0..=MAX_MOTIONS as u32 {
            let reason = Text::new("test").expect("is a text");
            let election = ElectionId(election);
            let call = Call::Elections(ElectionsCall::Cancel { election, reason });
            let length_bound = call.encoded_size() as u32;
            calls.push(call.clone());
            let propose = ConsortiumCall::Propose {
                threshold: 2,
                proposal: Box::new(call),
                length_bound,
            };
            consortium.dispatch(&account(1), &propose, NOW);
        }
        let open: Vec<bool> = calls
            .iter()
            .map(|call| {
                consortium
                    .motions
                    .contains_key(&blake2_256(&call.encode()).into())
            })
            .collect();
        assert_eq!(open, [vec![true; MAX_MOTIONS], vec![false]].concat());
    }

    #[test]
    fn when_the_time_is_up_the_absent_follow_a_majority() {
        let mut consortium = Consortium::new((1..=3).map(account));
        let mut dispatch = |member, call, now| {
            consortium
                .dispatch(&account(member), &call, now)
                .map(|decision| decision.by_majority)
        };
        assert_eq!(dispatch(1, propose(3), NOW), None);
        assert_eq!(dispatch(1, vote(true), NOW), None);
        assert_eq!(dispatch(2, vote(true), NOW), None);
        assert_eq!(dispatch(3, close(), NOW + MOTION_DURATION - 1), None);
        assert_eq!(dispatch(3, close(), NOW + MOTION_DURATION), Some(true));
    }
}
