//! Signing in with a one-time link, and out again.
//!
//! The link shows a page with a button: a chat program that looks at links must not use it up.

use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use countersign::digest::Digest;
use countersign::ids::PersonId;
use countersign::ports::{Store, StoreError, TokenKind};
use jiff::Timestamp;
use maud::html;
use serde::Deserialize;

use crate::app::{App, Shared};
use crate::pages::{Posted, layout};
use crate::random;
use crate::trouble::Trouble;
use crate::who::{SESSION_COOKIE, cookie, local_path};

/// How long a sign-in link can be used: time to switch to the browser, not to lie around.
pub const LINK_VALID: Duration = Duration::from_secs(15 * 60);

/// How long a session lasts, whether it is used or not: a working day and a half.
pub const SESSION_VALID: Duration = Duration::from_secs(12 * 60 * 60);

/// A link under `base_url` that signs `person` in, once, within [`LINK_VALID`].
///
/// Whoever holds it is that person: hand it to nobody else and do not log it. Fails when the store cannot
/// keep its digest.
pub async fn sign_in_link(
    store: &dyn Store,
    person: &PersonId,
    base_url: &str,
    now: Timestamp,
) -> Result<String, StoreError> {
    let secret = random::secret();
    let digest = Digest::of_bytes(secret.as_bytes());
    store.save_token(TokenKind::Link, &digest, person, now + LINK_VALID).await?;
    Ok(format!("{}/sign-in?token={secret}", base_url.trim_end_matches('/')))
}

#[derive(Default, Deserialize)]
pub(crate) struct SignInQuery {
    #[serde(default)]
    token: String,
    #[serde(default)]
    next: String,
}

pub(crate) async fn page(State(app): Shared, Query(query): Query<SignInQuery>) -> Response {
    if app.is_demo() {
        return Redirect::to("/").into_response();
    }
    draw(StatusCode::OK, &query, false)
}

fn draw(status: StatusCode, query: &SignInQuery, is_refused: bool) -> Response {
    let form = html! {
        @if is_refused {
            p class="refused" role="alert" { "That link was used already or is older than 15 minutes. Get a new one where you got this one." }
        }
        form method="post" action="/sign-in" class="stacked" {
            input type="hidden" name="next" value=(local_path(&query.next));
            @if query.token.is_empty() {
                p { "Open the sign-in link that Countersign gave you, or paste it here. A link works once, for 15 minutes." }
                label for="token" { "Sign-in link or token" }
                input id="token" name="token" type="text" required autocomplete="off" spellcheck="false" autofocus;
            } @else {
                p { "The link is good for one sign-in on this device." }
                input type="hidden" name="token" value=(query.token);
            }
            button class="button go" { "Sign in" }
        }
    };
    (status, layout::bare("Sign in", &form)).into_response()
}

#[derive(Deserialize)]
pub(crate) struct SignInForm {
    token: String,
    #[serde(default)]
    next: String,
}

pub(crate) async fn sign_in(
    State(app): Shared,
    Posted(form): Posted<SignInForm>,
) -> Result<Response, Trouble> {
    if app.is_demo() {
        return Ok(Redirect::to("/").into_response());
    }
    // A whole link may be pasted, too.
    let secret = form.token.rsplit("token=").next().unwrap_or_default().trim();
    let digest = Digest::of_bytes(secret.as_bytes());
    let person = app.store().take_token(TokenKind::Link, &digest, app.now()).await?;
    let known = person.filter(|person| app.engine().people().get(person).is_some());
    let Some(person) = known else {
        let query = SignInQuery { token: String::new(), next: form.next };
        return Ok(draw(StatusCode::UNAUTHORIZED, &query, true));
    };
    // A new secret with every sign-in, so nobody can plant one beforehand.
    let session = random::secret();
    let digest = Digest::of_bytes(session.as_bytes());
    app.store().save_token(TokenKind::Session, &digest, &person, app.now() + SESSION_VALID).await?;
    tracing::info!(person = %person, "signed in to the console");
    let cookie = session_cookie(&app, &session, SESSION_VALID);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(local_path(&form.next))).into_response())
}

pub(crate) async fn sign_out(State(app): Shared, headers: HeaderMap) -> Result<Response, Trouble> {
    if let Some(secret) = cookie(&headers, SESSION_COOKIE) {
        let digest = Digest::of_bytes(secret.as_bytes());
        app.store().end_token(TokenKind::Session, &digest).await?;
    }
    let gone = session_cookie(&app, "", Duration::ZERO);
    Ok(([(header::SET_COOKIE, gone)], Redirect::to("/sign-in")).into_response())
}

fn session_cookie(app: &App, secret: &str, valid: Duration) -> String {
    let secure = if app.is_https() { "; Secure" } else { "" };
    let age = valid.as_secs();
    format!("{SESSION_COOKIE}={secret}; Path=/; Max-Age={age}; HttpOnly; SameSite=Lax{secure}")
}
