//! The read tools: from a call to an answer that reads well in a chat. Every figure is copied or counted
//! from the product's answer.

mod alert;
mod computer;
mod list;

use countersign::bounds::ROWS_SHOWN_MAX;
use countersign::plan::{Call, Target};
use countersign::ports::{Answer, CallError};
use countersign::reply::{Block, Field};
use serde_json::Value;

use crate::Automate;
use crate::client::refused;
use crate::tools;

pub(crate) use alert::Wanted;

pub(crate) async fn read(automate: &Automate, call: &Call) -> Result<Answer, CallError> {
    match call.tool.short() {
        tools::LIST_CLIENTS => list::clients(automate, call).await,
        tools::LIST_COMPUTERS => computer::computers(automate, call).await,
        tools::GET_COMPUTER => computer::computer(automate, call).await,
        tools::LIST_ALERTS => alert::alerts(automate, call).await,
        tools::GET_COMPUTER_ALERTS => alert::of_computer(automate, call).await,
        tools::LIST_SCRIPTS => list::scripts(automate, call).await,
        other => Err(refused(format!("{other} is no tool that reads"))),
    }
}

/// The text of an argument that says something.
pub(crate) fn argument<'a>(call: &'a Call, name: &str) -> Option<&'a str> {
    call.arguments.get(name).and_then(Value::as_str).map(str::trim).filter(|it| !it.is_empty())
}

/// The computer id of a target.
pub(crate) fn computer_id(target: &Target) -> Result<i64, CallError> {
    let id = target.automate.as_deref().ok_or_else(|| {
        refused(format!("{} has no agent of ConnectWise Automate", target.label()))
    })?;
    id.parse().map_err(|_| refused(format!("“{id}” is no id of an Automate computer")))
}

/// The one device of a call, with its id in the product.
pub(crate) fn one_computer(call: &Call) -> Result<(&Target, i64), CallError> {
    let target = call.targets.first().ok_or_else(|| refused("no device is named"))?;
    Ok((target, computer_id(target)?))
}

/// The client of a call, by its id in the product.
pub(crate) fn client_id(call: &Call) -> Result<Option<i64>, CallError> {
    let Some(client) = &call.client else { return Ok(None) };
    let linked = client.automate.as_deref().and_then(|it| it.parse().ok());
    let id = linked.or_else(|| crate::ids::client_of(&client.client));
    id.map(Some).ok_or_else(|| {
        refused(format!(
            "{} is not linked to a client in Automate; an admin can link it with `countersign link`",
            client.name
        ))
    })
}

/// Whether `name` contains `text`, case aside; everything does when there is none.
pub(crate) fn contains(name: &str, text: Option<&str>) -> bool {
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

/// " (online, Windows 11)", or nothing.
fn in_brackets(parts: &[String]) -> String {
    if parts.is_empty() { String::new() } else { format!(" ({})", parts.join(", ")) }
}
