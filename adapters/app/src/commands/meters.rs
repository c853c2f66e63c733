//! `countersign meters`: how tired of approval cards people may be.

use std::path::Path;

use super::{Outcome, print, print_json, start};
use crate::cli::{DONE, MetersArgs};

pub(super) async fn run(config: &Path, args: MetersArgs) -> Outcome {
    let bot = start(config).await?;
    let meters = bot.engine.meters(args.days).await?;
    if args.json {
        print_json(&serde_json::to_value(&meters)?)?;
    } else {
        print(&meters.text())?;
    }
    Ok(DONE)
}
