//! The traits the core calls. Adapters implement them; their contracts are written here.

pub mod agents;
mod chat;
pub mod clock;
pub mod groups;
mod processes;
pub mod provider;
pub mod rules;
pub mod store;
pub mod vault;

pub use agents::{Agents, Contact, Installer};
pub use chat::{Chat, ChatError, ExternalId};
pub use clock::{Clock, SystemClock};
pub use groups::{Groups, GroupsError};
pub use processes::{Process, Processes};
pub use provider::{
    Answer, CallError, Drift, Offer, Polled, Position, Provider, SettleOption, Settled, Started,
    SyncBatch, Warned,
};
pub use rules::ReadRules;
pub use store::{
    Accepted, ApprovalFilter, Change, Claimed, Committed, Conducted, Decided, Dispatched, Held,
    InboxId, InboxItem, Line, LineBody, Outgoing, PolicySet, PolicyTable, RunFilter, RunPlaces,
    Speaker, Store, StoreError, SyncState, TokenKind, TrialFilter, Write,
};
pub use vault::Vault;
