//! Ballots: who may cast one, whether it verifies, and what all of them add up to.

use std::collections::{BTreeMap, BTreeSet};

use psephos_crypto::{
    ballot::{ciphertexts, BallotError, BallotStatement, BatchVerifier, ContestRule},
    elgamal::{self, Ciphertext, ElectionKey},
    transcript::Context,
};
use psephos_primitives::{
    limits::MAX_BALLOTS_PER_ACCOUNT, AccountId, Ballot, BlockNumber, Credential, DistrictId, Hash,
    Manifest, Refusal, RevotePolicy,
};

use crate::{
    chain::Verified,
    finding::{Cause, Check, Party},
    threads::Threads,
};
use sums::Change;

mod credential;
mod length;
mod sums;

pub(crate) use credential::{check_credential, Holder};

/// Ballots whose proofs are verified together: with more, hardly anything is gained.
const BATCH: usize = 128;

/// A ballot that is cast: everything but by which election.
pub(crate) struct Cast<'a> {
    pub block: BlockNumber,
    pub extrinsic: u32,
    pub account: &'a AccountId,
    /// Of the whole extrinsic, in bytes.
    pub length: usize,
    pub nonce: u32,
    pub district: DistrictId,
    pub credential: &'a Credential,
    /// What the credential is worth, if somebody has looked already.
    pub credential_checked: Option<Result<(), Objection>>,
    pub ballot: &'a Ballot,
    pub tracker: Hash,
    /// Whether an earlier run has verified credential and proofs.
    pub verified: Verified,
}

/// What is wrong with a ballot, and which check it fails.
#[derive(Debug)]
pub(crate) struct Objection {
    pub check: Check,
    pub party: Option<Party>,
    pub cause: Cause,
}

impl Objection {
    fn refused(check: Check, refusal: Refusal) -> Self {
        Self {
            check,
            party: None,
            cause: Cause::Refused(refusal),
        }
    }
}

/// What came of a ballot's proofs.
pub(crate) struct Judged {
    pub block: BlockNumber,
    pub extrinsic: u32,
    /// How many were added to the sums.
    pub ciphertexts: u64,
    pub objection: Option<Objection>,
}

/// How much was checked of a ballot that passed all but its proofs.
pub(crate) struct Passed {
    /// Registrars' signatures.
    pub signatures: u64,
}

/// An account's last ballot.
#[derive(Clone)]
struct Voter {
    casts: u32,
    district: DistrictId,
    /// Kept only where a later ballot may take this one's place.
    ciphertexts: Option<Vec<Ciphertext>>,
}

/// A district's contests and running sums.
#[derive(Clone)]
struct Station {
    id: DistrictId,
    /// Bytes that an extrinsic which casts a ballot here has at most.
    longest: usize,
    rules: Vec<ContestRule>,
    sums: Vec<Ciphertext>,
    /// Accounts that have cast.
    accounts: u32,
}

/// A ballot whose proofs wait to be verified together with others.
#[derive(Clone)]
struct Waiting {
    block: BlockNumber,
    extrinsic: u32,
    account: AccountId,
    district: DistrictId,
    ballot: Ballot,
    /// Whether the account's earlier ballot goes out of the sums.
    revote: bool,
    verified: Verified,
}

/// All ballots of one election.
#[derive(Clone)]
pub(crate) struct BallotBox {
    voters: BTreeMap<AccountId, Voter>,
    trackers: BTreeSet<Hash>,
    stations: Vec<Station>,
    waiting: Vec<Waiting>,
    cast: u64,
}

impl BallotBox {
    pub fn new(manifest: &Manifest) -> Self {
        let stations = manifest
            .districts
            .iter()
            .enumerate()
            .map(|(position, district)| {
                let rules: Vec<_> = district.contests.iter().map(|c| c.rule()).collect();
                let options = rules.iter().map(|rule| usize::from(rule.options)).sum();
                let sums = vec![Ciphertext::ZERO; options];
                Station {
                    id: district.id,
                    longest: length::longest_cast(manifest, position, &rules),
                    rules,
                    sums,
                    accounts: 0,
                }
            })
            .collect();
        Self {
            voters: BTreeMap::new(),
            trackers: BTreeSet::new(),
            stations,
            waiting: Vec::new(),
            cast: 0,
        }
    }

    /// Ballots that were accepted, superseded ones included.
    pub const fn cast(&self) -> u64 {
        self.cast
    }

    /// Accounts that have cast a ballot in the district.
    pub fn accounts(&self, district: DistrictId) -> Option<u32> {
        self.station(district).map(|station| station.accounts)
    }

    /// The district's contests.
    pub fn rules(&self, district: DistrictId) -> Option<&[ContestRule]> {
        self.station(district).map(|station| &station.rules[..])
    }

    /// The district's sums, contest after contest.
    pub fn sums(&self, district: DistrictId) -> Option<&[Ciphertext]> {
        self.station(district).map(|station| &station.sums[..])
    }

    fn station(&self, district: DistrictId) -> Option<&Station> {
        self.stations.iter().find(|station| station.id == district)
    }

    /// Accepts a ballot but for its proofs, which wait for [`Self::verify_waiting`]
    /// (PSE-AUD-13, PSE-AUD-14). `issued` counts the credentials issued in the ballot's district.
    pub fn accept(
        &mut self,
        manifest: &Manifest,
        context: &Context,
        issued: u32,
        mut cast: Cast<'_>,
    ) -> Result<Passed, Objection> {
        self.check_admission(manifest.revote, issued, &cast)
            .map_err(|refusal| Objection::refused(Check::Admission, refusal))?;
        let holder = Holder {
            district: cast.district,
            account: cast.account,
        };
        cast.credential_checked.take().unwrap_or_else(|| {
            check_credential(manifest, context, holder, cast.credential, cast.verified)
        })?;
        if !self.trackers.insert(cast.tracker) {
            return Err(Objection::refused(Check::Proofs, Refusal::DuplicateTracker));
        }
        self.count(&cast);
        Ok(Passed {
            signatures: cast.credential.len() as u64,
        })
    }

    /// Who may cast, where, and how often (PSE-AUD-13).
    fn check_admission(
        &self,
        policy: RevotePolicy,
        issued: u32,
        cast: &Cast<'_>,
    ) -> Result<(), Refusal> {
        let station = self
            .station(cast.district)
            .ok_or(Refusal::UnknownDistrict)?;
        if cast.length > station.longest {
            return Err(Refusal::TooLong);
        }
        match self.voters.get(cast.account) {
            None if cast.nonce > 0 => Err(Refusal::NonceAhead),
            None if station.accounts >= issued => Err(Refusal::NoIssueLeft),
            None => Ok(()),
            Some(_) if policy == RevotePolicy::Forbidden => Err(Refusal::AlreadyVoted),
            Some(voter) if cast.nonce < voter.casts => Err(Refusal::OldBallot),
            Some(voter) if cast.nonce > voter.casts => Err(Refusal::NonceAhead),
            Some(voter) if voter.casts >= MAX_BALLOTS_PER_ACCOUNT => Err(Refusal::TooManyBallots),
            Some(voter) if voter.district != cast.district => Err(Refusal::OtherDistrict),
            Some(_) => Ok(()),
        }
    }

    fn count(&mut self, cast: &Cast<'_>) {
        let voter = self.voters.entry(cast.account.clone()).or_insert(Voter {
            casts: 0,
            district: cast.district,
            ciphertexts: None,
        });
        let revote = voter.casts > 0;
        voter.casts += 1;
        if !revote {
            let station = self
                .stations
                .iter_mut()
                .find(|station| station.id == cast.district);
            station
                .into_iter()
                .for_each(|station| station.accounts += 1);
        }
        self.cast += 1;
        self.waiting.push(Waiting {
            block: cast.block,
            extrinsic: cast.extrinsic,
            account: cast.account.clone(),
            district: cast.district,
            ballot: cast.ballot.clone(),
            revote,
            verified: cast.verified,
        });
    }

    /// Whether ballots wait for their proofs to be verified.
    pub fn are_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// Verifies the proofs of all waiting ballots, in batches, and adds those that verify to the sums
    /// (PSE-AUD-15, PSE-AUD-16). Says of each, in their order, what came of it.
    pub fn verify_waiting(
        &mut self,
        policy: RevotePolicy,
        context: &Context,
        key: &ElectionKey,
        threads: Threads,
    ) -> Vec<Judged> {
        let waiting = std::mem::take(&mut self.waiting);
        let unverified: Vec<usize> = (0..waiting.len())
            .filter(|position| waiting[*position].verified == Verified::Now)
            .collect();
        let batches: Vec<&[usize]> = unverified.chunks(BATCH).collect();
        let refused: BTreeMap<usize, BallotError> = threads
            .map(&batches, |batch| {
                self.refused(&waiting, batch, context, key)
            })
            .into_iter()
            .flatten()
            .collect();
        let mut changes = Vec::new();
        for (position, waiting) in waiting.iter().enumerate() {
            if !refused.contains_key(&position) {
                changes.push(self.change(policy, position, waiting));
            }
        }
        let mut failed = self.add(&changes, threads);
        let judged = waiting.into_iter().enumerate();
        judged
            .map(|(position, waiting)| {
                let refused = refused.get(&position);
                let failure = match refused {
                    Some(error) => Some((Check::Proofs, Cause::Ballot(*error))),
                    None => failed.remove(&position).map(|cause| (Check::Sums, cause)),
                };
                let added = ciphertexts(&waiting.ballot.contests).count() as u64;
                Judged {
                    block: waiting.block,
                    extrinsic: waiting.extrinsic,
                    ciphertexts: if failure.is_none() { added } else { 0 },
                    objection: failure.map(|(check, cause)| Objection {
                        check,
                        party: Some(Party::Account(waiting.account)),
                        cause,
                    }),
                }
            })
            .collect()
    }

    /// Verifies the ballots at these positions together; names those that are refused.
    fn refused(
        &self,
        waiting: &[Waiting],
        batch: &[usize],
        context: &Context,
        key: &ElectionKey,
    ) -> Vec<(usize, BallotError)> {
        let mut verifier = BatchVerifier::new(key);
        for position in batch {
            let waiting = &waiting[*position];
            let statement = BallotStatement {
                context,
                key,
                district: waiting.district.get(),
                account: waiting.account.as_ref(),
                contests: self.rules(waiting.district).unwrap_or_default(),
            };
            verifier.add(&statement, &waiting.ballot.contests);
        }
        let refused = verifier.verify().err().unwrap_or_default();
        refused
            .into_iter()
            .map(|(at, error)| (batch[at], error))
            .collect()
    }

    /// What a valid ballot does to the sums: it is added, and the one that it supersedes is taken out.
    fn change(&mut self, policy: RevotePolicy, position: usize, waiting: &Waiting) -> Change {
        let own: Vec<Ciphertext> = ciphertexts(&waiting.ballot.contests).copied().collect();
        let voter = self.voters.get_mut(&waiting.account);
        let earlier = voter.and_then(|voter| match policy {
            RevotePolicy::Forbidden => None,
            RevotePolicy::LastCounts => voter.ciphertexts.replace(own.clone()),
        });
        Change {
            position,
            district: waiting.district,
            own,
            earlier: earlier.filter(|_| waiting.revote),
        }
    }

    /// Carries out changes of the sums; comes back with those that could not be.
    fn add(&mut self, changes: &[Change], threads: Threads) -> BTreeMap<usize, Cause> {
        let mut failed = BTreeMap::new();
        for station in &mut self.stations {
            let own: Vec<&Change> = changes
                .iter()
                .filter(|change| change.district == station.id)
                .collect();
            let batches: Vec<&[&Change]> = own.chunks(BATCH).collect();
            let positions = station.sums.len();
            let totals = threads.map(&batches, |batch| sums::total(positions, batch));
            for (batch, total) in batches.into_iter().zip(totals) {
                let added = total.and_then(|total| elgamal::add(&mut station.sums, total.iter()));
                if added.is_err() {
                    // One of them does not decode: find out which, and add the others.
                    failed.extend(sums::add_each(&mut station.sums, batch));
                }
            }
        }
        failed
    }
}
