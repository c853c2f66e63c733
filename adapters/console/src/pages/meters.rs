//! `/meters`: how tired of cards people may be, for those who can change the rules.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use countersign::directory::Role;
use maud::{Markup, html};

use crate::app::Shared;
use crate::pages::Viewing;
use crate::pages::layout::{self, Section};
use crate::show;
use crate::trouble::Trouble;

/// How far back the page looks; `countersign meters --days` goes further.
const DAYS: u32 = 30;

pub(crate) async fn page(
    State(app): Shared,
    Extension(viewer): Viewing,
) -> Result<Response, Trouble> {
    if !viewer.person.has(Role::Admin) {
        let detail = "the meters are for the role admin".to_owned();
        return Err(Trouble::Form { status: StatusCode::FORBIDDEN, detail });
    }
    let meters = app.engine().meters(DAYS).await?;
    let main = html! {
        h1 { "Attention" }
        p class="lead" { "Whether people still read what they approve: " (show::counted(meters.asked, "card", "cards")) " in the last " (DAYS) " days." }
        section class="panel" aria-labelledby="all" {
            h2 id="all" { "Everybody" }
            dl class="fields" {
                (field("Approved", &percent(meters.approved_percent)))
                (field("Denied", &meters.denied.to_string()))
                (field("Expired", &meters.expired.to_string()))
                (field("Yes in under 2 s", &percent(meters.under_2s_percent)))
                (field("Median time to a click", &secs(meters.median_secs)))
            }
        }
        @if !meters.suggestions.is_empty() {
            section class="panel" aria-labelledby="do" {
                h2 id="do" { "What could be done" }
                ul { @for it in &meters.suggestions { li { (it) } } }
            }
        }
        @for it in &meters.people {
            section class="panel" {
                h2 { (app.name_of(&it.person)) }
                dl class="fields" {
                    (field("Prompts a day", &format!("{:.1}", it.prompts_per_day)))
                    (field("Decided", &it.decided.to_string()))
                    (field("Yes in under 2 s", &percent(it.under_2s_percent)))
                    (field("Median time to a click", &secs(it.median_secs)))
                }
            }
        }
    };
    layout::page(&app, &viewer, Section::Approvals, "Attention", "column", &main).await
}

fn field(name: &str, value: &str) -> Markup {
    html! { div { dt { (name) } dd { (value) } } }
}

fn percent(value: Option<u32>) -> String {
    value.map_or_else(|| "nothing to count yet".to_owned(), |value| format!("{value} %"))
}

fn secs(value: Option<f64>) -> String {
    value.map_or_else(|| "nothing to count yet".to_owned(), |value| format!("{value:.1} s"))
}
