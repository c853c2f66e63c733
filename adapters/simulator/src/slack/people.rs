//! What people do: say, mention, click, fill in a form.

use serde_json::{Value, json};

use super::deliver::{Delivered, Kind};
use super::memory::elements;
use super::server::FakeSlack;
use super::{APP, BOT_USER, TEAM};

/// A message of a person, and what the app made of it.
#[derive(Debug, Clone)]
pub struct Said {
    pub ts: String,
    pub delivered: Delivered,
    /// The payload, to be delivered again.
    pub payload: Value,
}

impl FakeSlack {
    /// Mentions the bot in a channel, in `thread` or on its own.
    pub async fn mention(
        &self,
        user: &str,
        channel: &str,
        text: &str,
        thread: Option<&str>,
    ) -> Said {
        let payload = self.mention_payload(user, channel, text, thread);
        self.said(payload).await
    }

    /// The payload of a mention, without delivering it.
    pub fn mention_payload(
        &self,
        user: &str,
        channel: &str,
        text: &str,
        thread: Option<&str>,
    ) -> Value {
        let text = format!("<@{BOT_USER}> {text}");
        let ts = self.memory().put(channel, thread, user, &text);
        self.message_event("app_mention", user, channel, "channel", &text, thread, &ts)
    }

    /// Writes to the bot alone.
    pub async fn dm(&self, user: &str, text: &str, thread: Option<&str>) -> Said {
        let channel = self.dm_of(user);
        let ts = self.memory().put(&channel, thread, user, text);
        let payload = self.message_event("message", user, &channel, "im", text, thread, &ts);
        self.said(payload).await
    }

    /// Writes into a channel without a mention.
    pub async fn say(&self, user: &str, channel: &str, text: &str, thread: Option<&str>) -> Said {
        let ts = self.memory().put(channel, thread, user, text);
        let payload = self.message_event("message", user, channel, "channel", text, thread, &ts);
        self.said(payload).await
    }

    async fn said(&self, payload: Value) -> Said {
        let delivered = self.deliver(Kind::Event, &payload, 0).await;
        let ts = payload["event"]["ts"].as_str().unwrap_or_default().to_owned();
        Said { ts, delivered, payload }
    }

    /// The event of a message that is there already, under an event id of its own.
    #[expect(clippy::too_many_arguments, reason = "the fields of the event, named at every call")]
    pub fn message_event(
        &self,
        kind: &str,
        user: &str,
        channel: &str,
        channel_type: &str,
        text: &str,
        thread: Option<&str>,
        ts: &str,
    ) -> Value {
        let team =
            self.memory().users.get(user).map_or_else(|| TEAM.to_owned(), |it| it.team.clone());
        let mut event = json!({
            "type": kind, "user": user, "text": text, "ts": ts, "event_ts": ts,
            "channel": channel, "team": team, "channel_type": channel_type,
        });
        if let Some(thread) = thread {
            event["thread_ts"] = json!(thread);
        }
        self.event(event)
    }

    /// Wraps an event as the Events API does.
    pub fn event(&self, event: Value) -> Value {
        let number = self.memory().number();
        json!({
            "type": "event_callback", "team_id": TEAM, "api_app_id": APP,
            "event_id": format!("Ev{number}"), "event_time": 1_790_000_000, "event": event,
            "authorizations": [{ "team_id": TEAM, "user_id": BOT_USER, "is_bot": true }],
        })
    }

    /// Clicks what is called `label` on a message. Panics when there is no such button.
    pub async fn click(&self, user: &str, channel: &str, ts: &str, label: &str) -> Delivered {
        let payload = self.click_payload(user, channel, ts, label);
        self.deliver(Kind::Interaction, &payload, 0).await
    }

    /// The payload of a click, without delivering it.
    pub fn click_payload(&self, user: &str, channel: &str, ts: &str, label: &str) -> Value {
        let message =
            self.message(channel, ts).unwrap_or_else(|| panic!("no message {ts} in {channel}"));
        let action = action(&message.blocks, label);
        let mut payload = self.interaction("block_actions", user);
        payload["channel"] = json!({ "id": channel, "name": channel.to_lowercase() });
        payload["message"] = message.json(true);
        payload["container"] = json!({
            "type": "message", "message_ts": ts, "channel_id": channel, "is_ephemeral": false,
        });
        payload["actions"] = json!([action]);
        payload
    }

    /// Clicks on the home page.
    pub async fn click_home(&self, user: &str, label: &str) -> Delivered {
        let view = self.home(user).unwrap_or_else(|| panic!("{user} has no home page"));
        let blocks = view["blocks"].as_array().cloned().unwrap_or_default();
        let mut payload = self.interaction("block_actions", user);
        payload["container"] = json!({ "type": "view", "view_id": view["id"] });
        payload["view"] = view;
        payload["actions"] = json!([action(&blocks, label)]);
        self.deliver(Kind::Interaction, &payload, 0).await
    }

    pub async fn open_home(&self, user: &str) -> Delivered {
        let event = json!({ "type": "app_home_opened", "user": user, "channel": self.dm_of(user), "tab": "home" });
        let payload = self.event(event);
        self.deliver(Kind::Event, &payload, 0).await
    }

    /// Opens the assistant's pane.
    pub async fn open_assistant(&self, user: &str) -> Delivered {
        let channel = self.dm_of(user);
        let ts = self.memory().put(&channel, None, BOT_USER, "New thread");
        let event = json!({ "type": "assistant_thread_started", "assistant_thread": {
            "user_id": user, "channel_id": channel, "thread_ts": ts } });
        let payload = self.event(event);
        self.deliver(Kind::Event, &payload, 0).await
    }

    /// Submits the form that `user` has open: what is in it, with `changes` by block id. A text goes into
    /// an input, and picks the option with this label of a menu. The form closes unless the app says no.
    pub async fn submit(&self, user: &str, changes: &[(&str, &str)]) -> Delivered {
        let payload = self.submit_payload(user, changes);
        let delivered = self.deliver(Kind::Interaction, &payload, 0).await;
        let mut memory = self.memory();
        if let Some(at) = memory.modals.iter().rposition(|it| it.user == user) {
            if delivered.answer["response_action"] == json!("errors") {
                memory.modals[at].errors = delivered.answer["errors"].clone();
            } else if delivered.acked {
                memory.modals.remove(at);
            }
        }
        delivered
    }

    pub fn submit_payload(&self, user: &str, changes: &[(&str, &str)]) -> Value {
        let modal = self.modal(user).unwrap_or_else(|| panic!("{user} has no form open"));
        let mut view = modal.view;
        let mut values = json!({});
        for block in view["blocks"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|it| it["type"] == json!("input"))
        {
            let (id, element) = (block["block_id"].as_str().unwrap_or_default(), &block["element"]);
            let change = changes.iter().find(|(name, _)| *name == id).map(|(_, text)| *text);
            let action_id = element["action_id"].as_str().unwrap_or_default();
            values[id][action_id] = filled(element, change);
        }
        view["state"]["values"] = values;
        let mut payload = self.interaction("view_submission", user);
        payload["view"] = view;
        payload
    }

    /// The slash command.
    pub async fn command(&self, user: &str, channel: &str, text: &str) -> Delivered {
        let payload = self.command_payload(user, channel, text);
        self.deliver(Kind::Command, &payload, 0).await
    }

    pub fn command_payload(&self, user: &str, channel: &str, text: &str) -> Value {
        let trigger = self.memory().trigger(user);
        json!({
            "command": "/countersign", "text": text, "team_id": TEAM, "api_app_id": APP,
            "channel_id": channel, "channel_name": channel.to_lowercase(), "user_id": user,
            "user_name": user.to_lowercase(), "trigger_id": trigger,
            "response_url": "http://127.0.0.1:1/response",
        })
    }

    /// The shortcut on a message.
    pub async fn shortcut(&self, user: &str, channel: &str, ts: &str) -> Delivered {
        let message =
            self.message(channel, ts).unwrap_or_else(|| panic!("no message {ts} in {channel}"));
        let mut payload = self.interaction("message_action", user);
        payload["callback_id"] = json!("ask_about_message");
        payload["channel"] = json!({ "id": channel, "name": channel.to_lowercase() });
        payload["message"] = message.json(false);
        payload["message_ts"] = json!(ts);
        self.deliver(Kind::Interaction, &payload, 0).await
    }

    fn interaction(&self, kind: &str, user: &str) -> Value {
        let mut memory = self.memory();
        let team = memory.users.get(user).map_or_else(|| TEAM.to_owned(), |it| it.team.clone());
        let trigger = memory.trigger(user);
        json!({
            "type": kind, "api_app_id": APP, "trigger_id": trigger,
            "team": { "id": TEAM, "domain": "example" },
            "user": { "id": user, "username": user.to_lowercase(), "team_id": team },
        })
    }
}

/// The action of the button with this label, or of the choice beside which it stands.
fn action(blocks: &[Value], label: &str) -> Value {
    let spoken = format!("Choose {label}");
    let found = elements(blocks).find(|it| {
        it["text"]["text"] == json!(label)
            || it["accessibility_label"].as_str() == Some(spoken.as_str())
    });
    let Some(element) = found else {
        let there: Vec<&Value> = elements(blocks).map(|it| &it["text"]["text"]).collect();
        panic!("no button “{label}” among {there:?}");
    };
    json!({
        "type": "button", "action_id": element["action_id"], "block_id": "b1",
        "value": element["value"], "text": element["text"], "action_ts": "1790000000.5",
    })
}

fn filled(element: &Value, change: Option<&str>) -> Value {
    match element["type"].as_str() {
        Some("static_select") => {
            let options = element["options"].as_array().cloned().unwrap_or_default();
            let picked = match change {
                Some(label) => options.into_iter().find(|it| it["text"]["text"] == json!(label)),
                None => element.get("initial_option").cloned(),
            };
            json!({ "type": "static_select", "selected_option": picked })
        }
        // Several labels, one a line, are those that are ticked.
        Some("checkboxes") => {
            let options = element["options"].as_array().cloned().unwrap_or_default();
            let is_named = |it: &Value| {
                let label = it["text"]["text"].as_str().unwrap_or_default();
                change.is_some_and(|labels| labels.lines().any(|line| line == label))
            };
            let ticked = match change {
                Some(_) => options.into_iter().filter(is_named).collect(),
                None => element["initial_options"].as_array().cloned().unwrap_or_default(),
            };
            json!({ "type": "checkboxes", "selected_options": ticked })
        }
        kind => {
            let value =
                change.map(|it| json!(it)).or_else(|| element.get("initial_value").cloned());
            let value = value.filter(|it| *it != json!(""));
            json!({ "type": kind, "value": value })
        }
    }
}
