//! What Slack takes as blocks, by its documented limits. One list of faults with the path of each.

use std::collections::BTreeSet;

use serde_json::{Value, json};

/// Faults of a message's blocks; none means that Slack takes them.
pub fn check_message(blocks: &Value) -> Vec<String> {
    let mut check = Check { place: Place::Message, faults: Vec::new() };
    check.blocks(blocks, 50);
    check.faults
}

/// Faults of a modal.
pub fn check_modal(view: &Value) -> Vec<String> {
    let mut check = Check { place: Place::Modal, faults: Vec::new() };
    check.keys(
        view,
        "view",
        &["type", "title", "blocks"],
        &[
            "submit",
            "close",
            "private_metadata",
            "callback_id",
            "clear_on_close",
            "notify_on_close",
            "external_id",
        ],
    );
    for key in ["title", "submit", "close"] {
        if view.get(key).is_some() {
            check.plain(&view[key], &format!("view.{key}"), 24);
        }
    }
    check.length(&view["private_metadata"], "view.private_metadata", 3_000);
    check.length(&view["callback_id"], "view.callback_id", 255);
    check.blocks(&view["blocks"], 100);
    let has_input =
        view["blocks"].as_array().into_iter().flatten().any(|it| it["type"] == json!("input"));
    if has_input && view.get("submit").is_none() {
        check.fault("view", "inputs need a submit");
    }
    check.faults
}

/// Faults of a home page.
pub fn check_home(view: &Value) -> Vec<String> {
    let mut check = Check { place: Place::Home, faults: Vec::new() };
    check.keys(
        view,
        "view",
        &["type", "blocks"],
        &["private_metadata", "callback_id", "external_id"],
    );
    check.blocks(&view["blocks"], 100);
    check.faults
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Message,
    Modal,
    Home,
}

struct Check {
    place: Place,
    faults: Vec<String>,
}

impl Check {
    fn fault(&mut self, path: &str, what: impl std::fmt::Display) {
        self.faults.push(format!("{path}: {what}"));
    }

    fn keys(&mut self, value: &Value, path: &str, needed: &[&str], allowed: &[&str]) {
        let Some(object) = value.as_object() else {
            self.fault(path, "must be an object");
            return;
        };
        for key in needed.iter().filter(|key| !object.contains_key(**key)) {
            self.fault(path, format!("missing {key}"));
        }
        for (key, value) in object {
            if !needed.contains(&key.as_str()) && !allowed.contains(&key.as_str()) {
                self.fault(path, format!("unknown key {key}"));
            } else if value.is_null() {
                self.fault(path, format!("{key} is null"));
            }
        }
    }

    fn length(&mut self, value: &Value, path: &str, max: usize) {
        match value {
            Value::Null => {}
            Value::String(text) if text.chars().count() <= max => {}
            Value::String(text) => {
                self.fault(path, format!("{} characters, {max} allowed", text.chars().count()))
            }
            _ => self.fault(path, "must be text"),
        }
    }

    fn filled(&mut self, value: &Value, path: &str, max: usize) {
        match value.as_str() {
            Some("") | None => self.fault(path, "must not be empty"),
            Some(_) => self.length(value, path, max),
        }
    }

    fn plain(&mut self, value: &Value, path: &str, max: usize) {
        self.keys(value, path, &["type", "text"], &["emoji"]);
        if value["type"] != json!("plain_text") {
            self.fault(path, "must be plain_text");
        }
        self.filled(&value["text"], path, max);
    }

    fn any_text(&mut self, value: &Value, path: &str, max: usize) {
        if value["type"] == json!("plain_text") {
            return self.plain(value, path, max);
        }
        self.keys(value, path, &["type", "text"], &["verbatim"]);
        if value["type"] != json!("mrkdwn") {
            self.fault(path, "must be plain_text or mrkdwn");
        }
        self.filled(&value["text"], path, max);
    }

    fn list<'a>(&mut self, value: &'a Value, path: &str, max: usize) -> &'a [Value] {
        let Some(list) = value.as_array() else {
            self.fault(path, "must be a list");
            return &[];
        };
        if list.is_empty() || list.len() > max {
            self.fault(path, format!("{} items, 1 to {max} allowed", list.len()));
        }
        list
    }

    fn blocks(&mut self, blocks: &Value, max: usize) {
        let list = self.list(blocks, "blocks", max);
        let mut ids = BTreeSet::new();
        let mut tables = 0;
        for (index, block) in list.iter().enumerate() {
            let path = format!("blocks[{index}]");
            self.length(&block["block_id"], &path, 255);
            if let Some(id) = block["block_id"].as_str()
                && !ids.insert(id.to_owned())
            {
                self.fault(&path, format!("block_id {id} comes twice"));
            }
            tables += usize::from(block["type"] == json!("table"));
            self.block(block, &path);
        }
        if tables > 1 {
            self.fault("blocks", "only one table allowed");
        }
    }

    fn block(&mut self, block: &Value, path: &str) {
        match block["type"].as_str() {
            Some("header") => {
                self.keys(block, path, &["type", "text"], &["block_id", "level"]);
                self.plain(&block["text"], &format!("{path}.text"), 150);
            }
            Some("divider") => self.keys(block, path, &["type"], &["block_id"]),
            Some("section") => self.section(block, path),
            Some("context") => {
                self.keys(block, path, &["type", "elements"], &["block_id"]);
                for (at, element) in self.list(&block["elements"], path, 10).iter().enumerate() {
                    self.any_text(element, &format!("{path}.elements[{at}]"), 3_000);
                }
            }
            Some("actions") => {
                self.keys(block, path, &["type", "elements"], &["block_id"]);
                let mut ids = BTreeSet::new();
                for (at, element) in self.list(&block["elements"], path, 25).iter().enumerate() {
                    let path = format!("{path}.elements[{at}]");
                    if let Some(id) = element["action_id"].as_str()
                        && !ids.insert(id.to_owned())
                    {
                        self.fault(&path, format!("action_id {id} comes twice"));
                    }
                    self.element(element, &path);
                }
            }
            Some("table") if self.place == Place::Message => self.table(block, path),
            Some("input") if self.place != Place::Message => {
                self.keys(
                    block,
                    path,
                    &["type", "label", "element"],
                    &["block_id", "hint", "optional", "dispatch_action"],
                );
                self.plain(&block["label"], &format!("{path}.label"), 2_000);
                if block.get("hint").is_some() {
                    self.plain(&block["hint"], &format!("{path}.hint"), 2_000);
                }
                self.element(&block["element"], &format!("{path}.element"));
            }
            Some(kind) => self.fault(path, format!("no block of type {kind} here")),
            None => self.fault(path, "must have a type"),
        }
    }

    fn section(&mut self, block: &Value, path: &str) {
        self.keys(block, path, &["type"], &["block_id", "text", "fields", "accessory", "expand"]);
        if block.get("text").is_none() && block.get("fields").is_none() {
            self.fault(path, "needs text or fields");
        }
        if block.get("text").is_some() {
            self.any_text(&block["text"], &format!("{path}.text"), 3_000);
        }
        if block.get("fields").is_some() {
            for (at, field) in self.list(&block["fields"], path, 10).iter().enumerate() {
                self.any_text(field, &format!("{path}.fields[{at}]"), 2_000);
            }
        }
        if block.get("accessory").is_some() {
            self.element(&block["accessory"], &format!("{path}.accessory"));
        }
    }

    fn table(&mut self, block: &Value, path: &str) {
        self.keys(block, path, &["type", "rows"], &["block_id", "column_settings"]);
        let rows = self.list(&block["rows"], path, 100);
        let width = rows.first().and_then(Value::as_array).map_or(0, Vec::len);
        for (at, row) in rows.iter().enumerate() {
            let path = format!("{path}.rows[{at}]");
            let cells = self.list(row, &path, 20);
            if cells.len() != width {
                self.fault(&path, "rows must have the same number of cells");
            }
            for cell in cells {
                self.keys(cell, &path, &["type", "text"], &[]);
                if cell["type"] != json!("raw_text") {
                    self.fault(&path, "cells must be raw_text");
                }
                self.filled(&cell["text"], &path, 10_000);
            }
        }
    }

    fn element(&mut self, element: &Value, path: &str) {
        self.length(&element["action_id"], path, 255);
        match element["type"].as_str() {
            Some("button") => {
                self.keys(
                    element,
                    path,
                    &["type", "text"],
                    &["action_id", "url", "value", "style", "confirm", "accessibility_label"],
                );
                self.plain(&element["text"], &format!("{path}.text"), 75);
                self.length(&element["value"], &format!("{path}.value"), 2_000);
                self.length(&element["url"], &format!("{path}.url"), 3_000);
                self.length(
                    &element["accessibility_label"],
                    &format!("{path}.accessibility_label"),
                    75,
                );
                let style = &element["style"];
                if !style.is_null() && *style != json!("primary") && *style != json!("danger") {
                    self.fault(path, "style must be primary or danger");
                }
            }
            Some("static_select") => {
                self.keys(
                    element,
                    path,
                    &["type", "options"],
                    &["action_id", "placeholder", "initial_option", "confirm", "focus_on_load"],
                );
                let options = self.list(&element["options"], path, 100).to_vec();
                for option in &options {
                    self.keys(option, path, &["text", "value"], &["description"]);
                    self.plain(&option["text"], &format!("{path}.option"), 75);
                    self.filled(&option["value"], &format!("{path}.option.value"), 150);
                }
                if let Some(initial) = element.get("initial_option")
                    && !options.contains(initial)
                {
                    self.fault(path, "initial_option is none of the options");
                }
            }
            Some("checkboxes") if self.place != Place::Message => {
                self.keys(
                    element,
                    path,
                    &["type", "options"],
                    &["action_id", "initial_options", "confirm", "focus_on_load"],
                );
                let options = self.list(&element["options"], path, 10).to_vec();
                for option in &options {
                    self.keys(option, path, &["text", "value"], &["description"]);
                    self.any_text(&option["text"], &format!("{path}.option"), 75);
                    self.filled(&option["value"], &format!("{path}.option.value"), 150);
                    if option.get("description").is_some() {
                        self.any_text(&option["description"], &format!("{path}.description"), 75);
                    }
                }
                let initial = element["initial_options"].as_array().into_iter().flatten();
                if initial.into_iter().any(|it| !options.contains(it)) {
                    self.fault(path, "initial_options has one that is none of the options");
                }
            }
            Some("plain_text_input") if self.place == Place::Modal => {
                self.keys(
                    element,
                    path,
                    &["type"],
                    &[
                        "action_id",
                        "placeholder",
                        "initial_value",
                        "multiline",
                        "min_length",
                        "max_length",
                        "focus_on_load",
                    ],
                );
                self.length(&element["initial_value"], path, 3_000);
                if element["max_length"].as_u64().is_some_and(|it| !(1..=3_000).contains(&it)) {
                    self.fault(path, "max_length must be 1 to 3000");
                }
            }
            Some("number_input") if self.place == Place::Modal => {
                self.keys(
                    element,
                    path,
                    &["type", "is_decimal_allowed"],
                    &[
                        "action_id",
                        "placeholder",
                        "initial_value",
                        "min_value",
                        "max_value",
                        "focus_on_load",
                    ],
                );
                for key in ["initial_value", "min_value", "max_value"] {
                    let value = &element[key];
                    if !value.is_null()
                        && value.as_str().is_none_or(|it| it.parse::<f64>().is_err())
                    {
                        self.fault(path, format!("{key} must be a number as text"));
                    }
                }
            }
            Some(kind) => self.fault(path, format!("no element of type {kind} here")),
            None => self.fault(path, "must have a type"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn button(text: &str, id: &str) -> Value {
        json!({ "type": "button", "text": { "type": "plain_text", "text": text }, "action_id": id })
    }

    fn first(blocks: Value) -> String {
        check_message(&blocks).first().cloned().unwrap_or_default()
    }

    #[test]
    fn what_slack_refuses_is_refused() {
        let section =
            |text: &str| json!([{ "type": "section", "text": { "type": "mrkdwn", "text": text } }]);
        assert_eq!(first(section("fine")), "");
        assert!(first(section(&"x".repeat(3_001))).contains("3001"));
        assert!(first(section("")).contains("empty"));
        assert!(first(json!([{ "type": "hologram" }])).contains("hologram"));
        assert!(first(json!([{ "type": "divider", "colour": "red" }])).contains("unknown key"));
        assert!(first(json!(vec![json!({ "type": "divider" }); 51])).contains("51"));
        let twice =
            json!([{ "type": "actions", "elements": [button("a", "x"), button("b", "x")] }]);
        assert!(first(twice).contains("comes twice"));
        let long = json!([{ "type": "actions", "elements": [button(&"x".repeat(76), "x")] }]);
        assert!(first(long).contains("76"));
        let many = vec![button("a", "x"); 26];
        assert!(first(json!([{ "type": "actions", "elements": many }])).contains("26"));
        let input = json!([{ "type": "input", "label": {}, "element": {} }]);
        assert!(first(input).contains("no block of type input"));
    }
}
