//! A ballot that was opened for a second device (PSE-SEL-8, PSE-CHK-1).

use codec::{Decode, DecodeAll, Encode};
use psephos_crypto::{
    ballot::{commitment, recompute, SelectionError},
    group::{EncodedPoint, EncodedScalar},
};
use psephos_primitives::{DistrictId, ElectionId};
use serde::Serialize;

use crate::{
    election::{Election, ElectionError},
    text,
};

/// What an opened ballot begins with: its version. Upper-case, so that a QR code packs it tightly.
const OPENED: &str = "PSEPHOS-CHECK:1:";
/// Bytes of an opened ballot as text: twice those of the largest manifest that fits into a block,
/// and of a ballot of 16 contests with 64 options.
pub const MAX_OPENED_BYTES: usize = 4 * 1024 * 1024;

/// Why an opened ballot cannot be checked.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CheckError {
    /// It is none.
    #[error("this is no opened ballot: it must begin with {OPENED} and be copied whole")]
    Text,
    /// The election within does not make sense.
    #[error(transparent)]
    Election(#[from] ElectionError),
    /// The selections or the randomness do not fit the ballot paper.
    #[error("the opened ballot: {0}")]
    Ballot(SelectionError),
}

/// All that it takes to compute a ballot's ciphertexts again.
#[derive(PartialEq, Eq, Encode, Decode)]
pub struct OpenedBallot {
    /// The hash of block 0.
    pub genesis_hash: [u8; 32],
    /// The election's number.
    pub election: ElectionId,
    /// SCALE of the manifest.
    pub manifest: Vec<u8>,
    /// What the ballot was encrypted to.
    pub key: EncodedPoint,
    /// The voter's district.
    pub district: DistrictId,
    /// By contest, whether each option was selected.
    pub selections: Vec<Vec<bool>>,
    /// By contest, the randomness of each ciphertext.
    pub randomness: Vec<Vec<EncodedScalar>>,
}

/// What an opened ballot holds. The voter compares: the commitment with what the first device
/// showed, the selections with what they chose, manifest and key with what is published.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CheckedBallot {
    /// `0x` and 32 bytes, as all hashes here (PSE-SEL-9).
    pub commitment: String,
    /// The hash of block 0.
    pub genesis: String,
    /// The election's number.
    pub election: u32,
    /// `blake2_256(SCALE(manifest))`
    pub manifest_hash: String,
    /// What the ballot was encrypted to.
    pub election_key: String,
    /// The election's title.
    pub title: String,
    /// The district's name.
    pub district: String,
    /// In the order of the manifest.
    pub contests: Vec<CheckedContest>,
}

/// One contest of a checked ballot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CheckedContest {
    /// What was asked.
    pub title: String,
    /// In the order of the ballot paper.
    pub options: Vec<CheckedOption>,
}

/// One option of a checked ballot.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct CheckedOption {
    /// What it says.
    pub text: String,
    /// Whether the ballot selects it.
    pub selected: bool,
}

impl OpenedBallot {
    /// For a code, a file or the clipboard.
    pub fn to_text(&self) -> String {
        format!("{OPENED}{}", hex::encode_upper(self.encode()))
    }

    /// Reads what [`OpenedBallot::to_text`] has written.
    pub fn from_text(text: &str) -> Result<Self, CheckError> {
        let digits = text.trim().strip_prefix(OPENED).ok_or(CheckError::Text)?;
        if digits.len() > MAX_OPENED_BYTES {
            return Err(CheckError::Text);
        }
        let bytes = hex::decode(digits).map_err(|_| CheckError::Text)?;
        Self::decode_all(&mut &bytes[..]).map_err(|_| CheckError::Text)
    }

    /// Computes the ciphertexts again, and says what they hold (PSE-CHK-2).
    pub fn check(&self) -> Result<CheckedBallot, CheckError> {
        let genesis_hash = self.genesis_hash.into();
        let election = Election::open(
            &self.manifest,
            self.election,
            genesis_hash,
            Some(self.key.0),
        )?;
        let (key, rules) = (election.key()?, election.rules(self.district)?);
        let recomputed = recompute(key, &rules, &self.selections, &self.randomness)
            .map_err(CheckError::Ballot)?;
        let commitment = commitment(
            &election.context,
            key,
            self.district.get(),
            recomputed.iter().flatten(),
        );
        let district = election.district(self.district)?;
        let contests = district.contests.iter().zip(&self.selections);
        Ok(CheckedBallot {
            commitment: text::hex(commitment),
            genesis: text::hex(self.genesis_hash),
            election: self.election.get(),
            manifest_hash: text::hex(election.context.manifest_hash),
            election_key: text::hex(self.key.0),
            title: election.manifest.title.as_str().into(),
            district: district.name.as_str().into(),
            contests: contests
                .map(|(contest, selections)| CheckedContest {
                    title: contest.title.as_str().into(),
                    options: contest
                        .options
                        .iter()
                        .zip(selections)
                        .map(|(option, selected)| CheckedOption {
                            text: option.as_str().into(),
                            selected: *selected,
                        })
                        .collect(),
                })
                .collect(),
        })
    }
}
