//! `countersign link`: which client of one product is which client of another.

use std::path::Path;

use countersign::conversation::{Engine, LinkState, LinkView};
use countersign::directory::unify::product_of;
use countersign::directory::{Client, ClientLink, Product};
use serde_json::json;

use super::{Outcome, Trouble, admin, print, print_json, start, unusable};
use crate::cli::{AsArgs, DONE, JsonArgs, LinkCommand};

pub(super) async fn run(config: &Path, command: Option<LinkCommand>) -> Outcome {
    let bot = start(config).await?;
    let engine = bot.engine.as_ref();
    match command {
        None => show(engine, false)?,
        Some(LinkCommand::Show(JsonArgs { json })) => show(engine, json)?,
        Some(LinkCommand::Set { client, to, who }) => {
            let other = client_of(engine, &client)?;
            let one = engine.first_client(&other, &to).map_err(unusable)?;
            decide(engine, who, vec![(other, Some(ClientLink::Linked(one.id)))]).await?;
        }
        Some(LinkCommand::Accept { who }) => decide(engine, who, engine.clear_links()).await?,
        Some(LinkCommand::Own { client: Some(client), who, .. }) => {
            let other = client_of(engine, &client)?;
            decide(engine, who, vec![(other, Some(ClientLink::Own))]).await?;
        }
        Some(LinkCommand::Own { client: None, who, .. }) => {
            decide(engine, who, engine.missing_clients()).await?;
        }
        Some(LinkCommand::Out { client, who }) => {
            let other = client_of(engine, &client)?;
            decide(engine, who, vec![(other, Some(ClientLink::Out))]).await?;
        }
        Some(LinkCommand::Undo { client, who }) => {
            let other = client_of(engine, &client)?;
            decide(engine, who, vec![(other, None)]).await?;
        }
        Some(LinkCommand::Only { state, who }) => {
            let by = admin(engine, who.person.as_deref())?.id.clone();
            for product in engine.seconds() {
                engine.only_certain_clients(&by, product, state.is_on()).await?;
            }
            show(engine, false)?;
        }
        Some(LinkCommand::Conflicts(JsonArgs { json })) => conflicts(engine, json)?,
    }
    Ok(DONE)
}

fn client_of(engine: &Engine, name: &str) -> Result<Client, Trouble> {
    engine.second_client(name).map_err(unusable)
}

async fn decide(
    engine: &Engine,
    who: AsArgs,
    decisions: Vec<(Client, Option<ClientLink>)>,
) -> Result<(), Trouble> {
    let by = admin(engine, who.person.as_deref())?.id.clone();
    if decisions.is_empty() {
        return print("nothing to decide\n");
    }
    engine.link(&by, &decisions).await?;
    let decided = |view: &LinkView| decisions.iter().any(|(it, _)| it.id == view.client.id);
    for view in engine.links().iter().filter(|it| decided(it)) {
        print(&line(view))?;
    }
    Ok(())
}

fn show(engine: &Engine, json: bool) -> Result<(), Trouble> {
    if !engine.has_links() && !json {
        return print(
            "there is nothing to link: only with two ConnectWise products configured can two clients be the same\n",
        );
    }
    let links = engine.links();
    if json {
        return links.iter().try_for_each(|view| print_json(&as_json(view)));
    }
    if links.is_empty() {
        let seconds: Vec<String> =
            engine.seconds().iter().map(|it| it.label().to_owned()).collect();
        return print(&format!(
            "no clients of {} are known; run countersign sync\n",
            countersign::words::list(&seconds)
        ));
    }
    for view in &links {
        print(&line(view))?;
    }
    let open = links.iter().filter(|it| it.state == LinkState::Open).count();
    if open > 0 {
        print(&format!(
            "{} of {} are not decided: take what stands out with `link accept`, one with \
             `link set CLIENT OTHER-CLIENT`, the rest as clients of their own with `link own --missing`\n",
            open,
            links.len()
        ))?;
    }
    Ok(())
}

fn line(view: &LinkView) -> String {
    let state = match &view.state {
        LinkState::Linked { to, by_name: true } => format!("is {} (same name)", to.name),
        LinkState::Linked { to, by_name: false } => format!("is {}", to.name),
        LinkState::Own => "a client of its own".into(),
        LinkState::Out { decided: true } => "left out".into(),
        LinkState::Out { decided: false } => "left out (only certain clients)".into(),
        LinkState::Open => "open".into(),
    };
    let like: Vec<String> = view
        .suggestions
        .iter()
        .map(|it| {
            let mark = if it.clear { ", clear" } else { "" };
            format!("{} ({} of 100, {}{mark})", it.client.name, it.score, it.why)
        })
        .collect();
    let like = if like.is_empty() { String::new() } else { format!("; like {}", like.join(", ")) };
    let product = match view.client.id.is_of_control() {
        true => " (Control)",
        false => "",
    };
    format!("{}{product}: {state}{like}\n", view.client.name)
}

fn as_json(view: &LinkView) -> serde_json::Value {
    let (state, to) = match &view.state {
        LinkState::Linked { to, .. } => ("linked", Some(to.name.as_str())),
        LinkState::Own => ("own", None),
        LinkState::Out { .. } => ("out", None),
        LinkState::Open => ("open", None),
    };
    let suggestions: Vec<_> = view
        .suggestions
        .iter()
        .map(|it| {
            json!({ "client": it.client.name, "score": it.score, "why": it.why, "clear": it.clear })
        })
        .collect();
    json!({ "client": view.client.name, "automate": view.client.automate, "product": product_of(&view.client).map(Product::key), "state": state, "to": to, "suggestions": suggestions })
}

fn conflicts(engine: &Engine, json: bool) -> Result<(), Trouble> {
    let directory = engine.directory();
    for conflict in directory.conflicts() {
        let devices: Vec<String> = conflict
            .devices
            .iter()
            .filter_map(|id| directory.device(id))
            .map(|it| {
                let products = Product::ALL.into_iter();
                let products: Vec<String> = products
                    .filter(|product| it.pathway(*product).is_some())
                    .map(|product| product.label().to_owned())
                    .collect();
                let products = countersign::words::list(&products);
                format!("{} ({}, {products})", it.name, directory.client_name(&it.client))
            })
            .collect();
        match json {
            true => print_json(&json!({ "devices": devices, "why": conflict.text }))?,
            false => print(&format!("{}: {}\n", conflict.text, devices.join(", ")))?,
        }
    }
    if directory.conflicts().is_empty() && !json {
        print("no conflicts: every device is surely one, or surely another\n")?;
    }
    Ok(())
}
