//! Benaloh's challenge: a voter's device commits to the ciphertexts, then opens them on demand.

use blake2::{digest::consts::U32, Blake2b, Digest};

use super::{
    prove::{check_option_count, check_selections},
    ContestRule, EncryptedContests, SelectionError,
};
use crate::{
    elgamal::{encrypt, Ciphertext, ElectionKey},
    group::{decode_scalar, EncodedScalar},
    transcript::{message, Context},
};

/// What a voter is shown of an encrypted ballot before they choose to check or to cast it
/// (PSE-SEL-9).
pub fn commitment<'a>(
    context: &Context,
    key: &ElectionKey,
    district: u32,
    ciphertexts: impl Iterator<Item = &'a Ciphertext>,
) -> [u8; 32] {
    let ciphertexts: Vec<Ciphertext> = ciphertexts.copied().collect();
    let message = context.message(message::COMMITMENT, (key.encoded(), district, ciphertexts));
    Blake2b::<U32>::digest(message).into()
}

/// The ciphertexts that these selections give under revealed randomness: by contest, then by option
/// (PSE-SEL-8).
pub fn recompute(
    key: &ElectionKey,
    rules: &[ContestRule],
    selections: &[Vec<bool>],
    randomness: &[Vec<EncodedScalar>],
) -> Result<Vec<Vec<Ciphertext>>, SelectionError> {
    check_selections(rules, selections)?;
    check_contest_count(rules, randomness.len())?;
    let contests = rules.iter().zip(selections).zip(randomness);
    contests
        .map(|((rule, selections), scalars)| {
            check_option_count(rule, scalars.len())?;
            (0u32..)
                .zip(selections.iter().zip(scalars))
                .map(|(option, (selected, scalar))| {
                    let contest = rule.id;
                    let scalar = decode_scalar(scalar)
                        .map_err(|_| SelectionError::Ciphertext { contest, option })?;
                    Ok(encrypt(key, u32::from(*selected), &scalar))
                })
                .collect()
        })
        .collect()
}

/// Checks a challenged ballot: every ciphertext is its selection's under the revealed randomness
/// (PSE-SEL-8).
pub fn check_challenge(
    key: &ElectionKey,
    rules: &[ContestRule],
    contests: &EncryptedContests,
    selections: &[Vec<bool>],
    randomness: &[Vec<EncodedScalar>],
) -> Result<(), SelectionError> {
    let expected = recompute(key, rules, selections, randomness)?;
    check_contest_count(rules, contests.len())?;
    for ((rule, expected), contest) in rules.iter().zip(expected).zip(contests) {
        check_option_count(rule, contest.selections.len())?;
        let pairs = expected.iter().zip(&contest.selections);
        for (option, (expected, encrypted)) in (0u32..).zip(pairs) {
            if *expected != encrypted.ciphertext {
                return Err(SelectionError::Ciphertext {
                    contest: rule.id,
                    option,
                });
            }
        }
    }
    Ok(())
}

fn check_contest_count(rules: &[ContestRule], found: usize) -> Result<(), SelectionError> {
    if rules.len() == found {
        return Ok(());
    }
    Err(SelectionError::ContestCount {
        expected: rules.len() as u32,
        found: found as u32,
    })
}
