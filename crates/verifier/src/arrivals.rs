//! When an election's ballots came, and into whose blocks.

use std::collections::BTreeMap;

use psephos_primitives::BlockNumber;
use serde::{Serialize, Serializer};

const MILLISECONDS_PER_HOUR: u64 = 60 * 60 * 1_000;
const SECONDS_PER_HOUR: u64 = 60 * 60;

/// Ballots by the hour and by author.
#[derive(Clone, Default)]
pub(crate) struct Arrivals {
    by_hour: BTreeMap<Hour, u64>,
    by_author: BTreeMap<u32, AuthorBallots>,
}

#[derive(Clone, Copy, Default)]
struct AuthorBallots {
    ballots: u64,
    blocks: u64,
    last: Option<BlockNumber>,
}

impl Arrivals {
    /// One more, in a block of this time and author.
    pub fn add(&mut self, milliseconds: u64, author: u32, block: BlockNumber) {
        let hour = Hour(milliseconds / MILLISECONDS_PER_HOUR);
        *self.by_hour.entry(hour).or_default() += 1;
        let author = self.by_author.entry(author).or_default();
        author.ballots += 1;
        author.blocks += u64::from(author.last != Some(block));
        author.last = Some(block);
    }

    pub fn by_hour(&self) -> Vec<HourReport> {
        let hours = self.by_hour.iter();
        hours
            .map(|(hour, ballots)| HourReport {
                hour: *hour,
                ballots: *ballots,
            })
            .collect()
    }

    pub fn by_author(&self) -> Vec<AuthorReport> {
        let authors = self.by_author.iter();
        authors
            .map(|(authority, author)| AuthorReport {
                authority: *authority,
                blocks: author.blocks,
                ballots: author.ballots,
            })
            .collect()
    }
}

/// An hour of UTC, counted from 1970 on.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Hour(u64);

impl core::fmt::Display for Hour {
    /// As RFC 3339 writes its beginning.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let (year, month, day) = date(self.0 / 24);
        write!(f, "{year:04}-{month:02}-{day:02}T{:02}:00:00Z", self.0 % 24)
    }
}

impl Serialize for Hour {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl Hour {
    /// The hour that a time lies in, in seconds since 1970.
    pub const fn of_seconds(seconds: u64) -> Self {
        Self(seconds / SECONDS_PER_HOUR)
    }
}

/// Year, month and day of the Gregorian calendar, from the days since the first of January 1970.
///
/// Years are counted from March on, so that the day that some have more is their last; 400 of them
/// have 146,097 days, and the months from March on 153 days in every five.
const fn date(days: u64) -> (u64, u64, u64) {
    const DAYS_TO_1970: u64 = 719_468;
    const DAYS_OF_400_YEARS: u64 = 146_097;
    let days = days + DAYS_TO_1970;
    let (era, day) = (days / DAYS_OF_400_YEARS, days % DAYS_OF_400_YEARS);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 {
        (month + 3, 0)
    } else {
        (month - 9, 1)
    };
    (era * 400 + year + next, month, day)
}

/// Ballots of one hour.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct HourReport {
    /// When it began, in UTC.
    pub hour: Hour,
    /// Ballots that were accepted in it, superseded ones included.
    pub ballots: u64,
}

/// Ballots in the blocks of one author.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct AuthorReport {
    /// The author's place among the authorities.
    pub authority: u32,
    /// How many of its blocks hold ballots.
    pub blocks: u64,
    /// Ballots that were accepted in them, superseded ones included.
    pub ballots: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_named_by_the_calendar() {
        let named = |seconds| Hour::of_seconds(seconds).to_string();
        assert_eq!(named(0), "1970-01-01T00:00:00Z");
        assert_eq!(named(951_782_399), "2000-02-28T23:00:00Z");
        assert_eq!(named(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(named(951_868_800), "2000-03-01T00:00:00Z");
        assert_eq!(named(1_767_225_599), "2025-12-31T23:00:00Z");
        assert_eq!(named(1_767_225_600), "2026-01-01T00:00:00Z");
        assert_eq!(named(4_107_542_400), "2100-03-01T00:00:00Z");
    }

    #[test]
    fn ballots_are_counted_by_hour_and_author() {
        let mut arrivals = Arrivals::default();
        let hour = MILLISECONDS_PER_HOUR;
        for (milliseconds, author, block) in
            [(0, 1, 1), (hour - 1, 1, 1), (hour, 1, 2), (3 * hour, 0, 3)]
        {
            arrivals.add(milliseconds, author, block);
        }
        let hours: Vec<_> = arrivals.by_hour();
        let hours: Vec<_> = hours.iter().map(|one| (one.hour.0, one.ballots)).collect();
        assert_eq!(hours, [(0, 2), (1, 1), (3, 1)]);
        let authors = arrivals.by_author();
        let authors: Vec<_> = authors
            .iter()
            .map(|one| (one.authority, one.blocks, one.ballots))
            .collect();
        assert_eq!(authors, [(0, 1, 1), (1, 2, 3)]);
    }
}
