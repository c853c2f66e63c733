//! The read tools: from a call to an answer that reads well in a chat. Every figure is copied or counted
//! from the product's answer.

mod automation;
mod company;
mod device;
mod state;
mod ticket;

use countersign::bounds::ROWS_SHOWN_MAX;
use countersign::plan::{Call, Target};
use countersign::ports::{Answer, CallError};
use countersign::reply::{Block, Field};
use countersign::words;
use jiff::Timestamp;
use serde_json::Value;

use crate::Rmm;
use crate::client::refused;
use crate::tools;

pub(crate) async fn read(rmm: &Rmm, call: &Call) -> Result<Answer, CallError> {
    match call.tool.short() {
        tools::LIST_COMPANIES => company::companies(rmm, call).await,
        tools::GET_COMPANY => company::company(rmm, call).await,
        tools::LIST_SITES => company::sites(rmm, call).await,
        tools::LIST_DEVICE_GROUPS => company::groups(rmm).await,
        tools::LIST_DEVICES => device::devices(rmm, call).await,
        tools::GET_DEVICE => device::device(rmm, call).await,
        tools::GET_DEVICE_STATE => state::state(rmm, call).await,
        tools::GET_DEVICE_PATCHES => state::patches(rmm, call).await,
        tools::LIST_SCRIPTS => automation::scripts(rmm, call).await,
        tools::LIST_SHELL_SCRIPTS => automation::shell_scripts(rmm, call).await,
        tools::LIST_TASKS => automation::tasks(rmm, call).await,
        tools::GET_TASKS_SUMMARY => automation::summary(rmm, call).await,
        tools::GET_TASK_RESULTS => automation::results(rmm, call).await,
        tools::LIST_TICKETS => ticket::tickets(rmm, call).await,
        tools::GET_TICKET => ticket::ticket(rmm, call).await,
        other => Err(refused(format!("{other} is no tool that reads"))),
    }
}

/// The text of an argument that says something.
fn argument<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    call.arguments.get(name).and_then(Value::as_str).map(str::trim).filter(|it| !it.is_empty())
}

/// The one device of a call, with its id in the product.
fn endpoint(call: &Call) -> Result<(&Target, &str), CallError> {
    let target = call.targets.first().ok_or_else(|| refused("no device is named"))?;
    let id = target.rmm.as_deref();
    id.map(|id| (target, id))
        .ok_or_else(|| refused(format!("{} has no agent of ConnectWise RMM", target.label())))
}

/// The company id of the client of a call.
fn company_id(call: &Call) -> Option<&str> {
    let client = call.client.as_ref()?;
    client.rmm.as_deref().or_else(|| crate::ids::company_of(&client.client))
}

/// Whether `name` contains `text`, case aside; everything does when there is none.
fn contains(name: &str, text: Option<&str>) -> bool {
    text.is_none_or(|text| name.to_lowercase().contains(&text.to_lowercase()))
}

/// A table of the first rows; the rest is counted.
fn table(columns: &[&str], rows: Vec<Vec<String>>) -> Block {
    let more = rows.len().saturating_sub(ROWS_SHOWN_MAX);
    Block::Table {
        columns: columns.iter().map(|it| (*it).to_owned()).collect(),
        rows: rows.into_iter().take(ROWS_SHOWN_MAX).collect(),
        more,
    }
}

/// A summary line with a table below it; an empty list has the line only.
fn listing(summary: String, columns: &[&str], rows: Vec<Vec<String>>, data: Value) -> Answer {
    let mut blocks = vec![Block::Text(summary.clone())];
    if !rows.is_empty() {
        blocks.push(table(columns, rows));
    }
    Answer { summary, blocks, data, listed: Vec::new() }
}

/// Fields that are there.
fn fields(all: Vec<(&str, Option<String>)>) -> Block {
    let there = all.into_iter().filter_map(|(name, value)| Some(Field::new(name, value?)));
    Block::Fields(there.filter(|field| !field.value.trim().is_empty()).collect())
}

fn at(time: Option<Timestamp>) -> String {
    time.map(words::at).unwrap_or_default()
}
