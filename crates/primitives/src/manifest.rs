//! The manifest: everything that is fixed before the first vote (PSE-ELE-1).

use alloc::collections::BTreeSet;
use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use psephos_crypto::{
    ballot::ContestRule, blind_signature::RsaPublicKey, key_ceremony::MIN_THRESHOLD,
    transcript::Context,
};
use scale_info::TypeInfo;
use serde::{Deserialize, Serialize};
use sp_crypto_hashing::blake2_256;
use sp_runtime::{traits::ConstU32, BoundedVec};

use crate::{
    identifiers::{
        AccountId, BlockNumber, ContestId, DistrictId, ElectionId, Hash, RegistrarIndex,
        TrusteeIndex,
    },
    limits::{MAX_CONTESTS, MAX_DISTRICTS, MAX_OPTIONS, MAX_REGISTRARS, MAX_TRUSTEES},
    text::Text,
};

/// Blocks from `start` on and before `end`.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
#[serde(deny_unknown_fields)]
pub struct BlockRange {
    /// The first block within.
    pub start: BlockNumber,
    /// The first block after.
    pub end: BlockNumber,
}

impl BlockRange {
    /// Whether `block` lies within.
    pub const fn contains(&self, block: BlockNumber) -> bool {
        self.start <= block && block < self.end
    }
}

/// Whether a voter may cast again.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    Default,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum RevotePolicy {
    /// One ballot, once.
    #[default]
    Forbidden,
    /// Of several ballots of one account the last is counted.
    LastCounts,
}

/// What is decided in one contest.
#[derive(
    Clone,
    PartialEq,
    Eq,
    Debug,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
)]
pub struct Contest {
    /// Unique within its district.
    pub id: ContestId,
    /// What is asked.
    pub title: Text,
    /// What may be selected, in the order of the ballot paper.
    pub options: BoundedVec<Text, ConstU32<MAX_OPTIONS>>,
    /// Fewest selections.
    pub min_selections: u8,
    /// Most selections.
    pub max_selections: u8,
    /// Whether selecting nothing is allowed although `min_selections` is above 0.
    pub blank_allowed: bool,
}

impl Contest {
    /// The rule that a ballot's proofs are checked against.
    pub fn rule(&self) -> ContestRule {
        ContestRule {
            id: self.id.get(),
            options: self.options.len() as u8,
            min: self.min_selections,
            max: self.max_selections,
            blank: self.blank_allowed,
        }
    }
}

/// Voters who are asked the same questions.
#[derive(
    Clone,
    PartialEq,
    Eq,
    Debug,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
)]
pub struct District {
    /// Unique within the election.
    pub id: DistrictId,
    /// What people call it.
    pub name: Text,
    /// What is decided there, in the order of the ballot paper.
    pub contests: BoundedVec<Contest, ConstU32<MAX_CONTESTS>>,
}

/// An official who holds a share of the election key.
#[derive(
    Clone,
    PartialEq,
    Eq,
    Debug,
    Encode,
    Decode,
    DecodeWithMemTracking,
    MaxEncodedLen,
    TypeInfo,
    Serialize,
)]
pub struct Trustee {
    /// Person or organisation.
    pub name: Text,
    /// The account that signs their messages.
    pub account: AccountId,
}

/// An official who keeps the voter register and issues credentials.
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Registrar {
    /// Person or organisation.
    pub name: Text,
    /// The account that signs their records.
    pub account: AccountId,
    /// One public key for each district, in the manifest's order.
    pub keys: BoundedVec<RsaPublicKey, ConstU32<MAX_DISTRICTS>>,
}

/// Everything that is fixed before the first vote.
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Manifest {
    /// What the election is called.
    pub title: Text,
    /// Its districts.
    pub districts: BoundedVec<District, ConstU32<MAX_DISTRICTS>>,
    /// Its trustees; the first has index 1.
    pub trustees: BoundedVec<Trustee, ConstU32<MAX_TRUSTEES>>,
    /// How many trustees it takes to decrypt.
    pub threshold: u8,
    /// Its registrars; the first has index 0.
    pub registrars: BoundedVec<Registrar, ConstU32<MAX_REGISTRARS>>,
    /// How many registrars it takes to admit a voter and to make a credential.
    pub quorum: u8,
    /// Blocks in which voters may apply and withdraw.
    pub registration: BlockRange,
    /// Blocks in which ballots are accepted; its end is the closing block.
    pub voting: BlockRange,
    /// Blocks that a stage of the key ceremony may last before silent trustees can be excluded.
    pub ceremony_stage: BlockNumber,
    /// Whether voters may cast again.
    pub revote: RevotePolicy,
    /// A district with fewer ballots, though not none, is never decrypted.
    pub minimum_ballots: u32,
    /// Mean delay at each relay, in seconds.
    pub relay_delay: u32,
    /// `blake2_256` of the runtime's code that the election will run under.
    pub code_hash: Hash,
}

/// Why a manifest was refused; the position says where.
#[derive(
    Clone,
    Copy,
    PartialEq,
    Eq,
    Debug,
    Encode,
    Decode,
    DecodeWithMemTracking,
    TypeInfo,
    MaxEncodedLen,
)]
pub enum ManifestError {
    /// No district.
    NoDistrict,
    /// Two districts share an id.
    DuplicateDistrict(DistrictId),
    /// A district without a contest.
    NoContest(DistrictId),
    /// Two contests of a district share an id.
    DuplicateContest(DistrictId, ContestId),
    /// A contest without an option.
    NoOption(DistrictId, ContestId),
    /// Two options of a contest read the same.
    DuplicateOption(DistrictId, ContestId),
    /// Not `min_selections ≤ max_selections ≤ options`.
    SelectionRange(DistrictId, ContestId),
    /// Not `2 ≤ threshold ≤ trustees`: one trustee alone must never hold the key.
    Threshold,
    /// Two trustees share an account.
    DuplicateTrustee(TrusteeIndex),
    /// Not `1 ≤ quorum ≤ registrars`.
    Quorum,
    /// Two registrars share an account.
    DuplicateRegistrar(RegistrarIndex),
    /// An account is trustee and registrar at once.
    TrusteeIsRegistrar(TrusteeIndex),
    /// A registrar has not exactly one key for each district.
    RegistrarKeys(RegistrarIndex),
    /// A registrar's key is no RSA modulus of 2048 to 4096 bits.
    RegistrarKey(RegistrarIndex, DistrictId),
    /// One key stands for two districts or two registrars: a credential would count twice.
    DuplicateRegistrarKey(RegistrarIndex, DistrictId),
    /// Not `registration.start < registration.end ≤ voting.start < voting.end`.
    Schedule,
    /// A stage of the key ceremony must last at least one block.
    CeremonyStage,
}

impl Manifest {
    /// `blake2_256(SCALE(manifest))`: it enters every proof and signature (PSE-ELE-2).
    pub fn hash(&self) -> Hash {
        blake2_256(&self.encode()).into()
    }

    /// What every proof and signature of this election is bound to (PSE-ELE-2).
    pub fn context(&self, genesis_hash: Hash, election: ElectionId) -> Context {
        Context {
            genesis_hash: genesis_hash.0,
            election: election.get(),
            manifest_hash: self.hash().0,
        }
    }

    /// The district with this id.
    pub fn district(&self, id: DistrictId) -> Option<&District> {
        self.districts.iter().find(|district| district.id == id)
    }

    /// The index of the trustee with this account.
    pub fn trustee_index(&self, account: &AccountId) -> Option<TrusteeIndex> {
        let position = self
            .trustees
            .iter()
            .position(|trustee| &trustee.account == account)?;
        u8::try_from(position + 1).ok().map(TrusteeIndex)
    }

    /// The index of the registrar with this account.
    pub fn registrar_index(&self, account: &AccountId) -> Option<RegistrarIndex> {
        let position = self
            .registrars
            .iter()
            .position(|registrar| &registrar.account == account)?;
        u8::try_from(position).ok().map(RegistrarIndex)
    }

    /// Everything about a manifest that does not depend on the chain's state (PSE-ELE-3).
    pub fn validate(&self) -> Result<(), ManifestError> {
        self.validate_districts()?;
        self.validate_trustees()?;
        self.validate_registrars()?;
        let ordered = self.registration.start < self.registration.end
            && self.registration.end <= self.voting.start
            && self.voting.start < self.voting.end;
        if !ordered {
            return Err(ManifestError::Schedule);
        }
        if self.ceremony_stage == 0 {
            return Err(ManifestError::CeremonyStage);
        }
        Ok(())
    }

    fn validate_districts(&self) -> Result<(), ManifestError> {
        if self.districts.is_empty() {
            return Err(ManifestError::NoDistrict);
        }
        let mut districts = BTreeSet::new();
        for district in &self.districts {
            if !districts.insert(district.id) {
                return Err(ManifestError::DuplicateDistrict(district.id));
            }
            if district.contests.is_empty() {
                return Err(ManifestError::NoContest(district.id));
            }
            let mut contests = BTreeSet::new();
            for contest in &district.contests {
                if !contests.insert(contest.id) {
                    return Err(ManifestError::DuplicateContest(district.id, contest.id));
                }
                validate_contest(district.id, contest)?;
            }
        }
        Ok(())
    }

    fn validate_trustees(&self) -> Result<(), ManifestError> {
        let threshold = usize::from(self.threshold);
        if threshold < MIN_THRESHOLD as usize || threshold > self.trustees.len() {
            return Err(ManifestError::Threshold);
        }
        let mut accounts = BTreeSet::new();
        for (trustee, index) in self.trustees.iter().zip(1u8..) {
            if !accounts.insert(&trustee.account) {
                return Err(ManifestError::DuplicateTrustee(TrusteeIndex(index)));
            }
            if self.registrar_index(&trustee.account).is_some() {
                return Err(ManifestError::TrusteeIsRegistrar(TrusteeIndex(index)));
            }
        }
        Ok(())
    }

    fn validate_registrars(&self) -> Result<(), ManifestError> {
        let quorum = usize::from(self.quorum);
        if quorum < 1 || quorum > self.registrars.len() {
            return Err(ManifestError::Quorum);
        }
        let mut accounts = BTreeSet::new();
        let mut keys = BTreeSet::new();
        for (registrar, index) in self.registrars.iter().zip((0u8..).map(RegistrarIndex)) {
            if !accounts.insert(&registrar.account) {
                return Err(ManifestError::DuplicateRegistrar(index));
            }
            if registrar.keys.len() != self.districts.len() {
                return Err(ManifestError::RegistrarKeys(index));
            }
            for (key, district) in registrar.keys.iter().zip(&self.districts) {
                key.validate()
                    .map_err(|_| ManifestError::RegistrarKey(index, district.id))?;
                if !keys.insert(&key.modulus[..]) {
                    return Err(ManifestError::DuplicateRegistrarKey(index, district.id));
                }
            }
        }
        Ok(())
    }
}

fn validate_contest(district: DistrictId, contest: &Contest) -> Result<(), ManifestError> {
    if contest.options.is_empty() {
        return Err(ManifestError::NoOption(district, contest.id));
    }
    let mut options = BTreeSet::new();
    if !contest.options.iter().all(|option| options.insert(option)) {
        return Err(ManifestError::DuplicateOption(district, contest.id));
    }
    let ordered = contest.min_selections <= contest.max_selections
        && usize::from(contest.max_selections) <= contest.options.len();
    if !ordered {
        return Err(ManifestError::SelectionRange(district, contest.id));
    }
    Ok(())
}
