//! Motions of the consortium: who holds which of their places, and what of them is let in (PSE-EXT-9).
//!
//! There is room for 32 motions at a time, and one that nobody decides keeps its place for a day. So no
//! member has more places than its share of them, or a single one could keep out every other motion.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use frame_support::{
    dispatch::GetDispatchInfo,
    ensure,
    traits::{Consideration, MaybeConsideration},
    weights::Weight,
};
use pallet_collective::{Call, CostOf, Members, ProposalOf, Proposals, Voting};
use psephos_primitives::{
    consortium::{majority, Votes},
    AccountId, Hash, Refusal,
};
use scale_info::TypeInfo;
use sp_runtime::{
    traits::{BlakeTwo256, Hash as _},
    DispatchError,
};

use super::{configuration::ConsortiumInstance, Consortium, Runtime, RuntimeCall, System};

/// Motions that can be open at a time.
pub const MAX_MOTIONS: u32 = 32;

/// What a motion costs whoever puts it: one of their places, and nothing else. The collective notes
/// with it whose motion it is.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct Place;

impl Consideration<AccountId, u32> for Place {
    fn new(_: &AccountId, _: u32) -> Result<Self, DispatchError> {
        Ok(Self)
    }

    fn update(self, _: &AccountId, _: u32) -> Result<Self, DispatchError> {
        Ok(self)
    }

    fn drop(self, _: &AccountId) -> Result<(), DispatchError> {
        Ok(())
    }

    #[cfg(feature = "runtime-benchmarks")]
    fn ensure_successful(_: &AccountId, _: u32) {}
}

impl MaybeConsideration<AccountId, u32> for Place {
    // Else nobody would note whose motion it is.
    fn is_none(&self) -> bool {
        false
    }
}

/// So many motions each of so many members may have open: with up to 32 of them, all together can take
/// all places, and nobody else.
const fn share(members: u32) -> u32 {
    match MAX_MOTIONS.checked_div(members) {
        Some(0) | None => 1,
        Some(places) => places,
    }
}

/// What [`admit`] costs: the members, the open motions, whose each of them is, and one of them with its
/// votes are read.
pub(crate) fn admission_weight() -> Weight {
    let reads = u64::from(MAX_MOTIONS).saturating_add(4);
    <Runtime as frame_system::Config>::DbWeight::get().reads(reads)
}

/// Whether a member may send this call of the consortium now.
pub(crate) fn admit(
    call: &Call<Runtime, ConsortiumInstance>,
    who: &AccountId,
) -> Result<(), Refusal> {
    ensure!(Consortium::is_member(who), Refusal::NotYourCall);
    let possible = match call {
        Call::propose {
            threshold,
            proposal,
            length_bound,
        } => can_be_put(who, *threshold, proposal, *length_bound),
        Call::vote {
            proposal,
            index,
            approve,
        } => can_be_voted_on(who, proposal, *index, *approve),
        Call::close {
            proposal_hash,
            index,
            proposal_weight_bound,
            length_bound,
        } => can_be_closed(proposal_hash, *index, *proposal_weight_bound, *length_bound),
        _ => return Err(Refusal::NotAdmitted),
    };
    possible.then_some(()).ok_or(Refusal::NotNow)
}

fn members() -> u32 {
    Members::<Runtime, ConsortiumInstance>::get().len() as u32
}

fn can_be_put(who: &AccountId, threshold: u32, proposal: &RuntimeCall, length_bound: u32) -> bool {
    let members = members();
    if threshold != majority(members) || proposal.encoded_size() > length_bound as usize {
        return false;
    }
    // What a sole member proposes is carried out at once, and takes no place.
    threshold < 2 || has_place(who, members) && is_new(proposal)
}

fn is_new(proposal: &RuntimeCall) -> bool {
    let hash = BlakeTwo256::hash_of(proposal);
    !ProposalOf::<Runtime, ConsortiumInstance>::contains_key(hash)
}

/// Whether there is a place for a further motion of this member's.
fn has_place(who: &AccountId, members: u32) -> bool {
    let open = Proposals::<Runtime, ConsortiumInstance>::get();
    let own = open.iter().filter(|hash| is_of(who, hash)).count();
    open.len() < MAX_MOTIONS as usize && own < share(members) as usize
}

fn is_of(who: &AccountId, motion: &Hash) -> bool {
    CostOf::<Runtime, ConsortiumInstance>::get(motion).is_some_and(|(proposer, _)| proposer == *who)
}

/// The votes on an open motion. The collective keeps the fields of its own type to itself.
fn votes_on(motion: &Hash, index: u32) -> Option<Votes> {
    let stored = Voting::<Runtime, ConsortiumInstance>::get(motion)?;
    let votes = Votes::decode(&mut &stored.encode()[..]).ok()?;
    (votes.index == index).then_some(votes)
}

/// A vote that stands already is none.
fn can_be_voted_on(who: &AccountId, hash: &Hash, index: u32, approve: bool) -> bool {
    votes_on(hash, index).is_some_and(|votes| {
        let standing = if approve { votes.ayes } else { votes.nays };
        !standing.contains(who)
    })
}

fn can_be_closed(hash: &Hash, index: u32, weight_bound: Weight, length_bound: u32) -> bool {
    let Some(votes) = votes_on(hash, index) else {
        return false;
    };
    let is_rejected = !votes.is_carried() && votes.is_rejected(members());
    let is_over = System::block_number() >= votes.end;
    is_rejected
        || (votes.is_carried() || is_over) && is_within_bounds(hash, weight_bound, length_bound)
}

/// Whether the closer has bounded the motion's call high enough for it to be carried out.
fn is_within_bounds(hash: &Hash, weight_bound: Weight, length_bound: u32) -> bool {
    ProposalOf::<Runtime, ConsortiumInstance>::get(hash).is_some_and(|call| {
        let weight = call.get_dispatch_info().call_weight;
        call.encoded_size() <= length_bound as usize && weight.all_lte(weight_bound)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minority_never_takes_all_places() {
        for members in 1..=MAX_MOTIONS {
            let others = share(members) * (members - 1);
            assert!(others < MAX_MOTIONS, "{members} members");
            assert!(share(members) * members <= MAX_MOTIONS);
        }
        assert_eq!(share(100), 1);
        assert_eq!(share(0), 1);
    }
}
