//! The wiring of Countersign: everything the binary is made of, as a library, so that the feature tests
//! start the same bot that an operator starts.

mod asking;
pub mod bot;
pub mod cli;
mod commands;
pub mod config;
pub mod heads;
mod hints;
mod inventory;
mod logging;
mod progress;
pub mod refresh;
pub mod running;
pub mod terminal;
pub mod workers;

/// Installs the one TLS provider of the process; every HTTP client needs it before it is built.
pub fn install_crypto() {
    // An error says that it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

/// Runs the command line and gives the exit code: see [`cli`].
pub async fn run() -> std::process::ExitCode {
    commands::run().await
}
