//! The tape: one line for each accepted ballot, each bound to all before it (PSE-TAP-1, PSE-TAP-2).

use core::fmt;

use psephos_primitives::{
    hashing::blake2_256, AccountId, BallotRecord, BlockNumber, ElectionId, Hash,
};
use sp_core::crypto::Ss58Codec;

/// What a tape of this version calls itself (PSE-TAP-1).
pub const FORMAT: &str = "psephos/tape/1";
/// The word that the last line of an election's tape begins with.
const CLOSED: &str = "closed";
/// Fields of a ballot's line before its hash.
const FIELDS: usize = 5;

/// A ballot, as it stands on a tape.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entry {
    /// Its place in the register, counted from 0.
    pub index: u32,
    /// The block that holds it.
    pub block: BlockNumber,
    /// The number of its district.
    pub district: u32,
    /// Its tracker.
    pub tracker: Hash,
    /// The one-time account that cast it.
    pub account: AccountId,
}

impl Entry {
    /// Of a ballot in the register.
    pub fn new(index: u32, record: &BallotRecord) -> Self {
        Self {
            index,
            block: record.block,
            district: record.district.get(),
            tracker: record.tracker,
            account: record.account.clone(),
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            index,
            block,
            district,
            ..
        } = self;
        let (tracker, account) = (hex::encode(self.tracker), self.account.to_ss58check());
        write!(f, "{index} {block} {district} {tracker} {account}")
    }
}

/// Why lines are no tape.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TapeError {
    /// The first line is not that of a tape.
    #[error("line 1: a tape begins with \"{FORMAT} GENESIS ELECTION HASH\"")]
    Heading,
    /// Of another chain or election.
    #[error("line 1: this is the tape of election {election} on the chain {genesis:?}")]
    Other {
        /// The tape's chain.
        genesis: Hash,
        /// The tape's election.
        election: ElectionId,
    },
    /// A line that is none.
    #[error("line {line}: a ballot's line is \"INDEX BLOCK DISTRICT TRACKER ACCOUNT HASH\"")]
    Form {
        /// Counted from 1.
        line: usize,
    },
    /// A line was changed, taken out or put in.
    #[error("line {line}: the hash does not follow from this line and the one before")]
    Hash {
        /// Counted from 1.
        line: usize,
    },
    /// Ballots are missing or repeated.
    #[error("line {line}: ballot {found} instead of {expected}")]
    Index {
        /// Counted from 1.
        line: usize,
        /// Which ballot comes next.
        expected: u32,
        /// Which is there.
        found: u32,
    },
    /// Something after the last line.
    #[error("line {line}: the tape was closed before")]
    AfterEnd {
        /// Counted from 1.
        line: usize,
    },
}

/// A tape as far as it has been written or read: makes and checks lines, and keeps none.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Tape {
    /// The hash of block 0.
    pub genesis: Hash,
    /// Which election's ballots are on it.
    pub election: ElectionId,
    /// Ballots on it.
    pub ballots: u32,
    /// Whether the election's last ballot is on it.
    pub closed: bool,
    /// Of the last line.
    hash: Hash,
    lines: usize,
}

impl Tape {
    /// A new tape, and its first line.
    pub fn begin(genesis: Hash, election: ElectionId) -> (Self, String) {
        let mut tape = Self {
            genesis,
            election,
            ballots: 0,
            closed: false,
            hash: Hash::zero(),
            lines: 0,
        };
        let line = tape.add(&format!("{FORMAT} {} {election}", hex::encode(genesis)));
        (tape, line)
    }

    /// Reads a tape's first line.
    pub fn open(line: &str) -> Result<Self, TapeError> {
        let mut words = line.split(' ').skip(1);
        let genesis = words.next().and_then(parse_hash);
        let election = words.next().and_then(|word| word.parse().ok());
        let (Some(genesis), Some(election)) = (genesis, election) else {
            return Err(TapeError::Heading);
        };
        let (tape, expected) = Self::begin(genesis, ElectionId(election));
        if line == expected {
            Ok(tape)
        } else {
            Err(TapeError::Heading)
        }
    }

    /// The tape of this chain and election, or what it is instead.
    pub fn expect(self, genesis: Hash, election: ElectionId) -> Result<Self, TapeError> {
        if self.genesis == genesis && self.election == election {
            Ok(self)
        } else {
            Err(TapeError::Other {
                genesis: self.genesis,
                election: self.election,
            })
        }
    }

    /// The line of the next ballot.
    pub fn ballot(&mut self, record: &BallotRecord) -> String {
        let entry = Entry::new(self.ballots, record);
        self.ballots = self.ballots.saturating_add(1);
        self.add(&entry.to_string())
    }

    /// The last line: no ballot follows.
    pub fn close(&mut self) -> String {
        self.closed = true;
        self.add(&format!("{CLOSED} {}", self.ballots))
    }

    /// Reads the next line; a ballot's, or the last.
    pub fn read(&mut self, line: &str) -> Result<Option<Entry>, TapeError> {
        let number = self.lines + 1;
        if self.closed {
            return Err(TapeError::AfterEnd { line: number });
        }
        let form = || TapeError::Form { line: number };
        let (content, _) = line.rsplit_once(' ').ok_or_else(form)?;
        let entry = if content.starts_with(CLOSED) {
            None
        } else {
            Some(parse_entry(content).ok_or_else(form)?)
        };
        if self.add(content) != line {
            return Err(TapeError::Hash { line: number });
        }
        let Some(entry) = entry else {
            let promised = content.split(' ').nth(1).and_then(|word| word.parse().ok());
            if promised != Some(self.ballots) {
                return Err(form());
            }
            self.closed = true;
            return Ok(None);
        };
        if entry.index != self.ballots {
            return Err(TapeError::Index {
                line: number,
                expected: self.ballots,
                found: entry.index,
            });
        }
        self.ballots = self.ballots.saturating_add(1);
        Ok(Some(entry))
    }

    /// The hash of the last line: it stands for all of them.
    pub const fn hash(&self) -> Hash {
        self.hash
    }

    fn add(&mut self, content: &str) -> String {
        self.hash = blake2_256(&[self.hash.as_bytes(), content.as_bytes()].concat()).into();
        self.lines += 1;
        format!("{content} {}", hex::encode(self.hash))
    }
}

fn parse_hash(word: &str) -> Option<Hash> {
    let bytes = hex::decode(word).ok()?;
    <[u8; 32]>::try_from(bytes).ok().map(Hash::from)
}

fn parse_entry(content: &str) -> Option<Entry> {
    let words: Vec<&str> = content.split(' ').collect();
    let [index, block, district, tracker, account]: [&str; FIELDS] = words.try_into().ok()?;
    Some(Entry {
        index: index.parse().ok()?,
        block: block.parse().ok()?,
        district: district.parse().ok()?,
        tracker: parse_hash(tracker)?,
        account: AccountId::from_ss58check(account).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use psephos_primitives::DistrictId;

    fn record(number: u8) -> BallotRecord {
        BallotRecord {
            account: AccountId::new([number; 32]),
            tracker: Hash::repeat_byte(number),
            district: DistrictId(7),
            block: 40 + u32::from(number),
            supersedes: None,
        }
    }

    fn lines(ballots: u8) -> Vec<String> {
        let (mut tape, heading) = Tape::begin(Hash::repeat_byte(9), ElectionId(3));
        let mut lines = vec![heading];
        lines.extend((0..ballots).map(|number| tape.ballot(&record(number))));
        lines.push(tape.close());
        lines
    }

    fn check(lines: &[String]) -> Result<Tape, TapeError> {
        let mut tape = Tape::open(&lines[0])?;
        for line in &lines[1..] {
            tape.read(line)?;
        }
        Ok(tape)
    }

    #[test]
    fn a_tape_is_read_as_it_was_written() {
        let tape = check(&lines(3)).expect("is a tape");
        assert_eq!((tape.ballots, tape.closed), (3, true));
        assert_eq!(tape.election, ElectionId(3));
        let open = check(&lines(3)[..3]).expect("is a tape");
        assert_eq!((open.ballots, open.closed), (2, false));
        let mut again = open;
        assert_eq!(again.ballot(&record(2)), lines(3)[3]);
    }

    #[test]
    fn every_change_of_a_line_is_found() {
        for position in 1..5 {
            let mut changed = lines(3);
            changed[position] = changed[position].replacen(' ', "0 ", 1);
            let line = position + 1;
            assert_eq!(check(&changed), Err(TapeError::Hash { line }));
        }
        let mut changed = lines(3);
        changed[2] = changed[2].replace("0101", "0111");
        assert_eq!(check(&changed), Err(TapeError::Hash { line: 3 }));
    }

    #[test]
    fn lines_taken_out_put_in_or_exchanged_are_found() {
        let mut without = lines(3);
        without.remove(2);
        assert_eq!(check(&without), Err(TapeError::Hash { line: 3 }));
        let mut twice = lines(3);
        twice.insert(2, twice[2].clone());
        assert_eq!(check(&twice), Err(TapeError::Hash { line: 4 }));
        let mut longer = lines(3);
        longer.push(longer[4].clone());
        assert_eq!(check(&longer), Err(TapeError::AfterEnd { line: 6 }));
    }

    /// Whoever writes a whole tape anew can give it right hashes: its ballots are counted as well.
    #[test]
    fn a_gap_is_found_even_with_right_hashes() {
        let (mut tape, heading) = Tape::begin(Hash::zero(), ElectionId(1));
        tape.ballots = 1;
        let second = tape.ballot(&record(1));
        let expected = TapeError::Index {
            line: 2,
            expected: 0,
            found: 1,
        };
        assert_eq!(check(&[heading, second]), Err(expected));
    }

    #[test]
    fn what_is_no_tape_is_refused() {
        for heading in ["", "psephos/tape/1", "psephos/tape/2 00 1 00"] {
            assert_eq!(Tape::open(heading), Err(TapeError::Heading));
        }
        let mut tape = Tape::open(&lines(0)[0]).expect("is a heading");
        assert_eq!(tape.read("1 2 3"), Err(TapeError::Form { line: 2 }));
        let tape = Tape::open(&lines(0)[0]).expect("is a heading");
        let other = tape.expect(Hash::zero(), ElectionId(3));
        assert!(matches!(other, Err(TapeError::Other { .. })));
    }
}
