//! Installation into other workspaces: the page where people allow it, and the exchange of codes.

use serde_json::{Value, json};

use super::calls::Call;
use super::memory::{Memory, User};
use super::methods::{Result, need, no};
use super::server::{FakeSlack, Options};
use super::{BOT_TOKEN, BOT_USER, CLIENT_ID, CLIENT_SECRET, TEAM};

/// What somebody allowed and the app has not fetched yet.
#[derive(Debug, Clone)]
pub(super) struct Allowed {
    team: String,
    user: String,
    redirect_uri: String,
    whole_organisation: bool,
}

impl FakeSlack {
    /// Somebody of another workspace, and a channel there with the bot in it.
    pub fn add_stranger(&self, team: &str, user: &str, name: &str, channel: &str) {
        let mut memory = self.memory();
        let of = User { id: user.into(), name: name.into(), team: team.into(), ..User::default() };
        memory.users.insert(user.to_owned(), of);
        let channel = memory.channel_named(channel);
        channel.team = team.to_owned();
        channel.members.insert(user.to_owned());
    }

    /// What `user` of `team` does on the page that `location` leads to: they allow it. Gives the address that
    /// their browser is sent back to. Panics when the page would show an error.
    pub fn allow(&self, location: &str, team: &str, user: &str) -> String {
        self.allow_for(location, team, user, false)
    }

    /// The same by an owner of the organisation, for all of its workspaces.
    pub fn allow_for_all(&self, location: &str, team: &str, user: &str) -> String {
        self.allow_for(location, team, user, true)
    }

    fn allow_for(&self, location: &str, team: &str, user: &str, all: bool) -> String {
        let page = format!("{}/oauth/v2/authorize?", self.api_url().trim_end_matches("/api"));
        let query = location.strip_prefix(&page);
        let query = query.unwrap_or_else(|| panic!("no page of Slack: {location}"));
        let asked = |name: &str| {
            let found = form_urlencoded::parse(query.as_bytes()).find(|(it, _)| it == name);
            found.map(|(_, value)| value.into_owned()).unwrap_or_default()
        };
        assert_eq!(asked("client_id"), CLIENT_ID, "invalid_client_id");
        let redirect_uri = asked("redirect_uri");
        let code = format!("code-{}", self.memory().number());
        let allowed = Allowed {
            team: team.into(),
            user: user.into(),
            redirect_uri: redirect_uri.clone(),
            whole_organisation: all,
        };
        self.memory().codes.insert(code.clone(), allowed);
        let back = form_urlencoded::Serializer::new(String::new())
            .append_pair("code", &code)
            .append_pair("state", &asked("state"))
            .finish();
        format!("{redirect_uri}?{back}")
    }

    /// The workspace takes the app out; its token ends.
    pub fn uninstall(&self, team: &str) {
        self.memory().installed.retain(|_, it| it != team);
    }

    pub fn is_installed(&self, team: &str) -> bool {
        self.memory().installed.values().any(|it| it == team)
    }

    /// An event as another workspace sends it.
    pub fn event_of(&self, team: &str, event: Value) -> Value {
        let mut payload = self.event(event);
        payload["team_id"] = json!(team);
        payload["authorizations"] =
            json!([{ "team_id": team, "user_id": BOT_USER, "is_bot": true }]);
        payload
    }
}

/// The workspace that a token is of.
pub(super) fn team_of(memory: &Memory, token: &str) -> Option<String> {
    if token == BOT_TOKEN { Some(TEAM.to_owned()) } else { memory.installed.get(token).cloned() }
}

/// `oauth.v2.access`: a code is good once, for the app and the address that it was made for.
pub(super) fn exchange(memory: &mut Memory, options: &Options, call: &Call) -> Result<Value> {
    if need(call, "client_id")? != CLIENT_ID {
        return no("invalid_client_id");
    }
    if need(call, "client_secret")? != CLIENT_SECRET {
        return no("bad_client_secret");
    }
    let Some(allowed) = memory.codes.remove(need(call, "code")?) else { return no("invalid_code") };
    if call.text("redirect_uri") != Some(allowed.redirect_uri.as_str()) {
        return no("bad_redirect_uri");
    }
    let token = format!("xoxb-test-{}", allowed.team);
    memory.installed.insert(token.clone(), allowed.team.clone());
    let team = json!({ "id": allowed.team, "name": allowed.team.to_lowercase() });
    Ok(json!({
        "access_token": token, "token_type": "bot", "bot_user_id": BOT_USER,
        "scope": options.scopes.join(","),
        "team": if allowed.whole_organisation { Value::Null } else { team },
        "enterprise": allowed.whole_organisation.then(|| json!({ "id": "E1" })),
        "is_enterprise_install": allowed.whole_organisation,
        "authed_user": { "id": allowed.user },
    }))
}
