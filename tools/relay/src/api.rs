//! The HTTP interface. It never asks for a client's address (PSE-RLY-11).

use std::{sync::Arc, time::Duration};

use axum::{
    body::{to_bytes, Body},
    extract::State,
    http::{header, HeaderValue, Method, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
    Json, Router,
};
use psephos_envelope::{open, Opened};
use psephos_primitives::hashing::blake2_256;
use rand_core::OsRng;
use serde_json::json;
use tokio::{
    sync::{mpsc, Semaphore},
    time::timeout,
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer, cors::CorsLayer, set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
};

use crate::{
    chain::{ChainView, Election},
    closing::Moment,
    delay,
    limits::{BODY_TIMEOUT, MAX_REQUESTS, REQUEST_TIMEOUT},
    problem::Problem,
    pump::{Hands, Held},
    queue::Taken,
};

/// How long a browser may remember what a page may ask.
const CORS_SECONDS: Duration = Duration::from_secs(600);

/// What all requests share.
pub struct Service {
    /// What passes envelopes on; the queue is there.
    pub hands: Arc<Hands>,
    /// Where the pump is told of what was taken.
    pub arrivals: mpsc::UnboundedSender<Held>,
    /// Which election.
    pub election: Election,
    /// Mean delay of this relay.
    pub mean_delay: Duration,
    /// What the chain says.
    pub view: ChainView,
    /// A permit for each request in work.
    pub permits: Semaphore,
}

impl Service {
    /// A service with the usual number of permits.
    pub fn new(
        hands: Arc<Hands>,
        arrivals: mpsc::UnboundedSender<Held>,
        election: Election,
        mean_delay: Duration,
        view: ChainView,
    ) -> Self {
        Self {
            hands,
            arrivals,
            election,
            mean_delay,
            view,
            permits: Semaphore::new(MAX_REQUESTS),
        }
    }

    fn moment(&self) -> Moment {
        *self.view.moment.borrow()
    }

    /// Takes an envelope; when this returns, it is on disk (PSE-RLY-6, PSE-RLY-7).
    async fn take(&self, body: Body) -> Result<[u8; 32], Problem> {
        let _permit = self.permits.try_acquire().map_err(|_| Problem::Busy)?;
        if self.moment() == Moment::Over {
            return Err(Problem::ElectionOver);
        }
        let expected = self.election.size.bytes();
        let envelope = timeout(BODY_TIMEOUT, to_bytes(body, expected)).await;
        let envelope = match envelope.map_err(|_| Problem::TooSlow)? {
            Ok(envelope) if envelope.len() == expected => envelope,
            _ => return Err(Problem::WrongSize { expected }),
        };
        self.check(&envelope)?;
        let delay = match self.moment() {
            Moment::Holding => delay::draw(self.mean_delay, &mut OsRng),
            Moment::Flushing | Moment::Over => Duration::ZERO,
        };
        let due = delay::now().saturating_add(delay::milliseconds(delay));
        let hash = blake2_256(&envelope);
        let taken = self.hands.queue.take(hash, due, envelope.into()).await?;
        if taken == Taken::New {
            // Fails when the process is ending; the envelope is on disk, and goes on after the next
            // start.
            let _ = self.arrivals.send((due, hash));
        }
        self.hands.metrics.received(match taken {
            Taken::New => "accepted",
            Taken::Before => "known",
        });
        Ok(hash)
    }

    /// What could not be passed on later is not taken.
    fn check(&self, envelope: &[u8]) -> Result<(), Problem> {
        let opened = open(&self.hands.key, &self.hands.context, envelope);
        let opened = opened.map_err(Problem::DoesNotOpen)?;
        let destination = self.hands.destination(&opened);
        let destination = destination.ok_or(Problem::UnknownRelay)?;
        if let Opened::Deliver { extrinsic } = &opened {
            self.election.casts.check(extrinsic)?;
        }
        if self.hands.lanes.is_blocked(&destination) {
            return Err(Problem::Full);
        }
        Ok(())
    }
}

/// All routes. `origins` are those of voters' pages.
pub fn router(service: Arc<Service>, origins: Vec<HeaderValue>) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(origins)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers([header::CONTENT_TYPE])
        .expose_headers([header::RETRY_AFTER])
        .max_age(CORS_SECONDS);
    let not_stored = HeaderValue::from_static("no-store");
    let no_sniff = HeaderValue::from_static("nosniff");
    let layers = ServiceBuilder::new()
        .layer(SetResponseHeaderLayer::overriding(
            header::CACHE_CONTROL,
            not_stored,
        ))
        .layer(SetResponseHeaderLayer::overriding(
            header::X_CONTENT_TYPE_OPTIONS,
            no_sniff,
        ))
        .layer(cors)
        .layer(CatchPanicLayer::new())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            REQUEST_TIMEOUT,
        ));
    Router::new()
        .route("/v1/relay", get(describe))
        .route("/v1/envelopes", post(take))
        .route("/health", get(health))
        .route("/metrics", get(metrics))
        .layer(layers)
        .with_state(service)
}

async fn describe(State(service): State<Arc<Service>>) -> Response {
    let body = json!({
        "public_key": format!("0x{}", hex::encode(service.hands.key.public_key())),
        "envelope_bytes": service.election.size.bytes(),
        "mean_delay_seconds": service.mean_delay.as_secs_f64(),
        "election": service.election.id,
    });
    Json(body).into_response()
}

async fn take(State(service): State<Arc<Service>>, body: Body) -> Response {
    // A task of its own: a sender who hangs up does not cut off the bookkeeping in the middle.
    let taken = tokio::spawn(async move {
        let taken = service.take(body).await;
        if let Err(problem) = &taken {
            service.hands.metrics.received(problem.code());
        }
        taken
    });
    match taken.await.unwrap_or(Err(Problem::Storage)) {
        Ok(hash) => {
            let accepted = format!("0x{}", hex::encode(hash));
            (StatusCode::ACCEPTED, Json(json!({ "accepted": accepted }))).into_response()
        }
        Err(problem) => problem.into_response(),
    }
}

async fn health(State(service): State<Arc<Service>>) -> Response {
    let failing = if service.hands.queue.is_broken() {
        Some("the queue cannot be written")
    } else if *service.view.silent.borrow() {
        Some("no node answers")
    } else {
        None
    };
    match failing {
        None => Json(json!({ "status": "ok" })).into_response(),
        Some(reason) => {
            let body = Json(json!({ "status": "failing", "reason": reason }));
            (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
        }
    }
}

async fn metrics(State(service): State<Arc<Service>>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    match service.hands.metrics.text(service.hands.queue.held()) {
        Ok(text) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
