//! Shell scripts as tools: slugs, published parameters, and the way back to what the product wants.

use std::collections::HashSet;

use countersign::directory::{Product, Script};
use countersign::policy::Policy;
use countersign::tool::{Aim, Effect, ScriptRef, Tool};
use serde_json::{Map, Value, json};

use crate::tools::{SCRIPT_PREFIX, name};
use crate::wire::ShellScript;

/// Longest slug, without the suffix of a clash.
const SLUG_MAX: usize = 48;

/// Names that our call uses itself; a parameter with one of them is renamed in the tool.
const RESERVED: [&str; 2] = ["targets", "targetType"];

/// What a renamed parameter begins with.
const RENAMED: &str = "param_";

/// The name under which a broken schema takes its parameters as one object.
const FREE: &str = "parameters";

/// The scripts of the tenant that may be run, each with its stable slug.
pub(crate) fn scripts(mut found: Vec<ShellScript>) -> Vec<Script> {
    found.retain(ShellScript::is_active);
    // By id, so that a clash always falls on the same script.
    found.sort_by(|one, other| one.id.cmp(&other.id));
    let mut taken: HashSet<String> = HashSet::new();
    found
        .into_iter()
        .map(|script| {
            let mut slug = slug(&script.name);
            if !taken.insert(slug.clone()) {
                let hex: String =
                    script.id.chars().filter(char::is_ascii_hexdigit).take(6).collect();
                slug = format!("{slug}-{hex}");
                let plain = slug.clone();
                let mut number = 2;
                while !taken.insert(slug.clone()) {
                    slug = format!("{plain}-{number}");
                    number += 1;
                }
            }
            let (schema, schema_broken) = published(script.schema_text.as_deref());
            Script {
                product: Product::Rmm,
                slug,
                name: script.name,
                description: script.description,
                schema,
                schema_broken,
                expected_secs: script.expected_secs,
                content: script.content,
                id: script.id,
            }
        })
        .collect()
}

/// "Clear Temp Files" becomes "clear-temp-files".
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
    let slug = slug.trim_matches('-');
    if slug.is_empty() { "script".to_owned() } else { slug.to_owned() }
}

/// The schema of the parameters as the tool shows it, and whether the published one is broken.
fn published(text: Option<&str>) -> (Option<Value>, bool) {
    let Some(text) = text else { return (None, false) };
    let Ok(Value::Object(schema)) = serde_json::from_str::<Value>(text) else {
        return (None, true);
    };
    let Some(properties) = schema.get("properties") else { return (None, false) };
    let Some(properties) = properties.as_object() else { return (None, true) };
    let required: Vec<&str> = schema
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mut shown = Map::new();
    for (name, property) in properties {
        let Some(property) = property.as_object() else { return (None, true) };
        let kept = property.iter().filter(|(key, _)| KEPT.contains(&key.as_str()));
        shown.insert(
            renamed(name),
            Value::Object(kept.map(|(key, value)| (key.clone(), value.clone())).collect()),
        );
    }
    let required: Vec<String> =
        required.into_iter().filter(|it| properties.contains_key(*it)).map(renamed).collect();
    let schema = json!({
        "type": "object",
        "properties": shown,
        "required": required,
        // What is not published is not sent.
        "additionalProperties": false,
    });
    // A schema that cannot be compiled would refuse every call.
    match jsonschema::validator_for(&schema) {
        Ok(_) => (Some(schema), false),
        Err(_) => (None, true),
    }
}

/// Parts of a property that are taken over. References and the like stay outside.
const KEPT: [&str; 14] = [
    "type",
    "title",
    "description",
    "default",
    "enum",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "pattern",
    "items",
    "format",
    "exclusiveMinimum",
    "exclusiveMaximum",
];

fn renamed(name: &str) -> String {
    if RESERVED.contains(&name) { format!("{RENAMED}{name}") } else { name.to_owned() }
}

pub(crate) fn tool(script: &Script) -> Tool {
    let schema = match (&script.schema, script.schema_broken) {
        (Some(schema), _) => schema.clone(),
        (None, false) => json!({"type": "object", "properties": {}, "additionalProperties": false}),
        (None, true) => json!({
            "type": "object",
            "properties": {FREE: {
                "type": "object",
                "title": "Parameters",
                "description": "The product publishes parameters that cannot be read; write them as a JSON object.",
            }},
            "additionalProperties": false,
        }),
    };
    Tool {
        name: name(&format!("{SCRIPT_PREFIX}{}", script.slug)),
        product: Product::Rmm,
        title: script.name.clone(),
        description: script.description.clone(),
        schema,
        effect: Effect::Write,
        aim: Aim::Devices,
        default_policy: Policy::ApprovalNeeded,
        script: Some(ScriptRef {
            id: script.id.clone(),
            name: script.name.clone(),
            content: script.content.clone(),
            expected_secs: script.expected_secs,
        }),
    }
}

/// The arguments of a script tool as the product wants them: a text with a JSON object in it, or nothing.
pub(crate) fn parameters(arguments: &Map<String, Value>) -> Option<String> {
    let free = match arguments.get(FREE) {
        Some(Value::Object(free)) if arguments.len() == 1 => Some(free.clone()),
        _ => None,
    };
    let plain = |(name, value): (&String, &Value)| {
        let name = name.strip_prefix(RENAMED).filter(|it| RESERVED.contains(it)).unwrap_or(name);
        (name.to_owned(), value.clone())
    };
    let parameters: Map<String, Value> =
        free.unwrap_or_else(|| arguments.iter().map(plain).collect());
    (!parameters.is_empty()).then(|| Value::Object(parameters).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(id: &str, name: &str, schema: Option<&str>) -> ShellScript {
        let value =
            json!({"templateId": id, "name": name, "jsonSchema": schema, "state": "Active"});
        ShellScript::read(&value).unwrap()
    }

    #[test]
    fn slugs_are_stable_short_and_unique() {
        let found = vec![
            shell("bbbbbb22", "Clear Temp!", None),
            shell("aaaaaa11", "Clear  temp", None),
            shell("cc", "äöü", None),
            shell("dd", &"long name ".repeat(20), None),
        ];
        let slugs: Vec<String> = scripts(found).into_iter().map(|it| it.slug).collect();
        assert_eq!(slugs[..3], ["clear-temp", "clear-temp-bbbbbb", "script"]);
        assert!(slugs[3].len() <= SLUG_MAX);
    }

    #[test]
    fn a_published_schema_becomes_the_tools_and_a_broken_one_is_free() {
        let good = r#"{"type":"object","properties":{"targets":{"type":"integer","$ref":"http://x"},"b":{"enum":["x"]}},"required":["targets","gone"]}"#;
        let (schema, broken) = published(Some(good));
        let schema = schema.unwrap();
        assert!(!broken);
        assert_eq!(schema["properties"]["param_targets"], json!({"type": "integer"}));
        assert_eq!(schema["required"], json!(["param_targets"]));
        for bad in [
            "not json",
            "[]",
            r#"{"properties":{"a":5}}"#,
            r#"{"properties":{"a":{"type":"nonsense"}}}"#,
        ] {
            assert_eq!(published(Some(bad)), (None, true), "{bad}");
        }
        assert_eq!(published(None), (None, false));
    }

    #[test]
    fn arguments_go_back_to_what_the_product_wants() {
        let map = |value: Value| value.as_object().unwrap().clone();
        assert_eq!(parameters(&map(json!({}))), None);
        assert_eq!(
            parameters(&map(json!({"days": 7, "on": true}))).unwrap(),
            r#"{"days":7,"on":true}"#
        );
        assert_eq!(parameters(&map(json!({"param_targets": 1}))).unwrap(), r#"{"targets":1}"#);
        assert_eq!(parameters(&map(json!({"parameters": {"a": 1}}))).unwrap(), r#"{"a":1}"#);
    }
}
