//! What waits for its start, on the Approvals page, and the button that calls it off.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use countersign::run::{Marker, Run};
use countersign::schedule::Start;
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::{App, Shared};
use crate::pages::{Posted, Viewing};
use crate::trouble::Trouble;

/// Empty when nothing waits.
pub(crate) fn draw(app: &App, runs: &[Run]) -> Markup {
    html! {
        @if !runs.is_empty() {
            h2 id="scheduled" { "Scheduled" }
            @for run in runs {
                form class="filter" method="post" action="/scheduled/cancel" {
                    input type="hidden" name="marker" value=(run.marker.as_str());
                    p class="grow" { strong { (run.call.sentence()) } ", asked by " (app.name_of(&run.requester)) ". Starts "
                        (run.scheduled().map(Start::sentence).unwrap_or_default()) "." }
                    button class="button stop" aria-label=(format!("Call off {}", run.call.sentence())) { "Call it off" }
                }
            }
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct CancelForm {
    marker: String,
}

/// The engine checks who may.
pub(crate) async fn cancel(
    State(app): Shared,
    Extension(viewer): Viewing,
    Posted(form): Posted<CancelForm>,
) -> Result<Response, Trouble> {
    let marker = Marker::parse(&form.marker).ok_or_else(|| Trouble::Form {
        status: StatusCode::BAD_REQUEST,
        detail: "it names no run".to_owned(),
    })?;
    app.engine().cancel(&viewer.person, &marker).await?;
    let _ = app.console.changes.send(());
    Ok(Redirect::to("/approvals").into_response())
}
