//! What went wrong with a call, by what may have happened on the other side.

use std::time::Duration;

use serde_json::Value;
use slack_morphism::errors::SlackClientError;

/// Waited when Slack throttles and does not say for how long.
const WAIT_DEFAULT: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// Turned away before anything was done.
    #[error("{method} is over its rate limit, free again in {} s", wait.as_secs())]
    Throttled { method: &'static str, wait: Duration },
    /// Slack said no; nothing was done.
    #[error("{method}: {code}{}", said(hints))]
    Refused { method: &'static str, code: String, hints: Vec<String> },
    /// No answer that can be understood: it may have been done.
    #[error("{method} gave no answer: {detail}")]
    Unanswered { method: &'static str, detail: String },
}

fn said(hints: &[String]) -> String {
    if hints.is_empty() { String::new() } else { format!(" ({})", hints.join("; ")) }
}

/// Codes that speak of Slack's own trouble; the call may have been done.
const TROUBLE: [&str; 5] = [
    "internal_error",
    "fatal_error",
    "service_unavailable",
    "request_timeout",
    "team_added_to_org",
];

impl ApiError {
    pub(super) fn refused(method: &'static str, code: &str) -> Self {
        Self::Refused { method, code: code.to_owned(), hints: Vec::new() }
    }

    pub(super) fn unanswered(method: &'static str, detail: &str) -> Self {
        Self::Unanswered { method, detail: detail.to_owned() }
    }

    /// The texts of the crate's errors hold whole bodies, so they are never shown.
    pub(super) fn of(method: &'static str, error: SlackClientError) -> Self {
        match error {
            SlackClientError::RateLimitError(error) => {
                Self::Throttled { method, wait: error.retry_after.unwrap_or(WAIT_DEFAULT) }
            }
            SlackClientError::ApiError(error) => match error.code.as_str() {
                "ratelimited" | "rate_limited" => Self::Throttled { method, wait: WAIT_DEFAULT },
                code if TROUBLE.contains(&code) => Self::unanswered(method, code),
                _ => Self::Refused {
                    method,
                    hints: hints(error.http_response_body.as_deref()),
                    code: error.code,
                },
            },
            SlackClientError::HttpError(error) => {
                Self::unanswered(method, &format!("status {}", error.status_code.as_u16()))
            }
            SlackClientError::HttpProtocolError(error) => match error.cause {
                Some(cause) => Self::unanswered(method, &chain(cause.as_ref())),
                None => Self::unanswered(method, "the connection broke"),
            },
            SlackClientError::ProtocolError(_) => {
                Self::unanswered(method, "an answer that cannot be read")
            }
            SlackClientError::EndOfStream(_)
            | SlackClientError::SystemError(_)
            | SlackClientError::SocketModeProtocolError(_) => {
                Self::unanswered(method, "the connection broke")
            }
        }
    }

    /// The code of a refusal, for callers that have a way out.
    pub(crate) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            Self::Throttled { .. } | Self::Unanswered { .. } => None,
        }
    }
}

/// `response_metadata.messages` names the block that Slack does not take.
fn hints(body: Option<&str>) -> Vec<String> {
    let body: Option<Value> = body.and_then(|body| serde_json::from_str(body).ok());
    let messages = body.as_ref().and_then(|body| body.pointer("/response_metadata/messages"));
    let texts = messages.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let mut hints: Vec<String> =
        texts.take(5).map(|text| countersign::words::cut(text, 200)).collect();
    if let Some(needed) = body.as_ref().and_then(|body| body["needed"].as_str()) {
        hints.push(format!("needs {}", countersign::words::cut(needed, 100)));
    }
    hints
}

fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
