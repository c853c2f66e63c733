//! `/tools`: what Countersign can do, what is asked before it does it, and who said so.

use axum::Extension;
use axum::extract::{Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use countersign::conversation::ToolView;
use countersign::directory::{Product, Role};
use countersign::policy::Policy;
use countersign::tool::{Effect, ToolName};
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::{App, Shared};
use crate::draw::{badge, id_part};
use crate::pages::layout::{self, Section};
use crate::pages::{Posted, Viewing, halt};
use crate::show::{self, percent_encoded};
use crate::trouble::Trouble;

/// The form's word for "no policy of ours".
const DEFAULT: &str = "default";

#[derive(Default, Deserialize)]
pub(crate) struct ToolsQuery {
    #[serde(default)]
    q: String,
    /// The tool whose policy was just saved.
    #[serde(default)]
    saved: String,
}

impl ToolsQuery {
    /// Every word must be somewhere in name, title or description.
    fn is_match(&self, view: &ToolView) -> bool {
        let tool = &view.tool;
        let hay = format!("{} {} {}", tool.name, tool.title, tool.description).to_lowercase();
        self.q.to_lowercase().split_whitespace().all(|word| hay.contains(word))
    }
}

pub(crate) async fn page(
    State(app): Shared,
    Extension(viewer): Viewing,
    Query(query): Query<ToolsQuery>,
) -> Result<Response, Trouble> {
    let all = app.engine().tools().await?;
    let halts = app.store().policies().await?.halts;
    let total = all.len();
    let found: Vec<ToolView> = all.into_iter().filter(|view| query.is_match(view)).collect();
    let is_admin = viewer.person.has(Role::Admin);
    let draw = Drawing { app: &app, query: &query, is_admin };
    let main = html! {
        h1 { "Tools" }
        p class="lead" {
            "What Countersign can do. " strong { "auto" } " runs at once, " strong { "approval needed" }
            " waits for somebody's yes, " strong { "never" } " is refused. Rules come on top, call by call; the strictest word counts."
        }
        @if is_admin { p class="note" { a href="/rules" { "Rules: conditions, approvers, quorum" } } }
        (halt::draw(&app, &viewer.person, &halts))
        @if !is_admin {
            p class="panel" { "You can look at policies. Changing them takes the role " strong { "admin" } ", which " (viewer.person.name) " does not have." }
        }
        form class="filter" method="get" action="/tools" role="search" aria-label="Search tools" {
            div class="grow" { label for="q" { "Search" } input id="q" type="search" name="q" value=(query.q) placeholder="disk, reboot, tickets …"; }
            button class="button" { "Search" }
            @if !query.q.is_empty() { a class="button quiet" href="/tools" { "Clear" } }
        }
        p class="note" role="status" { (show::count(found.len() as u64)) " of " (show::counted(total, "tool", "tools")) }
        @for product in Product::ALL { (draw.product(product, &found)) }
    };
    layout::page(&app, &viewer, Section::Tools, "Tools", "column wide", &main).await
}

struct Drawing<'a> {
    app: &'a App,
    query: &'a ToolsQuery,
    is_admin: bool,
}

impl Drawing<'_> {
    fn product(&self, product: Product, found: &[ToolView]) -> Markup {
        let of = |is_script: bool| {
            found
                .iter()
                .filter(move |it| {
                    it.tool.product == product && it.tool.script.is_some() == is_script
                })
                .collect::<Vec<_>>()
        };
        let (built_in, scripts) = (of(false), of(true));
        html! {
            @if !built_in.is_empty() || !scripts.is_empty() {
                section aria-labelledby=(format!("p-{}", product.key())) {
                    h2 id=(format!("p-{}", product.key())) { (product.label()) }
                    @for (label, tools) in [("Built in", built_in), ("Scripts", scripts)] {
                        @if !tools.is_empty() {
                            h3 class="group" { (label) " (" (show::count(tools.len() as u64)) ")" }
                            div class="tools" { @for view in tools { (self.tool(view)) } }
                        }
                    }
                }
            }
        }
    }

    fn tool(&self, view: &ToolView) -> Markup {
        let tool = &view.tool;
        let is_saved = self.query.saved == tool.name.as_str();
        html! {
            article class="tool" id=(anchor(&tool.name)) {
                div class="tool-what" {
                    h4 { (tool.title) " " (effect(tool.effect)) }
                    p class="text" { (tool.description) }
                    p class="note" { code { (tool.name) } }
                }
                div class="tool-policy" {
                    p {
                        (policy_badge(view.policy))
                        @if is_saved { " " span class="saved" role="status" { "Saved" } }
                    }
                    p class="note" {
                        @match &view.set_by {
                            Some(person) => { "set by " (self.app.name_of(person)) "; the default is " (tool.default_policy.label()) },
                            None => "the default",
                        }
                    }
                    @if self.is_admin { (self.editor(view)) }
                    @if let Some((policy, why)) = &view.proposal { (self.proposal(view, *policy, why)) }
                }
            }
        }
    }

    fn editor(&self, view: &ToolView) -> Markup {
        let tool = &view.tool;
        let id = format!("s-{}", anchor(&tool.name));
        let is_default = view.set_by.is_none();
        html! {
            form class="policy" method="post" action="/tools/policy" {
                (self.hidden(&tool.name))
                label class="sr" for=(id) { "Policy of " (tool.title) }
                select id=(id) name="policy" {
                    option value=(DEFAULT) selected[is_default] { "default (" (tool.default_policy.label()) ")" }
                    @for policy in Policy::ALL {
                        option value=(policy.key()) selected[!is_default && policy == view.policy] { (policy.label()) }
                    }
                }
                button class="button" { "Save" }
            }
        }
    }

    fn proposal(&self, view: &ToolView, policy: Policy, why: &str) -> Markup {
        html! {
            div class="proposal" {
                p class="note" { "The classifier proposes " strong { (policy.label()) } ": " (why) }
                @if self.is_admin && policy != view.policy {
                    form method="post" action="/tools/policy" {
                        (self.hidden(&view.tool.name))
                        input type="hidden" name="policy" value=(policy.key());
                        button class="button" aria-label=(format!("Use {} for {}", policy.label(), view.tool.title)) { "Use it" }
                    }
                }
            }
        }
    }

    fn hidden(&self, tool: &ToolName) -> Markup {
        html! {
            input type="hidden" name="tool" value=(tool);
            input type="hidden" name="q" value=(self.query.q);
        }
    }
}

fn effect(effect: Effect) -> Markup {
    match effect {
        Effect::Read => badge("tone-ended", "reads"),
        Effect::Write => badge("tone-busy", "makes changes"),
    }
}

fn policy_badge(policy: Policy) -> Markup {
    let tone = match policy {
        Policy::Auto => "tone-good",
        Policy::ApprovalNeeded | Policy::PlanOnly => "tone-waiting",
        Policy::Never => "tone-bad",
    };
    badge(tone, policy.label())
}

fn anchor(tool: &ToolName) -> String {
    format!("t-{}", id_part(&tool.as_str().replace([':', '_'], "-")))
}

#[derive(Deserialize)]
pub(crate) struct PolicyForm {
    tool: String,
    policy: String,
    #[serde(default)]
    q: String,
}

/// The engine checks the role again; this page only decides what is drawn.
pub(crate) async fn set_policy(
    State(app): Shared,
    Extension(viewer): Viewing,
    Posted(form): Posted<PolicyForm>,
) -> Result<Response, Trouble> {
    let policy = match form.policy.as_str() {
        DEFAULT => None,
        key => Some(Policy::parse(key).ok_or_else(|| Trouble::Form {
            status: axum::http::StatusCode::BAD_REQUEST,
            detail: "it names a policy that does not exist".into(),
        })?),
    };
    let tool = ToolName::new(form.tool);
    app.engine().set_policy(&viewer.person.id, &tool, policy).await?;
    let _ = app.console.changes.send(());
    let (q, saved) = (percent_encoded(&form.q), percent_encoded(tool.as_str()));
    Ok(Redirect::to(&format!("/tools?q={q}&saved={saved}#{}", anchor(&tool))).into_response())
}
