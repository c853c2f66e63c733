//! Slack: techs ask in threads, managers approve with buttons.
//!
//! Two transports lead into one durable inbox: Socket Mode ([`Slack::listen`], no public address needed) and HTTP
//! ([`Slack::routes`], signed requests). Either way a payload is durable before it is acknowledged, and the
//! engine works on it later. The way out is [`SlackChat`]: messages and cards in Block Kit, posted once, edited
//! in every place they stand.
//!
//! Its one hard decision: who is behind a click is asked of Slack at that moment, and what Slack does not
//! answer counts as no.

mod api;
mod check;
mod config;
mod draw;
pub mod egress;
mod groups;
mod home;
mod ingress;
mod inner;
mod sign;
mod standing;
mod value;
mod workspaces;

use std::sync::Arc;

use axum::Router;
use countersign::conversation::Engine;
use countersign::ports::{Chat, Groups, Vault};
use tokio::sync::watch;

pub use check::Check;
pub use config::{Config, Install, Mode};
pub use egress::SlackChat;
pub use ingress::health::Connection;

use crate::groups::SlackGroups;
use crate::inner::Inner;
use crate::workspaces::Workspaces;

/// The adapter, wired to an engine.
#[derive(Clone)]
pub struct Slack(Arc<Workspaces>);

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Every problem at once, one a line.
    #[error("{}", .0.join("\n"))]
    Problems(Vec<String>),
    #[error("the machine's certificates cannot be read: {0}")]
    Certificates(#[from] std::io::Error),
}

impl Slack {
    /// Makes no call to Slack yet. `vault` keeps the tokens of workspaces that install the bot; without it
    /// none can.
    pub fn new(
        config: Config,
        engine: Arc<Engine>,
        vault: Option<Arc<dyn Vault>>,
    ) -> Result<Self, ConfigError> {
        let mut problems = config.problems();
        if config.install.is_some() && vault.is_none() {
            problems.push(
                "[store] key is not set; the tokens of other workspaces are sealed with it".into(),
            );
        }
        if !problems.is_empty() {
            return Err(ConfigError::Problems(problems));
        }
        let home = Arc::new(Inner::new(config, engine)?);
        Ok(Self(Arc::new(Workspaces::new(home, vault))))
    }

    /// For the outbox worker. Safe to call for several threads at once.
    pub fn chat(&self) -> Arc<dyn Chat> {
        Arc::new(SlackChat::new(Arc::clone(&self.0)))
    }

    /// For rules that name user groups.
    pub fn groups(&self) -> Arc<dyn Groups> {
        Arc::new(SlackGroups(Arc::clone(&self.0)))
    }

    /// To merge into the server: `/slack/events`, `/slack/interactions` and `/slack/commands` in HTTP mode,
    /// `/slack/install` and `/slack/installed` where other workspaces may install.
    pub fn routes(&self) -> Router {
        let install = ingress::install::routes(&self.0);
        match self.0.home.config.mode {
            Mode::Http => install.merge(ingress::http::routes(&self.0)),
            Mode::Socket => install,
        }
    }

    /// Keeps the sockets open until `stop` is true; returns at once in HTTP mode. What is in work by then is
    /// acknowledged first.
    pub async fn listen(&self, stop: watch::Receiver<bool>) {
        match self.0.home.config.mode {
            Mode::Socket => ingress::socket::listen(Arc::clone(&self.0), stop).await,
            Mode::Http => {}
        }
    }

    /// For `/readyz`.
    pub fn connection(&self) -> Connection {
        self.0.home.health.look()
    }

    /// For `countersign check`: asks Slack, and in HTTP mode the public address.
    pub async fn check(&self) -> Vec<Check> {
        self.0.check().await
    }
}

impl std::fmt::Debug for Slack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slack").field("mode", &self.0.home.config.mode).finish_non_exhaustive()
    }
}
