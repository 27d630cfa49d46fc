//! The consortium's motions, each carried out at once since it has one member here.

use codec::Encode;
use psephos_crypto::blind_signature::{RsaPublicKey, MIN_MODULUS_BYTES};
use psephos_primitives::{
    limits::{MAX_DISTRICTS, MAX_REGISTRARS},
    wire::{Call, ConsortiumCall, ElectionsCall},
    District, DistrictId, Manifest, Registrar,
};

use crate::{
    election::{account, bounded, official, text, Election, ELECTION},
    executor::{Executor, Timed},
};

fn motion(call: ElectionsCall) -> Call {
    let proposal = Box::new(Call::Elections(call));
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
        let create = motion(ElectionsCall::Create { manifest });
        let name =
            format!("propose create, {MAX_DISTRICTS} districts, {MAX_REGISTRARS} registrars");
        let cancel = motion(ElectionsCall::Cancel {
            election: ELECTION,
            reason: text("Reason"),
        });
        vec![
            self.time(executor, &name, &member, 0, create),
            self.time(executor, "propose cancel", &member, 0, cancel),
        ]
    }
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
