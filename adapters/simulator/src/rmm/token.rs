//! `POST /v1/token`: client credentials in, a bearer token for the asked scopes out.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use super::{CLIENT_ID, CLIENT_SECRET, Switches};
use crate::http::{Answer, Request};
use crate::mix::mix;

const MINUTE: Duration = Duration::from_secs(60);

/// Every scope the product is known to have.
pub const SCOPES: [&str; 31] = [
    "platform.companies.read",
    "platform.sites.read",
    "platform.sites.write",
    "platform.devices.read",
    "platform.devices.write",
    "platform.asset.read",
    "platform.agent.read",
    "platform.agent.delete",
    "platform.agent-token.read",
    "platform.deviceGroups.read",
    "platform.automation.read",
    "platform.automation.create",
    "platform.patching.read",
    "platform.ospatching.management.read",
    "platform.tppatching.management.read",
    "platform.tickets.read",
    "platform.tickets.create",
    "platform.tickets.update",
    "platform.custom_fields_definitions.read",
    "platform.custom_fields_definitions.write",
    "platform.custom_fields_values.read",
    "platform.custom_fields_values.write",
    "platform.policies.read",
    "platform.policies.create",
    "platform.policies.update",
    "platform.policies.delete",
    "platform.dataMapping.read",
    "platform.suspension.read",
    "platform.rpa.resolve",
    "security.vulnerability.read",
    "security.cases.read",
];

#[derive(Debug)]
struct Token {
    text: String,
    scopes: Vec<String>,
    expires_at: Timestamp,
}

/// Tokens handed out and when they were asked for.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    issued: u64,
    live: Vec<Token>,
    asked: VecDeque<Timestamp>,
}

/// What a bearer token is good for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Pass {
    Good,
    /// Known and fresh, but without the scope.
    LacksScope,
    /// Unknown, expired or missing.
    Bad,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ask {
    grant_type: String,
    client_id: String,
    client_secret: String,
    scope: String,
}

impl Tokens {
    pub(crate) fn issue(
        &mut self,
        request: &Request,
        switches: &Switches,
        seed: u64,
        now: Timestamp,
    ) -> Answer {
        if !request.content_type.starts_with("application/json") {
            return refuse(400, "invalid_request", "send application/json");
        }
        let ask: Ask = match serde_json::from_slice(&request.body) {
            Ok(ask) => ask,
            Err(problem) => return refuse(400, "invalid_request", &problem.to_string()),
        };
        while self.asked.front().is_some_and(|it| now.duration_since(*it).unsigned_abs() >= MINUTE)
        {
            self.asked.pop_front();
        }
        if ask.client_id == CLIENT_ID && self.asked.len() >= switches.tokens_per_minute as usize {
            return refuse(
                423,
                "locked",
                "too many token requests, the client is temporarily locked",
            );
        }
        self.asked.push_back(now);
        if ask.grant_type != "client_credentials" {
            return refuse(400, "unsupported_grant_type", "only client_credentials is supported");
        }
        if ask.client_id != CLIENT_ID || ask.client_secret != CLIENT_SECRET {
            return refuse(401, "invalid_client", "client authentication failed");
        }
        let scopes: Vec<String> = ask.scope.split_whitespace().map(str::to_owned).collect();
        let refused = scopes.iter().find(|it| !switches.scopes.contains(it));
        if let Some(refused) = refused {
            return refuse(
                400,
                "invalid_scope",
                &format!("the scope {refused} is not granted to this client"),
            );
        }
        if scopes.is_empty() {
            return refuse(400, "invalid_scope", "no scope was asked for");
        }
        self.hand_out(scopes, switches.token_lifetime, seed, now)
    }

    fn hand_out(
        &mut self,
        scopes: Vec<String>,
        lifetime: Duration,
        seed: u64,
        now: Timestamp,
    ) -> Answer {
        self.live.retain(|it| it.expires_at > now);
        self.issued += 1;
        let text = format!("simulator-{:016x}", mix(&[seed, 0x70ce, self.issued]));
        let answer = json!({
            "access_token": text, "scope": scopes.join(" "), "token_type": "Bearer", "expires_in": lifetime.as_secs(),
        });
        self.live.push(Token { text, scopes, expires_at: now + lifetime });
        Answer::ok(&answer)
    }

    pub(crate) fn check(&self, bearer: Option<&str>, any_of: &[&str], now: Timestamp) -> Pass {
        let fresh = |it: &&Token| Some(it.text.as_str()) == bearer && it.expires_at > now;
        match self.live.iter().find(fresh) {
            None => Pass::Bad,
            Some(token)
                if any_of.is_empty()
                    || token.scopes.iter().any(|it| any_of.contains(&it.as_str())) =>
            {
                Pass::Good
            }
            Some(_) => Pass::LacksScope,
        }
    }

    /// All tokens are worthless from now on.
    pub(crate) fn revoke(&mut self) {
        self.live.clear();
    }
}

fn refuse(status: u16, code: &str, description: &str) -> Answer {
    Answer::json(status, &json!({ "error": code, "error_description": description }))
}
