//! A trustee's tool: the key ceremony, and the shares of the sums that it has recomputed itself.
//!
//! * [`state`]: what the trustee keeps, encrypted, and stores before it sends anything that follows
//!   from it;
//! * [`ceremony`]: each stage's step, when it is due;
//! * [`tally`]: replays the blocks, compares, and decrypts.

pub mod ceremony;
pub mod state;
pub mod tally;

use std::time::Duration;

use anyhow::{anyhow, Context};
use psephos_client::Office;
use psephos_primitives::{ceremony::Stage, wire::Call, ElectionId, Manifest, Phase, TrusteeIndex};
use psephos_verifier::{upgrades::check_known, Chain};

use crate::{
    archive::read_genesis,
    failure::{Failure, InputError, Result},
    keys::Vault,
    output::Output,
    session::{address, manifest},
    trustee::{ceremony::Step, state::StateFile, tally::Replay},
};

/// Between two looks at the chain.
const POLL: Duration = Duration::from_millis(800);
/// So often in a row may a step fail on the chain before the tool gives up: another trustee's
/// message may overtake one of ours, which is then sent in its new form.
const MAX_FAILURES: u32 = 6;

/// One trustee at work in one election.
pub struct TrusteeRun<'a> {
    /// The trustee's account on the chain.
    pub office: Office,
    /// The opened key file.
    pub vault: &'a Vault,
    /// Where its state is kept.
    pub state: StateFile,
    /// Which election.
    pub election: ElectionId,
    /// Where to say what is going on.
    pub output: Output,
}

impl TrusteeRun<'_> {
    /// Does every step when it is due, until the result is published, and final.
    pub async fn to_the_end(&mut self) -> Result<()> {
        let manifest = manifest(self.office.node(), self.election).await?;
        let account = self.office.account();
        let index = manifest.trustee_index(account).ok_or_else(|| {
            let message = format!(
                "{} is no trustee of election {}",
                address(account),
                self.election
            );
            InputError::new("--key", message)
        })?;
        self.output.note(format!(
            "trustee {index} of election {}: {}",
            self.election, manifest.title
        ));
        self.take_part(index, &manifest).await?;
        let replay = self.replay(&manifest).await?;
        self.decrypt(index, &manifest, &replay).await
    }

    /// The key ceremony, from wherever it stands to its end.
    async fn take_part(&mut self, index: TrusteeIndex, manifest: &Manifest) -> Result<()> {
        let genesis = self.office.node().facts().await?.genesis_hash;
        let seat_of = |epoch| ceremony::seat(manifest, genesis, self.election, epoch, index);
        let mut failures = 0;
        let mut said = None;
        loop {
            let header = self.office.node().finalised_header().await?;
            let api = self.office.node().elections_at(header.hash());
            self.check_not_cancelled(api.phase(self.election).await?)?;
            let ceremony = api
                .ceremony(self.election)
                .await?
                .ok_or_else(|| anyhow!("election {} has no key ceremony", self.election))?;
            let status = &ceremony.status;
            if said != Some((status.epoch, status.stage)) {
                self.output
                    .note(format!("epoch {}, {:?}", status.epoch, status.stage));
                said = Some((status.epoch, status.stage));
            }
            let seat = seat_of(status.epoch);
            let state = self.state.epoch(status.epoch);
            let step = ceremony::next_step(&ceremony, &seat, manifest, header.number, state)
                .map_err(Failure::from)?;
            // Whatever was decided is on the disk before anybody hears of it.
            self.state
                .save(self.vault)
                .context("cannot save the trustee's state")?;
            match step {
                Step::Send(call, what) => {
                    self.output.note(what);
                    match self.office.perform(Call::KeyCeremony(call)).await {
                        Ok(_) => failures = 0,
                        Err(error) if failures < MAX_FAILURES => {
                            failures += 1;
                            self.output.note(format!("{what}: {error}; looking again"));
                            tokio::time::sleep(POLL).await;
                        }
                        Err(error) => return Err(error.into()),
                    }
                }
                Step::Wait => tokio::time::sleep(POLL).await,
                Step::Excluded(fault) => {
                    let message =
                        format!("trustee {index} was excluded from the ceremony: {fault:?}");
                    return Err(Failure::verdict(message));
                }
                Step::Done => {
                    debug_assert_eq!(status.stage, Stage::Complete);
                    self.output.note("the key ceremony is complete");
                    return Ok(());
                }
            }
        }
    }

    fn check_not_cancelled(&self, phase: Option<Phase>) -> Result<()> {
        match phase {
            Some(Phase::Cancelled) => Err(Failure::verdict(format!(
                "election {} was cancelled",
                self.election
            ))),
            _ => Ok(()),
        }
    }

    /// Replays every block up to the closing block, as each becomes final, and has that proved
    /// (PSE-TAL-1, PSE-TAL-9).
    async fn replay(&self, manifest: &Manifest) -> Result<Replay> {
        let node = self.office.node();
        let genesis = read_genesis(node).await?;
        let facts = psephos_verifier::GenesisFacts::prove(&genesis)
            .map_err(|error| Failure::verdict(format!("the genesis block: {error}")))?;
        check_known(genesis.spec_version).map_err(|cause| Failure::verdict(cause.to_string()))?;
        let mut replay = Replay::new(Chain::new(facts), node.clone());
        let closing = manifest.voting.end;
        self.output.note(format!(
            "replaying blocks up to the closing block {closing}"
        ));
        replay.run_to(closing, self.election).await?;
        replay.require_finality().await?;
        Ok(replay)
    }

    async fn decrypt(
        &mut self,
        index: TrusteeIndex,
        manifest: &Manifest,
        replay: &Replay,
    ) -> Result<()> {
        let node = self.office.node().clone();
        replay.compare(self.election, manifest).await?;
        self.output
            .note("the sums on the chain are those of the ballots in its blocks");
        let key = self.state.key()?;
        let work = async {
            for district in tally::districts_due(&node, self.election, index).await? {
                let call = replay.shares(self.election, manifest, district, &key)?;
                self.output
                    .note(format!("submitting shares for district {district}"));
                self.office.perform(call).await?;
            }
            Ok::<(), Failure>(())
        };
        // Enough others may have been faster: then our shares are not needed, and are refused.
        let published = tally::wait_for_result(&node, self.election);
        tokio::pin!(published);
        tokio::select! {
            done = work => {
                if let Err(error) = done {
                    self.output.note(format!("shares were not accepted: {error}"));
                }
                published.await?;
            }
            result = &mut published => {
                result?;
            }
        }
        self.output.note("the result is published, and final");
        Ok(())
    }
}
