//! The one size that all envelopes of an election have.

use psephos_primitives::Manifest;

use crate::layer::{HEADER_BYTES, LENGTH_BYTES};

/// What surrounds credential and ballot in a signed extrinsic, at its longest (PSE-EXT-5): length
/// prefix 4, version 1, address 33, signature 66, era 2, nonce 5, call index 2, election 4,
/// district 4 bytes.
const FRAME_BYTES: usize = 4 + 1 + 33 + 66 + 2 + 5 + 2 + 4 + 4;
/// A registrar's index, the random prefix of what it signed, and the length of the signature.
const SIGNATURE_HEAD_BYTES: usize = 1 + 32 + 2;
/// A ciphertext and its selection proof.
const SELECTION_BYTES: usize = 64 + 224;
/// A branch of a sum proof.
const BRANCH_BYTES: usize = 128;
/// The length of a list, at its longest for lists within the limits.
const LIST_BYTES: usize = 2;

/// The size of every envelope of one election (PSE-RLY-2).
///
/// One class for a whole election and not for each district: a size must not tell where a voter
/// votes. Few classes and not the exact length: nothing is gained by more, and a service can be set
/// up for them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum EnvelopeSize {
    /// 4 KiB: up to six options under two registrars' signatures.
    Small,
    /// 16 KiB: some dozen options.
    Medium,
    /// 64 KiB: a long ballot paper.
    Large,
    /// 512 KiB: every limit at its largest.
    Huge,
}

impl EnvelopeSize {
    /// All, smallest first.
    pub const ALL: [Self; 4] = [Self::Small, Self::Medium, Self::Large, Self::Huge];

    /// Bytes of an envelope.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Small => 4 << 10,
            Self::Medium => 16 << 10,
            Self::Large => 64 << 10,
            Self::Huge => 512 << 10,
        }
    }

    /// Bytes of the longest extrinsic that fits.
    pub const fn capacity(self) -> usize {
        self.bytes() - HEADER_BYTES - LENGTH_BYTES
    }

    /// The smallest that an extrinsic of so many bytes fits into.
    pub fn holding(extrinsic: usize) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|size| extrinsic <= size.capacity())
    }

    /// That of an envelope with so many bytes.
    pub fn of_length(envelope: usize) -> Option<Self> {
        Self::ALL.into_iter().find(|size| envelope == size.bytes())
    }

    /// That of an election: the smallest for the longest ballot of any of its districts.
    pub fn of_election(manifest: &Manifest) -> Self {
        Self::holding(longest_cast(manifest)).unwrap_or(Self::Huge)
    }
}

/// Bytes that an extrinsic which casts a ballot in this election has at most.
fn longest_cast(manifest: &Manifest) -> usize {
    let keys = manifest.registrars.iter().flat_map(|one| one.keys.iter());
    let modulus = keys.map(|key| key.modulus.len()).max().unwrap_or_default();
    let signatures = usize::from(manifest.quorum) * (SIGNATURE_HEAD_BYTES + modulus);
    let ballot = |contests: &[psephos_primitives::manifest::Contest]| -> usize {
        contests
            .iter()
            .map(|contest| {
                let branches = contest.rule().sum_branches().len();
                2 * LIST_BYTES + contest.options.len() * SELECTION_BYTES + branches * BRANCH_BYTES
            })
            .sum()
    };
    let districts = manifest.districts.iter();
    let longest = districts.map(|district| ballot(&district.contests)).max();
    FRAME_BYTES + 2 * LIST_BYTES + signatures + longest.unwrap_or_default()
}
