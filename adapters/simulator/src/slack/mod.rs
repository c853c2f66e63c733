//! A pretend Slack: its Web API, its events, clicks and forms over signed HTTP or Socket Mode, with memory.
//!
//! It is strict: blocks over a documented limit, unknown keys, missing scopes and used-up triggers are refused as
//! Slack refuses them. It can be told to misbehave ([`Fault`]): to throttle, to do a thing and lose the answer, to
//! hang. People are played by the tests: they say, mention, click and fill in forms.
//!
//! ```no_run
//! # async fn demo() -> std::io::Result<()> {
//! use countersign_simulator::slack::{FakeSlack, Options};
//!
//! let slack = FakeSlack::start(Options::default()).await?;
//! slack.add_user("U1", "ana");
//! slack.deliver_by_http("http://127.0.0.1:8080");
//! let asked = slack.mention("U1", "C1", "reboot fs01", None).await;
//! println!("{}", slack.thread("C1", &asked.ts).last().map(|it| it.shown()).unwrap_or_default());
//! # Ok(())
//! # }
//! ```

mod blocks;
mod calls;
mod deliver;
mod faults;
mod install;
mod memory;
mod methods;
mod people;
mod server;
mod socket;
mod views;

pub use blocks::{check_home, check_message, check_modal};
pub use deliver::{Delivered, Kind, sign};
pub use faults::{Fault, FaultKind};
pub use memory::{Ephemeral, Message, Modal, User};
pub use people::Said;
pub use server::{FakeSlack, Options};

/// The workspace, its app and its secrets: short words, so that no scanner takes them for real ones.
pub const TEAM: &str = "T1";
pub const CLIENT_ID: &str = "1.2";
pub const CLIENT_SECRET: &str = "client-test";
pub const APP: &str = "A1";
pub const BOT_USER: &str = "UBOT";
pub const BOT: &str = "B1";
pub const BOT_TOKEN: &str = "xoxb-test";
pub const APP_TOKEN: &str = "xapp-test";
/// 32 hexadecimal digits, as Slack's are.
pub const SIGNING_SECRET: &str = "00000000000000000000000000000001";
