//! What an answer that is no success means for the caller.

use countersign::mask::mask;
use countersign::ports::CallError;
use countersign::words;
use serde_json::Value;

use super::Ask;
use super::http::Reply;
use crate::right::Right;

pub(crate) const PRODUCT: &str = "ConnectWise Automate";

/// Characters of a foreign message that are kept.
const MESSAGE_MAX: usize = 300;

/// What the body says, cut and masked; empty when it says nothing.
pub(super) fn message(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let said = match serde_json::from_str::<Value>(&text) {
        Ok(value) => sentence(&value).unwrap_or_default(),
        Err(_) if text.trim_start().starts_with('<') => title(&text),
        Err(_) => text.trim().to_owned(),
    };
    words::cut(&mask(&said), MESSAGE_MAX)
}

/// `Message` is what servers were seen to send; `ModelState` lists what is wrong with single fields.
fn sentence(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|it| !it.is_empty()),
        Value::Array(items) => items.iter().find_map(sentence),
        Value::Object(fields) => {
            let field = |name: &str| {
                fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|it| it.1)
            };
            let main = ["Message", "ExceptionMessage", "error_description", "errors", "error"]
                .into_iter()
                .filter_map(field)
                .find_map(sentence);
            let state = field("ModelState").and_then(Value::as_object);
            let wrong: Vec<String> =
                state.into_iter().flatten().filter_map(|(_, it)| sentence(it)).collect();
            match (main, wrong.is_empty()) {
                (Some(main), false) => Some(format!("{main} {}", wrong.join(" "))),
                (None, false) => Some(wrong.join(" ")),
                (main, true) => main,
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// The title of a page, which is all there is to learn from a proxy's error page.
fn title(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let start = lower.find("<title>").map(|at| at + "<title>".len());
    match (start, lower.find("</title>")) {
        (Some(start), Some(end)) if start < end => html[start..end].trim().to_owned(),
        _ => "a web page instead of an answer".to_owned(),
    }
}

impl Reply {
    /// The body of a success; anything else as what it means for the caller.
    pub(crate) fn ok(self, ask: &Ask) -> Result<Self, CallError> {
        match self.refusal(ask) {
            None => Ok(self),
            Some(error) => Err(error),
        }
    }

    /// `None` for a success. 4xx: nothing ran. 5xx and what makes no sense: it may have.
    fn refusal(&self, ask: &Ask) -> Option<CallError> {
        let said = message(&self.body);
        let or = |fallback: &str| if said.is_empty() { fallback.to_owned() } else { said.clone() };
        Some(match self.status {
            200..=299 if self.is_page() => CallError::Failed {
                product: PRODUCT,
                detail: format!("a web page came instead of {} ({said})", ask.what),
            },
            200..=299 => return None,
            401 => CallError::Credentials {
                product: PRODUCT,
                detail: format!(
                    "the token was refused right after signing in{}; either the ClientId is not accepted, or the \
                     account may not use the API",
                    if said.is_empty() { String::new() } else { format!(" ({said})") }
                ),
            },
            403 => lacks(ask.right),
            404 | 410 => CallError::NotFound { product: PRODUCT, what: ask.what.clone() },
            429 => CallError::Throttled {
                product: PRODUCT,
                wait: self.retry_after.unwrap_or(std::time::Duration::from_secs(30)),
            },
            400..=499 => CallError::Refused {
                product: PRODUCT,
                message: or(&format!("status {} without a reason", self.status)),
            },
            status => CallError::Failed {
                product: PRODUCT,
                detail: format!("status {status} for {}: {}", ask.what, or("no reason given")),
            },
        })
    }

    /// A page of a proxy, a firewall or a sign-in form where an answer of the API belongs.
    pub(crate) fn is_page(&self) -> bool {
        let start = self.body.iter().position(|it| !it.is_ascii_whitespace() && *it != 0xef);
        start.is_some_and(|at| {
            self.body[at] == b'<' || self.body[at..].starts_with(&[0xbb, 0xbf, b'<'])
        })
    }

    /// 404 because this version has no such route, and not because the thing is gone.
    pub(crate) fn lacks_route(&self) -> bool {
        let said = String::from_utf8_lossy(&self.body);
        self.status == 405
            || self.status == 404
                && (self.is_page() || self.body.is_empty() || said.contains("No HTTP resource"))
    }

    pub(crate) fn json(&self, ask: &Ask) -> Result<Value, CallError> {
        if self.body.iter().all(u8::is_ascii_whitespace) {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&self.body).map_err(|error| unreadable(ask, &error.to_string()))
    }
}

/// The account lacks a right.
fn lacks(right: Right) -> CallError {
    CallError::MissingScope { product: PRODUCT, scope: right.text().to_owned() }
}

/// An answer that is not what it has to be: cut off, not JSON, or without what matters.
pub(crate) fn unreadable(ask: &Ask, why: &str) -> CallError {
    CallError::Failed { product: PRODUCT, detail: format!("the answer about {}: {why}", ask.what) }
}

/// Refused here, before anything was sent.
pub(crate) fn refused(message: impl Into<String>) -> CallError {
    CallError::Refused { product: PRODUCT, message: message.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(body: &str, expected: &str) {
        assert_eq!(message(body.as_bytes()), expected, "{body}");
    }

    #[test]
    fn every_shape_of_error_is_read() {
        check(r#"{"Message":"Invalid field Foo"}"#, "Invalid field Foo");
        check(r#"{"message":"no"}"#, "no");
        check(
            r#"{"Message":"The request is invalid.","ModelState":{"ScriptId":["ScriptId is required."]}}"#,
            "The request is invalid. ScriptId is required.",
        );
        check(r#"{"code":"x","errors":[{"message":"first"}]}"#, "first");
        check("<html><head><title>502 Bad Gateway</title></head></html>", "502 Bad Gateway");
        check("<html>", "a web page instead of an answer");
        check("\"plain\"", "plain");
        check("", "");
    }

    #[test]
    fn a_missing_route_is_no_missing_thing() {
        let reply = |status, body: &str| Reply { status, body: body.into(), ..Reply::default() };
        assert!(reply(404, "<html></html>").lacks_route());
        assert!(reply(404, "").lacks_route());
        assert!(
            reply(404, r#"{"Message":"No HTTP resource was found that matches"}"#).lacks_route()
        );
        assert!(reply(405, r#"{"Message":"not allowed"}"#).lacks_route());
        assert!(!reply(404, r#"{"Message":"Alert not found"}"#).lacks_route());
    }
}
