//! Scripts and task definitions.

use countersign::plan::Call;
use countersign::ports::{Answer, CallError};
use serde_json::Value;

use super::{answer, data};
use crate::args::{Args, contains};
use crate::client::Lane;
use crate::rmm::Rmm;
use crate::show::{capital, count, or_dash, table, utc_or_dash};
use crate::wire::{Composite, Json, ShellScript};

impl Rmm {
    /// Composite scripts and active shell scripts together: everything that run-task can run. Costs two
    /// requests.
    pub(crate) async fn list_scripts(&self, call: &Call) -> Result<Answer, CallError> {
        let text = Args(call).text("text");
        let composites = self.client.composites().await?;
        let shell = self.client.shell_scripts(Lane::Person).await?;
        let mut scripts: Vec<(String, Vec<String>, Value)> = Vec::new();
        for value in composites {
            let Some(it) = Composite::read(&value) else { continue };
            let row = vec![
                it.name.clone(),
                "script".to_owned(),
                or_dash(it.category.as_deref()),
                or_dash(Some(&it.description)),
                if it.has_parameters { "takes parameters".to_owned() } else { "–".to_owned() },
                utc_or_dash(it.updated_at),
            ];
            scripts.push((it.name, row, value));
        }
        for value in shell {
            let Some(it) = ShellScript::read(&value).filter(ShellScript::is_active) else {
                continue;
            };
            let row = vec![
                it.name.clone(),
                or_dash(it.engine.as_deref()),
                or_dash(Some(&it.categories.join(", "))),
                or_dash(Some(&it.description)),
                parameters(&it),
                utc_or_dash(it.updated_at),
            ];
            scripts.push((it.name, row, value));
        }
        scripts.retain(|it| text.is_none_or(|text| contains(&it.0, text)));
        scripts.sort_by_key(|it| it.0.to_lowercase());
        let summary = found(scripts.len(), "script", "scripts", text);
        let rows = scripts.iter().map(|it| it.1.clone()).collect();
        let columns = ["Script", "Kind", "Category", "What it does", "Parameters", "Changed"];
        let values = scripts.into_iter().map(|it| it.2).collect();
        Ok(answer(summary, vec![table(&columns, rows)], data("scripts", values)))
    }

    /// Costs one request.
    pub(crate) async fn list_shell_scripts(&self, call: &Call) -> Result<Answer, CallError> {
        let text = Args(call).text("text");
        let values = self.client.shell_scripts(Lane::Person).await?;
        let read = |value: Value| Some((ShellScript::read(&value)?, value));
        let mut scripts: Vec<(ShellScript, Value)> = values.into_iter().filter_map(read).collect();
        scripts.retain(|(it, _)| text.is_none_or(|text| contains(&it.name, text)));
        scripts.sort_by_key(|(it, _)| it.name.to_lowercase());
        let active = scripts.iter().filter(|(it, _)| it.is_active()).count();
        let summary = format!(
            "{}, {active} active",
            found(scripts.len(), "shell script", "shell scripts", text)
        );
        let rows = scripts.iter().map(|(it, _)| {
            vec![
                it.name.clone(),
                or_dash(it.engine.as_deref()),
                or_dash(Some(&it.systems.join(", "))),
                or_dash(Some(&it.description)),
                parameters(it),
                if it.is_active() { "active".to_owned() } else { or_dash(it.state.as_deref()) },
            ]
        });
        let columns = ["Script", "Language", "Systems", "What it does", "Parameters", "State"];
        let blocks = vec![table(&columns, rows.collect())];
        Ok(answer(summary, blocks, data("scripts", scripts.into_iter().map(|it| it.1).collect())))
    }

    /// Costs one request. These are templates with saved parameters; runs are in the summary.
    pub(crate) async fn list_tasks(&self, call: &Call) -> Result<Answer, CallError> {
        let text = Args(call).text("text");
        let mut tasks = self.client.tasks().await?;
        tasks.retain(|it| {
            text.is_none_or(|text| contains(Json(it).text("name").unwrap_or_default(), text))
        });
        let row = |value: &Value| {
            let json = Json(value);
            vec![
                or_dash(json.text("name")),
                or_dash(json.text("type")),
                or_dash(json.text("description")),
                utc_or_dash(json.time(&["updatedAt", "createdAt"])),
            ]
        };
        let rows = tasks.iter().map(row).collect();
        let summary = found(tasks.len(), "task", "tasks", text);
        let blocks = vec![table(&["Task", "Kind", "What it does", "Changed"], rows)];
        Ok(answer(summary, blocks, data("tasks", tasks)))
    }
}

/// The names of what a script takes.
fn parameters(script: &ShellScript) -> String {
    use crate::tools::Published;
    match crate::tools::published(script.schema_text.as_deref()) {
        Published::None => "–".to_owned(),
        Published::Broken => "cannot be read".to_owned(),
        Published::Schema(schema) => {
            let names = schema.get("properties").and_then(Value::as_object);
            let names: Vec<String> = names.into_iter().flat_map(|it| it.keys().cloned()).collect();
            or_dash(Some(&names.join(", ")))
        }
    }
}

fn found(number: usize, thing: &str, things: &str, text: Option<&str>) -> String {
    let counted = capital(&count(number, thing, things));
    match text {
        None => counted,
        Some(text) => format!("{counted} with “{text}” in the name"),
    }
}
