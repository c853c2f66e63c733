//! The client of the RESTful API Manager: waits where waiting helps, and says exactly what may have happened
//! when a call goes wrong.
//!
//! A read is repeated on trouble. A write goes out once; only a 429, which proves that nothing was begun, lets
//! it go out again.

mod error;
mod http;

use std::sync::Arc;
use std::time::Duration;

use countersign::ports::{CallError, Clock};
use jiff::Timestamp;
use serde_json::Value;
use tracing::debug;

use crate::config::{Config, ConfigError};
use http::Http;

pub(crate) use error::{PRODUCT, refused, unreadable};

/// Tries of one call, the first included.
const TRIES_MAX: u32 = 4;

/// First wait after trouble; it doubles.
const HICCUP: Duration = Duration::from_millis(300);

/// Longest wait that `Retry-After` may ask for; a longer one is told the caller.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);

/// A list of a thousand sessions is slow when the server's database has grown.
const WAIT: Duration = Duration::from_secs(60);

/// Whether a call may go out again when nobody knows what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repeat {
    Safe,
    Never,
}

/// One call of a method.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    method: &'static str,
    arguments: Value,
    repeat: Repeat,
    /// For messages: "the list of sessions".
    what: &'static str,
}

impl Ask {
    pub(crate) fn read(method: &'static str, arguments: Value, what: &'static str) -> Self {
        Self { method, arguments, repeat: Repeat::Safe, what }
    }

    pub(crate) fn write(method: &'static str, arguments: Value, what: &'static str) -> Self {
        Self { method, arguments, repeat: Repeat::Never, what }
    }
}

pub(crate) struct Client {
    http: Http,
    clock: Arc<dyn Clock>,
}

impl Client {
    pub(crate) fn new(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        Ok(Self { http: Http::new(config)?, clock })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The JSON of an answer; an empty body is `null`.
    ///
    /// - Fails with `Unreachable` when nothing was sent, with `Unanswered` when it was and no whole answer
    ///   came.
    /// - Costs one request, more where it is repeated; at most four of all callers are under way at once.
    pub(crate) async fn call(&self, ask: &Ask) -> Result<Value, CallError> {
        let mut tries = 0;
        loop {
            tries += 1;
            let (left, safe) = (tries < TRIES_MAX, ask.repeat == Repeat::Safe);
            let reply = match self.http.exchange(ask.method, &ask.arguments, WAIT).await {
                Ok(reply) => reply,
                Err(broken) => {
                    debug!(method = ask.method, sent = broken.sent, "no answer: {}", broken.detail);
                    if left && safe {
                        tokio::time::sleep(HICCUP * tries).await;
                        continue;
                    }
                    let (product, detail) = (PRODUCT, broken.detail);
                    return Err(match broken.sent {
                        true => CallError::Unanswered { product, detail },
                        false => CallError::Unreachable { product, detail },
                    });
                }
            };
            debug!(method = ask.method, status = reply.status, "answered");
            let short = reply.retry_after.is_none_or(|it| it <= RETRY_AFTER_MAX);
            let wait = reply.retry_after.unwrap_or(HICCUP * 4 * tries);
            match reply.status {
                429 if left && short => tokio::time::sleep(wait).await,
                503 if left && safe && short => tokio::time::sleep(wait).await,
                502 | 504 if left && safe => tokio::time::sleep(HICCUP * tries).await,
                _ => match reply.json(ask) {
                    // A page of some gate, or half an answer.
                    Err(CallError::Failed { .. }) if left && safe && reply.status < 300 => {
                        tokio::time::sleep(HICCUP * tries).await;
                    }
                    other => return other,
                },
            }
        }
    }
}
