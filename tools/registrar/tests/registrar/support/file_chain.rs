//! A chain kept in a file: it outlives the process that talks to it, as a real one does.
//!
//! A process can be told to die at a named step of its next call, by SIGKILL as from outside: nothing
//! of it runs on.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, File, OpenOptions},
    iter,
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    sys::signal::{kill, Signal},
    unistd::getpid,
};
use psephos_primitives::{
    limits::CHANGE_INTERVAL,
    register::{DistrictCounts, Participation, Support, VoterRecord},
    tally::ElectionResult,
    BlockNumber, BlockRange, DistrictId, Phase, VoterNumber,
};
use psephos_registrar::chain::{Answer, Chain, ChainError, Registered, Standing};
use serde::{Deserialize, Serialize};

/// Blocks in which voters apply and withdraw.
pub const REGISTRATION: BlockRange = BlockRange {
    start: 1,
    end: 50_000,
};

/// How long the chain takes to finalise.
const FINALITY: Duration = Duration::from_millis(15);

/// The chain's state after its last finalised block.
#[derive(Serialize, Deserialize, Clone, Debug)]
pub struct State {
    /// The last finalised block.
    pub block: BlockNumber,
    /// The election's phase.
    pub phase: Phase,
    /// The register.
    pub voters: BTreeMap<u64, VoterRecord>,
    /// The voters' dissents, of those who have any.
    pub dissents: BTreeMap<u64, Vec<Support>>,
    /// How many registrars are a quorum.
    pub quorum: u8,
    /// Calls that were carried out.
    pub calls: u32,
    /// Calls that were carried out or refused.
    pub attempts: u32,
    /// The attempt that nobody is told the outcome of.
    pub unanswered: Option<u32>,
    /// Voters of whom the chain takes nothing, for reasons of its own.
    pub barred: BTreeSet<u64>,
    /// Calls that the chain will refuse without a reason, as a pool does.
    pub unexplained: u32,
    /// The phase that calls are judged by, where that is not the finalised one.
    pub phase_of_calls: Option<Phase>,
    /// Whether the nodes answer.
    pub reachable: bool,
}

/// The chain. Registrar 0 talks to it.
#[derive(Clone, Debug)]
pub struct FileChain {
    folder: PathBuf,
}

/// Our bit in the register's records.
const BIT: u8 = 1;

impl FileChain {
    /// The chain in this folder, begun if there is none.
    pub fn open(folder: &Path) -> Self {
        let chain = Self {
            folder: folder.into(),
        };
        if !chain.path().exists() {
            let state = State {
                block: 5,
                phase: Phase::Registration,
                voters: BTreeMap::new(),
                dissents: BTreeMap::new(),
                quorum: 1,
                calls: 0,
                attempts: 0,
                unanswered: None,
                barred: BTreeSet::new(),
                unexplained: 0,
                phase_of_calls: None,
                reachable: true,
            };
            chain.write(&state);
        }
        chain
    }

    fn path(&self) -> PathBuf {
        self.folder.join("chain.json")
    }

    fn death_note(&self) -> PathBuf {
        self.folder.join("die-at")
    }

    /// The state now.
    pub fn state(&self) -> State {
        let _lock = self.lock();
        self.read()
    }

    /// Changes the state.
    pub fn change(&self, change: impl FnOnce(&mut State)) {
        let _lock = self.lock();
        let mut state = self.read();
        change(&mut state);
        self.write(&state);
    }

    /// The next process that comes to this step dies there.
    pub fn let_die_at(&self, step: &str) {
        fs::write(self.death_note(), step).expect("writable");
    }

    fn hold_note(&self) -> PathBuf {
        self.folder.join("hold")
    }

    fn held_note(&self) -> PathBuf {
        self.folder.join("held")
    }

    /// Whoever asks where the election stands waits until [`Self::go_on`].
    pub fn hold(&self) {
        fs::write(self.hold_note(), "").expect("writable");
    }

    /// Whether somebody waits.
    pub fn holds_somebody(&self) -> bool {
        self.held_note().exists()
    }

    /// Lets everybody go on.
    pub fn go_on(&self) {
        fs::remove_file(self.hold_note()).expect("was held");
    }

    fn lock(&self) -> File {
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(self.folder.join("chain.lock"))
            .expect("can be opened");
        file.lock().expect("can be locked");
        file
    }

    fn read(&self) -> State {
        let text = fs::read_to_string(self.path()).expect("exists");
        serde_json::from_str(&text).expect("is well-formed")
    }

    fn write(&self, state: &State) {
        let draft = self.folder.join(format!("chain.{}", getpid()));
        let json = serde_json::to_string(state).expect("can be written");
        fs::write(&draft, json).expect("writable");
        fs::rename(&draft, self.path()).expect("can be renamed");
    }

    fn step(&self, step: &str) {
        if fs::read_to_string(self.death_note()).is_ok_and(|note| note == step) {
            fs::remove_file(self.death_note()).expect("can be removed");
            kill(getpid(), Signal::SIGKILL).expect("can be killed");
        }
    }

    /// A call: all of it or nothing, final when it returns.
    async fn call(
        &self,
        name: &str,
        carry_out: impl FnOnce(&mut State) -> Result<(), &'static str> + Send,
    ) -> Result<(), ChainError> {
        self.step(&format!("{name} begins"));
        tokio::time::sleep(FINALITY).await;
        self.attempt(carry_out)?;
        self.step(&format!("{name} is final"));
        Ok(())
    }

    fn attempt(
        &self,
        carry_out: impl FnOnce(&mut State) -> Result<(), &'static str>,
    ) -> Result<(), ChainError> {
        let _lock = self.lock();
        let mut before = self.read();
        reachable(&before)?;
        before.attempts += 1;
        if before.unexplained > 0 {
            before.unexplained -= 1;
            self.write(&before);
            return Err(ChainError::Refused("it cannot be carried out".into()));
        }
        let mut after = before.clone();
        let outcome = carry_out(&mut after).map_err(refusal);
        if outcome.is_ok() {
            after.block += 1;
            after.calls += 1;
            self.write(&after);
        } else {
            self.write(&before);
        }
        if before.unanswered == Some(before.attempts) {
            return Err(ChainError::Unreachable("the answer is lost".into()));
        }
        outcome
    }
}

fn refusal(name: &'static str) -> ChainError {
    let reason = format!("VoterRegister::{name}");
    match name {
        "NotRegistering" | "NotVoting" => ChainError::Untimely(reason),
        _ => ChainError::Refused(reason),
    }
}

fn reachable(state: &State) -> Result<(), ChainError> {
    if state.reachable {
        return Ok(());
    }
    Err(ChainError::Unreachable("the nodes are off".into()))
}

impl State {
    fn is_quorum(&self, registrars: u8) -> bool {
        registrars.count_ones() >= u32::from(self.quorum)
    }

    fn check_registering(&self) -> Result<(), &'static str> {
        let phase = self.phase_of_calls.unwrap_or(self.phase);
        if phase == Phase::Registration && REGISTRATION.contains(self.block) {
            return Ok(());
        }
        Err("NotRegistering")
    }

    /// PSE-REG-2, of the registrar with this bit.
    pub fn stand_behind(
        &mut self,
        registrar: u8,
        voter: VoterNumber,
        district: DistrictId,
    ) -> Result<(), &'static str> {
        let record = self
            .voters
            .get(&voter.get())
            .copied()
            .unwrap_or(VoterRecord {
                district,
                recorded_by: 0,
                participating: false,
                issued_by: 0,
                issued: false,
                changed: 0,
            });
        let mut supports = self.supports(voter, &record);
        if supports.iter().any(|one| one.registrars & registrar != 0) {
            return Err("AlreadyRecorded");
        }
        if self.barred.contains(&voter.get()) {
            return Err("DistrictFull");
        }
        match supports.iter_mut().find(|one| one.district == district) {
            Some(support) => support.registrars |= registrar,
            None => supports.push(Support {
                district,
                registrars: registrar,
            }),
        }
        self.settle_participation(voter, record, supports)
    }

    /// PSE-REG-3
    fn take_back_support(&mut self, voter: VoterNumber) -> Result<(), &'static str> {
        let record = self.voters.get(&voter.get()).copied();
        let record = record.ok_or("UnknownVoter")?;
        let mut supports = self.supports(voter, &record);
        let own = supports.iter_mut().find(|one| one.registrars & BIT != 0);
        own.ok_or("NotRecorded")?.registrars &= !BIT;
        self.settle_participation(voter, record, supports)
    }

    /// The record's district and those of the dissents (PSE-REG-7).
    fn supports(&self, voter: VoterNumber, record: &VoterRecord) -> Vec<Support> {
        let dissents = self.dissents.get(&voter.get()).into_iter().flatten();
        iter::once(record.support())
            .chain(dissents.copied())
            .collect()
    }

    /// PSE-REG-1, PSE-REG-7
    fn settle_participation(
        &mut self,
        voter: VoterNumber,
        mut record: VoterRecord,
        mut supports: Vec<Support>,
    ) -> Result<(), &'static str> {
        if !record.participating {
            let decided = supports
                .iter()
                .position(|one| self.is_quorum(one.registrars));
            let named = supports.iter().position(|one| one.registrars != 0);
            supports.swap(0, decided.or(named).unwrap_or(0));
        }
        let first = supports.remove(0);
        supports.retain(|one| one.registrars != 0);
        (record.district, record.recorded_by) = (first.district, first.registrars);
        let participates = self.is_quorum(record.recorded_by);
        if participates != record.participating {
            if record.changed != 0 && self.block < record.changed + CHANGE_INTERVAL {
                return Err("ChangedTooRecently");
            }
            record.participating = participates;
            record.changed = self.block;
        }
        self.voters.insert(voter.get(), record);
        if supports.is_empty() {
            self.dissents.remove(&voter.get());
        } else {
            self.dissents.insert(voter.get(), supports);
        }
        Ok(())
    }

    /// PSE-REG-4
    fn issue_to(&mut self, voter: VoterNumber) -> Result<(), &'static str> {
        if self.phase_of_calls.unwrap_or(self.phase) != Phase::Voting {
            return Err("NotVoting");
        }
        let record = self.voters.get(&voter.get()).copied();
        let mut record = record.ok_or("UnknownVoter")?;
        if !record.participating {
            return Err("NotParticipating");
        }
        if record.issued_by & BIT != 0 {
            return Err("AlreadyIssued");
        }
        if record.issued || self.barred.contains(&voter.get()) {
            return Err("IssuedByEnough");
        }
        record.issued_by |= BIT;
        record.issued = self.is_quorum(record.issued_by);
        self.voters.insert(voter.get(), record);
        Ok(())
    }
}

impl Chain for FileChain {
    fn standing(&self) -> Answer<'_, Standing> {
        Box::pin(async {
            while self.hold_note().exists() {
                fs::write(self.held_note(), "").expect("writable");
                tokio::time::sleep(FINALITY).await;
            }
            let State { block, phase, .. } = self.state();
            reachable(&self.state())?;
            Ok(Standing { block, phase })
        })
    }

    fn voter(&self, voter: VoterNumber) -> Answer<'_, Option<Registered>> {
        Box::pin(async move {
            let mut state = self.state();
            reachable(&state)?;
            let record = state.voters.get(&voter.get()).copied();
            if record.is_some_and(|record| record.issued) {
                self.step("the issue is looked up");
            }
            let dissents = state.dissents.remove(&voter.get()).unwrap_or_default();
            Ok(record.map(|record| Registered { record, dissents }))
        })
    }

    fn counts(&self) -> Answer<'_, Vec<DistrictCounts>> {
        Box::pin(async {
            let state = self.state();
            let mut counts: BTreeMap<DistrictId, DistrictCounts> = BTreeMap::new();
            for record in state.voters.values() {
                let district = counts.entry(record.district).or_default();
                district.district = record.district;
                district.participating += u32::from(record.participating);
                district.issued += u32::from(record.issued);
            }
            Ok(counts.into_values().collect())
        })
    }

    fn result(&self) -> Answer<'_, Option<ElectionResult>> {
        Box::pin(async { Ok(None) })
    }

    fn participate(&self, voters: Vec<Participation>) -> Answer<'_, ()> {
        Box::pin(self.call("participation", move |state| {
            state.check_registering()?;
            voters
                .iter()
                .try_for_each(|voter| state.stand_behind(BIT, voter.voter, voter.district))
        }))
    }

    fn withdraw(&self, voter: VoterNumber) -> Answer<'_, ()> {
        Box::pin(self.call("withdrawal", move |state| {
            state.check_registering()?;
            state.take_back_support(voter)
        }))
    }

    fn issue(&self, voters: Vec<VoterNumber>) -> Answer<'_, ()> {
        Box::pin(self.call("issue", move |state| {
            voters.iter().try_for_each(|voter| state.issue_to(*voter))
        }))
    }
}
