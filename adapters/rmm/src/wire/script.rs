//! Composite scripts and shell scripts.

use countersign::digest::Digest;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Json;

/// A composite script; scheduled with `templateType` `fusionscript`, its parameters are not published.
#[derive(Debug, Clone)]
pub(crate) struct Composite {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) category: Option<String>,
    pub(crate) has_parameters: bool,
    pub(crate) updated_at: Option<Timestamp>,
}

impl Composite {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let json = Json(value);
        let id = json.id(&["id", "templateId"])?;
        Some(Self {
            name: json.text("name").unwrap_or(&id).to_owned(),
            description: json.text("description").unwrap_or_default().to_owned(),
            category: json.text("scriptCategory").map(str::to_owned),
            has_parameters: json.flag("hasParameters").unwrap_or(false),
            updated_at: json.time(&["updatedAt", "updatedOn"]),
            id,
        })
    }
}

/// A shell script; scheduled with `templateType` `script`.
#[derive(Debug, Clone)]
pub(crate) struct ShellScript {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) categories: Vec<String>,
    pub(crate) engine: Option<String>,
    pub(crate) expected_secs: Option<u64>,
    /// The text of `jsonSchema`; it may not parse.
    pub(crate) schema_text: Option<String>,
    pub(crate) state: Option<String>,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) updated_at: Option<Timestamp>,
    /// "windows 10, 11".
    pub(crate) systems: Vec<String>,
    pub(crate) content: Digest,
}

impl ShellScript {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let json = Json(value);
        let id = json.id(&["templateId", "id"])?;
        let schema_text = match json.any(&["jsonSchema"]).map(|it| it.0) {
            Some(Value::String(text)) if !text.trim().is_empty() => Some(text.clone()),
            // Written as an object by one of the versions, perhaps.
            Some(value @ Value::Object(_)) => Some(value.to_string()),
            _ => None,
        };
        let words = |json: Json<'_>| json.0.as_str().map(str::to_owned);
        let published = |name: &str| json.get(name).map_or(Value::Null, |it| it.0.clone());
        // Everything that is published of it: a change of any of this voids approvals.
        let content = json!({
            "name": published("name"), "description": published("description"),
            "jsonSchema": schema_text, "executorEngine": published("executorEngine"),
            "updatedOn": published("updatedOn"), "state": published("state"),
            "operatingSystem": published("operatingSystem"),
        });
        Some(Self {
            name: json.text("name").unwrap_or(&id).to_owned(),
            description: json.text("description").unwrap_or_default().to_owned(),
            categories: json.items("categories").filter_map(words).collect(),
            engine: json.text("executorEngine").map(str::to_owned),
            expected_secs: json
                .int_of(&["expectedExecutionTimeSec"])
                .and_then(|it| u64::try_from(it).ok())
                .filter(|it| *it > 0),
            schema_text,
            state: json.text("state").map(str::to_owned),
            created_at: json.time(&["createdOn", "createdAt"]),
            updated_at: json.time(&["updatedOn", "updatedAt"]),
            systems: systems(json),
            content: Digest::of(&content),
            id,
        })
    }

    /// The product publishes no list of states: absent and these words count as active.
    pub(crate) fn is_active(&self) -> bool {
        self.state.as_ref().is_none_or(|state| {
            ["active", "enabled", "published"].iter().any(|it| state.eq_ignore_ascii_case(it))
        })
    }
}

fn systems(json: Json<'_>) -> Vec<String> {
    let Some(families) = json.get("operatingSystem").and_then(|it| it.0.as_object()) else {
        return Vec::new();
    };
    families.keys().cloned().collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn script(state: Value) -> ShellScript {
        ShellScript::read(&json!({
            "templateId": "t1", "name": "Clear Temp", "description": "x", "executorEngine": "powershell",
            "jsonSchema": "{}", "state": state, "updatedOn": "2025-05-06T07:08:09Z",
        }))
        .unwrap()
    }

    #[test]
    fn a_script_without_a_state_is_active() {
        for state in [json!(null), json!(""), json!("Active"), json!("ENABLED"), json!("Published")]
        {
            assert!(script(state.clone()).is_active(), "{state}");
        }
        assert!(!script(json!("Draft")).is_active());
    }

    #[test]
    fn every_published_part_is_part_of_the_content() {
        assert_eq!(script(json!("Active")).content, script(json!("Active")).content);
        assert_ne!(script(json!("Active")).content, script(json!("Draft")).content);
    }
}
