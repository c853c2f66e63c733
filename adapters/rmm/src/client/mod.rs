//! The REST client: signs in, keeps within the budget, waits where waiting helps, and says exactly what may
//! have happened when a call goes wrong.
//!
//! A read is repeated on trouble. A write goes out once; only an answer that proves that nothing was begun
//! (401 once, 423, 429) lets it go out again.

mod budget;
mod error;
mod http;
mod page;
mod patience;
mod scope;
mod shared;
mod token;
mod version;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use countersign::ports::{CallError, Clock, Vault};
use jiff::Timestamp;
use reqwest::{Method, Url};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use tracing::debug;

use crate::api::ListForm;
use crate::config::{Config, ConfigError};
use budget::{Budget, Place};
use http::{Broken, Http, Outgoing};
use patience::Patience;
use token::{Door, Tokens};

pub(crate) use budget::{Lane, WINDOW};
pub(crate) use error::{PRODUCT, refused, unreadable, unsent};
pub(crate) use http::Reply;
pub(crate) use scope::{Scope, ScopeSet};
pub(crate) use version::{Family, Version, Versions};

/// Tries of one call, the first included.
const TRIES_MAX: u32 = 4;

/// How long a read for a person may take.
const READ_WITHIN: Duration = Duration::from_secs(30);

/// First wait after trouble that comes without a hint; it doubles.
const BACKOFF: Duration = Duration::from_secs(2);

/// First wait after a line that broke or a 5xx, for reads.
const HICCUP: Duration = Duration::from_millis(300);

const BACKOFF_MAX: Duration = Duration::from_secs(60);

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
    pub(crate) method: Method,
    /// From `/api/platform/…` on; ids in it are already checked by [`crate::ids::segment`].
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
    pub(crate) scope: Scope,
    pub(crate) repeat: Repeat,
    /// For messages: "the patches of this device".
    pub(crate) what: String,
}

impl Ask {
    pub(crate) fn get(path: impl Into<String>, scope: Scope, what: impl Into<String>) -> Self {
        Self {
            method: Method::GET,
            path: path.into(),
            query: Vec::new(),
            body: None,
            scope,
            repeat: Repeat::Safe,
            what: what.into(),
        }
    }

    /// A write.
    pub(crate) fn post(path: impl Into<String>, scope: Scope, body: Value, what: &str) -> Self {
        Self {
            method: Method::POST,
            body: Some(body),
            repeat: Repeat::Never,
            ..Self::get(path, scope, what)
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.query.push((name, value.into()));
        self
    }
}

pub(crate) struct Client {
    http: Http,
    tokens: Tokens,
    budget: Budget,
    clock: Arc<dyn Clock>,
    pub(crate) versions: Versions,
    pub(crate) list_form: ListForm,
}

impl Client {
    pub(crate) fn share_tokens(&mut self, vault: Arc<dyn Vault>) {
        let address = self.http.url("/", &[]).to_string();
        self.tokens.share(vault, &address);
    }

    pub(crate) fn new(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        Ok(Self {
            http: Http::new(config.base()?)?,
            tokens: Tokens::new(&config.client_id, &config.client_secret, Arc::clone(&clock)),
            budget: Budget::new(Arc::clone(&clock)),
            versions: Versions::default(),
            list_form: ListForm::default(),
            clock,
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn base(&self) -> &Url {
        self.http.base()
    }

    /// Sends a call and gives the last answer to it, whatever its status; see [`Reply::ok`].
    ///
    /// - Fails with `Throttled` when budget or product let the call wait longer than the lane does; with
    ///   `Unreachable` when nothing was sent; with `Unanswered` when it was and no whole answer came.
    /// - Costs one request, more where a read is repeated or a token is due.
    pub(crate) async fn send(&self, ask: &Ask, lane: Lane) -> Result<Reply, CallError> {
        self.send_to(&self.url_of(ask), ask, lane).await
    }

    fn url_of(&self, ask: &Ask) -> Url {
        self.http.url(&ask.path, &ask.query)
    }

    /// Whether the key has `scope`, by asking for a token.
    pub(crate) async fn may(&self, scope: Scope) -> Result<(), CallError> {
        let patience = Patience::of(Lane::Person, &self.clock);
        self.token(scope, &patience).await.map(|_| ())
    }

    /// Does `work` with one patience for all the calls it makes for a person.
    pub(crate) async fn for_a_person<T>(&self, work: impl Future<Output = T>) -> T {
        patience::for_a_person(&self.clock, work).await
    }

    /// A token for `scope`. Others may need the same one, so a sign-in itself is never patient: a caller who
    /// can wait longer does so here, where nobody waits behind.
    async fn token(&self, scope: Scope, patience: &Patience) -> Result<SecretString, CallError> {
        loop {
            let brief = Patience::of(Lane::Person, &self.clock);
            let door = Door { http: &self.http, budget: &self.budget, patience: &brief };
            match self.tokens.get(scope, &door).await {
                Err(CallError::Throttled { wait, .. }) => patience
                    .wait(wait)
                    .await
                    .map_err(|wait| CallError::Throttled { product: PRODUCT, wait })?,
                other => return other,
            }
        }
    }

    async fn send_to(&self, url: &Url, ask: &Ask, lane: Lane) -> Result<Reply, CallError> {
        let patience = Patience::of(lane, &self.clock);
        let mut tries = 0;
        let mut token_refused = false;
        loop {
            tries += 1;
            let token = self.token(ask.scope, &patience).await?;
            let place = place(&self.budget, lane, &patience).await?;
            let out = Outgoing {
                method: ask.method.clone(),
                url: url.clone(),
                bearer: Some(token.expose_secret()),
                body: ask.body.as_ref(),
                within: match (lane, ask.repeat) {
                    (Lane::Person, Repeat::Safe) => READ_WITHIN,
                    // A doubt costs more than a wait.
                    (Lane::Background, _) | (_, Repeat::Never) => http::WITHIN_MAX,
                },
            };
            let answer = self.http.exchange(out).await;
            drop(place);
            let reply = match answer {
                Ok(reply) => reply,
                Err(broken) => {
                    debug!(what = ask.what, sent = broken.sent, "no answer: {}", broken.detail);
                    if self.again_after(&broken, ask, tries, &patience).await {
                        continue;
                    }
                    return Err(no_answer(broken));
                }
            };
            debug!(what = ask.what, status = reply.status, "{} {}", ask.method, ask.path);
            let wait = match reply.status {
                401 if !token_refused => {
                    token_refused = true;
                    self.tokens.drop_token(ask.scope.set(), &token).await;
                    continue;
                }
                429 => {
                    let wait = wait_after(&reply, tries, self.now());
                    self.budget.close(wait);
                    wait
                }
                423 => wait_after(&reply, tries, self.now()),
                503 if ask.repeat == Repeat::Safe => wait_after(&reply, tries, self.now()),
                500 | 502 | 504 if ask.repeat == Repeat::Safe => HICCUP * tries,
                _ => return Ok(reply),
            };
            if tries >= TRIES_MAX || patience.wait(wait).await.is_err() {
                return match reply.status {
                    429 => Err(CallError::Throttled { product: PRODUCT, wait }),
                    _ => Ok(reply),
                };
            }
        }
    }

    /// Whether a call without an answer goes out again; waits before it says so.
    async fn again_after(
        &self,
        broken: &Broken,
        ask: &Ask,
        tries: u32,
        patience: &Patience,
    ) -> bool {
        let may = !broken.sent || ask.repeat == Repeat::Safe;
        // A write that certainly was not sent is left to the caller: it is told the truth at once.
        may && ask.repeat == Repeat::Safe
            && tries < TRIES_MAX - 1
            && patience.wait(HICCUP * tries).await.is_ok()
    }
}

fn no_answer(broken: Broken) -> CallError {
    if broken.sent {
        CallError::Unanswered { product: PRODUCT, detail: broken.detail }
    } else {
        CallError::Unreachable { product: PRODUCT, detail: broken.detail }
    }
}

/// A place in the budget, waited for as long as the caller's patience lasts.
async fn place<'a>(
    budget: &'a Budget,
    lane: Lane,
    patience: &Patience,
) -> Result<Place<'a>, CallError> {
    loop {
        match budget.take(lane) {
            Ok(place) => return Ok(place),
            Err(wait) => patience
                .wait(wait)
                .await
                .map_err(|wait| CallError::Throttled { product: PRODUCT, wait })?,
        }
    }
}

/// How long the product wants us to stay away: `Retry-After`, else `Reset` where nothing remains, else
/// doubling waits.
fn wait_after(reply: &Reply, tries: u32, now: Timestamp) -> Duration {
    if let Some(wait) = reply.retry_after {
        return wait.clamp(Duration::from_millis(200), WINDOW);
    }
    if reply.status == 429
        && reply.remaining.is_none_or(|left| left == 0)
        && let Some(reset) = reply.reset.and_then(|it| Timestamp::from_second(it).ok())
        && reset > now
    {
        return reset.duration_since(now).unsigned_abs().min(WINDOW);
    }
    (BACKOFF * 2_u32.saturating_pow(tries.saturating_sub(1))).min(BACKOFF_MAX)
}
