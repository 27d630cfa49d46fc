use super::*;
use psephos_primitives::{AccountId, BlockRange, ElectionId, Registrar, RevotePolicy, Text};

const HERE: DistrictId = DistrictId(1);
const THERE: DistrictId = DistrictId(2);
const ELSEWHERE: DistrictId = DistrictId(3);
const NOWHERE: DistrictId = DistrictId(4);
const VOTER: VoterNumber = VoterNumber(7);
const OTHER: VoterNumber = VoterNumber(8);
const DAY_2: BlockNumber = 10 + CHANGE_INTERVAL;
const DAY_3: BlockNumber = DAY_2 + CHANGE_INTERVAL;

fn manifest(registrars: u8, quorum: u8) -> Manifest {
    let text = |text| Text::new(text).expect("is a text");
    let registrars = (0..registrars).map(|index| Registrar {
        name: text("Registrar"),
        account: AccountId::new([index; 32]),
        keys: Default::default(),
    });
    let district = |id| psephos_primitives::District {
        id,
        name: text("District"),
        contests: Default::default(),
    };
    Manifest {
        title: text("Election"),
        districts: vec![district(HERE), district(THERE), district(ELSEWHERE)]
            .try_into()
            .expect("few"),
        trustees: Default::default(),
        threshold: 1,
        registrars: registrars.collect::<Vec<_>>().try_into().expect("few"),
        quorum,
        registration: BlockRange {
            start: 10,
            end: 200_000,
        },
        voting: BlockRange {
            start: 200_000,
            end: 300_000,
        },
        ceremony_stage: 1,
        revote: RevotePolicy::Forbidden,
        minimum_ballots: 0,
        relay_delay: 0,
        code_hash: Default::default(),
    }
}

#[derive(Clone)]
struct Case {
    manifest: Manifest,
    register: Register,
}

impl Case {
    fn new(registrars: u8, quorum: u8) -> Self {
        let manifest = manifest(registrars, quorum);
        Self {
            register: Register::new(&manifest),
            manifest,
        }
    }

    /// Says how many records took effect.
    fn call(&mut self, registrar: u8, now: BlockNumber, call: &VoterRegisterCall) -> u64 {
        let phase = if now < self.manifest.voting.start {
            Phase::Registration
        } else {
            Phase::Voting
        };
        let circumstances = Circumstances {
            manifest: &self.manifest,
            phase,
            now,
        };
        self.register
            .dispatch(&circumstances, RegistrarIndex(registrar), call)
    }

    fn participate(&mut self, registrar: u8, now: BlockNumber, district: DistrictId) -> u64 {
        self.participate_all(registrar, now, &[(VOTER, district)])
    }

    fn participate_all(
        &mut self,
        registrar: u8,
        now: BlockNumber,
        voters: &[(VoterNumber, DistrictId)],
    ) -> u64 {
        let voters = voters.iter().map(|(voter, district)| Participation {
            voter: *voter,
            district: *district,
        });
        let call = VoterRegisterCall::Participate {
            election: ElectionId(1),
            voters: voters.collect::<Vec<_>>().try_into().expect("few"),
        };
        self.call(registrar, now, &call)
    }

    fn withdraw(&mut self, registrar: u8, now: BlockNumber) -> u64 {
        let call = VoterRegisterCall::Withdraw {
            election: ElectionId(1),
            voter: VOTER,
        };
        self.call(registrar, now, &call)
    }

    fn issue(&mut self, registrar: u8) -> u64 {
        self.issue_to(VOTER, registrar)
    }

    fn issue_to(&mut self, voter: VoterNumber, registrar: u8) -> u64 {
        let voters = vec![voter].try_into().expect("one");
        self.call(
            registrar,
            200_000,
            &VoterRegisterCall::Issue {
                election: ElectionId(1),
                voters,
            },
        )
    }

    fn participating(&self, district: DistrictId) -> u32 {
        self.register
            .counts(district)
            .expect("exists")
            .participating
    }

    /// As if so many voters took part in the district.
    fn set_participating(&mut self, district: DistrictId, participating: u32) {
        let counts = self.register.counts.get_mut(&district).expect("exists");
        counts.participating = participating;
    }

    /// The voter's districts, the record's first, each with who stands behind the voter there.
    fn supports(&self) -> Vec<(DistrictId, u8)> {
        let supports = self.register.known(VOTER).supports;
        supports
            .into_iter()
            .map(|support| (support.district, support.registrars))
            .collect()
    }

    fn takes_part(&self) -> bool {
        self.register.takes_part(VOTER)
    }
}

#[test]
fn registration_has_a_beginning() {
    let mut case = Case::new(1, 1);
    assert_eq!(case.participate(0, 9, HERE), 0);
    let cancelled = Circumstances {
        manifest: &case.manifest,
        phase: Phase::Cancelled,
        now: 10,
    };
    let voters = vec![Participation {
        voter: VOTER,
        district: HERE,
    }];
    let call = VoterRegisterCall::Participate {
        election: ElectionId(1),
        voters: voters.try_into().expect("one"),
    };
    let records = case.register.dispatch(&cancelled, RegistrarIndex(0), &call);
    assert_eq!(records, 0);
    assert_eq!(case.participate(0, 10, HERE), 1);
    assert_eq!(case.participating(HERE), 1);
}

#[test]
fn a_voter_changes_once_a_day() {
    let mut case = Case::new(1, 1);
    assert_eq!(case.participate(0, 10, HERE), 1);
    assert_eq!(case.withdraw(0, 10 + CHANGE_INTERVAL - 1), 0);
    assert_eq!(case.withdraw(0, 10 + CHANGE_INTERVAL), 1);
    assert_eq!(case.participating(HERE), 0);
    // Back, and elsewhere.
    assert_eq!(case.participate(0, 11 + CHANGE_INTERVAL, THERE), 0);
    assert_eq!(case.participate(0, 10 + 2 * CHANGE_INTERVAL, THERE), 1);
    assert_eq!(
        (case.participating(HERE), case.participating(THERE)),
        (0, 1)
    );
}

#[test]
fn whoever_has_not_recorded_a_voter_cannot_withdraw_it() {
    let mut case = Case::new(2, 1);
    assert_eq!(case.participate(0, 10, HERE), 1);
    assert_eq!(case.withdraw(1, 10 + CHANGE_INTERVAL), 0);
}

#[test]
fn districts_are_the_elections() {
    let mut case = Case::new(2, 2);
    assert_eq!(case.participate(0, 10, NOWHERE), 0);
    assert_eq!(case.participate(0, 10, HERE), 1);
    assert_eq!(case.participate(0, 10, HERE), 0, "once is enough");
    assert_eq!(case.participate(1, 10, NOWHERE), 0);
    assert_eq!(case.participate(1, 10, HERE), 1);
    assert_eq!(case.participating(HERE), 1);
}

#[test]
fn a_voter_stands_in_a_list_once() {
    let mut case = Case::new(2, 2);
    for again in [HERE, THERE] {
        let voters = [(OTHER, HERE), (VOTER, HERE), (VOTER, again)];
        assert_eq!(case.participate_all(0, 10, &voters), 0);
    }
    assert!(case.register.voters.is_empty());
}

#[test]
fn a_registrar_who_names_a_wrong_district_first_keeps_nobody_out() {
    let mut case = Case::new(3, 2);
    let all_in = |district| [(VOTER, district), (OTHER, district)];
    assert_eq!(case.participate_all(2, 10, &all_in(THERE)), 2);
    assert_eq!(case.participate_all(0, 10, &all_in(HERE)), 2);
    assert_eq!(case.supports(), [(THERE, 0b100), (HERE, 0b001)]);
    assert!(!case.takes_part());
    assert_eq!(case.participate_all(1, 10, &all_in(HERE)), 2);
    assert_eq!(case.supports(), [(HERE, 0b011), (THERE, 0b100)]);
    assert_eq!(
        (case.participating(HERE), case.participating(THERE)),
        (2, 0)
    );
}

#[test]
fn a_registrar_names_one_district_and_takes_that_back() {
    let mut case = Case::new(3, 2);
    assert_eq!(case.participate(0, 10, HERE), 1);
    assert_eq!(case.participate(2, 10, THERE), 1);
    for district in [HERE, THERE, ELSEWHERE] {
        assert_eq!(case.participate(2, 10, district), 0);
    }
    assert_eq!(case.withdraw(1, 10), 0);
    assert_eq!(case.withdraw(2, 10), 1);
    assert_eq!(case.supports(), [(HERE, 0b001)]);
    assert_eq!(case.participate(2, 10, HERE), 1);
    assert_eq!(case.supports(), [(HERE, 0b101)]);
    assert!(case.takes_part());
}

#[test]
fn a_dissent_takes_the_place_of_a_record_that_nobody_stands_behind() {
    let mut case = Case::new(3, 2);
    assert_eq!(case.participate(0, 10, HERE), 1);
    assert_eq!(case.participate(1, 10, THERE), 1);
    assert_eq!(case.withdraw(0, 10), 1);
    assert_eq!(case.supports(), [(THERE, 0b010)]);
    assert!(!case.takes_part());
    assert_eq!(case.withdraw(1, 10), 1);
    assert!(case.register.voters.is_empty(), "nothing is kept");
}

/// Registrars 0 and 1 of five are a quorum here, 2 and 3 there.
fn two_quorums() -> Case {
    let mut case = Case::new(5, 2);
    for (registrar, district) in [(0, HERE), (2, THERE), (1, HERE), (3, THERE)] {
        assert_eq!(case.participate(registrar, 10, district), 1);
    }
    assert_eq!(case.supports(), [(HERE, 0b00011), (THERE, 0b01100)]);
    assert!(case.takes_part());
    case
}

#[test]
fn who_takes_part_keeps_their_district_and_changes_once_a_day() {
    let mut case = two_quorums();
    assert_eq!(case.withdraw(0, DAY_2), 1);
    assert_eq!(case.supports(), [(HERE, 0b00010), (THERE, 0b01100)]);
    assert!(!case.takes_part());
    assert_eq!(case.participate(4, DAY_3 - 1, THERE), 0);
    assert_eq!(case.participate(4, DAY_3, THERE), 1);
    assert_eq!(case.supports(), [(THERE, 0b11100), (HERE, 0b00010)]);
    assert!(case.takes_part());
    assert_eq!(
        (case.participating(HERE), case.participating(THERE)),
        (0, 1)
    );
}

/// Even where nobody stands behind the voter there any more.
#[test]
fn another_quorum_counts_from_the_call_after_the_one_that_takes_a_voter_out() {
    let mut case = Case::new(3, 1);
    assert_eq!(case.participate(0, 10, HERE), 1);
    assert_eq!(case.participate(1, 10, THERE), 1);
    assert_eq!(case.withdraw(0, DAY_2), 1);
    assert_eq!(case.supports(), [(HERE, 0), (THERE, 0b010)]);
    assert!(!case.takes_part());
    // Of two quorums the record's comes first.
    let mut back = case.clone();
    assert_eq!(back.participate(2, DAY_3, HERE), 1);
    assert_eq!(back.supports(), [(HERE, 0b100), (THERE, 0b010)]);
    assert_eq!(case.participate(2, DAY_3, ELSEWHERE), 1);
    assert_eq!(case.supports(), [(THERE, 0b010), (ELSEWHERE, 0b100)]);
    assert!(case.takes_part() && back.takes_part());
}

/// Which of two quorums comes first hangs on it.
#[test]
fn the_record_and_a_dissent_change_places() {
    let mut case = Case::new(6, 2);
    for (registrar, district) in [(0, HERE), (1, THERE), (2, ELSEWHERE), (3, ELSEWHERE)] {
        assert_eq!(case.participate(registrar, 10, district), 1);
    }
    assert_eq!(
        case.supports(),
        [(ELSEWHERE, 0b001100), (THERE, 0b000010), (HERE, 0b000001)]
    );
    assert_eq!(case.participate(4, 10, HERE), 1);
    assert_eq!(case.participate(5, 10, THERE), 1);
    assert_eq!(case.withdraw(2, DAY_2), 1);
    assert_eq!(case.withdraw(3, DAY_3), 1);
    assert_eq!(case.supports(), [(THERE, 0b100010), (HERE, 0b010001)]);
    assert!(case.takes_part());
}

#[test]
fn a_district_has_as_many_voters_as_a_tally_can_count() {
    let mut case = Case::new(1, 1);
    let voters = |numbers: &[u64]| -> Vec<_> {
        let numbers = numbers.iter().copied().map(VoterNumber);
        numbers.map(|voter| (voter, HERE)).collect()
    };
    case.set_participating(HERE, MAX_BALLOTS_PER_DISTRICT - 1);
    // All of a list or none; another district has room of its own.
    assert_eq!(case.participate_all(0, 10, &voters(&[1, 2])), 0);
    assert_eq!(case.participating(HERE), MAX_BALLOTS_PER_DISTRICT - 1);
    assert_eq!(case.participate_all(0, 10, &voters(&[1])), 1);
    assert_eq!(case.participate_all(0, 10, &voters(&[2])), 0);
    assert_eq!(case.participate(0, 10, THERE), 1);
    assert_eq!(case.participating(HERE), MAX_BALLOTS_PER_DISTRICT);
}

/// A voter's record is written anew with each message, and counted once.
#[test]
fn an_issue_stays_one_whatever_is_recorded_later() {
    let mut case = Case::new(4, 2);
    for registrar in 0..2 {
        assert_eq!(case.participate(registrar, 10, HERE), 1);
    }
    for registrar in 0..2 {
        assert_eq!(case.issue(registrar), 1);
    }
    assert_eq!(case.register.counts(HERE).expect("exists").issued, 1);
    assert_eq!(case.participate(2, 10, HERE), 1);
    assert_eq!(case.register.counts(HERE).expect("exists").issued, 1);
    assert_eq!(case.participating(HERE), 1);
}

/// Whoever takes part already needs no room.
#[test]
fn a_full_district_takes_another_registrars_record_of_a_participant() {
    let mut case = Case::new(3, 2);
    assert_eq!(case.participate(0, 10, HERE), 1);
    assert_eq!(case.participate(1, 10, HERE), 1);
    assert!(case.takes_part());
    case.set_participating(HERE, MAX_BALLOTS_PER_DISTRICT);
    assert_eq!(case.participate(2, 10, HERE), 1);
    assert_eq!(case.supports(), [(HERE, 0b111)]);
}

/// A withdrawal that leaves the field to another quorum is a joining, too.
#[test]
fn a_full_district_is_full_however_one_joins() {
    let mut case = two_quorums();
    assert_eq!(case.withdraw(0, DAY_2), 1);
    case.set_participating(THERE, MAX_BALLOTS_PER_DISTRICT);
    assert_eq!(case.withdraw(1, DAY_3), 0);
    let voters = [(OTHER, HERE), (VOTER, THERE)];
    assert_eq!(case.participate_all(4, DAY_3, &voters), 0);
    // It is not the district that is named, but the one to join.
    assert_eq!(case.participate(4, DAY_3, ELSEWHERE), 0);
    assert_eq!(case.supports(), [(HERE, 0b00010), (THERE, 0b01100)]);
    assert!(!case.register.voters.contains_key(&OTHER));
    case.set_participating(THERE, 0);
    case.set_participating(HERE, MAX_BALLOTS_PER_DISTRICT);
    assert_eq!(case.withdraw(1, DAY_3), 1);
    assert_eq!(case.supports(), [(THERE, 0b01100)]);
    assert!(case.takes_part());
    assert_eq!(case.participating(THERE), 1);
}

#[test]
fn so_many_registrars_issue_that_there_is_one_credential() {
    let mut case = Case::new(5, 2);
    assert_eq!(case.participate(0, 10, HERE), 1);
    assert_eq!(case.issue(0), 0, "one of two registrars is no quorum");
    assert_eq!(case.participate(1, 10, HERE), 1);
    let issues: Vec<u64> = (0..5).map(|registrar| case.issue(registrar)).collect();
    assert_eq!(issues, [1, 1, 0, 0, 0]);
    assert_eq!(case.register.issued(HERE), 1);
}

/// Of three signatures for each, two voters could make a third credential together.
#[test]
fn two_voters_have_as_many_signatures_as_make_two_credentials() {
    let mut case = Case::new(3, 2);
    for registrar in [0, 1] {
        let voters = [(VOTER, HERE), (OTHER, HERE)];
        assert_eq!(case.participate_all(registrar, 10, &voters), 2);
    }
    let wanted = [
        (VOTER, 0),
        (VOTER, 1),
        (VOTER, 2),
        (OTHER, 0),
        (OTHER, 2),
        (OTHER, 1),
    ];
    let issues = wanted.map(|(voter, registrar)| case.issue_to(voter, registrar));
    assert_eq!(issues, [1, 1, 0, 1, 1, 0]);
    assert_eq!(case.register.issued(HERE), 2);
}
