//! Forms that come back.

use std::sync::Arc;

use countersign::conversation::Body;
use countersign::reply::Action;
use serde_json::Value;
use tracing::warn;

use super::interaction::{By, Place, errors};
use super::{Ack, text};
use crate::draw::form::{self, Meta, ONLY_INPUT};
use crate::inner::Inner;
use crate::sign::Seen;
use crate::standing::For;

impl Inner {
    pub(super) async fn submitted(self: &Arc<Self>, payload: &Value) -> Ack {
        let (Some(by), Some(view)) = (By::of(payload), payload.get("view")) else {
            return Ack::Empty;
        };
        let meta =
            text(view, &["/private_metadata"]).and_then(|it| serde_json::from_str::<Meta>(it).ok());
        let Some(meta) = meta else { return Ack::Empty };
        let values = view.pointer("/state/values").unwrap_or(&Value::Null);
        // A form that was refused comes back with the same id, but then nothing was received of it.
        let Some(id) = text(view, &["/id"]).map(|id| format!("form:{id}")) else {
            return Ack::Empty;
        };
        match text(view, &["/callback_id"]) {
            Some(form::DENY) => self.denied(&by, id, &meta, values).await,
            Some(form::STEPS) => self.approved_some(&by, id, &meta, values).await,
            Some(form::EDIT) => self.edited(&by, id, &meta, values).await,
            Some(form::ASK) => self.asked(&by, id, &meta, values).await,
            _ => Ack::Empty,
        }
    }

    async fn denied(&self, by: &By<'_>, id: String, meta: &Meta, values: &Value) -> Ack {
        if let Err(unfit) = self.fit(by.user, by.team, For::Deciding).await {
            return errors([(ONLY_INPUT.to_owned(), unfit.to_string())]);
        }
        let Some(approval) = meta.approval.clone() else { return Ack::Empty };
        let action = Action::Deny { approval, reason: form::only_text(values) };
        self.act(by, id, meta, action, ONLY_INPUT).await
    }

    async fn approved_some(&self, by: &By<'_>, id: String, meta: &Meta, values: &Value) -> Ack {
        let say = |text: &str| errors([(ONLY_INPUT.to_owned(), text.to_owned())]);
        if let Err(unfit) = self.fit(by.user, by.team, For::Deciding).await {
            return say(&unfit.to_string());
        }
        let (Some(approval), Some(seen)) = (meta.approval.clone(), meta.seen.clone()) else {
            return Ack::Empty;
        };
        match form::chosen(values) {
            chosen if chosen.is_empty() => {
                say("Tick at least one step. To stop all of them, close this and deny it.")
            }
            chosen => {
                let action = Action::Approve { approval, seen, steps: Some(chosen) };
                self.act(by, id, meta, action, ONLY_INPUT).await
            }
        }
    }

    async fn edited(&self, by: &By<'_>, id: String, meta: &Meta, values: &Value) -> Ack {
        let first = values.as_object().and_then(|all| all.keys().next().cloned());
        let first = first.unwrap_or_else(|| ONLY_INPUT.to_owned());
        let say = |text: &str| errors([(first.clone(), text.to_owned())]);
        if let Err(unfit) = self.fit(by.user, by.team, For::Asking).await {
            return say(&unfit.to_string());
        }
        let Some(id_of) = &meta.approval else { return Ack::Empty };
        let approval = match self.engine.store().approval(id_of).await {
            Ok(Some(approval)) => approval,
            Ok(None) => return say("I do not know that approval any more."),
            Err(error) => {
                warn!(error = %error, "an approval could not be read");
                return say("I cannot read my store at the moment. Please try again.");
            }
        };
        let call = usize::try_from(meta.step).ok().and_then(|step| approval.plan.calls.get(step));
        let catalogue = self.engine.catalogue();
        let Some((call, tool)) = call.and_then(|call| Some((call, catalogue.get(&call.tool)?)))
        else {
            return say("The tool of this step is gone, so it cannot be edited.");
        };
        match form::arguments(tool, &call.arguments, values) {
            Err(wrong) => errors(wrong),
            Ok(arguments) => {
                let action =
                    Action::Edit { approval: approval.id.clone(), step: meta.step, arguments };
                self.act(by, id, meta, action, &first).await
            }
        }
    }

    async fn asked(self: &Arc<Self>, by: &By<'_>, id: String, meta: &Meta, values: &Value) -> Ack {
        let Some(words) = form::only_text(values) else {
            return errors([(ONLY_INPUT.to_owned(), "Please write what you need.".to_owned())]);
        };
        if let Err(unfit) = self.may_write(&words, by.user, by.team).await {
            return errors([(ONLY_INPUT.to_owned(), unfit.to_string())]);
        }
        let account = self.account(by.team, by.user);
        let place = self.place(&meta.channel, &meta.thread);
        match self.receive(id, place, account, Body::Text(words)).await {
            Some(_) => {
                self.show_seen(Seen {
                    channel: meta.channel.clone(),
                    ts: meta.thread.clone(),
                    thread: meta.thread.clone(),
                });
                Ack::Empty
            }
            None => errors([(ONLY_INPUT.to_owned(), NOT_STORED.to_owned())]),
        }
    }

    async fn act(&self, by: &By<'_>, id: String, meta: &Meta, action: Action, input: &str) -> Ack {
        let place = Place { channel: meta.channel.clone(), thread: meta.thread.clone() };
        let place = self.thread_of(&place, by.user, &action).await;
        let account = self.account(by.team, by.user);
        match self.receive(id, place, account, Body::Click(action)).await {
            Some(_) => Ack::Empty,
            None => errors([(input.to_owned(), NOT_STORED.to_owned())]),
        }
    }
}

const NOT_STORED: &str = "I could not store this, so nothing was done. Please try again.";
