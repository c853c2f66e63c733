//! Arguments against a tool's JSON Schema, before policy sees them.

use serde_json::{Map, Value};

/// Largest arguments of one call, in bytes of JSON.
pub const ARGUMENTS_BYTES_MAX: usize = 64 * 1024;

/// What is wrong with arguments, in words a person or a model can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// A required argument is absent.
    Missing { name: String },
    /// An argument is there and wrong; `name` is empty when it is about the whole.
    Wrong { name: String, message: String },
}

/// All faults of `arguments`, missing ones first in the order of the schema; none means they fit.
pub fn check(schema: &Value, arguments: &Map<String, Value>) -> Vec<Fault> {
    let value = Value::Object(arguments.clone());
    if value.to_string().len() > ARGUMENTS_BYTES_MAX {
        let message = format!("the arguments are longer than {ARGUMENTS_BYTES_MAX} bytes");
        return vec![Fault::Wrong { name: String::new(), message }];
    }
    let mut faults: Vec<Fault> =
        required(schema).filter(|name| !arguments.contains_key(*name)).map(missing).collect();
    match jsonschema::validator_for(schema) {
        Ok(validator) => {
            let wrong = validator.iter_errors(&value).filter(|error| {
                !matches!(error.kind(), jsonschema::error::ValidationErrorKind::Required { .. })
                    || !error.instance_path().as_str().is_empty()
            });
            faults.extend(wrong.map(|error| Fault::Wrong {
                name: error.instance_path().as_str().trim_start_matches('/').to_owned(),
                message: error.to_string(),
            }));
        }
        Err(error) => faults.push(Fault::Wrong {
            name: String::new(),
            message: format!("the published parameters cannot be checked: {error}"),
        }),
    }
    faults
}

fn missing(name: &str) -> Fault {
    Fault::Missing { name: name.to_owned() }
}

/// The names a schema requires, in its order.
pub fn required(schema: &Value) -> impl Iterator<Item = &str> {
    schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
}

/// The schema of one property.
pub fn property<'a>(schema: &'a Value, name: &str) -> Option<&'a Value> {
    schema.get("properties")?.get(name)
}

/// Fills in the defaults that the schema declares for absent arguments.
pub fn fill_defaults(schema: &Value, arguments: &mut Map<String, Value>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    for (name, property) in properties {
        if let Some(default) = property.get("default")
            && !arguments.contains_key(name)
        {
            arguments.insert(name.clone(), default.clone());
        }
    }
}

/// `arguments` without those that are as the schema would fill them in.
pub fn without_defaults(schema: &Value, arguments: &Map<String, Value>) -> Map<String, Value> {
    let default = |name: &str| property(schema, name).and_then(|it| it.get("default"));
    let own = arguments.iter().filter(|(name, value)| default(name) != Some(*value));
    own.map(|(name, value)| (name.clone(), value.clone())).collect()
}
