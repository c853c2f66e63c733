//! `/links`: which client of one product is which client of another, and which devices nobody can tell apart.

use axum::Extension;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use countersign::conversation::{Engine, LinkError, LinkState, LinkView};
use countersign::directory::unify::product_of;
use countersign::directory::{Client, ClientLink, Device, Directory, Product, Role};
use countersign::ids::{ClientId, PersonId};
use countersign::words;
use maud::{Markup, html};
use serde::Deserialize;

use crate::app::Shared;
use crate::draw::badge;
use crate::pages::layout::{self, Section};
use crate::pages::{Posted, Viewing};
use crate::show;
use crate::trouble::Trouble;

/// Clients and conflicts that are drawn; a directory has thousands at most, a page need not.
const ROWS_MAX: usize = 500;

pub(crate) async fn page(
    State(app): Shared,
    Extension(viewer): Viewing,
) -> Result<Response, Trouble> {
    let directory = app.engine().directory();
    let links = app.engine().links();
    let is_admin = viewer.person.has(Role::Admin);
    let seconds = app.engine().seconds();
    let firsts: Vec<(Product, Vec<Client>)> =
        seconds.iter().map(|it| (*it, app.engine().firsts(*it))).collect();
    let open = links.iter().filter(|it| it.state == LinkState::Open).count();
    let only = seconds.iter().any(|it| directory.links().only_certain.contains(it));
    if !app.engine().has_links() {
        let main = html! {
            h1 { "Clients in two products" }
            p class="panel" { "There is nothing to link: only with two ConnectWise products configured can two clients be the same." }
        };
        return layout::page(&app, &viewer, Section::Links, "Links", "column wide", &main).await;
    }
    let main = html! {
        h1 { "Clients in two products" }
        p class="lead" {
            "Which client of one product is which client of another. Equal names are linked by themselves; anything else waits for somebody's word."
        }
        @if !is_admin {
            p class="panel" { "You can look. Linking takes the role " strong { "admin" } ", which " (viewer.person.name) " does not have." }
        }
        p class="note" role="status" { (show::counted(links.len(), "client", "clients")) " of " (words::list(&seconds.iter().map(|it| it.label().to_owned()).collect::<Vec<_>>())) ", " (show::count(open as u64)) " not decided" }
        @if is_admin && !links.is_empty() {
            div class="buttons" {
                (all("accept", "Take every clear suggestion"))
                (all("missing", "Make clients of all that nothing is like"))
                @if only { (all("everybody", "Take in all clients again")) }
                @else { (all("only", "Take in only clients that are decided")) }
            }
        }
        @if only { p class="note" { "Only clients that somebody decided about are taken in; the others and their devices are left out." } }
        div class="tools" {
            @for view in links.iter().take(ROWS_MAX) {
                @let ones = firsts.iter().find(|it| Some(it.0) == product_of(&view.client)).map_or(&[][..], |it| &it.1);
                (row(view, ones, is_admin))
            }
        }
        (conflicts(&directory))
    };
    layout::page(&app, &viewer, Section::Links, "Links", "column wide", &main).await
}

fn all(what: &str, label: &str) -> Markup {
    html! {
        form method="post" action="/links/all" {
            input type="hidden" name="what" value=(what);
            button class="button" { (label) }
        }
    }
}

fn row(view: &LinkView, ones: &[Client], is_admin: bool) -> Markup {
    let client = &view.client;
    let linked = match &view.state {
        LinkState::Linked { to, .. } => Some(&to.id),
        LinkState::Own | LinkState::Out { .. } | LinkState::Open => None,
    };
    html! {
        article class="tool" {
            div class="tool-what" {
                h4 { (client.name) " " (state(&view.state)) }
                @if client.id.is_of_control() { p class="note" { "of ConnectWise Control" } }
                @for it in &view.suggestions {
                    div class="proposal" {
                        p class="note" { "Like " strong { (it.client.name) } ": " (it.score) " of 100, " (it.why) }
                        @if is_admin { (one(client, "linked", Some(&it.client), &format!("It is {}", it.client.name))) }
                    }
                }
            }
            @if is_admin {
                div class="tool-policy" {
                    @if !ones.is_empty() {
                        form class="policy" method="post" action="/links/one" {
                            input type="hidden" name="client" value=(client.id);
                            input type="hidden" name="link" value="linked";
                            label class="sr" for=(format!("to-{}", client.id)) { "Client that " (client.name) " is" }
                            // Nobody is linked to whoever happens to be first in the list.
                            select id=(format!("to-{}", client.id)) name="to" required {
                                option value="" selected[linked.is_none()] { "Choose a client" }
                                @for it in ones {
                                    option value=(it.id) selected[linked == Some(&it.id)] { (it.name) }
                                }
                            }
                            button class="button" { "Link" }
                        }
                    }
                    (one(client, "own", None, "A client of its own"))
                    (one(client, "out", None, "Leave out"))
                    @if !matches!(view.state, LinkState::Open | LinkState::Linked { by_name: true, .. } | LinkState::Out { decided: false }) {
                        (one(client, "undo", None, "Take it back"))
                    }
                }
            }
        }
    }
}

fn one(client: &Client, link: &str, to: Option<&Client>, label: &str) -> Markup {
    html! {
        form method="post" action="/links/one" {
            input type="hidden" name="client" value=(client.id);
            input type="hidden" name="link" value=(link);
            @if let Some(to) = to { input type="hidden" name="to" value=(to.id); }
            button class="button quiet" aria-label=(format!("{label}: {}", client.name)) { (label) }
        }
    }
}

fn state(state: &LinkState) -> Markup {
    match state {
        LinkState::Linked { to, by_name } => html! {
            (badge("tone-good", "linked")) " is " (to.name) @if *by_name { ", by its name" }
        },
        LinkState::Own => badge("tone-good", "own client"),
        LinkState::Out { .. } => badge("tone-ended", "left out"),
        LinkState::Open => badge("tone-waiting", "not decided"),
    }
}

fn conflicts(directory: &Directory) -> Markup {
    let conflicts = directory.conflicts();
    html! {
        section aria-labelledby="conflicts" {
            h2 id="conflicts" { "Devices nobody can tell apart" }
            @if conflicts.is_empty() { p class="note" { "None: every device is surely one, or surely another." } }
            @else {
                p { "They are kept apart, and Countersign asks which one is meant. Retire the agent that is too many, or correct its serial number." }
                ul class="cards plain-list" {
                    @for conflict in conflicts.iter().take(ROWS_MAX) {
                        li class="card" {
                            p { (conflict.text) }
                            ul class="why" {
                                @for device in conflict.devices.iter().filter_map(|id| directory.device(id)) {
                                    li {
                                        (device.name) ", " (directory.client_name(&device.client)) ", "
                                        (products(device))
                                    }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// Those that a device is in.
fn products(device: &Device) -> String {
    let all = Product::ALL.into_iter();
    let there = all.filter(|it| device.pathway(*it).is_some());
    words::list(&there.map(|it| it.label().to_owned()).collect::<Vec<_>>())
}

#[derive(Deserialize)]
pub(crate) struct OneForm {
    client: String,
    link: String,
    #[serde(default)]
    to: String,
}

/// The engine checks the role again; this page only decides what is drawn.
pub(crate) async fn decide(
    State(app): Shared,
    Extension(viewer): Viewing,
    Posted(form): Posted<OneForm>,
) -> Result<Response, Trouble> {
    let directory = app.engine().directory();
    let known = |id: &str| {
        let id = ClientId::new(id);
        directory.reported_clients().iter().find(|it| it.id == id).cloned()
    };
    let client = known(&form.client).ok_or(Trouble::NotFound("client of that id"))?;
    let link = match form.link.as_str() {
        "linked" => {
            let firsts = product_of(&client).map(|it| app.engine().firsts(it)).unwrap_or_default();
            let to = known(&form.to).filter(|it| firsts.iter().any(|one| one.id == it.id));
            Some(ClientLink::Linked(to.ok_or(Trouble::NotFound("client of that id"))?.id))
        }
        "own" => Some(ClientLink::Own),
        "out" => Some(ClientLink::Out),
        "undo" => None,
        _ => return Err(unknown_word()),
    };
    app.engine().link(&viewer.person.id, &[(client, link)]).await?;
    done(&app)
}

#[derive(Deserialize)]
pub(crate) struct AllForm {
    what: String,
}

pub(crate) async fn decide_all(
    State(app): Shared,
    Extension(viewer): Viewing,
    Posted(form): Posted<AllForm>,
) -> Result<Response, Trouble> {
    let (engine, by) = (app.engine(), &viewer.person.id);
    match form.what.as_str() {
        "accept" => engine.link(by, &engine.clear_links()).await?,
        "missing" => engine.link(by, &engine.missing_clients()).await?,
        "only" => only_certain(engine, by, true).await?,
        "everybody" => only_certain(engine, by, false).await?,
        _ => return Err(unknown_word()),
    }
    done(&app)
}

async fn only_certain(engine: &Engine, by: &PersonId, only: bool) -> Result<(), LinkError> {
    for product in engine.seconds() {
        engine.only_certain_clients(by, product, only).await?;
    }
    Ok(())
}

fn unknown_word() -> Trouble {
    Trouble::Form {
        status: axum::http::StatusCode::BAD_REQUEST,
        detail: "it asks for something that does not exist".into(),
    }
}

fn done(app: &crate::app::App) -> Result<Response, Trouble> {
    let _ = app.console.changes.send(());
    Ok(Redirect::to("/links").into_response())
}
