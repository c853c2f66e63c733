//! The sections of the config file as types.

use std::net::SocketAddr;

use countersign::conversation::{Channel, Rollout, Thread};
use countersign::directory::People;
use countersign::policy::{Caps, Rule};
use countersign::ports::RunPlaces;
use countersign::schedule::Calendar;
use secrecy::SecretString;

/// Everything, checked.
#[derive(Debug)]
pub struct Config {
    pub server: Server,
    /// `[store] url`, default `sqlite:countersign.db`.
    pub store_url: String,
    /// `[store] key`, default none: seals the secrets that come while the bot runs.
    pub store_key: Option<countersign_sql::Key>,
    pub rmm: Option<Rmm>,
    pub automate: Option<Automate>,
    pub control: Option<Control>,
    pub slack: Option<countersign_slack::Config>,
    pub people: People,
    pub channels: Vec<Channel>,
    pub rules: Vec<Rule>,
    /// `[caps]`, default none.
    pub caps: Caps,
    /// `[[clients]]`: time zone, business hours and maintenance windows.
    pub calendars: Vec<Calendar>,
    /// `[audit] post_heads_to`, default none: where a signed head of the audit log is posted every day.
    pub post_heads_to: Option<Thread>,
    /// `[rollout]`, default none: all devices at once unless the request says “canary first”.
    pub rollout: Option<Rollout>,
    pub runs: Runs,
}

/// `[runs]`.
#[derive(Debug, Clone, Copy)]
pub struct Runs {
    /// `at_once`, default 32: runs that one process works on side by side.
    pub at_once: usize,
    /// `at_once_per_product`, default 12, or fewer where there are fewer in all; `runs_at_once` of a product's
    /// section is for that product.
    pub places: RunPlaces,
}

/// `[server]`.
#[derive(Debug, Clone)]
pub struct Server {
    /// `listen`, default `127.0.0.1:8080`.
    pub listen: SocketAddr,
    /// `public_url`, where people reach the console from outside.
    pub public_url: Option<String>,
}

/// `[connectwise_rmm]`.
#[derive(Debug)]
pub struct Rmm {
    pub client_id: String,
    pub client_secret: SecretString,
    pub region: String,
    pub base_url: Option<String>,
    /// `ticket_url`: where a ticket is shown, with `{id}` and `{number}`.
    pub ticket_url: Option<String>,
    pub automation: Automation,
}

/// `[connectwise_automate]`.
#[derive(Debug)]
pub struct Automate {
    pub server: countersign_automate::Config,
    pub automation: Automation,
}

/// `[connectwise_control]`.
#[derive(Debug)]
pub struct Control {
    pub server: countersign_control::Config,
    /// `inventory_hours`, default 24: how often machines are asked for their inventory. 0: never.
    pub inventory_hours: u32,
    /// `trigger_secret`, default none: the last part of the address to which the server sends its triggers.
    pub trigger_secret: Option<SecretString>,
    pub automation: Automation,
}

/// How a product is kept in step.
#[derive(Debug, Clone, Copy)]
pub struct Automation {
    /// `sync_mins`, default 15.
    pub sync_mins: u32,
}
