//! What the service's handlers share.

use std::sync::Arc;

use psephos::{issuing_ledger::IssuingLedger, registrar::RegistrarDesk};
use psephos_primitives::{register::VoterRecord, DistrictId, Phase, VoterNumber};
use tokio::sync::{Mutex, Notify};

use crate::{
    api::problem::Problem,
    chain::{Chain, Election, Standing},
    limits::{BEGUN_SIGN_IN_RATE, IDENTITY_RATE, SIGN_IN_RATE, VOTER_RATE},
    rates::Rates,
    secrets::RollSecret,
    sender::CodeSender,
    sign_in::oidc::Provider,
    store::{roll::Voter, Store},
};

/// The service. Clones share it.
#[derive(Clone)]
pub struct Service(Arc<Parts>);

/// What a service is made of.
pub struct Parts {
    /// The database.
    pub store: Store,
    /// The chain.
    pub chain: Arc<dyn Chain>,
    /// The election, and who this registrar is in it.
    pub election: Arc<Election>,
    /// The registrar's keys.
    pub desk: Arc<RegistrarDesk>,
    /// What was signed by whatever means; open here, it keeps every other signer of this registrar's
    /// out.
    pub ledger: Mutex<IssuingLedger>,
    /// The secret of the roll.
    pub secret: RollSecret,
    /// Sends codes.
    pub sender: Arc<dyn CodeSender>,
    /// The OpenID provider, if there is one.
    pub provider: Option<Provider>,
    /// Whether the development log-in is on.
    pub development: bool,
    /// Wakes the delivery.
    pub wake: Arc<Notify>,
    /// How often who may ask.
    pub limits: Limits,
}

/// How often who may ask.
#[derive(Debug)]
pub struct Limits {
    /// Each voter.
    pub voter: Rates,
    /// With each identity number.
    pub identity: Rates,
    /// All that begin to sign in at the provider.
    pub begun_sign_in: Rates,
    /// All that sign in.
    pub sign_in: Rates,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            voter: Rates::new(VOTER_RATE),
            identity: Rates::new(IDENTITY_RATE),
            begun_sign_in: Rates::new(BEGUN_SIGN_IN_RATE),
            sign_in: Rates::new(SIGN_IN_RATE),
        }
    }
}

impl core::ops::Deref for Service {
    type Target = Parts;

    fn deref(&self) -> &Parts {
        &self.0
    }
}

impl Service {
    /// A service of these parts.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(parts))
    }

    /// The current time in seconds since 1970.
    pub fn now(&self) -> i64 {
        self.store.clock().now()
    }

    /// The voter with this number, who has signed in.
    pub async fn voter(&self, number: VoterNumber) -> Result<Voter, Problem> {
        let voter = self.store.voter(number).await?;
        voter.ok_or(Problem::NotSignedIn)
    }

    /// Fails unless ballots are being accepted.
    pub async fn while_voting(&self) -> Result<Standing, Problem> {
        let standing = self.chain.standing().await?;
        if standing.phase == Phase::Voting {
            return Ok(standing);
        }
        Err(Problem::OutsideWindow("ballots are not being accepted now"))
    }

    /// The register's record of a voter who takes part where the roll has them.
    pub async fn participant(&self, voter: &Voter) -> Result<VoterRecord, Problem> {
        let known = self.chain.voter(voter.number).await?;
        let record = known
            .map(|known| known.record)
            .filter(|record| record.participating)
            .ok_or(Problem::NotParticipating)?;
        check_district(&record, voter.district)?;
        Ok(record)
    }
}

/// Fails where the register has the voter in another district than the roll: a registrar signs for the
/// district that a quorum stands behind, and not on its own word for another.
pub fn check_district(record: &VoterRecord, roll: DistrictId) -> Result<(), Problem> {
    let register = record.district;
    if register == roll {
        return Ok(());
    }
    Err(Problem::DistrictsDiffer { register, roll })
}
