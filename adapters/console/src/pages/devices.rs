//! `/devices`: what the resolver makes of a phrase, and how fresh the directory is. Reads only.

use std::time::Instant;

use axum::Extension;
use axum::extract::{Query, State};
use axum::response::Response;
use countersign::directory::{Device, Directory, Found, Phrase, Product, Resolution, resolver};
use countersign::ports::SyncState;
use jiff::Timestamp;
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::Shared;
use crate::draw::badge;
use crate::pages::Viewing;
use crate::pages::layout::{self, Section};
use crate::show;
use crate::trouble::Trouble;

#[derive(Default, Deserialize)]
pub(crate) struct DevicesQuery {
    #[serde(default)]
    q: String,
}

pub(crate) async fn page(
    State(app): Shared,
    Extension(viewer): Viewing,
    Query(query): Query<DevicesQuery>,
) -> Result<Response, Trouble> {
    let directory = app.engine().directory();
    let now = app.now();
    let mut syncs = Vec::new();
    for product in Product::ALL {
        syncs.push((product, app.store().sync_state(product).await?));
    }
    let main = html! {
        h1 { "Devices" }
        p class="lead" { "Type a device the way you would in a message. This shows which one Countersign would take, and why; nothing is done to it." }
        form class="filter" method="get" action="/devices" role="search" aria-label="Find a device" {
            div class="grow" { label for="q" { "Phrase" } input id="q" type="search" name="q" value=(query.q) maxlength="200" placeholder="Maria's laptop" autofocus; }
            button class="button go" { "Find" }
        }
        @if !query.q.trim().is_empty() { (draw_outcome(query.q.trim(), &directory, now)) }
        (draw_state(&directory, &syncs, now))
    };
    layout::page(&app, &viewer, Section::Devices, "Devices", "column", &main).await
}

fn draw_outcome(text: &str, directory: &Directory, now: Timestamp) -> Markup {
    let begun = Instant::now();
    let resolution = resolver::resolve(&Phrase { text, client_hint: None }, directory);
    let took = begun.elapsed();
    html! {
        section class="outcome" aria-labelledby="outcome" {
            @match &resolution {
                Resolution::One(found) => {
                    h2 id="outcome" { (badge("tone-good", "One")) " “" (text) "” is" }
                    (draw_found(std::slice::from_ref(found), directory, now))
                },
                Resolution::Several { choices, total } => {
                    h2 id="outcome" { (badge("tone-waiting", "Several")) " “" (text) "” could be " (show::counted(*total, "device", "devices")) }
                    p { "Countersign would ask which one is meant." }
                    (draw_found(choices, directory, now))
                    @if *total > choices.len() { p class="note" { "and " (show::count((*total - choices.len()) as u64)) " more" } }
                },
                Resolution::Unknown { closest } => {
                    h2 id="outcome" { (badge("tone-ended", "Unknown")) " Nothing fits “" (text) "”" }
                    @if closest.is_empty() { p { "No name is close to it either. Try the host name, the user or the client." } }
                    @else { p { "The closest names are:" } (draw_found(closest, directory, now)) }
                },
            }
            p class="note" { "Looked through " (show::counted(directory.devices().len(), "device", "devices")) " in " (took.as_micros()) " µs." }
        }
    }
}

fn draw_found(found: &[Found<'_>], directory: &Directory, now: Timestamp) -> Markup {
    html! { ul class="cards plain-list" { @for it in found { li class="card" { (draw_device(it, directory, now)) } } } }
}

fn draw_device(found: &Found<'_>, directory: &Directory, now: Timestamp) -> Markup {
    let device = found.device;
    let site = device.site.as_ref().and_then(|site| directory.site(site));
    html! {
        header class="card-head" {
            h3 { (device.name) " " span class="client" { (directory.client_name(&device.client)) } }
            (online(device.online()))
        }
        @if !found.why.is_empty() {
            ul class="why" { @for why in &found.why { li { (why) } } }
        }
        dl class="fields" {
            @if let Some(name) = &device.friendly_name { div { dt { "Called" } dd { (name) } } }
            @if let Some(site) = site { div { dt { "Site" } dd { (site.name) } } }
            div { dt { "Kind" } dd { (kind(device)) } }
            @if let Some(user) = device.last_user() { div { dt { "Last user" } dd { (user) } } }
            @for product in Product::ALL {
                @if let Some(pathway) = device.pathway(product) {
                    div {
                        dt { (product.label()) }
                        dd {
                            code { (pathway.id) } " " (online(pathway.online))
                            @if let Some(seen) = pathway.seen_at { " " span class="client" { "seen " (show::ago(seen, now)) } }
                        }
                    }
                }
            }
        }
    }
}

fn online(online: Option<bool>) -> Markup {
    match online {
        Some(true) => badge("tone-good", "online"),
        Some(false) => badge("tone-ended", "offline"),
        None => badge("tone-ended", "state unknown"),
    }
}

fn kind(device: &Device) -> String {
    let parts = [Some(device.class.label()), device.os.as_deref(), device.model.as_deref()];
    parts.into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn draw_state(directory: &Directory, syncs: &[(Product, SyncState)], now: Timestamp) -> Markup {
    let counts = [
        (directory.clients().len(), "client", "clients"),
        (directory.sites().len(), "site", "sites"),
        (directory.devices().len(), "device", "devices"),
        (directory.scripts().len(), "script", "scripts"),
    ];
    html! {
        section class="panel" aria-labelledby="directory" {
            h2 id="directory" { "Directory" }
            p {
                @for (index, (number, one, many)) in counts.into_iter().enumerate() {
                    @if index > 0 { ", " }
                    strong { (show::count(number as u64)) } " " (if number == 1 { one } else { many })
                }
                ". "
                @match directory.synced_at {
                    Some(at) => { "Read " (show::ago(at, now)) "." },
                    None => "Never read completely yet.",
                }
            }
            dl class="fields" {
                @for (product, sync) in syncs {
                    @let agents = directory.devices().iter().filter(|it| it.pathway(*product).is_some()).count();
                    div { dt { (product.label()) } dd { (show::counted(agents, "device", "devices")) ", " (sync_words(sync, now)) } }
                }
            }
        }
    }
}

fn sync_words(sync: &SyncState, now: Timestamp) -> String {
    match (&sync.position, sync.finished_at) {
        (Some(_), _) => format!(
            "being read: {} ({} of {})",
            sync.label,
            show::count(sync.done),
            show::count(sync.total)
        ),
        (None, Some(at)) => format!("read {}", show::ago(at, now)),
        (None, None) => "never read".to_owned(),
    }
}
