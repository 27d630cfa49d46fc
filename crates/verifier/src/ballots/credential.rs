//! Registrars' signatures for a one-time account.

use psephos_crypto::{
    blind_signature::{self, credential_message},
    transcript::Context,
};
use psephos_primitives::{AccountId, Credential, DistrictId, Manifest, Refusal};

use super::Objection;
use crate::{
    chain::Verified,
    finding::{Cause, Check, Party},
};

/// Whose credential it is.
#[derive(Clone, Copy)]
pub(crate) struct Holder<'a> {
    pub district: DistrictId,
    pub account: &'a AccountId,
}

/// Exactly a quorum of registrars, ascending, each with its key for this district (PSE-AUD-14).
pub(crate) fn check_credential(
    manifest: &Manifest,
    context: &Context,
    holder: Holder<'_>,
    credential: &Credential,
    verified: Verified,
) -> Result<(), Objection> {
    let refused = |refusal| Err(Objection::refused(Check::Credentials, refusal));
    if credential.len() != usize::from(manifest.quorum) {
        return refused(Refusal::CredentialQuorum);
    }
    let Holder { district, account } = holder;
    // Where the registrars' keys are in the same order.
    let Some(position) = manifest.districts.iter().position(|own| own.id == district) else {
        return refused(Refusal::UnknownDistrict);
    };
    let mut last = None;
    let message = credential_message(context, district.get(), account.as_ref());
    for signature in credential {
        if last.is_some_and(|last| signature.registrar <= last) {
            return refused(Refusal::CredentialOrder);
        }
        last = Some(signature.registrar);
        let registrar = manifest
            .registrars
            .get(usize::from(signature.registrar.get()));
        let Some(key) = registrar.and_then(|registrar| registrar.keys.get(position)) else {
            return refused(Refusal::UnknownRegistrar);
        };
        if verified == Verified::Before {
            continue;
        }
        blind_signature::verify(key, &message, &signature.signature).map_err(|error| {
            Objection {
                check: Check::Credentials,
                party: Some(Party::Registrar(signature.registrar)),
                cause: Cause::Credential(error),
            }
        })?;
    }
    Ok(())
}
