//! `countersign simulate`: only the pretend products.

use std::path::Path;

use countersign_simulator::session_db::{SessionDb, Times};
use countersign_simulator::{Options, Simulator};

use super::{Outcome, print, unusable};
use crate::cli::{DONE, SessionTimes, SimulateArgs};
use crate::progress;

pub(super) async fn run(args: SimulateArgs) -> Outcome {
    if let Some(path) = &args.session_db {
        return session_db(path, &args).await;
    }
    let endpoints = usize::try_from(args.endpoints)?;
    let options = Options { seed: args.seed, endpoints, listen: args.listen, ..Options::default() };
    let simulator = Simulator::start(options).await.map_err(unusable)?;
    let (client_id, client_secret) = simulator.world().credentials();
    print(&format!(
        "Pretend ConnectWise RMM with {endpoints} devices. Put this into countersign.toml:\n\n\
         [connectwise_rmm]\nclient_id = \"{client_id}\"\nclient_secret = \"{client_secret}\"\nbase_url = \"{}\"\n\n\
         Ctrl-C ends it.\n",
        simulator.rmm_url()
    ))?;
    tokio::signal::ctrl_c().await?;
    simulator.stop().await;
    Ok(DONE)
}

async fn session_db(path: &Path, args: &SimulateArgs) -> Outcome {
    let times = match args.times {
        SessionTimes::Text => Times::Text,
        SessionTimes::Ticks => Times::Ticks,
    };
    let pretend = SessionDb { commands: args.commands, times, ..SessionDb::at(path) };
    let bar = progress::bar(false);
    bar.set_length(args.commands);
    let written = pretend.write(|done| bar.set_position(done)).await;
    bar.finish_and_clear();
    written.map_err(unusable)?;
    print(&format!("{}: {} commands of 30 days\n", path.display(), args.commands))?;
    Ok(DONE)
}
