//! `/trials`: how plans that nothing ran of compare with what was done instead, for those who decide whether to let
//! them run.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use countersign::conversation::may_see_trials;
use countersign::trial::report::{ENOUGH, OfClient, READY_PERCENT};
use countersign::words;
use maud::{Markup, html};

use crate::app::Shared;
use crate::draw::badge;
use crate::pages::Viewing;
use crate::pages::layout::{self, Section};
use crate::show;
use crate::trouble::Trouble;

/// How far back the page looks; `countersign trials --days` goes further.
const DAYS: u32 = 30;

pub(crate) async fn page(
    State(app): Shared,
    Extension(viewer): Viewing,
) -> Result<Response, Trouble> {
    if !may_see_trials(&viewer.person) {
        let detail = "how plans compare is for the roles manager and admin".to_owned();
        return Err(Trouble::Form { status: StatusCode::FORBIDDEN, detail });
    }
    let report = app.engine().trials(DAYS).await?;
    let main = html! {
        h1 { "Plan only" }
        p class="lead" { (show::counted(report.plans, "plan", "plans")) " that nothing ran of in the last " (DAYS) " days, and what people did instead: what they said, and what the products show." }
        @if report.clients.is_empty() {
            p class="empty" { "Nothing was asked for that is plan only. A rule with " code { "policy = \"plan_only\"" } " makes it so, for a client, a tool or everything." }
        }
        @for it in &report.clients { (client(it)) }
        @if !report.differences.is_empty() {
            section class="panel" aria-labelledby="differ" {
                h2 id="differ" { "Told differently" }
                p class="note" { "A person says one thing, the product shows another. It does not count as the same." }
                dl class="fields" {
                    @for it in &report.differences {
                        div { dt { (it.code) } dd { (it.call) br; (words::sentence(&it.said)) br; "The product: " (it.seen) } }
                    }
                }
            }
        }
        @if !report.clients.is_empty() {
            p class="note" { "Ready means: at least " (ENOUGH) " plans that can be judged, and " (READY_PERCENT) " % of them what the tech did." }
        }
    };
    layout::page(&app, &viewer, Section::Approvals, "Plan only", "column", &main).await
}

fn client(of: &OfClient) -> Markup {
    let (tone, share) = match of.percent {
        Some(percent) if percent >= READY_PERCENT && of.counts.judged() >= ENOUGH => {
            ("tone-good", format!("{percent} %"))
        }
        Some(percent) => ("tone-waiting", format!("{percent} %")),
        None => ("tone-ended", "open".to_owned()),
    };
    html! {
        section class="panel" {
            h2 { (of.client) " " (badge(tone, &share)) }
            p { (words::sentence(&of.sentence)) }
            dl class="fields" {
                @for tool in &of.tools { div { dt { (tool.title) } dd { (tool.counts.row()) } } }
            }
        }
    }
}
