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
mod home;
mod ingress;
mod inner;
mod sign;
mod standing;
mod value;

use std::sync::Arc;

use axum::Router;
use countersign::conversation::Engine;
use countersign::ports::Chat;
use tokio::sync::watch;

pub use check::Check;
pub use config::{Config, Mode};
pub use egress::SlackChat;
pub use ingress::health::Connection;

use crate::inner::Inner;

/// The adapter, wired to an engine.
#[derive(Clone)]
pub struct Slack(Arc<Inner>);

#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// Every problem at once, one a line.
    #[error("{}", .0.join("\n"))]
    Problems(Vec<String>),
    #[error("the machine's certificates cannot be read: {0}")]
    Certificates(#[from] std::io::Error),
}

impl Slack {
    /// Makes no call to Slack yet.
    pub fn new(config: Config, engine: Arc<Engine>) -> Result<Self, ConfigError> {
        let problems = config.problems();
        if !problems.is_empty() {
            return Err(ConfigError::Problems(problems));
        }
        Ok(Self(Arc::new(Inner::new(config, engine)?)))
    }

    /// For the outbox worker. Safe to call for several threads at once.
    pub fn chat(&self) -> Arc<dyn Chat> {
        Arc::new(SlackChat::new(Arc::clone(&self.0)))
    }

    /// `/slack/events`, `/slack/interactions`, `/slack/commands`, to merge into the server; empty in Socket
    /// Mode.
    pub fn routes(&self) -> Router {
        match self.0.config.mode {
            Mode::Http => ingress::http::routes(&self.0),
            Mode::Socket => Router::new(),
        }
    }

    /// Keeps the sockets open until `stop` is true; returns at once in HTTP mode. What is in work by then is
    /// acknowledged first.
    pub async fn listen(&self, stop: watch::Receiver<bool>) {
        match self.0.config.mode {
            Mode::Socket => ingress::socket::listen(Arc::clone(&self.0), stop).await,
            Mode::Http => {}
        }
    }

    /// For `/readyz`.
    pub fn connection(&self) -> Connection {
        self.0.health.look()
    }

    /// For `countersign check`: asks Slack, and in HTTP mode the public address.
    pub async fn check(&self) -> Vec<Check> {
        self.0.check().await
    }
}

impl std::fmt::Debug for Slack {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Slack").field("mode", &self.0.config.mode).finish_non_exhaustive()
    }
}
