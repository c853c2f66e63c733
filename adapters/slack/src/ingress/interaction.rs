//! Clicks, forms and shortcuts.

use std::sync::Arc;

use countersign::conversation::{Body, Thread};
use countersign::directory::Platform;
use countersign::ids::ApprovalId;
use countersign::reply::Action;
use serde_json::{Value as Json, json};

use super::{Ack, text};
use crate::draw::form::{self, Meta};
use crate::inner::Inner;
use crate::standing::For;
use crate::value::{Open, Value};

/// Who did it, as the signed payload says.
pub(super) struct By<'a> {
    pub(super) user: &'a str,
    pub(super) team: Option<&'a str>,
}

impl<'a> By<'a> {
    pub(super) fn of(payload: &'a Json) -> Option<Self> {
        let user = text(payload, &["/user/id"])?;
        Some(Self { user, team: text(payload, &["/user/team_id", "/team/id"]) })
    }
}

/// A click, as far as it is told apart from others.
struct Click<'a> {
    value: Value,
    by: By<'a>,
    place: Place,
    trigger: &'a str,
    id: String,
}

/// Where it was clicked.
#[derive(Clone)]
pub(super) struct Place {
    pub(super) channel: String,
    pub(super) thread: String,
}

impl Inner {
    pub(super) async fn interaction(self: &Arc<Self>, payload: &Json) -> Ack {
        match text(payload, &["/type"]) {
            Some("block_actions") => match Click::read(payload) {
                Some(click) => self.click(click).await,
                // A link, or a button of somebody else.
                None => Ack::Empty,
            },
            Some("view_submission") => self.submitted(payload).await,
            Some("message_action") => {
                self.asked_about(payload);
                Ack::Empty
            }
            _ => Ack::Empty,
        }
    }

    async fn click(self: &Arc<Self>, click: Click<'_>) -> Ack {
        let account = self.account(click.by.team, click.by.user);
        let say = |text: String| {
            self.tell(&click.place.channel, &click.place.thread, click.by.user, text);
            Ack::Empty
        };
        let Some(person) = self.person(&account) else {
            return say(format!(
                "I do not know this account (slack {}), so I did nothing. An admin can add it under [[people]].",
                click.by.user
            ));
        };
        // An edit is a new request in the editor's name; it would end the old one and then be refused.
        if matches!(click.value, Value::Open(Open::Edit { .. })) && !person.may_ask() {
            return say("Your role may decide, not ask, so you cannot edit this. Deny it and say what should differ.".into());
        }
        let purpose = match &click.value {
            Value::Act(
                Action::Approve { .. } | Action::ApproveSome { .. } | Action::Deny { .. },
            ) => For::Deciding,
            Value::Act(
                Action::Edit { .. }
                | Action::Withdraw { .. }
                | Action::Pick { .. }
                | Action::Say { .. },
            )
            | Value::Open(_) => For::Asking,
        };
        if let Err(unfit) = self.fit(click.by.user, click.by.team, purpose).await {
            return say(unfit.to_string());
        }
        if let Value::Act(Action::Say { text }) = &click.value
            && let Err(unfit) = self.may_write(text, click.by.user, click.by.team).await
        {
            return say(unfit.to_string());
        }
        let meta = |approval: &ApprovalId, step| Meta {
            channel: click.place.channel.clone(),
            thread: click.place.thread.clone(),
            approval: Some(approval.clone()),
            step,
            seen: None,
        };
        match &click.value {
            Value::Act(Action::Deny { approval, reason: None }) => {
                self.open_deny(click.by.user, click.trigger, meta(approval, 0));
                Ack::Empty
            }
            Value::Act(Action::ApproveSome { approval }) => {
                self.open_steps(click.by.user, click.trigger, meta(approval, 0));
                Ack::Empty
            }
            Value::Open(Open::Edit { approval, step }) => {
                self.open_edit(click.by.user, click.trigger, meta(approval, *step));
                Ack::Empty
            }
            Value::Open(Open::Details { approval }) => {
                self.show_details(click.by.user, click.trigger, meta(approval, 0));
                Ack::Empty
            }
            Value::Act(action) => {
                let place = self.thread_of(&click.place, click.by.user, action).await;
                let body = Body::Click(action.clone());
                match self.receive(click.id, place, account, body).await {
                    Some(_) => {
                        if click.place.channel.is_empty() {
                            self.publish_home_soon(click.by.team, click.by.user);
                        }
                        Ack::Empty
                    }
                    None => Ack::Withheld,
                }
            }
        }
    }

    /// The conversation that a click belongs to. On the home page there is none, so it is the one where
    /// approval was asked.
    pub(super) async fn thread_of(&self, place: &Place, user: &str, action: &Action) -> Thread {
        if !place.channel.is_empty() {
            return self.place(&place.channel, &place.thread);
        }
        let approval = match action {
            Action::Approve { approval, .. }
            | Action::ApproveSome { approval }
            | Action::Deny { approval, .. }
            | Action::Edit { approval, .. }
            | Action::Withdraw { approval } => {
                self.engine.store().approval(approval).await.ok().flatten()
            }
            Action::Pick { .. } | Action::Say { .. } => None,
        };
        let prefix = format!("{}/", Platform::Slack.key());
        let known = approval.as_ref().and_then(|it| it.conversation.as_str().strip_prefix(&prefix));
        let known = known.and_then(|rest| rest.rsplit_once('/'));
        let ours = known.and_then(|(channel, ts)| match (&self.team, channel.split_once('/')) {
            (None, None) => Some((channel, ts)),
            (Some(ours), Some((team, channel))) if team == ours => Some((channel, ts)),
            (None, Some(_)) | (Some(_), _) => None,
        });
        match ours {
            Some((channel, ts)) => self.place(channel, ts),
            // Asked elsewhere: the person hears by direct message.
            None => self.place(user, ""),
        }
    }

    /// "Ask Countersign about this": a form, so that the words are the person's own.
    fn asked_about(self: &Arc<Self>, payload: &Json) {
        let (Some(by), Some(trigger)) = (By::of(payload), text(payload, &["/trigger_id"])) else {
            return;
        };
        let (Some(channel), Some(ts)) =
            (text(payload, &["/channel/id"]), text(payload, &["/message/ts", "/message_ts"]))
        else {
            return;
        };
        let at = text(payload, &["/message/thread_ts"]).unwrap_or(ts);
        let meta = Meta {
            channel: channel.to_owned(),
            thread: at.to_owned(),
            approval: None,
            step: 0,
            seen: None,
        };
        let wrote = text(payload, &["/message/text"]).unwrap_or_default();
        let bot = self.known_identity().map(|it| it.user.clone());
        let words = crate::draw::text::read(wrote, bot.as_deref(), |user| self.name_of(user));
        self.open_view(by.user, trigger, meta.clone(), form::ask(&words, &meta));
    }
}

impl<'a> Click<'a> {
    fn read(payload: &'a Json) -> Option<Self> {
        let actions = payload.get("actions")?.as_array()?;
        let (action, value) = actions.iter().find_map(|action| {
            let value = text(action, &["/value", "/selected_option/value"])?;
            Some((action, Value::decode(value)?))
        })?;
        let channel = text(payload, &["/channel/id", "/container/channel_id"]).unwrap_or_default();
        let at = text(
            payload,
            &["/message/thread_ts", "/container/thread_ts", "/message/ts", "/container/message_ts"],
        );
        let by = By::of(payload)?;
        let trigger = text(payload, &["/trigger_id"]).unwrap_or_default();
        let id = if trigger.is_empty() {
            let ts = text(action, &["/action_ts"]).unwrap_or("-");
            format!("click:{}:{channel}:{}:{ts}", by.user, at.unwrap_or("-"))
        } else {
            format!("click:{trigger}")
        };
        let place =
            Place { channel: channel.to_owned(), thread: at.unwrap_or_default().to_owned() };
        Some(Self { value, by, place, trigger, id })
    }
}

/// The answer to a form that stays open.
pub(super) fn errors(of: impl IntoIterator<Item = (String, String)>) -> Ack {
    let errors: serde_json::Map<String, Json> =
        of.into_iter().map(|(id, text)| (id, Json::String(text))).collect();
    Ack::Json(json!({ "response_action": "errors", "errors": errors }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_click_is_read_although_its_message_is_odd() {
        let payload = json!({
            "type": "block_actions", "team": null, "user": { "id": "U1" }, "trigger_id": "t.1",
            "channel": { "id": "C1" },
            "message": { "ts": "2.0", "thread_ts": "1.0", "metadata": { "event_payload": { "n": 7 } } },
            "actions": [{ "action_id": "x", "value": "{\"do\":\"say\",\"text\":\"help\"}", "action_ts": "3.0" }],
        });
        let click = Click::read(&payload).unwrap();
        assert_eq!(click.id, "click:t.1");
        assert_eq!((click.place.channel.as_str(), click.place.thread.as_str()), ("C1", "1.0"));
        assert_eq!(click.value, Value::Act(Action::Say { text: "help".into() }));
    }

    #[test]
    fn a_button_of_another_app_is_no_click() {
        let payload = json!({ "user": { "id": "U1" }, "actions": [{ "value": "launch" }] });
        assert!(Click::read(&payload).is_none());
    }
}
