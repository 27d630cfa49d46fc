//! Every ballot of a rehearsal as a signed extrinsic, on the disk before it is sent (PSE-REH-2).
//!
//! It holds no vote and no key: the ballot is encrypted, and its key was wiped when it was signed.

use std::{collections::BTreeMap, path::Path};

use anyhow::{anyhow, Context};
use psephos_client::Inclusion;
use psephos_primitives::BlockNumber;
use serde::{Deserialize, Serialize};

use crate::files::AppendLog;

const FILE: &str = "journal.jsonl";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
enum Line {
    /// Is about to be sent.
    Cast {
        row: usize,
        from: BlockNumber,
        extrinsic: String,
    },
    /// Stands in a finalised block.
    Final {
        row: usize,
        block: BlockNumber,
        position: u32,
    },
}

/// A ballot that was signed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cast {
    /// The signed extrinsic.
    pub extrinsic: Vec<u8>,
    /// It stands in no block before this one.
    pub from: BlockNumber,
    /// The finalised block that it stands in, once it does.
    pub block: Option<BlockNumber>,
}

/// The journal of one rehearsal.
#[derive(Debug)]
pub struct Journal {
    log: AppendLog,
    casts: BTreeMap<usize, Cast>,
}

impl Journal {
    /// Opens the journal in this directory, or begins it; nobody else can while it is open.
    pub fn open(directory: &Path) -> anyhow::Result<Self> {
        let path = directory.join(FILE);
        let (log, lines) = AppendLog::open(&path)?;
        let mut casts = BTreeMap::new();
        for (line, number) in lines.iter().zip(1..) {
            let line = serde_json::from_str(line).map_err(anyhow::Error::from);
            line.and_then(|line| replay(&mut casts, line))
                .with_context(|| format!("{}: line {number}", path.display()))?;
        }
        Ok(Self { log, casts })
    }

    /// The ballot of this row, if it was signed.
    pub fn cast(&self, row: usize) -> Option<&Cast> {
        self.casts.get(&row)
    }

    /// Ballots that were signed and are not known to be final, by row.
    pub fn undelivered(&self) -> impl Iterator<Item = (usize, &Cast)> {
        let open = self.casts.iter().filter(|(_, cast)| cast.block.is_none());
        open.map(|(row, cast)| (*row, cast))
    }

    /// The blocks of the ballots that are final.
    pub fn blocks(&self) -> impl Iterator<Item = BlockNumber> + '_ {
        self.casts.values().filter_map(|cast| cast.block)
    }

    /// Writes down ballots that are about to be sent; returns when they are on the disk.
    pub fn record_casts(
        &mut self,
        from: BlockNumber,
        made: impl IntoIterator<Item = (usize, Vec<u8>)>,
    ) -> anyhow::Result<()> {
        let mut lines = Vec::new();
        let mut added = Vec::new();
        for (row, extrinsic) in made {
            if self.casts.contains_key(&row) {
                return Err(anyhow!("row {row} has a ballot already"));
            }
            let encoded = hex::encode(&extrinsic);
            lines.push(serde_json::to_string(&Line::Cast {
                row,
                from,
                extrinsic: encoded,
            })?);
            added.push((
                row,
                Cast {
                    extrinsic,
                    from,
                    block: None,
                },
            ));
        }
        self.log.append(lines)?;
        self.casts.extend(added);
        Ok(())
    }

    /// Writes down where a ballot stands.
    pub fn record_final(&mut self, row: usize, inclusion: &Inclusion) -> anyhow::Result<()> {
        let cast = self
            .casts
            .get_mut(&row)
            .ok_or_else(|| anyhow!("row {row} has no ballot"))?;
        cast.block = Some(inclusion.block);
        let Inclusion {
            block, position, ..
        } = *inclusion;
        self.log.append([serde_json::to_string(&Line::Final {
            row,
            block,
            position,
        })?])
    }
}

fn replay(casts: &mut BTreeMap<usize, Cast>, line: Line) -> anyhow::Result<()> {
    match line {
        Line::Cast {
            row,
            from,
            extrinsic,
        } => {
            let extrinsic = hex::decode(extrinsic)?;
            if casts
                .insert(
                    row,
                    Cast {
                        extrinsic,
                        from,
                        block: None,
                    },
                )
                .is_some()
            {
                return Err(anyhow!("row {row} has a ballot already"));
            }
        }
        Line::Final { row, block, .. } => {
            let cast = casts
                .get_mut(&row)
                .ok_or_else(|| anyhow!("row {row} has no ballot"))?;
            cast.block = Some(block);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use psephos_primitives::Hash;

    fn inclusion(block: BlockNumber) -> Inclusion {
        Inclusion {
            block,
            hash: Hash::zero(),
            position: 2,
        }
    }

    #[test]
    fn a_second_run_knows_what_the_first_has_signed() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let mut journal = Journal::open(directory.path()).expect("opens");
        journal
            .record_casts(7, [(0, vec![1]), (4, vec![2])])
            .expect("writes");
        journal.record_casts(9, [(2, vec![3])]).expect("writes");
        journal.record_final(0, &inclusion(8)).expect("writes");
        drop(journal);
        let journal = Journal::open(directory.path()).expect("opens again");
        let open: Vec<_> = journal
            .undelivered()
            .map(|(row, cast)| (row, cast.from))
            .collect();
        assert_eq!(open, [(2, 9), (4, 7)]);
        assert_eq!(journal.blocks().collect::<Vec<_>>(), [8]);
        assert_eq!(
            journal.cast(4).map(|cast| cast.extrinsic.clone()),
            Some(vec![2])
        );
        assert_eq!(journal.cast(1), None);
    }

    #[test]
    fn no_row_is_signed_twice() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let mut journal = Journal::open(directory.path()).expect("opens");
        journal.record_casts(7, [(0, vec![1])]).expect("writes");
        let error = journal
            .record_casts(7, [(0, vec![2])])
            .map_err(|error| error.to_string());
        assert_eq!(error, Err("row 0 has a ballot already".into()));
        let error = journal
            .record_final(3, &inclusion(8))
            .map_err(|error| error.to_string());
        assert_eq!(error, Err("row 3 has no ballot".into()));
    }

    #[test]
    fn a_cast_that_was_not_written_to_its_end_was_never_sent() {
        let directory = tempfile::tempdir().expect("temporary directory");
        let mut journal = Journal::open(directory.path()).expect("opens");
        journal.record_casts(7, [(0, vec![1])]).expect("writes");
        drop(journal);
        let path = directory.path().join(FILE);
        let mut text = std::fs::read_to_string(&path).expect("exists");
        text.push_str("{\"cast\":{\"row\":1,");
        std::fs::write(&path, text).expect("writable");
        let journal = Journal::open(directory.path()).expect("opens again");
        assert_eq!(journal.undelivered().count(), 1);
    }
}
