//! `countersign sign-in NAME`: a one-time link for the console.

use std::path::Path;

use super::{Outcome, print, read_config, speaker, unusable};
use crate::bot::Bot;
use crate::cli::DONE;

pub(super) async fn run(config: &Path, name: &str) -> Outcome {
    let config = read_config(config)?;
    let base = config
        .server
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{}", config.server.listen));
    let bot = Bot::open(config, std::sync::Arc::new(countersign::ports::SystemClock))
        .await
        .map_err(unusable)?;
    let person = speaker(&bot.engine, Some(name))?;
    let link = countersign_console::sign_in_link(
        bot.engine.store().as_ref(),
        &person.id,
        &base,
        bot.engine.now(),
    )
    .await?;
    print(&format!("{link}\n"))?;
    Ok(DONE)
}
