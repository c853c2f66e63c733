//! `countersign policy rules`: the rules of the console.

use std::path::Path;

use anyhow::Context as _;
use countersign::conversation::RulesError;
use countersign::words;

use super::{Outcome, admin, print, start, unusable};
use crate::cli::{AsArgs, DONE, NOT_DONE};

pub(super) async fn run(config: &Path, set: Option<&Path>, dry_run: bool, who: AsArgs) -> Outcome {
    let bot = start(config).await?;
    let book = bot.engine.store().policies().await?.book;
    let Some(path) = set else {
        match &book {
            None => print("# no rules in the console\n")?,
            Some(book) => {
                let (version, by, at) = (book.version, &book.by, words::at(book.at));
                print(&format!(
                    "# version {version}, saved by {by}, {at}\n{}\n",
                    book.text.trim_end()
                ))?;
            }
        }
        return Ok(DONE);
    };
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("{} cannot be read", path.display()))
        .map_err(unusable)?;
    let by = admin(&bot.engine, who.person.as_deref())?;
    let done = match bot.engine.try_rules(by, &text).await {
        Ok(tried) => {
            for it in &tried.changed {
                let (what, by, at) = (&it.what, &it.asked_by, words::at(it.at));
                print(&format!(
                    "{what}, asked by {by}, {at}\n  was: {}\n  would be: {}\n",
                    it.was, it.would_be
                ))?;
            }
            let (rules, requests) = (words::count(tried.rules, "rule"), tried.requests);
            print(&format!(
                "{rules}; {} of the last {requests} requests would be ruled differently\n",
                tried.changed.len()
            ))?;
            let seen = book.map_or(0, |book| book.version);
            match dry_run {
                true => return Ok(DONE),
                false => bot.engine.save_rules(by, &text, seen).await,
            }
        }
        Err(error) => Err(error),
    };
    match done {
        Ok(version) => {
            print(&format!("saved as version {version}; it holds from now on\n"))?;
            Ok(DONE)
        }
        Err(RulesError::Store(error)) => Err(error.into()),
        Err(RulesError::Faulty(faults)) => {
            let lines: String = faults.iter().map(|fault| format!("  {fault}\n")).collect();
            print(&format!("nothing was saved:\n{lines}"))?;
            Ok(NOT_DONE)
        }
        Err(refusal @ (RulesError::NotAdmin | RulesError::Stale)) => {
            print(&format!("{}\n", words::sentence(&refusal.to_string())))?;
            Ok(NOT_DONE)
        }
    }
}
