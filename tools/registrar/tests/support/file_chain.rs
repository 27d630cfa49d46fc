//! A chain kept in a file: it outlives the process that talks to it, as a real one does.
//!
//! A process can be told to die at a named step of its next call, by SIGKILL as from outside: nothing
//! of it runs on.

use std::{
    collections::BTreeMap,
    fs::{self, File, OpenOptions},
    path::{Path, PathBuf},
    time::Duration,
};

use nix::{
    sys::signal::{kill, Signal},
    unistd::getpid,
};
use psephos_primitives::{
    limits::CHANGE_INTERVAL,
    register::{DistrictCounts, Participation, VoterRecord},
    tally::ElectionResult,
    BlockNumber, DistrictId, Phase, VoterNumber,
};
use psephos_registrar::chain::{Answer, Chain, ChainError, Standing};
use serde::{Deserialize, Serialize};

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
    /// Calls that were carried out.
    pub calls: u32,
    /// Whether the nodes answer.
    pub reachable: bool,
}

/// The chain. Registrar 0 of a quorum of one talks to it.
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
                calls: 0,
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
        carry_out: impl FnOnce(&mut State) -> Result<(), String> + Send,
    ) -> Result<(), ChainError> {
        self.step(&format!("{name} begins"));
        tokio::time::sleep(FINALITY).await;
        {
            let _lock = self.lock();
            let mut state = self.read();
            reachable(&state)?;
            carry_out(&mut state)
                .map_err(|name| ChainError::Refused(format!("VoterRegister::{name}")))?;
            state.block += 1;
            state.calls += 1;
            self.write(&state);
        }
        self.step(&format!("{name} is final"));
        Ok(())
    }
}

fn reachable(state: &State) -> Result<(), ChainError> {
    if state.reachable {
        return Ok(());
    }
    Err(ChainError::Unreachable("the nodes are off".into()))
}

fn change_participation(
    state: &mut State,
    voter: VoterNumber,
    district: DistrictId,
    participating: bool,
) -> Result<(), String> {
    let block = state.block;
    let record = state.voters.entry(voter.get()).or_insert(VoterRecord {
        district,
        recorded_by: 0,
        participating: false,
        issued_by: 0,
        issued: false,
        changed: 0,
    });
    if record.participating == participating {
        return Err(if participating {
            "AlreadyRecorded"
        } else {
            "NotRecorded"
        }
        .into());
    }
    if record.changed != 0 && block < record.changed + CHANGE_INTERVAL {
        return Err("ChangedTooRecently".into());
    }
    record.recorded_by = if participating { BIT } else { 0 };
    record.participating = participating;
    record.changed = block;
    Ok(())
}

fn record_issue(state: &mut State, voter: VoterNumber) -> Result<(), String> {
    if state.phase != Phase::Voting {
        return Err("NotVoting".into());
    }
    let record = state.voters.get_mut(&voter.get()).ok_or("UnknownVoter")?;
    if !record.participating {
        return Err("NotParticipating".into());
    }
    if record.issued_by & BIT != 0 {
        return Err("AlreadyIssued".into());
    }
    record.issued_by |= BIT;
    record.issued = true;
    Ok(())
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

    fn voter(&self, voter: VoterNumber) -> Answer<'_, Option<VoterRecord>> {
        Box::pin(async move {
            let state = self.state();
            reachable(&state)?;
            let record = state.voters.get(&voter.get()).copied();
            if record.is_some_and(|record| record.issued) {
                self.step("the issue is looked up");
            }
            Ok(record)
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
            voters.iter().try_for_each(|voter| {
                change_participation(state, voter.voter, voter.district, true)
            })
        }))
    }

    fn withdraw(&self, voter: VoterNumber) -> Answer<'_, ()> {
        Box::pin(self.call("withdrawal", move |state| {
            change_participation(state, voter, DistrictId(0), false)
        }))
    }

    fn issue(&self, voters: Vec<VoterNumber>) -> Answer<'_, ()> {
        Box::pin(self.call("issue", move |state| {
            voters
                .iter()
                .try_for_each(|voter| record_issue(state, *voter))
        }))
    }
}
