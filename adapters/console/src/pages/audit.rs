//! `/audit`: the log, newest first, with filters and the check of its chain.

use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use countersign::audit::{Checked, Entry};
use countersign::ports::{Store, StoreError};
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::{App, Shared};
use crate::draw::badge;
use crate::pages::Viewing;
use crate::pages::audit_check::Look;
use crate::pages::layout::{self, Section};
use crate::show::{self, percent_encoded};
use crate::trouble::Trouble;

const ENTRIES_PER_PAGE: usize = 50;

/// Entries looked through for one page when a filter matches few; the page says where it stopped.
const ENTRIES_SEARCHED_MAX: usize = 20_000;

/// Entries read at once.
const CHUNK: i64 = 500;

/// For picking; others can be typed.
const KINDS: [&str; 7] =
    ["request", "plan", "verdict", "decision", "dispatch", "outcome", "policy"];

#[derive(Default, Deserialize)]
pub(crate) struct AuditQuery {
    #[serde(default)]
    text: String,
    #[serde(default)]
    actor: String,
    #[serde(default)]
    kind: String,
    /// Entries below this number; empty: the newest.
    #[serde(default)]
    before: String,
}

impl AuditQuery {
    fn is_match(&self, entry: &Entry) -> bool {
        let has =
            |hay: &str, needle: &str| hay.to_lowercase().contains(&needle.trim().to_lowercase());
        let is = |value: &str, wanted: &str| {
            wanted.trim().is_empty() || value.eq_ignore_ascii_case(wanted.trim())
        };
        is(&entry.actor, &self.actor)
            && is(&entry.kind, &self.kind)
            && (has(&entry.text, &self.text)
                || has(&entry.subject.to_string(), &self.text)
                || entry.client.as_deref().is_some_and(|client| has(client, &self.text)))
    }

    fn is_filtered(&self) -> bool {
        [&self.text, &self.actor, &self.kind].iter().any(|it| !it.trim().is_empty())
    }

    /// The address of the page with the entries below `before`.
    fn older(&self, before: i64) -> String {
        let [text, actor, kind] =
            [&self.text, &self.actor, &self.kind].map(|it| percent_encoded(it));
        format!("/audit?text={text}&actor={actor}&kind={kind}&before={before}")
    }
}

pub(crate) async fn page(
    State(app): Shared,
    Extension(viewer): Viewing,
    Query(query): Query<AuditQuery>,
) -> Result<Response, Trouble> {
    let look = app.audit_check.lock().await.look(app.store()).await?;
    let (head, _) = app.store().audit_head().await?;
    let before = query.before.trim().parse().unwrap_or(i64::MAX).clamp(1, head.saturating_add(1));
    let found = search(app.store(), &query, before).await?;
    let main = html! {
        h1 { "Audit" }
        (draw_check(&look))
        (draw_filter(&query))
        (draw_entries(&app, &query, &found))
    };
    layout::page(&app, &viewer, Section::Audit, "Audit", "column wide", &main).await
}

struct Found {
    /// Newest first.
    entries: Vec<Entry>,
    /// Everything from this number on was looked at; 1 when nothing older is left.
    reached: i64,
}

async fn search(store: &dyn Store, query: &AuditQuery, before: i64) -> Result<Found, StoreError> {
    let mut found = Found { entries: Vec::new(), reached: before };
    let mut searched = 0;
    while found.reached > 1 && searched < ENTRIES_SEARCHED_MAX {
        let after = (found.reached - 1 - CHUNK).max(0);
        let limit = u32::try_from(found.reached - 1 - after).unwrap_or(0);
        let chunk = store.audit(after, limit).await?;
        for entry in chunk.into_iter().rev() {
            searched += 1;
            // A log with a gap gives entries that were looked at already.
            if entry.seq >= found.reached {
                continue;
            }
            found.reached = entry.seq;
            if query.is_match(&entry) {
                found.entries.push(entry);
            }
            if found.entries.len() == ENTRIES_PER_PAGE {
                return Ok(found);
            }
        }
        found.reached = after + 1;
    }
    Ok(found)
}

fn draw_check(look: &Look) -> Markup {
    html! {
        div class="panel check" {
            @match &look.checked {
                Ok(Checked::Whole { head: 0, .. }) => p { "The log is empty." },
                Ok(Checked::Whole { head, hash }) => p {
                    (badge("tone-good", "Intact")) " "
                    "Entries 1 to " strong { (show::count(*head)) } " hold together; the head has hash " code { (hash.short()) } "."
                },
                Ok(Checked::SoFar { upto, head }) => p {
                    (badge("tone-busy", "Being checked")) " "
                    "Entries 1 to " strong { (show::count(*upto)) } " of " (show::count(*head)) " hold together so far; reload to go on, or run " code { "countersign audit verify" } "."
                },
                Err(flaw) => {
                    p role="alert" { (badge("tone-bad", "Broken")) " " strong { (flaw) } "." }
                    p { "Keep a copy of the store as it is, and run " code { "countersign audit verify" } " on it." }
                },
            }
            @if let Some(head) = look.signed.as_ref().filter(|_| look.checked.is_ok()) {
                p class="note" {
                    "Signed up to entry " (show::count(head.size)) ", " (show::moment(head.at)) ", with the key " code { (head.key) } "."
                }
            }
            p { a href="/audit.jsonl" download="countersign-audit.jsonl" { "Download all entries (JSON lines)" } }
        }
    }
}

fn draw_filter(query: &AuditQuery) -> Markup {
    html! {
        form class="filter" method="get" action="/audit" role="search" aria-label="Filter the log" {
            div { label for="text" { "Text" } input id="text" type="search" name="text" value=(query.text); }
            div { label for="actor" { "Actor" } input id="actor" name="actor" value=(query.actor) placeholder="ana, countersign"; }
            div {
                label for="kind" { "Kind" }
                input id="kind" name="kind" value=(query.kind) list="kinds";
                datalist id="kinds" { @for kind in KINDS { option value=(kind) {} } }
            }
            button class="button" { "Filter" }
            @if query.is_filtered() { a class="button quiet" href="/audit" { "Clear" } }
        }
    }
}

fn draw_entries(app: &App, query: &AuditQuery, found: &Found) -> Markup {
    html! {
        @if found.entries.is_empty() {
            p class="empty" {
                @if query.is_filtered() { "No entry fits the filter" @if found.reached > 1 { " from number " (show::count(found.reached)) " on" } "." }
                @else { "Nothing has happened yet." }
            }
        } @else {
            ol class="entries" {
                @for entry in &found.entries {
                    li id=(format!("entry-{}", entry.seq)) {
                        span class="entry-seq" { "#" (entry.seq) }
                        div class="entry-body" {
                            p class="text" { (entry.text) }
                            p class="note" {
                                span class="entry-kind" { (entry.kind) } " by "
                                (app.name_of(&countersign::ids::PersonId::new(entry.actor.as_str())))
                                ", " (show::moment(entry.at))
                                @if let Some(client) = &entry.client { ", " (client) }
                            }
                            details {
                                summary { "hash " code { (entry.hash.short()) } }
                                dl class="fields" {
                                    div { dt { "Subject" } dd { code { (entry.subject.to_string()) } } }
                                    div { dt { "Hash" } dd { code { (entry.hash) } } }
                                    div { dt { "Follows" } dd { code { (entry.previous) } } }
                                }
                            }
                        }
                    }
                }
            }
        }
        nav class="paging" aria-label="Pages of the log" {
            @if !query.before.is_empty() { a class="button quiet" href=(query.older(i64::MAX)) { "Newest" } }
            @if found.reached > 1 { a class="button quiet" href=(query.older(found.reached)) { "Older" } }
        }
    }
}
