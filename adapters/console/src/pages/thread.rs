//! `/c/{thread}`: one conversation, live.

use axum::Extension;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use countersign::conversation::{Body, Thread};
use countersign::reply::Action;
use maud::html;
use serde::Deserialize;

use crate::app::{App, Shared};
use crate::draw::{Fragment, transcript};
use crate::event::{self, Key};
use crate::live::{self, Shows};
use crate::pages::layout::{self, Section};
use crate::pages::start::{composer, conversations};
use crate::pages::{Posted, Viewing};
use crate::trouble::Trouble;
use crate::who::Viewer;

/// Lines of a conversation that are shown, the newest; longer ones are better begun anew.
const LINES_SHOWN: u32 = 200;

const NO_THREAD: Trouble = Trouble::NotFound("conversation of that address");

pub(crate) async fn page(
    State(app): Shared,
    Extension(viewer): Viewing,
    Path(id): Path<String>,
) -> Result<Response, Trouble> {
    let thread = event::thread(&id).ok_or(NO_THREAD)?;
    let Fragment { html, hash } = fragment(&app, &viewer, &thread).await?;
    let list = conversations(&app, Some(&id)).await?;
    let main = html! {
        (list)
        section class="thread" aria-labelledby="conversation" {
            h1 id="conversation" class="sr" { "Conversation" }
            a class="back" href="/" { "All conversations" }
            div id="live" class="lines" role="log" aria-live="polite" aria-relevant="additions"
                data-live=(format!("/c/{id}/live")) data-seen=(hash) data-stick { (html) }
            (composer(&format!("/c/{id}/say"), true))
            div id="end" {}
        }
    };
    layout::page(&app, &viewer, Section::Chat, "Conversation", "chat", &main).await
}

/// The lines as they are now.
pub(crate) async fn fragment(
    app: &App,
    viewer: &Viewer,
    thread: &Thread,
) -> Result<Fragment, Trouble> {
    let lines = app
        .store()
        .transcript(&thread.conversation(), Some(&viewer.person.id), LINES_SHOWN)
        .await?;
    if lines.is_empty() {
        return Err(NO_THREAD);
    }
    let url = format!("/c/{}/click", thread.thread);
    Ok(transcript::draw(app, viewer, &lines, &url, app.now()))
}

#[derive(Deserialize)]
pub(crate) struct Said {
    key: String,
    text: String,
}

pub(crate) async fn say(
    State(app): Shared,
    Extension(viewer): Viewing,
    Path(id): Path<String>,
    Posted(said): Posted<Said>,
) -> Result<Response, Trouble> {
    let text = said.text.trim();
    if text.is_empty() {
        let thread = event::thread(&id).ok_or(NO_THREAD)?;
        return Ok(back_to(&thread));
    }
    post(&app, &viewer, &id, &said.key, Body::Text(text.to_owned())).await
}

#[derive(Deserialize)]
pub(crate) struct Clicked {
    key: String,
    /// An [`Action`] as JSON.
    action: String,
}

impl Clicked {
    pub(crate) fn read(&self) -> Result<(Key, Action), Trouble> {
        let action = serde_json::from_str(&self.action).map_err(|error| Trouble::Form {
            status: StatusCode::BAD_REQUEST,
            detail: format!("its button is unknown ({error})"),
        })?;
        Ok((Key::parse(&self.key)?, action))
    }
}

pub(crate) async fn click(
    State(app): Shared,
    Extension(viewer): Viewing,
    Path(id): Path<String>,
    Posted(clicked): Posted<Clicked>,
) -> Result<Response, Trouble> {
    let (_, action) = clicked.read()?;
    post(&app, &viewer, &id, &clicked.key, Body::Click(action)).await
}

/// Into a conversation that exists; a new one begins at `/`.
async fn post(
    app: &App,
    viewer: &Viewer,
    id: &str,
    key: &str,
    body: Body,
) -> Result<Response, Trouble> {
    let key = Key::parse(key)?;
    let thread = event::thread(id).ok_or(NO_THREAD)?;
    let lines = app.store().transcript(&thread.conversation(), Some(&viewer.person.id), 1).await?;
    if lines.is_empty() {
        return Err(NO_THREAD);
    }
    let back = back_to(&thread);
    event::send(app, viewer, thread, &key, body).await?;
    Ok(back)
}

fn back_to(thread: &Thread) -> Response {
    Redirect::to(&format!("/c/{}#end", thread.thread)).into_response()
}

#[derive(Deserialize)]
pub(crate) struct LiveQuery {
    pub(crate) seen: Option<String>,
}

pub(crate) async fn live(
    State(app): Shared,
    Extension(viewer): Viewing,
    Path(id): Path<String>,
    Query(query): Query<LiveQuery>,
    headers: HeaderMap,
) -> Result<Response, Trouble> {
    let thread = event::thread(&id).ok_or(NO_THREAD)?;
    live::stream(app, viewer, &headers, query.seen, Shows::Thread(thread))
}
