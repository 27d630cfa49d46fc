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
mod tests;
