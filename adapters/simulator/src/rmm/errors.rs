//! Errors in the body shapes of the product: at least seven, depending on who answers.

use serde_json::json;

use crate::faults::ErrorShape;
use crate::http::Answer;

/// The text of every "your key may not do this" answer.
pub(crate) const NO_ACCESS: &str = "client has no access";
const BAD_TOKEN: &str = "access token expired, revoked, malformed or otherwise invalid";

/// An error with `code` and `message` in the given shape. Shapes without room for a code leave it out.
pub(crate) fn error(shape: ErrorShape, status: u16, code: &str, message: &str) -> Answer {
    let body = match shape {
        ErrorShape::PlainText => return Answer::text(status, message),
        ErrorShape::CodeMessage => json!({ "code": code, "message": message }),
        ErrorShape::ErrorDescription => json!({ "error": code, "description": message }),
        ErrorShape::List => json!([{ "code": code, "message": message }]),
        ErrorShape::Nested => json!({ "error": { "message": message } }),
        ErrorShape::NestedList => json!({ "error": [{ "code": code, "message": message }] }),
        ErrorShape::IdMessage => json!({ "id": code, "message": message }),
    };
    Answer::json(status, &body)
}

pub(crate) fn bad_token(shape: ErrorShape) -> Answer {
    match shape {
        // Only the task definitions answer in plain text; everywhere else it is the gateway that turns a token away.
        ErrorShape::PlainText => Answer::text(401, "bearer token is missing, expired or invalid"),
        _ => error(ErrorShape::ErrorDescription, 401, "unauthorized", BAD_TOKEN),
    }
}

pub(crate) fn no_access(shape: ErrorShape) -> Answer {
    match shape {
        ErrorShape::PlainText => Answer::text(403, "access is forbidden"),
        ErrorShape::IdMessage => error(shape, 403, "forbidden", NO_ACCESS),
        _ => error(ErrorShape::ErrorDescription, 403, "forbidden", NO_ACCESS),
    }
}

/// What the newer device calls say about a request they do not like.
pub(crate) fn bad_request(message: &str) -> Answer {
    error(ErrorShape::CodeMessage, 400, "bad_request", message)
}

/// The gateway knows no such path.
pub(crate) fn no_route() -> Answer {
    error(ErrorShape::ErrorDescription, 404, "not found", "no such resource")
}
