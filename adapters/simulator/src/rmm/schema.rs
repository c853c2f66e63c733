//! A small check of parameters against a script's published schema: the parts the product's scripts use.

use serde_json::{Map, Value};

/// What is wrong with `parameters`, in a sentence. A schema that cannot be read allows everything.
pub(super) fn check(schema: &str, parameters: &Map<String, Value>) -> Result<(), String> {
    match serde_json::from_str::<Value>(schema) {
        Ok(schema) => object(&schema, parameters, ""),
        Err(_) => Ok(()),
    }
}

fn object(schema: &Value, given: &Map<String, Value>, at: &str) -> Result<(), String> {
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !given.contains_key(name) {
            return Err(format!("parameter {at}{name} is required"));
        }
    }
    for (name, value) in given {
        match schema["properties"].get(name) {
            Some(property) => one(property, value, &format!("{at}{name}"))?,
            None if schema["additionalProperties"] == false => {
                return Err(format!("parameter {at}{name} is unknown"));
            }
            None => {}
        }
    }
    Ok(())
}

fn one(schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let wanted = schema["type"].as_str().unwrap_or_default();
    let fits = match wanted {
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        _ => true,
    };
    if !fits {
        return Err(format!("parameter {at} must be of type {wanted}"));
    }
    if schema["enum"].as_array().is_some_and(|it| !it.contains(value)) {
        return Err(format!("parameter {at} is not one of the allowed values"));
    }
    let (number, low, high) =
        (value.as_f64(), schema["minimum"].as_f64(), schema["maximum"].as_f64());
    if number.zip(low).is_some_and(|(it, low)| it < low)
        || number.zip(high).is_some_and(|(it, high)| it > high)
    {
        return Err(format!("parameter {at} is out of range"));
    }
    let length = value.as_str().map(|it| it.chars().count() as u64);
    if length.zip(schema["minLength"].as_u64()).is_some_and(|(it, least)| it < least) {
        return Err(format!("parameter {at} is too short"));
    }
    if let Some(given) = value.as_object() {
        object(schema, given, &format!("{at}."))?;
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        one(&schema["items"], item, &format!("{at}[{index}]"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_must_be_there_known_and_of_their_type() {
        let schema = r#"{"type":"object","properties":{"days":{"type":"integer","minimum":0},"drive":{"enum":["C:","D:"]},
            "list":{"type":"array","items":{"type":"string"}}},"required":["days"],"additionalProperties":false}"#;
        let check = |given: &str, wanted: &str| {
            let given = serde_json::from_str(given).unwrap();
            assert_eq!(super::check(schema, &given).err().unwrap_or_default(), wanted, "{given:?}");
        };
        check(r#"{"days":7,"drive":"C:","list":["a"]}"#, "");
        check("{}", "parameter days is required");
        check(r#"{"days":"7"}"#, "parameter days must be of type integer");
        check(r#"{"days":7.5}"#, "parameter days must be of type integer");
        check(r#"{"days":-1}"#, "parameter days is out of range");
        check(r#"{"days":7,"drive":"X:"}"#, "parameter drive is not one of the allowed values");
        check(r#"{"days":7,"dirve":"C:"}"#, "parameter dirve is unknown");
        check(r#"{"days":7,"list":[1]}"#, "parameter list[0] must be of type string");
    }

    #[test]
    fn a_broken_schema_allows_everything() {
        let given = serde_json::from_str(r#"{"x":1}"#).unwrap();
        assert_eq!(check(r#"{"type":"obj"#, &given), Ok(()));
    }
}
