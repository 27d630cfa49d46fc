//! A tape in a file, or on its way to a printer (PSE-TAP-3, PSE-TAP-4).

use std::{
    fs::{File, OpenOptions},
    io::{BufRead, BufReader, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

use anyhow::Context;
use psephos_client::Node;
use psephos_primitives::{limits::BALLOTS_PER_PAGE, BallotRecord, ElectionId, Hash, Phase};
use psephos_verifier::state_proof::ballot_page_key;

use super::tape::Tape;
use crate::failure::{Failure, InputError, Result};

/// Everybody may read what hangs on the wall of a polling station.
const MODE: u32 = 0o644;
/// Bytes of a line at most: a ballot's has 220.
const MAX_LINE_BYTES: usize = 1024;

/// Where lines go.
#[derive(Debug)]
pub struct TapeFile {
    /// What is on the tape.
    pub tape: Tape,
    /// None where lines go to the standard output alone.
    file: Option<(File, PathBuf)>,
}

impl TapeFile {
    /// Opens the tape of an election, or begins it. A last line that was not written to its end was
    /// never shown to anybody and is cut off.
    pub fn open(path: &Path, genesis: Hash, election: ElectionId) -> Result<Self> {
        let cannot = || format!("cannot open {}", path.display());
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .mode(MODE)
            .open(path)
            .with_context(cannot)?;
        file.try_lock().map_err(|error| {
            anyhow::anyhow!("{} is in use by another process: {error}", path.display())
        })?;
        let origin = path.display().to_string();
        let (found, whole) = read_lines(&file, &origin, |_, _| Ok(()))?;
        if whole < file.metadata().with_context(cannot)?.len() {
            file.set_len(whole)
                .and_then(|()| file.sync_all())
                .with_context(cannot)?;
        }
        let mut opened = Self {
            tape: Tape::begin(genesis, election).0,
            file: Some((file, path.to_path_buf())),
        };
        match found {
            Some(tape) => {
                opened.tape = tape
                    .expect(genesis, election)
                    .map_err(|error| InputError::new(&origin, error.to_string()))?;
            }
            None => {
                let (_, heading) = Tape::begin(genesis, election);
                opened.write(&[heading])?;
                sync_parent(path).with_context(cannot)?;
            }
        }
        Ok(opened)
    }

    /// A tape that only goes to the standard output, from the first ballot on.
    pub fn standard_output(genesis: Hash, election: ElectionId) -> Result<Self> {
        let (tape, heading) = Tape::begin(genesis, election);
        let mut opened = Self { tape, file: None };
        opened.write(&[heading])?;
        Ok(opened)
    }

    /// Adds ballots; returns when they are on the disk, and then shows them.
    pub fn add(&mut self, records: &[BallotRecord]) -> anyhow::Result<()> {
        let lines: Vec<_> = records
            .iter()
            .map(|record| self.tape.ballot(record))
            .collect();
        self.write(&lines)
    }

    /// Adds the last line.
    pub fn close(&mut self) -> anyhow::Result<()> {
        let line = self.tape.close();
        self.write(&[line])
    }

    fn write(&mut self, lines: &[String]) -> anyhow::Result<()> {
        let mut text = lines.join("\n");
        text.push('\n');
        if let Some((file, path)) = &mut self.file {
            file.write_all(text.as_bytes())
                .and_then(|()| file.sync_data())
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
        let mut output = std::io::stdout();
        output
            .write_all(text.as_bytes())
            .and_then(|()| output.flush())
            .context("nobody takes the tape's lines from the standard output")
    }
}

/// Checks a tape's lines, and hands each ballot to `each` with its line's number. A last line without
/// an end is left out.
fn read_lines(
    file: &File,
    origin: &str,
    mut each: impl FnMut(usize, &super::tape::Entry) -> Result<()>,
) -> Result<(Option<Tape>, u64)> {
    let mut reader = BufReader::new(file);
    let (mut tape, mut whole, mut number) = (None::<Tape>, 0u64, 0usize);
    let mut line = Vec::new();
    loop {
        line.clear();
        number += 1;
        let limit = MAX_LINE_BYTES as u64;
        let read = std::io::Read::take(&mut reader, limit)
            .read_until(b'\n', &mut line)
            .with_context(|| format!("cannot read {origin}"))?;
        if line.last() != Some(&b'\n') {
            if read == MAX_LINE_BYTES {
                let place = format!("line {number}");
                return Err(InputError::at(origin, place, "is too long for a tape").into());
            }
            return Ok((tape, whole));
        }
        let text = String::from_utf8_lossy(&line[..read - 1]);
        let about = |error: super::tape::TapeError| InputError::new(origin, error.to_string());
        match &mut tape {
            None => tape = Some(Tape::open(&text).map_err(about)?),
            Some(tape) => {
                if let Some(entry) = tape.read(&text).map_err(about)? {
                    each(number, &entry)?;
                }
            }
        }
        whole += read as u64;
    }
}

/// What a check of a tape found.
#[derive(Clone, PartialEq, Eq, Debug, serde::Serialize)]
pub struct Checked {
    /// The tape's chain.
    pub genesis: Hash,
    /// Its election.
    pub election: ElectionId,
    /// Ballots on it.
    pub ballots: u32,
    /// Whether it has its last line.
    pub closed: bool,
    /// The hash of its last line.
    pub hash: Hash,
    /// Whether every ballot was compared with a chain.
    pub compared: bool,
}

/// Checks a tape alone, or against what a chain's register says.
pub fn check(path: &Path, register: Option<&[BallotRecord]>) -> Result<Checked> {
    let origin = path.display().to_string();
    let file = File::open(path).map_err(|error| InputError::new(&origin, error.to_string()))?;
    let length = file
        .metadata()
        .map_err(|error| InputError::new(&origin, error.to_string()))?
        .len();
    let (tape, whole) = read_lines(&file, &origin, |number, entry| {
        let Some(register) = register else {
            return Ok(());
        };
        let recorded = register.get(entry.index as usize);
        let same = recorded.map(|record| super::tape::Entry::new(entry.index, record));
        if same.as_ref() == Some(entry) {
            return Ok(());
        }
        let (index, place) = (entry.index, format!("{origin}: line {number}"));
        let words = same.map_or("no such ballot".into(), |same| same.to_string());
        let message = format!("{place}: the chain's ballot {index} is another: {words}");
        Err(Failure::verdict(message))
    })
    .map_err(as_verdict)?;
    let tape = tape.ok_or_else(|| InputError::new(&origin, "is empty"))?;
    if whole < length {
        let message = format!("{origin}: the last line has no end; psephos observe will repair it");
        return Err(Failure::verdict(message));
    }
    if let Some(register) = register {
        let on_chain = register.len();
        if tape.closed && tape.ballots as usize != on_chain {
            let (ballots, origin) = (tape.ballots, &origin);
            let message =
                format!("{origin}: closed with {ballots} ballots, the chain has {on_chain}");
            return Err(Failure::verdict(message));
        }
    }
    Ok(Checked {
        genesis: tape.genesis,
        election: tape.election,
        ballots: tape.ballots,
        closed: tape.closed,
        hash: tape.hash(),
        compared: register.is_some(),
    })
}

/// A tape that is wrong is what a check is for: it is an answer, no bad input.
fn as_verdict(failure: Failure) -> Failure {
    match failure {
        Failure::Input(error) => Failure::verdict(error.to_string()),
        failure => failure,
    }
}

fn sync_parent(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => File::open(parent)?.sync_all(),
        _ => File::open(".")?.sync_all(),
    }
}

/// The register's ballots from `from` on, in the state after one block; a page at most.
pub async fn page_from(
    node: &Node,
    election: ElectionId,
    from: u32,
    at: Hash,
) -> Result<Vec<BallotRecord>> {
    let key = ballot_page_key(election, from);
    let page: Option<Vec<BallotRecord>> = node.stored(&key, at).await?;
    let skip = (from % BALLOTS_PER_PAGE) as usize;
    Ok(page.unwrap_or_default().into_iter().skip(skip).collect())
}

/// All of the register's ballots in the state after one block.
pub async fn register(node: &Node, election: ElectionId, at: Hash) -> Result<Vec<BallotRecord>> {
    let mut all = Vec::new();
    loop {
        let page = page_from(node, election, all.len() as u32, at).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// Writes every ballot that is final and not on the tape yet, and the last line when there can be no
/// more; says whether the tape is closed.
pub async fn catch_up(node: &Node, tape: &mut TapeFile) -> Result<bool> {
    let (election, header) = (tape.tape.election, node.finalised_header().await?);
    let at = header.hash();
    while !tape.tape.closed {
        let page = page_from(node, election, tape.tape.ballots, at).await?;
        if page.is_empty() {
            break;
        }
        tape.add(&page)?;
    }
    let phase = node.elections_at(at).phase(election).await?;
    let over = matches!(
        phase,
        Some(Phase::Tallying | Phase::Published | Phase::Cancelled)
    );
    if over && !tape.tape.closed {
        tape.close()?;
    }
    Ok(tape.tape.closed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use psephos_primitives::{AccountId, DistrictId};

    const ELECTION: ElectionId = ElectionId(1);

    fn records(count: u8) -> Vec<BallotRecord> {
        let record = |number| BallotRecord {
            account: AccountId::new([number; 32]),
            tracker: Hash::repeat_byte(number),
            district: DistrictId(1),
            block: 5,
            supersedes: None,
        };
        (0..count).map(record).collect()
    }

    fn open(path: &Path) -> Result<TapeFile> {
        TapeFile::open(path, Hash::zero(), ELECTION)
    }

    /// Power may fail after any byte: what comes out in the end is always the same tape. Every eleventh
    /// byte stands for all, each try waits for the disk.
    #[test]
    fn a_tape_torn_anywhere_goes_on_without_gap_or_repeat() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join("tape");
        let mut whole = open(&path).expect("opens");
        whole.add(&records(4)).expect("writes");
        drop(whole);
        let expected = std::fs::read(&path).expect("exists");
        for length in (0..expected.len()).step_by(11) {
            std::fs::write(&path, &expected[..length]).expect("writable");
            let mut torn = open(&path).expect("opens");
            let missing = torn.tape.ballots as usize;
            torn.add(&records(4)[missing..]).expect("writes");
            drop(torn);
            assert_eq!(std::fs::read(&path).expect("exists"), expected, "{length}");
        }
    }

    #[test]
    fn a_tape_has_one_writer_and_one_election() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join("tape");
        let first = open(&path).expect("opens");
        let second = open(&path).map(|_| ()).map_err(|error| error.to_string());
        assert!(second.is_err_and(|error| error.contains("is in use by another process")));
        drop(first);
        let other = TapeFile::open(&path, Hash::zero(), ElectionId(2)).map(|_| ());
        assert!(matches!(other, Err(Failure::Input(_))));
    }

    #[test]
    fn a_tape_is_compared_with_the_chain() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join("tape");
        let mut tape = open(&path).expect("opens");
        tape.add(&records(3)).expect("writes");
        let checked = check(&path, None).expect("is a tape");
        assert_eq!((checked.ballots, checked.closed), (3, false));
        assert!(check(&path, Some(&records(4))).is_ok());
        let words = |register: &[BallotRecord]| {
            check(&path, Some(register))
                .map(|_| ())
                .map_err(|error| error.to_string())
        };
        assert!(words(&records(2)).is_err_and(|error| error.contains("no such ballot")));
        let mut changed = records(3);
        changed[1].tracker = Hash::zero();
        assert!(words(&changed).is_err_and(|error| error.contains("ballot 1 is another")));
        tape.close().expect("writes");
        let error = words(&records(4));
        assert!(error.is_err_and(|error| error.contains("closed with 3 ballots, the chain has 4")));
    }

    #[test]
    fn a_changed_file_is_refused_and_not_written_to() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let path = directory.path().join("tape");
        open(&path)
            .and_then(|mut tape| Ok(tape.add(&records(3))?))
            .expect("writes");
        let text = std::fs::read_to_string(&path).expect("exists");
        let changed = text.replacen("1 5 1", "1 6 1", 1);
        std::fs::write(&path, &changed).expect("writable");
        let refused = open(&path).map(|_| ()).map_err(|error| error.to_string());
        assert!(refused.is_err_and(|error| error.contains("line 3: the hash does not follow")));
        assert_eq!(std::fs::read_to_string(&path).expect("exists"), changed);
        assert!(matches!(check(&path, None), Err(Failure::Verdict(_))));
    }
}
