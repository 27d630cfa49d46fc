//! The voter register: numbers that take part, and numbers that credentials were issued to.

use std::collections::BTreeMap;

use psephos_primitives::{
    limits::CHANGE_INTERVAL,
    register::{DistrictCounts, Participation, VoterRecord},
    wire::VoterRegisterCall,
    BlockNumber, DistrictId, Manifest, Phase, RegistrarIndex, VoterNumber,
};

/// The register of one election (PSE-AUD-11).
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
            (district.id, DistrictCounts { district: district.id, ..Default::default() })
        });
        Self { voters: BTreeMap::new(), counts: counts.collect() }
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
            VoterRegisterCall::Participate { voters, .. } => {
                self.participate(circumstances, registrar, voters).map(|()| voters.len())
            }
            VoterRegisterCall::Withdraw { voter, .. } => {
                self.withdraw(circumstances, registrar, *voter).map(|()| 1)
            }
            VoterRegisterCall::Issue { voters, .. } => {
                self.issue(circumstances, registrar, voters).map(|()| voters.len())
            }
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
        check(!voters.is_empty())?;
        let mut draft = Draft::new();
        for Participation { voter, district } in voters {
            check(self.counts.contains_key(district))?;
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
            settle(circumstances, &mut record)?;
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
        check(circumstances.phase == Phase::Voting && !voters.is_empty())?;
        let mut draft = Draft::new();
        for voter in voters {
            let mut record = self.drafted(&draft, *voter).ok_or(Ineffective)?;
            check(record.participating && record.issued_by & bit(registrar) == 0)?;
            record.issued_by |= bit(registrar);
            let issuers = record.issued_by.count_ones();
            // Twice a quorum could make two credentials.
            check(issuers < quorum * 2)?;
            record.issued = issuers >= quorum;
            draft.insert(*voter, record);
        }
        self.store(draft);
        Ok(())
    }

    fn drafted(&self, draft: &Draft, voter: VoterNumber) -> Option<VoterRecord> {
        draft.get(&voter).or_else(|| self.voters.get(&voter)).copied()
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
fn settle(
    circumstances: &Circumstances<'_>,
    record: &mut VoterRecord,
) -> Result<(), Ineffective> {
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
    let open = circumstances.manifest.registration.contains(circumstances.now);
    check(open && circumstances.phase == Phase::Registration)
}
