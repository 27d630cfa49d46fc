//! Whether an organisation holds its session keys.

use psephos_primitives::{
    validators::{ownership_statement, OwnershipProof, SessionKeys},
    AccountId,
};
use sp_core::{ed25519, sr25519, Pair};

/// As the chain checks it (PSE-VAL-4).
pub fn holds(organisation: &AccountId, keys: &SessionKeys, proof: &OwnershipProof) -> bool {
    let statement = ownership_statement(organisation);
    sr25519::Pair::verify(&proof.aura, &statement, &keys.aura)
        && ed25519::Pair::verify(&proof.grandpa, &statement, &keys.grandpa)
}
