//! Ballots: who may cast one, whether it verifies, and what all of them add up to.

use std::collections::{BTreeMap, BTreeSet};

use psephos_crypto::{
    ballot::{ciphertexts, BallotError, BallotStatement, BatchVerifier, ContestRule},
    blind_signature::{self, credential_message},
    elgamal::{self, Ciphertext, ElectionKey},
    transcript::Context,
};
use psephos_primitives::{
    limits::MAX_BALLOTS_PER_ACCOUNT, AccountId, Ballot, Credential, DistrictId, Hash, Manifest,
    Refusal, RevotePolicy,
};

use crate::finding::{Cause, Check, Party};

mod length;

/// A ballot that is cast: everything but when and by which election.
pub(crate) struct Cast<'a> {
    pub account: &'a AccountId,
    /// Of the whole extrinsic, in bytes.
    pub length: usize,
    pub nonce: u32,
    pub district: DistrictId,
    pub credential: &'a Credential,
    pub ballot: &'a Ballot,
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
    /// Its place in the manifest, where the registrars' keys are in the same order.
    position: usize,
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
    extrinsic: u32,
    account: AccountId,
    district: DistrictId,
    ballot: Ballot,
    /// Whether the account's earlier ballot goes out of the sums.
    revote: bool,
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
                    position,
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
        extrinsic: u32,
        cast: &Cast<'_>,
    ) -> Result<Passed, Objection> {
        self.check_admission(manifest.revote, issued, cast)
            .map_err(|refusal| Objection::refused(Check::Admission, refusal))?;
        let position = self
            .station(cast.district)
            .map_or(0, |station| station.position);
        check_credential(manifest, context, position, cast)?;
        if !self.trackers.insert(cast.ballot.tracker()) {
            return Err(Objection::refused(Check::Proofs, Refusal::DuplicateTracker));
        }
        self.count(extrinsic, cast);
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

    fn count(&mut self, extrinsic: u32, cast: &Cast<'_>) {
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
            extrinsic,
            account: cast.account.clone(),
            district: cast.district,
            ballot: cast.ballot.clone(),
            revote,
        });
    }

    /// Verifies the proofs of all waiting ballots together and adds those that verify to the sums
    /// (PSE-AUD-15, PSE-AUD-16). Comes back with how many ballots and ciphertexts there were, and
    /// with the culprits by their extrinsic.
    pub fn verify_waiting(
        &mut self,
        policy: RevotePolicy,
        context: &Context,
        key: &ElectionKey,
    ) -> (u64, u64, Vec<(u32, Objection)>) {
        let waiting = std::mem::take(&mut self.waiting);
        let culprits = self.culprits(&waiting, context, key);
        let ballots = waiting.len() as u64;
        let mut ciphertexts = 0;
        let mut objections = Vec::new();
        for (position, waiting) in waiting.into_iter().enumerate() {
            let by = |check, cause| {
                let party = Some(Party::Account(waiting.account.clone()));
                (
                    waiting.extrinsic,
                    Objection {
                        check,
                        party,
                        cause,
                    },
                )
            };
            if let Some(error) = culprits.get(&position) {
                objections.push(by(Check::Proofs, Cause::Ballot(*error)));
                continue;
            }
            match self.add(policy, &waiting) {
                Ok(added) => ciphertexts += added,
                Err(cause) => objections.push(by(Check::Sums, cause)),
            }
        }
        (ballots, ciphertexts, objections)
    }

    fn culprits(
        &self,
        waiting: &[Waiting],
        context: &Context,
        key: &ElectionKey,
    ) -> BTreeMap<usize, BallotError> {
        let mut batch = BatchVerifier::new(key);
        for waiting in waiting {
            let statement = BallotStatement {
                context,
                key,
                district: waiting.district.get(),
                account: waiting.account.as_ref(),
                contests: self.rules(waiting.district).unwrap_or_default(),
            };
            batch.add(&statement, &waiting.ballot.contests);
        }
        batch
            .verify()
            .err()
            .unwrap_or_default()
            .into_iter()
            .collect()
    }

    /// Adds a ballot and takes the one out that it supersedes; says how many ciphertexts it has.
    fn add(&mut self, policy: RevotePolicy, waiting: &Waiting) -> Result<u64, Cause> {
        let own: Vec<Ciphertext> = ciphertexts(&waiting.ballot.contests).copied().collect();
        let earlier = self
            .voters
            .get_mut(&waiting.account)
            .and_then(|voter| match policy {
                RevotePolicy::Forbidden => None,
                RevotePolicy::LastCounts => voter.ciphertexts.replace(own.clone()),
            })
            .filter(|_| waiting.revote);
        let station = self
            .stations
            .iter_mut()
            .find(|station| station.id == waiting.district);
        let Some(station) = station else {
            return Err(Cause::Refused(Refusal::UnknownDistrict));
        };
        if let Some(earlier) = earlier {
            elgamal::subtract(&mut station.sums, earlier.iter()).map_err(Cause::Sum)?;
        }
        elgamal::add(&mut station.sums, own.iter()).map_err(Cause::Sum)?;
        Ok(own.len() as u64)
    }
}

/// Exactly a quorum of registrars, ascending, each with its key for this district (PSE-AUD-14).
fn check_credential(
    manifest: &Manifest,
    context: &Context,
    position: usize,
    cast: &Cast<'_>,
) -> Result<(), Objection> {
    let refused = |refusal| Err(Objection::refused(Check::Credentials, refusal));
    if cast.credential.len() != usize::from(manifest.quorum) {
        return refused(Refusal::CredentialQuorum);
    }
    let mut last = None;
    let message = credential_message(context, cast.district.get(), cast.account.as_ref());
    for signature in cast.credential {
        if last.is_some_and(|last| signature.registrar <= last) {
            return refused(Refusal::CredentialOrder);
        }
        last = Some(signature.registrar);
        let registrar = manifest
            .registrars
            .get(usize::from(signature.registrar.get()));
        let Some(key) = registrar.and_then(|registrar| registrar.keys.get(position)) else {
            return refused(Refusal::UnknownRegistrar);
        };
        blind_signature::verify(key, &message, &signature.signature).map_err(|error| {
            Objection {
                check: Check::Credentials,
                party: Some(Party::Registrar(signature.registrar)),
                cause: Cause::Credential(error),
            }
        })?;
    }
    Ok(())
}
