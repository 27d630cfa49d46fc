//! What other pallets read of an election, without decoding its manifest.

use alloc::vec::Vec;

use codec::{Decode, DecodeWithMemTracking, Encode, MaxEncodedLen};
use psephos_crypto::{ballot::ContestRule, blind_signature::RsaPublicKey, transcript::Context};
use psephos_primitives::{
    limits::{MAX_CONTESTS, MAX_REGISTRARS, MAX_TRUSTEES},
    AccountId, BlockNumber, BlockRange, District, ElectionId, Hash, Manifest, RegistrarIndex,
    RevotePolicy, TrusteeIndex,
};
use scale_info::TypeInfo;
use sp_runtime::{traits::ConstU32, BoundedVec};

/// What the pallets need to know of an election.
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct Terms {
    /// `blake2_256(SCALE(manifest))`
    pub manifest_hash: Hash,
    /// The block that the election was created in.
    pub created: BlockNumber,
    /// How many trustees it takes to decrypt.
    pub threshold: u8,
    /// How many registrars it takes to admit a voter and to make a credential.
    pub quorum: u8,
    /// Blocks in which voters may apply and withdraw.
    pub registration: BlockRange,
    /// Blocks in which ballots are accepted.
    pub voting: BlockRange,
    /// Whether voters may cast again.
    pub revote: RevotePolicy,
    /// A district with fewer ballots, though not none, is never decrypted.
    pub minimum_ballots: u32,
    /// Blocks that a stage of the key ceremony may last.
    pub ceremony_stage: BlockNumber,
    /// The trustees' accounts; the first has index 1.
    pub trustees: BoundedVec<AccountId, ConstU32<MAX_TRUSTEES>>,
    /// The registrars' accounts; the first has index 0.
    pub registrars: BoundedVec<AccountId, ConstU32<MAX_REGISTRARS>>,
    /// The code that the election runs under, or not at all (PSE-UPG-3).
    pub code_hash: Hash,
}

impl Terms {
    /// The terms of a manifest.
    pub(crate) fn of(manifest: &Manifest, created: BlockNumber) -> Self {
        let trustees = manifest.trustees.iter().map(|t| t.account.clone());
        let registrars = manifest.registrars.iter().map(|r| r.account.clone());
        Self {
            manifest_hash: manifest.hash(),
            created,
            threshold: manifest.threshold,
            quorum: manifest.quorum,
            registration: manifest.registration,
            voting: manifest.voting,
            revote: manifest.revote,
            minimum_ballots: manifest.minimum_ballots,
            ceremony_stage: manifest.ceremony_stage,
            // Nothing is cut off: the manifest's own lists have the same bounds.
            trustees: BoundedVec::truncate_from(trustees.collect()),
            registrars: BoundedVec::truncate_from(registrars.collect()),
            code_hash: manifest.code_hash,
        }
    }

    /// The trustees, then the registrars.
    pub fn officials(&self) -> impl Iterator<Item = &AccountId> {
        self.trustees.iter().chain(&self.registrars)
    }

    /// What every proof and signature of this election is bound to (PSE-ELE-2).
    pub fn context(&self, genesis_hash: Hash, election: ElectionId) -> Context {
        Context {
            genesis_hash: genesis_hash.0,
            election: election.get(),
            manifest_hash: self.manifest_hash.0,
        }
    }

    /// The index of the trustee with this account.
    pub fn trustee_index(&self, account: &AccountId) -> Option<TrusteeIndex> {
        let position = self
            .trustees
            .iter()
            .position(|trustee| trustee == account)?;
        u8::try_from(position + 1).ok().map(TrusteeIndex)
    }

    /// The index of the registrar with this account.
    pub fn registrar_index(&self, account: &AccountId) -> Option<RegistrarIndex> {
        let position = self
            .registrars
            .iter()
            .position(|registrar| registrar == account)?;
        u8::try_from(position).ok().map(RegistrarIndex)
    }
}

/// What the pallets need to know of a district.
#[derive(
    Clone, PartialEq, Eq, Debug, Encode, Decode, DecodeWithMemTracking, MaxEncodedLen, TypeInfo,
)]
pub struct DistrictTerms {
    /// Its place in the manifest, from 0.
    pub position: u32,
    /// What a ballot's proofs are checked against: one for each contest, in the manifest's order.
    pub rules: BoundedVec<ContestRule, ConstU32<MAX_CONTESTS>>,
    /// What a credential is checked against: one key for each registrar, in the manifest's order.
    pub keys: BoundedVec<RsaPublicKey, ConstU32<MAX_REGISTRARS>>,
}

impl DistrictTerms {
    /// The terms of the district that stands at `position` in a valid manifest.
    pub(crate) fn of(manifest: &Manifest, position: usize, district: &District) -> Self {
        let rules: Vec<_> = district
            .contests
            .iter()
            .map(|contest| contest.rule())
            .collect();
        let keys = manifest
            .registrars
            .iter()
            .filter_map(|r| r.keys.get(position).cloned());
        Self {
            position: position as u32,
            // Nothing is cut off: the manifest's own lists have the same bounds.
            rules: BoundedVec::truncate_from(rules),
            keys: BoundedVec::truncate_from(keys.collect()),
        }
    }
}
