//! `/rules`: the rules beside those of the configuration file. Checked as the file is, tried on what was asked
//! of late, saved as the next version.

use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign::conversation::{RulesError, Tried};
use countersign::directory::Role;
use countersign::policy::book::{RuleBook, RuleFault, TEXT_BYTES_MAX};
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::{App, Shared};
use crate::pages::layout::{self, Section};
use crate::pages::{Posted, Viewing};
use crate::show;
use crate::trouble::Trouble;
use crate::who::Viewer;

/// Requests with another ruling that are shown.
const CHANGED_SHOWN: usize = 25;

const EXAMPLE: &str = "[[rules]]\nname = \"servers take two\"\ntool = \"connectwise_rmm:*\"\nclass = \"server\"\nsecond = \"role:manager\"\n";

#[derive(Default, Deserialize)]
pub(crate) struct RulesQuery {
    /// An older version to begin from.
    version: Option<i64>,
    /// The version that was just saved.
    saved: Option<i64>,
}

/// What stands above the text.
enum Above {
    Nothing,
    Saved(i64),
    Faulty(Vec<RuleFault>),
    Stale,
    Tried(Tried),
}

pub(crate) async fn page(
    State(app): Shared,
    Extension(viewer): Viewing,
    Query(query): Query<RulesQuery>,
) -> Result<Response, Trouble> {
    let versions = versions(&app, &viewer).await?;
    let newest = versions.first().map_or(0, |book| book.version);
    let from = query.version.unwrap_or(newest);
    let text = versions.iter().find(|book| book.version == from).map_or("", |book| &book.text);
    let above = query.saved.map_or(Above::Nothing, Above::Saved);
    draw(&app, &viewer, &versions, text, &above).await
}

#[derive(Deserialize)]
pub(crate) struct Written {
    text: String,
    seen: i64,
    /// `try` or `save`.
    act: String,
}

pub(crate) async fn posted(
    State(app): Shared,
    Extension(viewer): Viewing,
    Posted(written): Posted<Written>,
) -> Result<Response, Trouble> {
    let engine = app.engine();
    let text = written.text.replace("\r\n", "\n");
    let above = match written.act.as_str() {
        "save" => match engine.save_rules(&viewer.person, &text, written.seen).await {
            Ok(version) => {
                let _ = app.console.changes.send(());
                let to = format!("/rules?saved={version}");
                return Ok(Redirect::to(&to).into_response());
            }
            Err(error) => above_of(error)?,
        },
        _ => match engine.try_rules(&viewer.person, &text).await {
            Ok(tried) => Above::Tried(tried),
            Err(error) => above_of(error)?,
        },
    };
    let versions = versions(&app, &viewer).await?;
    draw(&app, &viewer, &versions, &text, &above).await
}

fn above_of(error: RulesError) -> Result<Above, Trouble> {
    match error {
        RulesError::Faulty(faults) => Ok(Above::Faulty(faults)),
        RulesError::Stale => Ok(Above::Stale),
        RulesError::NotAdmin => Err(not_admin()),
        RulesError::Store(error) => Err(error.into()),
    }
}

fn not_admin() -> Trouble {
    Trouble::NotAllowed("Only a person with the role admin can see and change rules.".into())
}

async fn versions(app: &App, viewer: &Viewer) -> Result<Vec<RuleBook>, Trouble> {
    if !viewer.person.has(Role::Admin) {
        return Err(not_admin());
    }
    Ok(app.store().rule_books(countersign::conversation::VERSIONS_MAX).await?)
}

async fn draw(
    app: &App,
    viewer: &Viewer,
    versions: &[RuleBook],
    text: &str,
    above: &Above,
) -> Result<Response, Trouble> {
    let file = app.engine().file_rules();
    let seen = versions.first().map_or(0, |book| book.version);
    let rows = text.lines().count().clamp(12, 40);
    let main = html! {
        h1 { "Rules" }
        p class="lead" { "They narrow what tools may do, and take effect at once, everywhere. What waits for a yes and would be ruled differently is not run." }
        (draw_above(app, above))
        form class="panel stacked rules" method="post" action="/rules" {
            input type="hidden" name="seen" value=(seen);
            label for="rules" { "Rules of the console, written as in the configuration file" }
            textarea id="rules" class="code" name="text" rows=(rows) maxlength=(TEXT_BYTES_MAX) spellcheck="false"
                autocapitalize="off" autocomplete="off" placeholder=(EXAMPLE) { (text) }
            div class="buttons" {
                button class="button" name="act" value="try" { "Try on recent requests" }
                button class="button go" name="act" value="save" { "Save" }
            }
            p class="note" { "docs/approvals.md lists the conditions and effects. Rules can raise a verdict, never lower one." }
        }
        section class="panel" aria-labelledby="file" {
            h2 id="file" { "In the configuration file" }
            @if file.is_empty() { p { "None." } }
            @else { ol { @for rule in file { li { (rule.label()) } } } }
            p class="note" { "These are changed in the file, and hold besides." }
        }
        @if !versions.is_empty() {
            section class="panel" aria-labelledby="versions" {
                h2 id="versions" { "Versions" }
                ul class="plain-list" {
                    @for book in versions {
                        li {
                            a href=(format!("/rules?version={}", book.version)) { "Version " (book.version) }
                            ", " (app.name_of(&book.by)) ", " (show::moment(book.at))
                            @if book.version == seen { " (in force)" }
                        }
                    }
                }
                p class="note" { "An older one is opened above, and counts when it is saved. The audit has what each changed." }
            }
        }
    };
    layout::page(app, viewer, Section::Tools, "Rules", "column", &main).await
}

fn draw_above(app: &App, above: &Above) -> Markup {
    match above {
        Above::Nothing => html! {},
        Above::Saved(version) => html! {
            p class="panel tone-good" role="status" { "Saved as version " (version) ". It holds from now on." }
        },
        Above::Stale => html! {
            p class="panel tone-bad" role="alert" { "Somebody saved other rules meanwhile, so nothing was saved. Below is your text; compare it with the newest version, then save once more." }
        },
        Above::Faulty(faults) => html! {
            section class="panel tone-bad" role="alert" {
                h2 { "Nothing was saved" }
                ul { @for fault in faults { li { (fault) } } }
            }
        },
        Above::Tried(tried) => html! {
            section class="panel" role="status" {
                h2 { (show::counted(tried.rules, "rule", "rules")) ", no problem found" }
                @if tried.changed.is_empty() {
                    p { "None of the last " (show::counted(tried.requests, "request", "requests")) " would have been ruled differently." }
                } @else {
                    p { "Of the last " (show::counted(tried.requests, "request", "requests")) ", these would have been ruled differently:" }
                    @for it in tried.changed.iter().take(CHANGED_SHOWN) {
                        dl class="fields" {
                            div { dt { "Request" } dd { strong { (it.what) } ", " (app.name_of(&it.asked_by)) ", " (show::moment(it.at)) } }
                            div { dt { "Was" } dd { (it.was) } }
                            div { dt { "Would be" } dd { (it.would_be) } }
                        }
                    }
                    @if tried.changed.len() > CHANGED_SHOWN {
                        p class="note" { "and " (tried.changed.len() - CHANGED_SHOWN) " more" }
                    }
                }
                p class="note" { "Nothing is saved yet." }
            }
        },
    }
}
