//! The closing block: what it settles, what it leaves to the trustees.

use super::officials::{counts, Election, Plan, PICK_ONE};
use crate::{mock::*, Error, PendingDistricts};
use frame_support::{assert_noop, assert_ok};
use psephos_primitives::{DistrictId, ElectionId, Phase, Refusal};

fn three_districts(minimum_ballots: u32) -> Plan {
    Plan {
        districts: vec![vec![PICK_ONE]; 3],
        issued: vec![3, 3, 3],
        minimum_ballots,
        ..Plan::default()
    }
}

#[test]
fn nobody_voted_anywhere_and_the_closing_block_publishes() {
    build_and_execute(|| {
        let election = Election::open(three_districts(2));
        run_to(election.manifest.voting.end - 1);
        assert_eq!(PendingDistricts::<Test>::get(election.id), None);
        assert_eq!(BallotRegister::shares(election.id), None);
        election.close();
        let result = BallotRegister::result(election.id).expect("nothing to decrypt");
        assert_eq!(result.block, election.manifest.voting.end);
        for district in 1..=3 {
            assert_eq!(counts(&result, district), Some(vec![vec![0, 0, 0]]));
        }
        assert_eq!(Elections::phase(election.id), Some(Phase::Published));
        assert_eq!(BallotRegister::shares(election.id), Some(vec![]));
    });
}

#[test]
fn empty_withheld_and_counted_districts_in_one_result() {
    build_and_execute(|| {
        let election = Election::open(three_districts(2));
        assert_ok!(election.vote(2, 1, &[&[0]]).cast());
        assert_ok!(election.vote(3, 2, &[&[0]]).cast());
        assert_ok!(election.vote(3, 3, &[&[2]]).cast());
        election.close();
        assert_eq!(PendingDistricts::<Test>::get(election.id), Some(1));
        for district in [1, 2] {
            assert_noop!(
                election
                    .submit(1, district, election.shares(1, district))
                    .map_err(|e| e.error),
                Error::<Test>::NotTallying
            );
        }
        let asked: Vec<u32> = BallotRegister::shares(election.id)
            .expect("closed")
            .iter()
            .map(|status| status.district.get())
            .collect();
        assert_eq!(asked, vec![3, 3, 3]);

        let result = election.tally();
        let ballots: Vec<u32> = result.districts.iter().map(|one| one.ballots).collect();
        assert_eq!(ballots, vec![0, 1, 2]);
        assert_eq!(counts(&result, 1), Some(vec![vec![0, 0, 0]]));
        assert_eq!(counts(&result, 2), None);
        assert_eq!(counts(&result, 3), Some(vec![vec![1, 0, 1]]));
    });
}

#[test]
fn all_districts_withheld() {
    build_and_execute(|| {
        let election = Election::open(three_districts(3));
        for (district, number) in [(1, 1), (2, 2), (2, 3), (3, 4)] {
            assert_ok!(election.vote(district, number, &[&[0]]).cast());
        }
        election.close();
        let result = BallotRegister::result(election.id).expect("nothing may be decrypted");
        assert_eq!(
            [1, 2, 3].map(|district| counts(&result, district)),
            [None, None, None]
        );
    });
}

#[test]
fn one_ballot_is_decrypted_where_the_manifest_allows_it() {
    build_and_execute(|| {
        let election = Election::open(three_districts(1));
        assert_ok!(election.vote(2, 1, &[&[0]]).cast());
        assert_eq!(counts(&election.tally(), 2), Some(vec![vec![1, 0, 0]]));
    });
}

#[test]
fn elections_close_independently() {
    build_and_execute(|| {
        let first = Election::prepare(three_districts(0));
        let second = Election::prepare(three_districts(0));
        assert_eq!((first.id, second.id), (ElectionId(1), ElectionId(2)));
        run_to(first.manifest.voting.start);
        super::officials::issue(first.id, DistrictId(1), 1);
        let vote = first.vote(1, 1, &[&[1]]);
        assert_ok!(vote.cast());
        let moved = super::voters::Vote {
            election: second.id,
            ..vote
        };
        assert_eq!(moved.refusal(), Some(Refusal::NoIssueLeft));
        first.close();
        assert_eq!(Elections::phase(first.id), Some(Phase::Tallying));
        assert_eq!(Elections::phase(second.id), Some(Phase::Published));
        assert_eq!(counts(&first.tally(), 1), Some(vec![vec![0, 1, 0]]));
    });
}
