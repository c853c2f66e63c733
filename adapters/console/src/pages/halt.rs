//! The kill switch on the Tools page: what is halted, who let it, and the form to pull it.

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use countersign::conversation::{Named, Switch};
use countersign::directory::{Person, Role};
use countersign::policy::Halt;
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::{App, Shared};
use crate::pages::{Posted, Viewing};
use crate::show;
use crate::trouble::Trouble;

/// What is halted, with a way to let it go for those who may.
pub(crate) fn draw(app: &App, person: &Person, halts: &[Halt]) -> Markup {
    let may_halt = person.may_ask() || person.may_approve();
    let may_resume = person.has(Role::Manager) || person.has(Role::Admin);
    html! {
        section class="panel" aria-labelledby="halts" {
            h2 id="halts" { "Kill switch" }
            @if halts.is_empty() { p { "Nothing is halted." } }
            @for halt in halts {
                form class="filter" method="post" action="/halt" {
                    (hidden("resume", halt.scope.kind(), halt.scope.key()))
                    p class="grow" { strong { (what(halt)) } " is halted by " (app.name_of(&halt.by)) ", " (show::moment(halt.at))
                        @if let Some(reason) = &halt.reason { ": “" (reason) "”" } "." }
                    @if may_resume { button class="button" aria-label=(format!("Resume {}", what(halt))) { "Resume" } }
                }
            }
            @if may_halt {
                form class="filter" method="post" action="/halt" aria-label="Halt" {
                    input type="hidden" name="switch" value="halt";
                    div { label for="halt-kind" { "Halt" }
                        select id="halt-kind" name="kind" {
                            option value="everything" { "everything" }
                            option value="client" { "a client" }
                            option value="tool" { "a tool" }
                            option value="person" { "what a person asks for" }
                        }
                    }
                    div class="grow" { label for="halt-name" { "Name" } input id="halt-name" name="name" placeholder="empty for everything"; }
                    div class="grow" { label for="halt-reason" { "Why" } input id="halt-reason" name="reason" maxlength="200"; }
                    button class="button stop" { "Halt" }
                }
                p class="note" { "Nothing of it starts from then on, also nothing that was approved. What runs already goes on." }
            }
        }
    }
}

fn what(halt: &Halt) -> &str {
    match halt.scope.kind() {
        "everything" => "Everything",
        _ => halt.name.as_str(),
    }
}

fn hidden(switch: &str, kind: &str, name: &str) -> Markup {
    html! {
        input type="hidden" name="switch" value=(switch);
        input type="hidden" name="kind" value=(kind);
        input type="hidden" name="name" value=(name);
    }
}

#[derive(Deserialize)]
pub(crate) struct HaltForm {
    switch: String,
    kind: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    reason: String,
}

/// The engine checks who may; this page only decides what is drawn.
pub(crate) async fn post(
    State(app): Shared,
    Extension(viewer): Viewing,
    Posted(form): Posted<HaltForm>,
) -> Result<Response, Trouble> {
    let wrong =
        |detail: &str| Trouble::Form { status: StatusCode::BAD_REQUEST, detail: detail.to_owned() };
    let switch = match form.switch.as_str() {
        "halt" => Switch::Halt,
        "resume" => Switch::Resume,
        _ => return Err(wrong("it neither halts nor resumes")),
    };
    let named = Named::of(&form.kind, &form.name).ok_or_else(|| {
        wrong("name the client, tool or person; leave the name empty for everything")
    })?;
    let reason = Some(form.reason.as_str());
    app.engine().switch(&viewer.person, switch, &named, reason).await?;
    let _ = app.console.changes.send(());
    Ok(Redirect::to("/tools#halts").into_response())
}
