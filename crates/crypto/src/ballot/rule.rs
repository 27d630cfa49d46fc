//! What a ballot is about, and which sums a contest allows.

use alloc::vec::Vec;

use codec::{Decode, DecodeWithMemTracking, Encode, Input, MaxEncodedLen};
use scale_info::TypeInfo;

use super::MAX_OPTIONS;
use crate::{elgamal::ElectionKey, transcript::Context};

/// What one contest allows.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Encode, MaxEncodedLen, TypeInfo)]
pub struct ContestRule {
    /// The contest's number in the manifest.
    pub id: u32,
    /// How many options it has: 1 to 64.
    pub options: u8,
    /// The least number of selections.
    pub min: u8,
    /// The greatest number of selections.
    pub max: u8,
    /// Whether selecting nothing is allowed although `min` is above 0.
    pub blank: bool,
}

impl ContestRule {
    /// Whether so many selections are one for each option. Never true of a rule without options, or
    /// with more than [`MAX_OPTIONS`]: there is no such contest (PSE-SEL-1).
    pub fn has_options(&self, selections: usize) -> bool {
        (1..=MAX_OPTIONS as usize).contains(&selections) && usize::from(self.options) == selections
    }

    /// Whether this number of selections is allowed (PSE-SEL-1).
    pub fn allows(&self, selections: u8) -> bool {
        (self.min..=self.max).contains(&selections) || (self.blank && selections == 0)
    }

    /// The sums for which the sum proof has a branch, in ascending order; none where every sum is
    /// allowed, since then there is nothing to prove (PSE-SEL-4).
    pub fn sum_branches(&self) -> Vec<u8> {
        let allowed: Vec<u8> = (0..=self.options).filter(|sum| self.allows(*sum)).collect();
        if allowed.len() > usize::from(self.options) {
            return Vec::new();
        }
        allowed
    }
}

impl Decode for ContestRule {
    fn decode<I: Input>(input: &mut I) -> Result<Self, codec::Error> {
        let rule = Self {
            id: Decode::decode(input)?,
            options: Decode::decode(input)?,
            min: Decode::decode(input)?,
            max: Decode::decode(input)?,
            blank: Decode::decode(input)?,
        };
        if !rule.has_options(rule.options.into()) {
            return Err("a contest has 1 to 64 options".into());
        }
        Ok(rule)
    }
}

impl DecodeWithMemTracking for ContestRule {}

/// Everything that the proofs of a ballot are about, except for its ciphertexts.
#[derive(Clone, Copy, Debug)]
pub struct BallotStatement<'a> {
    /// Chain, election and manifest.
    pub context: &'a Context,
    /// The election's public key.
    pub key: &'a ElectionKey,
    /// The district that the ballot is cast in.
    pub district: u32,
    /// The voter's one-time account.
    pub account: &'a [u8; 32],
    /// The district's contests, in the order of the manifest.
    pub contests: &'a [ContestRule],
}

#[cfg(test)]
mod tests {
    use super::*;

    fn branches(options: u8, min: u8, max: u8, blank: bool) -> Vec<u8> {
        ContestRule {
            id: 1,
            options,
            min,
            max,
            blank,
        }
        .sum_branches()
    }

    #[test]
    fn there_is_no_contest_without_options_or_with_too_many() {
        let rule = |options| ContestRule {
            id: 1,
            options,
            min: 0,
            max: 0,
            blank: false,
        };
        for options in [1, 64] {
            let rule = rule(options);
            assert_eq!(ContestRule::decode(&mut &rule.encode()[..]), Ok(rule));
        }
        for options in [0, 65, 255] {
            let rule = rule(options);
            assert!(!rule.has_options(options.into()));
            assert_eq!(
                ContestRule::decode(&mut &rule.encode()[..]),
                Err("a contest has 1 to 64 options".into())
            );
        }
    }

    #[test]
    fn one_branch_for_each_allowed_sum() {
        assert_eq!(branches(5, 1, 1, false), [1]);
        assert_eq!(branches(5, 1, 1, true), [0, 1]);
        assert_eq!(branches(5, 2, 4, false), [2, 3, 4]);
        assert_eq!(branches(5, 2, 4, true), [0, 2, 3, 4]);
        assert_eq!(branches(5, 0, 4, false), [0, 1, 2, 3, 4]);
        assert_eq!(branches(5, 0, 0, false), [0]);
    }

    #[test]
    fn no_branch_where_every_sum_is_allowed() {
        assert_eq!(branches(5, 0, 5, false), Vec::<u8>::new());
        assert_eq!(branches(5, 1, 5, true), Vec::<u8>::new());
        assert_eq!(branches(64, 0, 64, false), Vec::<u8>::new());
    }

    #[test]
    fn a_maximum_above_the_options_changes_nothing() {
        assert_eq!(branches(2, 1, 9, false), [1, 2]);
        assert_eq!(branches(2, 0, 9, false), Vec::<u8>::new());
    }
}
