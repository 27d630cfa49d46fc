//! An open challenge: an encrypted election with a throw-away key, for whoever wants to break it
//! (PSE-OPN-1 … PSE-OPN-4).
//!
//! * this module: the folder that is published, and how it is made;
//! * [`check`](mod@check): what anybody can check of it, before and after the key is published.

use std::path::Path;

use codec::Encode;
use curve25519_dalek::{RistrettoPoint, Scalar};
use psephos_client::Signer;
use psephos_crypto::{
    ballot::{prove, BallotStatement, ContestRule},
    elgamal::ElectionKey,
    group::EncodedPoint,
};
use psephos_primitives::{
    AccountId, Ballot, BlockRange, DistrictId, ElectionId, Hash, Manifest, RevotePolicy,
};
use rand_core::{OsRng, RngCore};
use serde::{Deserialize, Serialize};
use sp_core::Bytes;
use sp_runtime::BoundedVec;
use zeroize::Zeroizing;

use crate::{
    definition::Definition,
    failure::{InputError, Result},
    files::replace_public,
    output::Output,
    votes::{ballot_papers, BallotPaper},
};

pub mod check;

/// What a challenge of this version calls itself (PSE-OPN-1).
pub const FORMAT: &str = "psephos/challenge/1";
/// What a published key calls itself (PSE-OPN-3).
pub const KEY_FORMAT: &str = "psephos/challenge-key/1";
/// The election's number in proofs: a challenge is on no chain.
pub const ELECTION: ElectionId = ElectionId(1);
/// Ballots of a challenge at most: a hundred thousand are half a gigabyte already.
pub const MAX_BALLOTS: u32 = 100_000;

/// The file that says what the challenge is.
pub const DESCRIPTION: &str = "challenge.json";
/// The file with the ballots, one a line.
pub const BALLOTS: &str = "ballots.jsonl";
/// The file with the key, once it is published.
pub const KEY: &str = "key.json";

/// `challenge.json` (PSE-OPN-1).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    /// [`FORMAT`]
    pub format: String,
    /// A random number in the place of block 0's hash.
    pub genesis: Hash,
    /// The election's number.
    pub election: ElectionId,
    /// SCALE of the manifest; it has no officials.
    pub manifest: Bytes,
    /// The election key: commits to the secret, since only one secret fits.
    pub election_key: Bytes,
    /// How many ballots there are.
    pub ballots: u32,
    /// `blake2_256` of `ballots.jsonl`.
    pub ballots_hash: Hash,
}

/// One line of `ballots.jsonl` (PSE-OPN-2).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedBallot {
    /// Counted from 0.
    pub index: u32,
    /// Its district.
    pub district: DistrictId,
    /// The account that its proofs are bound to.
    pub account: Hash,
    /// SCALE of the ballot.
    pub ballot: Bytes,
}

/// `key.json` (PSE-OPN-3).
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PublishedKey {
    /// [`KEY_FORMAT`]
    pub format: String,
    /// The secret `x` with `Y = x·G`, little-endian.
    pub secret: Bytes,
}

/// The key that opens every ballot of a challenge, until it is published.
pub struct ThrowAwayKey(Zeroizing<Scalar>);

impl ThrowAwayKey {
    /// Of 64 random bytes of the operating system.
    fn generate() -> Self {
        let mut bytes = Zeroizing::new([0; 64]);
        OsRng.fill_bytes(&mut *bytes);
        Self(Zeroizing::new(Scalar::from_bytes_mod_order_wide(&bytes)))
    }

    /// From its canonical encoding.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes = <[u8; 32]>::try_from(bytes).ok()?;
        let scalar = Option::from(Scalar::from_canonical_bytes(bytes))?;
        Some(Self(Zeroizing::new(scalar)))
    }

    /// Its encoding: whoever has it can open every ballot.
    pub fn expose(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The election key.
    pub fn election_key(&self) -> EncodedPoint {
        EncodedPoint::from(&RistrettoPoint::mul_base(&self.0))
    }

    fn secret(&self) -> &Scalar {
        &self.0
    }
}

impl core::fmt::Debug for ThrowAwayKey {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("ThrowAwayKey(<redacted>)")
    }
}

/// A manifest without officials: nobody registers, issues or decrypts here.
fn manifest(definition: &Definition) -> Manifest {
    let never = BlockRange { start: 0, end: 0 };
    Manifest {
        title: definition.title.clone(),
        districts: BoundedVec::truncate_from(definition.districts.clone()),
        trustees: BoundedVec::default(),
        threshold: 1,
        registrars: BoundedVec::default(),
        quorum: 0,
        registration: never,
        voting: never,
        ceremony_stage: 0,
        revote: RevotePolicy::Forbidden,
        minimum_ballots: 0,
        relay_delay: 0,
        code_hash: Hash::zero(),
    }
}

/// Makes a challenge of random ballots and writes what is published into this folder (PSE-OPN-2).
/// The key is handed back, and is written nowhere.
pub fn create(
    definition: &Definition,
    ballots: u32,
    folder: &Path,
    output: Output,
) -> Result<(Description, ThrowAwayKey)> {
    if !(1..=MAX_BALLOTS).contains(&ballots) {
        let message = format!("must be from 1 to {MAX_BALLOTS}");
        return Err(InputError::new("--ballots", message).into());
    }
    if folder.join(DESCRIPTION).exists() {
        let message = "holds a challenge already; it is never overwritten";
        return Err(InputError::new(folder.display().to_string(), message).into());
    }
    std::fs::create_dir_all(folder)
        .map_err(|error| InputError::new(folder.display().to_string(), error.to_string()))?;
    let (secret, manifest) = (ThrowAwayKey::generate(), manifest(definition));
    let mut genesis = Hash::zero();
    OsRng.fill_bytes(genesis.as_bytes_mut());
    let key = ElectionKey::decode(&secret.election_key()).map_err(anyhow::Error::from)?;
    let maker = Maker {
        context: manifest.context(genesis, ELECTION),
        papers: ballot_papers(&manifest.districts),
        key,
    };
    let bar = output.progress(ballots.into(), "ballots");
    let mut text = String::new();
    for index in 0..ballots {
        let line = serde_json::to_string(&maker.ballot(index)?).map_err(anyhow::Error::from)?;
        text.push_str(&line);
        text.push('\n');
        bar.inc(1);
    }
    bar.finish_and_clear();
    let description = Description {
        format: FORMAT.into(),
        genesis,
        election: ELECTION,
        manifest: Bytes(manifest.encode()),
        election_key: Bytes(secret.election_key().0.to_vec()),
        ballots,
        ballots_hash: psephos_primitives::hashing::blake2_256(text.as_bytes()).into(),
    };
    replace_public(&folder.join(BALLOTS), text.as_bytes())?;
    let json = serde_json::to_string_pretty(&description).map_err(anyhow::Error::from)?;
    replace_public(&folder.join(DESCRIPTION), format!("{json}\n").as_bytes())?;
    Ok((description, secret))
}

/// Publishes the key.
pub fn reveal(folder: &Path, key: &ThrowAwayKey) -> Result<()> {
    let published = PublishedKey {
        format: KEY_FORMAT.into(),
        secret: Bytes(key.expose().to_vec()),
    };
    let json = serde_json::to_string_pretty(&published).map_err(anyhow::Error::from)?;
    Ok(replace_public(
        &folder.join(KEY),
        format!("{json}\n").as_bytes(),
    )?)
}

/// Makes random ballots.
struct Maker {
    context: psephos_crypto::transcript::Context,
    papers: Vec<BallotPaper>,
    key: ElectionKey,
}

impl Maker {
    fn ballot(&self, index: u32) -> Result<PublishedBallot> {
        let paper = &self.papers[below(self.papers.len())];
        // Nobody signs with the account's key: it is forgotten here.
        let (signer, _) = Signer::generate().map_err(anyhow::Error::from)?;
        let account: &AccountId = signer.account();
        let statement = BallotStatement {
            context: &self.context,
            key: &self.key,
            district: paper.district.get(),
            account: account.as_ref(),
            contests: &paper.contests,
        };
        let selections: Zeroizing<Vec<Vec<bool>>> =
            Zeroizing::new(paper.contests.iter().map(random_selections).collect());
        // The randomness is dropped, and wiped, here.
        let (contests, _) =
            prove(&statement, &selections, &mut OsRng).map_err(anyhow::Error::from)?;
        Ok(PublishedBallot {
            index,
            district: paper.district,
            account: Hash::from(*AsRef::<[u8; 32]>::as_ref(account)),
            ballot: Bytes(Ballot { contests }.encode()),
        })
    }
}

/// An equally probable number below `limit`: multiples that do not fit are drawn again.
fn below(limit: usize) -> usize {
    let limit = limit.max(1) as u64;
    let fair = u64::MAX - u64::MAX % limit;
    loop {
        let drawn = OsRng.next_u64();
        if drawn < fair {
            return (drawn % limit) as usize;
        }
    }
}

/// As many selections as the rule allows, each number of them equally probable.
fn random_selections(rule: &ContestRule) -> Vec<bool> {
    let options = usize::from(rule.options);
    let (min, max) = (usize::from(rule.min), usize::from(rule.max));
    let mut left = min + below(max - min + 1);
    (0..options)
        .map(|option| {
            // Each of the options that remain is as probable as any other.
            let chosen = below(options - option) < left;
            left -= usize::from(chosen);
            chosen
        })
        .collect()
}

#[cfg(test)]
mod tests;
