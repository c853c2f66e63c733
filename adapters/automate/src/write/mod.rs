//! The write tools: settled before anybody approves, checked right before they go out, sent once, and told
//! from the product's own records.

mod baseline;
mod by_hand;
mod clear;
mod drift;
mod launch;
mod offer;
mod outcome;
mod probe;
mod settle;
mod which;

use countersign::plan::Call;
use countersign::ports::{CallError, Drift, Offer, Polled, Settled, Started};
use countersign::run::{Baseline, Grant, Handle, LookUp};
use countersign::trial::Seen;
use jiff::Timestamp;

use crate::Automate;
use crate::client::refused;
use crate::tools;

pub(crate) use probe::probe;

fn is_clear(call: &Call) -> bool {
    call.tool.short() == tools::CLEAR_ALERT
}

pub(crate) async fn settle(automate: &Automate, call: Call) -> Result<Settled, CallError> {
    match call.tool.short() {
        tools::CLEAR_ALERT => settle::alert(automate, call).await,
        tools::RUN_SCRIPT => settle::script(automate, call).await,
        _ => Ok(Settled::Call(Box::new(call))),
    }
}

pub(crate) async fn drift(automate: &Automate, call: &Call) -> Result<Option<Drift>, CallError> {
    match is_clear(call) {
        true => drift::alert(automate, call).await,
        false => drift::script(automate, call).await,
    }
}

pub(crate) async fn baseline(
    automate: &Automate,
    call: &Call,
) -> Result<Option<Baseline>, CallError> {
    match is_clear(call) {
        true => Ok(None),
        false => baseline::read(automate, call).await.map(|it| Some(it.keep())),
    }
}

pub(crate) async fn start(automate: &Automate, grant: Grant) -> Result<Started, CallError> {
    if !grant.call().is_write() {
        return Err(refused("this is no call that changes anything"));
    }
    match is_clear(grant.call()) {
        true => clear::start(automate, grant.call()).await,
        false => launch::start(automate, &grant).await,
    }
}

pub(crate) async fn poll(
    automate: &Automate,
    call: &Call,
    handle: &Handle,
) -> Result<Polled, CallError> {
    outcome::poll(automate, call, handle).await
}

pub(crate) async fn offers(automate: &Automate, call: &Call) -> Vec<Offer> {
    match is_clear(call) {
        true => Vec::new(),
        false => offer::after(automate, call).await,
    }
}

pub(crate) async fn look_up(
    automate: &Automate,
    call: &Call,
    since: Timestamp,
    baseline: Option<&Baseline>,
) -> LookUp {
    match is_clear(call) {
        true => clear::look_up(automate, call).await,
        false => outcome::look_up(automate, call, since, baseline).await,
    }
}

pub(crate) async fn done_by_hand(
    automate: &Automate,
    call: &Call,
    before: Option<&Baseline>,
) -> Result<Seen, CallError> {
    match is_clear(call) {
        true => by_hand::alert(automate, call).await,
        false => by_hand::script(automate, call, before).await,
    }
}

/// An error before the write went out, as one that leaves no doubt.
fn not_sent(error: CallError) -> CallError {
    match error {
        CallError::Unanswered { product, detail } | CallError::Failed { product, detail } => {
            CallError::Unreachable {
                product,
                detail: format!("before anything was sent: {detail}"),
            }
        }
        other => other,
    }
}
