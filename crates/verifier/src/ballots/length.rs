//! How long an extrinsic that casts a ballot can be (PSE-EXT-5).

use codec::{Compact, CompactLen};
use psephos_crypto::ballot::ContestRule;
use psephos_primitives::Manifest;

/// What surrounds credential and ballot, at its longest: length 4, version 1, signer 33, signature
/// 66, era 2, nonce 5, call 2, election 4, district 4 bytes.
const AROUND: usize = 4 + 1 + 33 + 66 + 2 + 5 + 2 + 4 + 4;
/// A ciphertext, and the proof that it holds 0 or 1.
const SELECTION: usize = 64 + 224;
/// A branch of the proof of a contest's sum.
const BRANCH: usize = 128;
/// A registrar's index, and the random prefix of what it has signed.
const BESIDE_SIGNATURE: usize = 1 + 32;

/// Bytes that an extrinsic which casts a ballot in the district has at most. `position` is the
/// district's place in the manifest, where the registrars' keys are in the same order.
pub(super) fn longest_cast(manifest: &Manifest, position: usize, rules: &[ContestRule]) -> usize {
    let keys = manifest
        .registrars
        .iter()
        .filter_map(|registrar| registrar.keys.get(position));
    let modulus = keys.map(|key| key.modulus.len()).max().unwrap_or_default();
    let signature = BESIDE_SIGNATURE + list(modulus, 1);
    let contest = |rule: &ContestRule| {
        list(usize::from(rule.options), SELECTION) + list(rule.sum_branches().len(), BRANCH)
    };
    let contests: usize = rules.iter().map(contest).sum();
    AROUND + list(usize::from(manifest.quorum), signature) + list(rules.len(), 0) + contests
}

/// Bytes of a list: its length, and so many items of so many bytes.
fn list(items: usize, bytes: usize) -> usize {
    Compact::<u32>::compact_len(&(items as u32)) + items * bytes
}
