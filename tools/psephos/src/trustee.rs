//! A trustee's tool: the key ceremony, and the shares of the sums that it has recomputed itself.
//!
//! * [`state`]: what the trustee keeps, encrypted, and stores before it sends anything that follows
//!   from it;
//! * `replay`: recomputes the chain from its blocks, and has them proved to be final;
//! * [`ceremony`]: each stage's step, when it is due; `recomputed`: whether the blocks say the same of
//!   the ceremony as the node;
//! * [`tally`]: compares sums with the blocks', and decrypts;
//! * `rounds`: submits what is due, until there is a result.

pub mod ceremony;
mod recomputed;
mod replay;
mod rounds;
pub mod state;
pub mod tally;

use std::time::Duration;

use anyhow::{anyhow, Context};
use psephos_client::Office;
use psephos_crypto::key_ceremony::trustee::TrusteeKey;
use psephos_primitives::{
    ceremony::{Ceremony, Stage},
    wire::Call,
    BlockNumber, DistrictId, ElectionId, Manifest, Phase, TrusteeIndex,
};

use crate::{
    failure::{Failure, InputError, Result},
    keys::Vault,
    output::Output,
    session::{address, manifest},
    trustee::{
        ceremony::Step,
        recomputed::Recomputed,
        replay::Replay,
        rounds::{until_published, Desk, PAUSE},
        state::StateFile,
    },
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
        let mut replay = Replay::begin(self.office.node()).await?;
        self.take_part(index, &manifest, &mut replay).await?;
        self.replay_to_the_closing_block(&manifest, &mut replay)
            .await?;
        self.decrypt(index, &manifest, &replay).await
    }

    /// The key ceremony, from wherever it stands to its end.
    async fn take_part(
        &mut self,
        index: TrusteeIndex,
        manifest: &Manifest,
        replay: &mut Replay,
    ) -> Result<()> {
        let genesis = replay.genesis_hash();
        let seat_of = |epoch| ceremony::seat(manifest, genesis, self.election, epoch, index);
        let mut failures = 0;
        let mut said = None;
        let mut recomputed = None;
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
            check_possible(status.epoch, manifest)?;
            let seat = seat_of(status.epoch);
            let state = self.state.epoch(status.epoch);
            let step = ceremony::next_step(
                &ceremony,
                &seat,
                manifest,
                header.number,
                recomputed.as_ref(),
                state,
            )?;
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
                Step::Recompute => {
                    recomputed = self
                        .recompute(header.number, &ceremony, manifest, replay)
                        .await?;
                }
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

    /// The ceremony as the blocks have it up to this one, after which the node has stated its own: both
    /// must be the same, and the blocks final (PSE-DKG-10). None if the node is behind the blocks that were
    /// replayed, and has to catch up.
    async fn recompute(
        &self,
        stated: BlockNumber,
        ceremony: &Ceremony,
        manifest: &Manifest,
        replay: &mut Replay,
    ) -> Result<Option<Recomputed>> {
        // No further than the tally goes, which is of what stands after its closing block. The ceremony
        // has ended by then, in whatever way.
        let last = stated.min(manifest.voting.end);
        if replay.height() > last {
            tokio::time::sleep(POLL).await;
            return Ok(None);
        }
        self.output.note(format!(
            "replaying blocks up to block {last}, to see that they say the same of the ceremony"
        ));
        replay.run_to(last, self.election).await?;
        self.wait_for_finality(replay).await?;
        let recomputed = replay.ceremony(self.election, manifest)?;
        recomputed.require_same(ceremony)?;
        Ok(Some(recomputed))
    }

    /// Replays every block up to the closing block, as each becomes final, and has that proved
    /// (PSE-TAL-1, PSE-TAL-9).
    async fn replay_to_the_closing_block(
        &self,
        manifest: &Manifest,
        replay: &mut Replay,
    ) -> Result<()> {
        let closing = manifest.voting.end;
        self.output.note(format!(
            "replaying blocks up to the closing block {closing}"
        ));
        replay.run_to(closing, self.election).await?;
        self.wait_for_finality(replay).await
    }

    /// Has the last replayed block proved to be final. A proof that is not there yet is no lie, so the
    /// node is asked again for it (PSE-DKG-11); a wrong one is a verdict.
    async fn wait_for_finality(&self, replay: &Replay) -> Result<()> {
        let mut said = None;
        loop {
            let error = match replay.require_finality().await {
                Err(Failure::Operation(error)) => format!("{error:#}"),
                proved => return proved,
            };
            if said.as_ref() != Some(&error) {
                let block = replay.height();
                self.output.note(format!(
                    "block {block} is not proved to be final yet: {error}; asking again"
                ));
                said = Some(error);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    async fn decrypt(
        &self,
        index: TrusteeIndex,
        manifest: &Manifest,
        replay: &Replay,
    ) -> Result<()> {
        replay.compare(self.election, manifest).await?;
        self.output
            .note("the sums on the chain are those of the ballots in its blocks");
        // Which of the keys in the state is the election's: the blocks say, and they are final.
        let key = self.state.key(replay.key_epoch(self.election)?)?;
        let tally = TallyDesk {
            run: self,
            index,
            manifest,
            replay,
            key,
        };
        until_published(&tally, PAUSE).await?;
        self.output.note("the result is published, and final");
        Ok(())
    }
}

/// Every epoch goes on without at least one trustee of the one before. A node that says otherwise would
/// fill the state, where each stays.
fn check_possible(epoch: u32, manifest: &Manifest) -> Result<()> {
    let trustees = manifest.trustees.len();
    match usize::try_from(epoch) {
        Ok(epoch) if epoch < trustees => Ok(()),
        _ => Err(Failure::verdict(format!(
            "the node says that the key ceremony is in epoch {epoch}, with {trustees} trustees it has \
             fewer"
        ))),
    }
}

/// One trustee in the tally of one election.
struct TallyDesk<'a> {
    run: &'a TrusteeRun<'a>,
    index: TrusteeIndex,
    manifest: &'a Manifest,
    replay: &'a Replay,
    key: TrusteeKey,
}

impl Desk for TallyDesk<'_> {
    async fn due(&self) -> Result<Vec<DistrictId>> {
        let (node, election) = (self.run.office.node(), self.run.election);
        tally::districts_due(node, election, self.manifest.threshold, self.index).await
    }

    fn shares(&self, district: DistrictId) -> Result<Call> {
        let election = self.run.election;
        self.replay
            .shares(election, self.manifest, district, &self.key)
    }

    async fn send(&self, shares: Call) -> Result<()> {
        self.run.office.perform(shares).await?;
        Ok(())
    }

    async fn published(&self) -> Result<()> {
        tally::wait_for_result(self.run.office.node(), self.run.election).await?;
        Ok(())
    }

    fn say(&self, words: &str) {
        self.run.output.note(words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    #[test]
    fn more_epochs_than_trustees_are_made_up() {
        let manifest = testing::manifest();
        let check = |epoch| check_possible(epoch, &manifest).map_err(|e| e.to_string());
        assert_eq!(check(0), Ok(()));
        assert_eq!(check(2), Ok(()));
        let impossible =
            "the node says that the key ceremony is in epoch 3, with 3 trustees it has fewer";
        assert_eq!(check(3), Err(impossible.into()));
    }
}
