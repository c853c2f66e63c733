//! Scripts as tools: slugs, parameters by name, and the way back to what the product wants.

use std::collections::{HashMap, HashSet};

use countersign::directory::{Product, Script};
use countersign::policy::Policy;
use countersign::tool::{Aim, Effect, ScriptRef, Tool};
use serde_json::{Map, Value, json};

use crate::tools::{SCRIPT_PREFIX, name};
use crate::wire::ScriptRow;

/// Longest slug, without the number of a clash.
const SLUG_MAX: usize = 48;

/// Longest value of a parameter.
const VALUE_MAX: usize = 4_000;

/// The scripts that a person may start on a computer, each with its stable slug. Scripts whose names
/// differ only in what a slug drops carry their id in it, all of them: which one came first must not
/// matter.
pub(crate) fn scripts(found: Vec<ScriptRow>) -> Vec<Script> {
    let mut seen = HashSet::new();
    let runnable: Vec<ScriptRow> =
        found.into_iter().filter(|it| it.is_runnable() && seen.insert(it.id)).collect();
    let mut uses: HashMap<String, usize> = HashMap::new();
    for script in &runnable {
        *uses.entry(slug(&script.name)).or_default() += 1;
    }
    let script = |row: ScriptRow| {
        let plain = slug(&row.name);
        let clashes = plain.is_empty() || uses.get(&plain).is_some_and(|it| *it > 1);
        let slug = match clashes {
            true => format!("{plain}-{}", row.id).trim_start_matches('-').to_owned(),
            false => plain,
        };
        Script {
            product: Product::Automate,
            id: row.id.to_string(),
            slug,
            description: description(&row),
            schema: schema(&row.parameters),
            // The product publishes names only, and names cannot be broken.
            schema_broken: false,
            expected_secs: None,
            content: row.content,
            name: row.name,
        }
    };
    runnable.into_iter().map(script).collect()
}

fn description(row: &ScriptRow) -> String {
    match (&row.comments, &row.folder) {
        (Some(comments), _) => comments.clone(),
        (None, Some(folder)) => format!("Automate script in {folder}"),
        (None, None) => "Automate script".to_owned(),
    }
}

/// "Agent - Clear Temp Files" becomes "agent-clear-temp-files".
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.chars().flat_map(char::to_lowercase) {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.ends_with('-') && !slug.is_empty() {
            slug.push('-');
        }
    }
    slug.truncate(SLUG_MAX);
    slug.trim_matches('-').to_owned()
}

/// Every parameter is text, and none is known to be required.
fn schema(parameters: &[String]) -> Option<Value> {
    if parameters.is_empty() {
        return None;
    }
    let property = |name: &String| {
        (name.clone(), json!({"type": "string", "title": name, "maxLength": VALUE_MAX}))
    };
    let properties: Map<String, Value> = parameters.iter().map(property).collect();
    Some(json!({"type": "object", "properties": properties, "additionalProperties": false}))
}

pub(crate) fn tool(script: &Script) -> Tool {
    let empty = || json!({"type": "object", "properties": {}, "additionalProperties": false});
    Tool {
        name: name(&format!("{SCRIPT_PREFIX}{}", script.slug)),
        product: Product::Automate,
        title: script.name.clone(),
        description: script.description.clone(),
        schema: script.schema.clone().unwrap_or_else(empty),
        effect: Effect::Write,
        aim: Aim::Devices,
        default_policy: Policy::ApprovalNeeded,
        script: Some(ScriptRef {
            id: script.id.clone(),
            name: script.name.clone(),
            content: script.content.clone(),
            expected_secs: None,
        }),
    }
}

/// Arguments as the product wants them, with its own spelling of the names; what is wrong with them as a
/// sentence.
pub(crate) fn parameters(
    script: &str,
    known: &[String],
    arguments: &Map<String, Value>,
) -> Result<Vec<(String, String)>, String> {
    let mut pairs = Vec::with_capacity(arguments.len());
    for (name, value) in arguments {
        let Some(name) = known.iter().find(|it| it.eq_ignore_ascii_case(name)) else {
            let have = match known {
                [] => "it takes none".to_owned(),
                some => format!("it takes {}", countersign::words::list(some)),
            };
            return Err(format!("“{script}” has no parameter “{name}”; {have}"));
        };
        let value = match value {
            Value::String(text) => text.clone(),
            Value::Number(_) | Value::Bool(_) => value.to_string(),
            Value::Null => continue,
            Value::Array(_) | Value::Object(_) => {
                return Err(format!("“{name}” of “{script}” takes a text"));
            }
        };
        if value.chars().count() > VALUE_MAX {
            return Err(format!("“{name}” of “{script}” is longer than {VALUE_MAX} characters"));
        }
        pairs.push((name.clone(), value));
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::{FromRow, Row};

    fn row(id: i64, name: &str, more: Value) -> ScriptRow {
        let mut value = json!({"Id": id.to_string(), "Name": name, "IsComputerScript": true});
        let fields = value.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        ScriptRow::from_row(Row(fields)).unwrap()
    }

    #[test]
    fn slugs_do_not_depend_on_the_order_of_scripts() {
        let all = [
            row(5, "Agent - Clear Temp", json!({})),
            row(6, "Agent: clear temp!", json!({})),
            row(7, "äöü", json!({})),
            row(8, "Flush DNS", json!({})),
            row(9, "Called by others", json!({"IsFunctionScript": true})),
            row(10, "For locations", json!({"IsComputerScript": false})),
            row(11, &"long name ".repeat(20), json!({})),
        ];
        let slugs = |rows: Vec<ScriptRow>| {
            let mut slugs: Vec<String> = scripts(rows).into_iter().map(|it| it.slug).collect();
            slugs.sort();
            slugs
        };
        let forward = slugs(all.to_vec());
        assert_eq!(forward[..3], ["7", "agent-clear-temp-5", "agent-clear-temp-6"]);
        assert_eq!(forward[3], "flush-dns");
        assert!(forward[4].starts_with("long-name-long-name") && forward[4].len() <= SLUG_MAX);
        assert_eq!(forward, slugs(all.into_iter().rev().collect()));
    }

    #[test]
    fn parameters_are_taken_by_name_and_told_when_unknown() {
        let map = |value: Value| value.as_object().unwrap().clone();
        let known = ["DaysOld".to_owned(), "DryRun".to_owned()];
        let taken = parameters("x", &known, &map(json!({"DryRun": true, "daysold": 14})));
        assert_eq!(
            taken.unwrap(),
            [("DryRun".into(), "true".into()), ("DaysOld".into(), "14".into())]
        );
        let refused = parameters("Clear Temp", &known, &map(json!({"Days": 1}))).unwrap_err();
        assert_eq!(refused, "“Clear Temp” has no parameter “Days”; it takes DaysOld and DryRun");
        assert!(parameters("x", &known, &map(json!({"DryRun": {}}))).is_err());
    }

    #[test]
    fn a_script_without_parameters_takes_none() {
        let script = scripts(vec![row(8, "Flush DNS", json!({"Comments": "Safe"}))]).remove(0);
        assert_eq!((script.schema.as_ref(), script.description.as_str()), (None, "Safe"));
        let tool = tool(&script);
        assert_eq!(tool.name.as_str(), "connectwise_automate:cwa-script-flush-dns");
        assert_eq!(tool.default_policy, Policy::ApprovalNeeded);
    }

    #[test]
    fn every_edit_of_a_script_changes_its_digest() {
        let plain = row(8, "Flush DNS", json!({"Version": 6}));
        for more in
            [json!({"Version": 7}), json!({"Version": 6, "UpdateDate": "2026-01-15T09:20:11"})]
        {
            assert_ne!(row(8, "Flush DNS", more).content, plain.content);
        }
    }
}
