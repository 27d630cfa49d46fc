//! How many envelopes may be on their way to one place at once (PSE-RLY-10).

use std::{
    collections::{BTreeMap, HashSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::{limits::MAX_ON_THE_WAY, queue::EnvelopeHash};

/// Where an envelope goes from here.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Destination {
    /// The relay with this address.
    Relay(String),
    /// Into a node's pool.
    Chain,
}

/// A place on the way, until it is dropped.
pub type Place = OwnedSemaphorePermit;

/// Shares the places on the way out among all destinations, so that one that does not answer keeps
/// no envelope from any other; nor may what waits for it fill the queue.
#[derive(Debug)]
pub struct Lanes {
    lanes: BTreeMap<Destination, Lane>,
    most_late: u64,
}

#[derive(Debug)]
struct Lane {
    places: Arc<Semaphore>,
    /// Those that could have gone before now, had the destination taken them.
    late: Mutex<HashSet<EnvelopeHash>>,
}

impl Lanes {
    /// To these relays and to the chain, from a queue that holds so many.
    pub fn new(relays: impl IntoIterator<Item = String>, capacity: u64) -> Self {
        let relays = relays.into_iter().map(Destination::Relay);
        let destinations: Vec<_> = relays.chain([Destination::Chain]).collect();
        let share = MAX_ON_THE_WAY / destinations.len();
        let lane = || Lane {
            places: Arc::new(Semaphore::new(share)),
            late: Mutex::default(),
        };
        let lanes = destinations.into_iter().map(|one| (one, lane()));
        Self {
            lanes: lanes.collect(),
            most_late: (capacity / 2).max(1),
        }
    }

    /// A place on the way to this destination, unless all of its share are taken.
    pub fn enter(&self, destination: &Destination) -> Option<Place> {
        let places = Arc::clone(&self.lanes.get(destination)?.places);
        places.try_acquire_owned().ok()
    }

    /// Whether half of what the queue holds waits for this destination: it gets no more of the queue.
    pub fn is_blocked(&self, destination: &Destination) -> bool {
        self.late(destination)
            .is_some_and(|late| late.len() as u64 >= self.most_late)
    }

    /// Notes whether an envelope is late.
    pub fn note(&self, destination: &Destination, envelope: EnvelopeHash, is_late: bool) {
        if let Some(mut late) = self.late(destination) {
            if is_late {
                late.insert(envelope);
            } else {
                late.remove(&envelope);
            }
        }
    }

    fn late(&self, destination: &Destination) -> Option<MutexGuard<'_, HashSet<EnvelopeHash>>> {
        let late = &self.lanes.get(destination)?.late;
        // What is in a set stays true whoever panicked.
        Some(late.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use crate::limits::MAX_PEERS;

    use super::*;

    #[test]
    fn a_destination_takes_its_own_share_and_gets_it_back() {
        let relay = |name: &str| Destination::Relay(name.into());
        let lanes = Lanes::new(["a".into(), "b".into(), "c".into()], 10);
        let mut taken: Vec<_> = core::iter::from_fn(|| lanes.enter(&relay("a"))).collect();
        assert_eq!(taken.len(), MAX_ON_THE_WAY / 4);
        assert!(lanes.enter(&relay("b")).is_some() && lanes.enter(&Destination::Chain).is_some());
        taken.pop();
        assert!(lanes.enter(&relay("a")).is_some());
        assert!(lanes.enter(&relay("d")).is_none(), "no peer");
    }

    #[test]
    fn as_many_relays_as_there_may_be_have_a_place_each() {
        let lanes = Lanes::new((0..MAX_PEERS).map(|n| n.to_string()), 10);
        let free = lanes
            .lanes
            .values()
            .map(|lane| lane.places.available_permits());
        let places: usize = free.sum();
        assert!(places <= MAX_ON_THE_WAY, "{places}");
        assert!(lanes.enter(&Destination::Chain).is_some());
    }

    #[test]
    fn half_of_the_queue_is_the_most_that_may_wait_for_one_destination() {
        let relay = Destination::Relay("a".into());
        let lanes = Lanes::new(["a".into()], 4);
        lanes.note(&relay, [1; 32], true);
        lanes.note(&relay, [1; 32], true);
        assert!(!lanes.is_blocked(&relay));
        lanes.note(&relay, [2; 32], true);
        assert!(lanes.is_blocked(&relay) && !lanes.is_blocked(&Destination::Chain));
        lanes.note(&relay, [1; 32], false);
        assert!(!lanes.is_blocked(&relay));
    }
}
