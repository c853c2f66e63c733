//! The three files beside the pages, compiled in.

use std::sync::{Arc, LazyLock};

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use countersign::digest::Digest;

use crate::app::App;

const CSS: &str = include_str!("../../assets/console.css");
const JS: &str = include_str!("../../assets/console.js");
const MARK: &str = include_str!("../../assets/mark.svg");

/// The digest in the address changes with the file, so browsers may keep it for a year.
static CSS_URL: LazyLock<String> = LazyLock::new(|| versioned("console.css", CSS));
static JS_URL: LazyLock<String> = LazyLock::new(|| versioned("console.js", JS));

fn versioned(name: &str, text: &str) -> String {
    format!("/assets/{name}?v={}", Digest::of_bytes(text.as_bytes()).short())
}

pub(crate) fn css_url() -> &'static str {
    &CSS_URL
}

pub(crate) fn js_url() -> &'static str {
    &JS_URL
}

pub(crate) fn routes() -> Router<Arc<App>> {
    let year = "public, max-age=31536000, immutable";
    Router::new()
        .route("/assets/console.css", get(async move || file("text/css; charset=utf-8", year, CSS)))
        .route(
            "/assets/console.js",
            get(async move || file("text/javascript; charset=utf-8", year, JS)),
        )
        .route(
            "/assets/mark.svg",
            get(async || file("image/svg+xml", "public, max-age=86400", MARK)),
        )
        .route("/favicon.ico", get(async || file("image/svg+xml", "public, max-age=86400", MARK)))
}

fn file(kind: &'static str, cache: &'static str, text: &'static str) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, cache)], text)
}
