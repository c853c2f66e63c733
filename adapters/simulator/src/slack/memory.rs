//! What the pretend workspace holds.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::time::Instant;

use serde_json::{Value, json};

use super::faults::Queue;
use super::install::Allowed;
use super::{BOT_USER, TEAM};

/// An account. Made by [`super::FakeSlack::add_user`] as a full member; change it with `change_user`.
#[derive(Debug, Clone, Default)]
pub struct User {
    pub id: String,
    pub name: String,
    pub team: String,
    pub deleted: bool,
    pub is_bot: bool,
    pub is_restricted: bool,
    pub is_ultra_restricted: bool,
    pub is_stranger: bool,
}

impl User {
    pub(super) fn json(&self) -> Value {
        json!({
            "id": self.id, "team_id": self.team, "name": self.name, "real_name": self.name,
            "deleted": self.deleted, "is_bot": self.is_bot, "is_app_user": false,
            "is_restricted": self.is_restricted, "is_ultra_restricted": self.is_ultra_restricted,
            "is_stranger": self.is_stranger, "profile": { "email": format!("{}@example.com", self.name) },
        })
    }
}

/// One message of a channel.
#[derive(Debug, Clone)]
pub struct Message {
    pub ts: String,
    pub thread: Option<String>,
    pub user: String,
    pub text: String,
    pub blocks: Vec<Value>,
    pub metadata: Value,
    pub edits: u32,
    pub reactions: Vec<String>,
    /// Name and content of files.
    pub files: Vec<(String, Vec<u8>)>,
    pub at: Instant,
}

impl Message {
    /// What a person reads: the texts of all blocks, or the text.
    pub fn shown(&self) -> String {
        shown(&self.text, &self.blocks)
    }

    /// Labels of everything that can be clicked.
    pub fn buttons(&self) -> Vec<String> {
        elements(&self.blocks)
            .map(|it| it["text"]["text"].as_str().unwrap_or_default().to_owned())
            .collect()
    }

    /// Whether there is a button with this label, or a choice beside which one stands.
    pub fn can_click(&self, label: &str) -> bool {
        let spoken = format!("Choose {label}");
        elements(&self.blocks).any(|it| {
            it["text"]["text"] == json!(label)
                || it["accessibility_label"].as_str() == Some(spoken.as_str())
        })
    }

    pub fn is_of_the_bot(&self) -> bool {
        self.user == BOT_USER
    }

    pub(super) fn json(&self, with_metadata: bool) -> Value {
        let mut json = json!({
            "type": "message", "ts": self.ts, "user": self.user, "text": self.text, "team": TEAM,
        });
        if self.user == BOT_USER {
            json["bot_id"] = json!(super::BOT);
            json["app_id"] = json!(super::APP);
        }
        if !self.blocks.is_empty() {
            json["blocks"] = json!(self.blocks);
        }
        if let Some(thread) = &self.thread {
            json["thread_ts"] = json!(thread);
        }
        if with_metadata && !self.metadata.is_null() {
            json["metadata"] = self.metadata.clone();
        }
        json
    }
}

/// A message that one person saw.
#[derive(Debug, Clone)]
pub struct Ephemeral {
    pub channel: String,
    pub thread: Option<String>,
    pub user: String,
    pub text: String,
    pub blocks: Vec<Value>,
}

impl Ephemeral {
    pub fn shown(&self) -> String {
        shown(&self.text, &self.blocks)
    }
}

/// A form that is open.
#[derive(Debug, Clone)]
pub struct Modal {
    pub id: String,
    pub user: String,
    pub view: Value,
    /// What the app said to the last submission.
    pub errors: Value,
}

pub(super) fn shown(text: &str, blocks: &[Value]) -> String {
    if blocks.is_empty() {
        return text.to_owned();
    }
    let mut lines = Vec::new();
    for block in blocks {
        lines.extend(block["text"]["text"].as_str().map(str::to_owned));
        for part in ["fields", "elements"] {
            let parts = block[part].as_array().into_iter().flatten();
            lines.extend(parts.filter_map(|it| match it["type"].as_str() {
                Some("button") => Some(format!("[{}]", it["text"]["text"].as_str()?)),
                _ => it["text"].as_str().or(it["text"]["text"].as_str()).map(str::to_owned),
            }));
        }
        for row in block["rows"].as_array().into_iter().flatten() {
            let cells = row.as_array().into_iter().flatten().filter_map(|it| it["text"].as_str());
            lines.push(cells.collect::<Vec<_>>().join(" | "));
        }
        if block["accessory"]["type"] == json!("button") {
            lines.extend(block["accessory"]["text"]["text"].as_str().map(|it| format!("[{it}]")));
        }
    }
    lines.join("\n")
}

/// Buttons and menus of blocks.
pub(super) fn elements(blocks: &[Value]) -> impl Iterator<Item = &Value> {
    blocks.iter().flat_map(|block| {
        let of_actions =
            (block["type"] == json!("actions")).then(|| block["elements"].as_array()).flatten();
        let accessory = block.get("accessory").filter(|it| it["type"] == json!("button"));
        of_actions.into_iter().flatten().chain(accessory)
    })
}

#[derive(Debug)]
pub(super) struct Channel {
    /// The workspace it belongs to.
    pub(super) team: String,
    pub(super) name: String,
    pub(super) members: BTreeSet<String>,
    pub(super) archived: bool,
    /// By ts, which sorts by time.
    pub(super) messages: BTreeMap<String, Message>,
    pub(super) last_posts: Vec<Instant>,
}

#[derive(Debug)]
pub(super) struct Memory {
    pub(super) users: HashMap<String, User>,
    pub(super) groups: HashMap<String, Vec<String>>,
    pub(super) channels: HashMap<String, Channel>,
    pub(super) ephemerals: Vec<Ephemeral>,
    pub(super) modals: Vec<Modal>,
    pub(super) homes: HashMap<String, Value>,
    pub(super) statuses: Vec<(String, String, String)>,
    pub(super) prompts: Vec<Value>,
    pub(super) uploads: HashMap<String, (String, Vec<u8>)>,
    /// When each was given out, and to whom; used up by `views.open`.
    pub(super) triggers: HashMap<String, (Instant, String)>,
    pub(super) faults: Queue,
    /// Methods in the order they were called.
    pub(super) calls: Vec<String>,
    pub(super) tickets: Vec<String>,
    /// Installations that people allowed, by code.
    pub(super) codes: HashMap<String, Allowed>,
    /// Bot tokens of other workspaces, with the workspace.
    pub(super) installed: HashMap<String, String>,
    /// What was wrong with blocks and views that were refused.
    pub(super) refusals: Vec<String>,
    next: u64,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self {
            users: HashMap::new(),
            groups: HashMap::new(),
            channels: HashMap::new(),
            ephemerals: Vec::new(),
            modals: Vec::new(),
            homes: HashMap::new(),
            statuses: Vec::new(),
            prompts: Vec::new(),
            uploads: HashMap::new(),
            triggers: HashMap::new(),
            faults: Queue::default(),
            calls: Vec::new(),
            tickets: Vec::new(),
            codes: HashMap::new(),
            installed: HashMap::new(),
            refusals: Vec::new(),
            next: 0,
        }
    }

    pub(super) fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// Unique, and later ones sort later.
    pub(super) fn ts(&mut self) -> String {
        let number = self.number();
        format!("{}.{:06}", 1_790_000_000 + number / 1_000, number % 1_000 * 100)
    }

    pub(super) fn trigger(&mut self, user: &str) -> String {
        let id = format!("{}.trigger", self.number());
        self.triggers.insert(id.clone(), (Instant::now(), user.to_owned()));
        id
    }

    pub(super) fn channel_named(&mut self, id: &str) -> &mut Channel {
        self.channels.entry(id.to_owned()).or_insert_with(|| Channel {
            team: TEAM.to_owned(),
            name: id.to_lowercase(),
            members: BTreeSet::from([BOT_USER.to_owned()]),
            archived: false,
            messages: BTreeMap::new(),
            last_posts: Vec::new(),
        })
    }

    /// The conversation of the bot with one person.
    pub(super) fn dm(&mut self, user: &str) -> String {
        let id = format!("D{}", user.trim_start_matches('U'));
        let team = self.users.get(user).map_or_else(|| TEAM.to_owned(), |it| it.team.clone());
        let channel = self.channel_named(&id);
        channel.team = team;
        channel.members.insert(user.to_owned());
        id
    }

    pub(super) fn put(
        &mut self,
        channel: &str,
        thread: Option<&str>,
        user: &str,
        text: &str,
    ) -> String {
        let ts = self.ts();
        let message = Message {
            ts: ts.clone(),
            thread: thread.map(str::to_owned),
            user: user.to_owned(),
            text: text.to_owned(),
            blocks: Vec::new(),
            metadata: Value::Null,
            edits: 0,
            reactions: Vec::new(),
            files: Vec::new(),
            at: Instant::now(),
        };
        self.channel_named(channel).messages.insert(ts.clone(), message);
        ts
    }
}
