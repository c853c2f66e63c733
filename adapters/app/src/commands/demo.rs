//! `countersign demo`: everything on this machine, with pretend products.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use countersign_console::Mode;
use countersign_simulator::{Options, Simulator};
use tokio::net::TcpListener;

use super::{Outcome, admin, print, serve, unusable};
use crate::bot::Bot;
use crate::cli::{DONE, DemoArgs};
use crate::config;
use crate::refresh;
use crate::running::Serving;

pub(super) async fn run(args: DemoArgs) -> Outcome {
    if !args.listen.ip().is_loopback() {
        let text =
            "the demo lets everybody be anybody, so it listens on loopback only; use 127.0.0.1";
        return Err(unusable(anyhow::anyhow!(text)));
    }
    let endpoints = usize::try_from(args.endpoints)?;
    let mut simulator =
        Simulator::start(Options { endpoints, ..Options::default() }).await.map_err(unusable)?;
    let scratch = tempfile::Builder::new().prefix("countersign-demo").tempdir()?;
    let store = args.store.unwrap_or_else(|| scratch.path().join("demo.db"));
    let config =
        config::read(&sample(&simulator, &store.display().to_string()), std::iter::empty())
            .map_err(unusable)?;
    let bot =
        Bot::start(config, Arc::new(countersign::ports::SystemClock)).await.map_err(unusable)?;
    for provider in bot.engine.providers() {
        refresh::sync(&bot.engine, provider.as_ref(), |_| {}).await?;
    }
    // As an operator would with `countersign link accept`.
    let admin = admin(&bot.engine, None)?.id.clone();
    bot.engine.link(&admin, &bot.engine.clear_links()).await?;
    let listener = bind(args.listen).await.map_err(unusable)?;
    let address = listener.local_addr()?;
    simulator.send_control_triggers(format!("http://{address}/control/events/{TRIGGER_KEY}"));
    print(&format!(
        "Countersign demo: {endpoints} pretend devices, nothing real is touched.\n\n   \
         Open  http://{address}\n\n\
         1. As Ana (technician), write: run disk cleanup on Maria's laptop\n\
         2. Switch to Ben (approver) at the top of the page and press Approve\n\
         3. The script runs once, and the result comes back with a ticket link\n\n\
         Ctrl-C ends it.\n"
    ))?;
    let sync_every = Duration::from_secs(15 * 60);
    serve::up(&bot, Serving { listener, mode: Mode::Demo, public_url: None, sync_every }).await?;
    simulator.stop().await;
    Ok(DONE)
}

/// The wanted address, or another port of it when somebody has that.
async fn bind(wanted: SocketAddr) -> anyhow::Result<TcpListener> {
    match TcpListener::bind(wanted).await {
        Ok(listener) => Ok(listener),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            eprintln!("countersign: {wanted} is in use, so a free port is taken");
            Ok(TcpListener::bind((wanted.ip(), 0)).await?)
        }
        Err(error) => Err(error).with_context(|| format!("{wanted} cannot be used")),
    }
}

/// The same file an operator would write, over the pretend products.
/// Opens nothing but the demo's own door.
const TRIGGER_KEY: &str = "pretend-trigger-key";

fn sample(simulator: &Simulator, store: &str) -> String {
    let (client_id, client_secret) = simulator.world().credentials();
    let url = simulator.rmm_url();
    let (username, password, client_id_header) = simulator.world().automate_credentials();
    let automate_url = simulator.automate_url();
    let (control_url, control_secret) =
        (simulator.control_url(), simulator.world().control_secret());
    // Nothing here is secret.
    let key = "0".repeat(64);
    format!(
        r#"
[store]
url = "sqlite:{store}"
key = "{key}"

[connectwise_rmm]
client_id = "{client_id}"
client_secret = "{client_secret}"
base_url = "{url}"
ticket_url = "{url}/portal/tickets/{{id}}"

[connectwise_automate]
server = "automate.example.com"
username = "{username}"
password = "{password}"
client_id_header = "{client_id_header}"
base_url = "{automate_url}"

[connectwise_control]
url = "{control_url}"
secret = "{control_secret}"
trigger_secret = "{TRIGGER_KEY}"

[[people]]
name = "Ana"
roles = ["technician"]

[[people]]
name = "Ben"
roles = ["approver"]

[[people]]
name = "Mia"
roles = ["technician", "manager", "admin"]

[[people]]
name = "Vic"
roles = ["viewer"]

[[rules]]
tool = "connectwise_rmm:cw-rmm-script-*"
ticket = true
"#
    )
}
