//! A short schedule for rehearsals, from the block that the chain is at.

use psephos_primitives::{BlockNumber, BlockRange};

use crate::definition::{Definition, Schedule};

/// Blocks until a consortium of a few validators on one machine has created the election.
const CREATION: BlockNumber = 12;
/// Stages of the key ceremony.
const STAGES: BlockNumber = 5;
/// Blocks that a stage takes: into a block, final, seen by the others, on a busy machine.
const BLOCKS_PER_STAGE: BlockNumber = 7;
/// Voters whose participation is recorded in one block.
const RECORDED_PER_BLOCK: u32 = 1_000;
/// Blocks for recording issues and for the finality of the last ballots.
const VOTING_MARGIN: BlockNumber = 25;
/// Milliseconds of one core's time that a ballot costs voter, registrar and three validators on one
/// machine: signatures and credential, and each option's ciphertext and proof.
const BALLOT_MILLISECONDS: u64 = 40;
const OPTION_MILLISECONDS: u64 = 5;
const BLOCK_MILLISECONDS: u64 = psephos_primitives::limits::BLOCK_MILLISECONDS;

/// What is known of a rehearsal before it begins.
#[derive(Clone, Copy, Debug, Default)]
pub struct Quick {
    /// How many voters are expected.
    pub voters: u32,
    /// Blocks for registration and the key ceremony, if they shall not be estimated.
    pub registration_blocks: Option<BlockNumber>,
    /// Blocks for voting, if they shall not be estimated.
    pub voting_blocks: Option<BlockNumber>,
}

/// A schedule that begins now.
pub fn quick(now: BlockNumber, definition: &Definition, terms: Quick) -> Schedule {
    let start = now.saturating_add(2);
    let registration = terms.registration_blocks.unwrap_or_else(|| {
        CREATION + STAGES * BLOCKS_PER_STAGE + terms.voters / RECORDED_PER_BLOCK + 8
    });
    let voting = terms
        .voting_blocks
        .unwrap_or_else(|| voting_blocks(definition, terms.voters));
    let opening = start.saturating_add(registration.max(1));
    Schedule {
        registration: BlockRange {
            start,
            end: opening,
        },
        voting: BlockRange {
            start: opening,
            end: opening.saturating_add(voting.max(1)),
        },
    }
}

fn voting_blocks(definition: &Definition, voters: u32) -> BlockNumber {
    let options = definition
        .districts
        .iter()
        .map(|district| {
            district
                .contests
                .iter()
                .map(|contest| contest.options.len() as u64)
                .sum()
        })
        .max()
        .unwrap_or(0u64);
    let each = BALLOT_MILLISECONDS + options * OPTION_MILLISECONDS;
    let blocks = (u64::from(voters) * each).div_ceil(BLOCK_MILLISECONDS);
    VOTING_MARGIN.saturating_add(u32::try_from(blocks).unwrap_or(u32::MAX))
}

/// Blocks that a stage of the key ceremony may last in a rehearsal: a busy machine must not make an
/// honest trustee look silent.
pub const QUICK_CEREMONY_STAGE: BlockNumber = 20;
/// The same in an election that people hold: six hours.
pub const CEREMONY_STAGE: BlockNumber = psephos_primitives::limits::BLOCKS_PER_DAY / 4;

#[cfg(test)]
mod tests {
    use super::*;

    fn definition() -> Definition {
        let text = r#"{"title":"t","trustees":{"count":5,"threshold":3},"districts":[
            {"id":1,"name":"d","contests":[{"id":1,"title":"c","options":["A","B","C"],
             "min_selections":0,"max_selections":1}]}]}"#;
        Definition::parse("e", text).expect("is right")
    }

    #[test]
    fn voting_grows_with_voters() {
        let few = quick(100, &definition(), Quick::default());
        assert_eq!(few.registration.start, 102);
        assert_eq!(few.registration.end, few.voting.start);
        assert_eq!(few.voting.end - few.voting.start, VOTING_MARGIN);
        let many = quick(
            100,
            &definition(),
            Quick {
                voters: 6_000,
                ..Quick::default()
            },
        );
        assert_eq!(many.voting.end - many.voting.start, VOTING_MARGIN + 110);
    }

    #[test]
    fn lengths_can_be_given() {
        let terms = Quick {
            voters: 9,
            registration_blocks: Some(30),
            voting_blocks: Some(7),
        };
        let schedule = quick(0, &definition(), terms);
        assert_eq!(schedule.registration, BlockRange { start: 2, end: 32 });
        assert_eq!(schedule.voting, BlockRange { start: 32, end: 39 });
    }
}
