//! Signing in: one token for all callers, asked for by one of them at a time.
//!
//! The product has a refresh route, too; signing in anew is the same request with less to go wrong.

use std::sync::Arc;
use std::time::Duration;

use countersign::ports::{CallError, Clock};
use jiff::{SignedDuration, Timestamp};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tracing::{debug, info};

use super::error::{PRODUCT, message};
use super::http::{Http, Outgoing};
use super::no_answer;
use crate::config::Config;
use crate::wire::{Row, date};

const PATH: &str = "/apitoken";

/// A token is renewed this long before it ends.
const EARLY: SignedDuration = SignedDuration::from_mins(2);

/// Life of a token whose end cannot be read, or lies in the past because the server's clock is behind.
/// Servers give about an hour.
const LIFE_UNKNOWN: SignedDuration = SignedDuration::from_mins(50);

/// After a refusal nothing is asked for this long: every further try would count towards a lock-out.
const PAUSE: SignedDuration = SignedDuration::from_secs(60);

const WAIT: Duration = Duration::from_secs(30);

pub(super) struct Tokens {
    username: String,
    password: SecretString,
    clock: Arc<dyn Clock>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    token: Option<Token>,
    refused: Option<(Timestamp, CallError)>,
    /// What the server calls our account, as it told at the last sign-in.
    called: Option<String>,
    /// Counts tokens, so that a late 401 does not drop the token after the one it was about.
    number: u64,
}

#[derive(Clone)]
pub(super) struct Token {
    secret: SecretString,
    number: u64,
    renew_at: Timestamp,
}

impl Token {
    pub(super) fn secret(&self) -> &str {
        self.secret.expose_secret()
    }
}

impl Tokens {
    pub(super) fn new(config: &Config, clock: Arc<dyn Clock>) -> Self {
        Self {
            username: config.username.trim().to_owned(),
            password: config.password.clone(),
            clock,
            state: Mutex::default(),
        }
    }

    /// A token that holds for a while. Fails with `Credentials` when the server wants other ones.
    pub(super) async fn get(&self, http: &Http) -> Result<Token, CallError> {
        let mut state = self.state.lock().await;
        let now = self.clock.now();
        if let Some(token) = state.token.as_ref().filter(|it| it.renew_at > now) {
            return Ok(token.clone());
        }
        if let Some((until, error)) = &state.refused
            && *until > now
        {
            return Err(error.clone());
        }
        match self.sign_in(http).await {
            Ok((secret, life, called)) => {
                state.number += 1;
                state.refused = None;
                state.called = called.or_else(|| state.called.take());
                // A token that lives for less than four minutes is renewed at half of its life.
                let renew_at = now + (life - EARLY).max(life / 2);
                let token = Token { secret, number: state.number, renew_at };
                state.token = Some(token.clone());
                info!(minutes = life.as_mins(), "signed in to {PRODUCT}");
                Ok(token)
            }
            Err(error) => {
                state.token = None;
                if matches!(error, CallError::Credentials { .. }) {
                    state.refused = Some((now + PAUSE, error.clone()));
                }
                Err(error)
            }
        }
    }

    /// The server did not take `token`; another one that came since stays.
    pub(super) async fn drop_token(&self, token: &Token) {
        let mut state = self.state.lock().await;
        if state.token.as_ref().is_some_and(|it| it.number == token.number) {
            debug!("the token was refused; signing in anew");
            state.token = None;
        }
    }

    pub(super) async fn is_us(&self, name: &str) -> bool {
        let name = name.trim();
        let plain =
            |it: &str| it.rsplit('\\').next().is_some_and(|it| it.eq_ignore_ascii_case(name));
        plain(&self.username) || self.state.lock().await.called.as_deref().is_some_and(plain)
    }

    async fn sign_in(
        &self,
        http: &Http,
    ) -> Result<(SecretString, SignedDuration, Option<String>), CallError> {
        let body = json!({"UserName": self.username, "Password": self.password.expose_secret()});
        let out = Outgoing {
            method: Method::POST,
            url: http.url(PATH, &[]),
            bearer: None,
            body: Some(&body),
            wait: WAIT,
        };
        // Whatever goes wrong here, the call behind it was not sent.
        let before = |error: CallError| match error {
            CallError::Unanswered { product, detail } | CallError::Failed { product, detail } => {
                CallError::Unreachable { product, detail: format!("signing in: {detail}") }
            }
            other => other,
        };
        let reply = http.exchange(out).await.map_err(|broken| before(no_answer(broken)))?;
        let said = message(&reply.body);
        let credentials = |detail: String| CallError::Credentials { product: PRODUCT, detail };
        match reply.status {
            200..=299 => {}
            400 | 401 | 403 => {
                let said = if said.is_empty() { String::new() } else { format!(" ({said})") };
                return Err(credentials(format!(
                    "user name or password were refused{said}; check both, and that the account is an integrator"
                )));
            }
            429 => {
                let wait = reply.retry_after.unwrap_or(Duration::from_secs(30));
                return Err(CallError::Throttled { product: PRODUCT, wait });
            }
            404 => {
                return Err(CallError::Unreachable {
                    product: PRODUCT,
                    detail: "there is no Automate API at this address; check server".into(),
                });
            }
            status => {
                return Err(CallError::Unreachable {
                    product: PRODUCT,
                    detail: format!("signing in: status {status} {said}"),
                });
            }
        }
        let Ok(Value::Object(answer)) = serde_json::from_slice(&reply.body) else {
            return Err(CallError::Unreachable {
                product: PRODUCT,
                detail: "signing in: a web page instead of an answer; is something in front of the server?"
                    .into(),
            });
        };
        let answer = Row(&answer);
        let Some(secret) = answer.text("AccessToken") else {
            let two_factor = answer.flag("IsTwoFactorRequired") == Some(true)
                || answer.flag("IsInternalTwoFactorRequired") == Some(true);
            return Err(credentials(if two_factor {
                "this account has two-factor on; tick Integrator on the user in Automate".into()
            } else {
                "the server gave no token".into()
            }));
        };
        let life = answer
            .text("ExpirationDate")
            .and_then(|it| date(&it))
            .map(|end| end.duration_since(self.clock.now()))
            .filter(|life| life.is_positive())
            .unwrap_or(LIFE_UNKNOWN);
        Ok((secret.into(), life, answer.text("InternalUserName")))
    }
}
