//! `countersign serve`: the bot with the real products.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use countersign_console::{Console, Mode};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::info;

use super::{Outcome, admin, print, read_config, unusable};
use crate::bot::Bot;
use crate::cli::DONE;
use crate::refresh;

/// How long a stop waits for what is under way.
const STOP_MAX: Duration = Duration::from_secs(20);

pub(super) async fn run(config: &Path) -> Outcome {
    let config = read_config(config)?;
    let listen = config.server.listen;
    let public_url = config.server.public_url.clone();
    let sync_mins = config.rmm.as_ref().map_or(15, |rmm| rmm.automation.sync_mins);
    let bot = Bot::start(config, Arc::new(countersign::ports::SystemClock)).await.map_err(unusable)?;
    if bot.engine.people().iter().next().is_none() {
        return Err(unusable(anyhow!("nobody is listed under [[people]], so nobody could ask for anything")));
    }
    let listener = TcpListener::bind(listen)
        .await
        .with_context(|| format!("{listen} cannot be used; change [server] listen, or stop what uses it"))
        .map_err(unusable)?;
    let address = listener.local_addr()?;
    let base = public_url.clone().unwrap_or_else(|| format!("http://{address}"));
    let first_admin = admin(&bot.engine, None)?;
    let link =
        countersign_console::sign_in_link(bot.engine.store().as_ref(), &first_admin.id, &base, bot.engine.now()).await?;
    print(&format!("Console for {}, good once: {link}\nFor others: countersign sign-in NAME\n", first_admin.name))?;
    let every = Duration::from_secs(u64::from(sync_mins) * 60);
    up(bot, listener, Mode::SignIn, public_url, every).await?;
    Ok(DONE)
}

/// Serves until a signal comes, then stops in order: no new work, what is under way ends, streams close.
pub(super) async fn up(
    bot: Bot,
    listener: TcpListener,
    mode: Mode,
    public_url: Option<String>,
    sync_every: Duration,
) -> anyhow::Result<()> {
    let (stop, stopped) = watch::channel(false);
    let console = Console {
        engine: Arc::clone(&bot.engine),
        mode,
        changes: bot.store.change_sender(),
        public_url,
        stop: stopped.clone(),
    };
    let router = countersign_console::router(console);
    let workers = tokio::spawn(Arc::clone(&bot.workers).serve(bot.store.changes(), stopped.clone()));
    let keeper = tokio::spawn(refresh::keep(Arc::clone(&bot.engine), sync_every, stopped.clone()));
    let mut until = stopped.clone();
    let server = tokio::spawn(async move {
        let stopped = async move {
            // An error says that the sender is gone, which is a stop as well.
            let _ = until.wait_for(|stop| *stop).await;
        };
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service).with_graceful_shutdown(stopped).await
    });
    wait_for_signal().await?;
    info!("stopping");
    stop.send(true)?;
    let ended = async {
        workers.await?;
        server.await??;
        anyhow::Ok(())
    };
    keeper.abort();
    tokio::time::timeout(STOP_MAX, ended).await.unwrap_or_else(|_| {
        tracing::warn!("something did not end in time; it goes on at the next start");
        Ok(())
    })
}

async fn wait_for_signal() -> std::io::Result<()> {
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    tokio::select! {
        done = tokio::signal::ctrl_c() => done,
        _ = terminate.recv() => Ok(()),
    }
}
