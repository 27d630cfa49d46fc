//! What an extrinsic must be to cast a ballot, as far as it follows from the manifest: whoever takes
//! ballots to keep them for a while takes none that no node will ever take.

use std::collections::BTreeMap;

use codec::DecodeAll;
use psephos_crypto::{blind_signature::RsaPublicKey, transcript::Context};
use psephos_primitives::{
    wire::{signing_payload, BallotRegisterCall, Call, Extra, Extrinsic, Implicit},
    AccountId, Ballot, Contest, DistrictId, ElectionId, Hash, Manifest, Refusal,
    WellFormedCredential,
};
use sp_runtime::{generic::Era, traits::Verify, MultiSignature};

use crate::{ChainFacts, Node, Result};

/// Why an extrinsic casts no ballot that a node could take.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CastError {
    /// It does not decode, is not signed, does something else, or that in another election.
    #[error("it casts no ballot in this election")]
    NoCast,
    /// The account has not signed it.
    #[error("its signature is not that of its account")]
    Signature,
    /// A node would refuse it for this reason, in whatever state the chain is.
    #[error("{0}")]
    Refused(Refusal),
}

impl From<Refusal> for CastError {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

/// The rules of one election (PSE-EXT-4, without what depends on the chain's state, and without the
/// proofs, which take longest).
///
/// Whoever is no voter cannot make what passes: it carries a quorum's signatures for the account, and
/// that account's own over everything.
#[derive(Clone, Debug)]
pub struct CastRules {
    election: ElectionId,
    context: Context,
    quorum: u8,
    stations: BTreeMap<DistrictId, Station>,
    /// What the account's signature covers; `None` while the chain runs another code than the
    /// election's, whose versions nobody knows yet.
    implicit: Option<Implicit>,
}

/// A district, as far as ballots are checked by it.
#[derive(Clone, Debug)]
struct Station {
    contests: Vec<Shape>,
    /// One key for each registrar.
    keys: Vec<RsaPublicKey>,
}

/// What a contest has so many of.
#[derive(Clone, Copy, Debug)]
struct Shape {
    options: usize,
    branches: usize,
}

impl CastRules {
    /// Those of an election with this manifest. `facts` are of a block under the election's code.
    pub fn new(
        manifest: &Manifest,
        genesis: Hash,
        election: ElectionId,
        facts: Option<ChainFacts>,
    ) -> Self {
        let stations = manifest.districts.iter().zip(0..);
        let stations = stations.map(|(district, position)| {
            let registrars = manifest.registrars.iter();
            let keys = registrars.filter_map(|registrar| registrar.keys.get(position).cloned());
            let station = Station {
                contests: district.contests.iter().map(Shape::of).collect(),
                keys: keys.collect(),
            };
            (district.id, station)
        });
        Self {
            election,
            context: manifest.context(genesis, election),
            quorum: manifest.quorum,
            stations: stations.collect(),
            implicit: facts.map(|facts| facts.immortal()),
        }
    }

    /// Those of an election that this node has, with its manifest.
    ///
    /// The runtime's versions are part of what a voter signs. They are those of the code that the
    /// manifest names: no election opens under another, and while one is open the code stays.
    pub async fn read(node: &Node, manifest: &Manifest, election: ElectionId) -> Result<Self> {
        let genesis_hash = node.block_hash(0).await?;
        let at = node.finalised_hash().await?;
        let facts = if node.code_hash(at).await? == manifest.code_hash {
            let versions = node.versions(Some(at)).await?;
            Some(ChainFacts {
                genesis_hash,
                spec_version: versions.spec,
                transaction_version: versions.transaction,
            })
        } else {
            None
        };
        Ok(Self::new(manifest, genesis_hash, election, facts))
    }

    /// Whether some node may take this extrinsic in some state of the chain; cheapest first.
    ///
    /// Its length needs no check: everything in it has one length only, or is shorter than it may be.
    pub fn check(&self, extrinsic: &[u8]) -> core::result::Result<(), CastError> {
        let Ok(Extrinsic::Signed {
            signer,
            signature,
            extra,
            call,
        }) = Extrinsic::decode_all(&mut &extrinsic[..])
        else {
            return Err(CastError::NoCast);
        };
        let Call::BallotRegister(BallotRegisterCall::Cast {
            election,
            district,
            credential,
            ballot,
        }) = &call
        else {
            return Err(CastError::NoCast);
        };
        if *election != self.election {
            return Err(CastError::NoCast);
        }
        if extra.era != Era::Immortal {
            return Err(Refusal::MortalBallot.into());
        }
        let station = self.stations.get(district);
        let station = station.ok_or(Refusal::UnknownDistrict)?;
        station.check_shape(ballot)?;
        let credential = WellFormedCredential::new(credential, self.quorum, &station.keys)?;
        self.check_signature(&signer, &signature, &extra, &call)?;
        credential.verify(&self.context, *district, &signer)?;
        Ok(())
    }

    fn check_signature(
        &self,
        signer: &AccountId,
        signature: &MultiSignature,
        extra: &Extra,
        call: &Call,
    ) -> core::result::Result<(), CastError> {
        let Some(implicit) = &self.implicit else {
            return Ok(());
        };
        let payload = signing_payload(call, extra, implicit);
        let signed = signature.verify(&payload[..], signer);
        signed.then_some(()).ok_or(CastError::Signature)
    }
}

impl Station {
    fn check_shape(&self, ballot: &Ballot) -> core::result::Result<(), Refusal> {
        let contests = ballot.contests.iter();
        let found = contests.map(|contest| (contest.selections.len(), contest.sum_proof.len()));
        let expected = self.contests.iter();
        let expected = expected.map(|shape| (shape.options, shape.branches));
        if found.eq(expected) {
            Ok(())
        } else {
            Err(Refusal::BallotShape)
        }
    }
}

impl Shape {
    fn of(contest: &Contest) -> Self {
        Self {
            options: contest.options.len(),
            branches: contest.rule().sum_branches().len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use codec::{Decode, Encode};
    use psephos_primitives::{
        wire::TimestampCall, BlockRange, Credential, District, Registrar, RegistrarSignature, Text,
    };

    const ELECTION: ElectionId = ElectionId(3);

    fn text(words: &str) -> Text {
        Text::new(words).expect("is short")
    }

    /// Two districts, of which the second has no contest, and three registrars.
    fn manifest() -> Manifest {
        let contest = Contest {
            id: 1.into(),
            title: text("Shall it be?"),
            options: vec![text("yes"), text("no")].try_into().expect("are few"),
            min_selections: 0,
            max_selections: 2,
            blank_allowed: false,
        };
        let district = |id: u32, contests: Vec<Contest>| District {
            id: id.into(),
            name: text("District"),
            contests: contests.try_into().expect("are few"),
        };
        let registrar = |number: u8| Registrar {
            name: text("Registrar"),
            account: [number; 32].into(),
            keys: decoded(&vec![vec![0xffu8; 256]; 2].encode()),
        };
        let districts = vec![district(1, vec![contest]), district(7, Vec::new())];
        Manifest {
            title: text("Election"),
            districts: districts.try_into().expect("are few"),
            trustees: Default::default(),
            threshold: 2,
            registrars: (0..3)
                .map(registrar)
                .collect::<Vec<_>>()
                .try_into()
                .expect("are few"),
            quorum: 2,
            registration: BlockRange { start: 0, end: 1 },
            voting: BlockRange { start: 1, end: 9 },
            ceremony_stage: 1,
            revote: Default::default(),
            minimum_ballots: 1,
            relay_delay: 1,
            code_hash: Hash::zero(),
        }
    }

    fn rules() -> CastRules {
        CastRules::new(&manifest(), Hash::zero(), ELECTION, None)
    }

    fn credential(registrars: &[u8]) -> Credential {
        let one = |name: &u8| -> RegistrarSignature {
            decoded(&(*name, [0u8; 32], vec![1u8; 256]).encode())
        };
        let signatures: Vec<_> = registrars.iter().map(one).collect();
        signatures.try_into().expect("are few")
    }

    /// A ballot of the district without contests.
    fn cast(registrars: &[u8]) -> Vec<u8> {
        let extrinsic = Extrinsic::Signed {
            signer: [5; 32].into(),
            signature: MultiSignature::Sr25519([0; 64].into()),
            extra: Extra {
                era: Era::Immortal,
                nonce: 0,
            },
            call: Call::BallotRegister(BallotRegisterCall::Cast {
                election: ELECTION,
                district: 7.into(),
                credential: credential(registrars),
                ballot: Ballot {
                    contests: Default::default(),
                },
            }),
        };
        extrinsic.encode()
    }

    fn decoded<T: Decode>(mut bytes: &[u8]) -> T {
        T::decode(&mut bytes).expect("is well formed")
    }

    #[test]
    fn bytes_that_cast_no_ballot_are_told() {
        let inherent = Extrinsic::Unsigned(Call::Timestamp(TimestampCall::Set { now: 1 }));
        let inherent = inherent.encode();
        for bytes in [&inherent[..], &[], &[0xff; 300]] {
            assert_eq!(rules().check(bytes), Err(CastError::NoCast));
        }
        let longer = [&cast(&[0, 1])[..], &[0]].concat();
        assert_eq!(rules().check(&longer), Err(CastError::NoCast));
    }

    #[test]
    fn a_credential_names_exactly_a_quorum_of_registrars_in_order() {
        for (registrars, refusal) in [
            (&[0u8][..], Refusal::CredentialQuorum),
            (&[0, 1, 2][..], Refusal::CredentialQuorum),
            (&[1, 0][..], Refusal::CredentialOrder),
            (&[1, 1][..], Refusal::CredentialOrder),
            (&[1, 3][..], Refusal::UnknownRegistrar),
            // All named well: what is left is arithmetic.
            (&[0, 2][..], Refusal::CredentialInvalid),
        ] {
            let refused = rules().check(&cast(registrars));
            assert_eq!(refused, Err(refusal.into()), "{registrars:?}");
        }
    }

    #[test]
    fn an_unknown_version_leaves_the_signature_to_the_node() {
        let facts = ChainFacts {
            genesis_hash: Hash::zero(),
            spec_version: 1,
            transaction_version: 1,
        };
        let rules = CastRules::new(&manifest(), Hash::zero(), ELECTION, Some(facts));
        assert_eq!(rules.check(&cast(&[0, 2])), Err(CastError::Signature));
    }
}
