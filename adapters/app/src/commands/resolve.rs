//! `countersign resolve`: which device a phrase means, and why.

use std::path::Path;
use std::time::Instant;

use countersign::directory::resolver::{Found, Phrase, Resolution, resolve};
use countersign::directory::{Directory, Product};
use serde_json::{Value, json};

use super::{Outcome, inputs, print, print_json, start};
use crate::cli::{DONE, NOT_DONE, ResolveArgs};

pub(super) async fn run(config: &Path, args: ResolveArgs) -> Outcome {
    let bot = start(config).await?;
    let directory = bot.engine.directory();
    let mut code = DONE;
    for line in inputs(&args.phrase) {
        let text = phrase_of(line?);
        let began = Instant::now();
        let resolution = resolve(&Phrase { text: &text, client_hint: None }, &directory);
        let micros = began.elapsed().as_micros();
        if !matches!(resolution, Resolution::One(_)) {
            code = NOT_DONE;
        }
        if args.json {
            print_json(&as_json(&resolution, &directory, micros))?;
        } else {
            print(&as_text(&text, &resolution, &directory))?;
        }
    }
    // Many lines have many outcomes; the code tells of a single one.
    Ok(if args.phrase == "-" { DONE } else { code })
}

/// A line is the phrase itself or `{"text": "…"}`.
fn phrase_of(line: String) -> String {
    let value: Option<Value> =
        if line.trim_start().starts_with('{') { serde_json::from_str(&line).ok() } else { None };
    value.and_then(|value| value.get("text")?.as_str().map(str::to_owned)).unwrap_or(line)
}

fn as_json(resolution: &Resolution<'_>, directory: &Directory, micros: u128) -> Value {
    let (outcome, found): (&str, &[Found<'_>]) = match resolution {
        Resolution::One(found) => ("one", std::slice::from_ref(found)),
        Resolution::Several { choices, .. } => ("several", choices),
        Resolution::Unknown { closest } => ("unknown", closest),
    };
    let device = |found: &Found<'_>| {
        let device = found.device;
        let id = |product| device.pathway(product).map(|pathway| pathway.id.clone());
        json!({
            "device": device.name,
            "client": directory.client_name(&device.client),
            "site": device.site.as_ref().and_then(|site| directory.site(site)).map(|site| site.name.clone()),
            "user": device.last_user(),
            "online": device.online(),
            "rmm": id(Product::Rmm),
            "automate": id(Product::Automate),
            "control": id(Product::Control),
            "why": found.why,
        })
    };
    json!({ "outcome": outcome, "devices": found.iter().map(device).collect::<Vec<_>>(), "micros": micros })
}

fn as_text(text: &str, resolution: &Resolution<'_>, directory: &Directory) -> String {
    let line = |found: &Found<'_>| {
        let device = found.device;
        format!(
            "   {} ({}): {}\n",
            device.name,
            directory.client_name(&device.client),
            found.why.join("; ")
        )
    };
    match resolution {
        Resolution::One(found) => format!("one device is “{text}”:\n{}", line(found)),
        Resolution::Several { choices, total } => {
            format!(
                "{total} devices fit “{text}”:\n{}",
                choices.iter().map(line).collect::<String>()
            )
        }
        Resolution::Unknown { closest } if closest.is_empty() => {
            format!("no device is like “{text}”\n")
        }
        Resolution::Unknown { closest } => {
            format!(
                "no device is surely “{text}”; the closest:\n{}",
                closest.iter().map(line).collect::<String>()
            )
        }
    }
}
