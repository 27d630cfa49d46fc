//! The consortium's motions, each carried out at once since it has one member here, and what a member
//! does alone.

use codec::Encode;
use psephos_crypto::blind_signature::{RsaPublicKey, MIN_MODULUS_BYTES};
use psephos_primitives::{
    limits::{MAX_DISTRICTS, MAX_REGISTRARS},
    validators::{ownership_statement, DoubleVote, Equivocation, OwnershipProof, Vote},
    wire::{Call, ConsortiumCall, ElectionsCall, ValidatorSetCall},
    AccountId, District, DistrictId, Hash, Manifest, Registrar,
};
use sp_core::Pair;

use crate::{
    election::{account, bounded, official, session_keys, session_pairs, text, Election, ELECTION},
    executor::{Executor, Timed},
};

fn motion(call: Call) -> Call {
    let proposal = Box::new(call);
    let length_bound = proposal.encoded_size() as u32;
    Call::Consortium(ConsortiumCall::Propose {
        threshold: 1,
        proposal,
        length_bound,
    })
}

impl Election {
    /// Times motions to create an election of the largest number of districts and registrars, and
    /// to cancel this one.
    pub fn motions(&mut self, executor: &Executor) -> Vec<Timed> {
        let member = official("Member", 0);
        let manifest = Box::new(largest(&self.manifest));
        let create = motion(Call::Elections(ElectionsCall::Create { manifest }));
        let name =
            format!("propose create, {MAX_DISTRICTS} districts, {MAX_REGISTRARS} registrars");
        let cancel = motion(Call::Elections(ElectionsCall::Cancel {
            election: ELECTION,
            reason: text("Reason"),
        }));
        let newcomer = account(&official("Newcomer", 0));
        let admit = motion(Call::ValidatorSet(ValidatorSetCall::Admit {
            keys: session_keys(1),
            proof: proof(&newcomer, 1),
            organisation: newcomer,
        }));
        let rotate = Call::ValidatorSet(ValidatorSetCall::Rotate {
            keys: session_keys(2),
            proof: proof(&account(&member), 2),
        });
        let report = Call::ValidatorSet(ValidatorSetCall::ReportEquivocation {
            set: 0,
            evidence: double_vote(0),
        });
        vec![
            self.time(executor, &name, &member, 0, create),
            self.time(executor, "propose cancel", &member, 0, cancel),
            self.time(executor, "propose admit", &member, 0, admit),
            self.time(executor, "rotate", &member, 0, rotate),
            self.time(executor, "report_equivocation", &member, 0, report),
        ]
    }
}

/// That an organisation holds these session keys.
fn proof(organisation: &AccountId, keys: u8) -> OwnershipProof {
    let (author, voter) = session_pairs(keys);
    let statement = ownership_statement(organisation);
    OwnershipProof {
        aura: author.sign(&statement),
        grandpa: voter.sign(&statement),
    }
}

/// What an organisation signed in the first set, and should not have.
fn double_vote(organisation: u8) -> Equivocation {
    let (_, voter) = session_pairs(organisation);
    let (set, round) = (0u64, 1u64);
    let vote = |byte| {
        let vote = Vote {
            hash: Hash::repeat_byte(byte),
            number: 1,
        };
        // A precommit.
        (vote, voter.sign(&(1u8, vote, round, set).encode()))
    };
    Equivocation::Precommit(DoubleVote {
        round,
        authority: voter.public(),
        first: vote(1),
        second: vote(2),
    })
}

/// As many districts and registrars as there can be; the keys are such in form only.
fn largest(manifest: &Manifest) -> Manifest {
    let contests = &manifest.districts[0].contests;
    let districts = (1..=MAX_DISTRICTS).map(|id| District {
        id: DistrictId(id),
        name: text(format!("District {id}")),
        contests: contests.clone(),
    });
    let registrars = (0..MAX_REGISTRARS as u8).map(|index| Registrar {
        name: text(format!("Registrar {index}")),
        account: account(&official("Registrar", index)),
        keys: bounded((0..MAX_DISTRICTS).map(|district| key(index, district))),
    });
    Manifest {
        districts: bounded(districts),
        registrars: bounded(registrars),
        ..manifest.clone()
    }
}

fn key(registrar: u8, district: u32) -> RsaPublicKey {
    let mut modulus = vec![0xFF; MIN_MODULUS_BYTES as usize];
    modulus[1] = registrar;
    modulus[2..6].copy_from_slice(&district.to_le_bytes());
    RsaPublicKey {
        modulus: bounded(modulus),
    }
}
