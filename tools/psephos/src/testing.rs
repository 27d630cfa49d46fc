//! Sample values of the unit tests.

use psephos_primitives::{
    AccountId, BlockRange, Contest, ContestId, District, DistrictId, Hash, Manifest, RevotePolicy,
    Text, Trustee,
};
use sp_runtime::BoundedVec;

/// A text that is right.
pub fn text(text: &str) -> Text {
    Text::new(text).expect("is right")
}

fn contest(id: u32, options: &[&str], max: u8) -> Contest {
    Contest {
        id: ContestId(id),
        title: text("Question"),
        options: BoundedVec::truncate_from(options.iter().map(|option| text(option)).collect()),
        min_selections: 0,
        max_selections: max,
        blank_allowed: false,
    }
}

/// Two districts, of which the second has another number than place; three trustees, two suffice.
pub fn manifest() -> Manifest {
    let district = |id, contests| District {
        id: DistrictId(id),
        name: text(&format!("District {id}")),
        contests: BoundedVec::truncate_from(contests),
    };
    let trustee = |number: u8| Trustee {
        name: text(&format!("Trustee {number}")),
        account: AccountId::new([number; 32]),
    };
    Manifest {
        title: text("Sample"),
        districts: BoundedVec::truncate_from(vec![
            district(
                1,
                vec![
                    contest(1, &["はい", "B", "C"], 3),
                    contest(2, &["X", "Y"], 1),
                ],
            ),
            district(7, vec![contest(1, &["X", "Y"], 1)]),
        ]),
        trustees: BoundedVec::truncate_from((1..=3).map(trustee).collect()),
        threshold: 2,
        registrars: BoundedVec::default(),
        quorum: 1,
        registration: BlockRange { start: 1, end: 10 },
        voting: BlockRange { start: 10, end: 20 },
        ceremony_stage: 5,
        revote: RevotePolicy::Forbidden,
        minimum_ballots: 2,
        relay_delay: 0,
        code_hash: Hash::zero(),
    }
}
