//! `/grants`: yeses given ahead. Asking, signing and revoking go into a conversation, as typed ones do.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use countersign::approval::StandingGrant;
use countersign::approval::standing::{MINS_MAX, State as GrantState, USES_MAX};
use countersign::conversation::Body;
use countersign::directory::{Person, Role};
use countersign::tool::Effect;
use countersign::words;
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::{App, Shared};
use crate::draw::{badge, forms_key};
use crate::event::{self, Key};
use crate::pages::layout::{self, Section};
use crate::pages::{Posted, Viewing};
use crate::show;
use crate::trouble::Trouble;

/// Ended ones that are shown; the audit has all.
const ENDED_SHOWN: usize = 10;

pub(crate) async fn page(
    State(app): Shared,
    Extension(viewer): Viewing,
) -> Result<Response, Trouble> {
    let all = app.engine().standing_grants().await?;
    let (open, over): (Vec<_>, Vec<_>) = all.iter().partition(|it| it.is_open());
    let main = html! {
        h1 { "Standing grants" }
        p class="lead" { "A manager's yes given ahead: one script with its parameters, one client, for a time and a number of devices. Rules that refuse still do; a failed run, a halt or an edit of the script ends it." }
        @if open.is_empty() { p class="empty" { "None is open." } }
        @for grant in &open { (draw(&app, &viewer.person, grant)) }
        @if viewer.person.may_ask() { (form(&app)) }
        @if !over.is_empty() {
            h2 { "Over" }
            @for grant in over.iter().take(ENDED_SHOWN) { (draw(&app, &viewer.person, grant)) }
        }
    };
    layout::page(&app, &viewer, Section::Approvals, "Standing grants", "column", &main).await
}

fn draw(app: &App, person: &Person, grant: &StandingGrant) -> Markup {
    let (tone, word) = match &grant.state {
        GrantState::Proposed => ("tone-waiting", "To sign"),
        GrantState::Active => ("tone-good", "Open"),
        GrantState::UsedUp { .. } => ("tone-ended", "Used up"),
        GrantState::Ended { .. } => ("tone-ended", "Ended"),
    };
    let is_own = person.id == grant.requester;
    let may_sign = person.has(Role::Manager) && !is_own;
    let may_revoke = is_own || person.has(Role::Manager) || person.has(Role::Admin);
    html! {
        article class=(format!("card {tone}")) {
            header class="card-head" { h3 { (grant.sentence()) } (badge(tone, word)) }
            dl class="fields" {
                @if !grant.arguments.is_empty() {
                    div { dt { "With" } dd { (countersign::conversation::cards::arguments(&grant.arguments)) } }
                }
                div { dt { "For" } dd { (grant.bounds().trim_start_matches("for ")) ", requests of " (app.name_of(&grant.requester)) } }
                @if let Some(reason) = &grant.reason { div { dt { "Because" } dd { (reason) } } }
                @if grant.history.1 > 0 {
                    div { dt { "So far" } dd { "the same was approved " (grant.history.0) " of the last " (grant.history.1) " times" } }
                }
                @if let Some(signed) = &grant.signed {
                    div { dt { "Signed by" } dd { (app.name_of(&signed.by)) ", " (show::moment(signed.at)) } }
                    div { dt { "Left" } dd { (grant.left()) " of " (grant.uses_max) " uses, until " (words::at(signed.until)) } }
                }
                @if let GrantState::Ended { why, .. } = &grant.state { div { dt { "Why" } dd { (words::sentence(why)) } } }
                div { dt { "Code" } dd { code { (grant.code) } } }
            }
            @if grant.is_open() && (may_sign || may_revoke) {
                div class="buttons" {
                    @if may_sign && grant.state == GrantState::Proposed { (act("sign", grant, "Sign", "button go")) }
                    @if may_revoke { (act("revoke", grant, if grant.signed.is_some() { "Revoke" } else { "Refuse" }, "button stop")) }
                }
            }
        }
    }
}

fn act(verb: &str, grant: &StandingGrant, label: &str, class: &str) -> Markup {
    html! {
        form method="post" action="/grants/act" {
            (forms_key())
            input type="hidden" name="verb" value=(verb);
            input type="hidden" name="code" value=(grant.code);
            button class=(class) { (label) }
        }
    }
}

/// Writes the request that a person could type.
fn form(app: &App) -> Markup {
    let catalogue = app.engine().catalogue();
    let directory = app.engine().directory();
    let tools = catalogue.iter().filter(|it| it.effect == Effect::Write && !it.is_ticket());
    html! {
        section class="panel" aria-labelledby="ask" {
            h2 id="ask" { "Ask for one" }
            form class="stacked" method="post" action="/grants/ask" {
                (forms_key())
                label for="grant-tool" { "Script or tool, with its default parameters" }
                select id="grant-tool" name="tool" required {
                    @for tool in tools { option value=(tool.name) { (tool.title) " (" (tool.product.label()) ")" } }
                }
                label for="grant-client" { "Client" }
                select id="grant-client" name="client" required {
                    @for client in directory.clients() { option value=(client.name) { (client.name) } }
                }
                label for="grant-class" { "On" }
                select id="grant-class" name="class" {
                    option value="workstations" { "workstations" }
                    option value="servers" { "servers" }
                    option value="devices" { "all devices" }
                }
                label for="grant-hours" { "Hours" }
                input id="grant-hours" name="hours" type="number" required min="1" max=(MINS_MAX / 60) value="2" inputmode="numeric";
                label for="grant-uses" { "Uses, one for each device" }
                input id="grant-uses" name="uses" type="number" required min="1" max=(USES_MAX) value="10" inputmode="numeric";
                label for="grant-reason" { "Why" }
                input id="grant-reason" name="reason" maxlength="200" autocomplete="off";
                p class="note" { "For other parameters, write " code { "grant like CS-…" } " with the code of a run." }
                button class="button go" { "Ask a manager" }
            }
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    key: String,
    tool: String,
    client: String,
    class: String,
    hours: u32,
    uses: u32,
    #[serde(default)]
    reason: String,
}

pub(crate) async fn ask(
    State(app): Shared,
    Extension(viewer): Viewing,
    Posted(asked): Posted<Asked>,
) -> Result<Response, Trouble> {
    let key = Key::parse(&asked.key)?;
    let class = match asked.class.as_str() {
        class @ ("workstations" | "servers" | "devices") => class,
        _ => return Err(Trouble::Unfit("Pick workstations, servers or all devices.".into())),
    };
    let reason = match asked.reason.trim() {
        "" => String::new(),
        reason => format!(" because {reason}"),
    };
    let Asked { tool, client, hours, uses, .. } = asked;
    let text = format!("grant {tool} on {client} {class} for {hours} hours, {uses} uses{reason}");
    let thread = event::new_thread(&key);
    let to = format!("/c/{}", thread.thread);
    event::send(&app, &viewer, thread, &key, Body::Text(text)).await?;
    Ok(Redirect::to(&to).into_response())
}

#[derive(Deserialize)]
pub(crate) struct Act {
    key: String,
    verb: String,
    code: String,
}

/// Typed, as it were, where the grant was asked for, so that everybody there sees it. The engine checks who
/// may.
pub(crate) async fn posted(
    State(app): Shared,
    Extension(viewer): Viewing,
    Posted(act): Posted<Act>,
) -> Result<Response, Trouble> {
    let key = Key::parse(&act.key)?;
    let grants = app.engine().standing_grants().await?;
    let grant = grants.iter().find(|it| it.is_open() && it.code == act.code);
    let thread = grant.and_then(|it| event::thread_of(&it.conversation));
    let (Some(thread), "sign" | "revoke") = (thread, act.verb.as_str()) else {
        return Err(Trouble::NotFound("open standing grant of that code"));
    };
    let text = format!("{} {}", act.verb, act.code);
    event::send(&app, &viewer, thread, &key, Body::Text(text)).await?;
    Ok(Redirect::to("/grants").into_response())
}
