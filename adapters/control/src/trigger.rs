//! Triggers: the server tells that a machine came or went, or that a command ended.
//!
//! What comes in is a hint and nothing else: it makes Countersign look sooner, and what it then reads from the server
//! is what counts. So a forged, doubled or late one does no harm, and one that is lost costs only the usual wait. The
//! cloud lets nobody set headers, so the key is a part of the address.

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::StatusCode;
use axum::routing::post;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use tokio::sync::mpsc;
use uuid::Uuid;

/// A trigger with all objects of a session has some 20 KB.
const BODY_MAX: usize = 1 << 20;

/// Hints that wait to be followed; more are dropped.
const WAITING_MAX: usize = 256;

/// What a trigger tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    pub session: String,
    pub what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A command ended there.
    Ran,
    /// The machine came or went.
    Moved,
}

impl Hint {
    /// From a body made by the template `{*:json}`; `None`: it tells nothing that matters here.
    fn of(body: &[u8]) -> Option<Self> {
        let body: Value = serde_json::from_slice(body).ok()?;
        let session = Uuid::parse_str(body["Session"]["SessionID"].as_str()?).ok()?;
        let guest = body["Connection"]["ProcessType"].as_str();
        let what = match body["Event"]["EventType"].as_str()? {
            "RanCommand" => What::Ran,
            "Connected" | "Disconnected" if guest.is_none_or(|it| it == "Guest") => What::Moved,
            _ => return None,
        };
        Some(Self { session: session.to_string(), what })
    }
}

struct Door {
    /// Digest of the key, so that comparing it tells nothing of the key.
    key: [u8; 32],
    hints: mpsc::Sender<Hint>,
}

/// `POST /control/events/<key>`, and where the hints come out.
pub fn routes(key: &SecretString) -> (Router, mpsc::Receiver<Hint>) {
    let (hints, follow) = mpsc::channel(WAITING_MAX);
    let door = Arc::new(Door { key: digest(key.expose_secret()), hints });
    let router = Router::new()
        .route("/control/events/{key}", post(take))
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .with_state(door);
    (router, follow)
}

/// Answers at once, for slow answers were seen to slow Control down.
async fn take(State(door): State<Arc<Door>>, Path(key): Path<String>, body: Bytes) -> StatusCode {
    let differs =
        digest(&key).iter().zip(door.key).fold(0, |all, (one, other)| all | (one ^ other));
    if differs != 0 {
        return StatusCode::NOT_FOUND;
    }
    if let Some(hint) = Hint::of(&body) {
        // Full: everything is looked at in its own time.
        let _ = door.hints.try_send(hint);
    }
    StatusCode::NO_CONTENT
}

fn digest(text: &str) -> [u8; 32] {
    Sha256::digest(text.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, expected: Option<What>) {
        assert_eq!(Hint::of(body.as_bytes()).map(|it| it.what), expected, "{body}");
    }

    #[test]
    fn only_what_matters_is_a_hint() {
        let body = |event: &str, process: &str| {
            format!(
                r#"{{"Session":{{"SessionID":"3F0C2A7E-5B1D-4C59-9A38-0D6E7B1F4C21"}},"Connection":{{"ProcessType":"{process}"}},"Event":{{"EventType":"{event}"}}}}"#
            )
        };
        check(&body("RanCommand", "Guest"), Some(What::Ran));
        check(&body("Connected", "Guest"), Some(What::Moved));
        check(&body("Connected", "Host"), None);
        check(&body("CopiedText", "Guest"), None);
        check("", None);
        check("[]", None);
        check(r#"{"Session":{"SessionID":"../.."},"Event":{"EventType":"RanCommand"}}"#, None);
        let hint = Hint::of(body("RanCommand", "Guest").as_bytes()).unwrap();
        assert_eq!(hint.session, "3f0c2a7e-5b1d-4c59-9a38-0d6e7b1f4c21", "as the directory has it");
    }
}
