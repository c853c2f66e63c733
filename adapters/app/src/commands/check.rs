//! `countersign check`: is everything as it has to be; what is not, and the way out.

use std::path::Path;

use countersign::policy::when::glob;
use countersign::ports::Store as _;
use serde_json::json;

use super::{Outcome, print, print_json, read_config, unusable};
use crate::bot::Bot;
use crate::cli::{DONE, JsonArgs, NOT_DONE};
use crate::{heads, inventory};

/// One thing that was looked at.
struct Line {
    ok: bool,
    what: String,
    detail: String,
}

pub(super) async fn run(config: &Path, args: JsonArgs) -> Outcome {
    let config = read_config(config)?;
    let mut lines = vec![good("configuration", "can be read, no problem found")];
    lines.extend(people(&config));
    let clients_in_rules: Vec<String> =
        config.rules.iter().flat_map(|rule| rule.client.clone()).collect();
    let clients_of_contacts: Vec<String> =
        config.people.iter().filter_map(|person| person.client.clone()).collect();
    let clients_of_channels: Vec<String> =
        config.channels.iter().map(|channel| channel.client.clone()).collect();
    let bot = Bot::start(config, std::sync::Arc::new(countersign::ports::SystemClock))
        .await
        .map_err(unusable)?;
    lines.push(good("store", "open, and its schema is up to date"));
    lines.push(match &bot.vault {
        None => good("audit log", "its heads are not signed; set [store] key for that"),
        Some(vault) => {
            match heads::notary(bot.engine.store(), vault.as_ref(), bot.engine.now()).await {
                Ok(notary) => good("audit log", &format!("heads are signed with {}", notary.key())),
                Err(error) => bad("audit log", &format!("heads cannot be signed: {error:#}")),
            }
        }
    });
    if bot.engine.providers().is_empty() {
        let text = "none is configured; add a section [connectwise_rmm], [connectwise_automate] or [connectwise_control]";
        lines.push(bad("products", text));
    }
    if let Some(rmm) = &bot.rmm {
        let checks = rmm.check().await.into_iter();
        lines.extend(checks.map(|it| Line { ok: it.ok, what: it.what, detail: it.detail }));
    }
    if let Some(automate) = &bot.automate {
        let checks = automate.check().await.into_iter();
        lines.extend(checks.map(|it| Line { ok: it.ok, what: it.what, detail: it.detail }));
    }
    if let Some(control) = &bot.control {
        let checks = control.check().await.into_iter();
        lines.extend(checks.map(|it| Line { ok: it.ok, what: it.what, detail: it.detail }));
        let asking = bot.store.inventory_asking(bot.engine.now()).await.map_err(unusable)?;
        let detail = match bot.inventory_every {
            Some(every) => {
                format!("every {} hours; {}", every.as_hours(), inventory::report(asking))
            }
            None => "switched off (inventory_hours = 0)".into(),
        };
        lines.push(good("inventory through Control", &detail));
    }
    if let Some(slack) = &bot.slack {
        let checks = slack.check().await.into_iter();
        lines.extend(checks.map(|it| Line { ok: it.ok, what: it.what, detail: it.detail }));
    }
    if let Some(book) = bot.engine.store().policies().await?.book {
        lines.push(match bot.engine.read_rules(&book.text) {
            Ok(rules) => {
                good("rules of the console", &countersign::words::count(rules.len(), "rule"))
            }
            Err(faults) => {
                let first = faults.first().map(ToString::to_string).unwrap_or_default();
                bad(
                    "rules of the console",
                    &format!("cannot be read, so everything is refused: {first}"),
                )
            }
        });
    }
    let directory = bot.engine.directory();
    let named = clients_in_rules.iter().chain(&clients_of_channels).chain(&clients_of_contacts);
    for client in named {
        if !directory.clients().is_empty()
            && !directory.clients().iter().any(|it| glob(client, &it.name))
        {
            lines.push(bad(
                "rules, channels and contacts",
                &format!("no client is named “{client}”"),
            ));
        }
    }
    lines.push(match directory.synced_at {
        Some(at) => good(
            "directory",
            &format!(
                "{} devices, last complete sync {}",
                directory.devices().len(),
                countersign::words::at(at)
            ),
        ),
        None => bad("directory", "never synced; run countersign sync"),
    });
    let all_ok = lines.iter().all(|line| line.ok);
    if args.json {
        let checks: Vec<_> = lines
            .iter()
            .map(|line| json!({ "ok": line.ok, "what": line.what, "detail": line.detail }))
            .collect();
        print_json(&json!({ "ok": all_ok, "checks": checks }))?;
    } else {
        for line in &lines {
            print(&format!(
                "{}  {}: {}\n",
                if line.ok { "ok " } else { "NOT" },
                line.what,
                line.detail
            ))?;
        }
    }
    Ok(if all_ok { DONE } else { NOT_DONE })
}

fn people(config: &crate::config::Config) -> Vec<Line> {
    let askers = config.people.iter().filter(|person| person.may_ask()).count();
    let approvers = config.people.iter().filter(|person| person.may_approve()).count();
    let mut lines = Vec::new();
    if askers == 0 {
        lines.push(bad("people", "nobody may ask for a change; give somebody the role technician"));
    }
    match approvers {
        0 => lines.push(bad("people", "nobody may approve, so nothing that needs approval can run; give somebody the role approver")),
        1 => lines.push(bad("people", "only one person may approve, so what that person asks for cannot run; give a second person the role approver")),
        _ => {}
    }
    if lines.is_empty() {
        lines.push(good("people", &format!("{askers} may ask, {approvers} may approve")));
    }
    lines
}

fn good(what: &str, detail: &str) -> Line {
    Line { ok: true, what: what.into(), detail: detail.into() }
}

fn bad(what: &str, detail: &str) -> Line {
    Line { ok: false, what: what.into(), detail: detail.into() }
}
