//! What changes something: schedules and tickets. Sent once, with the grant's marker in it.

pub(crate) mod drift;
pub(crate) mod look_up;
pub(crate) mod poll;
pub(crate) mod probe;
mod schedule;
mod ticket;

use countersign::ports::{CallError, Started};
use countersign::run::Grant;

use crate::Rmm;
use crate::client::refused;
use crate::tools::{CREATE_TICKET, RUN_TASK, SCRIPT_PREFIX};

/// Sends the granted call.
pub(crate) async fn start(rmm: &Rmm, grant: Grant) -> Result<Started, CallError> {
    let tool = grant.call().tool.short().to_owned();
    if tool == CREATE_TICKET {
        return ticket::create(rmm, &grant).await;
    }
    if tool == RUN_TASK || tool.starts_with(SCRIPT_PREFIX) {
        return schedule::schedule(rmm, &grant).await;
    }
    Err(refused(format!("{tool} is no tool that starts something")))
}
