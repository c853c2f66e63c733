//! `[slack]` of the config file.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};

/// How Slack reaches the bot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mode {
    /// `socket`: the bot opens WebSockets to Slack; no public address is needed.
    #[default]
    Socket,
    /// `http`: Slack calls the routes of [`crate::Slack::routes`] at the public address.
    Http,
}

impl Mode {
    pub fn parse(key: &str) -> Option<Self> {
        match key {
            "socket" => Some(Self::Socket),
            "http" => Some(Self::Http),
            _ => None,
        }
    }
}

/// How other workspaces install the bot.
#[derive(Debug, Clone)]
pub struct Install {
    /// `client_id`, under Basic Information.
    pub client_id: String,
    /// `client_secret`, beside it.
    pub client_secret: SecretString,
    /// `workspaces`: the ids (`T…`) of those that may. Anybody else is turned away.
    pub workspaces: Vec<String>,
}

/// Everything the adapter is told. [`Config::new`] has the defaults.
#[derive(Debug, Clone)]
pub struct Config {
    /// `mode`, default `socket`.
    pub mode: Mode,
    /// `bot_token`, required: "Bot User OAuth Token", begins with `xoxb-`.
    pub bot_token: SecretString,
    /// `app_token`, required with `mode = "socket"`: an app-level token with the scope
    /// `connections:write`, begins with `xapp-`.
    pub app_token: Option<SecretString>,
    /// `signing_secret`, required with `mode = "http"`: "Signing Secret", 32 hexadecimal digits.
    pub signing_secret: Option<SecretString>,
    /// `api_url`, default `https://slack.com/api`. Plain `http` on loopback only.
    pub api_url: Option<String>,
    /// `[server] public_url`: where [`crate::Slack::check`] looks for the routes in HTTP mode.
    pub public_url: Option<String>,
    /// `approvals_channel`, default none. A channel (`C…`) that gets a copy of every card that waits for
    /// approval. The bot must be a member.
    pub approvals_channel: Option<String>,
    /// `approvers_by_dm`, default `false`. Whether each person who could decide gets a copy as a direct
    /// message, at most [`crate::egress::COPIES_BY_DM_MAX`].
    pub approvers_by_dm: bool,
    /// `approvers_group`, default none. A user group (`S…`) that approvers must be in as well; read anew
    /// at the click. It narrows, it gives nobody a right.
    pub approvers_group: Option<String>,
    /// `follow_threads`, default `false`. Whether replies in a thread the bot is in count without a mention.
    /// Needs the event `message.channels` with the scope `channels:history`.
    pub follow_threads: bool,
    /// `connections`, default 2, 1 to 10 (Slack's limit per app): sockets that are open side by side.
    pub connections: u8,
    /// `post_every_ms`, default 1000: Slack takes about one message a second per channel. A few may come at
    /// once ([`crate::egress::BURST`]).
    pub post_every: Duration,
    /// Default none: the bot stays in its own workspace.
    pub install: Option<Install>,
}

impl Config {
    /// The defaults; a token is all that has none.
    pub fn new(bot_token: SecretString) -> Self {
        Self {
            mode: Mode::default(),
            bot_token,
            app_token: None,
            signing_secret: None,
            api_url: None,
            public_url: None,
            approvals_channel: None,
            approvers_by_dm: false,
            approvers_group: None,
            follow_threads: false,
            connections: 2,
            post_every: Duration::from_secs(1),
            install: None,
        }
    }

    /// Every problem at once, each with the way out; none means it can be tried.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut say = |text: &str| problems.push(text.to_owned());
        if self.bot_token.expose_secret().trim().is_empty() {
            say("[slack] bot_token is empty; copy “Bot User OAuth Token” from OAuth & Permissions");
        }
        match self.mode {
            Mode::Socket if self.app_token.is_none() => say(
                "[slack] app_token is not set; with mode = \"socket\" make an app-level token with connections:write under Basic Information",
            ),
            Mode::Http if self.signing_secret.is_none() => say(
                "[slack] signing_secret is not set; with mode = \"http\" copy “Signing Secret” from Basic Information",
            ),
            Mode::Socket | Mode::Http => {}
        }
        if !(1..=10).contains(&self.connections) {
            say("[slack] connections must be 1 to 10");
        }
        if let Some(install) = &self.install {
            if self.public_url.is_none() {
                say("[slack] workspaces need [server] public_url, where they can install");
            }
            if install.workspaces.is_empty() {
                say(
                    "[slack] workspaces is empty; list the ids (T…) that may install, or take client_id out",
                );
            }
            if install.workspaces.iter().any(|it| !is_team(it)) {
                say("[slack] workspaces must be ids of workspaces, such as T0123ABCD");
            }
        }
        if let Some(url) = &self.api_url
            && !url.starts_with("https://")
            && !is_loopback(url)
        {
            say("[slack] api_url must be https, or http on loopback");
        }
        problems
    }
}

fn is_team(id: &str) -> bool {
    id.starts_with('T') && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn is_loopback(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else { return false };
    let host = rest.split(['/', '?']).next().unwrap_or_default();
    let name = match host.strip_prefix('[') {
        Some(v6) => v6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_told_at_once() {
        let mut config = Config::new("".into());
        config.api_url = Some("http://slack.example.com/api".into());
        config.connections = 0;
        assert_eq!(config.problems().len(), 4, "{:?}", config.problems());
    }

    #[test]
    fn only_loopback_may_be_plain() {
        assert!(is_loopback("http://127.0.0.1:9000/api"));
        assert!(is_loopback("http://[::1]:9000/api"));
        assert!(is_loopback("http://localhost/api"));
        assert!(!is_loopback("http://127.0.0.1.example.com/api"));
        assert!(!is_loopback("http://10.0.0.1/api"));
    }
}
