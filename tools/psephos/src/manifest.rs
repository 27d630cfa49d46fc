//! Puts a definition, the officials' cards and the terms together to a manifest (PSE-ELE-1).

use psephos_primitives::{
    manifest::ManifestError, BlockNumber, Hash, Manifest, Registrar, Trustee,
};
use sp_runtime::BoundedVec;

use crate::{
    definition::{Definition, Schedule},
    failure::InputError,
};

/// What stands in no file.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// When.
    pub schedule: Schedule,
    /// Blocks that a stage of the key ceremony may last.
    pub ceremony_stage: BlockNumber,
    /// A district with fewer ballots, though not none, is never decrypted.
    pub minimum_ballots: u32,
    /// Mean delay at each relay, in seconds.
    pub relay_delay: u32,
    /// Whether blank votes are allowed in every contest.
    pub allow_blank: bool,
    /// `blake2_256` of the runtime's code.
    pub code_hash: Hash,
}

/// The manifest, checked; `origin` is the definition's file.
pub fn assemble(
    origin: &str,
    definition: Definition,
    trustees: Vec<Trustee>,
    registrars: Vec<Registrar>,
    terms: Terms,
) -> Result<Manifest, InputError> {
    let counts = [
        (
            "$.trustees.count",
            definition.trustees.count,
            trustees.len(),
            "trustees' cards",
        ),
        (
            "$.registrars.count",
            definition.registrars.count,
            registrars.len(),
            "registrars' cards",
        ),
    ];
    for (path, expected, found, what) in counts {
        if expected as usize != found {
            let message = format!("is {expected}, but {found} {what} were given");
            return Err(InputError::at(origin, path, message));
        }
    }
    let mut districts = definition.districts;
    if terms.allow_blank {
        let contests = districts
            .iter_mut()
            .flat_map(|district| district.contests.iter_mut());
        contests.for_each(|contest| contest.blank_allowed = true);
    }
    let manifest = Manifest {
        title: definition.title,
        // Each was counted before.
        districts: BoundedVec::truncate_from(districts),
        trustees: BoundedVec::truncate_from(trustees),
        threshold: definition.trustees.threshold as u8,
        registrars: BoundedVec::truncate_from(registrars),
        quorum: definition.registrars.quorum as u8,
        registration: terms.schedule.registration,
        voting: terms.schedule.voting,
        ceremony_stage: terms.ceremony_stage,
        revote: definition.revote,
        minimum_ballots: terms.minimum_ballots,
        relay_delay: terms.relay_delay,
        code_hash: terms.code_hash,
    };
    manifest.validate().map_err(|error| {
        let (place, message) = explain(error);
        InputError::at(origin, place, message)
    })?;
    Ok(manifest)
}

/// What is wrong with a manifest, in words; most of it the files' own checks have found before.
fn explain(error: ManifestError) -> (String, String) {
    let (place, message) = match error {
        ManifestError::DuplicateTrustee(index) => (
            "--trustee",
            format!("the card of trustee {index} names an account of another card"),
        ),
        ManifestError::DuplicateRegistrar(index) => (
            "--registrar",
            format!("the card of registrar {index} names an account of another card"),
        ),
        ManifestError::TrusteeIsRegistrar(index) => {
            ("--trustee", format!("trustee {index} is a registrar, too"))
        }
        ManifestError::DuplicateRegistrarKey(index, district) => (
            "--registrar",
            format!("registrar {index} uses the key of district {district} twice, or shares it"),
        ),
        other => ("$", format!("{other:?}")),
    };
    (place.into(), message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;
    use psephos_primitives::BlockRange;

    fn definition() -> Definition {
        let text = r#"{"title":"t","trustees":{"count":3,"threshold":2},"districts":[
            {"id":1,"name":"d","contests":[{"id":1,"title":"c","options":["A","B"],
             "min_selections":1,"max_selections":1}]}]}"#;
        Definition::parse("e", text).expect("is right")
    }

    fn terms() -> Terms {
        Terms {
            schedule: Schedule {
                registration: BlockRange { start: 1, end: 2 },
                voting: BlockRange { start: 2, end: 3 },
            },
            ceremony_stage: 1,
            minimum_ballots: 0,
            relay_delay: 0,
            allow_blank: true,
            code_hash: Hash::zero(),
        }
    }

    #[test]
    fn cards_must_be_as_many_as_the_definition_says() {
        let trustees = testing::manifest().trustees.to_vec();
        let refused = |trustees: Vec<Trustee>| {
            assemble("e", definition(), trustees, Vec::new(), terms())
                .map(|_| ())
                .map_err(|error| error.to_string())
        };
        assert_eq!(
            refused(trustees[..2].to_vec()),
            Err("e: $.trustees.count: is 3, but 2 trustees' cards were given".into())
        );
        assert_eq!(
            refused(trustees),
            Err("e: $.registrars.count: is 1, but 0 registrars' cards were given".into())
        );
    }

    #[test]
    fn a_card_given_twice_is_noticed() {
        let mut trustees = testing::manifest().trustees.to_vec();
        trustees[2] = trustees[0].clone();
        let registrar = Registrar {
            name: testing::text("City"),
            account: psephos_primitives::AccountId::new([9; 32]),
            keys: BoundedVec::default(),
        };
        let error = assemble("e", definition(), trustees, vec![registrar], terms());
        assert_eq!(
            error.map(|_| ()).map_err(|error| error.to_string()),
            Err("e: --trustee: the card of trustee 3 names an account of another card".into())
        );
    }
}
