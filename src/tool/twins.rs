//! Tools of two products that answer the same, and scripts that both have.

use serde_json::{Map, Value, json};

use crate::directory::Product;
use crate::tool::{Catalogue, Effect, Tool, ToolName};

/// Of several that fit, the first.
const TWINS: &[(&str, &str)] = &[
    ("connectwise_rmm:cw-rmm-get-device-state", "connectwise_automate:cwa-get-computer"),
    ("connectwise_rmm:cw-rmm-get-device", "connectwise_automate:cwa-get-computer"),
    ("connectwise_rmm:cw-rmm-list-devices", "connectwise_automate:cwa-list-computers"),
    ("connectwise_rmm:cw-rmm-list-companies", "connectwise_automate:cwa-list-clients"),
    ("connectwise_rmm:cw-rmm-list-scripts", "connectwise_automate:cwa-list-scripts"),
    ("connectwise_rmm:cw-rmm-list-shell-scripts", "connectwise_automate:cwa-list-scripts"),
    ("connectwise_rmm:cw-rmm-run-task", "connectwise_automate:cwa-run-script"),
    ("connectwise_rmm:cw-rmm-get-device", "connectwise_control:cwc-get-session"),
    ("connectwise_rmm:cw-rmm-list-devices", "connectwise_control:cwc-list-sessions"),
];

/// The tool of `product` that does what `tool` does, with the arguments as it takes them; `None` where
/// there is none, or it does not take them all.
pub fn twin<'c>(
    tool: &Tool,
    arguments: &Map<String, Value>,
    product: Product,
    catalogue: &'c Catalogue,
) -> Option<(&'c Tool, Map<String, Value>)> {
    if tool.product == product {
        return None;
    }
    let other = match &tool.script {
        Some(_) => script(tool, product, catalogue)?,
        None => named(tool.name.as_str(), Some(product), catalogue)?,
    };
    let mut carried = Map::new();
    for (name, value) in arguments {
        let (name, value) = carry(name, value, other)?;
        carried.insert(name, value);
    }
    Some((other, carried))
}

/// Whether `tool` is about the machine as it is now, so that the product that reaches it is the better one.
pub fn wants_online(tool: &Tool) -> bool {
    tool.effect == Effect::Write || tool.name.as_str() == "connectwise_rmm:cw-rmm-get-device-state"
}

/// The tool with this name, or its twin where there is none, or where `product` is wanted.
pub fn named<'c>(
    name: &str,
    product: Option<Product>,
    catalogue: &'c Catalogue,
) -> Option<&'c Tool> {
    let fits = |tool: &&Tool| product.is_none_or(|it| tool.product == it);
    let own = catalogue.get(&ToolName::new(name)).filter(fits);
    own.or_else(|| {
        let twins = TWINS.iter().filter_map(|(one, other)| match name {
            _ if name == *one => Some(*other),
            _ if name == *other => Some(*one),
            _ => None,
        });
        twins.filter_map(|it| catalogue.get(&ToolName::new(it))).find(fits)
    })
}

/// `arguments` as `tool` calls them; those that it does not take are left out.
pub fn carried(arguments: &Map<String, Value>, tool: &Tool) -> Map<String, Value> {
    arguments.iter().filter_map(|(name, value)| carry(name, value, tool)).collect()
}

/// The one script of `product` with this name.
fn script<'c>(tool: &Tool, product: Product, catalogue: &'c Catalogue) -> Option<&'c Tool> {
    let same = |it: &&Tool| {
        it.product == product && it.script.is_some() && it.title.eq_ignore_ascii_case(&tool.title)
    };
    let mut found = catalogue.iter().filter(same);
    let one = found.next()?;
    found.next().is_none().then_some(one)
}

/// An argument as the other tool calls it.
fn carry(name: &str, value: &Value, other: &Tool) -> Option<(String, Value)> {
    let takes = |name: &str| {
        let properties = other.schema.get("properties")?.as_object()?;
        properties.keys().find(|it| it.eq_ignore_ascii_case(name)).cloned()
    };
    let status = |online: bool| json!(if online { "online" } else { "offline" });
    match (name, value.as_str(), value.as_bool()) {
        ("type", Some("desktop"), _) if takes("location").is_some() => {
            Some((name.to_owned(), json!("workstation")))
        }
        ("type", Some("workstation"), _) if takes("site").is_some() => {
            Some((name.to_owned(), json!("desktop")))
        }
        ("online", _, Some(online)) if takes("status").is_some() => {
            Some(("status".to_owned(), status(online)))
        }
        ("status", Some(status), _) if takes("online").is_some() => {
            Some(("online".to_owned(), json!(status == "online")))
        }
        ("site", Some(_), _) => Some((takes("location").or(takes("site"))?, value.clone())),
        ("location", Some(_), _) => Some((takes("site").or(takes("location"))?, value.clone())),
        _ => Some((takes(name)?, value.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Policy;
    use crate::tool::{Aim, ScriptRef};

    fn tool(name: &str, title: &str, properties: Value, is_script: bool) -> Tool {
        let product = if name.contains("automate") { Product::Automate } else { Product::Rmm };
        Tool {
            name: ToolName::new(name),
            product,
            title: title.into(),
            description: String::new(),
            schema: json!({ "type": "object", "properties": properties }),
            effect: Effect::Read,
            aim: Aim::Devices,
            default_policy: Policy::Auto,
            script: is_script.then(|| ScriptRef {
                id: name.into(),
                name: title.into(),
                content: crate::digest::Digest::of(&json!(name)),
                expected_secs: None,
            }),
        }
    }

    fn catalogue() -> Catalogue {
        let text = json!({ "type": "string" });
        Catalogue::new([
            tool(
                "connectwise_rmm:cw-rmm-list-devices",
                "Devices",
                json!({ "site": text, "type": text, "os": text, "online": { "type": "boolean" } }),
                false,
            ),
            tool(
                "connectwise_automate:cwa-list-computers",
                "Computers",
                json!({ "location": text, "type": text, "os": text, "status": text, "user": text }),
                false,
            ),
            tool("connectwise_rmm:cw-rmm-script-flush-dns", "Flush DNS", json!({}), true),
            tool("connectwise_automate:cwa-script-flush-dns", "flush dns", json!({}), true),
            tool("connectwise_rmm:cw-rmm-script-x", "Clean", json!({ "days": text }), true),
            tool("connectwise_automate:cwa-script-x", "Clean", json!({ "DaysOld": text }), true),
            tool("connectwise_rmm:cw-rmm-script-y", "Update", json!({}), true),
            tool("connectwise_automate:cwa-script-y-1", "Update", json!({}), true),
            tool("connectwise_automate:cwa-script-y-2", "Update", json!({}), true),
        ])
    }

    #[test]
    fn a_tool_finds_its_twin_where_that_takes_the_same() {
        let catalogue = catalogue();
        let check = |name: &str, arguments: Value, product, expected: &str| {
            let tool = catalogue.get(&ToolName::new(name)).unwrap();
            let found = twin(tool, arguments.as_object().unwrap(), product, &catalogue);
            let shown = found.map_or_else(
                || "none".to_owned(),
                |(tool, arguments)| format!("{} {}", tool.name.short(), Value::Object(arguments)),
            );
            assert_eq!(shown, expected, "{name}");
        };
        use Product::{Automate, Rmm};
        check(
            "connectwise_rmm:cw-rmm-list-devices",
            json!({ "online": false, "type": "desktop", "site": "CBD" }),
            Automate,
            r#"cwa-list-computers {"location":"CBD","status":"offline","type":"workstation"}"#,
        );
        check(
            "connectwise_automate:cwa-list-computers",
            json!({ "status": "online", "type": "workstation" }),
            Rmm,
            r#"cw-rmm-list-devices {"online":true,"type":"desktop"}"#,
        );
        check("connectwise_automate:cwa-list-computers", json!({ "user": "x" }), Rmm, "none");
        check("connectwise_rmm:cw-rmm-list-devices", json!({}), Rmm, "none");
        check(
            "connectwise_rmm:cw-rmm-script-flush-dns",
            json!({}),
            Automate,
            "cwa-script-flush-dns {}",
        );
        // A parameter of another name, and two scripts of one name: nobody knows.
        check("connectwise_rmm:cw-rmm-script-x", json!({ "days": "7" }), Automate, "none");
        check("connectwise_rmm:cw-rmm-script-y", json!({}), Automate, "none");
        check("connectwise_automate:cwa-script-y-1", json!({}), Rmm, "cw-rmm-script-y {}");
    }
}
