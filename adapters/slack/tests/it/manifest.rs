//! The manifest that people paste into Slack, as the README has it for each way of running.

use serde_json::{Value, json};

fn manifest() -> Value {
    serde_json::from_str(include_str!("../../manifest.json")).unwrap()
}

/// As the README says under "HTTP instead of sockets".
fn over_http() -> Value {
    let mut it = manifest();
    it["settings"]["socket_mode_enabled"] = json!(false);
    let at = |path: &str| json!(format!("https://bot.example.com/slack/{path}"));
    it["settings"]["event_subscriptions"]["request_url"] = at("events");
    it["settings"]["interactivity"]["request_url"] = at("interactions");
    it["features"]["slash_commands"][0]["url"] = at("commands");
    it
}

/// As the README says under "Several workspaces".
fn for_many() -> Value {
    let mut it = over_http();
    it["oauth_config"]["redirect_urls"] = json!(["https://bot.example.com/slack/installed"]);
    for event in ["app_uninstalled", "tokens_revoked"] {
        it["settings"]["event_subscriptions"]["bot_events"]
            .as_array_mut()
            .unwrap()
            .push(json!(event));
    }
    it
}

/// As the README says under "The assistant pane".
fn with_pane() -> Value {
    let mut it = manifest();
    it["features"]["assistant_view"] =
        json!({ "assistant_description": "Runs things on devices, with approval." });
    it["oauth_config"]["scopes"]["bot"].as_array_mut().unwrap().push(json!("assistant:write"));
    let events = &mut it["settings"]["event_subscriptions"]["bot_events"];
    events.as_array_mut().unwrap().push(json!("assistant_thread_started"));
    it
}

/// Version 2 of Slack's manifest for the parts that we use: which keys there are, which must be there, how
/// long a text may be. Source: github.com/slackapi/manifest-schema, `manifest.schema.2.0.0.json`, read
/// 2026-11-25.
fn schema() -> Value {
    let flag = || json!({ "type": "boolean" });
    let text =
        |least: u32, most: u32| json!({ "type": "string", "minLength": least, "maxLength": most });
    let url = |most: u32| json!({ "type": "string", "pattern": "^https?://", "maxLength": most });
    let object = |required: Value, properties: Value| {
        json!({
            "type": "object", "additionalProperties": false,
            "required": required, "properties": properties,
        })
    };
    let list = |most: u32, items: Value| json!({ "type": "array", "minItems": 1, "maxItems": most, "uniqueItems": true, "items": items });
    let number = json!({ "type": "integer" });
    let home = json!({
        "home_tab_enabled": flag(), "messages_tab_enabled": flag(),
        "messages_tab_read_only_enabled": flag(),
    });
    let command = json!({
        "command": { "type": "string", "pattern": "^/", "minLength": 2, "maxLength": 32 },
        "url": url(3_000), "description": text(1, 2_000), "usage_hint": text(1, 1_000),
        "should_escape": flag(),
    });
    let shortcut = json!({
        "name": text(1, 24), "type": { "enum": ["message", "global"] },
        "callback_id": text(1, 255), "description": text(1, 150),
    });
    let features = json!({
        "app_home": object(json!([]), home),
        "assistant_view": object(
            json!(["assistant_description"]),
            json!({ "assistant_description": { "type": "string" } }),
        ),
        "bot_user": object(
            json!(["display_name"]),
            json!({ "display_name": text(1, 80), "always_online": flag() }),
        ),
        "shortcuts": list(10, object(json!(["name", "type", "callback_id", "description"]), shortcut)),
        "slash_commands": list(50, object(json!(["command", "description"]), command)),
    });
    let settings = json!({
        "event_subscriptions": object(
            json!([]),
            json!({ "request_url": url(255), "bot_events": list(100, json!({ "type": "string" })) }),
        ),
        "interactivity": object(
            json!(["is_enabled"]),
            json!({ "is_enabled": flag(), "request_url": url(255) }),
        ),
        "org_deploy_enabled": flag(), "socket_mode_enabled": flag(), "token_rotation_enabled": flag(),
    });
    let oauth = json!({
        "redirect_urls": list(1_000, url(1_000)),
        "scopes": object(json!([]), json!({ "bot": list(255, json!({ "type": "string" })) })),
    });
    object(
        json!(["display_information"]),
        json!({
            "_metadata": object(json!([]), json!({ "major_version": number, "minor_version": number })),
            "display_information": object(
                json!(["name"]),
                json!({
                    "name": text(1, 35), "description": text(1, 140),
                    "background_color": { "type": "string", "pattern": "^#([0-9a-fA-F]{3}){1,2}$" },
                    "long_description": text(175, 4_000),
                }),
            ),
            "features": object(json!([]), features),
            "oauth_config": object(json!([]), oauth),
            "settings": object(json!([]), settings),
        }),
    )
}

/// An event comes only to who holds the scope for it; Slack's page on each event names it.
const SCOPE_OF_EVENT: [(&str, Option<&str>); 6] = [
    ("app_home_opened", None),
    ("app_mention", Some("app_mentions:read")),
    ("app_uninstalled", None),
    ("assistant_thread_started", Some("assistant:write")),
    ("message.im", Some("im:history")),
    ("tokens_revoked", None),
];

#[test]
fn slack_would_take_every_manifest_of_the_readme() {
    let judge = jsonschema::validator_for(&schema()).unwrap();
    for (name, manifest) in [
        ("sockets", manifest()),
        ("http", over_http()),
        ("many workspaces", for_many()),
        ("assistant pane", with_pane()),
    ] {
        let faults: Vec<String> = judge
            .iter_errors(&manifest)
            .map(|fault| format!("{}: {fault}", fault.instance_path()))
            .collect();
        assert!(faults.is_empty(), "{name}: {}", faults.join("\n"));
        let of = |pointer: &str| -> Vec<String> {
            let list = manifest.pointer(pointer).and_then(Value::as_array).unwrap();
            list.iter().map(|it| it.as_str().unwrap().to_owned()).collect()
        };
        let scopes = of("/oauth_config/scopes/bot");
        for event in of("/settings/event_subscriptions/bot_events") {
            let known = SCOPE_OF_EVENT.iter().find(|(it, _)| *it == event);
            let (_, scope) = known.unwrap_or_else(|| panic!("{name}: no event {event}"));
            assert!(scope.is_none_or(|it| scopes.iter().any(|have| have == it)), "{name}: {event}");
        }
    }
}

#[test]
fn a_manifest_with_a_wrong_key_or_a_long_name_is_found() {
    let judge = jsonschema::validator_for(&schema()).unwrap();
    let spoil: [fn(&mut Value); 4] = [
        |it| it["features"]["shortcut"] = json!([]),
        |it| it["display_information"]["name"] = json!("x".repeat(36)),
        |it| it["features"]["slash_commands"][0]["command"] = json!("countersign"),
        |it| it["settings"]["interactivity"] = json!({}),
    ];
    for change in spoil {
        let mut spoiled = manifest();
        change(&mut spoiled);
        assert!(!judge.is_valid(&spoiled), "{spoiled}");
    }
}
