//! Calls to Slack's Web API: each with a time limit, each answer sorted by what may have happened.
//!
//! The client of slack-morphism sends; its types for answers are left out, because a field that they refuse
//! would turn a message that was posted into an error, and an error into a second message.

mod error;
mod raw;

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use slack_morphism::prelude::{
    ClientResult, SlackApiToken, SlackApiTokenValue, SlackClient, SlackClientHyperConnector,
    SlackClientHyperHttpsConnector,
};

pub(crate) use error::ApiError;
pub(crate) use raw::{Answered, Raw};

use crate::config::{Config, Install};

/// Without an answer for this long, a call may or may not have arrived.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// For calls in front of an acknowledgement, which Slack wants within three seconds.
pub(crate) const ANSWER_BEFORE_ACK_MAX: Duration = Duration::from_millis(1_800);

const DEFAULT_URL: &str = "https://slack.com/api";

/// An answer of which only the `ok` counts.
#[derive(Debug, Deserialize)]
pub(crate) struct Done {}

pub(crate) struct Api {
    client: Arc<SlackClient<SlackClientHyperHttpsConnector>>,
    bot: SlackApiToken,
    app: Option<SlackApiToken>,
    pub(crate) raw: Arc<Raw>,
    url: String,
}

impl Api {
    pub(crate) fn new(config: &Config) -> std::io::Result<Self> {
        let url = config.api_url.as_deref().unwrap_or(DEFAULT_URL).trim_end_matches('/').to_owned();
        let raw = Arc::new(Raw::new(&url)?);
        let connector =
            SlackClientHyperConnector::with_connector(raw.connector()).with_slack_api_url(&url);
        Ok(Self {
            client: Arc::new(SlackClient::new(connector)),
            bot: token(&config.bot_token),
            app: config.app_token.as_ref().map(token),
            raw,
            url,
        })
    }

    /// The same connections with the token of another workspace.
    pub(crate) fn with_token(&self, bot: &SecretString) -> Self {
        Self {
            client: Arc::clone(&self.client),
            bot: token(bot),
            app: None,
            raw: Arc::clone(&self.raw),
            url: self.url.clone(),
        }
    }

    /// The page where people allow an installation: beside the methods.
    pub(crate) fn authorize_url(&self) -> String {
        format!("{}/oauth/v2/authorize", self.url.trim_end_matches("/api"))
    }

    /// Changes the code of an installation into a token.
    pub(crate) async fn exchange<T: DeserializeOwned>(
        &self,
        install: &Install,
        code: &str,
        redirect_uri: &str,
    ) -> Result<T, ApiError> {
        const METHOD: &str = "oauth.v2.access";
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("client_id", install.client_id.trim())
            .append_pair("client_secret", install.client_secret.expose_secret().trim())
            .append_pair("code", code)
            .append_pair("redirect_uri", redirect_uri)
            .finish();
        let answered = tokio::time::timeout(ANSWER_MAX, self.raw.form(METHOD, &body)).await;
        let answered = answered
            .map_err(|_| ApiError::unanswered(METHOD, "no answer in time"))?
            .map_err(|detail| ApiError::unanswered(METHOD, &detail))?;
        let json: serde_json::Value = serde_json::from_slice(&answered.body).unwrap_or_default();
        if json["ok"] != serde_json::json!(true) {
            return Err(ApiError::refused(METHOD, json["error"].as_str().unwrap_or("unreadable")));
        }
        // The error of a wrong shape could show the token.
        serde_json::from_value(json).map_err(|_| ApiError::refused(METHOD, "unreadable"))
    }

    /// Ends a token that is not ours to use.
    pub(crate) async fn revoke(&self, token: &SecretString) -> Result<(), String> {
        let answered =
            tokio::time::timeout(ANSWER_MAX, self.raw.method("auth.revoke", token)).await;
        answered.map_err(|_| "no answer in time".to_owned())?.map(|_| ())
    }

    pub(crate) async fn post<T>(
        &self,
        method: &'static str,
        body: &(impl Serialize + Send + Sync),
    ) -> Result<T, ApiError>
    where
        T: DeserializeOwned + Send,
    {
        self.post_within(ANSWER_MAX, method, body).await
    }

    pub(crate) async fn post_within<T>(
        &self,
        limit: Duration,
        method: &'static str,
        body: &(impl Serialize + Send + Sync),
    ) -> Result<T, ApiError>
    where
        T: DeserializeOwned + Send,
    {
        let session = self.client.open_session(&self.bot);
        within(limit, method, session.http_session_api.http_post(method, body, None)).await
    }

    /// A read; never changes anything.
    pub(crate) async fn get<T>(
        &self,
        limit: Duration,
        method: &'static str,
        parameters: &[(&str, &str)],
    ) -> Result<T, ApiError>
    where
        T: DeserializeOwned + Send,
    {
        let session = self.client.open_session(&self.bot);
        let parameters: Vec<(&str, Option<&str>)> =
            parameters.iter().map(|(name, value)| (*name, Some(*value))).collect();
        within(limit, method, session.http_session_api.http_get(method, &parameters, None)).await
    }

    /// The address of a new socket; takes the app-level token.
    pub(crate) async fn open_socket(&self) -> Result<String, ApiError> {
        #[derive(Deserialize)]
        struct Opened {
            url: String,
        }
        const METHOD: &str = "apps.connections.open";
        let Some(app) = &self.app else {
            return Err(ApiError::refused(METHOD, "not_authed"));
        };
        let session = self.client.open_session(app);
        let nothing = serde_json::json!({});
        let call = session.http_session_api.http_post(METHOD, &nothing, None);
        within::<Opened>(ANSWER_MAX, METHOD, call).await.map(|opened| opened.url)
    }

    /// Puts the bytes of a file where `files.getUploadURLExternal` said.
    pub(crate) async fn upload(&self, url: &str, bytes: Vec<u8>) -> Result<(), ApiError> {
        const METHOD: &str = "files upload";
        let answered = tokio::time::timeout(ANSWER_MAX, self.raw.put_bytes(url, bytes)).await;
        match answered {
            Ok(Ok(answered)) if answered.status == 200 => Ok(()),
            Ok(Ok(answered)) => {
                Err(ApiError::unanswered(METHOD, &format!("status {}", answered.status)))
            }
            Ok(Err(detail)) => Err(ApiError::unanswered(METHOD, &detail)),
            Err(_) => Err(ApiError::unanswered(METHOD, "no answer in time")),
        }
    }
}

fn token(secret: &SecretString) -> SlackApiToken {
    SlackApiToken::new(SlackApiTokenValue(secret.expose_secret().trim().to_owned()))
}

async fn within<T>(
    limit: Duration,
    method: &'static str,
    call: impl Future<Output = ClientResult<T>>,
) -> Result<T, ApiError> {
    match tokio::time::timeout(limit, call).await {
        Ok(answer) => answer.map_err(|error| ApiError::of(method, error)),
        Err(_) => Err(ApiError::unanswered(method, "no answer in time")),
    }
}
