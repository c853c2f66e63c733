//! `countersign serve`: the bot with the real products.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use countersign_console::Mode;
use tokio::net::TcpListener;
use tracing::info;

use super::{Outcome, admin, print, read_config, unusable};
use crate::bot::Bot;
use crate::cli::DONE;
use crate::running::{Running, Serving};

pub(super) async fn run(config: &Path) -> Outcome {
    let config = read_config(config)?;
    let listen = config.server.listen;
    let public_url = config.server.public_url.clone();
    let wanted = [
        config.rmm.as_ref().map(|it| it.automation.sync_mins),
        config.automate.as_ref().map(|it| it.automation.sync_mins),
        config.control.as_ref().map(|it| it.automation.sync_mins),
    ];
    let sync_mins = wanted.into_iter().flatten().min().unwrap_or(15);
    let bot =
        Bot::open(config, Arc::new(countersign::ports::SystemClock)).await.map_err(unusable)?;
    if bot.engine.people().iter().next().is_none() {
        return Err(unusable(anyhow!(
            "nobody is listed under [[people]], so nobody could ask for anything"
        )));
    }
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| {
            format!("{listen} cannot be used; change [server] listen, or stop what uses it")
        })
        .map_err(unusable)?;
    let address = listener.local_addr()?;
    let base = public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let first_admin = admin(&bot.engine, None)?;
    let link = countersign_console::sign_in_link(
        bot.engine.store().as_ref(),
        &first_admin.id,
        &base,
        bot.engine.now(),
    )
    .await?;
    print(&format!(
        "Console for {}, good once: {link}\nFor others: countersign sign-in NAME\n",
        first_admin.name
    ))?;
    let every = Duration::from_secs(u64::from(sync_mins) * 60);
    up(&bot, Serving { listener, mode: Mode::SignIn, public_url, sync_every: every }).await?;
    Ok(DONE)
}

/// Serves until a signal comes, then stops in order.
pub(super) async fn up(bot: &Bot, serving: Serving) -> anyhow::Result<()> {
    let running = Running::start(bot, serving);
    wait_for_signal().await?;
    info!("stopping");
    running.stop().await
}

async fn wait_for_signal() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done,
        _ = terminate.recv() => Ok(()),
    }
}
