//! What an answer that is no success means for the caller.

use countersign::mask::mask;
use countersign::ports::CallError;
use countersign::words;
use serde_json::Value;

use super::Ask;
use super::http::Reply;

pub(crate) const PRODUCT: &str = "ConnectWise Control";

/// Characters of a foreign message that are kept.
const MESSAGE_MAX: usize = 300;

/// 500 with one of these proves that the method was never entered.
const NEVER_ENTERED: [&str; 2] = ["Web method does not exist", "Unknown parameter"];

impl Reply {
    /// The JSON of a success; anything else as what it means for the caller.
    pub(super) fn json(&self, ask: &Ask) -> Result<Value, CallError> {
        let failed = |detail: String| CallError::Failed { product: PRODUCT, detail };
        match self.status {
            200..=299 if self.is_page() => Err(failed(
                "a web page came instead of an answer; is url the address of the Control server, and nothing in front of it that wants a sign-in?".into(),
            )),
            200..=299 if self.body.iter().all(u8::is_ascii_whitespace) => Ok(Value::Null),
            200..=299 => serde_json::from_slice(&self.body)
                .map_err(|error| failed(format!("the answer about {}: {error}", ask.what))),
            401 | 403 => Err(CallError::Credentials {
                product: PRODUCT,
                detail: "secret or origin were refused; compare secret with RESTfulAuthenticationSecret, and origin with RESTfulAllowedOrigin".into(),
            }),
            404 => Err(refused(
                "there is no RESTful API Manager at this address; install the extension, or check url and extension",
            )),
            429 => Err(CallError::Throttled {
                product: PRODUCT,
                wait: self.retry_after.unwrap_or(std::time::Duration::from_secs(10)),
            }),
            500 if NEVER_ENTERED.iter().any(|it| self.text().contains(it)) => Err(refused(format!(
                "the extension does not know {}; update RESTful API Manager ({})",
                ask.method,
                self.said()
            ))),
            300..=399 => Err(refused("the server sends us elsewhere; url must be its final address")),
            400..=499 => Err(refused(format!("status {}: {}", self.status, self.said()))),
            status => Err(failed(format!("status {status} for {}: {}", ask.what, self.said()))),
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// What the body says, cut and masked; of a page only that it is one.
    fn said(&self) -> String {
        if self.is_page() {
            return "a web page".into();
        }
        let text = words::cut(&mask(self.text().trim()), MESSAGE_MAX);
        if text.is_empty() { "no reason given".into() } else { text }
    }

    /// A page of a sign-in form or a proxy where an answer belongs.
    pub(super) fn is_page(&self) -> bool {
        let start = self.body.iter().position(|it| !it.is_ascii_whitespace() && *it != 0xef);
        start.is_some_and(|at| {
            self.body[at] == b'<' || self.body[at..].starts_with(&[0xbb, 0xbf, b'<'])
        })
    }
}

/// An answer without what matters.
pub(crate) fn unreadable(what: &str, why: &str) -> CallError {
    CallError::Failed { product: PRODUCT, detail: format!("the answer about {what}: {why}") }
}

/// Nothing ran.
pub(crate) fn refused(message: impl Into<String>) -> CallError {
    CallError::Refused { product: PRODUCT, message: message.into() }
}
