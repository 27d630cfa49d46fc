//! Passes on what is due (PSE-RLY-8 to PSE-RLY-10).

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::Arc,
    time::Duration,
};

use psephos_envelope::{open, EnvelopeContext, Opened, RelayKey};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{sleep, Instant},
};

use crate::{
    closing::Moment,
    delay::now,
    forward::{Peers, Reason, Setback},
    limits::{FIRST_PAUSE, LONGEST_PAUSE, MAX_ON_THE_WAY},
    metrics::Metrics,
    queue::{EnvelopeHash, Queue},
    submit::Submitter,
};

/// An envelope that is on disk, and when it is due.
pub type Held = (u64, EnvelopeHash);

/// How long the pump sleeps at most: the clock of the machine may be set while it sleeps.
const LONGEST_SLEEP: Duration = Duration::from_secs(5);

/// What it takes to pass an envelope on.
pub struct Hands {
    /// Opens envelopes.
    pub key: RelayKey,
    /// What they must have been sealed for.
    pub context: EnvelopeContext,
    /// Where they are kept.
    pub queue: Queue,
    /// The relays beyond.
    pub peers: Peers,
    /// The chain beyond.
    pub submitter: Arc<dyn Submitter>,
    /// Figures.
    pub metrics: Arc<Metrics>,
}

/// Where an envelope goes that is gone or must wait.
enum Passed {
    Gone,
    Again(Option<Duration>),
}

impl Hands {
    /// Passes an envelope on and lets go of it. If the process dies in between, this is done again:
    /// the next relay knows the envelope, and the chain knows the ballot.
    async fn pass(&self, hash: EnvelopeHash) -> Passed {
        let envelope = match self.queue.envelope(hash).await {
            Ok(Some(envelope)) => envelope,
            Ok(None) => return Passed::Gone,
            Err(_) => return self.put_off("queue_unreadable".into(), None),
        };
        let (kind, result) = match open(&self.key, &self.context, &envelope) {
            Ok(Opened::Forward { address, envelope }) => {
                ("forwarded", self.peers.forward(&address, envelope).await)
            }
            Ok(Opened::Deliver { extrinsic }) => {
                ("delivered", self.submitter.submit(extrinsic).await)
            }
            // It was opened when it was taken: the key is another one now, which may be a mistake.
            Err(_) => (
                "forwarded",
                Err(Setback::Later("does_not_open_any_more".into(), None)),
            ),
        };
        match result {
            Ok(()) => self.metrics.passed(kind),
            Err(Setback::Later(reason, pause)) => return self.put_off(reason, pause),
            Err(Setback::ForGood(reason)) => self.metrics.setback("refused", reason),
        }
        match self.queue.release(hash).await {
            Ok(()) => Passed::Gone,
            Err(_) => Passed::Again(None),
        }
    }

    /// Counted, and not logged: a line would have the time at which one envelope went on its way.
    fn put_off(&self, reason: Reason, pause: Option<Duration>) -> Passed {
        self.metrics.setback("put_off", reason);
        Passed::Again(pause)
    }
}

/// Holds envelopes until they are due.
pub struct Pump {
    hands: Arc<Hands>,
    moment: watch::Receiver<Moment>,
    arrivals: mpsc::UnboundedReceiver<Held>,
    waiting: BinaryHeap<Reverse<Held>>,
    /// Those that could not be passed on, by when to try again.
    put_off: BinaryHeap<Reverse<(Instant, EnvelopeHash)>>,
    failures: HashMap<EnvelopeHash, u32>,
    on_the_way: JoinSet<(EnvelopeHash, Passed)>,
    given_up: bool,
}

impl Pump {
    /// Takes over what was held when the process started. The channel's length is bounded by the
    /// queue, which every arrival has passed.
    pub fn new(
        hands: Arc<Hands>,
        held: Vec<Held>,
        arrivals: mpsc::UnboundedReceiver<Held>,
        moment: watch::Receiver<Moment>,
    ) -> Self {
        Self {
            hands,
            moment,
            arrivals,
            waiting: held.into_iter().map(Reverse).collect(),
            put_off: BinaryHeap::new(),
            failures: HashMap::new(),
            on_the_way: JoinSet::new(),
            given_up: false,
        }
    }

    /// Works until the sender of arrivals is gone. What is on its way then is cut off; it is on disk.
    pub async fn run(mut self) {
        loop {
            let moment = *self.moment.borrow_and_update();
            if moment == Moment::Over {
                self.give_up().await;
            } else {
                self.start_due(moment == Moment::Flushing);
            }
            let sleeping = self.until_next(moment);
            tokio::select! {
                arrival = self.arrivals.recv() => match arrival {
                    Some(held) => self.waiting.push(Reverse(held)),
                    None => return,
                },
                Some(ended) = self.on_the_way.join_next() => {
                    // A task neither panics nor is aborted; if one did, its envelope is on disk.
                    if let Ok((hash, passed)) = ended {
                        self.ended(hash, passed);
                    }
                }
                changed = self.moment.changed() => if changed.is_err() {
                    tracing::error!("nobody looks at the chain any more");
                    return;
                },
                () = sleep(sleeping) => {}
            }
        }
    }

    fn start_due(&mut self, flushing: bool) {
        let (time, instant) = (now(), Instant::now());
        while self.on_the_way.len() < MAX_ON_THE_WAY {
            let again = self.put_off.peek().filter(|next| next.0 .0 <= instant);
            let due = self
                .waiting
                .peek()
                .filter(|next| flushing || next.0 .0 <= time);
            let hash = match (again, due) {
                (_, Some(Reverse((_, hash)))) => {
                    let hash = *hash;
                    self.waiting.pop();
                    hash
                }
                (Some(Reverse((_, hash))), None) => {
                    let hash = *hash;
                    self.put_off.pop();
                    hash
                }
                (None, None) => return,
            };
            let hands = Arc::clone(&self.hands);
            self.on_the_way
                .spawn(async move { (hash, hands.pass(hash).await) });
        }
    }

    fn until_next(&self, moment: Moment) -> Duration {
        if self.on_the_way.len() >= MAX_ON_THE_WAY || moment == Moment::Over {
            return LONGEST_SLEEP;
        }
        let due = self.waiting.peek().map(|next| next.0 .0);
        let due = due.map(|due| Duration::from_millis(due.saturating_sub(now())));
        let again = self.put_off.peek().map(|next| next.0 .0);
        let again = again.map(|at| at.saturating_duration_since(Instant::now()));
        let sooner = due.into_iter().chain(again).min();
        sooner.unwrap_or(LONGEST_SLEEP).min(LONGEST_SLEEP)
    }

    fn ended(&mut self, hash: EnvelopeHash, passed: Passed) {
        match passed {
            Passed::Gone => {
                self.failures.remove(&hash);
            }
            Passed::Again(pause) => {
                let failures = self.failures.entry(hash).or_default();
                let pause = pause.unwrap_or_else(|| back_off(*failures));
                *failures = failures.saturating_add(1);
                self.put_off.push(Reverse((Instant::now() + pause, hash)));
            }
        }
    }

    /// Nobody takes these ballots any more. What is on its way may still be final.
    async fn give_up(&mut self) {
        if self.given_up {
            return;
        }
        self.waiting.clear();
        self.put_off.clear();
        self.failures.clear();
        match self.hands.queue.clear().await {
            Ok(0) => self.given_up = true,
            Ok(lost) => {
                self.given_up = true;
                tracing::warn!(lost, "voting is over, and some envelopes were still held");
            }
            Err(error) => tracing::error!(%error, "cannot clear the queue"),
        }
    }
}

/// Doubles with each failure.
fn back_off(failures: u32) -> Duration {
    FIRST_PAUSE
        .saturating_mul(1 << failures.min(16))
        .min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_the_longest() {
        let seconds: Vec<_> = (0..7).map(|n| back_off(n).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 30, 30]);
        assert_eq!(back_off(u32::MAX), LONGEST_PAUSE);
    }
}
