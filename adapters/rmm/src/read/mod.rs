//! The tools that read. Counts and facts are taken from the product's answer; nothing is guessed.

mod companies;
mod device;
mod devices;
mod patches;
mod scripts;
mod state;
mod tasks;
pub(crate) mod tickets;

use countersign::mask::mask;
use countersign::ports::Answer;
use countersign::reply::Block;
use serde_json::{Value, json};

use crate::show::DATA_ROWS_MAX;

fn answer(summary: impl Into<String>, blocks: Vec<Block>, data: Value) -> Answer {
    Answer { summary: summary.into(), blocks, data, listed: Vec::new() }
}

/// A list for `data`: bounded, with the number of all.
fn data(name: &str, mut items: Vec<Value>) -> Value {
    let total = items.len();
    items.truncate(DATA_ROWS_MAX);
    items.iter_mut().for_each(masked);
    json!({ "total": total, name: items })
}

/// Secrets taken out of every text in it.
fn masked(value: &mut Value) {
    match value {
        Value::String(text) => *text = mask(text),
        Value::Array(items) => items.iter_mut().for_each(masked),
        Value::Object(fields) => fields.values_mut().for_each(masked),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}
