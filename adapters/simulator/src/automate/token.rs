//! Signing in: tokens with an end, revocation, the second factor as a 200.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Memory, PASSWORD, USERNAME, error};
use crate::http::{Answer, Request};
use crate::mix::mix;

#[derive(Debug, Default)]
pub(super) struct Tokens {
    /// With its end.
    good: Vec<(String, Timestamp)>,
    issued: u64,
}

impl Tokens {
    /// The scheme is taken without case.
    pub(super) fn is_good(&self, authorization: &str, now: Timestamp) -> bool {
        let Some((scheme, token)) = authorization.split_once(' ') else { return false };
        scheme.eq_ignore_ascii_case("bearer")
            && self.good.iter().any(|(known, end)| known == token.trim() && *end > now)
    }

    pub(super) fn revoke(&mut self) {
        self.good.clear();
    }

    pub(super) fn issued(&self) -> u64 {
        self.issued
    }
}

impl Memory {
    /// `POST /apitoken`. Property names are taken without case.
    pub(super) fn sign_in(&mut self, request: &Request, now: Timestamp) -> Answer {
        let Ok(Value::Object(body)) = serde_json::from_slice(&request.body) else {
            return error(400, "The request is invalid.");
        };
        let field = |name: &str| {
            let found = body.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
            found.and_then(|it| it.1.as_str()).unwrap_or_default()
        };
        if !field("UserName").eq_ignore_ascii_case(USERNAME) || field("Password") != PASSWORD {
            return error(401, "Invalid username or password.");
        }
        if self.switches.two_factor {
            return Answer::ok(&json!({
                "AccessToken": null, "IsTwoFactorRequired": true, "IsInternalTwoFactorRequired": false,
            }));
        }
        self.issue(now)
    }

    /// `POST /apitoken/refresh`: the body is the token as a bare JSON string.
    pub(super) fn refresh(&mut self, request: &Request, now: Timestamp) -> Answer {
        let Ok(old) = serde_json::from_slice::<String>(&request.body) else {
            return error(400, "The request is invalid.");
        };
        if !self.tokens.is_good(&format!("Bearer {old}"), now) {
            return error(401, "Authorization has been denied for this request.");
        }
        self.issue(now)
    }

    fn issue(&mut self, now: Timestamp) -> Answer {
        self.tokens.good.retain(|it| it.1 > now);
        self.tokens.issued += 1;
        let number = self.tokens.issued;
        let life =
            SignedDuration::try_from(self.switches.token_lifetime).unwrap_or(SignedDuration::MAX);
        let end = now.checked_add(life).unwrap_or(Timestamp::MAX);
        let token = format!("pretend-{number}-{:016x}", mix(&[0x70ce, number]));
        self.tokens.good.push((token.clone(), end));
        Answer::ok(&json!({
            "AccessToken": token,
            "TokenType": "Bearer",
            "ExpirationDate": self.date(end),
            "AbsoluteExpirationDate": self.date(end),
            "UserId": "57",
            "InternalUserName": USERNAME,
            "IsTwoFactorRequired": false,
            "IsInternalTwoFactorRequired": false,
            "SSOAccessToken": null,
        }))
    }
}
