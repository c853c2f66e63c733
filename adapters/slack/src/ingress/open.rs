//! What is shown to the one who clicked, outside the way of the acknowledgement.
//!
//! A form has to be opened within three seconds of its click, so it is the first thing done.

use std::sync::Arc;

use countersign::approval::{Approval, State};
use countersign::reply::Message;
use serde_json::json;
use slack_morphism::prelude::{SlackModalView, SlackView};
use tracing::warn;

use crate::api::{ANSWER_BEFORE_ACK_MAX, Done};
use crate::draw::details::details;
use crate::draw::form::{self, Meta};
use crate::draw::{Tables, draw, kit};
use crate::inner::Inner;

impl Inner {
    /// A sentence for one person, without waiting for it.
    pub(super) fn tell(self: &Arc<Self>, channel: &str, thread: &str, user: &str, text: String) {
        let this = Arc::clone(self);
        let (user, thread) = (user.to_owned(), thread.to_owned());
        let channel = if channel.is_empty() { user.clone() } else { channel.to_owned() };
        tokio::spawn(async move {
            let drawn = draw(&Message::text(text), Tables::AsText, &[]);
            if let Err(error) = this.whisper(&channel, &thread, &user, &drawn).await {
                warn!(error = %error, "a person was not told why nothing was done");
            }
        });
    }

    pub(super) fn open_deny(self: &Arc<Self>, user: &str, trigger: &str, meta: Meta) {
        self.open_for(user, trigger, meta, |_, approval, meta| Some(form::deny(approval, meta)));
    }

    pub(super) fn open_steps(self: &Arc<Self>, user: &str, trigger: &str, meta: Meta) {
        self.open_for(user, trigger, meta, |_, approval, meta| form::steps(approval, meta));
    }

    pub(super) fn open_edit(self: &Arc<Self>, user: &str, trigger: &str, meta: Meta) {
        self.open_for(user, trigger, meta, |this, approval, meta| {
            let call = approval.plan.calls.get(usize::try_from(meta.step).ok()?)?;
            form::edit(approval, this.engine.catalogue().get(&call.tool)?, meta)
        });
    }

    /// A form about an approval that still waits.
    fn open_for(
        self: &Arc<Self>,
        user: &str,
        trigger: &str,
        meta: Meta,
        view: impl FnOnce(&Self, &Approval, &Meta) -> Option<SlackModalView> + Send + 'static,
    ) {
        let (this, user, trigger) = (Arc::clone(self), user.to_owned(), trigger.to_owned());
        tokio::spawn(async move {
            let Some(approval) = this.waiting(&user, &meta).await else { return };
            match view(&this, &approval, &meta) {
                Some(view) => this.send_view(&user, &trigger, &meta, view, Some(&approval)).await,
                None => this.tell(
                    &meta.channel,
                    &meta.thread,
                    &user,
                    "There is nothing to choose or to edit in this.".into(),
                ),
            }
        });
    }

    pub(super) fn open_view(
        self: &Arc<Self>,
        user: &str,
        trigger: &str,
        meta: Meta,
        view: SlackModalView,
    ) {
        let (this, user, trigger) = (Arc::clone(self), user.to_owned(), trigger.to_owned());
        tokio::spawn(async move { this.send_view(&user, &trigger, &meta, view, None).await });
    }

    async fn send_view(
        self: &Arc<Self>,
        user: &str,
        trigger: &str,
        meta: &Meta,
        view: SlackModalView,
        approval: Option<&Approval>,
    ) {
        let body = json!({ "trigger_id": trigger, "view": SlackView::Modal(view) });
        let opened =
            self.api.post_within::<Done>(ANSWER_BEFORE_ACK_MAX * 2, "views.open", &body).await;
        if let Err(error) = opened {
            warn!(error = %error, "a form could not be opened");
            let way_out = match approval {
                Some(approval) => format!(
                    "Slack did not open the form in time, so nothing was done. Click once more, or type “deny {} because …”.",
                    approval.code
                ),
                None => "Slack did not open the form in time, so nothing was done. Please try once more.".to_owned(),
            };
            self.tell(&meta.channel, &meta.thread, user, way_out);
        }
    }

    /// The approval of a form, if somebody can still decide on it; if not, the person is told.
    async fn waiting(self: &Arc<Self>, user: &str, meta: &Meta) -> Option<Approval> {
        let id = meta.approval.as_ref()?;
        let text = match self.engine.store().approval(id).await {
            Ok(Some(approval)) => match approval.state {
                State::Waiting if approval.expires_at > self.engine.now() => return Some(approval),
                State::Waiting => {
                    "This has expired, so nothing was done. It can be asked again.".to_owned()
                }
                ref ended => format!("This was already {}, so nothing was done.", ended.key()),
            },
            Ok(None) => {
                "I do not know that approval; the card may be from another installation.".to_owned()
            }
            Err(error) => {
                warn!(error = %error, "an approval could not be read");
                "I cannot read my store at the moment, so nothing was done. Please try again."
                    .to_owned()
            }
        };
        self.tell(&meta.channel, &meta.thread, user, text);
        None
    }

    /// For one person: in the channel as an ephemeral message, from the home page in a window.
    pub(super) fn show_details(self: &Arc<Self>, user: &str, trigger: &str, meta: Meta) {
        let (this, user, trigger) = (Arc::clone(self), user.to_owned(), trigger.to_owned());
        tokio::spawn(async move {
            let Some(id) = meta.approval.as_ref() else { return };
            let Ok(Some(approval)) = this.engine.store().approval(id).await else {
                let text =
                    "I do not know that approval; the card may be from another installation.";
                this.tell(&meta.channel, &meta.thread, &user, text.into());
                return;
            };
            let drawn = draw(&details(&approval, this.engine.people()), Tables::AsText, &[]);
            if meta.channel.is_empty() {
                let view = SlackModalView::new(kit::only("Details", 24), drawn.blocks);
                this.send_view(&user, &trigger, &meta, view, None).await;
            } else if let Err(error) =
                this.whisper(&meta.channel, &meta.thread, &user, &drawn).await
            {
                warn!(error = %error, "details could not be shown");
            }
        });
    }
}
