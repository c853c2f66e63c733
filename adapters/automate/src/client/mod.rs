//! The REST client: signs in, waits where waiting helps, and says exactly what may have happened when a call
//! goes wrong.
//!
//! A read is repeated on trouble. A write goes out once; only a 401 at the door, which proves that nothing
//! was begun, lets it go out again, and only once.

mod error;
mod http;
mod page;
mod token;

use std::sync::Arc;
use std::time::Duration;

use countersign::ports::{CallError, Clock};
use jiff::Timestamp;
use reqwest::{Method, Url};
use serde_json::Value;
use tracing::debug;

use crate::condition::Condition;
use crate::config::{Config, ConfigError};
use crate::right::Right;
use http::{Broken, Http, Outgoing};
use token::Tokens;

pub(crate) use error::{PRODUCT, refused, unreadable};
pub(crate) use http::Reply;
pub(crate) use page::{PAGE_ROWS_MAX, Rows};

/// Tries of one read, the first included.
const TRIES_MAX: u32 = 4;

/// First wait after trouble; it doubles.
const HICCUP: Duration = Duration::from_millis(300);

/// Longest wait that `Retry-After` may ask for; no limit is published, so a longer one is told the caller.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(20);

/// A list can be slow simply because the server's database is busy; one row should not be.
const LIST_WAIT: Duration = Duration::from_secs(60);
const ROW_WAIT: Duration = Duration::from_secs(30);

/// Whether a call may go out again when nobody knows what became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// A read.
    Safe,
    /// A write: never, unless the answer proves that nothing was begun.
    Never,
}

/// One call of the product.
#[derive(Debug, Clone)]
pub(crate) struct Ask {
    method: Method,
    /// From behind `/cwa/api/v1` on; numbers are the only ids in it.
    path: String,
    query: Vec<(&'static str, String)>,
    body: Option<Value>,
    pub(crate) right: Right,
    repeat: Repeat,
    /// For messages: "the alerts of this computer".
    pub(crate) what: String,
    wait: Duration,
}

impl Ask {
    pub(crate) fn get(path: impl Into<String>, right: Right, what: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            query: Vec::new(),
            body: None,
            right,
            repeat: Repeat::Safe,
            what: what.into(),
            wait: ROW_WAIT,
        }
    }

    /// A write.
    pub(crate) fn post(path: &str, right: Right, body: Value, what: impl Into<String>) -> Self {
        let get = Self::get(path, right, what);
        Self {
            method: Method::POST,
            body: Some(body),
            repeat: Repeat::Never,
            wait: LIST_WAIT,
            ..get
        }
    }

    /// A write.
    pub(crate) fn delete(path: impl Into<String>, right: Right, what: impl Into<String>) -> Self {
        Self { method: Method::DELETE, repeat: Repeat::Never, ..Self::get(path, right, what) }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// Only these fields: full rows are large, and some hold passwords.
    pub(crate) fn fields(self, fields: &'static str) -> Self {
        self.with("includeFields", fields)
    }

    /// Sorted, as paging needs: `Field asc`.
    pub(crate) fn sorted(self, by: &'static str) -> Self {
        self.with("orderBy", by)
    }

    pub(crate) fn only(self, condition: &Condition) -> Self {
        match condition.text() {
            Some(text) => self.with("condition", text),
            None => self,
        }
    }

    pub(crate) fn ids(self, ids: &[i64]) -> Self {
        let ids: Vec<String> = ids.iter().map(i64::to_string).collect();
        self.with("ids", ids.join(","))
    }
}

pub(crate) struct Client {
    http: Http,
    tokens: Tokens,
    clock: Arc<dyn Clock>,
}

impl Client {
    pub(crate) fn new(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        Ok(Self {
            http: Http::new(config.base()?, config.client_id_header.trim())?,
            tokens: Tokens::new(config, Arc::clone(&clock)),
            clock,
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn base(&self) -> &Url {
        self.http.base()
    }

    /// Whether `name` is what the server calls our account.
    pub(crate) async fn is_us(&self, name: &str) -> bool {
        self.tokens.is_us(name).await
    }

    /// Sends a call and gives the last answer to it, whatever its status; see [`Reply::ok`].
    ///
    /// - Fails with `Unreachable` when nothing was sent, with `Unanswered` when it was and no whole answer
    ///   came, with `Credentials` when there is no token to be had.
    /// - Costs one request, more where a read is repeated or a token is due; at most four of all callers
    ///   are under way at once.
    pub(crate) async fn send(&self, ask: &Ask) -> Result<Reply, CallError> {
        let url = self.http.url(&ask.path, &ask.query);
        let mut tries = 0;
        let mut token_refused = false;
        loop {
            tries += 1;
            let token = self.tokens.get(&self.http).await?;
            let out = Outgoing {
                method: ask.method.clone(),
                url: url.clone(),
                bearer: Some(token.secret()),
                body: ask.body.as_ref(),
                wait: ask.wait,
            };
            let may_repeat = ask.repeat == Repeat::Safe && tries < TRIES_MAX;
            let reply = match self.http.exchange(out).await {
                Ok(reply) => reply,
                Err(broken) => {
                    debug!(what = ask.what, sent = broken.sent, "no answer: {}", broken.detail);
                    if may_repeat {
                        tokio::time::sleep(HICCUP * tries).await;
                        continue;
                    }
                    return Err(no_answer(broken));
                }
            };
            debug!(what = ask.what, status = reply.status, "{} {}", ask.method, ask.path);
            match reply.status {
                401 if !token_refused => {
                    token_refused = true;
                    self.tokens.drop_token(&token).await;
                }
                429 if may_repeat && reply.retry_after.is_none_or(|it| it <= RETRY_AFTER_MAX) => {
                    tokio::time::sleep(reply.retry_after.unwrap_or(HICCUP * 4 * tries)).await;
                }
                500 | 502..=504 if may_repeat => tokio::time::sleep(HICCUP * tries).await,
                // A page of some gate instead of the answer.
                200 if may_repeat && reply.is_page() => tokio::time::sleep(HICCUP * tries).await,
                _ => return Ok(reply),
            }
        }
    }

    /// The JSON behind a read.
    pub(crate) async fn json(&self, ask: &Ask) -> Result<Value, CallError> {
        self.send(ask).await?.ok(ask)?.json(ask)
    }
}

fn no_answer(broken: Broken) -> CallError {
    if broken.sent {
        CallError::Unanswered { product: PRODUCT, detail: broken.detail }
    } else {
        CallError::Unreachable { product: PRODUCT, detail: broken.detail }
    }
}
