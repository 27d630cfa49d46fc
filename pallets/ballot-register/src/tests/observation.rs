//! What an observer is told, from before voting to the result (PSE-API-2).

use super::{
    officials::{Election, Plan, PICK_ONE},
    voters::voter,
};
use crate::mock::*;
use frame_support::assert_ok;
use psephos_primitives::{
    limits::BALLOTS_PER_PAGE,
    observer::{
        Decryption, DistrictDecryption, EncryptionSettings, InvalidBallots, TrusteeDecryption,
    },
    DistrictId, ElectionId, Phase, RevotePolicy, TrusteeIndex,
};

const NORTH: DistrictId = DistrictId(1);
const SOUTH: DistrictId = DistrictId(2);
const EMPTY: DistrictId = DistrictId(3);

/// Where two ballots are decrypted, one is not, and nobody votes.
fn plan() -> Plan {
    Plan {
        districts: vec![vec![PICK_ONE]; 3],
        issued: vec![3, 2, 1],
        minimum_ballots: 2,
        revote: RevotePolicy::LastCounts,
        ..Plan::default()
    }
}

/// Two vote in the north, the first of them twice; one in the south.
fn voted() -> Election {
    let election = Election::open(plan());
    assert_ok!(election.vote(1, 1, &[&[0]]).cast());
    assert_ok!(election.vote(1, 2, &[&[1]]).cast());
    assert_ok!(election.vote(2, 3, &[&[2]]).cast());
    assert_ok!(election.vote_again(1, 1, 1, &[&[2]]).cast());
    election
}

fn decryptions(election: &Election) -> Vec<DistrictDecryption> {
    let statistics = BallotRegister::decryption_statistics(election.id);
    statistics.expect("there is the election").districts
}

fn by_trustee(election: &Election) -> Vec<TrusteeDecryption> {
    let statistics = BallotRegister::decryption_statistics(election.id);
    statistics.expect("there is the election").trustees
}

#[test]
fn settings_are_the_manifests_and_the_ceremonys() {
    build_and_execute(|| {
        let election = Election::prepare(plan());
        let settings = EncryptionSettings {
            genesis_hash: Elections::genesis_hash(),
            manifest_hash: election.manifest.hash(),
            trustees: 3,
            threshold: 2,
            keys: KeyCeremony::keys(election.id),
        };
        assert!(settings.keys.is_some());
        assert_eq!(
            BallotRegister::encryption_settings(election.id),
            Some(settings)
        );
        let configuration = Elections::ballot_configuration(election.id).expect("it exists");
        assert_eq!(configuration.revote, RevotePolicy::LastCounts);
        assert_eq!(configuration.minimum_ballots, 2);
        assert_eq!(
            configuration.districts,
            election.manifest.districts.to_vec()
        );
    });
}

#[test]
fn the_state_says_until_when() {
    build_and_execute(|| {
        let election = Election::prepare(plan());
        let voting = election.manifest.voting;
        let state = || {
            let state = BallotRegister::voting_state(election.id).expect("it exists");
            assert_eq!(state.voting, voting);
            (state.block, state.phase, state.next_phase)
        };
        let before = System::block_number();
        assert_eq!(state(), (before, Phase::Registration, Some(voting.start)));
        run_to(voting.start);
        assert_eq!(state(), (voting.start, Phase::Voting, Some(voting.end)));
        run_to(voting.end);
        assert_eq!(state(), (voting.end, Phase::Published, None));
    });
}

#[test]
fn figures_by_district_add_up() {
    build_and_execute(|| {
        let election = voted();
        let id = election.id;
        for (district, [registered, issued, stored]) in [
            (Some(NORTH), [3, 3, 2]),
            (Some(SOUTH), [2, 2, 1]),
            (Some(EMPTY), [1, 1, 0]),
            (None, [6, 6, 3]),
        ] {
            assert_eq!(
                BallotRegister::registered_voters(id, district),
                Some(registered)
            );
            assert_eq!(BallotRegister::issued_ballots(id, district), Some(issued));
            assert_eq!(BallotRegister::stored_ballots(id, district), Some(stored));
        }
        assert_eq!(
            BallotRegister::stored_ballots(id, Some(DistrictId(9))),
            None
        );
    });
}

#[test]
fn ballots_come_in_pages_without_a_gap() {
    build_and_execute(|| {
        let plan = Plan {
            revote: RevotePolicy::LastCounts,
            ..Plan::default()
        };
        let election = Election::open(plan);
        let count = BALLOTS_PER_PAGE + 2;
        for nonce in 0..count {
            assert_ok!(election.vote_again(1, 1, nonce, &[&[0]]).cast());
        }
        let mut found = Vec::new();
        loop {
            let page = BallotRegister::ballots(election.id, found.len() as u32);
            if page.is_empty() {
                break;
            }
            found.extend(page);
        }
        let singly: Vec<_> = (0..count)
            .filter_map(|index| BallotRegister::ballot_by_index(election.id, index))
            .collect();
        assert_eq!(found.len(), count as usize);
        assert_eq!(found, singly);
        let last = BallotRegister::ballots(election.id, count - 1);
        assert_eq!(last[0].record.account, voter(1));
        assert_eq!(BallotRegister::ballots(election.id, u32::MAX), vec![]);
    });
}

#[test]
fn decryption_is_followed_to_the_result() {
    build_and_execute(|| {
        let election = voted();
        let row = |district, ballots, decryption, shares| DistrictDecryption {
            district,
            ballots,
            decryption,
            shares,
        };
        assert_eq!(
            decryptions(&election),
            [(NORTH, 2), (SOUTH, 1), (EMPTY, 0)].map(|(district, ballots)| row(
                district,
                ballots,
                Decryption::Voting,
                0
            ))
        );
        assert_eq!(by_trustee(&election), vec![]);
        assert_eq!(
            BallotRegister::invalid_ballots(election.id),
            Some(InvalidBallots {
                superseded: 1,
                withheld: 0
            })
        );

        election.close();
        let mut wrong = election.shares(2, 1);
        wrong[0] = wrong[1];
        assert_ok!(election.submit(2, 1, wrong));
        assert_ok!(election.submit(3, 1, election.shares(3, 1)));
        let others = [
            row(SOUTH, 1, Decryption::Withheld, 0),
            row(EMPTY, 0, Decryption::Counted, 0),
        ];
        let expected = [&[row(NORTH, 2, Decryption::Awaiting, 1)][..], &others].concat();
        assert_eq!(decryptions(&election), expected);
        let trustees = [(1, 0, 0), (2, 0, 1), (3, 1, 0)];
        assert_eq!(
            by_trustee(&election),
            trustees.map(|(trustee, accepted, invalid)| TrusteeDecryption {
                trustee: TrusteeIndex(trustee),
                accepted,
                invalid,
            })
        );

        assert_ok!(election.submit(1, 1, election.shares(1, 1)));
        assert!(BallotRegister::result(election.id).is_some());
        let expected = [&[row(NORTH, 2, Decryption::Counted, 2)][..], &others].concat();
        assert_eq!(decryptions(&election), expected);
        assert_eq!(
            BallotRegister::invalid_ballots(election.id),
            Some(InvalidBallots {
                superseded: 1,
                withheld: 1
            })
        );
    });
}

#[test]
fn an_election_that_there_is_not_has_no_answers() {
    build_and_execute(|| {
        let none = ElectionId(1);
        assert_eq!(BallotRegister::encryption_settings(none), None);
        assert_eq!(Elections::ballot_configuration(none), None);
        assert_eq!(BallotRegister::voting_state(none), None);
        assert_eq!(BallotRegister::registered_voters(none, None), None);
        assert_eq!(BallotRegister::issued_ballots(none, None), None);
        assert_eq!(BallotRegister::stored_ballots(none, None), None);
        assert_eq!(BallotRegister::ballots(none, 0), vec![]);
        assert_eq!(BallotRegister::decryption_statistics(none), None);
        assert_eq!(BallotRegister::invalid_ballots(none), None);
    });
}
