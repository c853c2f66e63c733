//! The parameters a script publishes: from its text to a tool's schema, and arguments back to the wire.

use countersign::directory::Script;
use serde_json::{Map, Value, json};

/// Names that mean something else to a script tool of this product; a script's own parameter of such a
/// name is offered with a prefix.
const RESERVED: [&str; 2] = ["targets", "targetType"];
const PREFIX: &str = "param_";

/// The one argument of a script whose published parameters cannot be read.
const FREE: &str = "parameters";

/// What came of the text of `jsonSchema`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Published {
    None,
    Schema(Value),
    /// It does not parse, or is no schema of an object.
    Broken,
}

pub(crate) fn published(text: Option<&str>) -> Published {
    let Some(text) = text.filter(|it| !it.trim().is_empty()) else { return Published::None };
    let Ok(schema) = serde_json::from_str::<Value>(text) else { return Published::Broken };
    let Some(fields) = schema.as_object() else { return Published::Broken };
    let is_object = fields.get("type").is_none_or(|it| it == "object");
    let properties = fields.get("properties").map(Value::as_object);
    match properties {
        Some(None) => return Published::Broken,
        None if is_object && fields.keys().all(|it| it == "type" || it == "$schema") => {
            return Published::None;
        }
        Some(Some(properties)) if properties.is_empty() => return Published::None,
        Some(Some(properties)) => {
            let clashes =
                RESERVED.iter().any(|name| properties.contains_key(&format!("{PREFIX}{name}")));
            if clashes {
                return Published::Broken;
            }
        }
        None => {}
    }
    if !is_object || jsonschema::validator_for(&schema).is_err() {
        return Published::Broken;
    }
    Published::Schema(schema)
}

/// The schema of a script tool's arguments.
pub(crate) fn schema_of(script: &Script) -> Value {
    if script.schema_broken {
        return json!({
            "type": "object",
            "properties": { FREE: {
                "type": "object", "title": "Parameters",
                "description": "What this script takes cannot be read from the product; what you give goes to it as it is.",
            }},
            "required": [],
            "additionalProperties": false,
        });
    }
    let Some(schema) = &script.schema else {
        return json!({ "type": "object", "properties": {}, "required": [], "additionalProperties": false });
    };
    let mut schema = schema.clone();
    if let Some(fields) = schema.as_object_mut() {
        fields.entry("type").or_insert_with(|| json!("object"));
        if let Some(properties) = fields.get_mut("properties").and_then(Value::as_object_mut) {
            let renamed = std::mem::take(properties).into_iter();
            *properties = renamed.map(|(name, it)| (offered(name), it)).collect();
        }
        if let Some(required) = fields.get_mut("required").and_then(Value::as_array_mut) {
            for name in required {
                if let Some(text) = name.as_str() {
                    *name = json!(offered(text.to_owned()));
                }
            }
        }
    }
    schema
}

fn offered(name: String) -> String {
    if RESERVED.contains(&name.as_str()) { format!("{PREFIX}{name}") } else { name }
}

/// A script tool's arguments as the script's own parameters. `broken`: see [`Published::Broken`].
pub(crate) fn to_wire(arguments: &Map<String, Value>, broken: bool) -> Map<String, Value> {
    if broken {
        return arguments.get(FREE).and_then(Value::as_object).cloned().unwrap_or_default();
    }
    let back = |(name, value): (&String, &Value)| {
        let own = name.strip_prefix(PREFIX).filter(|it| RESERVED.contains(it));
        (own.unwrap_or(name).to_owned(), value.clone())
    };
    arguments.iter().map(back).collect()
}

#[cfg(test)]
mod tests {
    use countersign::digest::Digest;
    use countersign::directory::Product;

    use super::*;

    fn script(published: Published) -> Script {
        let (schema, schema_broken) = match published {
            Published::Schema(schema) => (Some(schema), false),
            Published::None => (None, false),
            Published::Broken => (None, true),
        };
        Script {
            product: Product::Rmm,
            id: "t".into(),
            slug: "t".into(),
            name: "T".into(),
            description: String::new(),
            schema,
            schema_broken,
            expected_secs: None,
            content: Digest::of(&json!(1)),
        }
    }

    #[test]
    fn what_cannot_be_read_becomes_one_free_object() {
        for text in [
            "{\"type\":\"object\",\"prop",
            "[]",
            "7",
            "{\"type\":\"string\"}",
            "{\"properties\":[]}",
            "{\"properties\":{\"targets\":{},\"param_targets\":{}}}",
            "{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"nonsense\"}}}",
        ] {
            assert_eq!(published(Some(text)), Published::Broken, "{text}");
        }
        let schema = schema_of(&script(Published::Broken));
        assert!(schema["properties"]["parameters"].is_object());
        let arguments = json!({"parameters": {"depth": 3}});
        let wire = to_wire(arguments.as_object().unwrap(), true);
        assert_eq!(Value::Object(wire), json!({"depth": 3}));
    }

    #[test]
    fn a_script_without_parameters_takes_none() {
        for text in [None, Some(""), Some("{}"), Some("{\"type\":\"object\",\"properties\":{}}")] {
            assert_eq!(published(text), Published::None, "{text:?}");
        }
    }

    #[test]
    fn a_parameter_with_a_reserved_name_is_mapped_there_and_back() {
        let text = r#"{"type":"object","properties":{"targets":{"type":"string"},"n":{"type":"integer"}},"required":["targets"]}"#;
        let schema = schema_of(&script(published(Some(text))));
        assert_eq!(schema["required"], json!(["param_targets"]));
        assert_eq!(schema["properties"]["param_targets"]["type"], "string");
        let arguments = json!({"param_targets": "a", "n": 3, "param_other": true});
        let wire = to_wire(arguments.as_object().unwrap(), false);
        assert_eq!(Value::Object(wire), json!({"targets": "a", "n": 3, "param_other": true}));
    }
}
