//! The workspaces that the bot is in: its own, whose token is in the config, and those that installed it.
//!
//! A payload belongs to the workspace that it names, a message to the one in front of its channel (`T2/C1`; the
//! own workspace has nothing in front). Only workspaces that the operator listed are ever looked up, so nobody
//! else can make the bot theirs. Tokens lie sealed in the store and are read anew every minute, because another
//! process may have taken the installation.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use countersign::audit::NewEntry;
use countersign::ports::{Change, StoreError, Vault};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::{error, info, warn};

use crate::api::{ANSWER_BEFORE_ACK_MAX, ApiError, Done};
use crate::check::Check;
use crate::ingress::{Ack, Kind, text};
use crate::inner::Inner;

/// How long another process's installation or removal may stay unseen.
const FRESH: Duration = Duration::from_secs(60);

/// Workspaces that `check` asks.
const CHECKED_MAX: usize = 50;

/// Who does what no person of ours did.
const BOT: &str = "countersign";

pub(crate) struct Workspaces {
    pub(crate) home: Arc<Inner>,
    vault: Option<Arc<dyn Vault>>,
    known: Mutex<HashMap<String, Known>>,
}

#[derive(Clone)]
struct Known {
    at: Instant,
    /// `None`: listed, but not installed.
    workspace: Option<Arc<Inner>>,
}

/// Whose payload or message it is.
pub(crate) enum Whose {
    Of(Arc<Inner>),
    /// A workspace that removed the app.
    Gone,
}

impl Workspaces {
    pub(crate) fn new(home: Arc<Inner>, vault: Option<Arc<dyn Vault>>) -> Self {
        Self { home, vault, known: Mutex::default() }
    }

    /// Takes one payload in. What this promises is durable when it returns.
    pub(crate) async fn take(&self, kind: Kind, payload: &Value) -> Ack {
        self.home.health.heard();
        let team = match kind {
            Kind::Event => text(payload, &["/authorizations/0/team_id", "/team_id"]),
            Kind::Interaction => {
                text(payload, &["/view/app_installed_team_id", "/team/id", "/user/team_id"])
            }
            Kind::Command => text(payload, &["/team_id"]),
        };
        let workspace = match self.of(team).await {
            Ok(Whose::Of(workspace)) => workspace,
            Ok(Whose::Gone) => return Ack::Empty,
            Err(error) => {
                error!(error = %error, "a workspace could not be looked up, so its event was not acknowledged");
                return Ack::Withheld;
            }
        };
        match (text(payload, &["/event/type"]), &workspace.team) {
            (Some("app_uninstalled" | "tokens_revoked"), Some(team)) => {
                self.left(team, &workspace).await
            }
            _ => workspace.take(kind, payload).await,
        }
    }

    /// The workspace with this id; without one, and for everybody who is not listed, our own.
    pub(crate) async fn of(&self, team: Option<&str>) -> Result<Whose, StoreError> {
        let (Some(team), Some(vault)) = (team.filter(|it| self.is_listed(it)), &self.vault) else {
            return Ok(Whose::Of(Arc::clone(&self.home)));
        };
        let before = self.lock().get(team).cloned();
        let whose = |workspace: Option<Arc<Inner>>| workspace.map_or(Whose::Gone, Whose::Of);
        if let Some(known) = before.as_ref().filter(|it| it.at.elapsed() < FRESH) {
            return Ok(whose(known.workspace.clone()));
        }
        let token = vault.open(&name(team)).await?;
        let workspace = token.map(|token| {
            let same = before.and_then(|it| it.workspace).filter(|it| has_token(it, &token));
            same.unwrap_or_else(|| Arc::new(self.home.of_workspace(team, token)))
        });
        self.remember(team, workspace.clone());
        Ok(whose(workspace))
    }

    pub(crate) fn is_listed(&self, team: &str) -> bool {
        let install = self.home.config.install.as_ref();
        install.is_some_and(|it| it.workspaces.iter().any(|listed| listed == team))
    }

    /// Keeps what an installation brought. The caller has checked that `team` is listed.
    pub(crate) async fn installed(
        &self,
        team: &str,
        by: &str,
        token: SecretString,
    ) -> Result<(), StoreError> {
        let Some(vault) = &self.vault else {
            return Err(StoreError::Unreadable { what: "vault", detail: "there is none".into() });
        };
        // First the word, then the deed: what is kept was told.
        self.tell_audit(by, team, "installed in the Slack workspace").await?;
        vault.keep(&name(team), &token).await?;
        self.remember(team, Some(Arc::new(self.home.of_workspace(team, token))));
        info!(workspace = team, "installed");
        Ok(())
    }

    /// The app was removed, or so it is said: the event may be an old one, so Slack is asked whether the token
    /// still holds.
    async fn left(&self, team: &str, workspace: &Arc<Inner>) -> Ack {
        let nothing = json!({});
        let asked = workspace.api.post_within::<Done>(ANSWER_BEFORE_ACK_MAX, "auth.test", &nothing);
        match asked.await {
            Ok(_) => Ack::Empty,
            Err(error @ (ApiError::Throttled { .. } | ApiError::Unanswered { .. })) => {
                warn!(workspace = team, error = %error, "a removal could not be verified yet");
                Ack::Withheld
            }
            Err(ApiError::Refused { .. }) => match self.forget(team).await {
                Ok(()) => Ack::Empty,
                Err(error) => {
                    error!(error = %error, "the token of a workspace that left could not be removed");
                    Ack::Withheld
                }
            },
        }
    }

    async fn forget(&self, team: &str) -> Result<(), StoreError> {
        if let Some(vault) = &self.vault {
            vault.forget(&name(team)).await?;
            self.tell_audit(BOT, team, "removed from the Slack workspace").await?;
            self.remember(team, None);
            info!(workspace = team, "removed");
        }
        Ok(())
    }

    /// What our own workspace says, and whether each listed one has the bot.
    pub(crate) async fn check(&self) -> Vec<Check> {
        let mut checks = self.home.check().await;
        let listed = self.home.config.install.iter().flat_map(|it| &it.workspaces);
        for team in listed.take(CHECKED_MAX) {
            let (ok, detail) = match self.standing_of(team).await {
                Ok(name) => (true, format!("{team} is {name}")),
                Err(why) => (false, format!("{team}: {why}")),
            };
            checks.push(Check { ok, what: "Slack workspace".into(), detail });
        }
        checks
    }

    /// The workspace's name, or what is wrong with the way out.
    async fn standing_of(&self, team: &str) -> Result<String, String> {
        let url = self.home.config.public_url.as_deref().unwrap_or_default().trim_end_matches('/');
        let way_out = format!("let one of its admins open {url}/slack/install");
        let workspace = match self.of(Some(team)).await {
            Ok(Whose::Of(workspace)) => workspace,
            Ok(Whose::Gone) => return Err(format!("the app is not installed there; {way_out}")),
            Err(error) => return Err(format!("{error}; with another key, {way_out} again")),
        };
        #[derive(Deserialize)]
        struct Named {
            team: String,
            team_id: String,
        }
        let nothing = json!({});
        match workspace.api.post::<Named>("auth.test", &nothing).await {
            Ok(named) if named.team_id == team => Ok(named.team),
            Ok(_) => Err(format!("its token is of another workspace; {way_out} again")),
            Err(error) => Err(format!("{error}; {way_out} again")),
        }
    }

    async fn tell_audit(&self, by: &str, team: &str, what: &str) -> Result<(), StoreError> {
        let entry = NewEntry {
            at: self.home.engine.now(),
            actor: by.to_owned(),
            kind: "workspace",
            subject: json!({ "platform": "slack", "workspace": team }),
            text: format!("{what} {team}"),
            client: None,
        };
        let change = Change { writes: Vec::new(), audit: vec![entry] };
        self.home.engine.store().commit(change).await.map(|_| ())
    }

    fn remember(&self, team: &str, workspace: Option<Arc<Inner>>) {
        self.lock().insert(team.to_owned(), Known { at: Instant::now(), workspace });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Known>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Under which a token is sealed.
fn name(team: &str) -> String {
    format!("slack/{team}")
}

fn has_token(workspace: &Inner, token: &SecretString) -> bool {
    workspace.config.bot_token.expose_secret() == token.expose_secret()
}
