//! One approval as a card: what, where, who asked, why, until when, and what the viewer may do.

use std::collections::BTreeMap;

use countersign::approval::{Approval, State};
use countersign::conversation::cards;
use countersign::directory::{Person, Platform};
use countersign::ids::ApprovalId;
use countersign::mask::mask;
use countersign::plan::subject;
use countersign::reply::{Action, ButtonStyle, Field};
use countersign::words;
use jiff::Timestamp;
use maud::{Markup, html};

use crate::app::App;
use crate::draw::{Forms, Item, badge, id_part, more, plan};
use crate::{event, show};

/// What the person in front of the card can do with it. The core decides again at the click.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    Decide,
    /// Theirs: somebody else decides.
    Own,
    /// Said yes; others have to.
    Decided,
    Watch,
}

impl Part {
    fn of(app: &App, person: &Person, approval: &Approval) -> Self {
        let is_own = person.id == approval.requester;
        if approval.has_decided(&person.id) {
            Self::Decided
        } else if is_own && !approval.quorum.self_approval {
            Self::Own
        } else if app.engine().could_decide(person, approval) {
            Self::Decide
        } else {
            Self::Watch
        }
    }
}

/// Can still be decided: a lapsed one stays `Waiting` until a worker comes by.
pub(crate) fn is_open(approval: &Approval, now: Timestamp) -> bool {
    approval.state == State::Waiting && approval.expires_at > now
}

/// Where its card is.
pub(crate) fn address(id: &ApprovalId) -> String {
    format!("/approvals#{}", item_id(id))
}

fn item_id(id: &ApprovalId) -> String {
    format!("approval-{}", id_part(id.as_str()))
}

pub(crate) fn draw(app: &App, person: &Person, approval: &Approval, now: Timestamp) -> Item {
    let id = item_id(&approval.id);
    let open = is_open(approval, now);
    let part = Part::of(app, person, approval);
    let forms = Forms::new(&format!("/approvals/{}/click", approval.id), &id);
    let html = if open {
        draw_open(app, approval, part, &forms, now)
    } else {
        draw_closed(app, approval, now)
    };
    // Approvals change by version only; the minutes left are counted on by the script.
    let version = format!("{} {} {open} {part:?} {}", approval.id, approval.version, person.id);
    let class = if open { "card tone-waiting approval" } else { "card tone-ended approval closed" };
    Item::versioned(id, class, &version, html)
}

fn draw_open(app: &App, approval: &Approval, part: Part, forms: &Forms, now: Timestamp) -> Markup {
    html! {
        header class="card-head" {
            h3 { (title(approval)) }
            (badge("tone-waiting", "Waiting"))
        }
        p class="asked" {
            "Asked by " strong { (app.name_of(&approval.requester)) } ", " (show::moment(approval.asked_at))
            ". Expires " strong { (show::until(approval.expires_at, now)) } "."
        }
        @if !approval.asked.is_empty() { blockquote { (mask(&approval.asked)) } }
        (plan::draw(&approval.plan, &left_out(app, approval)))
        dl class="fields" {
            @for Field { name, value } in cards::terms(approval) { div { dt { (name) } dd { (value) } } }
            div { dt { "Why it needs a yes" } dd { (approval.reason) } }
            div { dt { "Asked in" } dd { (place(approval)) } }
            @if let Some(old) = &approval.instead_of {
                div { dt { "Instead of" } dd { "the card " code { (old.code) } "; " (mask(&old.difference)) } }
            }
            @if approval.quorum.needed > 1 || !approval.decisions.is_empty() {
                div { dt { "Approvals" } dd { (decisions(app, approval)) } }
            }
            div { dt { "Check" } dd { "code " code { (approval.code) } ", plan " code { (approval.offered().short()) } } }
        }
        @match part {
            Part::Decide => div class="buttons decide" {
                (forms.button("Approve", ButtonStyle::Go, &Action::Approve {
                    approval: approval.id.clone(),
                    seen: approval.offered(),
                    steps: None,
                }))
                (forms.button("Deny", ButtonStyle::Stop, &Action::Deny { approval: approval.id.clone(), reason: None }))
                (more::some(approval, forms))
                (more::deny(approval, forms))
                (more::edit(app, approval, forms))
            },
            Part::Own => {
                p class="note" { "You asked for this, so somebody else has to approve it: " (approvers(app, approval)) "." }
                div class="buttons" {
                    (forms.button("Withdraw", ButtonStyle::Plain, &Action::Withdraw { approval: approval.id.clone() }))
                    (more::edit(app, approval, forms))
                }
            },
            Part::Decided => p class="note" { "You have approved this. It needs another person too." },
            Part::Watch => p class="note" { "You cannot decide this. Who can: " (approvers(app, approval)) "." },
        }
    }
}

fn draw_closed(app: &App, approval: &Approval, now: Timestamp) -> Markup {
    let (tone, word) = match &approval.state {
        State::Approved { .. } => ("tone-good", "Approved"),
        State::Denied { .. } => ("tone-bad", "Denied"),
        State::Withdrawn { .. } => ("tone-ended", "Withdrawn"),
        State::Voided { .. } => ("tone-bad", "Voided"),
        State::Waiting | State::Expired { .. } => ("tone-ended", "Expired"),
    };
    html! {
        header class="card-head" { h3 { (title(approval)) } (badge(tone, word)) }
        p class="asked" {
            (ending(app, approval, now))
            " Asked by " (app.name_of(&approval.requester)) " in " (place(approval)) "."
            @if let Some(code) = &approval.replaced_by { " Replaced by the card " code { (code) } "." }
        }
    }
}

/// Who decided, when, and what they said.
fn ending(app: &App, approval: &Approval, now: Timestamp) -> Markup {
    html! {
        @match &approval.state {
            State::Approved { .. } => {
                "Approved by " (decisions(app, approval)) "."
                @for (step, by) in left_out(app, approval) { " Step " (step + 1) " was left out by " (by) "." }
            },
            State::Denied { by, at, reason } => {
                "Denied by " strong { (app.name_of(by)) } ", " (show::moment(*at))
                @if let Some(reason) = reason { ": “" (reason) "”" }
                "."
            },
            State::Withdrawn { at } => { "Withdrawn " (show::moment(*at)) "." },
            State::Voided { at, difference } => {
                "Voided " (show::moment(*at)) " because what would happen had changed: " (difference) "."
            },
            State::Expired { at } => { "Nobody decided in time; expired " (show::moment(*at)) "." },
            State::Waiting => {
                "Nobody decided in time; expired " (show::moment(approval.expires_at.min(now))) "."
            },
        }
    }
}

/// "Ana, 3 Nov 2026, 09:15 UTC; 1 of 2".
fn decisions(app: &App, approval: &Approval) -> Markup {
    let needed = usize::from(approval.quorum.needed.max(1));
    html! {
        @for (index, decision) in approval.decisions.iter().enumerate() {
            @if index > 0 { ", " }
            strong { (app.name_of(&decision.by)) }
            @if let Some(of) = &decision.on_behalf_of { " on behalf of " strong { (app.name_of(of)) } }
            ", " (show::moment(decision.at))
        }
        @if needed > 1 {
            @if !approval.decisions.is_empty() { "; " }
            (approval.decisions.len()) " of " (needed)
        }
    }
}

/// Who left a step out, by step, counted from 0.
fn left_out(app: &App, approval: &Approval) -> BTreeMap<u32, String> {
    approval.left_out().into_iter().map(|(step, by)| (step, app.name_of(by).to_string())).collect()
}

fn title(approval: &Approval) -> String {
    match approval.kept() {
        kept if kept.is_empty() => "Nothing".into(),
        kept => subject(kept.into_iter().map(|(_, call)| call)),
    }
}

/// The conversation it belongs to, as a link where it can be read here.
fn place(approval: &Approval) -> Markup {
    match event::thread_of(&approval.conversation) {
        Some(thread) if thread.platform == Platform::Console => html! {
            a href=(format!("/c/{}", thread.thread)) { "a console conversation" }
        },
        Some(thread) => html! { (show::platform(thread.platform)) " " code { (thread.channel) } },
        None => html! { code { (approval.conversation) } },
    }
}

/// The first names that could decide.
fn approvers(app: &App, approval: &Approval) -> String {
    const NAMES_SHOWN: usize = 4;
    let engine = app.engine();
    let mut names: Vec<String> = engine
        .people()
        .iter()
        .filter(|person| engine.could_decide(person, approval))
        .map(|person| person.name.clone())
        .collect();
    let more = names.len().saturating_sub(NAMES_SHOWN);
    if more > 0 {
        names.truncate(NAMES_SHOWN);
        names.push(format!("{more} more"));
    }
    match names.is_empty() {
        true => "nobody can yet, so an admin has to give somebody the role".into(),
        false => words::list(&names),
    }
}
