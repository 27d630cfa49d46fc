//! Why the pool refuses a transaction: one code for each reason (PSE-EXT-3).

use codec::{Decode, Encode};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_runtime::transaction_validity::{InvalidTransaction, TransactionValidityError};

macro_rules! refusals {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $text:literal;)*) => {
        /// Why a transaction never enters a block. Travels as `InvalidTransaction::Custom(code)`.
        #[derive(
            Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Encode, Decode, TypeInfo,
            Serialize, Deserialize,
        )]
        #[serde(rename_all = "snake_case")]
        pub enum Refusal {
            $(
                #[doc = $text]
                $(#[$doc])*
                #[codec(index = $code)]
                $name = $code,
            )*
        }

        impl Refusal {
            /// Every reason.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The reason in words.
            pub const fn description(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

refusals! {
    NotAdmitted = 1, "only ballots and officials' messages enter this chain";
    NotYourCall = 2, "this account does not hold the office that this call needs";
    UnknownElection = 3, "there is no election with this number";
    NotVoting = 4, "ballots are accepted between the opening and the closing block only";
    UnknownDistrict = 5, "this election has no district with this number";
    TooLong = 6, "the ballot is longer than one for this district can be";
    AlreadyVoted = 7, "this account has already cast its ballot";
    OldBallot = 8, "an older ballot of this account cannot be replayed over a newer one";
    NonceAhead = 9, "the nonce must be the number of ballots that this account has cast";
    OtherDistrict = 10, "this account has cast a ballot in another district";
    NoIssueLeft = 11, "as many accounts have voted in this district as credentials were issued";
    CredentialQuorum = 12, "the credential does not carry exactly a quorum of registrars' signatures";
    CredentialOrder = 13, "the credential's signatures are not in ascending order of registrars";
    UnknownRegistrar = 14, "the credential names a registrar that the election does not have";
    CredentialInvalid = 15, "a registrar's signature in the credential is not valid for this account, district and election";
    BallotShape = 16, "the ballot does not have the district's contests and options";
    BallotEncoding = 17, "the ballot holds something that is no canonical group element or scalar, or the identity";
    BallotProof = 18, "the ballot's proofs do not verify for this account, district and election";
    NotTallying = 19, "shares are accepted between the closing block and the result only";
    ShareAlreadyAccepted = 20, "valid shares of this trustee for this district are in already";
    TooManyInvalidShares = 21, "this trustee has sent too many invalid shares for this district";
    DuplicateTracker = 22, "a ballot with this tracker was accepted before";
    NotReady = 23, "the election has no key";
    ElectionOver = 24, "the election's result is published, or it was cancelled";
    TooManyBallots = 25, "this account has cast as many ballots as one account may";
    MortalBallot = 26, "a ballot's extrinsic must be immortal, since a relay may hold it for long";
    Frozen = 27, "organisations, keys and the runtime's code do not change while an election is open";
    CodeNotAuthorized = 28, "the consortium has not authorised this code";
    UpgradeEnvelope = 29, "an upgrade is immortal and has the nonce 0, since any account may send it";
    NotNow = 30, "this message of an official cannot be carried out as the chain stands";
}

impl Refusal {
    /// The number that travels.
    pub const fn code(self) -> u8 {
        self as u8
    }

    /// The reason with this number.
    pub fn from_code(code: u8) -> Option<Self> {
        Self::ALL
            .iter()
            .copied()
            .find(|refusal| refusal.code() == code)
    }
}

impl core::fmt::Display for Refusal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.description())
    }
}

impl From<Refusal> for InvalidTransaction {
    fn from(refusal: Refusal) -> Self {
        Self::Custom(refusal.code())
    }
}

impl From<Refusal> for TransactionValidityError {
    fn from(refusal: Refusal) -> Self {
        InvalidTransaction::from(refusal).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique_and_lead_back() {
        for refusal in Refusal::ALL {
            assert_eq!(Refusal::from_code(refusal.code()), Some(*refusal));
        }
        assert_eq!(Refusal::from_code(0), None);
    }
}
