//! Access tokens: one per set of scopes, fetched when first needed, by one caller at a time.
//!
//! The product locks keys that ask for tokens too often (423), so a token is kept until a minute before
//! its end, a refusal is remembered, and whoever comes while one is being fetched waits for that one.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use countersign::ports::{CallError, Clock, Vault};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tracing::{debug, warn};

use super::budget::{Budget, Lane};
use super::error::{PRODUCT, message};
use super::http::{Http, Outgoing, Reply};
use super::patience::Patience;
use super::scope::{Scope, ScopeSet};
use super::shared::Shared;
use crate::wire::Json;

/// A token is renewed this long before its end, or at half its life when that is shorter.
const MARGIN_SECS: i64 = 60;

/// How long a refused set is not asked for again. Granting a scope is a rare act of a person.
const REFUSED_SECS: i64 = 3_600;

/// How long a failed sign-in is not tried again: enough for the other calls of one request.
const FAILED_SECS: i64 = 15;

/// How long a sign-in may take; everybody who needs the token waits behind it.
const WITHIN: Duration = Duration::from_secs(15);

/// Tries while the key is locked.
const LOCKED_TRIES: u32 = 3;

pub(super) struct Tokens {
    client_id: String,
    client_secret: SecretString,
    clock: Arc<dyn Clock>,
    /// With other processes on the same store.
    shared: Option<Shared>,
    sets: [Mutex<Kept>; 6],
}

#[derive(Default)]
struct Kept {
    /// Of the whole set, or of single scopes once the set was refused.
    tokens: HashMap<What, Token>,
    refused_until: HashMap<What, Timestamp>,
    failed: Option<(CallError, Timestamp)>,
}

/// What a token was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum What {
    Set,
    One(Scope),
}

struct Token {
    text: SecretString,
    renew_at: Timestamp,
    ends_at: Timestamp,
}

/// What a sign-in came to.
enum Outcome {
    Token(Token),
    ScopeRefused,
}

impl Tokens {
    pub(super) fn new(
        client_id: &str,
        client_secret: &SecretString,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            client_id: client_id.trim().to_owned(),
            client_secret: SecretString::from(client_secret.expose_secret().trim().to_owned()),
            clock,
            shared: None,
            sets: std::array::from_fn(|_| Mutex::default()),
        }
    }

    pub(super) fn share(&mut self, vault: Arc<dyn Vault>, address: &str) {
        self.shared = Some(Shared::new(vault, address, &self.client_id));
    }

    /// A token that allows `scope`.
    ///
    /// - Fails with `MissingScope` when the key lacks it, `Credentials` or `Locked`; with `Unreachable` when the
    ///   sign-in got no answer, for then nothing of the call itself was sent.
    /// - Costs a request when there is no fresh one; two when the set is refused and the scope alone is not.
    pub(super) async fn get(
        &self,
        scope: Scope,
        door: &Door<'_>,
    ) -> Result<SecretString, CallError> {
        let set = scope.set();
        let mut kept = self.sets[set.index()].lock().await;
        let now = self.clock.now();
        if let Some((error, until)) = &kept.failed {
            if now < *until {
                return Err(error.clone());
            }
            kept.failed = None;
        }
        // A set of one scope need not be asked for a second time.
        let ways: &[What] = match set.members() {
            [_] => &[What::Set],
            _ => &[What::Set, What::One(scope)],
        };
        for what in ways.iter().copied() {
            if kept.refused_until.get(&what).is_some_and(|until| now < *until) {
                continue;
            }
            if let Some(token) = kept.tokens.get(&what)
                && now < token.renew_at
            {
                return Ok(token.text.clone());
            }
            let scopes = match what {
                What::Set => set.members(),
                What::One(_) => std::slice::from_ref(&scope),
            };
            if let Some(token) = self.of_another_process(scopes).await {
                let text = token.text.clone();
                kept.tokens.insert(what, token);
                return Ok(text);
            }
            match self.sign_in(scopes, door).await {
                Ok(Outcome::Token(token)) => {
                    let text = token.text.clone();
                    if let Some(shared) = &self.shared {
                        shared.keep(&joined(scopes), &text, token.ends_at).await;
                    }
                    kept.tokens.insert(what, token);
                    return Ok(text);
                }
                Ok(Outcome::ScopeRefused) => {
                    debug!(?set, ?what, "the key was not granted these scopes");
                    let until = self.clock.now() + SignedDuration::from_secs(REFUSED_SECS);
                    kept.refused_until.insert(what, until);
                    kept.tokens.remove(&what);
                }
                Err(error) => {
                    let now = self.clock.now();
                    if let Some(token) = kept.tokens.get(&what)
                        && now < token.ends_at
                    {
                        warn!(error = %error, "no new token yet; the old one is good for a moment");
                        return Ok(token.text.clone());
                    }
                    if matches!(error, CallError::Credentials { .. } | CallError::Locked { .. }) {
                        let until = now + SignedDuration::from_secs(FAILED_SECS);
                        kept.failed = Some((error.clone(), until));
                    }
                    return Err(error);
                }
            }
        }
        Err(CallError::MissingScope { product: PRODUCT, scope: scope.text().to_owned() })
    }

    /// The product did not accept `text`: it is not used again. A newer one, fetched meanwhile, stays.
    pub(super) async fn drop_token(&self, set: ScopeSet, text: &SecretString) {
        let mut kept = self.sets[set.index()].lock().await;
        let is_it = |token: &Token| token.text.expose_secret() == text.expose_secret();
        if let Some(shared) = &self.shared {
            let bad = kept.tokens.iter().filter(|(_, token)| is_it(token));
            for (what, _) in bad {
                let scopes = match what {
                    What::Set => joined(set.members()),
                    What::One(scope) => joined(std::slice::from_ref(scope)),
                };
                shared.drop_if(&scopes, text).await;
            }
        }
        kept.tokens.retain(|_, token| !is_it(token));
    }

    /// One that another process fetched and that is fresh for a while.
    async fn of_another_process(&self, scopes: &[Scope]) -> Option<Token> {
        let found = self.shared.as_ref()?.find(&joined(scopes)).await?;
        let renew_at = found.ends_at - SignedDuration::from_secs(MARGIN_SECS);
        (self.clock.now() < renew_at).then_some(Token {
            text: found.text,
            renew_at,
            ends_at: found.ends_at,
        })
    }

    async fn sign_in(&self, scopes: &[Scope], door: &Door<'_>) -> Result<Outcome, CallError> {
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": self.client_id,
            "client_secret": self.client_secret.expose_secret(),
            "scope": joined(scopes),
        });
        let mut tries = 0;
        loop {
            tries += 1;
            let reply = door.knock(&body).await?;
            let said = message(&reply.body);
            match reply.status {
                200..=299 => return self.token(&reply).map(Outcome::Token),
                400 if is_scope_error(&reply.body) => return Ok(Outcome::ScopeRefused),
                400 | 401 | 403 => {
                    return Err(CallError::Credentials { product: PRODUCT, detail: said });
                }
                423 | 429 => {
                    let wait = door.wait_after(&reply, tries, self.clock.now());
                    if tries >= LOCKED_TRIES || door.patience.wait(wait).await.is_err() {
                        return Err(match reply.status {
                            423 => CallError::Locked { product: PRODUCT, detail: said },
                            _ => CallError::Throttled { product: PRODUCT, wait },
                        });
                    }
                }
                status => {
                    let detail = format!("signing in ended with status {status}: {said}");
                    return Err(CallError::Unreachable { product: PRODUCT, detail });
                }
            }
        }
    }

    fn token(&self, reply: &Reply) -> Result<Token, CallError> {
        let unreadable = || CallError::Unreachable {
            product: PRODUCT,
            detail: "signing in gave an answer without a token".to_owned(),
        };
        let value: Value = serde_json::from_slice(&reply.body).map_err(|_| unreadable())?;
        let json = Json(&value);
        let text = json
            .text_of(&["access_token", "accessToken"])
            .filter(|it| !it.is_empty())
            .ok_or_else(unreadable)?;
        let life = json.int_of(&["expires_in", "expiresIn"]).unwrap_or(3_599).max(1);
        let now = self.clock.now();
        let margin = MARGIN_SECS.min(life / 2);
        Ok(Token {
            text: SecretString::from(text.to_owned()),
            renew_at: now + SignedDuration::from_secs(life - margin),
            ends_at: now + SignedDuration::from_secs(life),
        })
    }
}

fn joined(scopes: &[Scope]) -> String {
    scopes.iter().map(|scope| scope.text()).collect::<Vec<_>>().join(" ")
}

fn is_scope_error(body: &[u8]) -> bool {
    let text = String::from_utf8_lossy(body).to_ascii_lowercase();
    text.contains("invalid_scope") || text.contains("scope")
}

/// The way to the token endpoint: line, budget, and how long the caller waits.
pub(super) struct Door<'a> {
    pub(super) http: &'a Http,
    pub(super) budget: &'a Budget,
    pub(super) patience: &'a Patience,
}

impl Door<'_> {
    async fn knock(&self, body: &Value) -> Result<Reply, CallError> {
        // A token serves everybody, so it may use what is kept for people.
        let place = super::place(self.budget, Lane::Person, self.patience).await?;
        let out = Outgoing {
            method: Method::POST,
            url: self.http.url("/v1/token", &[]),
            bearer: None,
            body: Some(body),
            within: WITHIN,
        };
        let reply = self.http.exchange(out).await;
        drop(place);
        reply.map_err(|broken| CallError::Unreachable {
            product: PRODUCT,
            detail: format!("no answer to the sign-in: {}", broken.detail),
        })
    }

    fn wait_after(&self, reply: &Reply, tries: u32, now: Timestamp) -> Duration {
        super::wait_after(reply, tries, now)
    }
}
