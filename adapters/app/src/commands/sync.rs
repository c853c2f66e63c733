//! `countersign sync`: brings the local copy up to date, with a progress bar.

use std::path::Path;

use anyhow::anyhow;
use countersign::ports::Store as _;
use serde_json::json;

use super::{Outcome, Trouble, print, print_json, start, unusable};
use crate::cli::{DONE, FAILED, SyncArgs};
use crate::inventory;
use crate::progress;
use crate::refresh::{self, Progress};

pub(super) async fn run(config: &Path, args: SyncArgs) -> Outcome {
    let bot = start(config).await?;
    if bot.engine.providers().is_empty() {
        return Err(unusable(anyhow!(
            "no product is configured; add a section such as [connectwise_rmm]"
        )));
    }
    let mut code = DONE;
    for provider in bot.engine.providers() {
        let product = provider.product();
        let state = bot.engine.store().sync_state(product).await?;
        if args.fresh && state.position.is_some() {
            bot.store.restart_sync(product).await?;
        } else if state.position.is_some() && !args.json {
            print(&format!(
                "{}: going on behind {} ({} of {})\n",
                product.label(),
                state.label,
                state.done,
                state.total
            ))?;
        }
        let bar = progress::bar(args.json);
        let report = |progress: Progress| {
            if args.json {
                // A closed pipe ends the process in print_json; any other error shows up in the next command.
                let _ = print_json(&json!({
                    "product": product.key(),
                    "label": progress.label,
                    "done": progress.done,
                    "total": progress.total,
                }));
            }
            bar.set_length(progress.total);
            bar.set_position(progress.done);
            bar.set_message(progress.label);
        };
        let synced = refresh::sync(&bot.engine, provider.as_ref(), report).await;
        bar.finish_and_clear();
        match synced {
            Ok(()) => {}
            Err(error) => {
                code = FAILED;
                eprintln!(
                    "countersign: {}: {error}; what came so far is kept, and the next sync goes on there",
                    product.label()
                );
            }
        }
    }
    if !args.json {
        summary(&bot.engine.directory())?;
        if bot.control.is_some() {
            let asking = bot.store.inventory_asking(bot.engine.now()).await?;
            print(&format!("Inventory through Control: {}\n", inventory::report(asking)))?;
        }
    }
    Ok(code)
}

fn summary(directory: &countersign::directory::Directory) -> Result<(), Trouble> {
    print(&format!(
        "{} clients, {} sites, {} devices, {} scripts\n",
        directory.clients().len(),
        directory.sites().len(),
        directory.devices().len(),
        directory.scripts().len()
    ))
}
