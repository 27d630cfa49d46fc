//! What other pallets do when an election is created, opens, closes or is cancelled.
//!
//! They depend on this pallet, so it knows them by these traits only.

use frame_support::weights::Weight;
use psephos_primitives::ElectionId;

use crate::Terms;

/// Whether an election has its key (the key ceremony).
pub trait ReadyToOpen {
    /// Asked once, in the opening block: if not, the election is cancelled (PSE-ELE-7).
    fn ready(election: ElectionId) -> bool;
}

/// What begins with an election's creation (the key ceremony).
pub trait OnCreated {
    /// The election exists, its terms are stored.
    fn on_created(election: ElectionId, terms: &Terms);

    /// What [`OnCreated::on_created`] costs at most.
    fn weight() -> Weight;
}

/// What the closing block does (the ballot register).
pub trait OnClosing {
    /// Voting has closed: the phase is `Tallying` already. Runs in `on_initialize`, so it returns
    /// what it has cost.
    fn on_closing(election: ElectionId) -> Weight;
}

/// What a cancellation does (the ballot register).
pub trait OnCancelled {
    /// The election is over; what was kept for its further course can go.
    fn on_cancelled(election: ElectionId);

    /// What [`OnCancelled::on_cancelled`] costs at most.
    fn weight() -> Weight;
}

impl ReadyToOpen for () {
    fn ready(_: ElectionId) -> bool {
        true
    }
}

impl OnCreated for () {
    fn on_created(_: ElectionId, _: &Terms) {}

    fn weight() -> Weight {
        Weight::zero()
    }
}

impl OnClosing for () {
    fn on_closing(_: ElectionId) -> Weight {
        Weight::zero()
    }
}

impl OnCancelled for () {
    fn on_cancelled(_: ElectionId) {}

    fn weight() -> Weight {
        Weight::zero()
    }
}
