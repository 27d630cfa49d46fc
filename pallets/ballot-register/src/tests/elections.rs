//! Whole elections: what was voted is what is published.

use super::officials::{counts, Election, Plan, PICK_ONE};
use crate::mock::*;
use frame_support::assert_ok;
use psephos_crypto::ballot::ContestRule;
use psephos_primitives::RevotePolicy;

#[test]
fn one_of_three() {
    build_and_execute(|| {
        let election = Election::open(Plan::default());
        for (number, option) in [(1, 0), (2, 2), (3, 2), (4, 2)] {
            assert_ok!(election.vote(1, number, &[&[option]]).cast());
        }
        assert_eq!(counts(&election.tally(), 1), Some(vec![vec![1, 0, 3]]));
    });
}

#[test]
fn two_contests_none_to_three_of_five_and_blank_votes() {
    build_and_execute(|| {
        let approval = ContestRule {
            id: 9,
            options: 5,
            min: 0,
            max: 3,
            blank: false,
        };
        let pair_or_blank = ContestRule {
            id: 2,
            options: 4,
            min: 2,
            max: 2,
            blank: true,
        };
        let anything = ContestRule {
            id: 3,
            options: 2,
            min: 0,
            max: 2,
            blank: false,
        };
        let election = Election::open(Plan {
            districts: vec![vec![approval, pair_or_blank], vec![anything]],
            issued: vec![4, 2],
            ..Plan::default()
        });
        let votes: [(u32, u8, &[&[usize]]); 6] = [
            (1, 1, &[&[0, 1, 2], &[0, 3]]),
            (1, 2, &[&[], &[]]),
            (1, 3, &[&[4], &[1, 3]]),
            (1, 4, &[&[1, 4], &[]]),
            (2, 5, &[&[0, 1]]),
            (2, 6, &[&[]]),
        ];
        for (district, number, selected) in votes {
            assert_ok!(election.vote(district, number, selected).cast());
        }
        let result = election.tally();
        assert_eq!(
            counts(&result, 1),
            Some(vec![vec![1, 2, 1, 0, 2], vec![1, 1, 0, 2]])
        );
        assert_eq!(counts(&result, 2), Some(vec![vec![1, 1]]));
    });
}

#[test]
fn everybody_abstains_in_person() {
    build_and_execute(|| {
        let rule = ContestRule {
            blank: true,
            ..PICK_ONE
        };
        let districts = vec![vec![rule]];
        let election = Election::open(Plan {
            districts,
            issued: vec![3],
            ..Plan::default()
        });
        for number in 1..=3 {
            assert_ok!(election.vote(1, number, &[&[]]).cast());
        }
        let result = election.tally();
        assert_eq!(result.districts[0].ballots, 3);
        assert_eq!(counts(&result, 1), Some(vec![vec![0, 0, 0]]));
    });
}

#[test]
fn five_trustees_threshold_four_and_many_changes_of_mind() {
    build_and_execute(|| {
        let election = Election::open(Plan {
            revote: RevotePolicy::LastCounts,
            trustees: 5,
            threshold: 4,
            issued: vec![3],
            ..Plan::default()
        });
        for round in 0..3 {
            for number in 1..=3u8 {
                let option = (usize::from(number) + round as usize) % 3;
                assert_ok!(election.vote_again(1, number, round, &[&[option]]).cast());
            }
        }
        // In the last round they chose options 0, 1 and 2.
        let result = election.tally();
        assert_eq!(result.districts[0].ballots, 3);
        assert_eq!(counts(&result, 1), Some(vec![vec![1, 1, 1]]));
    });
}

#[test]
fn sixty_four_options() {
    build_and_execute(|| {
        let rule = ContestRule {
            id: 1,
            options: 64,
            min: 1,
            max: 2,
            blank: false,
        };
        let districts = vec![vec![rule]];
        let election = Election::open(Plan {
            districts,
            issued: vec![2],
            ..Plan::default()
        });
        assert_ok!(election.vote(1, 1, &[&[0, 63]]).cast());
        assert_ok!(election.vote(1, 2, &[&[63]]).cast());
        let mut expected = vec![0; 64];
        (expected[0], expected[63]) = (1, 2);
        assert_eq!(counts(&election.tally(), 1), Some(vec![expected]));
    });
}
