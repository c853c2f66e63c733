//! Other workspaces install the bot: Slack's OAuth, from the button to the sealed token.
//!
//! The state that goes out is signed, good for ten minutes, and has to come back both from Slack and in the
//! cookie of the browser that began: nobody can be made to finish what somebody else began.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use hmac::{Hmac, KeyInit as _, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use sha2::Sha256;
use tracing::{error, warn};

use crate::check::SCOPES;
use crate::config::Install;
use crate::workspaces::Workspaces;

const COOKIE: &str = "countersign_slack_install";

/// Between the button and Slack's answer.
const STATE_SECS_MAX: i64 = 600;

#[derive(Clone)]
struct Door {
    workspaces: Arc<Workspaces>,
    install: Install,
    public_url: String,
}

/// `/slack/install` and `/slack/installed`; empty where nobody may install.
pub(crate) fn routes(workspaces: &Arc<Workspaces>) -> Router {
    let config = &workspaces.home.config;
    let (Some(install), Some(public_url)) = (&config.install, &config.public_url) else {
        return Router::new();
    };
    let door = Door {
        workspaces: Arc::clone(workspaces),
        install: install.clone(),
        public_url: public_url.trim_end_matches('/').to_owned(),
    };
    Router::new()
        .route("/slack/install", get(begin))
        .route("/slack/installed", get(end))
        .with_state(door)
}

async fn begin(State(door): State<Door>) -> Response {
    let Some(state) = door.new_state() else {
        return said(StatusCode::SERVICE_UNAVAILABLE, "Something broke here. Please try again.");
    };
    let scopes: Vec<&str> = SCOPES.iter().map(|(scope, _)| *scope).collect();
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", &door.install.client_id)
        .append_pair("scope", &scopes.join(","))
        .append_pair("redirect_uri", &door.redirect_uri())
        .append_pair("state", &state)
        .finish();
    let secure = if door.public_url.starts_with("https://") { "; Secure" } else { "" };
    let cookie = format!(
        "{COOKIE}={state}; Path=/slack; Max-Age={STATE_SECS_MAX}; HttpOnly; SameSite=Lax{secure}"
    );
    let to = format!("{}?{query}", door.workspaces.home.api.authorize_url());
    (StatusCode::FOUND, [(header::LOCATION, to), (header::SET_COOKIE, cookie)]).into_response()
}

/// What Slack sends the browser back with.
#[derive(Deserialize)]
struct Back {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
}

/// What `oauth.v2.access` answers, as far as it counts.
#[derive(Deserialize)]
pub(crate) struct Granted {
    access_token: SecretString,
    #[serde(default)]
    scope: String,
    team: Option<Team>,
    #[serde(default)]
    is_enterprise_install: bool,
    authed_user: Option<Authed>,
}

#[derive(Deserialize)]
struct Team {
    id: String,
}

#[derive(Deserialize)]
struct Authed {
    id: String,
}

async fn end(State(door): State<Door>, headers: HeaderMap, Query(back): Query<Back>) -> Response {
    let ours = back.state.as_deref().is_some_and(|state| {
        cookie(&headers) == Some(state) && door.is_fresh(state, jiff::Timestamp::now().as_second())
    });
    if !ours {
        return said(
            StatusCode::BAD_REQUEST,
            "This installation was not begun in this browser, or more than ten minutes ago. Nothing was done. Begin anew at /slack/install.",
        );
    }
    if let Some(error) = back.error {
        warn!(error = %error.chars().take(60).collect::<String>(), "an installation was broken off in Slack");
        return said(StatusCode::OK, "Nothing was installed.");
    }
    let Some(code) = back.code else {
        return said(StatusCode::BAD_REQUEST, "Slack sent no code, so nothing was installed.");
    };
    let (status, words) = door.install(&code).await;
    said(status, &words)
}

impl Door {
    async fn install(&self, code: &str) -> (StatusCode, String) {
        let api = &self.workspaces.home.api;
        let granted: Granted = match api.exchange(&self.install, code, &self.redirect_uri()).await {
            Ok(granted) => granted,
            Err(error) => {
                warn!(error = %error, "a code was not exchanged for a token");
                return (
                    StatusCode::BAD_GATEWAY,
                    "Slack did not hand out a token, so nothing was installed. Begin anew at /slack/install; if it stays so, look at client_id and client_secret.".into(),
                );
            }
        };
        if let Err(why) = self.fits(&granted) {
            // A token that nobody uses shall not lie around at Slack either.
            if let Err(error) = api.revoke(&granted.access_token).await {
                warn!(error, "the token of an installation that was turned away was not revoked");
            }
            return (StatusCode::FORBIDDEN, why);
        }
        let team = granted.team.map(|it| it.id).unwrap_or_default();
        let by = granted.authed_user.map_or_else(|| "?".into(), |it| it.id);
        let by = format!("slack {team}/{by}");
        match self.workspaces.installed(&team, &by, granted.access_token).await {
            Ok(()) => (
                StatusCode::OK,
                "Installed. Invite the bot into a channel, and let an admin add the people of this workspace.".into(),
            ),
            Err(error) => {
                error!(error = %error, "an installation could not be kept");
                (
                    StatusCode::SERVICE_UNAVAILABLE,
                    "The installation could not be stored. Begin anew at /slack/install.".into(),
                )
            }
        }
    }

    fn fits(&self, granted: &Granted) -> Result<(), String> {
        let Some(team) = granted.team.as_ref().filter(|_| !granted.is_enterprise_install) else {
            return Err(
                "An installation for a whole organisation is not possible. Install into one workspace; nothing was installed.".into(),
            );
        };
        if !self.workspaces.is_listed(&team.id) {
            warn!(workspace = %team.id, "a workspace that is not listed wanted to install");
            return Err(format!(
                "This workspace ({}) is not on the operator's list, so nothing was installed. The operator can add it under [slack] workspaces.",
                team.id
            ));
        }
        let have: Vec<&str> = granted.scope.split(',').collect();
        let lacking: Vec<String> = SCOPES
            .iter()
            .filter(|(scope, _)| !have.contains(scope))
            .map(|(scope, _)| (*scope).to_owned())
            .collect();
        if lacking.is_empty() {
            Ok(())
        } else {
            Err(format!(
                "Slack did not grant {}, so nothing was installed. Paste the manifest of this version into the app's settings and begin anew.",
                countersign::words::list(&lacking)
            ))
        }
    }

    fn redirect_uri(&self) -> String {
        format!("{}/slack/installed", self.public_url)
    }

    /// `SECONDS.RANDOM.SIGNATURE`.
    fn new_state(&self) -> Option<String> {
        let mut random = [0; 16];
        getrandom::fill(&mut random).ok()?;
        let random: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let begun = format!("{}.{random}", jiff::Timestamp::now().as_second());
        let signature: String = self
            .mac(&begun)?
            .finalize()
            .into_bytes()
            .iter()
            .map(|it| format!("{it:02x}"))
            .collect();
        Some(format!("{begun}.{signature}"))
    }

    fn is_fresh(&self, state: &str, now: i64) -> bool {
        let Some((begun, signature)) = state.rsplit_once('.') else { return false };
        let bytes: Option<Vec<u8>> = signature
            .as_bytes()
            .chunks(2)
            .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
            .collect();
        let (Some(mac), Some(bytes)) = (self.mac(begun), bytes) else { return false };
        let at = begun.split('.').next().and_then(|it| it.parse::<i64>().ok());
        // Compared in constant time.
        mac.verify_slice(&bytes).is_ok()
            && at.is_some_and(|at| (0..=STATE_SECS_MAX).contains(&(now - at)))
    }

    fn mac(&self, begun: &str) -> Option<Hmac<Sha256>> {
        let secret = self.install.client_secret.expose_secret().trim();
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).ok()?;
        mac.update(b"install.");
        mac.update(begun.as_bytes());
        Some(mac)
    }
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|it| it.to_str().ok());
    let mut pairs = all.flat_map(|it| it.split(';')).filter_map(|it| it.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

fn said(status: StatusCode, words: &str) -> Response {
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], words.to_owned())
        .into_response()
}
