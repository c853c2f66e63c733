//! `countersign audit`: is the log whole, and what does it say.

use std::path::Path;

use anyhow::anyhow;
use countersign::audit::Verifier;
use serde_json::json;

use super::{Outcome, print, print_json, start, unusable};
use crate::bot::Bot;
use crate::cli::{DONE, FAILED, JsonArgs};

/// Entries read at a time.
const PAGE: u32 = 1_000;

pub(super) async fn verify(config: &Path, args: JsonArgs) -> Outcome {
    let bot = start(config).await?;
    let verdict = verdict(&bot).await?;
    if args.json {
        print_json(&match &verdict {
            Ok(entries) => json!({ "whole": true, "entries": entries }),
            Err(flaw) => json!({ "whole": false, "flaw": flaw }),
        })?;
    } else if let Ok(entries) = &verdict {
        print(&format!(
            "the audit log is whole: {entries} entries, none changed, removed or cut off\n"
        ))?;
    }
    match verdict {
        Ok(_) => Ok(DONE),
        Err(flaw) => {
            if !args.json {
                eprintln!("countersign: the audit log is NOT whole: {flaw}");
            }
            Ok(FAILED)
        }
    }
}

async fn verdict(bot: &Bot) -> anyhow::Result<Result<i64, String>> {
    let store = bot.engine.store();
    // Entries written meanwhile are behind this head.
    let (head, hash) = store.audit_head().await?;
    let mut verifier = Verifier::default();
    let mut after = 0;
    while after < head {
        let page = store.audit(after, PAGE).await?;
        let Some(last) = page.last() else { break };
        let end = last.seq;
        for entry in page.iter().filter(|entry| entry.seq <= head) {
            if let Err(flaw) = verifier.check(entry) {
                return Ok(Err(flaw.to_string()));
            }
        }
        after = end;
    }
    Ok(verifier.finish(head, &hash).map_err(|flaw| flaw.to_string()))
}

pub(super) async fn export(config: &Path, client: Option<&str>, after: i64) -> Outcome {
    let bot = start(config).await?;
    let directory = bot.engine.directory();
    let client = match client {
        None => None,
        Some(name) => {
            let found =
                directory.clients().iter().find(|client| client.name.eq_ignore_ascii_case(name));
            Some(
                found
                    .ok_or_else(|| unusable(anyhow!("there is no client named {name}")))?
                    .id
                    .to_string(),
            )
        }
    };
    let mut after = after.max(0);
    loop {
        let page = bot.engine.store().audit(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(DONE) };
        after = last.seq;
        for entry in page.iter().filter(|entry| client.is_none() || entry.client == client) {
            print_json(&serde_json::to_value(entry)?)?;
        }
    }
}
