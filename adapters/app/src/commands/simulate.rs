//! `countersign simulate`: only the pretend products.

use countersign_simulator::{Options, Simulator};

use super::{Outcome, print, unusable};
use crate::cli::{DONE, SimulateArgs};

pub(super) async fn run(args: SimulateArgs) -> Outcome {
    let endpoints = usize::try_from(args.endpoints)?;
    let options = Options { seed: args.seed, endpoints, listen: args.listen, ..Options::default() };
    let simulator = Simulator::start(options).await.map_err(unusable)?;
    let (client_id, client_secret) = simulator.world().credentials();
    let (username, password, client_id_header) = simulator.world().automate_credentials();
    print(&format!(
        "Pretend ConnectWise RMM and Automate with {endpoints} devices. Put this into countersign.toml:\n\n\
         [connectwise_rmm]\nclient_id = \"{client_id}\"\nclient_secret = \"{client_secret}\"\nbase_url = \"{}\"\n\n\
         [connectwise_automate]\nserver = \"automate.example.com\"\nusername = \"{username}\"\npassword = \"{password}\"\nclient_id_header = \"{client_id_header}\"\nbase_url = \"{}\"\n\n\
         Ctrl-C ends it.\n",
        simulator.rmm_url(),
        simulator.automate_url()
    ))?;
    tokio::signal::ctrl_c().await?;
    simulator.stop().await;
    Ok(DONE)
}
