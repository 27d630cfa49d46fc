//! The HTTP interface: routes, their description as OpenAPI, and what lies around them.

use axum::{
    extract::DefaultBodyLimit,
    http::{header, HeaderName, HeaderValue, Method, StatusCode},
    response::{IntoResponse, Response},
    routing::get,
    Json, Router,
};
use tower::ServiceBuilder;
use tower_http::{
    catch_panic::CatchPanicLayer, cors::CorsLayer, set_header::SetResponseHeaderLayer,
    timeout::TimeoutLayer,
};
use utoipa::{
    openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    Modify, OpenApi,
};
use utoipa_axum::{router::OpenApiRouter, routes};
use utoipa_swagger_ui::SwaggerUi;

use crate::{
    limits::{BODY_BYTES, CONCURRENT_REQUESTS, REQUEST_TIMEOUT},
    service::Service,
};
use problem::Problem;

pub mod application;
pub mod ballot_session;
pub mod bearer;
pub mod code;
pub mod election;
pub mod problem;
pub mod sign_in;

/// How long a browser may remember what a page may ask.
const CORS_SECONDS: u64 = 600;

/// What stands at the top of the description.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Psephos registrar",
        description = "Signs voters in, records on chain that they take part, and signs the \
            blinded credential of each once. Every error is a problem of RFC 9457 with a `code`."
    ),
    components(schemas(problem::ProblemBody)),
    modifiers(&Bearer)
)]
struct Description;

struct Bearer;

impl Modify for Bearer {
    fn modify(&self, openapi: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "The token that signing in returned: 64 hexadecimal digits",
            ))
            .build();
        if let Some(components) = &mut openapi.components {
            components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
        }
    }
}

fn routes_and_description() -> (Router<Service>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Description::openapi())
        .routes(routes!(election::election))
        .routes(routes!(sign_in::development))
        .routes(routes!(sign_in::begin_oidc))
        .routes(routes!(sign_in::complete_oidc))
        .routes(routes!(sign_in::sign_out))
        .routes(routes!(
            application::show,
            application::apply,
            application::withdraw
        ))
        .routes(routes!(code::send))
        .routes(routes!(ballot_session::make))
        .routes(routes!(ballot_session::look))
        .routes(routes!(ballot_session::sign))
        .split_for_parts()
}

/// The description of the interface, made from the code.
pub fn description() -> utoipa::openapi::OpenApi {
    routes_and_description().1
}

/// The same as JSON, as it is committed in `openapi.json`.
pub fn description_json() -> anyhow::Result<String> {
    Ok(format!("{}\n", description().to_pretty_json()?))
}

/// The whole interface. Pages of these origins may use it.
pub fn router(service: Service, origins: &[HeaderValue]) -> Router {
    let (routes, description) = routes_and_description();
    let health = || async { Json(serde_json::json!({ "status": "ok" })) };
    let docs = SwaggerUi::new("/docs").url("/openapi.json", description);
    let limits = ServiceBuilder::new()
        .layer(CatchPanicLayer::custom(|_| {
            Problem::Internal.into_response()
        }))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            REQUEST_TIMEOUT,
        ))
        .layer(DefaultBodyLimit::max(BODY_BYTES));
    Router::new()
        .merge(routes)
        .route("/health", get(health))
        .with_state(service)
        .merge(docs)
        .fallback(|| async { Problem::NotFound })
        .method_not_allowed_fallback(|| async { Problem::MethodNotAllowed })
        .layer(limits)
        .layer(axum::middleware::from_fn(bounded()))
        .layer(cors(origins))
        .layer(header(header::CACHE_CONTROL, "no-store"))
        .layer(header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(header::REFERRER_POLICY, "no-referrer"))
}

fn header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

fn cors(origins: &[HeaderValue]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(origins.to_vec())
        .allow_methods([Method::GET, Method::POST, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::ACCEPT])
        .expose_headers([header::RETRY_AFTER])
        .max_age(core::time::Duration::from_secs(CORS_SECONDS))
}

/// Turns requests away, with a problem, while too many are worked on.
fn bounded() -> impl Fn(
    axum::extract::Request,
    axum::middleware::Next,
) -> futures::future::BoxFuture<'static, Response>
       + Clone {
    let permits = std::sync::Arc::new(tokio::sync::Semaphore::new(CONCURRENT_REQUESTS));
    move |request, next| {
        let permits = std::sync::Arc::clone(&permits);
        Box::pin(async move {
            match permits.try_acquire() {
                Ok(_permit) => next.run(request).await,
                Err(_) => Problem::RateLimited { seconds: 1 }.into_response(),
            }
        })
    }
}
