//! One file per command. What they share is here: config, people, printing, exit codes.

mod ask;
mod audit;
mod check;
mod control_db;
mod demo;
mod grants;
mod halt;
mod link;
mod meters;
mod plan;
mod policy;
mod pretend_slack;
mod resolve;
mod rules;
mod scheduled;
mod serve;
mod sign_in;
mod simulate;
mod sync;
mod tools;
mod trials;

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context as _;
use clap::Parser as _;
use countersign::conversation::{Engine, Switch};
use countersign::directory::Person;
use countersign::ports::SystemClock;

use crate::bot::Bot;
use crate::cli::{AuditCommand, Cli, Command, FAILED, PolicyCommand, UNUSABLE};
use crate::config::{self, Config};
use crate::logging;

/// What a command comes to: an exit code, or an error to print.
type Outcome = Result<u8, Trouble>;

/// An error and the exit code it gets.
struct Trouble {
    code: u8,
    error: anyhow::Error,
}

/// Most errors mean that something failed on the way.
impl<E: Into<anyhow::Error>> From<E> for Trouble {
    fn from(error: E) -> Self {
        Self { code: FAILED, error: error.into() }
    }
}

/// It cannot even begin.
fn unusable(error: impl Into<anyhow::Error>) -> Trouble {
    Trouble { code: UNUSABLE, error: error.into() }
}

pub(crate) async fn run() -> ExitCode {
    let cli = Cli::parse();
    let is_service =
        matches!(cli.command, Command::Serve | Command::Demo(_) | Command::Simulate(_));
    logging::start(if is_service { "info" } else { "warn" });
    let outcome = match cli.command {
        Command::Demo(args) => demo::run(args).await,
        Command::Serve => serve::run(&cli.config).await,
        Command::Chat(args) => ask::chat(&cli.config, args).await,
        Command::Ask(args) => ask::run(&cli.config, args).await,
        Command::Plan(args) => plan::run(&cli.config, args).await,
        Command::Resolve(args) => resolve::run(&cli.config, args).await,
        Command::Check(args) => check::run(&cli.config, args).await,
        Command::Sync(args) => sync::run(&cli.config, args).await,
        Command::Tools(args) => tools::run(&cli.config, args).await,
        Command::Policy { command } => match command {
            PolicyCommand::Show(args) => policy::show(&cli.config, args).await,
            PolicyCommand::Set { tool, policy, who } => {
                policy::set(&cli.config, &tool, Some(&policy), who).await
            }
            PolicyCommand::Explain { text, who, json } => {
                policy::explain(&cli.config, &text, who, json).await
            }
            PolicyCommand::Rules { set, dry_run, who } => {
                rules::run(&cli.config, set.as_deref(), dry_run, who).await
            }
            PolicyCommand::Reset { tool, who } => policy::set(&cli.config, &tool, None, who).await,
        },
        Command::Scheduled => scheduled::list(&cli.config).await,
        Command::Cancel(args) => scheduled::cancel(&cli.config, args).await,
        Command::Grants(args) => grants::run(&cli.config, args).await,
        Command::Meters(args) => meters::run(&cli.config, args).await,
        Command::Trials(args) => trials::run(&cli.config, args).await,
        Command::Halt(args) => halt::run(&cli.config, Switch::Halt, args).await,
        Command::Resume(args) => halt::run(&cli.config, Switch::Resume, args).await,
        Command::Audit { command } => match command {
            AuditCommand::Verify(args) => audit::verify(&cli.config, args).await,
            AuditCommand::Head => audit::head(&cli.config).await,
            AuditCommand::Key => audit::key(&cli.config).await,
            AuditCommand::Prove { seq } => audit::prove(&cli.config, seq).await,
            AuditCommand::CheckProof(args) => audit::check_proof(&args),
            AuditCommand::Export { client, after } => {
                audit::export(&cli.config, client.as_deref(), after).await
            }
        },
        Command::Link { command } => link::run(&cli.config, command).await,
        Command::ControlDb { command } => control_db::run(command).await,
        Command::SignIn { name } => sign_in::run(&cli.config, &name).await,
        Command::Simulate(args) => simulate::run(args).await,
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(trouble) => {
            eprintln!("countersign: {:#}", trouble.error);
            ExitCode::from(trouble.code)
        }
    }
}

/// The config of `path` with the environment over it. No file is fine as long as the environment says
/// enough.
fn read_config(path: &Path) -> Result<Config, Trouble> {
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            if !std::env::vars()
                .any(|(name, _)| name.starts_with("COUNTERSIGN_") && name.contains("__"))
            {
                let text = format!(
                    "there is no {}; name another with --config, or try it without any account: countersign demo",
                    path.display()
                );
                return Err(unusable(anyhow::anyhow!(text)));
            }
            String::new()
        }
        Err(error) => {
            return Err(unusable(anyhow::anyhow!("{} cannot be read: {error}", path.display())));
        }
    };
    config::read(&text, std::env::vars())
        .map_err(|problems| unusable(anyhow::anyhow!("{}: {problems}", path.display())))
}

async fn start(path: &Path) -> Result<Bot, Trouble> {
    let config = read_config(path)?;
    Bot::start(config, Arc::new(SystemClock)).await.map_err(unusable)
}

/// The person who speaks: by name, else the first who may ask.
fn speaker<'a>(engine: &'a Engine, name: Option<&str>) -> Result<&'a Person, Trouble> {
    let mut people = engine.people().iter();
    let found = match name {
        Some(name) => people.find(|person| person.name.eq_ignore_ascii_case(name)),
        None => people.find(|person| person.may_ask()),
    };
    let missing = || match name {
        Some(name) => anyhow::anyhow!("{name} is not among the [[people]]"),
        None => anyhow::anyhow!(
            "nobody among the [[people]] may ask; give somebody the role technician"
        ),
    };
    found.ok_or_else(|| unusable(missing()))
}

/// Like [`speaker`], for what only an admin may do.
fn admin<'a>(engine: &'a Engine, name: Option<&str>) -> Result<&'a Person, Trouble> {
    let is_admin = |person: &&Person| person.has(countersign::directory::Role::Admin);
    match name {
        Some(_) => speaker(engine, name),
        None => engine.people().iter().find(is_admin).ok_or_else(|| {
            unusable(anyhow::anyhow!("nobody among the [[people]] has the role admin"))
        }),
    }
}

/// Prints to standard output. A reader that has gone (a closed pipe) is no error.
fn print(text: &str) -> Result<(), Trouble> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => {
            Err(error).context("standard output cannot be written").map_err(Trouble::from)
        }
    }
}

fn print_json(value: &serde_json::Value) -> Result<(), Trouble> {
    print(&format!("{value}\n"))
}

/// The lines of standard input, or the one text itself.
fn inputs(text: &str) -> Box<dyn Iterator<Item = std::io::Result<String>>> {
    if text == "-" {
        Box::new(std::io::stdin().lines())
    } else {
        Box::new(std::iter::once(Ok(text.to_owned())))
    }
}
