//! What every request passes before a page sees it: the host it was sent to, where a form comes from,
//! and the headers every answer carries.

mod headers;
mod hosts;
mod origin;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::{Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::trouble::Trouble;

pub(crate) use headers::add_headers;
pub(crate) use hosts::Hosts;

/// A page is a few queries; what takes longer is a store in trouble.
const PAGE_TIMEOUT: Duration = Duration::from_secs(15);

/// Ends what takes too long with a page that says so. Not for live pages.
pub(crate) async fn in_time(request: Request, next: Next) -> Response {
    match tokio::time::timeout(PAGE_TIMEOUT, next.run(request)).await {
        Ok(response) => response,
        Err(_) => Trouble::TooSlow.into_response(),
    }
}

/// Refuses a foreign `Host` (DNS rebinding) and a form that another site posted (CSRF).
pub(crate) async fn check(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers
        .get(header::HOST)
        .and_then(|value| value.to_str().ok())
        .or_else(|| request.uri().authority().map(|it| it.as_str()))
        .unwrap_or_default();
    if !app.hosts.allow(host) {
        return Trouble::ForeignHost.into_response();
    }
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if !is_read && !origin::is_own(headers, host, app.hosts.public_origin()) {
        return Trouble::ForeignOrigin.into_response();
    }
    next.run(request).await
}
