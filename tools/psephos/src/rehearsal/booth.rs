//! What happens between a row of the file and a signed extrinsic: in memory only (PSE-REH-3).
//!
//! Keys, blinding factors and randomness are made here and wiped here. What leaves is signed
//! extrinsics, and for each registrar what its ledger must say.

use std::sync::Arc;

use anyhow::{anyhow, Context};
use psephos_primitives::{RegistrarIndex, VoterNumber};

use crate::{
    issuing_ledger::{IssuingLedger, LedgerEntry},
    registrar::RegistrarDesk,
    voter::{CastExtrinsic, Election, OneTimeVoter},
    votes::Vote,
};

/// A registrar in one election.
#[derive(Debug)]
pub struct Desk {
    /// Its place in the manifest.
    pub index: RegistrarIndex,
    /// Its secrets.
    pub desk: RegistrarDesk,
    /// What it has signed.
    pub ledger: IssuingLedger,
}

/// A voter who is to vote.
#[derive(Clone, Copy, Debug)]
pub struct Turn<'a> {
    /// The row of the file, from 0.
    pub row: usize,
    /// The voter's number.
    pub voter: VoterNumber,
    /// The voter's choice.
    pub vote: &'a Vote,
}

/// A ballot that is ready to be sent.
#[derive(Clone, Debug)]
pub struct Made {
    /// The row of the file, from 0.
    pub row: usize,
    /// The signed extrinsic.
    pub cast: CastExtrinsic,
    entries: Vec<LedgerEntry>,
}

/// The voters and a quorum of registrars, on one computer.
pub struct Booth {
    election: Arc<Election>,
    desks: Vec<Desk>,
}

impl Booth {
    /// Opens with this quorum.
    pub const fn new(election: Arc<Election>, desks: Vec<Desk>) -> Self {
        Self { election, desks }
    }

    /// Makes ballots for these voters, on all cores. Nothing of it counts as signed before
    /// [`Self::record`].
    pub fn make(&self, turns: &[Turn<'_>]) -> anyhow::Result<Vec<Made>> {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let share = turns.len().div_ceil(cores).max(1);
        let make_part = |part: &[Turn<'_>]| {
            part.iter()
                .map(|turn| self.make_one(turn))
                .collect::<anyhow::Result<Vec<_>>>()
        };
        let parts = std::thread::scope(|scope| {
            let workers: Vec<_> = turns
                .chunks(share)
                .map(|part| scope.spawn(move || make_part(part)))
                .collect();
            workers
                .into_iter()
                .map(|worker| {
                    worker
                        .join()
                        .map_err(|_| anyhow!("a ballot could not be made"))?
                })
                .collect::<anyhow::Result<Vec<_>>>()
        })?;
        Ok(parts.into_iter().flatten().collect())
    }

    fn make_one(&self, turn: &Turn<'_>) -> anyhow::Result<Made> {
        let Turn { row, voter, vote } = turn;
        let registrars: Vec<_> = self.desks.iter().map(|desk| desk.index).collect();
        let district = vote.district;
        let (one_time, requests) = OneTimeVoter::new(&self.election, district, &registrars)?;
        let mut answers = Vec::with_capacity(requests.len());
        let mut entries = Vec::with_capacity(requests.len());
        for (request, desk) in requests.iter().zip(&self.desks) {
            if desk.ledger.has_served(*voter) {
                return Err(anyhow!(
                    "registrar {} has signed for voter {voter} before",
                    desk.index
                ));
            }
            let signature = desk.desk.blind_sign(district, &request.blinded)?;
            entries.push(LedgerEntry::signed(
                *voter,
                district,
                &request.blinded.0,
                &signature,
            ));
            answers.push((desk.index, signature));
        }
        let holder = one_time.finalize(&self.election, &answers)?;
        let cast = holder.cast(&self.election, &vote.selections, 0)?;
        Ok(Made {
            row: *row,
            cast,
            entries,
        })
    }

    /// Enters in the registrars' ledgers what was signed. The journal must hold it already: a
    /// rehearsal that is killed in between enters it when it starts again, and nothing that was
    /// signed has left this process until it is sent.
    pub fn record(&mut self, made: &[Made]) -> anyhow::Result<()> {
        for (position, desk) in self.desks.iter_mut().enumerate() {
            let entries = made
                .iter()
                .filter_map(|made| made.entries.get(position))
                .cloned();
            desk.ledger
                .record(entries.collect())
                .with_context(|| format!("the ledger of registrar {}", desk.index))?;
        }
        Ok(())
    }
}

/// Enters voters in the ledgers who are known to have been served (see [`Booth::record`]).
pub fn repair_ledgers(
    desks: &mut [Desk],
    served: impl Iterator<Item = LedgerEntry> + Clone,
) -> anyhow::Result<()> {
    for desk in desks {
        let missing = served
            .clone()
            .filter(|entry| !desk.ledger.has_served(entry.voter))
            .collect();
        desk.ledger.record(missing)?;
    }
    Ok(())
}
