//! Slack's user groups, as rules name them.

use std::sync::Arc;

use async_trait::async_trait;
use countersign::directory::{Account, Platform};
use countersign::ports::{GroupError, Groups};
use serde::Deserialize;
use tracing::warn;

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

    async fn has(&self, group: &str, account: &Account) -> Result<bool, GroupError> {
        if account.platform != Platform::Slack {
            return Ok(false);
        }
        let unknown = || GroupError { platform: "Slack", group: group.to_owned() };
        let (team, user) = match account.id.split_once('/') {
            Some((team, user)) => (Some(team), user),
            None => (None, account.id.as_str()),
        };
        let workspace = match self.0.of(team).await {
            Ok(Whose::Of(workspace)) => workspace,
            Ok(Whose::Gone) => return Ok(false),
            Err(error) => {
                warn!(error = %error, "a workspace could not be looked up");
                return Err(unknown());
            }
        };
        workspace.is_in_group(user, group).await.map_err(|error| {
            warn!(error = %error, group, "a user group could not be read");
            unknown()
        })
    }
}
