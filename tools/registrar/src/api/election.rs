//! `GET /v1/election`

use axum::{extract::State, Json};
use psephos_primitives::{limits::BLOCK_MILLISECONDS, BlockRange, Phase};
use serde::Serialize;
use utoipa::ToSchema;

use super::problem::{Problem, ProblemBody};
use crate::service::Service;

/// What the registrar says of itself and the election.
#[derive(Serialize, ToSchema)]
pub struct ElectionBody {
    /// The election's number on the chain.
    election: u32,
    /// The hash of block 0, `0x` and 64 hexadecimal digits.
    genesis: String,
    /// The hash of the manifest, `0x` and 64 hexadecimal digits.
    manifest_hash: String,
    /// What the election is called.
    title: String,
    /// This registrar.
    registrar: RegistrarBody,
    /// Where the election stands after the last finalised block: `registration`, `voting`,
    /// `tallying`, `published` or `cancelled`.
    phase: &'static str,
    /// Blocks in which voters may apply and withdraw.
    registration: RangeBody,
    /// Blocks in which ballots are accepted.
    voting: RangeBody,
    /// The last finalised block.
    block: u32,
    /// Seconds between two blocks.
    seconds_per_block: u64,
    /// Ways to sign in.
    sign_in: Vec<&'static str>,
}

/// A registrar.
#[derive(Serialize, ToSchema)]
pub struct RegistrarBody {
    /// Its place in the manifest, counted from 0.
    index: u8,
    /// Its name.
    name: String,
}

/// Blocks from `start` on and before `end`.
#[derive(Serialize, ToSchema)]
pub struct RangeBody {
    /// The first block within.
    start: u32,
    /// The first block after.
    end: u32,
}

impl From<BlockRange> for RangeBody {
    fn from(BlockRange { start, end }: BlockRange) -> Self {
        Self { start, end }
    }
}

const fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Registration => "registration",
        Phase::Voting => "voting",
        Phase::Tallying => "tallying",
        Phase::Published => "published",
        Phase::Cancelled => "cancelled",
    }
}

/// What the registrar says of itself and the election
#[utoipa::path(get, path = "/v1/election", responses(
    (status = 200, body = ElectionBody),
    (status = 503, description = "chain_unavailable", body = ProblemBody, content_type = "application/problem+json"),
))]
pub async fn election(State(service): State<Service>) -> Result<Json<ElectionBody>, Problem> {
    let election = &service.election;
    let standing = service.chain.standing().await?;
    let mut sign_in = Vec::new();
    if service.development {
        sign_in.push("development");
    }
    if service.provider.is_some() {
        sign_in.push("oidc");
    }
    let hash = |hash: psephos_primitives::Hash| format!("0x{}", hex::encode(hash.0));
    Ok(Json(ElectionBody {
        election: election.id.get(),
        genesis: hash(election.genesis),
        manifest_hash: hash(election.manifest.hash()),
        title: election.manifest.title.to_string(),
        registrar: RegistrarBody {
            index: election.registrar.get(),
            name: election.registrar_name().into(),
        },
        phase: phase_name(standing.phase),
        registration: election.manifest.registration.into(),
        voting: election.manifest.voting.into(),
        block: standing.block,
        seconds_per_block: BLOCK_MILLISECONDS / 1_000,
        sign_in,
    }))
}
