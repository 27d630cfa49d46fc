//! What anybody can check of a challenge (PSE-OPN-4).

use std::{
    collections::{BTreeMap, BTreeSet},
    io::BufRead,
    path::Path,
};

use codec::DecodeAll;
use curve25519_dalek::{traits::Identity, RistrettoPoint, Scalar};
use psephos_crypto::{
    ballot::{BallotStatement, BatchVerifier},
    elgamal::{Ciphertext, ElectionKey},
    group::{decode_point, EncodedPoint},
};
use psephos_primitives::{hashing::blake2_256, Ballot, DistrictId, Hash, Manifest};
use serde::{de::DeserializeOwned, Deserialize, Serialize};

use super::{
    Description, PublishedBallot, PublishedKey, ThrowAwayKey, BALLOTS, DESCRIPTION, FORMAT, KEY,
    KEY_FORMAT, MAX_BALLOTS,
};
use crate::{
    failure::{read_input, read_input_text, Failure, InputError, Result},
    votes::{ballot_papers, BallotPaper},
};

/// Ballots that are verified together.
const BATCH: usize = 256;

/// A challenge as it stands in its folder, with proofs verified.
#[derive(Debug)]
pub struct Challenge {
    /// What it is.
    pub description: Description,
    /// `blake2_256` of the file that says so.
    hash: Hash,
    /// What may be selected.
    pub manifest: Manifest,
    papers: Vec<BallotPaper>,
    ballots: Vec<(DistrictId, Ballot)>,
    key: Option<ThrowAwayKey>,
}

/// What was found.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Checked {
    /// `blake2_256` of `challenge.json`, which names everything else: to be compared with what the
    /// organisers have published.
    pub hash: Hash,
    /// Ballots, each with proofs that are right.
    pub ballots: u32,
    /// Whether the key is published, and is the election key's.
    pub key_published: bool,
    /// With the key: how often each option was selected, by district and contest.
    pub counts: Option<BTreeMap<u32, Vec<Vec<u32>>>>,
    /// Of a claim: what it names, and with the key how many of its ballots are read rightly.
    pub claim: Option<Verdict>,
}

/// What a claim is worth.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Verdict {
    /// Ballots that it names.
    pub claimed: u32,
    /// Of those, the ones whose every selection is right; none before the key is published.
    pub right: Option<u32>,
    /// `blake2_256` of the claim's file: published before the key, it shows that the claim came first.
    pub hash: Hash,
}

/// One line of a claim: how somebody believes a ballot was filled in.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimedBallot {
    /// Which.
    pub index: u32,
    /// For each contest, which options are selected.
    pub selections: Vec<Vec<bool>>,
}

impl Challenge {
    /// Reads a folder and verifies all that can be verified without the key.
    pub fn open(folder: &Path) -> Result<Self> {
        let path = folder.join(DESCRIPTION);
        let origin = path.display().to_string();
        let text = read_input_text(&path)?;
        let description: Description = serde_json::from_str(&text)
            .map_err(|error| InputError::new(&origin, error.to_string()))?;
        if description.format != FORMAT {
            let message = format!("is of the format {:?}, not {FORMAT:?}", description.format);
            return Err(InputError::at(&origin, "$.format", message).into());
        }
        let about = |place: &str, message: String| InputError::at(&origin, place, message);
        // Nothing would be checked, and the answer would be that all is right.
        if !(1..=MAX_BALLOTS).contains(&description.ballots) {
            let message = format!("must be from 1 to {MAX_BALLOTS}");
            return Err(about("$.ballots", message).into());
        }
        let manifest = Manifest::decode_all(&mut &description.manifest.0[..])
            .map_err(|error| about("$.manifest", error.to_string()))?;
        let key = <[u8; 32]>::try_from(&description.election_key.0[..])
            .ok()
            .and_then(|bytes| ElectionKey::decode(&EncodedPoint(bytes)).ok())
            .ok_or_else(|| about("$.election_key", "is no election key".into()))?;
        let mut challenge = Self {
            papers: ballot_papers(&manifest.districts),
            manifest,
            ballots: Vec::new(),
            key: None,
            hash: blake2_256(text.as_bytes()).into(),
            description,
        };
        challenge.read_ballots(&folder.join(BALLOTS), &key)?;
        challenge.read_key(&folder.join(KEY), &key)?;
        Ok(challenge)
    }

    fn read_ballots(&mut self, path: &Path, key: &ElectionKey) -> Result<()> {
        let origin = path.display().to_string();
        let bytes = read_input(path)?;
        if Hash::from(blake2_256(&bytes)) != self.description.ballots_hash {
            return Err(Failure::verdict(format!(
                "{origin}: is not the file that {DESCRIPTION} names"
            )));
        }
        let mut published: Vec<PublishedBallot> = Vec::new();
        let mut accounts = BTreeSet::new();
        for (line, number) in bytes.lines().zip(1u32..) {
            let place = || format!("line {number}");
            let line = line.map_err(|error| InputError::at(&origin, place(), error.to_string()))?;
            let ballot: PublishedBallot = serde_json::from_str(&line)
                .map_err(|error| InputError::at(&origin, place(), error.to_string()))?;
            if ballot.index != number - 1 || !accounts.insert(ballot.account) {
                let message = "is out of order, or repeats an account";
                return Err(InputError::at(&origin, place(), message).into());
            }
            published.push(ballot);
        }
        if published.len() as u32 != self.description.ballots {
            let message = format!("has {} ballots", published.len());
            return Err(InputError::new(&origin, message).into());
        }
        for (batch, first) in published.chunks(BATCH).zip((0usize..).step_by(BATCH)) {
            self.verify(batch, key).map_err(|(position, reason)| {
                let number = first + position + 1;
                Failure::verdict(format!("{origin}: line {number}: {reason}"))
            })?;
        }
        Ok(())
    }

    /// Verifies the proofs of these ballots, and keeps them; or says which is wrong.
    fn verify(
        &mut self,
        batch: &[PublishedBallot],
        key: &ElectionKey,
    ) -> Result<(), (usize, String)> {
        let context = self
            .manifest
            .context(self.description.genesis, self.description.election);
        let mut verifier = BatchVerifier::new(key);
        for (position, published) in batch.iter().enumerate() {
            let wrong = |reason: String| (position, reason);
            let ballot = Ballot::decode_all(&mut &published.ballot.0[..])
                .map_err(|error| wrong(error.to_string()))?;
            let paper = self
                .papers
                .iter()
                .find(|paper| paper.district == published.district)
                .ok_or_else(|| wrong(format!("there is no district {}", published.district)))?;
            let statement = BallotStatement {
                context: &context,
                key,
                district: published.district.get(),
                account: published.account.as_fixed_bytes(),
                contests: &paper.contests,
            };
            verifier.add(&statement, &ballot.contests);
            self.ballots.push((published.district, ballot));
        }
        verifier.verify().map_err(|refused| {
            let first = refused.into_iter().next();
            first.map_or((0, "is refused".into()), |(position, error)| {
                (position, error.to_string())
            })
        })
    }

    fn read_key(&mut self, path: &Path, key: &ElectionKey) -> Result<()> {
        if !path.exists() {
            return Ok(());
        }
        let origin = path.display().to_string();
        let published: PublishedKey = read_json(path)?;
        let secret = ThrowAwayKey::from_bytes(&published.secret.0)
            .filter(|_| published.format == KEY_FORMAT)
            .ok_or_else(|| InputError::new(&origin, "is no key of a challenge"))?;
        if secret.election_key() != *key.encoded() {
            let message = format!("{origin}: is not the key that the ballots are encrypted to");
            return Err(Failure::verdict(message));
        }
        self.key = Some(secret);
        Ok(())
    }

    /// What was found; with the key, how every ballot was filled in.
    pub fn check(&self, claim: Option<&Path>) -> Result<Checked> {
        let opened = self
            .key
            .as_ref()
            .map(|key| self.open_all(key))
            .transpose()?;
        let claim = claim.map(|path| self.judge(path, opened.as_deref()));
        Ok(Checked {
            hash: self.hash,
            ballots: self.description.ballots,
            key_published: self.key.is_some(),
            counts: opened.as_deref().map(|opened| self.counts(opened)),
            claim: claim.transpose()?,
        })
    }

    #[cfg(test)]
    pub(super) fn first_district(&self) -> DistrictId {
        self.ballots[0].0
    }

    fn open_all(&self, key: &ThrowAwayKey) -> Result<Vec<Vec<Vec<bool>>>> {
        let mut opened = Vec::with_capacity(self.ballots.len());
        for ((_, ballot), index) in self.ballots.iter().zip(0u32..) {
            let selections = open(ballot, key.secret()).ok_or_else(|| {
                Failure::verdict(format!("ballot {index} does not decrypt to selections"))
            })?;
            opened.push(selections);
        }
        Ok(opened)
    }

    fn counts(&self, opened: &[Vec<Vec<bool>>]) -> BTreeMap<u32, Vec<Vec<u32>>> {
        let mut counts = BTreeMap::new();
        for paper in &self.papers {
            let contests = paper.contests.iter();
            let none: Vec<_> = contests
                .map(|rule| vec![0u32; rule.options.into()])
                .collect();
            counts.insert(paper.district.get(), none);
        }
        for ((district, _), selections) in self.ballots.iter().zip(opened) {
            let sums = counts.entry(district.get()).or_default();
            for (sums, contest) in sums.iter_mut().zip(selections) {
                for (sum, chosen) in sums.iter_mut().zip(contest) {
                    *sum += u32::from(*chosen);
                }
            }
        }
        counts
    }

    /// Reads a claim; before the key is published, only whether it can be one.
    fn judge(&self, path: &Path, opened: Option<&[Vec<Vec<bool>>]>) -> Result<Verdict> {
        let origin = path.display().to_string();
        let bytes = read_input(path)?;
        let mut seen = BTreeSet::new();
        let mut right = 0;
        for (line, number) in bytes.lines().zip(1u32..) {
            let about =
                |message: String| InputError::at(&origin, format!("line {number}"), message);
            let line = line.map_err(|error| about(error.to_string()))?;
            let claim: ClaimedBallot =
                serde_json::from_str(&line).map_err(|error| about(error.to_string()))?;
            let index = claim.index;
            let (_, ballot) = usize::try_from(index)
                .ok()
                .and_then(|place| self.ballots.get(place))
                .ok_or_else(|| about(format!("there is no ballot {index}")))?;
            let has: Vec<_> = ballot
                .contests
                .iter()
                .map(|one| one.selections.len())
                .collect();
            let named: Vec<_> = claim.selections.iter().map(Vec::len).collect();
            if has != named {
                let message =
                    format!("ballot {index} has contests of {has:?} options, not of {named:?}");
                return Err(about(message).into());
            }
            if !seen.insert(index) {
                return Err(about(format!("names ballot {index} again")).into());
            }
            let truth = opened.and_then(|opened| opened.get(index as usize));
            right += u32::from(truth == Some(&claim.selections));
        }
        Ok(Verdict {
            claimed: seen.len() as u32,
            right: opened.map(|_| right),
            hash: blake2_256(&bytes).into(),
        })
    }
}

/// How a ballot was filled in (PSE-DEC-1); nothing if a ciphertext holds neither 0 nor 1.
fn open(ballot: &Ballot, secret: &Scalar) -> Option<Vec<Vec<bool>>> {
    let contests = ballot.contests.iter();
    contests
        .map(|contest| {
            let selections = contest.selections.iter();
            selections
                .map(|selection| decrypt(&selection.ciphertext, secret))
                .collect()
        })
        .collect()
}

fn decrypt(ciphertext: &Ciphertext, secret: &Scalar) -> Option<bool> {
    let (r, c) = (
        decode_point(&ciphertext.r).ok()?,
        decode_point(&ciphertext.c).ok()?,
    );
    let value = c - r * secret;
    if value == RistrettoPoint::identity() {
        Some(false)
    } else {
        (value == RistrettoPoint::mul_base(&Scalar::ONE)).then_some(true)
    }
}

fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, InputError> {
    let text = read_input_text(path)?;
    serde_json::from_str(&text)
        .map_err(|error| InputError::new(path.display().to_string(), error.to_string()))
}
