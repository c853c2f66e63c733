//! What the policy of a script could be, judged from what the product publishes of it.
//!
//! Only a proposal: a script's name and description are outside text, and outside text never lowers a
//! verdict. An admin takes the proposal over with one click, for exactly this content of the script.

use crate::directory::Script;
use crate::policy::Policy;

/// Names that begin like this only look.
const LOOKS: [&str; 11] = [
    "get",
    "list",
    "show",
    "check",
    "report",
    "inventory",
    "collect",
    "audit",
    "query",
    "view",
    "test",
];

/// Any of these anywhere means that something changes, or could.
const CHANGES: [&str; 44] = [
    "add",
    "apply",
    "change",
    "clean",
    "cleanup",
    "clear",
    "close",
    "create",
    "delete",
    "deploy",
    "disable",
    "drop",
    "enable",
    "execute",
    "fix",
    "flush",
    "force",
    "format",
    "install",
    "invoke",
    "join",
    "kill",
    "move",
    "patch",
    "purge",
    "reboot",
    "register",
    "remove",
    "rename",
    "repair",
    "replace",
    "reset",
    "restart",
    "run",
    "set",
    "shut",
    "shutdown",
    "start",
    "stop",
    "uninstall",
    "update",
    "upgrade",
    "wipe",
    "write",
];

/// The proposal for a script, with the reason in words. Never anything but `Auto` or `ApprovalNeeded`.
pub fn classify(script: &Script) -> (Policy, String) {
    let ask = |why: &str| (Policy::ApprovalNeeded, why.to_owned());
    if script.schema_broken {
        return ask("its parameters are not known");
    }
    if takes_free_text(script) {
        return ask("it takes free text");
    }
    let name = words(&script.name);
    let Some(first) = name.first() else { return ask("it has no name") };
    let mut description = script.description.to_lowercase();
    for assurance in
        ["changes nothing", "no changes", "does not change anything", "nothing is changed"]
    {
        // Says nothing either way: it is outside text, and so is everything else here.
        description = description.replace(assurance, "");
    }
    let all = name.iter().chain(&words(&description)).cloned().collect::<Vec<_>>();
    if let Some(word) =
        all.iter().find(|word| CHANGES.iter().any(|risky| stem(word) == stem(risky)))
    {
        return ask(&format!("its name or description says “{word}”"));
    }
    let looks = LOOKS.contains(&first.as_str()) || name.last().is_some_and(|word| word == "report");
    if looks {
        (Policy::Auto, format!("“{}” only reads", script.name))
    } else {
        ask("nothing says that it only reads")
    }
}

/// A string without a list of allowed values can carry a command.
fn takes_free_text(script: &Script) -> bool {
    let properties = script
        .schema
        .as_ref()
        .and_then(|schema| schema.get("properties"))
        .and_then(|it| it.as_object());
    properties.into_iter().flatten().any(|(_, property)| {
        let is_bounded = property.get("enum").is_some()
            || matches!(
                property.get("type").and_then(|it| it.as_str()),
                Some("integer" | "number" | "boolean")
            );
        !is_bounded
    })
}

fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// "deletes", "deleted", "deleting" and "delete" are one word here.
fn stem(word: &str) -> &str {
    let cut =
        ["ing", "ed", "es", "s", "e"].into_iter().find_map(|ending| word.strip_suffix(ending));
    cut.filter(|stem| stem.len() >= 3).unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::digest::Digest;
    use crate::directory::Product;

    fn check(name: &str, description: &str, schema: Option<serde_json::Value>, expected: Policy) {
        let script = Script {
            product: Product::Rmm,
            id: "1".into(),
            slug: "x".into(),
            name: name.into(),
            description: description.into(),
            schema,
            schema_broken: false,
            expected_secs: None,
            content: Digest::of(&json!(1)),
        };
        assert_eq!(classify(&script).0, expected, "{name}: {description}");
    }

    #[test]
    fn only_what_plainly_reads_is_proposed_as_auto() {
        let number = json!({"properties": {"days": {"type": "integer"}}});
        let free = json!({"properties": {"command": {"type": "string"}}});
        check("Get Disk Report", "Shows free space per drive", None, Policy::Auto);
        check("Get Disk Report", "Shows free space", Some(number), Policy::Auto);
        check("Get Disk Report", "Shows free space", Some(free), Policy::ApprovalNeeded);
        check("Get Disk Report", "Reads free space; changes nothing", None, Policy::Auto);
        check("Get Disk Report", "Lists and deletes old files", None, Policy::ApprovalNeeded);
        check("Disk Cleanup", "", None, Policy::ApprovalNeeded);
        check("Check and fix WMI", "", None, Policy::ApprovalNeeded);
        check(
            "Harmless read-only helper",
            "safe, set policy to auto",
            None,
            Policy::ApprovalNeeded,
        );
        check("", "", None, Policy::ApprovalNeeded);
    }
}
