//! Copies of a card that waits for approval: into the approvals channel and to the people who could decide.
//!
//! A copy is a courtesy: one that fails is logged and the card in the thread stands. Copies are kept with the
//! card's place, so every later face reaches all of them.

use countersign::approval::Approval;
use countersign::directory::Platform;
use countersign::ids::PersonId;
use countersign::ports::Outgoing;
use serde::Deserialize;
use serde_json::json;
use slack_morphism::prelude::SlackBlock;
use tracing::warn;

use super::posted::Place;
use super::{Answer, body_of};
use crate::draw::kit::context;
use crate::draw::{self, Tables};
use crate::inner::Inner;

/// Direct messages about one card.
pub const COPIES_BY_DM_MAX: usize = 10;

impl Inner {
    pub(super) async fn copy_out(
        &self,
        outgoing: &Outgoing,
        approval: &Approval,
        editable: &[u32],
        original: &Place,
    ) -> Vec<Place> {
        let mut channels: Vec<String> = self.config.approvals_channel.iter().cloned().collect();
        channels.retain(|channel| *channel != outgoing.thread.channel);
        if self.config.approvers_by_dm {
            let able =
                self.engine.people().iter().filter(|it| self.engine.could_decide(it, approval));
            let own = self.own_team().await;
            let users = able.filter_map(|person| self.user_of(&person.id, own.as_deref()));
            channels.extend(users.take(COPIES_BY_DM_MAX));
        }
        if channels.is_empty() {
            return Vec::new();
        }
        let mut drawn = draw::draw(&outgoing.message, Tables::AsText, editable);
        drawn.blocks.extend(match self.permalink(original).await {
            Some(link) => {
                vec![context(format!("<{}|Where it was asked>", link.replace('&', "&amp;")))]
            }
            None => origin(original),
        });
        let mut places = Vec::new();
        for channel in channels {
            let mut body = body_of(&drawn.text, Some(&drawn));
            body["channel"] = json!(channel);
            match self.api.post::<Answer>("chat.postMessage", &body).await {
                Ok(answer) => places.push(Place { channel: answer.channel, ts: answer.ts }),
                Err(error) => {
                    warn!(channel, error = %error, "a copy of a card could not be posted");
                }
            }
        }
        places
    }

    async fn permalink(&self, place: &Place) -> Option<String> {
        #[derive(Deserialize)]
        struct Link {
            permalink: String,
        }
        let parameters = [("channel", place.channel.as_str()), ("message_ts", place.ts.as_str())];
        let wait = std::time::Duration::from_secs(3);
        let link: Result<Link, _> = self.api.get(wait, "chat.getPermalink", &parameters).await;
        link.ok()
            .map(|link| link.permalink)
            .filter(|link| link.starts_with("https://") && !link.contains(['<', '>', '|']))
    }

    /// The account of a person in this workspace, whose id is `own`, as a user id.
    pub(crate) fn user_of(&self, person: &PersonId, own: Option<&str>) -> Option<String> {
        let person = self.engine.people().get(person)?;
        let accounts = person.accounts.iter().filter(|it| it.platform == Platform::Slack);
        accounts.map(|it| it.id.as_str()).find_map(|id| match id.split_once('/') {
            None => self.team.is_none().then(|| id.to_owned()),
            Some((team, user)) => (Some(team) == own).then(|| user.to_owned()),
        })
    }
}

/// Says where the card is whose copy this is.
pub(super) fn origin(original: &Place) -> Vec<SlackBlock> {
    if original.channel.starts_with('C')
        && original.channel.bytes().all(|it| it.is_ascii_alphanumeric())
    {
        vec![context(format!("Asked in <#{}>", original.channel))]
    } else {
        vec![context("Asked in another conversation")]
    }
}
