//! Submits shares round by round, until there is a result (PSE-TAL-10).
//!
//! What one district is refused for says nothing about the others, and what the node said a round ago
//! may be outdated: so nothing is given up, and everything is looked at again.

use std::{collections::BTreeSet, time::Duration};

use psephos_primitives::{limits::BLOCK_MILLISECONDS, wire::Call, DistrictId};

use crate::failure::{Failure, Result};

/// Between two rounds: before there is another block, there is nothing new to see.
pub(super) const PAUSE: Duration = Duration::from_millis(BLOCK_MILLISECONDS);

/// What a trustee submits by.
pub(super) trait Desk {
    /// The districts that this trustee's shares are wanted for.
    async fn due(&self) -> Result<Vec<DistrictId>>;
    /// The shares of a district, ready to be sent.
    fn shares(&self, district: DistrictId) -> Result<Call>;
    /// Sends them; returns when they have arrived.
    async fn send(&self, shares: Call) -> Result<()>;
    /// Whether the result is published; waits for that. A verdict if there will never be one.
    async fn published(&self) -> Result<()>;
    /// Tells the trustee.
    fn say(&self, words: &str);
}

/// Submits what is due, as long as it takes, until the result is published. Fails if there will be none.
pub(super) async fn until_published(desk: &impl Desk, pause: Duration) -> Result<()> {
    let ended = wait(desk, pause);
    tokio::pin!(ended);
    // Enough others may be faster: then our shares are not needed, and are refused. To submit has no end of
    // its own, since what is due is asked again and again.
    tokio::select! {
        ended = &mut ended => ended,
        () = submit(desk, pause) => ended.await,
    }
}

/// A node that does not answer, or not well, is asked again: shares may be on their way.
async fn wait(desk: &impl Desk, pause: Duration) -> Result<()> {
    let mut voice = Voice::new(desk);
    loop {
        match desk.published().await {
            Ok(()) => return Ok(()),
            Err(verdict @ Failure::Verdict(_)) => return Err(verdict),
            Err(error) => voice.say(format!("waiting for the result: {error}; looking again")),
        }
        tokio::time::sleep(pause).await;
    }
}

async fn submit(desk: &impl Desk, pause: Duration) {
    let mut voice = Voice::new(desk);
    loop {
        match desk.due().await {
            Ok(districts) => {
                for district in districts {
                    if let Err(error) = submit_one(desk, &mut voice, district).await {
                        voice.say(format!("no shares of district {district} yet: {error}"));
                    }
                }
            }
            Err(error) => voice.say(format!("which shares are due: {error}; looking again")),
        }
        tokio::time::sleep(pause).await;
    }
}

async fn submit_one<D: Desk>(
    desk: &D,
    voice: &mut Voice<'_, D>,
    district: DistrictId,
) -> Result<()> {
    let shares = desk.shares(district)?;
    voice.say(format!("submitting shares for district {district}"));
    desk.send(shares).await
}

/// Says everything once: round after round, it is mostly the same.
struct Voice<'a, D> {
    desk: &'a D,
    said: BTreeSet<String>,
}

impl<'a, D: Desk> Voice<'a, D> {
    fn new(desk: &'a D) -> Self {
        let said = BTreeSet::new();
        Self { desk, said }
    }

    fn say(&mut self, words: String) {
        if !self.said.contains(&words) {
            self.desk.say(&words);
            self.said.insert(words);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::anyhow;
    use psephos_primitives::{tally::DistrictShares, wire::BallotRegisterCall, ElectionId};
    use std::cell::{Cell, RefCell};
    use tokio::sync::Notify;

    const NO_PAUSE: Duration = Duration::ZERO;

    /// A chain that follows a script, one entry for each round; then the result is published, or the
    /// election cancelled.
    struct Script {
        rounds: Vec<Result<Vec<u32>, &'static str>>,
        /// Its shares are not to be made.
        withheld: Option<u32>,
        /// The chain refuses its shares.
        refused: Option<u32>,
        cancelled: bool,
        round: Cell<usize>,
        ended: Notify,
        sent: RefCell<Vec<u32>>,
        said: RefCell<Vec<String>>,
    }

    impl Script {
        fn new(rounds: Vec<Result<Vec<u32>, &'static str>>) -> Self {
            Self {
                rounds,
                withheld: None,
                refused: None,
                cancelled: false,
                round: Cell::new(0),
                ended: Notify::new(),
                sent: RefCell::default(),
                said: RefCell::default(),
            }
        }

        async fn play(&self) -> Result<(), String> {
            let ended = until_published(self, NO_PAUSE).await;
            ended.map_err(|failure| failure.to_string())
        }
    }

    impl Desk for Script {
        async fn due(&self) -> Result<Vec<DistrictId>> {
            let round = self.round.replace(self.round.get() + 1);
            match self.rounds.get(round) {
                Some(Ok(districts)) => Ok(districts.iter().copied().map(DistrictId).collect()),
                Some(Err(why)) => Err(anyhow!(*why).into()),
                None => {
                    self.ended.notify_one();
                    std::future::pending().await
                }
            }
        }

        fn shares(&self, district: DistrictId) -> Result<Call> {
            if self.withheld == Some(district.get()) {
                return Err(Failure::verdict("it is withheld"));
            }
            Ok(Call::BallotRegister(BallotRegisterCall::SubmitShares {
                election: ElectionId(1),
                district,
                shares: DistrictShares::default(),
            }))
        }

        async fn send(&self, shares: Call) -> Result<()> {
            let Call::BallotRegister(BallotRegisterCall::SubmitShares { district, .. }) = shares
            else {
                panic!("{shares:?} are no shares")
            };
            if self.refused == Some(district.get()) {
                return Err(anyhow!("not tallying").into());
            }
            self.sent.borrow_mut().push(district.get());
            Ok(())
        }

        async fn published(&self) -> Result<()> {
            self.ended.notified().await;
            match self.cancelled {
                true => Err(Failure::verdict("the election was cancelled")),
                false => Ok(()),
            }
        }

        fn say(&self, words: &str) {
            self.said.borrow_mut().push(words.into());
        }
    }

    #[tokio::test]
    async fn a_refusal_is_no_end() {
        let script = Script {
            refused: Some(1),
            ..Script::new(vec![Ok(vec![1, 2, 3]), Ok(vec![1, 4])])
        };
        assert_eq!(script.play().await, Ok(()));
        assert_eq!(*script.sent.borrow(), [2, 3, 4]);
        let said = script.said.borrow();
        let refusals = said.iter().filter(|words| words.contains("not tallying"));
        assert_eq!(
            refusals.collect::<Vec<_>>(),
            ["no shares of district 1 yet: not tallying"]
        );
    }

    /// A node that is behind has no district yet, and one that fails may answer again.
    #[tokio::test]
    async fn what_comes_later_is_submitted_later() {
        let script = Script::new(vec![
            Ok(vec![]),
            Err("no answer"),
            Err("no answer"),
            Ok(vec![1]),
        ]);
        assert_eq!(script.play().await, Ok(()));
        assert_eq!(*script.sent.borrow(), [1]);
        assert_eq!(
            *script.said.borrow(),
            [
                "which shares are due: no answer; looking again",
                "submitting shares for district 1"
            ]
        );
    }

    #[tokio::test]
    async fn what_must_not_be_decrypted_is_named_and_not_sent() {
        let script = Script {
            withheld: Some(1),
            ..Script::new(vec![Ok(vec![1, 2])])
        };
        assert_eq!(script.play().await, Ok(()));
        assert_eq!(*script.sent.borrow(), [2]);
        assert_eq!(
            *script.said.borrow(),
            [
                "no shares of district 1 yet: it is withheld",
                "submitting shares for district 2"
            ]
        );
    }

    #[tokio::test]
    async fn a_cancelled_election_ends_it() {
        let script = Script {
            cancelled: true,
            ..Script::new(vec![Ok(vec![1])])
        };
        let ended = script.play().await;
        assert_eq!(ended, Err("the election was cancelled".into()));
    }
}
