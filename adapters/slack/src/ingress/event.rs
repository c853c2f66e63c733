//! Messages and what else the Events API tells.

use std::sync::Arc;

use countersign::conversation::{Body, Thread};
use countersign::ports::Accepted;
use serde_json::Value;

use super::{Ack, text};
use crate::draw::text::read;
use crate::inner::Inner;
use crate::sign::Seen;
use crate::standing::{For, Unfit};

impl Inner {
    pub(super) async fn event(self: &Arc<Self>, payload: &Value) -> Ack {
        match text(payload, &["/event/type"]) {
            Some("app_mention") => self.message(payload, Addressed::Yes).await,
            Some("message") => {
                let alone = text(payload, &["/event/channel_type"]) == Some("im")
                    || text(payload, &["/event/channel"]).is_some_and(|it| it.starts_with('D'));
                let addressed = if alone { Addressed::Yes } else { Addressed::Maybe };
                self.message(payload, addressed).await
            }
            Some("app_home_opened") => {
                self.opened(payload);
                Ack::Empty
            }
            Some("assistant_thread_started") => {
                let at = |pointer: &str| text(payload, &[pointer]).map(str::to_owned);
                let user = at("/event/assistant_thread/user_id");
                let channel = at("/event/assistant_thread/channel_id");
                let thread = at("/event/assistant_thread/thread_ts");
                if let (Some(user), Some(channel)) = (user, channel) {
                    let this = Arc::clone(self);
                    tokio::spawn(
                        async move { this.suggest(&channel, thread.as_deref(), &user).await },
                    );
                }
                Ack::Empty
            }
            _ => Ack::Empty,
        }
    }

    fn opened(self: &Arc<Self>, payload: &Value) {
        let at = |pointer: &str| text(payload, &[pointer]).map(str::to_owned);
        let Some(user) = at("/event/user") else { return };
        let this = Arc::clone(self);
        match text(payload, &["/event/tab"]) {
            Some("messages") => {
                let Some(channel) = at("/event/channel") else { return };
                tokio::spawn(async move { this.suggest(&channel, None, &user).await });
            }
            _ => {
                let team = at("/team_id");
                tokio::spawn(async move { this.publish_home(team.as_deref(), &user).await });
            }
        }
    }

    async fn message(self: &Arc<Self>, payload: &Value, addressed: Addressed) -> Ack {
        let bot = text(payload, &["/authorizations/0/user_id"])
            .map(str::to_owned)
            .or_else(|| self.known_identity().map(|it| it.user.clone()));
        let Some(message) = Message::read(payload, bot.as_deref()) else { return Ack::Empty };
        let place = self.place(message.channel, message.thread);
        if addressed == Addressed::Maybe && !self.follows(&message, &place, bot.as_deref()).await {
            return Ack::Empty;
        }
        let account = self.account(message.team, message.user);
        let words = read(message.text, bot.as_deref(), |user| self.name_of(user));
        if let Err(unfit) = self.may_write(&words, message.user, message.team).await {
            self.tell(message.channel, message.thread, message.user, unfit.to_string());
            return Ack::Empty;
        }
        // One message may come as several events, under different ids; the place in Slack is the same.
        let event_id = format!("message:{}:{}", message.channel, message.ts);
        let is_new_thread = message.thread == message.ts;
        match self.receive(event_id, place, account, Body::Text(words.clone())).await {
            Some(Accepted::New) => {
                self.show_seen(Seen {
                    channel: message.channel.to_owned(),
                    ts: message.ts.to_owned(),
                    thread: message.thread.to_owned(),
                });
                if message.channel.starts_with('D') && !is_new_thread {
                    let (this, channel, thread) =
                        (Arc::clone(self), message.channel.to_owned(), message.thread.to_owned());
                    tokio::spawn(async move { this.name_thread(&channel, &thread, &words).await });
                }
                Ack::Empty
            }
            Some(Accepted::Duplicate) => Ack::Empty,
            None => Ack::Withheld,
        }
    }

    /// A decision typed by hand needs the same standing as a click, by whatever way the words come.
    pub(super) async fn may_write(
        &self,
        words: &str,
        user: &str,
        team: Option<&str>,
    ) -> Result<(), Unfit> {
        if is_decision(words) { self.fit(user, team, For::Deciding).await } else { Ok(()) }
    }

    /// Whether a message without a mention is for us: a reply in a thread that we are in, where that is
    /// switched on. One with a mention comes as `app_mention` too.
    async fn follows(&self, message: &Message<'_>, place: &Thread, bot: Option<&str>) -> bool {
        let is_reply = message.thread != message.ts;
        let mentions_us = bot.is_some_and(|bot| message.text.contains(&format!("<@{bot}")));
        if !self.config.follow_threads || !is_reply || mentions_us {
            return false;
        }
        let known = self.engine.store().transcript(&place.conversation(), None, 1).await;
        known.is_ok_and(|lines| !lines.is_empty())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Addressed {
    Yes,
    Maybe,
}

/// The fields of a message that count.
#[derive(Debug, PartialEq)]
struct Message<'a> {
    team: Option<&'a str>,
    channel: &'a str,
    user: &'a str,
    ts: &'a str,
    thread: &'a str,
    text: &'a str,
}

impl<'a> Message<'a> {
    /// `None`: not of a person, or not a new message.
    fn read(payload: &'a Value, bot: Option<&str>) -> Option<Self> {
        let event = payload.get("event")?;
        let is_new = match event["subtype"].as_str() {
            None | Some("thread_broadcast" | "file_share") => true,
            Some(_) => false,
        };
        let of_machine = event.get("bot_id").is_some_and(|it| !it.is_null())
            || event.get("bot_profile").is_some_and(|it| !it.is_null())
            || event["user"].as_str() == bot && bot.is_some();
        if !is_new || of_machine || event["hidden"].as_bool() == Some(true) {
            return None;
        }
        let ts = text(event, &["/ts"])?;
        Some(Self {
            // The workspace of the sender, which in a shared channel is another than ours.
            team: text(event, &["/user_team", "/team"]).or_else(|| text(payload, &["/team_id"])),
            channel: text(event, &["/channel"])?,
            user: text(event, &["/user"])?,
            ts,
            thread: text(event, &["/thread_ts"]).unwrap_or(ts),
            text: event["text"].as_str().unwrap_or_default(),
        })
    }
}

/// Whether a text may be a decision typed by hand.
fn is_decision(text: &str) -> bool {
    let verb = text.split_whitespace().next().unwrap_or_default().to_lowercase();
    matches!(verb.as_str(), "approve" | "deny" | "reject" | "withdraw" | "sign" | "revoke")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(change: impl FnOnce(&mut Value)) -> Value {
        let mut payload = json!({ "team_id": "T1", "event": {
            "type": "message", "channel": "C1", "user": "U1", "ts": "2.0", "text": "hi" } });
        change(&mut payload["event"]);
        payload
    }

    fn thread_of(change: impl FnOnce(&mut Value)) -> Option<String> {
        Message::read(&event(change), Some("UBOT")).map(|it| it.thread.to_owned())
    }

    #[test]
    fn only_new_messages_of_people_count() {
        assert_eq!(thread_of(|_| {}).as_deref(), Some("2.0"));
        assert_eq!(thread_of(|it| it["thread_ts"] = json!("1.0")).as_deref(), Some("1.0"));
        assert_eq!(thread_of(|it| it["subtype"] = json!("file_share")).as_deref(), Some("2.0"));
        assert_eq!(thread_of(|it| it["subtype"] = json!("message_changed")), None);
        assert_eq!(thread_of(|it| it["subtype"] = json!("bot_message")), None);
        assert_eq!(thread_of(|it| it["bot_id"] = json!("B1")), None);
        assert_eq!(thread_of(|it| it["user"] = json!("UBOT")), None);
        assert_eq!(thread_of(|it| it["hidden"] = json!(true)), None);
        assert_eq!(thread_of(|it| it["user"] = Value::Null), None);
    }

    #[test]
    fn parts_that_nobody_knows_do_no_harm() {
        let odd = event(|it| it["metadata"] = json!({ "event_payload": { "n": 1 } }));
        assert_eq!(Message::read(&odd, None).map(|it| it.text), Some("hi"));
    }

    #[test]
    fn a_typed_decision_is_told_from_a_request() {
        assert!(is_decision(" Approve 7F3K"));
        assert!(is_decision("reject 7F3K because"));
        assert!(!is_decision("please approve it"));
        assert!(!is_decision(""));
    }
}
