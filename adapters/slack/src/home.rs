//! The App Home of one person, drawn anew whenever it is opened.

use std::sync::Arc;
use std::time::Duration;

use countersign::approval::Approval;
use countersign::directory::Person;
use countersign::ports::{ApprovalFilter, RunFilter, StoreError};
use countersign::run::Run;
use serde_json::json;
use slack_morphism::prelude::{SlackHomeView, SlackView};
use tracing::warn;

use crate::api::Done;
use crate::draw::home::Home;
use crate::draw::{Tables, draw};
use crate::inner::Inner;
use countersign::reply::Message;

/// Approvals and runs that are looked through.
const LOOKED_AT_MAX: u32 = 100;

/// A decision is worked on behind the acknowledgement; after this long it shows.
const SOON: Duration = Duration::from_millis(1_500);

impl Inner {
    pub(crate) fn publish_home_soon(self: &Arc<Self>, team: Option<&str>, user: &str) {
        let (this, team, user) = (Arc::clone(self), team.map(str::to_owned), user.to_owned());
        tokio::spawn(async move {
            tokio::time::sleep(SOON).await;
            this.publish_home(team.as_deref(), &user).await;
        });
    }

    pub(crate) async fn publish_home(&self, team: Option<&str>, user: &str) {
        let account = self.account(team, user);
        let message = match self.person(&account) {
            Some(person) => match self.home_of(person).await {
                Ok(message) => message,
                Err(error) => {
                    warn!(error = %error, "a home page could not be drawn");
                    return;
                }
            },
            None => Message::text(format!(
                "I do not know this account (slack {user}). An admin can add it under [[people]]."
            )),
        };
        let view = SlackView::Home(SlackHomeView::new(draw(&message, Tables::AsText, &[]).blocks));
        let body = json!({ "user_id": user, "view": view });
        if let Err(error) = self.api.post::<Done>("views.publish", &body).await {
            warn!(error = %error, "a home page could not be shown");
        }
    }

    async fn home_of(&self, person: &Person) -> Result<Message, StoreError> {
        let store = self.engine.store();
        let waiting =
            ApprovalFilter { state: Some("waiting"), limit: LOOKED_AT_MAX, ..Default::default() };
        let mut to_decide: Vec<Approval> = store.approvals(&waiting).await?;
        to_decide
            .retain(|it| it.expires_at > self.engine.now() && self.engine.could_decide(person, it));
        let lately = ApprovalFilter { limit: LOOKED_AT_MAX, ..Default::default() };
        let mut asked: Vec<Approval> = store.approvals(&lately).await?;
        asked.retain(|it| it.requester == person.id);
        let lately = RunFilter { limit: LOOKED_AT_MAX, ..Default::default() };
        let mut runs: Vec<Run> = store.runs(&lately).await?;
        runs.retain(|it| it.requester == person.id);
        let examples = countersign::planner::examples(&self.engine.catalogue(), person);
        let home = Home {
            person,
            people: self.engine.people(),
            to_decide: &to_decide,
            asked: &asked,
            runs: &runs,
            examples: &examples,
            now: self.engine.now(),
        };
        Ok(home.message())
    }
}
