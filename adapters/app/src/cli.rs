//! The command line.
//!
//! Exit codes: 0 done; 1 something failed on the way; 2 the command line, the configuration or the store
//! cannot be used; 3 understood, and not done: it waits for an approval or an answer, was refused, or
//! `check` found something.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

/// Done.
pub const DONE: u8 = 0;
/// Something failed on the way.
pub const FAILED: u8 = 1;
/// Command line, configuration or store cannot be used.
pub const UNUSABLE: u8 = 2;
/// Understood, and not done.
pub const NOT_DONE: u8 = 3;

#[derive(Debug, Parser)]
#[command(
    name = "countersign",
    version,
    about = "Chat-ops for MSP technicians: one device found, a person approves, it runs once.",
    after_help = "Exit codes: 0 done, 1 failed, 2 cannot be used (command line, configuration, store), \
                  3 understood and not done (waits, refused, or check found something).\n\
                  Try it without any account: countersign demo"
)]
pub struct Cli {
    /// The configuration file
    #[arg(long, global = true, default_value = "countersign.toml", value_name = "FILE")]
    pub config: PathBuf,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start everything with pretend products and a console: no account, no key, no server
    Demo(DemoArgs),
    /// Start the bot with the configuration file
    Serve,
    /// Talk to it here in the terminal
    Chat(AsArgs),
    /// Ask one thing and print what comes back
    Ask(AskArgs),
    /// Show what a request would do, without doing it
    Plan(PlanArgs),
    /// Show which device a phrase means, and why
    Resolve(ResolveArgs),
    /// Check configuration, store and products
    Check(JsonArgs),
    /// Bring the local copy of clients, devices and scripts up to date
    Sync(SyncArgs),
    /// List all tools with their policies
    Tools(ToolsArgs),
    /// Show or set the policy of a tool
    Policy {
        #[command(subcommand)]
        command: PolicyCommand,
    },
    /// How tired of approval cards people may be, with suggestions
    Meters(MetersArgs),
    /// How plans that nothing ran of compare with what was done instead
    Trials(TrialsArgs),
    /// Pull the kill switch, or list what is halted: `halt client "Acme" --reason "incident"`
    Halt(HaltArgs),
    /// Let halted things run again: `resume everything`
    Resume(HaltArgs),
    /// List standing grants, sign or revoke one: `grants revoke 7F3K`
    Grants(GrantsArgs),
    /// List what waits for its start
    Scheduled,
    /// Call a run off that was not sent, or the rest of one under way: `cancel CS-0123456789ab`
    Cancel(CancelArgs),
    /// Look into the audit log
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Show or decide which client of one product is which client of another
    Link {
        #[command(subcommand)]
        command: Option<LinkCommand>,
    },
    /// Print a one-time link that signs a person in to the console
    SignIn {
        /// The person's name
        name: String,
    },
    /// Look after the Session.db of a self-hosted ConnectWise Control server
    ControlDb {
        #[command(subcommand)]
        command: ControlDbCommand,
    },
    /// Start only the pretend products, to try a configuration against
    Simulate(SimulateArgs),
}

#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Where the console listens; another free port is taken when this one is in use
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,
    /// How many devices the pretend fleet has
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    pub endpoints: u32,
    /// Keep the database in this file; without it, it is gone when the demo ends
    #[arg(long, value_name = "FILE")]
    pub store: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct AsArgs {
    /// Who is speaking: a name of [[people]]
    #[arg(long = "as", value_name = "NAME")]
    pub person: Option<String>,
}

#[derive(Debug, Args)]
pub struct AskArgs {
    /// The request, as you would write it in chat
    pub text: String,
    #[command(flatten)]
    pub who: AsArgs,
    /// Wait until an approval is decided and the run is over
    #[arg(long)]
    pub wait: bool,
    /// Go on in this conversation, so that "and its patches?" means something
    #[arg(long, value_name = "NAME", default_value = "ask")]
    pub conversation: String,
}

#[derive(Debug, Args)]
pub struct PlanArgs {
    /// The request; "-" reads one per line, as text or as {"text": "…", "conversation": "…"}
    pub text: String,
    #[command(flatten)]
    pub who: AsArgs,
    /// One JSON object per request
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ResolveArgs {
    /// The phrase, such as "Maria's laptop"; "-" reads one per line
    pub phrase: String,
    /// One JSON object per phrase
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct JsonArgs {
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct SyncArgs {
    /// Start over instead of going on where the last sync stopped
    #[arg(long)]
    pub fresh: bool,
    /// One JSON object per piece instead of a progress bar
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ToolsArgs {
    /// Only tools whose name or title contains this
    pub search: Option<String>,
    /// One JSON object per tool
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Policies that an operator set, and proposals of the classifier
    Show(JsonArgs),
    /// Set the policy of a tool
    Set {
        /// Full or short name: cw-rmm-script-disk-cleanup
        tool: String,
        /// auto, approval_needed, plan_only or never
        policy: String,
        #[command(flatten)]
        who: AsArgs,
    },
    /// Show which rules would fire on a request, and why; nothing is done
    Explain {
        /// The request, as you would write it in chat
        text: String,
        #[command(flatten)]
        who: AsArgs,
        /// One JSON object per call
        #[arg(long)]
        json: bool,
    },
    /// Show the rules of the console, or save others: `policy rules --set FILE`
    Rules {
        /// A file with [[rules]]; what it would change is printed first
        #[arg(long, value_name = "FILE")]
        set: Option<PathBuf>,
        /// Only print what the file would change
        #[arg(long, requires = "set")]
        dry_run: bool,
        #[command(flatten)]
        who: AsArgs,
    },
    /// Go back to the default policy of a tool
    Reset {
        tool: String,
        #[command(flatten)]
        who: AsArgs,
    },
}

#[derive(Debug, Args)]
pub struct CancelArgs {
    /// The code, as `scheduled` lists it
    pub code: String,
    #[command(flatten)]
    pub who: AsArgs,
}

#[derive(Debug, Args)]
pub struct GrantsArgs {
    #[command(subcommand)]
    pub command: Option<GrantsCommand>,
    /// Those that ended, too
    #[arg(long)]
    pub all: bool,
    /// One JSON object per grant
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Subcommand)]
pub enum GrantsCommand {
    /// Sign one that was asked for: the role manager, and not who asked
    Sign {
        code: String,
        #[command(flatten)]
        who: AsArgs,
    },
    /// Take one back; it holds at once, also for what is queued
    Revoke {
        code: String,
        /// Why; people see it
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        who: AsArgs,
    },
}

#[derive(Debug, Args)]
pub struct MetersArgs {
    /// How many days back
    #[arg(long, default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=365))]
    pub days: u32,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct TrialsArgs {
    /// How many days back
    #[arg(long, default_value_t = 14, value_parser = clap::value_parser!(u32).range(1..=365))]
    pub days: u32,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct HaltArgs {
    /// everything, client, tool or person; without it, what is halted is listed
    pub what: Option<String>,
    /// The name of the client, tool or person
    #[arg(default_value = "")]
    pub name: String,
    /// Why; people see it
    #[arg(long)]
    pub reason: Option<String>,
    #[command(flatten)]
    pub who: AsArgs,
}

#[derive(Debug, Subcommand)]
pub enum LinkCommand {
    /// Every client of Automate and Control, what it is and what it is like
    Show(JsonArgs),
    /// Link a client of Automate or Control to a client of a product before it, each by name or id
    Set {
        client: String,
        to: String,
        #[command(flatten)]
        who: AsArgs,
    },
    /// Link all whose suggestion stands out
    Accept {
        #[command(flatten)]
        who: AsArgs,
    },
    /// Make it a client of its own, or all that nothing is like
    Own {
        #[arg(required_unless_present = "missing", conflicts_with = "missing")]
        client: Option<String>,
        /// All clients of a second product that no client of the first is like
        #[arg(long)]
        missing: bool,
        #[command(flatten)]
        who: AsArgs,
    },
    /// Leave a client and its devices out
    Out {
        client: String,
        #[command(flatten)]
        who: AsArgs,
    },
    /// Take a decision back
    Undo {
        client: String,
        #[command(flatten)]
        who: AsArgs,
    },
    /// Take in only the clients of a second product that somebody decided about
    Only {
        state: OnOff,
        #[command(flatten)]
        who: AsArgs,
    },
    /// Devices that nobody can tell apart
    Conflicts(JsonArgs),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum OnOff {
    On,
    Off,
}

impl OnOff {
    pub fn is_on(self) -> bool {
        self == Self::On
    }
}

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check that no entry was changed, removed or cut off
    Verify(VerifyArgs),
    /// Sign what is in the log now and print the head, to be kept outside
    Head,
    /// Print the public key that heads are signed with
    Key,
    /// Print an entry with the proof that it is in the log
    Prove {
        /// Its number
        #[arg(value_name = "ENTRY")]
        seq: i64,
    },
    /// Check proofs, one per line; needs neither a configuration nor a store
    CheckProof(ProofArgs),
    /// Print entries as JSON lines
    Export {
        /// Only what is this client's own, by name, each entry with its proof
        #[arg(long)]
        client: Option<String>,
        /// Only entries after this number
        #[arg(long, default_value_t = 0)]
        after: i64,
    },
}

#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// Compare with a head that was kept outside, as `audit head` printed or as it was posted
    #[arg(long, value_name = "FILE")]
    pub head: Option<PathBuf>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ProofArgs {
    /// What `audit prove` or `audit export --client` printed
    pub file: PathBuf,
    /// Whose signature counts: what `audit key` prints
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
}

#[derive(Debug, Subcommand)]
pub enum ControlDbCommand {
    /// What is in the file: events by kind, their size and age; the server may run
    Report(ControlDbArgs),
    /// Hide commands and answers from Control's pages, which makes them fast again
    #[command(name = "soft-delete")]
    SoftDelete {
        #[command(flatten)]
        file: ControlDbArgs,
        #[command(flatten)]
        change: ControlDbChange,
    },
    /// Delete commands and answers for good
    Purge {
        #[command(flatten)]
        file: ControlDbArgs,
        #[command(flatten)]
        change: ControlDbChange,
        /// Give the freed space back to the disk; needs as much free space as the file is large
        #[arg(long)]
        shrink: bool,
    },
}

#[derive(Debug, Args)]
pub struct ControlDbArgs {
    /// The file, on the server under App_Data; or a copy of it with its -wal
    #[arg(value_name = "SESSION.DB")]
    pub path: PathBuf,
    /// What counts as old; younger events are left alone [default: 7, soft-delete 1]
    #[arg(long, value_name = "DAYS", value_parser = clap::value_parser!(u32).range(0..=36_500))]
    pub older_than: Option<u32>,
    /// One JSON object
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub struct ControlDbChange {
    /// Do it; without this, only what would be done is shown
    #[arg(long)]
    pub apply: bool,
    /// Where the copy of before goes [default: beside the file, with the time in its name]
    #[arg(long, value_name = "FILE")]
    pub backup: Option<PathBuf>,
    /// Go on even if every command and answer in a table counts as old
    #[arg(long)]
    pub even_all: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum SessionTimes {
    Text,
    Ticks,
}

#[derive(Debug, Args)]
pub struct SimulateArgs {
    /// Where the pretend products listen; loopback only
    #[arg(long, default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
    /// How many devices
    #[arg(long, default_value_t = 25, value_parser = clap::value_parser!(u32).range(20..=100_000))]
    pub endpoints: u32,
    /// The fleet is the same for the same seed
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// A pretend Slack as well, over Socket Mode; its people are played in this terminal
    #[arg(long)]
    pub slack: bool,
    /// The same over HTTP: where the bot listens
    #[arg(long, value_name = "URL")]
    pub slack_posts_to: Option<String>,
    /// Write a pretend Session.db of ConnectWise Control to this file, and end
    #[arg(long, value_name = "FILE")]
    pub session_db: Option<PathBuf>,
    /// How many commands are in it, each with some two more events
    #[arg(long, default_value_t = 10_000, requires = "session_db", value_parser = clap::value_parser!(u64).range(1..=100_000_000))]
    pub commands: u64,
    /// How it keeps times: both are in use
    #[arg(long, default_value = "text", requires = "session_db")]
    pub times: SessionTimes,
}
