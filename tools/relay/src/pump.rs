//! Passes on what is due (PSE-RLY-8 to PSE-RLY-10).

use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap, VecDeque},
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
    lanes::{Destination, Lanes, Place},
    limits::{FIRST_PAUSE, LONGEST_PAUSE, MAX_ON_THE_WAY},
    metrics::Metrics,
    queue::{EnvelopeHash, Queue},
    submit::{Delivery, Submitter},
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
    /// How many go where at once.
    pub lanes: Lanes,
    /// The chain beyond.
    pub submitter: Arc<dyn Submitter>,
    /// Figures.
    pub metrics: Arc<Metrics>,
}

/// What became of an envelope that was due.
enum Passed {
    Gone,
    /// It could not go, and may after this pause.
    Again(Option<Duration>),
    /// As many as may be on their way there are.
    Crowded(Destination),
    /// Its ballot was submitted, and is in no finalised block yet.
    Submitted(Box<dyn Delivery>),
    /// It was submitted long ago, and is to be once more: its pool may have been forgotten.
    Missing(Box<dyn Delivery>),
}

impl Hands {
    /// Passes an envelope on and lets go of it. If the process dies in between, this is done again:
    /// the next relay knows the envelope, and the chain knows the ballot.
    ///
    /// Without a place on its way, it takes one as soon as it is known where it goes. With a
    /// delivery, its ballot was submitted before.
    async fn pass(
        &self,
        hash: EnvelopeHash,
        place: Option<Place>,
        delivery: Option<Box<dyn Delivery>>,
    ) -> Passed {
        let envelope = match self.queue.envelope(hash).await {
            Ok(Some(envelope)) => envelope,
            Ok(None) => return Passed::Gone,
            Err(_) => return self.put_off("queue_unreadable".into(), None),
        };
        let Ok(opened) = open(&self.key, &self.context, &envelope) else {
            // It was opened when it was taken: the key is another one now, which may be a mistake.
            return self.put_off("does_not_open_any_more".into(), None);
        };
        let Some(destination) = self.destination(&opened) else {
            // It was one when the envelope was taken: the operator may have left it out by mistake.
            return self.put_off("next_relay_no_peer".into(), None);
        };
        let Some(_place) = place.or_else(|| self.lanes.enter(&destination)) else {
            self.lanes.note(&destination, hash, true);
            return Passed::Crowded(destination);
        };
        match opened {
            Opened::Forward { address, envelope } => {
                match self.peers.forward(&address, envelope).await {
                    Ok(()) => self.let_go(hash, &destination).await,
                    Err(setback) => self.set_back(hash, &destination, setback).await,
                }
            }
            Opened::Deliver { extrinsic } => {
                let mut delivery = delivery.unwrap_or_else(|| self.submitter.begin(&extrinsic));
                match delivery.submit(extrinsic).await {
                    Ok(()) => {
                        self.lanes.note(&destination, hash, false);
                        Passed::Submitted(delivery)
                    }
                    Err(setback) => self.set_back(hash, &destination, setback).await,
                }
            }
        }
    }

    /// Waits for the block of a ballot that was submitted. Only when that is final is the envelope let
    /// go of: a pool is forgotten when its node restarts.
    async fn watch(&self, hash: EnvelopeHash, mut delivery: Box<dyn Delivery>) -> Passed {
        let destination = Destination::Chain;
        match delivery.watch().await {
            Ok(true) => self.let_go(hash, &destination).await,
            Ok(false) => Passed::Missing(delivery),
            Err(setback) => self.set_back(hash, &destination, setback).await,
        }
    }

    /// Where an opened envelope goes, if the operator lets it.
    pub fn destination(&self, opened: &Opened) -> Option<Destination> {
        match opened {
            Opened::Forward { address, .. } => {
                self.peers.find(address).cloned().map(Destination::Relay)
            }
            Opened::Deliver { .. } => Some(Destination::Chain),
        }
    }

    async fn let_go(&self, hash: EnvelopeHash, destination: &Destination) -> Passed {
        self.metrics.passed(match destination {
            Destination::Relay(_) => "forwarded",
            Destination::Chain => "delivered",
        });
        self.release(hash, destination).await
    }

    async fn set_back(
        &self,
        hash: EnvelopeHash,
        destination: &Destination,
        setback: Setback,
    ) -> Passed {
        match setback {
            Setback::Later(reason, pause) => {
                self.lanes.note(destination, hash, true);
                self.put_off(reason, pause)
            }
            Setback::ForGood(reason) => {
                self.metrics.setback("refused", reason);
                self.release(hash, destination).await
            }
        }
    }

    async fn release(&self, hash: EnvelopeHash, destination: &Destination) -> Passed {
        self.lanes.note(destination, hash, false);
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

/// An envelope that stands in line, and the delivery that goes on with it.
type Standing = (EnvelopeHash, Option<Box<dyn Delivery>>);

/// Holds envelopes until they are due.
pub struct Pump {
    hands: Arc<Hands>,
    moment: watch::Receiver<Moment>,
    arrivals: mpsc::UnboundedReceiver<Held>,
    waiting: BinaryHeap<Reverse<Held>>,
    /// Those that could not be passed on, by when to try again.
    put_off: BinaryHeap<Reverse<(Instant, EnvelopeHash)>>,
    failures: HashMap<EnvelopeHash, u32>,
    /// Those that could go, but for others that are on their way to the same place.
    crowded: BTreeMap<Destination, VecDeque<Standing>>,
    on_the_way: JoinSet<(EnvelopeHash, Passed)>,
    /// Those whose ballots wait for their blocks: at most what the queue holds, and small.
    watched: JoinSet<(EnvelopeHash, Passed)>,
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
            crowded: BTreeMap::new(),
            on_the_way: JoinSet::new(),
            watched: JoinSet::new(),
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
                self.start_crowded();
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
                Some(ended) = self.watched.join_next() => {
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

    /// Those that stand in line for a place that has become free.
    fn start_crowded(&mut self) {
        for (destination, line) in &mut self.crowded {
            while !line.is_empty() && self.on_the_way.len() < MAX_ON_THE_WAY {
                let Some(place) = self.hands.lanes.enter(destination) else {
                    break;
                };
                if let Some((hash, delivery)) = line.pop_front() {
                    let hands = Arc::clone(&self.hands);
                    self.on_the_way.spawn(async move {
                        let passed = hands.pass(hash, Some(place), delivery).await;
                        (hash, passed)
                    });
                }
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
                .spawn(async move { (hash, hands.pass(hash, None, None).await) });
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
            Passed::Crowded(destination) => self.stand_in_line(destination, (hash, None)),
            Passed::Submitted(delivery) => {
                let hands = Arc::clone(&self.hands);
                self.watched
                    .spawn(async move { (hash, hands.watch(hash, delivery).await) });
            }
            Passed::Missing(delivery) => {
                self.stand_in_line(Destination::Chain, (hash, Some(delivery)));
            }
        }
    }

    fn stand_in_line(&mut self, destination: Destination, standing: Standing) {
        self.crowded
            .entry(destination)
            .or_default()
            .push_back(standing);
    }

    /// Nobody takes these ballots any more. What is on its way may still be final.
    async fn give_up(&mut self) {
        if self.given_up {
            return;
        }
        self.waiting.clear();
        self.put_off.clear();
        self.failures.clear();
        self.crowded.clear();
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
