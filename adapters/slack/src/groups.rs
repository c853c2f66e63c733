//! Slack's user groups, as rules name them.

use std::sync::Arc;

use async_trait::async_trait;
use countersign::directory::{Person, Platform};
use countersign::ports::{Groups, GroupsError};
use serde::Deserialize;

use crate::api::{ANSWER_BEFORE_ACK_MAX, ApiError};
use crate::inner::Inner;
use crate::workspaces::{Whose, Workspaces};

impl Inner {
    /// Asked of Slack each time. Needs the scope `usergroups:read`.
    pub(crate) async fn is_in_group(&self, user: &str, group: &str) -> Result<bool, ApiError> {
        #[derive(Deserialize)]
        struct Members {
            users: Vec<String>,
        }
        let members: Members = self
            .api
            .get(ANSWER_BEFORE_ACK_MAX, "usergroups.users.list", &[("usergroup", group)])
            .await?;
        Ok(members.users.iter().any(|it| it == user))
    }
}

/// Groups are those of the workspace that the account is of.
pub(crate) struct SlackGroups(pub(crate) Arc<Workspaces>);

#[async_trait]
impl Groups for SlackGroups {
    fn platform(&self) -> Platform {
        Platform::Slack
    }

    async fn contains(&self, group: &str, person: &Person) -> Result<bool, GroupsError> {
        let accounts = person.accounts.iter().filter(|it| it.platform == Platform::Slack);
        for account in accounts {
            if self.has(group, &account.id).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl SlackGroups {
    async fn has(&self, group: &str, account: &str) -> Result<bool, GroupsError> {
        let unknown = |detail: String| GroupsError { group: group.to_owned(), detail };
        let (team, user) = match account.split_once('/') {
            Some((team, user)) => (Some(team), user),
            None => (None, account),
        };
        match self.0.of(team).await {
            Ok(Whose::Of(workspace)) => {
                let asked = workspace.is_in_group(user, group).await;
                asked.map_err(|error| unknown(error.to_string()))
            }
            Ok(Whose::Gone) => Ok(false),
            Err(error) => Err(unknown(error.to_string())),
        }
    }
}
