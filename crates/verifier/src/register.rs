//! The voter register: numbers that take part, and numbers that credentials were issued to.

use std::collections::BTreeMap;

use psephos_primitives::{
    limits::{CHANGE_INTERVAL, MAX_BALLOTS_PER_DISTRICT},
    register::{DistrictCounts, Participation, Support},
    wire::VoterRegisterCall,
    BlockNumber, DistrictId, Manifest, Phase, RegistrarIndex, VoterNumber,
};

/// The register of one election (PSE-AUD-11).
#[derive(Clone)]
pub(crate) struct Register {
    voters: BTreeMap<VoterNumber, Voter>,
    counts: BTreeMap<DistrictId, DistrictCounts>,
}

/// Under which circumstances a registrar's record stands.
pub(crate) struct Circumstances<'a> {
    pub manifest: &'a Manifest,
    pub phase: Phase,
    pub now: BlockNumber,
}

impl Register {
    pub fn new(manifest: &Manifest) -> Self {
        let counts = manifest.districts.iter().map(|district| {
            (
                district.id,
                DistrictCounts {
                    district: district.id,
                    ..Default::default()
                },
            )
        });
        Self {
            voters: BTreeMap::new(),
            counts: counts.collect(),
        }
    }

    /// Credentials issued in the district.
    pub fn issued(&self, district: DistrictId) -> u32 {
        self.counts.get(&district).map_or(0, |counts| counts.issued)
    }

    /// The counts of the district, but for the ballots.
    pub fn counts(&self, district: DistrictId) -> Option<DistrictCounts> {
        self.counts.get(&district).copied()
    }

    /// Carries out a registrar's call, all of it or nothing; says how many records it holds.
    pub fn dispatch(
        &mut self,
        circumstances: &Circumstances<'_>,
        registrar: RegistrarIndex,
        call: &VoterRegisterCall,
    ) -> u64 {
        let records = match call {
            VoterRegisterCall::Participate { voters, .. } => self
                .participate(circumstances, registrar, voters)
                .map(|()| voters.len()),
            VoterRegisterCall::Withdraw { voter, .. } => {
                self.withdraw(circumstances, registrar, *voter).map(|()| 1)
            }
            VoterRegisterCall::Issue { voters, .. } => self
                .issue(circumstances, registrar, voters)
                .map(|()| voters.len()),
        };
        records.unwrap_or_default() as u64
    }
}

/// A call that the rules make fail: it has no effect.
#[derive(PartialEq, Eq, Debug)]
struct Ineffective;

/// What is known of a voter. Registrars stand as bits, registrar 0 lowest.
#[derive(Clone, Default)]
struct Voter {
    /// The districts that registrars have named: the record's first, then the dissents (PSE-REG-7).
    supports: Vec<Support>,
    participating: bool,
    issued_by: u8,
    issued: bool,
    /// The block of the last change; 0 before the first.
    changed: BlockNumber,
}

impl Voter {
    /// Where the voter votes, if they may.
    fn district(&self) -> Option<DistrictId> {
        self.supports.first().map(|support| support.district)
    }

    /// Whether there is anything to keep: nothing is of who never took part and has nobody behind them.
    fn is_known(&self) -> bool {
        self.changed != 0 || self.supports.iter().any(has_anybody)
    }

    /// What a registrar has said of the voter.
    fn support_of(&mut self, registrar: RegistrarIndex) -> Option<&mut Support> {
        self.supports
            .iter_mut()
            .find(|support| support.registrars & bit(registrar) != 0)
    }

    /// A registrar stands behind the voter's taking part in this district, and did in none.
    fn stand_behind(
        &mut self,
        registrar: RegistrarIndex,
        district: DistrictId,
    ) -> Result<(), Ineffective> {
        check(self.support_of(registrar).is_none())?;
        let named = self
            .supports
            .iter_mut()
            .find(|support| support.district == district);
        match named {
            Some(support) => support.registrars |= bit(registrar),
            None => self.supports.push(Support {
                district,
                registrars: bit(registrar),
            }),
        }
        Ok(())
    }

    /// A registrar no longer stands behind the voter, in whichever district it did.
    fn stand_down(&mut self, registrar: RegistrarIndex) -> Result<(), Ineffective> {
        let support = self.support_of(registrar).ok_or(Ineffective)?;
        support.registrars &= !bit(registrar);
        Ok(())
    }

    /// What follows from a change of who stands behind the voter (PSE-REG-1, PSE-REG-7).
    fn settle(&mut self, circumstances: &Circumstances<'_>) -> Result<(), Ineffective> {
        let quorum = u32::from(circumstances.manifest.quorum);
        let is_quorum = |support: &Support| support.registrars.count_ones() >= quorum;
        // The district of a voter who took part until now is none that others have named.
        if !self.participating {
            self.decide(is_quorum);
        }
        self.drop_abandoned();
        let participates = self.supports.first().is_some_and(is_quorum);
        self.change(participates, circumstances.now)
    }

    /// Puts first the district that a quorum stands behind, or else one that anybody does.
    fn decide(&mut self, is_quorum: impl Fn(&Support) -> bool) {
        let decided = self
            .supports
            .iter()
            .position(is_quorum)
            .or_else(|| self.supports.iter().position(has_anybody));
        if let Some(place) = decided {
            self.supports.swap(0, place);
        }
    }

    /// Forgets dissents that nobody stands behind. The record keeps its district.
    fn drop_abandoned(&mut self) {
        let district = self.district();
        self.supports
            .retain(|support| has_anybody(support) || Some(support.district) == district);
    }

    /// Whether the voter takes part from now on: at most one change within the interval.
    fn change(&mut self, participates: bool, now: BlockNumber) -> Result<(), Ineffective> {
        if participates != self.participating {
            let due = self.changed.saturating_add(CHANGE_INTERVAL);
            check(self.changed == 0 || now >= due)?;
            self.participating = participates;
            self.changed = now;
        }
        Ok(())
    }
}

/// Voters as they will be if the whole call stands.
type Draft = BTreeMap<VoterNumber, Voter>;

impl Register {
    /// A registrar stands behind voters' taking part; at a quorum they do.
    fn participate(
        &mut self,
        circumstances: &Circumstances<'_>,
        registrar: RegistrarIndex,
        voters: &[Participation],
    ) -> Result<(), Ineffective> {
        check_registration(circumstances)?;
        let mut draft = Draft::new();
        for Participation { voter, district } in voters {
            check(self.counts.contains_key(district))?;
            let mut drafted = self.drafted(&draft, *voter);
            drafted.stand_behind(registrar, *district)?;
            drafted.settle(circumstances)?;
            draft.insert(*voter, drafted);
        }
        self.check_room(&draft)?;
        self.store(draft);
        Ok(())
    }

    /// A registrar no longer stands behind a voter's taking part; below a quorum the voter is out.
    fn withdraw(
        &mut self,
        circumstances: &Circumstances<'_>,
        registrar: RegistrarIndex,
        voter: VoterNumber,
    ) -> Result<(), Ineffective> {
        check_registration(circumstances)?;
        let mut drafted = self.known(voter);
        drafted.stand_down(registrar)?;
        drafted.settle(circumstances)?;
        let draft = Draft::from([(voter, drafted)]);
        // What leaves the field to another quorum lets the voter join that one's district.
        self.check_room(&draft)?;
        self.store(draft);
        Ok(())
    }

    /// A registrar records that it issues credentials; at a quorum they are issued.
    fn issue(
        &mut self,
        circumstances: &Circumstances<'_>,
        registrar: RegistrarIndex,
        voters: &[VoterNumber],
    ) -> Result<(), Ineffective> {
        let quorum = u32::from(circumstances.manifest.quorum);
        check(circumstances.phase == Phase::Voting)?;
        let mut draft = Draft::new();
        for voter in voters {
            let mut drafted = self.drafted(&draft, *voter);
            check(drafted.participating && drafted.issued_by & bit(registrar) == 0)?;
            // Signatures beyond a quorum, of several voters, could make a further credential.
            check(!drafted.issued)?;
            drafted.issued_by |= bit(registrar);
            drafted.issued = drafted.issued_by.count_ones() >= quorum;
            draft.insert(*voter, drafted);
        }
        self.store(draft);
        Ok(())
    }

    /// The voter as stored. Of one who is not, nothing is known.
    fn known(&self, voter: VoterNumber) -> Voter {
        self.voters.get(&voter).cloned().unwrap_or_default()
    }

    /// The voter as the call has left them so far.
    fn drafted(&self, draft: &Draft, voter: VoterNumber) -> Voter {
        draft
            .get(&voter)
            .cloned()
            .unwrap_or_else(|| self.known(voter))
    }

    fn takes_part(&self, voter: VoterNumber) -> bool {
        self.voters
            .get(&voter)
            .is_some_and(|voter| voter.participating)
    }

    /// Whether the districts have room for all who join: more a tally cannot count (PSE-REG-2).
    fn check_room(&self, draft: &Draft) -> Result<(), Ineffective> {
        let mut taking_part = BTreeMap::new();
        let joining = draft
            .iter()
            .filter(|(number, voter)| voter.participating && !self.takes_part(**number));
        for (_, voter) in joining {
            let counts = self.counts_of(voter).ok_or(Ineffective)?;
            let there = taking_part
                .entry(counts.district)
                .or_insert(counts.participating);
            *there += 1;
            check(*there <= MAX_BALLOTS_PER_DISTRICT)?;
        }
        Ok(())
    }

    /// Writes voters and moves the counts along with them.
    fn store(&mut self, draft: Draft) {
        for (number, voter) in draft {
            if let Some(earlier) = self.voters.remove(&number) {
                if let Some(counts) = self.counts_of_mut(&earlier) {
                    counts.participating -= u32::from(earlier.participating);
                    counts.issued -= u32::from(earlier.issued);
                }
            }
            if let Some(counts) = self.counts_of_mut(&voter) {
                counts.participating += u32::from(voter.participating);
                counts.issued += u32::from(voter.issued);
            }
            if voter.is_known() {
                self.voters.insert(number, voter);
            }
        }
    }

    /// The counts of the voter's district.
    fn counts_of(&self, voter: &Voter) -> Option<&DistrictCounts> {
        self.counts.get(&voter.district()?)
    }

    fn counts_of_mut(&mut self, voter: &Voter) -> Option<&mut DistrictCounts> {
        self.counts.get_mut(&voter.district()?)
    }
}

fn has_anybody(support: &Support) -> bool {
    support.registrars != 0
}

fn bit(registrar: RegistrarIndex) -> u8 {
    1u8.checked_shl(registrar.get().into()).unwrap_or_default()
}

fn check(condition: bool) -> Result<(), Ineffective> {
    condition.then_some(()).ok_or(Ineffective)
}

fn check_registration(circumstances: &Circumstances<'_>) -> Result<(), Ineffective> {
    let open = circumstances
        .manifest
        .registration
        .contains(circumstances.now);
    check(open && circumstances.phase == Phase::Registration)
}

#[cfg(test)]
mod tests {
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
}
