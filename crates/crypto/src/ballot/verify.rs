//! Verification of ballots, singly and in batches.
//!
//! A ballot is decoded once, with every error named, into the terms of its equations. The equations
//! of one ballot or of many are then one multiscalar multiplication:
//!
//! ```text
//! A + c·R − z·G = 0
//! B + c·(C − k·G) − z·Y = 0
//! ```
//!
//! for every branch `k` of every proof, each times a weight that its maker could not foresee.

use alloc::vec::Vec;

use curve25519_dalek::{ristretto::RistrettoPoint, scalar::Scalar};

use super::{
    BallotStatement, ContestRule, EncryptedContest, EncryptedContests, EncryptedSelection,
    SelectionProof, SumBranch,
};
use crate::{
    elgamal::{Ciphertext, ElectionKey},
    group::{decode_nonidentity, decode_scalar, EncodedPoint, EncodedScalar, GroupError},
    multiscalar::Combination,
    transcript::{self, Weights},
};

/// A field of a selection or of a branch of a sum proof.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BallotField {
    /// `R` of the ciphertext.
    R,
    /// `C` of the ciphertext.
    C,
    /// A commitment of the proof.
    Commitment,
    /// A challenge of the proof.
    Challenge,
    /// A response of the proof.
    Response,
}

/// Why a ballot is refused. Contests are named by their number in the manifest, options from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum BallotError {
    /// The district has another number of contests.
    #[error("{found} contests instead of {expected}")]
    ContestCount {
        /// How many the district has.
        expected: u32,
        /// How many the ballot has.
        found: u32,
    },
    /// The contest has another number of options.
    #[error("contest {contest}: {found} options instead of {expected}")]
    OptionCount {
        /// The contest.
        contest: u32,
        /// How many options it has.
        expected: u32,
        /// How many the ballot has.
        found: u32,
    },
    /// The sum proof does not have one branch for each allowed sum.
    #[error("contest {contest}: {found} branches of the sum proof instead of {expected}")]
    SumBranchCount {
        /// The contest.
        contest: u32,
        /// How many sums its proof is about.
        expected: u32,
        /// How many branches the proof has.
        found: u32,
    },
    /// A field of a selection does not decode.
    #[error("contest {contest}, option {option}, {field:?}: {error}")]
    Selection {
        /// The contest.
        contest: u32,
        /// The option.
        option: u32,
        /// The field.
        field: BallotField,
        /// What is wrong with it.
        error: GroupError,
    },
    /// A field of a sum proof does not decode.
    #[error("contest {contest}, branch {branch} of the sum proof, {field:?}: {error}")]
    Sum {
        /// The contest.
        contest: u32,
        /// The branch, from 0.
        branch: u32,
        /// The field.
        field: BallotField,
        /// What is wrong with it.
        error: GroupError,
    },
    /// The challenges of a sum proof do not add up to the transcript's: it was made for something else.
    #[error("contest {contest}: the challenges of the sum proof do not add up")]
    SumChallenge {
        /// The contest.
        contest: u32,
    },
    /// An equation of a proof does not hold, or the proof was made for another statement.
    #[error("a proof of the ballot is invalid")]
    InvalidProof,
}

/// Verifies one ballot (PSE-SEL-5).
pub fn verify(
    statement: &BallotStatement<'_>,
    contests: &EncryptedContests,
) -> Result<(), BallotError> {
    let ballot = DecodedBallot::decode(statement, contests)?;
    if hold_together(statement.key, core::iter::once(&ballot)) {
        Ok(())
    } else {
        Err(BallotError::InvalidProof)
    }
}

/// Verifies many ballots under one key together (PSE-SEL-6).
pub struct BatchVerifier<'a> {
    key: &'a ElectionKey,
    ballots: Vec<Result<DecodedBallot, BallotError>>,
}

impl<'a> BatchVerifier<'a> {
    /// An empty batch.
    pub fn new(key: &'a ElectionKey) -> Self {
        Self {
            key,
            ballots: Vec::new(),
        }
    }

    /// Adds a ballot. A ballot of another key than the batch's will be refused.
    pub fn add(&mut self, statement: &BallotStatement<'_>, contests: &EncryptedContests) {
        self.ballots
            .push(DecodedBallot::decode(statement, contests));
    }

    /// Verifies all ballots; names those that are refused by their position in the batch, from 0.
    ///
    /// A ballot of the batch's key is in this list if and only if [`verify`](verify()) refuses it.
    pub fn verify(self) -> Result<(), Vec<(usize, BallotError)>> {
        let decoded = || {
            self.ballots
                .iter()
                .filter_map(|ballot| ballot.as_ref().ok())
        };
        let all_proofs_hold = hold_together(self.key, decoded());
        let refused: Vec<_> = self
            .ballots
            .iter()
            .enumerate()
            .filter_map(|(position, ballot)| match ballot {
                Err(error) => Some((position, *error)),
                Ok(_) if all_proofs_hold => None,
                Ok(ballot) if hold_together(self.key, core::iter::once(ballot)) => None,
                Ok(_) => Some((position, BallotError::InvalidProof)),
            })
            .collect();
        if refused.is_empty() {
            Ok(())
        } else {
            Err(refused)
        }
    }
}

/// Whether every equation of these ballots holds.
fn hold_together<'b>(
    key: &ElectionKey,
    ballots: impl Iterator<Item = &'b DecodedBallot> + Clone,
) -> bool {
    let mut weights = Weights::new(ballots.clone().map(|ballot| &ballot.fingerprint));
    let contests = ballots.flat_map(|ballot| &ballot.contests);
    let points = contests.clone().map(DecodedContest::points).sum();
    let mut combination = Combination::new(*key.point(), points);
    for contest in contests {
        contest.add_to(&mut combination, &mut weights);
    }
    combination.vanishes()
}

/// A ballot of which everything but the equations has been checked.
struct DecodedBallot {
    contests: Vec<DecodedContest>,
    fingerprint: [u8; 32],
}

struct DecodedContest {
    selections: Vec<DecodedSelection>,
    sum: Vec<Branch>,
}

struct DecodedSelection {
    r: RistrettoPoint,
    c: RistrettoPoint,
    branches: [Branch; 2],
}

/// The claim that a ciphertext holds `value`, and what supports it.
struct Branch {
    value: u8,
    a: RistrettoPoint,
    b: RistrettoPoint,
    challenge: Scalar,
    response: Scalar,
}

impl DecodedBallot {
    fn decode(
        statement: &BallotStatement<'_>,
        contests: &EncryptedContests,
    ) -> Result<Self, BallotError> {
        check_structure(statement.contests, contests)?;
        let transcript = transcript::ballot(statement, ciphertexts(contests));
        let decoded = statement
            .contests
            .iter()
            .zip(contests)
            .map(|(rule, contest)| DecodedContest::decode(rule, contest, &transcript))
            .collect::<Result<Vec<_>, _>>()?;
        for ((decoded, rule), contest) in decoded.iter().zip(statement.contests).zip(contests) {
            decoded.check_sum_challenges(rule, contest, &transcript)?;
        }
        let fingerprint = transcript::ballot_fingerprint(&transcript, contests);
        Ok(Self {
            contests: decoded,
            fingerprint,
        })
    }
}

/// All ciphertexts of a ballot, in the order of the manifest: the order of the running sums.
pub fn ciphertexts(contests: &EncryptedContests) -> impl Iterator<Item = &Ciphertext> {
    contests
        .iter()
        .flat_map(|contest| contest.selections.iter())
        .map(|selection| &selection.ciphertext)
}

/// The numbers of contests, options and branches, before any curve operation.
fn check_structure(rules: &[ContestRule], contests: &EncryptedContests) -> Result<(), BallotError> {
    if rules.len() != contests.len() {
        return Err(BallotError::ContestCount {
            expected: rules.len() as u32,
            found: contests.len() as u32,
        });
    }
    for (rule, contest) in rules.iter().zip(contests) {
        let found = contest.selections.len();
        if !rule.has_options(found) {
            return Err(BallotError::OptionCount {
                contest: rule.id,
                expected: u32::from(rule.options),
                found: found as u32,
            });
        }
        let expected = rule.sum_branches().len() as u32;
        let found = contest.sum_proof.len() as u32;
        if expected != found {
            return Err(BallotError::SumBranchCount {
                contest: rule.id,
                expected,
                found,
            });
        }
    }
    Ok(())
}

impl DecodedContest {
    fn decode(
        rule: &ContestRule,
        contest: &EncryptedContest,
        ballot: &merlin::Transcript,
    ) -> Result<Self, BallotError> {
        let selections = (0u32..)
            .zip(&contest.selections)
            .map(|(option, selection)| DecodedSelection::decode(rule.id, option, selection, ballot))
            .collect::<Result<_, _>>()?;
        let sum = (0u32..)
            .zip(rule.sum_branches().into_iter().zip(&contest.sum_proof))
            .map(|(index, (value, branch))| decode_sum_branch(rule.id, index, value, branch))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { selections, sum })
    }

    /// The challenges of the branches must add up to the transcript's.
    fn check_sum_challenges(
        &self,
        rule: &ContestRule,
        contest: &EncryptedContest,
        ballot: &merlin::Transcript,
    ) -> Result<(), BallotError> {
        if self.sum.is_empty() {
            return Ok(());
        }
        let commitments = contest.sum_proof.iter().map(|branch| &branch.commitment);
        let challenge = transcript::sum_challenge(ballot, rule.id, commitments);
        if self
            .sum
            .iter()
            .map(|branch| branch.challenge)
            .sum::<Scalar>()
            != challenge
        {
            return Err(BallotError::SumChallenge { contest: rule.id });
        }
        Ok(())
    }

    /// How many points its equations have: R, C and four commitments for each option, and two
    /// commitments for each sum.
    fn points(&self) -> usize {
        6 * self.selections.len() + 2 * self.sum.len()
    }

    /// Adds the equations of all proofs of the contest.
    fn add_to(&self, combination: &mut Combination, weights: &mut Weights) {
        let mut on_sum = Coefficients::default();
        for branch in &self.sum {
            on_sum += branch.add_to(combination, weights);
        }
        for selection in &self.selections {
            // The sum proof is about ΣR and ΣC, hence about every R and every C.
            let mut on_ciphertext = on_sum;
            for branch in &selection.branches {
                on_ciphertext += branch.add_to(combination, weights);
            }
            combination.add(on_ciphertext.r, selection.r);
            combination.add(on_ciphertext.c, selection.c);
        }
    }
}

/// What a branch adds to the coefficients of the ciphertext that it is about.
#[derive(Clone, Copy, Default)]
struct Coefficients {
    r: Scalar,
    c: Scalar,
}

impl core::ops::AddAssign for Coefficients {
    fn add_assign(&mut self, other: Self) {
        self.r += other.r;
        self.c += other.c;
    }
}

impl Branch {
    /// Adds this branch's two equations, but for the terms in R and C, which it returns.
    fn add_to(&self, combination: &mut Combination, weights: &mut Weights) -> Coefficients {
        let (on_g, on_y) = (weights.draw(), weights.draw());
        let coefficients = Coefficients {
            r: on_g * self.challenge,
            c: on_y * self.challenge,
        };
        combination.add(on_g, self.a);
        combination.add(on_y, self.b);
        combination
            .add_generator(-(on_g * self.response + coefficients.c * Scalar::from(self.value)));
        combination.add_key(-(on_y * self.response));
        coefficients
    }
}

impl DecodedSelection {
    fn decode(
        contest: u32,
        option: u32,
        selection: &EncryptedSelection,
        ballot: &merlin::Transcript,
    ) -> Result<Self, BallotError> {
        let named = |field| {
            move |error| BallotError::Selection {
                contest,
                option,
                field,
                error,
            }
        };
        let point =
            |encoded: &EncodedPoint, field| decode_nonidentity(encoded).map_err(named(field));
        let scalar = |encoded: &EncodedScalar, field| decode_scalar(encoded).map_err(named(field));

        let EncryptedSelection { ciphertext, proof } = selection;
        let SelectionProof {
            commitments,
            challenge,
            responses,
        } = proof;
        let r = point(&ciphertext.r, BallotField::R)?;
        let c = point(&ciphertext.c, BallotField::C)?;
        let total = transcript::selection_challenge(ballot, contest, option, commitments);
        let first = scalar(challenge, BallotField::Challenge)?;
        let branch = |index: usize, challenge| {
            Ok(Branch {
                value: index as u8,
                a: point(&commitments[index][0], BallotField::Commitment)?,
                b: point(&commitments[index][1], BallotField::Commitment)?,
                challenge,
                response: scalar(&responses[index], BallotField::Response)?,
            })
        };
        Ok(Self {
            r,
            c,
            branches: [branch(0, first)?, branch(1, total - first)?],
        })
    }
}

fn decode_sum_branch(
    contest: u32,
    index: u32,
    value: u8,
    branch: &SumBranch,
) -> Result<Branch, BallotError> {
    let named = |field| {
        move |error| BallotError::Sum {
            contest,
            branch: index,
            field,
            error,
        }
    };
    let [a, b] = &branch.commitment;
    Ok(Branch {
        value,
        a: decode_nonidentity(a).map_err(named(BallotField::Commitment))?,
        b: decode_nonidentity(b).map_err(named(BallotField::Commitment))?,
        challenge: decode_scalar(&branch.challenge).map_err(named(BallotField::Challenge))?,
        response: decode_scalar(&branch.response).map_err(named(BallotField::Response))?,
    })
}
