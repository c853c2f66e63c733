//! Clients and scripts.

use countersign::plan::Call;
use countersign::ports::{Answer, CallError};
use countersign::words;
use serde_json::{Value, json};

use super::{argument, contains, listing};
use crate::Automate;
use crate::condition::Condition;
use crate::wire::{ClientRow, ScriptRow};

pub(super) async fn clients(automate: &Automate, call: &Call) -> Result<Answer, CallError> {
    let text = argument(call, "text");
    let mut condition = Condition::default();
    if let Some(text) = text {
        condition = condition.contains("Name", text);
    }
    let mut clients = automate.api.clients(&condition).await?.rows;
    clients.retain(|it| contains(&it.name, text));
    let filter = text.map(|it| format!(" with “{it}” in the name")).unwrap_or_default();
    let summary = format!("{} in Automate{filter}", words::count(clients.len(), "client"));
    let row = |it: &ClientRow| {
        vec![it.name.clone(), it.city.clone().unwrap_or_default(), it.locations.join(", ")]
    };
    let rows = clients.iter().map(row).collect();
    let data: Value = clients
        .iter()
        .map(|it| json!({"clientId": it.id, "name": it.name, "city": it.city, "locations": it.locations}))
        .collect();
    Ok(listing(summary, &["Client", "City", "Locations"], rows, data))
}

/// Only what a person may start on a computer; the rest is counted.
pub(super) async fn scripts(automate: &Automate, call: &Call) -> Result<Answer, CallError> {
    let text = argument(call, "text");
    // Folders cannot be searched by text, so all scripts are read: projected, a row has 300 bytes.
    let mut found = automate.api.scripts(&Condition::default()).await?.rows;
    found.retain(|it| {
        contains(&it.name, text) || it.folder.as_deref().is_some_and(|it| contains(it, text))
    });
    let (scripts, others): (Vec<ScriptRow>, Vec<ScriptRow>) =
        found.into_iter().partition(ScriptRow::is_runnable);
    let filter = text.map(|it| format!(" with “{it}”")).unwrap_or_default();
    let others = match others.len() {
        0 => String::new(),
        count => format!(", and {count} that are not for computers"),
    };
    let summary = format!(
        "{} that can run on a computer{filter}{others}",
        words::count(scripts.len(), "script")
    );
    let row = |it: &ScriptRow| {
        vec![
            it.name.clone(),
            it.folder.clone().unwrap_or_default(),
            it.parameters.join(", "),
            it.comments.as_deref().map(|it| words::cut(it, 80)).unwrap_or_default(),
        ]
    };
    let rows = scripts.iter().map(row).collect();
    let data: Value = scripts
        .iter()
        .map(|it| {
            json!({
                "scriptId": it.id, "name": it.name, "folder": it.folder, "parameters": it.parameters,
                "description": it.comments,
            })
        })
        .collect();
    Ok(listing(summary, &["Script", "Folder", "Parameters", "About"], rows, data))
}
