//! `countersign simulate`: only the pretend products.

use std::path::Path;

use countersign_simulator::session_db::{SessionDb, Times};
use countersign_simulator::{Options, Simulator};

use super::pretend_slack::PretendSlack;
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
    let (username, password, client_id_header) = simulator.world().automate_credentials();
    print(&format!(
        "Pretend ConnectWise RMM and Automate with {endpoints} devices. Put this into countersign.toml:\n\n\
         [connectwise_rmm]\nclient_id = \"{client_id}\"\nclient_secret = \"{client_secret}\"\nbase_url = \"{}\"\n\n\
         [connectwise_automate]\nserver = \"automate.example.com\"\nusername = \"{username}\"\npassword = \"{password}\"\nclient_id_header = \"{client_id_header}\"\nbase_url = \"{}\"\n",
        simulator.rmm_url(),
        simulator.automate_url()
    ))?;
    const HOW_TO_END: &str = "\nCtrl-C ends it.\n\n";
    if args.slack || args.slack_posts_to.is_some() {
        let slack = PretendSlack::start(args.slack_posts_to.as_deref()).await?;
        print(&format!("\n{}{HOW_TO_END}", slack.config(args.slack_posts_to.is_some())))?;
        tokio::select! {
            played = slack.play() => played?,
            pressed = tokio::signal::ctrl_c() => pressed?,
        }
    } else {
        print(HOW_TO_END)?;
        tokio::signal::ctrl_c().await?;
    }
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
