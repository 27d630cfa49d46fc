//! Encryption of a ballot and its proofs.
//!
//! Nothing here branches on a vote or looks up memory by one.
//!
//! A branch that is simulated needs a commitment that fits a challenge and a response chosen first:
//! `A = z·G − c·R` and `B = z·Y − c·(C − k·G)`. Since the prover knows `r` and the value `v`, with
//! `s = z − c·r` that is `A = s·G` and `B = s·Y + c·(k − v)·G`: fixed bases only. For the true
//! branch, `k = v`, the same formula gives the honest commitment to `s`, whatever `c` is; so all
//! branches are made alike, and the true one's challenge is set at the end.

use bounded_collections::BoundedVec;
use curve25519_dalek::scalar::Scalar;
use rand_core::{CryptoRng, RngCore};
use subtle::{Choice, ConditionallySelectable, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::{
    BallotStatement, ContestRule, EncryptedContest, EncryptedContests, EncryptedSelection,
    SelectionProof, SumBranch, MAX_CONTESTS,
};
use crate::{
    elgamal::{Ciphertext, ElectionKey, HalfPoint, HalfPoints},
    group::{EncodedPoint, EncodedScalar},
    transcript,
};

/// Why selections cannot be made into a ballot. Contests are named by their number in the manifest.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum SelectionError {
    /// The district has another number of contests, or more than a ballot can have.
    #[error("selections for {found} contests instead of {expected}")]
    ContestCount {
        /// How many the district has.
        expected: u32,
        /// For how many there are selections.
        found: u32,
    },
    /// The contest has another number of options, or more than a ballot can have.
    #[error("contest {contest}: {found} options instead of {expected}")]
    OptionCount {
        /// The contest.
        contest: u32,
        /// How many options it has.
        expected: u32,
        /// How many are selected or not.
        found: u32,
    },
    /// So many selections are not allowed.
    #[error("contest {contest}: {found} selections are not allowed")]
    Sum {
        /// The contest.
        contest: u32,
        /// How many options are selected.
        found: u32,
    },
    /// A challenged ballot's ciphertext is not what its randomness and selection give.
    #[error("contest {contest}, option {option}: another ciphertext than the selection's")]
    Ciphertext {
        /// The contest.
        contest: u32,
        /// The option, from 0.
        option: u32,
    },
}

/// The randomness of a ballot's ciphertexts: whoever has it can read the ballot.
///
/// It is forgotten unless the voter challenges the ballot, which then can no longer be cast.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct BallotRandomness(Vec<Vec<Scalar>>);

impl BallotRandomness {
    /// Reveals the randomness of a challenged ballot: by contest, then by option (PSE-SEL-8).
    pub fn reveal(self) -> Vec<Vec<EncodedScalar>> {
        self.0
            .iter()
            .map(|contest| contest.iter().map(EncodedScalar::from).collect())
            .collect()
    }
}

redacted!(BallotRandomness);

/// Encrypts a ballot and proves that it is valid (PSE-SEL-2 … PSE-SEL-4).
///
/// `selections` has, for every contest in the order of the manifest, whether each option is selected.
pub fn prove(
    statement: &BallotStatement<'_>,
    selections: &[Vec<bool>],
    rng: &mut (impl RngCore + CryptoRng),
) -> Result<(EncryptedContests, BallotRandomness), SelectionError> {
    check_selections(statement.contests, selections)?;
    let mut points = HalfPoints::default();
    let randomness: Vec<Vec<Scalar>> = selections
        .iter()
        .map(|contest| encrypt_contest(statement.key, contest, &mut points, rng))
        .collect();
    let randomness = BallotRandomness(randomness);
    let proofs: Vec<ContestProver> = statement
        .contests
        .iter()
        .zip(selections)
        .map(|(rule, contest)| {
            ContestProver::commit(statement.key, rule, contest, &mut points, rng)
        })
        .collect();

    let mut encoded = points.compress();
    let ciphertexts: Vec<Ciphertext> = selections
        .iter()
        .flatten()
        .filter_map(|_| {
            Some(Ciphertext {
                r: encoded.next()?,
                c: encoded.next()?,
            })
        })
        .collect();
    let transcript = transcript::ballot(statement, ciphertexts.iter());
    let mut ciphertexts = ciphertexts.into_iter();
    let contests = proofs
        .iter()
        .zip(statement.contests)
        .zip(&randomness.0)
        .map(|((prover, rule), randomness)| {
            prover.respond(
                rule.id,
                &transcript,
                randomness,
                &mut ciphertexts,
                &mut encoded,
            )
        })
        .collect();
    Ok((BoundedVec::truncate_from(contests), randomness))
}

pub(super) fn check_selections(
    rules: &[ContestRule],
    selections: &[Vec<bool>],
) -> Result<(), SelectionError> {
    if rules.len() != selections.len() || rules.len() > MAX_CONTESTS as usize {
        return Err(SelectionError::ContestCount {
            expected: rules.len() as u32,
            found: selections.len() as u32,
        });
    }
    for (rule, selections) in rules.iter().zip(selections) {
        check_option_count(rule, selections.len())?;
        let sum: u8 = selections.iter().map(|selected| u8::from(*selected)).sum();
        if !rule.allows(sum) {
            return Err(SelectionError::Sum {
                contest: rule.id,
                found: u32::from(sum),
            });
        }
    }
    Ok(())
}

pub(super) fn check_option_count(rule: &ContestRule, found: usize) -> Result<(), SelectionError> {
    if !rule.has_options(found) {
        return Err(SelectionError::OptionCount {
            contest: rule.id,
            expected: u32::from(rule.options),
            found: found as u32,
        });
    }
    Ok(())
}

/// Adds the points of a contest's ciphertexts and returns their randomness.
fn encrypt_contest(
    key: &ElectionKey,
    selections: &[bool],
    points: &mut HalfPoints,
    rng: &mut (impl RngCore + CryptoRng),
) -> Vec<Scalar> {
    selections
        .iter()
        .map(|selected| {
            let r = Scalar::random(rng);
            points.push_base(&r);
            let vote = Choice::from(u8::from(*selected));
            points.push_key(key, &r, HalfPoint::generator().only_if(vote));
            r
        })
        .collect()
}

/// The proofs of one contest, after their commitments.
struct ContestProver {
    selections: Vec<OneOfProver>,
    sum: OneOfProver,
}

impl ContestProver {
    fn commit(
        key: &ElectionKey,
        rule: &ContestRule,
        selections: &[bool],
        points: &mut HalfPoints,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Self {
        let values = || selections.iter().map(|selected| u8::from(*selected));
        let proofs = values()
            .map(|value| OneOfProver::commit(key, &[0, 1], value, points, rng))
            .collect();
        let sum = OneOfProver::commit(key, &rule.sum_branches(), values().sum(), points, rng);
        Self {
            selections: proofs,
            sum,
        }
    }

    fn respond(
        &self,
        contest: u32,
        ballot: &merlin::Transcript,
        randomness: &[Scalar],
        ciphertexts: &mut impl Iterator<Item = Ciphertext>,
        encoded: &mut impl Iterator<Item = EncodedPoint>,
    ) -> EncryptedContest {
        let provers = self.selections.iter().zip(randomness).zip(ciphertexts);
        let selections = (0u32..)
            .zip(provers)
            .map(|(option, ((prover, r), ciphertext))| {
                let proof = prover.selection_proof(contest, option, ballot, r, encoded);
                EncryptedSelection { ciphertext, proof }
            })
            .collect();
        let commitments = self.sum.commitments(encoded);
        let challenge = transcript::sum_challenge(ballot, contest, commitments.iter());
        let total_randomness = Zeroizing::new(randomness.iter().sum::<Scalar>());
        let sum_proof = self
            .sum
            .respond(challenge, &total_randomness)
            .into_iter()
            .zip(commitments)
            .map(|((challenge, response), commitment)| SumBranch {
                commitment,
                challenge: (&challenge).into(),
                response: (&response).into(),
            })
            .collect();
        EncryptedContest {
            selections: BoundedVec::truncate_from(selections),
            sum_proof: BoundedVec::truncate_from(sum_proof),
        }
    }
}

/// A proof that a ciphertext holds one of several values, after its commitments.
struct OneOfProver(Vec<BranchSecret>);

#[derive(Zeroize, ZeroizeOnDrop)]
struct BranchSecret {
    /// 1 for the branch that is true, 0 for the others.
    is_true: u8,
    nonce: Scalar,
    challenge: Scalar,
}

impl OneOfProver {
    /// Adds the commitments' points.
    fn commit(
        key: &ElectionKey,
        values: &[u8],
        value: u8,
        points: &mut HalfPoints,
        rng: &mut (impl RngCore + CryptoRng),
    ) -> Self {
        let branches: Vec<BranchSecret> = values
            .iter()
            .map(|claimed| BranchSecret {
                is_true: claimed.ct_eq(&value).unwrap_u8(),
                nonce: Scalar::random(rng),
                challenge: Scalar::random(rng),
            })
            .collect();
        for (branch, offset) in branches.iter().zip(offsets(&branches, values, value)) {
            points.push_base(&branch.nonce);
            points.push_key(key, &branch.nonce, offset);
        }
        Self(branches)
    }

    fn commitments(
        &self,
        encoded: &mut impl Iterator<Item = EncodedPoint>,
    ) -> Vec<[EncodedPoint; 2]> {
        self.0
            .iter()
            .filter_map(|_| Some([encoded.next()?, encoded.next()?]))
            .collect()
    }

    /// Each branch's challenge and response; the challenges add up to the transcript's.
    fn respond(&self, total: Scalar, randomness: &Scalar) -> Vec<(Scalar, Scalar)> {
        let simulated: Scalar = self
            .0
            .iter()
            .map(|branch| {
                let is_true = Choice::from(branch.is_true);
                Scalar::conditional_select(&branch.challenge, &Scalar::ZERO, is_true)
            })
            .sum();
        self.0
            .iter()
            .map(|branch| {
                let is_true = Choice::from(branch.is_true);
                let challenge =
                    Scalar::conditional_select(&branch.challenge, &(total - simulated), is_true);
                (challenge, branch.nonce + challenge * randomness)
            })
            .collect()
    }

    fn selection_proof(
        &self,
        contest: u32,
        option: u32,
        ballot: &merlin::Transcript,
        randomness: &Scalar,
        encoded: &mut impl Iterator<Item = EncodedPoint>,
    ) -> SelectionProof {
        let commitments = self.commitments(encoded);
        let commitments = [commitments[0], commitments[1]];
        let total = transcript::selection_challenge(ballot, contest, option, &commitments);
        let branches = self.respond(total, randomness);
        let [(challenge, first), (_, second)] = [branches[0], branches[1]];
        SelectionProof {
            commitments,
            challenge: (&challenge).into(),
            responses: [(&first).into(), (&second).into()],
        }
    }
}

/// `c·(k − v)·G` for each branch `k`, halved; that of the true branch is the identity.
fn offsets(branches: &[BranchSecret], values: &[u8], value: u8) -> Vec<HalfPoint> {
    let scalars = branches
        .iter()
        .zip(values)
        .map(|(branch, claimed)| branch.challenge * (Scalar::from(*claimed) - Scalar::from(value)));
    match branches {
        [_] => vec![HalfPoint::identity()],
        // One multiplication for both, since one of the scalars is 0.
        [first, second] => {
            let offset = HalfPoint::times_generator(&scalars.sum());
            let is_true = [first, second].map(|branch| Choice::from(branch.is_true));
            is_true.map(|is_true| offset.only_if(!is_true)).to_vec()
        }
        _ => scalars
            .map(|scalar| HalfPoint::times_generator(&scalar))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ballot_has_so_many_contests_and_no_more() {
        let rule = |id| ContestRule {
            id,
            options: 1,
            min: 0,
            max: 1,
            blank: false,
        };
        let check = |contests: u32| {
            let rules: Vec<_> = (0..contests).map(rule).collect();
            check_selections(&rules, &vec![vec![false]; rules.len()])
        };
        assert_eq!(check(MAX_CONTESTS), Ok(()));
        let too_many = SelectionError::ContestCount {
            expected: MAX_CONTESTS + 1,
            found: MAX_CONTESTS + 1,
        };
        assert_eq!(check(MAX_CONTESTS + 1), Err(too_many));
    }
}
