//! When voting is about to close, and when it is over (PSE-RLY-9).

use std::time::Duration;

use psephos_primitives::{limits::BLOCK_MILLISECONDS, BlockNumber};
use tokio::time::Instant;

/// What a relay does with what it holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Moment {
    /// Each waits for its time.
    Holding,
    /// Voting is about to close: everything goes at once.
    Flushing,
    /// No ballot is accepted any more.
    Over,
}

/// Knows the closing block, and how far the chain is.
#[derive(Clone, Debug)]
pub struct ClosingClock {
    flush_from: BlockNumber,
    seen: Option<(BlockNumber, Instant)>,
    over: bool,
}

impl ClosingClock {
    /// For an election that closes at this block.
    pub const fn new(closing: BlockNumber, margin: BlockNumber) -> Self {
        Self {
            flush_from: closing.saturating_sub(margin),
            seen: None,
            over: false,
        }
    }

    /// The best block's number, as a node told it.
    pub fn saw(&mut self, block: BlockNumber, now: Instant) {
        self.seen = Some((block, now));
    }

    /// A finalised block says that voting has ended. That is final.
    pub fn ended(&mut self) {
        self.over = true;
    }

    /// How long the chain has been silent.
    pub fn silence(&self, now: Instant) -> Option<Duration> {
        self.seen.map(|(_, at)| now.saturating_duration_since(at))
    }

    /// Where the election stands. While no node answers, the chain is taken to go on as fast as it
    /// can: to pass ballots on too early costs some hiding, too late costs the ballots.
    pub fn moment(&self, now: Instant) -> Moment {
        if self.over {
            return Moment::Over;
        }
        let Some((block, at)) = self.seen else {
            return Moment::Holding;
        };
        let passed = now.saturating_duration_since(at).as_millis();
        let blocks = u64::try_from(passed).unwrap_or(u64::MAX) / BLOCK_MILLISECONDS;
        let block = u64::from(block).saturating_add(blocks);
        if block >= u64::from(self.flush_from) {
            Moment::Flushing
        } else {
            Moment::Holding
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_goes_a_margin_before_the_closing_block() {
        let now = Instant::now();
        let mut clock = ClosingClock::new(100, 10);
        assert_eq!(clock.moment(now), Moment::Holding);
        clock.saw(89, now);
        assert_eq!(clock.moment(now), Moment::Holding);
        clock.saw(90, now);
        assert_eq!(clock.moment(now), Moment::Flushing);
        clock.ended();
        assert_eq!(clock.moment(now), Moment::Over);
    }

    #[test]
    fn a_silent_chain_is_taken_to_go_on() {
        let now = Instant::now();
        let mut clock = ClosingClock::new(100, 10);
        clock.saw(80, now);
        let after = |blocks: u64| now + Duration::from_millis(blocks * BLOCK_MILLISECONDS);
        assert_eq!(clock.moment(after(9)), Moment::Holding);
        assert_eq!(clock.moment(after(10)), Moment::Flushing);
        assert_eq!(clock.silence(after(1)), Some(Duration::from_secs(3)));
    }
}
