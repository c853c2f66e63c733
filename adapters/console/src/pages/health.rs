//! For machines: is the process up, can it work, and how much is going on.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use countersign::ports::{RunFilter, StoreError};

use crate::app::{App, Shared};

/// Unfinished runs are counted up to this.
const RUNS_COUNTED_MAX: u32 = 10_000;

pub(crate) fn routes() -> Router<Arc<App>> {
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
}

/// Ready while the store answers; a chat platform that is down does not make it unready.
async fn ready(State(app): Shared) -> (StatusCode, &'static str) {
    match app.store().audit_head().await {
        Ok(_) => (StatusCode::OK, "ready\n"),
        Err(error) => {
            tracing::error!(error = %error, "not ready: {error}");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n")
        }
    }
}

async fn metrics(State(app): Shared) -> Response {
    match gauges(&app).await {
        Ok(text) => ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
            .into_response(),
        Err(error) => {
            tracing::error!(error = %error, "no metrics: {error}");
            (StatusCode::SERVICE_UNAVAILABLE, "the store does not answer\n").into_response()
        }
    }
}

/// Prometheus text format.
async fn gauges(app: &App) -> Result<String, StoreError> {
    let filter = RunFilter { unfinished_only: true, limit: RUNS_COUNTED_MAX, ..Default::default() };
    let runs = app.store().runs(&filter).await?.len();
    let waiting = app.waiting().await?;
    let (head, _) = app.store().audit_head().await?;
    let directory = app.engine().directory();
    let mut gauges = vec![
        (
            "countersign_approvals_waiting",
            "Approvals that can be decided, at most 100",
            waiting as i64,
        ),
        ("countersign_runs_unfinished", "Runs that are not over", runs as i64),
        ("countersign_audit_head", "Number of the last audit entry", head),
    ];
    let asking = app.store().inventory_asking(app.now()).await?;
    if asking.known + asking.asked > 0 {
        let number = |it: u64| i64::try_from(it).unwrap_or(i64::MAX);
        gauges.push((
            "countersign_inventory_known",
            "Machines whose inventory is known",
            number(asking.known),
        ));
        gauges.push((
            "countersign_inventory_asked_day",
            "Machines asked for it in the last 24 hours",
            number(asking.asked),
        ));
        gauges.push((
            "countersign_control_events_day",
            "Rows that these questions added to Control's database in the last 24 hours",
            number(asking.events()),
        ));
    }
    if app.engine().is_read() {
        let devices = directory.devices().len() as i64;
        gauges.push(("countersign_devices", "Devices in the directory", devices));
    }
    if let Some(at) = directory.synced_at {
        let age = (app.now().as_second() - at.as_second()).max(0);
        gauges.push(("countersign_directory_age_seconds", "Since the last complete sync", age));
    }
    let mut text = String::new();
    for (name, help, value) in gauges {
        // Writing into a String cannot fail.
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} gauge\n{name} {value}\n");
    }
    Ok(text)
}
