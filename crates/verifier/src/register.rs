//! The voter register: numbers that take part, and numbers that credentials were issued to.

use std::collections::BTreeMap;

use psephos_primitives::{
    limits::{CHANGE_INTERVAL, MAX_BALLOTS_PER_DISTRICT},
    register::{DistrictCounts, Participation, VoterRecord},
    wire::VoterRegisterCall,
    BlockNumber, DistrictId, Manifest, Phase, RegistrarIndex, VoterNumber,
};

/// The register of one election (PSE-AUD-11).
#[derive(Clone)]
pub(crate) struct Register {
    voters: BTreeMap<VoterNumber, VoterRecord>,
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

/// Records as they will be if the whole call stands.
type Draft = BTreeMap<VoterNumber, VoterRecord>;

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
        let mut joining = BTreeMap::<DistrictId, u32>::new();
        for Participation { voter, district } in voters {
            let counts = self.counts.get(district).ok_or(Ineffective)?;
            let mut record = self.drafted(&draft, *voter).unwrap_or(VoterRecord {
                district: *district,
                recorded_by: 0,
                participating: false,
                issued_by: 0,
                issued: false,
                changed: 0,
            });
            check(record.recorded_by & bit(registrar) == 0)?;
            // While a registrar stands behind the voter, others must name the same district.
            check(record.recorded_by == 0 || record.district == *district)?;
            record.district = *district;
            record.recorded_by |= bit(registrar);
            let before = record.participating;
            settle(circumstances, &mut record)?;
            if record.participating && !before {
                // More a tally cannot count.
                let joining = joining.entry(*district).or_default();
                *joining += 1;
                check(counts.participating + *joining <= MAX_BALLOTS_PER_DISTRICT)?;
            }
            draft.insert(*voter, record);
        }
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
        let mut record = *self.voters.get(&voter).ok_or(Ineffective)?;
        check(record.recorded_by & bit(registrar) != 0)?;
        record.recorded_by &= !bit(registrar);
        settle(circumstances, &mut record)?;
        self.store(Draft::from([(voter, record)]));
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
            let mut record = self.drafted(&draft, *voter).ok_or(Ineffective)?;
            check(record.participating && record.issued_by & bit(registrar) == 0)?;
            // Signatures beyond a quorum, of several voters, could make a further credential.
            check(!record.issued)?;
            record.issued_by |= bit(registrar);
            record.issued = record.issued_by.count_ones() >= quorum;
            draft.insert(*voter, record);
        }
        self.store(draft);
        Ok(())
    }

    fn drafted(&self, draft: &Draft, voter: VoterNumber) -> Option<VoterRecord> {
        draft
            .get(&voter)
            .or_else(|| self.voters.get(&voter))
            .copied()
    }

    /// Writes records and moves the counts along with them.
    fn store(&mut self, draft: Draft) {
        for (voter, record) in draft {
            if let Some(earlier) = self.voters.insert(voter, record) {
                if let Some(counts) = self.counts.get_mut(&earlier.district) {
                    counts.participating -= u32::from(earlier.participating);
                    counts.issued -= u32::from(earlier.issued);
                }
            }
            if let Some(counts) = self.counts.get_mut(&record.district) {
                counts.participating += u32::from(record.participating);
                counts.issued += u32::from(record.issued);
            }
        }
    }
}

/// What follows from a change of who stands behind a voter: at most one change within the interval.
fn settle(circumstances: &Circumstances<'_>, record: &mut VoterRecord) -> Result<(), Ineffective> {
    let quorum = u32::from(circumstances.manifest.quorum);
    let participates = record.recorded_by.count_ones() >= quorum;
    if participates != record.participating {
        let due = record.changed.saturating_add(CHANGE_INTERVAL);
        check(record.changed == 0 || circumstances.now >= due)?;
        record.participating = participates;
        record.changed = circumstances.now;
    }
    Ok(())
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
    const VOTER: VoterNumber = VoterNumber(7);

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
            districts: vec![district(HERE), district(THERE)]
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
            self.participate_of(VOTER, registrar, now, district)
        }

        fn participate_of(
            &mut self,
            voter: VoterNumber,
            registrar: u8,
            now: BlockNumber,
            district: DistrictId,
        ) -> u64 {
            let voters = vec![Participation { voter, district }];
            let voters = voters.try_into().expect("one");
            self.call(
                registrar,
                now,
                &VoterRegisterCall::Participate {
                    election: ElectionId(1),
                    voters,
                },
            )
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
    fn others_name_the_same_district() {
        let mut case = Case::new(2, 2);
        assert_eq!(case.participate(0, 10, DistrictId(3)), 0);
        assert_eq!(case.participate(0, 10, HERE), 1);
        assert_eq!(case.participate(0, 10, HERE), 0, "once is enough");
        assert_eq!(case.participate(1, 10, THERE), 0);
        assert_eq!(case.participate(1, 10, DistrictId(3)), 0);
        assert_eq!(case.participate(1, 10, HERE), 1);
        assert_eq!(case.participating(HERE), 1);
    }

    #[test]
    fn a_district_has_as_many_voters_as_a_tally_can_count() {
        let mut case = Case::new(1, 1);
        let places = |case: &mut Case, places| {
            let counts = case.register.counts.get_mut(&HERE).expect("exists");
            counts.participating = MAX_BALLOTS_PER_DISTRICT - places;
        };
        let voters = |numbers: &[u64]| VoterRegisterCall::Participate {
            election: ElectionId(1),
            voters: numbers
                .iter()
                .map(|number| Participation {
                    voter: VoterNumber(*number),
                    district: HERE,
                })
                .collect::<Vec<_>>()
                .try_into()
                .expect("few"),
        };
        places(&mut case, 1);
        // All of a list or none; another district has room of its own.
        assert_eq!(case.call(0, 10, &voters(&[1, 2])), 0);
        assert_eq!(case.participating(HERE), MAX_BALLOTS_PER_DISTRICT - 1);
        assert_eq!(case.call(0, 10, &voters(&[1])), 1);
        assert_eq!(case.call(0, 10, &voters(&[2])), 0);
        assert_eq!(case.participate(0, 10, THERE), 1);
        assert_eq!(case.participating(HERE), MAX_BALLOTS_PER_DISTRICT);
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
        const OTHER: VoterNumber = VoterNumber(8);
        let mut case = Case::new(3, 2);
        for registrar in [0, 1] {
            for voter in [VOTER, OTHER] {
                assert_eq!(case.participate_of(voter, registrar, 10, HERE), 1);
            }
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
