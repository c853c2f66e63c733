//! HTTP mode: Slack calls us. Every request is proved by its signature before anything of it is read.

use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use secrecy::ExposeSecret as _;
use serde_json::{Map, Value, json};
use slack_morphism::signature_verifier::SlackEventSignatureVerifier;
use tracing::warn;

use super::{Ack, Kind};
use crate::workspaces::Workspaces;

/// Slack's largest payloads are far below; a megabyte is read before a signature can be checked.
const BODY_BYTES_MAX: usize = 1 << 20;

#[derive(Clone)]
struct Door {
    workspaces: Arc<Workspaces>,
    verifier: SlackEventSignatureVerifier,
}

/// `/slack/events`, `/slack/interactions` and `/slack/commands`; empty without a signing secret.
pub(crate) fn routes(workspaces: &Arc<Workspaces>) -> Router {
    let Some(secret) = &workspaces.home.config.signing_secret else { return Router::new() };
    let secret =
        slack_morphism::prelude::SlackSigningSecret(secret.expose_secret().trim().to_owned());
    let door = Door {
        workspaces: Arc::clone(workspaces),
        verifier: SlackEventSignatureVerifier::new(&secret),
    };
    Router::new()
        .route("/slack/events", post(events))
        .route("/slack/interactions", post(interactions))
        .route("/slack/commands", post(commands))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .with_state(door)
}

async fn events(State(door): State<Door>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(body) = door.proved(&headers, &body) else { return forged() };
    let Ok(payload) = serde_json::from_str::<Value>(body) else { return unreadable() };
    if payload["type"] == json!("url_verification") {
        let challenge = payload["challenge"].as_str().unwrap_or_default().to_owned();
        return ([(header::CONTENT_TYPE, "text/plain")], challenge).into_response();
    }
    door.take(Kind::Event, payload).await
}

async fn interactions(State(door): State<Door>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(body) = door.proved(&headers, &body) else { return forged() };
    let payload = form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "payload");
    let Some(payload) = payload.and_then(|(_, json)| serde_json::from_str::<Value>(&json).ok())
    else {
        return unreadable();
    };
    door.take(Kind::Interaction, payload).await
}

async fn commands(State(door): State<Door>, headers: HeaderMap, body: Bytes) -> Response {
    let Some(body) = door.proved(&headers, &body) else { return forged() };
    let fields: Map<String, Value> = form_urlencoded::parse(body.as_bytes())
        .map(|(name, value)| (name.into_owned(), Value::String(value.into_owned())))
        .collect();
    if fields.contains_key("ssl_check") {
        return StatusCode::OK.into_response();
    }
    door.take(Kind::Command, Value::Object(fields)).await
}

impl Door {
    /// The body, when its signature is right and no older than five minutes; compared in constant time.
    fn proved<'a>(&self, headers: &HeaderMap, body: &'a [u8]) -> Option<&'a str> {
        let named = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let signature = named(SlackEventSignatureVerifier::SLACK_SIGNED_HASH_HEADER)?;
        let at = named(SlackEventSignatureVerifier::SLACK_SIGNED_TIMESTAMP)?;
        let body = std::str::from_utf8(body).ok()?;
        match self.verifier.verify(signature, body, at) {
            Ok(()) => Some(body),
            Err(_) => {
                self.workspaces.home.health.forged();
                warn!(
                    "a request without a valid signature was turned away; if all are, signing_secret is wrong or the clock is off"
                );
                None
            }
        }
    }

    async fn take(&self, kind: Kind, payload: Value) -> Response {
        // Slack may hang up before we are done; what was begun goes on.
        let workspaces = Arc::clone(&self.workspaces);
        let taken = tokio::spawn(async move { workspaces.take(kind, &payload).await }).await;
        match taken {
            Ok(Ack::Empty) => StatusCode::OK.into_response(),
            Ok(Ack::Json(json)) => axum::Json(json).into_response(),
            Ok(Ack::Withheld) | Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        }
    }
}

fn forged() -> Response {
    (StatusCode::UNAUTHORIZED, "signature missing, wrong or too old").into_response()
}

fn unreadable() -> Response {
    (StatusCode::BAD_REQUEST, "not a payload of Slack").into_response()
}
