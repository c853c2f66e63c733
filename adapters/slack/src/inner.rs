//! What all parts share.

use std::sync::Arc;

use countersign::conversation::Engine;
use countersign::directory::{Account, Person, Platform};
use secrecy::SecretString;
use serde::Deserialize;
use tokio::sync::OnceCell;

use crate::api::{ANSWER_BEFORE_ACK_MAX, Api, ApiError};
use crate::config::Config;
use crate::egress::pace::Pace;
use crate::ingress::command::Roots;
use crate::ingress::health::Health;
use crate::sign::Signs;
use crate::standing::Standing;

/// What one workspace has.
pub(crate) struct Inner {
    /// `None` for our own workspace, whose token is in the config.
    pub(crate) team: Option<String>,
    pub(crate) config: Config,
    pub(crate) engine: Arc<Engine>,
    pub(crate) api: Api,
    pub(crate) pace: Pace,
    pub(crate) standing: Standing,
    pub(crate) signs: Signs,
    pub(crate) roots: Roots,
    pub(crate) health: Health,
    identity: OnceCell<Identity>,
}

/// Who the bot is, as Slack says.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Identity {
    #[serde(rename = "user_id")]
    pub(crate) user: String,
    #[serde(rename = "team_id")]
    pub(crate) team: String,
    #[serde(default, rename = "enterprise_id")]
    pub(crate) enterprise: Option<String>,
}

impl Inner {
    pub(crate) fn new(config: Config, engine: Arc<Engine>) -> std::io::Result<Self> {
        let api = Api::new(&config)?;
        Ok(Self::build(None, api, config, engine))
    }

    /// The same bot in another workspace. The approvals channel is one of ours, so it gets no copies of theirs.
    pub(crate) fn of_workspace(&self, team: &str, token: SecretString) -> Self {
        let api = self.api.with_token(&token);
        let config = Config { bot_token: token, approvals_channel: None, ..self.config.clone() };
        Self::build(Some(team.to_owned()), api, config, Arc::clone(&self.engine))
    }

    fn build(team: Option<String>, api: Api, config: Config, engine: Arc<Engine>) -> Self {
        Self {
            team,
            api,
            pace: Pace::new(config.post_every),
            standing: Standing::default(),
            signs: Signs::default(),
            roots: Roots::default(),
            health: Health::default(),
            identity: OnceCell::new(),
            config,
            engine,
        }
    }

    /// Asked once; asked again while it failed.
    pub(crate) async fn identity(&self) -> Result<&Identity, ApiError> {
        let ask = || async {
            let nothing = serde_json::json!({});
            self.api.post_within(ANSWER_BEFORE_ACK_MAX, "auth.test", &nothing).await
        };
        self.identity.get_or_try_init(ask).await
    }

    /// The id of this workspace; `None` while Slack does not say.
    pub(crate) async fn own_team(&self) -> Option<String> {
        match &self.team {
            Some(team) => Some(team.clone()),
            None => self.identity().await.ok().map(|it| it.team.clone()),
        }
    }

    pub(crate) fn known_identity(&self) -> Option<&Identity> {
        self.identity.get()
    }

    /// The account of a user, spelled as the people's list has it: with the workspace where it names one. In
    /// another workspace than ours it always does, since the same id may be somebody else there.
    pub(crate) fn account(&self, team: Option<&str>, user: &str) -> Account {
        let plain = Account { platform: Platform::Slack, id: user.to_owned() };
        let Some(team) = team.or(self.team.as_deref()) else { return plain };
        let scoped = Account { platform: Platform::Slack, id: format!("{team}/{user}") };
        if self.team.is_some() {
            return scoped;
        }
        if self.engine.people().of(&scoped).is_some() { scoped } else { plain }
    }

    /// The person behind an account, if it may do anything at all.
    pub(crate) fn person(&self, account: &Account) -> Option<&Person> {
        self.engine.people().of(account).filter(|person| !person.roles.is_empty())
    }

    /// What a mentioned user is called.
    pub(crate) fn name_of(&self, user: &str) -> Option<String> {
        self.engine.people().of(&self.account(None, user)).map(|person| person.name.clone())
    }
}
