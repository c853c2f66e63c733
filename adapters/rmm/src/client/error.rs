//! What went wrong, out of at least seven shapes of error bodies.

use countersign::mask::mask;
use countersign::ports::CallError;
use serde_json::Value;

use super::{Ask, Reply};

/// The product's name in messages.
pub(crate) const PRODUCT: &str = "ConnectWise RMM";

/// Longest part of a foreign error text that is kept, in characters.
const MESSAGE_MAX: usize = 500;

/// The sentence in an error body, whatever its shape; empty when there is none. Secrets are masked.
///
/// Source: the partner OpenAPI file has all of them: an object with `message`, `description` or
/// `error_description`; the same nested under `error`, alone or in a list; a bare list; plain text.
pub(crate) fn message(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let text = match serde_json::from_str::<Value>(&text) {
        Ok(value) => sentence(&value).unwrap_or_default(),
        Err(_) if text.trim_start().starts_with('<') => title(&text),
        Err(_) => text.trim().to_owned(),
    };
    mask(&countersign::words::cut(&text, MESSAGE_MAX))
}

fn sentence(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|it| !it.is_empty()),
        Value::Array(items) => items.iter().find_map(sentence),
        Value::Object(fields) => {
            let field = |name: &str| {
                fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|it| it.1)
            };
            ["message", "error_description", "description", "detail", "title", "error", "errors"]
                .into_iter()
                .filter_map(field)
                .find_map(sentence)
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => None,
    }
}

/// The title of a page, which is all there is to learn from a proxy's error page.
fn title(html: &str) -> String {
    let lower = html.to_ascii_lowercase();
    let start = lower.find("<title>").map(|at| at + "<title>".len());
    let end = lower.find("</title>");
    match (start, end) {
        (Some(start), Some(end)) if start < end => html[start..end].trim().to_owned(),
        _ => "a web page instead of an answer".to_owned(),
    }
}

impl Reply {
    /// The body of a success; anything else as what it means for the caller.
    pub(crate) fn ok(self, ask: &Ask) -> Result<Self, CallError> {
        match refusal(&self, ask) {
            None => Ok(self),
            Some(error) => Err(error),
        }
    }
}

/// `None` for a success. 4xx: nothing ran. 5xx and what makes no sense: it may have.
pub(crate) fn refusal(reply: &Reply, ask: &Ask) -> Option<CallError> {
    if (200..300).contains(&reply.status) {
        return None;
    }
    let said = message(&reply.body);
    let or = |fallback: &str| if said.is_empty() { fallback.to_owned() } else { said.clone() };
    Some(match reply.status {
        401 => {
            CallError::Credentials { product: PRODUCT, detail: or("the token was not accepted") }
        }
        403 => CallError::MissingScope { product: PRODUCT, scope: ask.scope.text().to_owned() },
        404 | 410 => CallError::NotFound { product: PRODUCT, what: ask.what.clone() },
        423 => CallError::Locked { product: PRODUCT, detail: or("no reason given") },
        429 => CallError::Throttled { product: PRODUCT, wait: super::WINDOW },
        400..=499 => CallError::Refused {
            product: PRODUCT,
            message: or(&format!("status {} without a reason", reply.status)),
        },
        status => CallError::Failed {
            product: PRODUCT,
            detail: format!("status {status} for {}: {}", ask.what, or("no reason given")),
        },
    })
}

/// An answer that is not what it has to be: cut off, not JSON, or without what matters.
pub(crate) fn unreadable(ask: &Ask, why: &str) -> CallError {
    CallError::Failed { product: PRODUCT, detail: format!("the answer about {}: {why}", ask.what) }
}

/// What went wrong while a write was being prepared: the write itself was not sent, so there is no doubt
/// about it.
pub(crate) fn unsent(error: CallError) -> CallError {
    if error.may_have_happened() {
        CallError::Unreachable { product: PRODUCT, detail: error.to_string() }
    } else {
        error
    }
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
        check(r#"{"code":"bad_request","message":"unknown template"}"#, "unknown template");
        check("Too Many Requests\n", "Too Many Requests");
        check(r#"{"error":"not found","description":"no such endpoint"}"#, "no such endpoint");
        check(r#"[{"code":"x","message":"summary is required"}]"#, "summary is required");
        check(r#"{"error":{"message":"partner not entitled"}}"#, "partner not entitled");
        check(r#"{"error":[{"code":"x","message":"company not found"}]}"#, "company not found");
        check(r#"{"id":"forbidden","message":"client has no access"}"#, "client has no access");
        check(r#"{"error":"invalid_scope"}"#, "invalid_scope");
        check("<html><head><title>502 Bad Gateway</title></head></html>", "502 Bad Gateway");
        check("<html>", "a web page instead of an answer");
        check("", "");
        check("{}", "");
    }

    #[test]
    fn a_foreign_text_is_cut_and_masked() {
        assert_eq!(message("x".repeat(2_000).as_bytes()).chars().count(), MESSAGE_MAX + 1);
        check(r#"{"message":"client_secret: hunter2 is wrong"}"#, "client_secret: •••••• is wrong");
    }
}
