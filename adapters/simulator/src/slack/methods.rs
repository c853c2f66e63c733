//! The Web API, method by method.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::blocks::check_message;
use super::calls::Call;
use super::install::{self, team_of};
use super::memory::{Ephemeral, Memory, Message};
use super::server::Options;
use super::views;
use super::{APP_TOKEN, BOT, BOT_TOKEN, BOT_USER, TEAM};

/// What a call comes to.
pub(super) enum Outcome {
    Ok(Value),
    No(&'static str, Vec<String>),
    /// 429, free again in so many seconds.
    Later(u64),
    MissingScope(&'static str),
}

pub(super) type Result<T> = std::result::Result<T, Outcome>;

pub(super) fn no<T>(code: &'static str) -> Result<T> {
    Err(Outcome::No(code, Vec::new()))
}

pub(super) fn answer(memory: &mut Memory, options: &Options, base: &str, call: &Call) -> Outcome {
    memory.calls.push(call.method.clone());
    match dispatch(memory, options, base, call) {
        Ok(mut json) => {
            json["ok"] = json!(true);
            Outcome::Ok(json)
        }
        Err(outcome) => {
            if let Outcome::No(code, messages) = &outcome {
                let text = format!("{} {code} {}", call.method, messages.join("; "));
                memory.refusals.push(text.trim_end().to_owned());
            }
            outcome
        }
    }
}

fn dispatch(memory: &mut Memory, options: &Options, base: &str, call: &Call) -> Result<Value> {
    if call.method == "oauth.v2.access" {
        return install::exchange(memory, options, call);
    }
    let is_app = call.method == "apps.connections.open";
    match call.token.as_str() {
        BOT_TOKEN if !is_app => {}
        APP_TOKEN if is_app => {}
        BOT_TOKEN | APP_TOKEN => return no("not_allowed_token_type"),
        "" => return no("not_authed"),
        token if !is_app && memory.installed.contains_key(token) => {}
        _ => return no("invalid_auth"),
    }
    if let Some(scope) = scope_of(&call.method)
        && !options.scopes.iter().any(|it| it == scope)
    {
        return Err(Outcome::MissingScope(scope));
    }
    match call.method.as_str() {
        "auth.test" => {
            let team = team_of(memory, &call.token).unwrap_or_default();
            let name = if team == TEAM { "Example".to_owned() } else { team.to_lowercase() };
            Ok(json!({
                "url": "https://example.slack.com/", "team": name, "user": "countersign",
                "team_id": team, "user_id": BOT_USER, "bot_id": BOT,
            }))
        }
        "auth.revoke" => {
            memory.installed.remove(&call.token);
            Ok(json!({ "revoked": true }))
        }
        "chat.postMessage" => post(memory, options, call),
        "chat.update" => update(memory, call),
        "chat.delete" => delete(memory, call),
        "chat.postEphemeral" => whisper(memory, call),
        "chat.getPermalink" => {
            let (channel, ts) = (need(call, "channel")?, need(call, "message_ts")?);
            let link =
                format!("https://example.slack.com/archives/{channel}/p{}", ts.replace('.', ""));
            Ok(json!({ "channel": channel, "permalink": link }))
        }
        "conversations.replies" => replies(memory, call),
        "conversations.info" => {
            let id = need(call, "channel")?;
            let Some(channel) = memory.channels.get(id) else { return no("channel_not_found") };
            let is_member = channel.members.contains(BOT_USER);
            Ok(
                json!({ "channel": { "id": id, "name": channel.name, "is_member": is_member, "is_archived": channel.archived } }),
            )
        }
        "reactions.add" => react(memory, call),
        "users.info" => match memory.users.get(need(call, "user")?) {
            Some(user)
                if call.token != BOT_TOKEN
                    && team_of(memory, &call.token).as_deref() != Some(&user.team) =>
            {
                no("user_not_found")
            }
            Some(user) => Ok(json!({ "user": user.json() })),
            None => no("user_not_found"),
        },
        "usergroups.users.list" => match memory.groups.get(need(call, "usergroup")?) {
            Some(users) => Ok(json!({ "users": users })),
            None => no("no_such_subteam"),
        },
        "views.open" => views::open(memory, call),
        "views.publish" => views::publish(memory, call),
        "files.getUploadURLExternal" => {
            let name = need(call, "filename")?.to_owned();
            if call.text("length").and_then(|it| it.parse::<usize>().ok()).is_none_or(|it| it == 0)
            {
                return no("invalid_arguments");
            }
            let id = format!("F{}", memory.number());
            memory.uploads.insert(id.clone(), (name, Vec::new()));
            Ok(json!({ "upload_url": format!("{base}/upload/{id}"), "file_id": id }))
        }
        "files.completeUploadExternal" => complete(memory, call),
        "apps.connections.open" => {
            let ticket = format!("ticket-{}", memory.number());
            memory.tickets.push(ticket.clone());
            Ok(json!({ "url": ticket }))
        }
        "assistant.threads.setStatus" => {
            let (channel, thread) = (need(call, "channel_id")?, need(call, "thread_ts")?);
            memory.statuses.push((
                channel.into(),
                thread.into(),
                call.text("status").unwrap_or_default().into(),
            ));
            Ok(json!({}))
        }
        "assistant.threads.setSuggestedPrompts" => {
            need(call, "channel_id")?;
            let prompts = call.json("prompts").unwrap_or_default();
            if prompts.as_array().is_none_or(|it| it.is_empty() || it.len() > 4) {
                return no("invalid_arguments");
            }
            memory.prompts.push(prompts);
            Ok(json!({}))
        }
        "assistant.threads.setTitle" => {
            need(call, "channel_id")?;
            need(call, "thread_ts")?;
            need(call, "title").map(|_| json!({}))
        }
        _ => no("unknown_method"),
    }
}

fn scope_of(method: &str) -> Option<&'static str> {
    Some(match method {
        "chat.postMessage" | "chat.update" | "chat.delete" | "chat.postEphemeral" => "chat:write",
        "conversations.replies" => "channels:history",
        "conversations.info" => "channels:read",
        "reactions.add" => "reactions:write",
        "users.info" => "users:read",
        "usergroups.users.list" => "usergroups:read",
        "files.getUploadURLExternal" | "files.completeUploadExternal" => "files:write",
        _ if method.starts_with("assistant.threads.") => "assistant:write",
        _ => return None,
    })
}

pub(super) fn need<'a>(call: &'a Call, name: &str) -> Result<&'a str> {
    match call.text(name) {
        Some(text) => Ok(text),
        None => Err(Outcome::No("invalid_arguments", vec![format!("missing {name}")])),
    }
}

/// The channel where something may be posted; a user's id means the conversation with them.
fn writable(memory: &mut Memory, call: &Call, name: &str) -> Result<String> {
    let id = if memory.users.contains_key(name) { memory.dm(name) } else { name.to_owned() };
    match memory.channels.get(&id) {
        None => no("channel_not_found"),
        Some(it) if team_of(memory, &call.token).as_ref() != Some(&it.team) => {
            no("channel_not_found")
        }
        Some(it) if it.archived => no("is_archived"),
        Some(it) if !it.members.contains(BOT_USER) => no("not_in_channel"),
        Some(_) => Ok(id),
    }
}

struct Content {
    text: String,
    blocks: Vec<Value>,
}

fn content(call: &Call) -> Result<Content> {
    let text: String = call.text("text").unwrap_or_default().chars().take(40_000).collect();
    let mut blocks = Vec::new();
    if call.has("blocks") {
        let Some(Value::Array(list)) = call.json("blocks") else {
            return no("invalid_blocks_format");
        };
        if !list.is_empty() {
            let faults = check_message(&json!(list));
            if !faults.is_empty() {
                return Err(Outcome::No("invalid_blocks", faults));
            }
        }
        blocks = list;
    }
    if text.is_empty() && blocks.is_empty() {
        return no("no_text");
    }
    if !blocks.is_empty() && text.is_empty() {
        return Err(Outcome::No(
            "invalid_arguments",
            vec!["this fake wants a text beside blocks".into()],
        ));
    }
    Ok(Content { text, blocks })
}

fn metadata(call: &Call) -> Result<Value> {
    let Some(metadata) = call.json("metadata") else { return Ok(Value::Null) };
    let payload = metadata["event_payload"].as_object();
    let is_fine = metadata["event_type"].is_string()
        && payload.is_some_and(|it| it.values().all(Value::is_string));
    if is_fine { Ok(metadata) } else { no("invalid_metadata_format") }
}

fn post(memory: &mut Memory, options: &Options, call: &Call) -> Result<Value> {
    let channel = writable(memory, call, need(call, "channel")?)?;
    let thread = call.text("thread_ts").map(str::to_owned);
    let content = content(call)?;
    let metadata = metadata(call)?;
    let at = memory.channel_named(&channel);
    if let Some(thread) = &thread
        && !at.messages.contains_key(thread)
    {
        return no("thread_not_found");
    }
    if options.paced {
        let now = Instant::now();
        at.last_posts.retain(|it| now.duration_since(*it) < Duration::from_secs(1));
        if at.last_posts.len() >= 4 {
            return Err(Outcome::Later(1));
        }
        at.last_posts.push(now);
    }
    let ts = memory.put(&channel, thread.as_deref(), BOT_USER, &content.text);
    let message = stored(memory, &channel, &ts)?;
    message.blocks = content.blocks;
    message.metadata = metadata;
    Ok(json!({ "channel": channel, "ts": ts, "message": message.json(true) }))
}

fn stored<'a>(memory: &'a mut Memory, channel: &str, ts: &str) -> Result<&'a mut Message> {
    let Some(channel) = memory.channels.get_mut(channel) else { return no("channel_not_found") };
    match channel.messages.get_mut(ts) {
        Some(message) => Ok(message),
        None => no("message_not_found"),
    }
}

fn update(memory: &mut Memory, call: &Call) -> Result<Value> {
    let (channel, ts) = (need(call, "channel")?, need(call, "ts")?);
    let content = content(call)?;
    let metadata = metadata(call)?;
    let message = stored(memory, channel, ts)?;
    if message.user != BOT_USER {
        return no("cant_update_message");
    }
    message.text = content.text;
    // Text alone removes the blocks.
    message.blocks = content.blocks;
    if !metadata.is_null() {
        message.metadata = metadata;
    }
    message.edits += 1;
    Ok(json!({ "channel": channel, "ts": ts, "text": message.text }))
}

fn delete(memory: &mut Memory, call: &Call) -> Result<Value> {
    let (channel, ts) = (need(call, "channel")?, need(call, "ts")?);
    if stored(memory, channel, ts)?.user != BOT_USER {
        return no("cant_delete_message");
    }
    memory.channel_named(channel).messages.remove(ts);
    Ok(json!({ "channel": channel, "ts": ts }))
}

fn whisper(memory: &mut Memory, call: &Call) -> Result<Value> {
    let channel = writable(memory, call, need(call, "channel")?)?;
    let user = need(call, "user")?.to_owned();
    let content = content(call)?;
    if !memory.channel_named(&channel).members.contains(&user) {
        return no("user_not_in_channel");
    }
    let ts = memory.ts();
    memory.ephemerals.push(Ephemeral {
        channel,
        thread: call.text("thread_ts").map(str::to_owned),
        user,
        text: content.text,
        blocks: content.blocks,
    });
    Ok(json!({ "message_ts": ts }))
}

fn replies(memory: &mut Memory, call: &Call) -> Result<Value> {
    let (channel, ts) = (need(call, "channel")?, need(call, "ts")?);
    let Some(channel) = memory.channels.get(channel) else { return no("channel_not_found") };
    if !channel.messages.contains_key(ts) {
        return no("thread_not_found");
    }
    let with_metadata = call.flag("include_all_metadata");
    let of_thread =
        channel.messages.values().filter(|it| it.ts == ts || it.thread.as_deref() == Some(ts));
    let messages: Vec<Value> = of_thread.map(|it| it.json(with_metadata)).collect();
    Ok(json!({ "messages": messages, "has_more": false }))
}

fn react(memory: &mut Memory, call: &Call) -> Result<Value> {
    let name = need(call, "name")?.to_owned();
    let message = stored(memory, need(call, "channel")?, need(call, "timestamp")?)?;
    if message.reactions.contains(&name) {
        return no("already_reacted");
    }
    message.reactions.push(name);
    Ok(json!({}))
}

fn complete(memory: &mut Memory, call: &Call) -> Result<Value> {
    let files = call.json("files").unwrap_or_default();
    let ids = files.as_array().into_iter().flatten().filter_map(|it| it["id"].as_str());
    let mut done = Vec::new();
    for id in ids {
        match memory.uploads.remove(id) {
            Some((name, bytes)) if !bytes.is_empty() => done.push((name, bytes)),
            _ => return no("file_not_found"),
        }
    }
    let channel = writable(memory, call, need(call, "channel_id")?)?;
    let ts = memory.put(&channel, call.text("thread_ts"), BOT_USER, "");
    stored(memory, &channel, &ts)?.files = done;
    Ok(json!({ "files": files }))
}
