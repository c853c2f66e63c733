//! `/approvals`: what waits for a yes, and what was decided lately. Made to be used on a phone.

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use countersign::approval::{Approval, State as ApprovalState};
use countersign::conversation::{Body, may_see_trials};
use countersign::directory::{Person, Role};
use countersign::ids::ApprovalId;
use countersign::plan::Call;
use countersign::ports::ApprovalFilter;
use countersign::reply::Action;
use maud::html;

use crate::app::{App, Shared, WAITING_MAX};
use crate::draw::{Fragment, Item, approval};
use crate::event::{self, Key};
use crate::live::{self, Shows};
use crate::pages::layout::{self, Section};
use crate::pages::thread::{Clicked, LiveQuery};
use crate::pages::{Posted, Viewing, scheduled};
use crate::trouble::Trouble;
use crate::who::Viewer;

/// Decided ones that are shown; the audit has all.
const DECIDED_SHOWN: usize = 20;

/// How far back they are looked for among those that wait.
const RECENT_READ: u32 = 200;

const NO_APPROVAL: Trouble = Trouble::NotFound("approval of that address");

pub(crate) async fn page(
    State(app): Shared,
    Extension(viewer): Viewing,
) -> Result<Response, Trouble> {
    let Fragment { html, hash } = fragment(&app, &viewer).await?;
    let main = html! {
        h1 { "Approvals" }
        @if !viewer.person.is_contact() { p class="note" { a href="/grants" { "Standing grants: yeses given ahead" } } }
        @if may_see_trials(&viewer.person) {
            p class="note" { a href="/trials" { "Plan only: what would have been done, and what was" } }
        }
        @if viewer.person.has(Role::Admin) {
            p class="note" { a href="/meters" { "Attention: whether people still read what they approve" } }
        }
        div id="live" class="cards" data-live="/approvals/live" data-seen=(hash) { (html) }
    };
    layout::page(&app, &viewer, Section::Approvals, "Approvals", "column", &main).await
}

pub(crate) async fn fragment(app: &App, viewer: &Viewer) -> Result<Fragment, Trouble> {
    let now = app.now();
    let read = async |state, limit| {
        app.store().approvals(&ApprovalFilter { state, limit, ..Default::default() }).await
    };
    let mut open: Vec<Approval> = read(Some(ApprovalState::Waiting.key()), WAITING_MAX).await?;
    open.retain(|it| approval::is_open(it, now) && is_shown(&viewer.person, &it.plan.calls));
    // What runs out first comes first.
    open.sort_by_key(|it| it.expires_at);
    let mut closed = read(None, RECENT_READ).await?;
    closed.retain(|it| !approval::is_open(it, now) && is_shown(&viewer.person, &it.plan.calls));
    closed.truncate(DECIDED_SHOWN);

    let mut items = Vec::new();
    if open.is_empty() {
        let nothing = html! { p class="empty" { strong { "Nothing is waiting." } " A request that needs a yes shows up here by itself." } };
        items.push(Item::versioned("nothing".into(), "nothing", "", nothing));
    }
    items.extend(open.iter().map(|it| approval::draw(app, &viewer.person, it, now)));
    let mut scheduled = app.engine().scheduled().await?;
    scheduled.retain(|run| is_shown(&viewer.person, std::slice::from_ref(&run.call)));
    if !scheduled.is_empty() {
        let html = scheduled::draw(app, &scheduled);
        items.push(Item::versioned("scheduled".into(), "panel", &html.0.clone(), html));
    }
    if !closed.is_empty() {
        items.push(Item::versioned(
            "recent".into(),
            "heading",
            "",
            html! { h2 { "Decided lately" } },
        ));
    }
    items.extend(closed.iter().map(|it| approval::draw(app, &viewer.person, it, now)));
    Ok(Fragment::of(items))
}

/// Posts the click into the conversation in which the approval was asked, whatever its platform.
pub(crate) async fn click(
    State(app): Shared,
    Extension(viewer): Viewing,
    Path(id): Path<String>,
    Posted(clicked): Posted<Clicked>,
) -> Result<Response, Trouble> {
    let (key, action) = clicked.read()?;
    let id = ApprovalId::new(id);
    let is_about_it = match &action {
        Action::Approve { approval, .. }
        | Action::ApproveSome { approval }
        | Action::Deny { approval, .. }
        | Action::Edit { approval, .. }
        | Action::Withdraw { approval } => approval == &id,
        Action::Pick { .. } | Action::Say { .. } => false,
    };
    if !is_about_it {
        let detail = "its button belongs to another card".to_owned();
        return Err(Trouble::Form { status: StatusCode::BAD_REQUEST, detail });
    }
    let approval = read(&app, &id).await?;
    post(&app, &viewer, &approval, &key, action).await
}

/// Somebody of a client sees what is about that client only.
fn is_shown(person: &Person, calls: &[Call]) -> bool {
    !person.is_contact() || person.is_contact_for(calls)
}

pub(crate) async fn read(app: &App, id: &ApprovalId) -> Result<Approval, Trouble> {
    app.store().approval(id).await?.ok_or(NO_APPROVAL)
}

/// Hands the click in where the approval was asked.
pub(crate) async fn post(
    app: &App,
    viewer: &Viewer,
    approval: &Approval,
    key: &Key,
    action: Action,
) -> Result<Response, Trouble> {
    if !is_shown(&viewer.person, &approval.plan.calls) {
        return Err(NO_APPROVAL);
    }
    let thread = event::thread_of(&approval.conversation).ok_or(NO_APPROVAL)?;
    event::send(app, viewer, thread, key, Body::Click(action)).await?;
    Ok(Redirect::to("/approvals").into_response())
}

pub(crate) async fn live(
    State(app): Shared,
    Extension(viewer): Viewing,
    Query(query): Query<LiveQuery>,
    headers: HeaderMap,
) -> Result<Response, Trouble> {
    live::stream(app, viewer, &headers, query.seen, Shows::Approvals)
}
