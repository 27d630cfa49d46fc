//! What makes a credential valid, as far as the manifest tells it (PSE-EXT-4, PSE-CRD-4). The pool
//! admits ballots by this rule, and whoever keeps ballots for the pool takes them by it.
//!
//! There are two steps, for callers who have cheaper checks of their own to put between them:
//! [`WellFormedCredential::new`] reads names, [`WellFormedCredential::verify`] does the arithmetic.

use alloc::vec::Vec;

use psephos_crypto::{
    blind_signature::{self, credential_message, RandomizedSignature, RsaPublicKey},
    transcript::Context,
};

use crate::{
    ballot::Credential,
    identifiers::{AccountId, DistrictId},
    refusal::Refusal,
};

/// A credential of exactly a quorum of signatures, by ascending registrar, each with the key that it
/// must be valid under.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct WellFormedCredential<'a>(Vec<(&'a RsaPublicKey, &'a RandomizedSignature)>);

impl<'a> WellFormedCredential<'a> {
    /// Finds each signature's key. `keys` are the registrars' for one district, in the manifest's order.
    ///
    /// Exactly a quorum: more would cost the chain more than they tell it, and would give one account
    /// many encodings of one credential.
    ///
    /// # Errors
    ///
    /// [`Refusal::CredentialQuorum`], [`Refusal::CredentialOrder`] and [`Refusal::UnknownRegistrar`], of
    /// which the first that applies is told.
    pub fn new(
        credential: &'a Credential,
        quorum: u8,
        keys: &'a [RsaPublicKey],
    ) -> Result<Self, Refusal> {
        if credential.len() != usize::from(quorum) {
            return Err(Refusal::CredentialQuorum);
        }
        if !credential.is_sorted_by(|first, second| first.registrar < second.registrar) {
            return Err(Refusal::CredentialOrder);
        }
        credential
            .iter()
            .map(|signed| {
                let key = keys.get(usize::from(signed.registrar.get()))?;
                Some((key, &signed.signature))
            })
            .collect::<Option<_>>()
            .map(Self)
            .ok_or(Refusal::UnknownRegistrar)
    }

    /// Verifies every signature, for this one-time account in this district.
    ///
    /// # Errors
    ///
    /// [`Refusal::CredentialInvalid`], whichever signature it is that fails.
    pub fn verify(
        &self,
        context: &Context,
        district: DistrictId,
        account: &AccountId,
    ) -> Result<(), Refusal> {
        let message = credential_message(context, district.get(), account.as_ref());
        self.0.iter().try_for_each(|(key, signature)| {
            blind_signature::verify(key, &message, signature)
                .map_err(|_| Refusal::CredentialInvalid)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{ballot::RegistrarSignature, identifiers::RegistrarIndex};

    /// Under keys that nothing is valid under.
    fn check(registrars: &[u8]) -> Result<(), Refusal> {
        let sign = |registrar: &u8| RegistrarSignature {
            registrar: RegistrarIndex(*registrar),
            signature: RandomizedSignature {
                prefix: [0; 32],
                signature: Default::default(),
            },
        };
        let signatures: Vec<_> = registrars.iter().map(sign).collect();
        let credential: Credential = signatures.try_into().expect("are few");
        let key = RsaPublicKey {
            modulus: Default::default(),
        };
        let context = Context {
            genesis_hash: [1; 32],
            election: 3,
            manifest_hash: [2; 32],
        };
        let keys = [key.clone(), key.clone(), key];
        let credential = WellFormedCredential::new(&credential, 2, &keys)?;
        credential.verify(&context, DistrictId(7), &AccountId::new([5; 32]))
    }

    #[test]
    fn a_credential_names_exactly_a_quorum_of_registrars_in_order() {
        for (registrars, refusal) in [
            (&[0u8][..], Refusal::CredentialQuorum),
            (&[0, 1, 2][..], Refusal::CredentialQuorum),
            (&[1, 0][..], Refusal::CredentialOrder),
            (&[1, 1][..], Refusal::CredentialOrder),
            (&[9, 1][..], Refusal::CredentialOrder),
            (&[1, 3][..], Refusal::UnknownRegistrar),
            // All named well: what is left is arithmetic.
            (&[0, 2][..], Refusal::CredentialInvalid),
        ] {
            assert_eq!(check(registrars), Err(refusal), "{registrars:?}");
        }
    }
}
