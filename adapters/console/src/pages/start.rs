//! `/`: ask something new, or go on with a conversation.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use countersign::bounds::MESSAGE_BYTES_MAX;
use countersign::conversation::Body;
use countersign::directory::Platform;
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::{App, Shared};
use crate::draw::forms_key;
use crate::event::{self, Key};
use crate::pages::layout::{self, Section};
use crate::pages::{Posted, Viewing};
use crate::show;
use crate::trouble::Trouble;

/// Conversations in the list; older ones are reached by their address.
const CONVERSATIONS_SHOWN: u32 = 50;

/// What Countersign understands without a model, for a first try.
const EXAMPLES: [&str; 4] = [
    "Run disk cleanup on Maria's laptop",
    "Which servers are offline?",
    "Show pending patches on DC01",
    "What is waiting for approval?",
];

pub(crate) async fn page(
    State(app): Shared,
    Extension(viewer): Viewing,
) -> Result<Response, Trouble> {
    let list = conversations(&app, None).await?;
    let main = html! {
        (list)
        section class="thread start" aria-labelledby="ask" {
            h1 id="ask" { "Ask Countersign" }
            p class="lead" { "Say what you need in your own words. Reading is answered at once; what changes a device waits for the right person's yes." }
            (composer("/ask", false))
            h2 { "For example" }
            div class="examples" {
                @for example in EXAMPLES {
                    form method="post" action="/ask" {
                        (forms_key())
                        input type="hidden" name="text" value=(example);
                        button class="choice" { span class="choice-label" { (example) } }
                    }
                }
            }
        }
    };
    layout::page(&app, &viewer, Section::Chat, "Chat", "chat is-start", &main).await
}

#[derive(Deserialize)]
pub(crate) struct Asked {
    key: String,
    text: String,
}

/// Begins a conversation with its first message.
pub(crate) async fn ask(
    State(app): Shared,
    Extension(viewer): Viewing,
    Posted(asked): Posted<Asked>,
) -> Result<Response, Trouble> {
    let key = Key::parse(&asked.key)?;
    let text = asked.text.trim();
    if text.is_empty() {
        return Ok(Redirect::to("/").into_response());
    }
    let thread = event::new_thread(&key);
    let to = format!("/c/{}", thread.thread);
    event::send(&app, &viewer, thread, &key, Body::Text(text.to_owned())).await?;
    Ok(Redirect::to(&to).into_response())
}

/// The list at the side; `current` is the id of the open thread.
pub(crate) async fn conversations(app: &App, current: Option<&str>) -> Result<Markup, Trouble> {
    let known = app.store().conversations(Platform::Console, CONVERSATIONS_SHOWN).await?;
    let now = app.now();
    Ok(html! {
        nav class="conversations" aria-label="Conversations" {
            a class="button new" href="/" { "New conversation" }
            h2 { "Conversations" }
            @if known.is_empty() { p class="note" { "No conversations yet." } }
            ul {
                @for (id, title, at) in &known {
                    @if let Some(thread) = event::thread_of(id) {
                        li {
                            a href=(format!("/c/{}", thread.thread))
                                aria-current=[(current == Some(thread.thread.as_str())).then_some("page")] {
                                span class="conversation-title" { @if title.is_empty() { "Without a message" } @else { (title) } }
                                span class="conversation-time" { (show::ago(*at, now)) }
                            }
                        }
                    }
                }
            }
        }
    })
}

/// Where messages are written. `swap`: the script posts it and keeps the page.
pub(crate) fn composer(url: &str, swap: bool) -> Markup {
    html! {
        form class="composer" method="post" action=(url) data-composer data-swap[swap] {
            (forms_key())
            label class="sr" for="text" { "Message to Countersign" }
            textarea id="text" name="text" rows="2" required maxlength=(MESSAGE_BYTES_MAX)
                placeholder="Ask Countersign …" autocomplete="off" aria-describedby="hint" autofocus[!swap] {}
            button class="button go" { "Send" }
            p id="hint" class="note" hidden { "Enter sends, Shift+Enter starts a new line." }
        }
    }
}
