//! A set of trustees.

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use psephos_primitives::{limits::MAX_TRUSTEES, TrusteeIndex};
use scale_info::TypeInfo;

/// A set of trustees in four bytes: trustee 1 is the lowest bit.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    Default,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
)]
pub struct TrusteeSet(u32);

const _: () = assert!(MAX_TRUSTEES <= u32::BITS);

impl TrusteeSet {
    /// These trustees; no trustee has an index that does not fit.
    pub fn of(trustees: &[TrusteeIndex]) -> Self {
        Self(
            trustees
                .iter()
                .fold(0, |bits, trustee| bits | bit(*trustee)),
        )
    }

    /// Whether nobody is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether the trustee is in it.
    pub fn contains(self, trustee: TrusteeIndex) -> bool {
        self.0 & bit(trustee) != 0
    }

    /// The others.
    #[must_use]
    pub fn without(self, trustee: TrusteeIndex) -> Self {
        Self(self.0 & !bit(trustee))
    }
}

fn bit(trustee: TrusteeIndex) -> u32 {
    let position = u32::from(trustee.get()).checked_sub(1);
    position
        .and_then(|position| 1u32.checked_shl(position))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trustee_has_its_own_bit() {
        let all: Vec<_> = (1..=MAX_TRUSTEES as u8).map(TrusteeIndex).collect();
        let mut set = TrusteeSet::of(&all);
        for trustee in all {
            assert!(set.contains(trustee));
            set = set.without(trustee);
            assert!(!set.contains(trustee));
        }
        assert!(set.is_empty());
    }

    #[test]
    fn an_index_that_no_trustee_has_is_never_in_it() {
        for none in [0, 33, 255].map(TrusteeIndex) {
            assert!(TrusteeSet::of(&[none]).is_empty());
            assert!(!TrusteeSet(u32::MAX).contains(none));
        }
    }
}
