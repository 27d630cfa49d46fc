//! Motions of the consortium: how their votes are stored, and what decides them (PSE-EXT-9, PSE-CON-1).

use alloc::vec::Vec;

use codec::{Decode, Encode};

use crate::identifiers::{AccountId, BlockNumber};

/// So many ayes carry a motion: more than half of the members, as whatever it moves demands.
pub const fn majority(members: u32) -> u32 {
    members / 2 + 1
}

/// How the votes on a motion stand, as `pallet-collective` stores them.
#[derive(Clone, PartialEq, Eq, Debug, Encode, Decode)]
pub struct Votes {
    /// The motion's number.
    pub index: u32,
    /// Ayes that it takes.
    pub threshold: u32,
    /// Who is for it.
    pub ayes: Vec<AccountId>,
    /// Who is against it.
    pub nays: Vec<AccountId>,
    /// From this block on it can be closed, decided or not.
    pub end: BlockNumber,
}

impl Votes {
    /// Whether it has as many ayes as it takes.
    pub fn is_carried(&self) -> bool {
        self.ayes.len() >= self.threshold as usize
    }

    /// Whether the nays of so many members leave it too few ayes, whatever the others say.
    pub fn is_rejected(&self, members: u32) -> bool {
        let possible = (members as usize).saturating_sub(self.nays.len());
        possible < self.threshold as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_half_decide() {
        assert_eq!([1, 2, 3, 4, 5].map(majority), [1, 2, 2, 3, 3]);
    }

    #[test]
    fn a_majority_decides_and_so_does_its_impossibility() {
        let account = |byte| AccountId::new([byte; 32]);
        let decision = |ayes: u8, nays: u8| {
            let votes = Votes {
                index: 0,
                threshold: 2,
                ayes: (0..ayes).map(account).collect(),
                nays: (10..10 + nays).map(account).collect(),
                end: 9,
            };
            (votes.is_carried(), votes.is_rejected(3))
        };
        assert_eq!(decision(1, 0), (false, false));
        assert_eq!(decision(2, 0), (true, false));
        assert_eq!(decision(1, 1), (false, false));
        assert_eq!(decision(1, 2), (false, true));
    }
}
