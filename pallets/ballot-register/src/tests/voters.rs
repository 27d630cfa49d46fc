//! What voters do: a one-time account, a credential, a ballot.

use crate::{mock::*, Event, RawOrigin};
use codec::Encode;
use frame_support::{assert_ok, dispatch::GetDispatchInfo};
use psephos_crypto::{
    ballot::{prove, BallotStatement, ContestRule},
    blind_signature::{credential_message, issuing::blind},
};
use psephos_primitives::{
    AccountId, Ballot, Credential, DistrictId, ElectionId, Refusal, RegistrarIndex,
    RegistrarSignature,
};
use sp_runtime::transaction_validity::{
    InvalidTransaction, TransactionValidityError, ValidTransaction,
};

use super::officials::{registrar_key, Election};

/// Bytes of an extrinsic beyond credential and ballot.
const ENVELOPE: usize = 120;

/// The one-time account of a voter.
pub fn voter(number: u8) -> AccountId {
    AccountId::new([number; 32])
}

/// A vote as it is sent.
#[derive(Clone)]
pub struct Vote {
    pub account: AccountId,
    pub nonce: u32,
    pub election: ElectionId,
    pub district: DistrictId,
    pub credential: Credential,
    pub ballot: Ballot,
}

impl Election {
    /// What a credential of these registrars is for this account.
    pub fn credential_of(
        &self,
        registrars: &[u8],
        district: u32,
        account: &AccountId,
    ) -> Credential {
        let message = credential_message(&self.context, district, account.as_ref());
        let position = district as usize - 1;
        let signatures = registrars.iter().map(|registrar| {
            let key = registrar_key(*registrar, position);
            let (secret, blinded) =
                blind(&key.public_key(), &message, &mut *self.rng.borrow_mut()).expect("a key");
            let signed = key.blind_sign(&blinded).expect("a blinded message");
            let signature = secret.finalize(&key.public_key(), &message, &signed);
            RegistrarSignature {
                registrar: RegistrarIndex(*registrar),
                signature: signature.expect("an honest registrar"),
            }
        });
        signatures
            .collect::<Vec<_>>()
            .try_into()
            .expect("few registrars")
    }

    pub fn rules(&self, district: u32) -> Vec<ContestRule> {
        let district = self
            .manifest
            .district(DistrictId(district))
            .expect("a district");
        district
            .contests
            .iter()
            .map(|contest| contest.rule())
            .collect()
    }

    /// A ballot with these options selected, numbered from 0, for each contest.
    pub fn ballot(&self, district: u32, account: &AccountId, selected: &[&[usize]]) -> Ballot {
        let rules = self.rules(district);
        let statement = BallotStatement {
            context: &self.context,
            key: &self.key,
            district,
            account: account.as_ref(),
            contests: &rules,
        };
        let selections: Vec<Vec<bool>> = rules
            .iter()
            .zip(selected)
            .map(|(rule, selected)| {
                (0..usize::from(rule.options))
                    .map(|option| selected.contains(&option))
                    .collect()
            })
            .collect();
        let (contests, _) = prove(&statement, &selections, &mut *self.rng.borrow_mut())
            .expect("allowed selections");
        Ballot { contests }
    }

    /// A voter's first vote.
    pub fn vote(&self, district: u32, number: u8, selected: &[&[usize]]) -> Vote {
        self.vote_again(district, number, 0, selected)
    }

    /// A vote with this nonce.
    pub fn vote_again(&self, district: u32, number: u8, nonce: u32, selected: &[&[usize]]) -> Vote {
        let account = voter(number);
        Vote {
            nonce,
            election: self.id,
            district: DistrictId(district),
            credential: self.credential_of(&[0, 1], district, &account),
            ballot: self.ballot(district, &account, selected),
            account,
        }
    }
}

impl Vote {
    pub fn length(&self) -> usize {
        ENVELOPE + self.credential.encoded_size() + self.ballot.encoded_size()
    }

    pub fn validity(&self) -> Result<ValidTransaction, TransactionValidityError> {
        BallotRegister::admit(
            &self.account,
            self.nonce,
            self.election,
            self.district,
            &self.credential,
            &self.ballot,
            self.length(),
        )
    }

    /// Why the pool refuses it, if it does.
    pub fn refusal(&self) -> Option<Refusal> {
        self.validity().err().map(as_refusal)
    }

    /// Goes through the pool and into a block, as the transaction extension lets it.
    pub fn cast(&self) -> Result<(), Refusal> {
        self.validity().map_err(as_refusal)?;
        let Vote {
            account,
            election,
            district,
            credential,
            ballot,
            ..
        } = self.clone();
        let call = crate::Call::<Test>::cast {
            election,
            district,
            credential,
            ballot,
        };
        assert_ne!(call.get_dispatch_info().call_weight.ref_time(), 0);
        let crate::Call::cast {
            election,
            district,
            credential,
            ballot,
        } = call
        else {
            unreachable!("it is a cast");
        };
        let origin = RawOrigin::Voter(account.clone()).into();
        assert_ok!(BallotRegister::cast(
            origin, election, district, credential, ballot
        ));
        let index = BallotRegister::ballot_count(election) - 1;
        let tracker = self.ballot.tracker();
        System::assert_last_event(
            Event::BallotCast {
                election,
                district,
                index,
                tracker,
                account,
            }
            .into(),
        );
        Ok(())
    }
}

/// The reason in a code that the pool gives.
pub fn as_refusal(error: TransactionValidityError) -> Refusal {
    match error {
        TransactionValidityError::Invalid(InvalidTransaction::Custom(code)) => {
            Refusal::from_code(code).expect("a code of ours")
        }
        other => panic!("{other:?}"),
    }
}
