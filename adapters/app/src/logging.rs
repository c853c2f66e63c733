//! Where log lines go: standard error, so that standard output stays for answers.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

/// `COUNTERSIGN_LOG` (as in `debug` or `countersign=debug,info`) decides how much; `COUNTERSIGN_LOG_FORMAT=json`
/// makes lines for machines.
pub(crate) fn start(default: &str) {
    let filter =
        EnvFilter::try_from_env("COUNTERSIGN_LOG").unwrap_or_else(|_| EnvFilter::new(default));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false);
    let is_json = std::env::var("COUNTERSIGN_LOG_FORMAT").is_ok_and(|format| format == "json");
    // An error says that logging is set up already.
    let _ = if is_json { lines.json().try_init() } else { lines.try_init() };
}
