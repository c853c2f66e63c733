//! `countersign check` for Slack: each thing that is commonly wrong, with the way out.

use std::time::Duration;

use countersign::directory::Platform;
use futures::StreamExt as _;
use hmac::{Hmac, KeyInit as _, Mac as _};
use http::{Method, Request};
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::time::timeout;

use crate::api::{Answered, ApiError};
use crate::config::Mode;
use crate::ingress::socket;
use crate::inner::Inner;

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    pub ok: bool,
    pub what: String,
    pub detail: String,
}

/// Scopes of the bot token, each with what does not work without it.
pub(crate) const SCOPES: [(&str, &str); 10] = [
    ("app_mentions:read", "it does not hear mentions"),
    ("chat:write", "it cannot answer"),
    ("commands", "/countersign and the message shortcut do not work"),
    ("im:history", "it does not hear direct messages"),
    ("im:write", "it cannot reach approvers by direct message"),
    ("users:read", "it cannot tell guests and bots from members, so nobody could approve"),
    ("reactions:write", "it cannot show that it has seen a message"),
    ("files:write", "long output is cut instead of coming as a file"),
    ("channels:history", "it cannot look up in a public channel whether a message got there"),
    ("groups:history", "it cannot look up in a private channel whether a message got there"),
];

/// Slack turns signatures away that are five minutes old; a clock that is off by one is on its way there.
const SKEW_SECS_MAX: i64 = 60;

const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Accounts that are looked up.
const ACCOUNTS_MAX: usize = 50;

impl Inner {
    pub(crate) async fn check(&self) -> Vec<Check> {
        let mut checks = vec![self.bot_token_form()];
        let answered =
            timeout(ANSWER_MAX, self.api.raw.method("auth.test", &self.config.bot_token)).await;
        match answered.unwrap_or_else(|_| Err("no answer in time".into())) {
            Err(detail) => {
                checks.push(bad(
                    "Slack",
                    format!(
                        "cannot be reached: {detail}; check the way out to slack.com, port 443"
                    ),
                ));
                return checks;
            }
            Ok(answered) => checks.extend(self.sign_in(&answered)),
        }
        if checks.iter().all(|check| check.ok || check.what == CLOCK || check.what == SCOPES_NAME) {
            checks.extend(self.people().await);
            checks.extend(self.approvals_channel().await);
        }
        match self.config.mode {
            Mode::Socket => checks.push(self.socket_opens().await),
            Mode::Http => checks.extend(self.routes_answer().await),
        }
        checks
    }

    fn bot_token_form(&self) -> Check {
        let what = "Slack bot token";
        match self.config.bot_token.expose_secret().trim() {
            token if token.starts_with("xoxb-") => good(what, "is a bot token"),
            token if token.starts_with("xapp-") => bad(
                what,
                "is an app-level token; that one belongs into app_token, bot_token begins with xoxb-",
            ),
            token if token.starts_with("xoxp-") => {
                bad(what, "is a user token; take “Bot User OAuth Token”, which begins with xoxb-")
            }
            _ => bad(
                what,
                "is no token of Slack; copy “Bot User OAuth Token” from OAuth & Permissions",
            ),
        }
    }

    /// `auth.test`: the answer, its scopes and its clock.
    fn sign_in(&self, answered: &Answered) -> Vec<Check> {
        let what = "Slack sign-in";
        let body: Value = serde_json::from_slice(&answered.body).unwrap_or_default();
        if body["ok"] != json!(true) {
            let code = body["error"].as_str().unwrap_or("an answer that cannot be read");
            let way_out = match code {
                "invalid_auth" | "not_authed" => "copy the token anew from OAuth & Permissions",
                "token_revoked" | "account_inactive" => {
                    "install the app again and copy the new token"
                }
                _ => "Slack's page on auth.test says what it means",
            };
            return vec![bad(what, format!("{code}; {way_out}"))];
        }
        let named = |key: &str| body[key].as_str().unwrap_or("?").to_owned();
        let mut checks = vec![if body["bot_id"].is_string() {
            good(what, format!("as {} in {}", named("user"), named("team")))
        } else {
            bad(what, "the token is not of a bot; take “Bot User OAuth Token”")
        }];
        let granted = answered.headers.get("x-oauth-scopes").and_then(|it| it.to_str().ok());
        checks.push(self.scopes(granted.unwrap_or_default()));
        checks.extend(skew(answered));
        checks
    }

    fn scopes(&self, granted: &str) -> Check {
        let granted: Vec<&str> = granted.split(',').map(str::trim).collect();
        let mut needed: Vec<(&str, &str)> = SCOPES.to_vec();
        let named = self.engine.file_rules().iter().flat_map(|rule| &rule.approvers);
        if self.config.approvers_group.is_some() || named.into_iter().any(|it| is_group(it)) {
            needed.push((
                "usergroups:read",
                "it cannot read the user groups that the config names, so nobody in them could approve",
            ));
        }
        let missing: Vec<String> = needed
            .iter()
            .filter(|(scope, _)| !granted.contains(scope))
            .map(|(scope, without)| format!("{scope} (without it {without})"))
            .collect();
        if missing.is_empty() {
            good(SCOPES_NAME, format!("all {} are there", needed.len()))
        } else {
            let list = countersign::words::list(&missing);
            bad(
                SCOPES_NAME,
                format!("missing {list}; add it under OAuth & Permissions, then reinstall the app"),
            )
        }
    }

    /// People whose account could never decide, before they find out at a click.
    async fn people(&self) -> Vec<Check> {
        let what = "Slack people";
        let people = self.engine.people();
        let own = self.own_team().await;
        let with_account: Vec<_> = people
            .iter()
            .filter_map(|person| Some((person, self.user_of(&person.id, own.as_deref())?)))
            .collect();
        if with_account.is_empty() {
            return vec![bad(
                what,
                "nobody under [[people]] has a slack account; add slack = \"U…\" (profile, More, Copy member ID)",
            )];
        }
        let mut checks = self.elsewhere(own.as_deref());
        for (person, user) in with_account.iter().take(ACCOUNTS_MAX) {
            let purpose = crate::standing::For::Asking;
            if let Err(unfit) = self.fit(user, None, purpose).await {
                checks.push(bad(what, format!("{} ({user}): {unfit}", person.name)));
            }
        }
        let able = with_account.iter().filter(|(person, _)| person.may_approve()).count();
        if able == 0 {
            checks.push(bad(what, "nobody with an approver's role has a slack account, so nothing can be approved in Slack"));
        }
        if checks.is_empty() {
            checks.push(good(
                what,
                format!("{} have an account, {able} of them may approve", with_account.len()),
            ));
        }
        checks
    }

    /// People with an account of a workspace that is neither ours nor may install the bot.
    fn elsewhere(&self, own: Option<&str>) -> Vec<Check> {
        let listed = |team: &str| {
            let install = self.config.install.as_ref();
            install.is_some_and(|it| it.workspaces.iter().any(|listed| listed == team))
        };
        let accounts = self.engine.people().iter().flat_map(|person| {
            let slack = person.accounts.iter().filter(|it| it.platform == Platform::Slack);
            slack.map(move |account| (person, account.id.as_str()))
        });
        accounts
            .filter(|(_, id)| {
                id.split_once('/').is_some_and(|(team, _)| Some(team) != own && !listed(team))
            })
            .map(|(person, id)| {
                let way_out = "list it under [slack] workspaces, or take the account out";
                bad(
                    "Slack people",
                    format!("{} ({id}) is of another workspace; {way_out}", person.name),
                )
            })
            .collect()
    }

    async fn approvals_channel(&self) -> Option<Check> {
        let channel = self.config.approvals_channel.as_deref()?;
        let what = "Slack approvals channel";
        let info: Result<Value, ApiError> =
            self.api.get(ANSWER_MAX, "conversations.info", &[("channel", channel)]).await;
        Some(match info {
            Ok(info) if info["channel"]["is_member"] == json!(true) => {
                good(what, format!("#{}", info["channel"]["name"].as_str().unwrap_or(channel)))
            }
            Ok(_) => {
                bad(what, format!("the bot is not a member of {channel}; write /invite there"))
            }
            Err(error) if error.code() == Some("missing_scope") => good(
                what,
                format!("{channel} (without channels:read its membership cannot be checked)"),
            ),
            Err(error) => {
                bad(what, format!("{channel}: {error}; copy the id from the channel's details"))
            }
        })
    }

    /// The whole way: token, address, handshake, hello.
    async fn socket_opens(&self) -> Check {
        let what = "Slack Socket Mode";
        let Some(token) = &self.config.app_token else {
            return bad(what, "app_token is not set");
        };
        if !token.expose_secret().trim().starts_with("xapp-") {
            return bad(
                what,
                "app_token does not begin with xapp-; make an app-level token with connections:write under Basic Information",
            );
        }
        let url = match self.api.open_socket().await {
            Ok(url) => url,
            Err(error) => {
                let way_out = match error.code() {
                    Some("invalid_auth" | "not_authed") => {
                        "copy the app-level token anew from Basic Information"
                    }
                    Some("missing_scope") => "give the app-level token the scope connections:write",
                    Some("not_allowed_token_type") => {
                        "this is no app-level token; make one under Basic Information"
                    }
                    _ => {
                        "switch Socket Mode on in the app's settings, and look at Slack's status page"
                    }
                };
                return bad(what, format!("{error}; {way_out}"));
            }
        };
        let hello = async {
            let mut line = socket::connect(self, &url).await?;
            let first = line.next().await;
            let _ = line.close(None).await;
            match first {
                Some(Ok(frame)) => {
                    Ok(frame.into_text().map(|it| it.to_string()).unwrap_or_default())
                }
                Some(Err(error)) => Err(error.to_string()),
                None => Err("Slack hung up".to_owned()),
            }
        };
        match timeout(ANSWER_MAX, hello).await {
            Ok(Ok(hello)) if hello.contains("\"hello\"") => {
                good(what, "a connection opens and Slack says hello")
            }
            Ok(Ok(_)) => bad(
                what,
                "a connection opens, but Slack says no hello; is Socket Mode switched on for this app?",
            ),
            Ok(Err(detail)) => bad(
                what,
                format!("no connection: {detail}; WebSockets to slack.com must be let out"),
            ),
            Err(_) => bad(what, "no hello in time; WebSockets to slack.com must be let out"),
        }
    }

    async fn routes_answer(&self) -> Vec<Check> {
        let what = "Slack signing secret";
        let Some(secret) = &self.config.signing_secret else {
            return vec![bad(what, "is not set")];
        };
        let text = secret.expose_secret().trim();
        let is_hex = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let mut checks = vec![if is_hex {
            good(what, "has its form")
        } else {
            bad(
                what,
                "is not 32 hexadecimal digits; copy “Signing Secret” from Basic Information (not the client secret, not the verification token)",
            )
        }];
        let what = "Slack routes";
        checks.push(match &self.config.public_url {
            None => bad(what, "[server] public_url is not set, so Slack has no address to call"),
            Some(url) => {
                self.challenged(&format!("{}/slack/events", url.trim_end_matches('/')), secret)
                    .await
            }
        });
        checks
    }

    /// What Slack does when the address is entered: a signed challenge that has to come back.
    async fn challenged(&self, url: &str, secret: &SecretString) -> Check {
        let what = "Slack routes";
        let body =
            json!({ "type": "url_verification", "challenge": "countersign-check" }).to_string();
        let at = Timestamp::now().as_second().to_string();
        let request = Request::builder()
            .method(Method::POST)
            .uri(url)
            .header("content-type", "application/json")
            .header("x-slack-request-timestamp", &at)
            .header("x-slack-signature", signature(secret, &at, &body));
        match timeout(ANSWER_MAX, self.api.raw.send(request, &body)).await {
            Ok(Ok(it)) if it.status == 200 && it.body.as_ref() == b"countersign-check" => {
                good(what, format!("{url} answers a signed request"))
            }
            Ok(Ok(it)) if it.status == 401 => bad(
                what,
                format!(
                    "{url} refuses our signature: the bot that answers there has another signing_secret, or its clock is off"
                ),
            ),
            Ok(Ok(it)) => bad(
                what,
                format!(
                    "{url} answers with status {}; it must lead to `countersign serve`",
                    it.status
                ),
            ),
            Ok(Err(detail)) => bad(
                what,
                format!(
                    "{url} cannot be reached ({detail}); is `countersign serve` running, and does public_url lead to it?"
                ),
            ),
            Err(_) => bad(
                what,
                format!(
                    "{url} does not answer; is `countersign serve` running, and does public_url lead to it?"
                ),
            ),
        }
    }
}

/// Of a rule.
fn is_group(approver: &str) -> bool {
    approver.starts_with("group:slack:")
}

const CLOCK: &str = "clock";
const SCOPES_NAME: &str = "Slack scopes";

fn skew(answered: &Answered) -> Option<Check> {
    let date = answered.headers.get("date")?.to_str().ok()?;
    let theirs = jiff::fmt::rfc2822::parse(date).ok()?.timestamp().as_second();
    let skew = Timestamp::now().as_second() - theirs;
    Some(if skew.abs() <= SKEW_SECS_MAX {
        good(CLOCK, "agrees with Slack's")
    } else {
        let direction = if skew > 0 { "ahead" } else { "behind" };
        bad(
            CLOCK,
            format!(
                "is {} {direction} of Slack's; signatures older than five minutes are refused, so let it be set by NTP",
                countersign::words::span(skew.abs())
            ),
        )
    })
}

fn signature(secret: &SecretString, at: &str, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.expose_secret().trim().as_bytes())
    else {
        return String::new();
    };
    mac.update(format!("v0:{at}:{body}").as_bytes());
    let bytes = mac.finalize().into_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("v0={hex}")
}

fn good(what: &str, detail: impl Into<String>) -> Check {
    Check { ok: true, what: what.into(), detail: detail.into() }
}

fn bad(what: &str, detail: impl Into<String>) -> Check {
    Check { ok: false, what: what.into(), detail: detail.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_asks_for_exactly_the_scopes_that_are_checked() {
        let manifest: Value = serde_json::from_str(include_str!("../manifest.json")).unwrap();
        let asked = manifest.pointer("/oauth_config/scopes/bot").unwrap();
        let mut checked: Vec<&str> = SCOPES.iter().map(|(scope, _)| *scope).collect();
        checked.sort_unstable();
        assert_eq!(*asked, json!(checked));
    }
}
