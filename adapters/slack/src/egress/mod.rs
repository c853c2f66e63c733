//! Messages on their way to Slack.
//!
//! Slack has no key that would make a second post of the same message harmless. So each carries our id of it
//! in its metadata, and a post whose answer was lost is looked up in its thread before it is posted again.

mod copies;
mod files;
pub(crate) mod pace;
mod posted;
mod reconcile;

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use countersign::approval::Approval;
use countersign::directory::Platform;
use countersign::ids::ApprovalId;
use countersign::ports::{Chat, ChatError, ExternalId, Outgoing};
use countersign::reply::{Action, Audience, Block, Message};
use serde::Deserialize;
use serde_json::{Value, json};
use tracing::{error, warn};

pub use self::copies::COPIES_BY_DM_MAX;
pub use self::pace::BURST;
pub(crate) use self::posted::Posted;
use crate::api::{ApiError, Done};
use crate::draw::{self, Drawn, Tables, form};
use crate::inner::Inner;
use crate::workspaces::{Whose, Workspaces};

/// How long a message waits that may or may not have arrived, before it is looked up again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Something an operator has to mend: a revoked token.
const MEND: Duration = Duration::from_secs(120);

/// Codes that an operator's work can make go away.
const MENDABLE: [&str; 8] = [
    "invalid_auth",
    "not_authed",
    "account_inactive",
    "token_revoked",
    "token_expired",
    "missing_scope",
    "ekm_access_denied",
    "org_login_required",
];

/// Codes that are about the blocks, so that fewer of them may be taken.
const BLOCKS: [&str; 5] = [
    "invalid_blocks",
    "invalid_blocks_format",
    "invalid_attachments",
    "msg_blocks_too_long",
    "only_one_table_allowed",
];

/// What is read of the answer to a post: no more, so nothing else in it can make it look failed.
#[derive(Debug, Deserialize)]
struct Answer {
    channel: String,
    ts: String,
}

/// Draws messages in Slack.
pub struct SlackChat(Arc<Workspaces>);

impl SlackChat {
    pub(crate) fn new(workspaces: Arc<Workspaces>) -> Self {
        Self(workspaces)
    }

    /// The workspace that a message goes to, and the message as that one knows it.
    async fn at<'o>(
        &self,
        outgoing: &'o Outgoing,
    ) -> Result<(Arc<Inner>, Cow<'o, Outgoing>), ChatError> {
        let Some((team, channel)) = outgoing.thread.channel.split_once('/') else {
            return Ok((Arc::clone(&self.0.home), Cow::Borrowed(outgoing)));
        };
        match self.0.of(Some(team)).await {
            Ok(Whose::Of(workspace)) if workspace.team.as_deref() == Some(team) => {
                let mut bare = outgoing.clone();
                bare.thread.channel = channel.to_owned();
                Ok((workspace, Cow::Owned(bare)))
            }
            Ok(Whose::Of(_) | Whose::Gone) => {
                Err(refused(format!("the workspace {team} does not have the app any more")))
            }
            Err(error) => {
                warn!(error = %error, "a workspace could not be looked up");
                Err(later("its workspace could not be looked up", LOOK_AGAIN))
            }
        }
    }
}

#[async_trait]
impl Chat for SlackChat {
    fn platform(&self) -> Platform {
        Platform::Slack
    }

    async fn post(&self, outgoing: &Outgoing) -> Result<ExternalId, ChatError> {
        let (workspace, outgoing) = self.at(outgoing).await?;
        let posted = match &outgoing.message.audience {
            Audience::Thread => workspace.post_in_thread(&outgoing).await?,
            Audience::Person(person) => workspace.post_for(&outgoing, person).await?,
        };
        workspace.pace.done(outgoing.id);
        workspace.signs.answered(&outgoing.thread);
        Ok(posted.encode())
    }

    async fn edit(&self, outgoing: &Outgoing, posted: &ExternalId) -> Result<(), ChatError> {
        match (Posted::decode(posted), &outgoing.message.audience) {
            // What only one person sees cannot be changed; the new face comes below it.
            (Some(Posted::Gone), _) | (None, _) | (_, Audience::Person(_)) => {
                self.post(outgoing).await.map(|_| ())
            }
            (Some(Posted::At(places)), Audience::Thread) => {
                let (workspace, outgoing) = self.at(outgoing).await?;
                workspace.edit_all(&outgoing, &places).await
            }
        }
    }
}

impl Inner {
    async fn post_in_thread(&self, outgoing: &Outgoing) -> Result<Posted, ChatError> {
        let (channel, id) = (outgoing.thread.channel.as_str(), outgoing.id);
        self.pace.admit(channel, id).map_err(|wait| later("the channel has its second", wait))?;
        let approval = self.approval_on(&outgoing.message).await;
        let editable = self.editable(approval.as_ref());
        if outgoing.attempts > self.pace.harmless_tries(id)
            && let Some(place) = self.arrived_before(outgoing).await?
        {
            // A newer face of the card may be the one to show.
            if outgoing.card.is_some() {
                self.edit_all(outgoing, std::slice::from_ref(&place)).await?;
            }
            return Ok(Posted::At(vec![place]));
        }
        let drawn = draw::draw(&outgoing.message, Tables::AsBlock, &editable);
        let place = match self.post_drawn(outgoing, &drawn, &editable).await {
            Ok(answer) => posted::Place { channel: answer.channel, ts: answer.ts },
            Err(error @ ApiError::Unanswered { .. }) => match self.look_up(outgoing).await {
                Ok(Some(place)) => place,
                Ok(None) | Err(_) => return Err(self.explain(outgoing, error)),
            },
            Err(error) => return Err(self.explain(outgoing, error)),
        };
        self.upload(&drawn.files, &place, &outgoing.thread.thread).await;
        let mut places = vec![place];
        if let Some(approval) = &approval {
            let copies = self.copy_out(outgoing, approval, &editable, &places[0]).await;
            places.extend(copies);
        }
        Ok(Posted::At(places))
    }

    /// Where a try before this one put the message. Where Slack does not let us look, it counts as not
    /// there: a message that comes twice is a lesser harm than a card that never comes.
    async fn arrived_before(
        &self,
        outgoing: &Outgoing,
    ) -> Result<Option<posted::Place>, ChatError> {
        match self.look_up(outgoing).await {
            Ok(found) => Ok(found),
            Err(error @ ApiError::Refused { .. }) => {
                warn!(error = %error, "a message is posted again without knowing if it is there");
                Ok(None)
            }
            Err(error) => Err(self.explain(outgoing, error)),
        }
    }

    /// Blocks that Slack does not take come again without tables, then as plain text: a plainer card is
    /// better than none, and the code to type is on it.
    async fn post_drawn(
        &self,
        outgoing: &Outgoing,
        drawn: &Drawn,
        editable: &[u32],
    ) -> Result<Answer, ApiError> {
        let body = |text: &str, blocks: Option<&Drawn>| {
            let mut body = body_of(text, blocks);
            body["channel"] = json!(outgoing.thread.channel);
            if !outgoing.thread.thread.is_empty() {
                body["thread_ts"] = json!(outgoing.thread.thread);
            }
            body["metadata"] = reconcile::metadata(outgoing);
            body
        };
        const METHOD: &str = "chat.postMessage";
        let first = self.api.post(METHOD, &body(&drawn.text, Some(drawn))).await;
        let Err(refused) = &first else { return first };
        if !is_about_blocks(refused) {
            return first;
        }
        error!(conversation.id = %outgoing.conversation, error = %refused, "Slack does not take a card as it was drawn");
        let plainer = draw::draw(&outgoing.message, Tables::AsText, editable);
        match self.api.post(METHOD, &body(&plainer.text, Some(&plainer))).await {
            Err(refused) if is_about_blocks(&refused) => {
                self.api.post(METHOD, &body(&draw::as_text(&outgoing.message), None)).await
            }
            answer => answer,
        }
    }

    /// For one person: where the conversation is, or as a direct message where that cannot be.
    async fn post_for(
        &self,
        outgoing: &Outgoing,
        person: &countersign::ids::PersonId,
    ) -> Result<Posted, ChatError> {
        let channel = outgoing.thread.channel.as_str();
        self.pace
            .admit(channel, outgoing.id)
            .map_err(|wait| later("the channel has its second", wait))?;
        let own = self.own_team().await;
        let Some(user) = self.user_of(person, own.as_deref()) else {
            return Err(refused(format!("{person} has no Slack account")));
        };
        let drawn = draw::draw(&outgoing.message, Tables::AsText, &[]);
        self.whisper(channel, &outgoing.thread.thread, &user, &drawn)
            .await
            .map_err(|error| self.explain(outgoing, error))
    }

    /// Shows something to one person only.
    pub(crate) async fn whisper(
        &self,
        channel: &str,
        thread: &str,
        user: &str,
        drawn: &Drawn,
    ) -> Result<Posted, ApiError> {
        let mut body = body_of(&drawn.text, Some(drawn));
        // A conversation with one person needs no whispering, and a thread that was never one has no channel.
        let alone = channel == user || channel.starts_with('D');
        if !alone {
            body["channel"] = json!(channel);
            body["user"] = json!(user);
            if !thread.is_empty() {
                body["thread_ts"] = json!(thread);
            }
            match self.api.post::<Done>("chat.postEphemeral", &body).await {
                Ok(_) => return Ok(Posted::Gone),
                Err(error) if cannot_whisper(&error) => {
                    warn!(error = %error, "a person is told by direct message instead");
                }
                Err(error) => return Err(error),
            }
        }
        let mut body = body_of(&drawn.text, Some(drawn));
        body["channel"] = json!(if alone { channel } else { user });
        if alone && !thread.is_empty() {
            body["thread_ts"] = json!(thread);
        }
        self.api.post::<Done>("chat.postMessage", &body).await.map(|_| Posted::Gone)
    }

    async fn edit_all(
        &self,
        outgoing: &Outgoing,
        places: &[posted::Place],
    ) -> Result<(), ChatError> {
        let approval = self.approval_on(&outgoing.message).await;
        let editable = self.editable(approval.as_ref());
        for (index, place) in places.iter().enumerate() {
            let is_copy = index > 0;
            match self.edit_one(outgoing, place, &editable, is_copy.then(|| &places[0])).await {
                Ok(()) => {}
                // A copy that is gone needs no update.
                Err(error @ ApiError::Refused { .. }) if is_copy => {
                    warn!(error = %error, "a copy of a card was not updated");
                }
                Err(error) => return Err(self.explain(outgoing, error)),
            }
        }
        Ok(())
    }

    async fn edit_one(
        &self,
        outgoing: &Outgoing,
        place: &posted::Place,
        editable: &[u32],
        original: Option<&posted::Place>,
    ) -> Result<(), ApiError> {
        const METHOD: &str = "chat.update";
        let mut refused = None;
        for tables in [Tables::AsBlock, Tables::AsText] {
            let mut drawn = draw::draw(&outgoing.message, tables, editable);
            if let Some(original) = original {
                drawn.blocks.extend(copies::origin(original));
            }
            let mut body = body_of(&drawn.text, Some(&drawn));
            body["channel"] = json!(place.channel);
            body["ts"] = json!(place.ts);
            body["metadata"] = reconcile::metadata(outgoing);
            match self.api.post::<Done>(METHOD, &body).await {
                Err(error) if is_about_blocks(&error) => refused = Some(error),
                answer => return answer.map(|_| ()),
            }
        }
        if let Some(error) = refused {
            error!(conversation.id = %outgoing.conversation, error = %error, "Slack does not take a card as it was drawn");
        }
        let mut body = body_of(&draw::as_text(&outgoing.message), None);
        body["channel"] = json!(place.channel);
        body["ts"] = json!(place.ts);
        // Left out, the old buttons would stay.
        body["blocks"] = json!([]);
        self.api.post::<Done>(METHOD, &body).await.map(|_| ())
    }

    /// The approval that a card asks for; `None` when there is none to decide on it any more.
    async fn approval_on(&self, message: &Message) -> Option<Approval> {
        let id = approval_id(message)?;
        self.engine.store().approval(id).await.ok().flatten()
    }

    pub(crate) fn editable(&self, approval: Option<&Approval>) -> Vec<u32> {
        let catalogue = self.engine.catalogue();
        approval.map(|it| form::editable(it, |name| catalogue.get(name))).unwrap_or_default()
    }

    /// The worker's next step after a call that did not work.
    fn explain(&self, outgoing: &Outgoing, error: ApiError) -> ChatError {
        match error {
            ApiError::Throttled { wait, .. } => {
                self.pace.turned_away(&outgoing.thread.channel, outgoing.id, wait);
                later("Slack's rate limit", wait)
            }
            ApiError::Unanswered { .. } => later(&error.to_string(), LOOK_AGAIN),
            ApiError::Refused { ref code, .. } if MENDABLE.contains(&code.as_str()) => {
                later(&error.to_string(), MEND)
            }
            ApiError::Refused { .. } => refused(error.to_string()),
        }
    }
}

/// The approval behind the Approve button of `message`.
fn approval_id(message: &Message) -> Option<&ApprovalId> {
    let buttons = message.blocks.iter().filter_map(|block| match block {
        Block::Buttons(buttons) => Some(buttons),
        _ => None,
    });
    buttons.flatten().find_map(|button| match &button.action {
        Action::Approve { approval, .. } => Some(approval),
        _ => None,
    })
}

fn body_of(text: &str, drawn: Option<&Drawn>) -> Value {
    let mut body = json!({ "text": text, "unfurl_links": false, "unfurl_media": false });
    if let Some(drawn) = drawn {
        body["blocks"] = serde_json::to_value(&drawn.blocks).unwrap_or_default();
    }
    body
}

fn is_about_blocks(error: &ApiError) -> bool {
    error.code().is_some_and(|code| BLOCKS.contains(&code))
}

fn cannot_whisper(error: &ApiError) -> bool {
    matches!(
        error.code(),
        Some("user_not_in_channel" | "channel_not_found" | "not_in_channel" | "is_archived")
    )
}

fn later(detail: &str, wait: Duration) -> ChatError {
    ChatError::Later { platform: "Slack", detail: detail.to_owned(), wait }
}

fn refused(detail: String) -> ChatError {
    ChatError::Refused { platform: "Slack", detail }
}
