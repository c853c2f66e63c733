//! The pages and their routes.

pub(crate) mod approvals;
mod assets;
mod audit;
pub(crate) mod audit_check;
mod audit_export;
mod decide;
mod demo;
mod devices;
mod grants;
mod halt;
mod health;
pub(crate) mod layout;
mod links;
mod meters;
mod posted;
mod rules;
mod scheduled;
mod start;
pub(crate) mod thread;
mod tools;
mod trials;

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use axum::{Extension, Router, middleware};

use crate::app::App;
use crate::trouble::Trouble;
use crate::{guard, sign_in, who};

pub(crate) use posted::Posted;

pub(crate) type Viewing = Extension<who::Viewer>;

/// The longest message is 8 kB; forms encode up to threefold, and the rest is room.
const BODY_BYTES_MAX: usize = 64 * 1024;

pub(crate) fn router(app: Arc<App>) -> Router {
    let signed_in = || middleware::from_fn_with_state(Arc::clone(&app), who::require);

    let pages = Router::new()
        .route("/", get(start::page))
        .route("/ask", post(start::ask))
        .route("/c/{thread}", get(thread::page))
        .route("/c/{thread}/say", post(thread::say))
        .route("/c/{thread}/click", post(thread::click))
        .route("/approvals", get(approvals::page))
        .route("/approvals/{approval}/click", post(approvals::click))
        .route("/approvals/{approval}/deny", post(decide::deny))
        .route("/approvals/{approval}/some", post(decide::some))
        .route("/approvals/{approval}/edit", post(decide::edit))
        .route("/audit", get(audit::page))
        .route("/audit.jsonl", get(audit_export::download))
        .route("/tools", get(tools::page))
        .route("/tools/policy", post(tools::set_policy))
        .route("/halt", post(halt::post))
        .route("/rules", get(rules::page).post(rules::posted))
        .route("/scheduled/cancel", post(scheduled::cancel))
        .route("/devices", get(devices::page))
        .route("/meters", get(meters::page))
        .route("/trials", get(trials::page))
        .route("/grants", get(grants::page))
        .route("/grants/ask", post(grants::ask))
        .route("/grants/act", post(grants::posted))
        .route("/links", get(links::page))
        .route("/links/one", post(links::decide))
        .route("/links/all", post(links::decide_all))
        .route("/demo/person", post(demo::pick))
        .layer(signed_in());
    let open = Router::new()
        .route("/sign-in", get(sign_in::page).post(sign_in::sign_in))
        .route("/sign-out", post(sign_in::sign_out));
    let timed = pages.merge(open).layer(middleware::from_fn(guard::in_time));
    let live = Router::new()
        .route("/c/{thread}/live", get(thread::live))
        .route("/approvals/live", get(approvals::live))
        .layer(signed_in());

    let guarded = timed
        .merge(live)
        .merge(assets::routes())
        .fallback(async || Trouble::NotFound("page"))
        .layer(DefaultBodyLimit::max(BODY_BYTES_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(&app), guard::check))
        .layer(middleware::from_fn(guard::add_headers));
    // Probes and scrapers come by address, so the host is not checked; they see counts only.
    guarded.merge(health::routes()).with_state(app)
}
