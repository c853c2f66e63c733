//! `countersign trials`: how plans that nothing ran of compare with what was done instead.

use std::path::Path;

use super::{Outcome, print, print_json, start};
use crate::cli::{DONE, TrialsArgs};

pub(super) async fn run(config: &Path, args: TrialsArgs) -> Outcome {
    let bot = start(config).await?;
    let report = bot.engine.trials(args.days).await?;
    if args.json {
        print_json(&serde_json::to_value(&report)?)?;
    } else {
        print(&report.text())?;
    }
    Ok(DONE)
}
