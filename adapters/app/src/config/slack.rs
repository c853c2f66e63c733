//! `[slack]`.

use secrecy::SecretString;
use serde::Deserialize;

use super::read::{Flag, Number, Reader};
use super::sections::Server;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SlackRaw {
    mode: Option<String>,
    bot_token: Option<SecretString>,
    bot_token_file: Option<String>,
    app_token: Option<SecretString>,
    app_token_file: Option<String>,
    signing_secret: Option<SecretString>,
    signing_secret_file: Option<String>,
    api_url: Option<String>,
    approvals_channel: Option<String>,
    approvers_by_dm: Option<Flag>,
    approvers_group: Option<String>,
    follow_threads: Option<Flag>,
    connections: Option<Number>,
    post_every_ms: Option<Number>,
    client_id: Option<String>,
    client_secret: Option<SecretString>,
    client_secret_file: Option<String>,
    workspaces: Option<Words>,
}

/// A list, or the text of one from the environment, with commas.
#[derive(Deserialize)]
#[serde(untagged)]
enum Words {
    List(Vec<String>),
    Text(String),
}

impl Reader {
    pub(super) fn slack(
        &mut self,
        raw: SlackRaw,
        server: &Server,
        has_key: bool,
    ) -> Option<countersign_slack::Config> {
        let before = self.problems.len();
        let key = raw.mode.unwrap_or_else(|| "socket".into());
        let mode = countersign_slack::Mode::parse(&key);
        if mode.is_none() {
            self.problem("slack.mode", format!("“{key}” is no mode; use socket or http"));
        }
        let bot_token = self.secret("slack.bot_token", raw.bot_token, raw.bot_token_file);
        let app_token = self.secret_if_set("slack.app_token", raw.app_token, raw.app_token_file);
        let signing_secret =
            self.secret_if_set("slack.signing_secret", raw.signing_secret, raw.signing_secret_file);
        let client_secret =
            self.secret_if_set("slack.client_secret", raw.client_secret, raw.client_secret_file);
        let workspaces: Vec<String> = match raw.workspaces {
            None => Vec::new(),
            Some(Words::List(list)) => list,
            Some(Words::Text(text)) => text.split(',').map(|it| it.trim().to_owned()).collect(),
        };
        let install = match (raw.client_id, client_secret) {
            (Some(client_id), Some(client_secret)) => {
                Some(countersign_slack::Install { client_id, client_secret, workspaces })
            }
            (None, None) if workspaces.is_empty() => None,
            _ => {
                self.problem(
                    "slack.workspaces",
                    "other workspaces install with client_id and client_secret (Basic Information); set both, or take all three out",
                );
                None
            }
        };
        if install.is_some() && !has_key {
            self.problem(
                "store.key",
                "not set; the tokens of other workspaces are sealed with it; make one with `openssl rand -hex 32`",
            );
        }
        let by_dm = self.flag("slack.approvers_by_dm", raw.approvers_by_dm);
        let follow_threads = self.flag("slack.follow_threads", raw.follow_threads);
        let connections = self.number("slack.connections", raw.connections, 2, 1..=10);
        let post_every = self.number("slack.post_every_ms", raw.post_every_ms, 1_000, 1..=60_000);
        if self.problems.len() > before {
            return None;
        }
        let config = countersign_slack::Config {
            mode: mode?,
            app_token,
            signing_secret,
            api_url: raw.api_url,
            public_url: server.public_url.clone(),
            approvals_channel: raw.approvals_channel,
            approvers_by_dm: by_dm,
            approvers_group: raw.approvers_group,
            follow_threads,
            connections: u8::try_from(connections).unwrap_or(2),
            post_every: std::time::Duration::from_millis(post_every.into()),
            install,
            ..countersign_slack::Config::new(bot_token?)
        };
        for problem in config.problems() {
            self.problem("slack", problem.trim_start_matches("[slack] "));
        }
        Some(config)
    }
}
