//! How payloads get to the app: as signed requests, or through a socket.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::body::Bytes;
use axum::http::{Method, Request, header};
use hmac::{Hmac, KeyInit as _, Mac as _};
use http_body_util::{BodyExt as _, Full};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;

use super::SIGNING_SECRET;
use super::server::FakeSlack;

/// Slack's patience with an acknowledgement.
const ACK_MAX: Duration = Duration::from_secs(3);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Event,
    Interaction,
    Command,
}

/// What the app made of a payload.
#[derive(Debug, Clone)]
pub struct Delivered {
    /// With a 2xx or over the socket, within three seconds.
    pub acked: bool,
    /// `None` over a socket, or without an answer.
    pub status: Option<u16>,
    /// What came with the acknowledgement.
    pub answer: Value,
    pub took: Duration,
}

pub(super) struct Post {
    client: Client<HttpConnector, Full<Bytes>>,
    /// Where the app listens; without, payloads go through its sockets.
    base: Mutex<Option<String>>,
}

impl Post {
    pub(super) fn new() -> Self {
        Self { client: Client::builder(TokioExecutor::new()).build_http(), base: Mutex::default() }
    }
}

/// `X-Slack-Signature` of a body.
pub fn sign(secret: &str, at: i64, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new();
    };
    mac.update(format!("v0:{at}:{body}").as_bytes());
    let hex: String =
        mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v0={hex}")
}

impl FakeSlack {
    /// Sends everything as signed requests to the routes below `base` from now on.
    pub fn deliver_by_http(&self, base: &str) {
        *self.0.post.base.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(base.trim_end_matches('/').to_owned());
    }

    /// Sends everything through the app's sockets from now on; that is how it begins.
    pub fn deliver_by_socket(&self) {
        *self.0.post.base.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// Delivers a payload; `attempt` is 0 for the first time.
    pub async fn deliver(&self, kind: Kind, payload: &Value, attempt: u32) -> Delivered {
        let base = self.0.post.base.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match base {
            Some(base) => {
                let (path, content_type, body) = wire(kind, payload);
                let now = Timestamp::now().as_second();
                let signature = sign(SIGNING_SECRET, now, &body);
                let mut headers = vec![
                    (header::CONTENT_TYPE.as_str(), content_type.to_owned()),
                    ("x-slack-request-timestamp", now.to_string()),
                    ("x-slack-signature", signature),
                ];
                if attempt > 0 {
                    headers.push(("x-slack-retry-num", attempt.to_string()));
                    headers.push(("x-slack-retry-reason", "http_timeout".into()));
                }
                self.request(&format!("{base}{path}"), &headers, body).await
            }
            None => self.through_socket(kind, payload, attempt, ACK_MAX).await,
        }
    }

    /// Any request, for forged ones.
    pub async fn request(&self, url: &str, headers: &[(&str, String)], body: String) -> Delivered {
        let began = Instant::now();
        let mut request = Request::builder().method(Method::POST).uri(url);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        let sent = async {
            let request = request.body(Full::new(Bytes::from(body))).ok()?;
            let response = self.0.post.client.request(request).await.ok()?;
            let status = response.status().as_u16();
            let body = response.into_body().collect().await.ok()?.to_bytes();
            Some((status, body))
        };
        let answered = tokio::time::timeout(ACK_MAX, sent).await.ok().flatten();
        let took = began.elapsed();
        match answered {
            Some((status, body)) => {
                let text = String::from_utf8_lossy(&body);
                let answer = serde_json::from_str(&text).unwrap_or_else(|_| json!(text));
                Delivered {
                    acked: (200..300).contains(&status),
                    status: Some(status),
                    answer,
                    took,
                }
            }
            None => Delivered { acked: false, status: None, answer: Value::Null, took },
        }
    }
}

/// Path, content type and body of a payload over HTTP.
fn wire(kind: Kind, payload: &Value) -> (&'static str, &'static str, String) {
    const FORM: &str = "application/x-www-form-urlencoded";
    let form = |pairs: &mut dyn Iterator<Item = (String, String)>| {
        form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
    };
    match kind {
        Kind::Event => ("/slack/events", "application/json", payload.to_string()),
        Kind::Interaction => {
            let mut one = std::iter::once(("payload".to_owned(), payload.to_string()));
            ("/slack/interactions", FORM, form(&mut one))
        }
        Kind::Command => {
            let fields = payload.as_object().into_iter().flatten();
            let mut fields = fields
                .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()));
            ("/slack/commands", FORM, form(&mut fields))
        }
    }
}
