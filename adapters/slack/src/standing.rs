//! Whether an account may decide at all, as Slack sees it at this moment.
//!
//! Roles are the engine's business. Here it is asked who is behind the click: a full, active member of our own
//! workspace and no machine. What cannot be found out counts as no.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use serde::Deserialize;
use tracing::warn;

use crate::api::{ANSWER_BEFORE_ACK_MAX, ApiError};
use crate::inner::Inner;

/// Two clicks in a row need not ask twice; a member that is removed is refused this much later at the most.
const FRESH: Duration = Duration::from_secs(5);

/// All questions about one click together; Slack wants its acknowledgement within three seconds.
const ASKING_MAX: Duration = Duration::from_millis(2_400);

const KNOWN_MAX: usize = 1_024;

/// Why an account may not decide; the text is for the one who clicked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Unfit {
    #[error("Apps and bots cannot decide or ask by button.")]
    Bot,
    #[error("This Slack account is deactivated, so nothing was done.")]
    Deactivated,
    #[error("Guests of this workspace cannot decide or ask by button. A full member can.")]
    Guest,
    #[error("People from another workspace cannot decide or ask by button. Nothing was done.")]
    Foreign,
    #[error(
        "Only members of the approvers' group in Slack can do this. An admin of the workspace can add you."
    )]
    NotInGroup,
    #[error(
        "Slack did not tell me in time who you are, so nothing was done. Please click once more."
    )]
    Unverified,
}

#[derive(Default)]
pub(crate) struct Standing {
    known: Mutex<HashMap<String, Known>>,
}

#[derive(Clone, Copy)]
struct Known {
    at: Instant,
    standing: Result<(), Unfit>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct User {
    id: String,
    team_id: Option<String>,
    deleted: bool,
    is_bot: bool,
    is_workflow_bot: bool,
    is_app_user: bool,
    is_restricted: bool,
    is_ultra_restricted: bool,
    is_stranger: bool,
    is_invited_user: bool,
    enterprise_user: Option<Enterprise>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Enterprise {
    enterprise_id: Option<String>,
}

/// What a click is about; the group is for approvers only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum For {
    Asking,
    Deciding,
}

impl Inner {
    /// `team`: the workspace that the signed payload names for the user.
    pub(crate) async fn fit(
        &self,
        user: &str,
        team: Option<&str>,
        purpose: For,
    ) -> Result<(), Unfit> {
        let ask = async {
            self.member(user, team).await?;
            match (&self.config.approvers_group, purpose) {
                (Some(group), For::Deciding) => self.in_group(user, group).await,
                (None, _) | (_, For::Asking) => Ok(()),
            }
        };
        tokio::time::timeout(ASKING_MAX, ask).await.unwrap_or(Err(Unfit::Unverified))
    }

    async fn member(&self, user: &str, team: Option<&str>) -> Result<(), Unfit> {
        let identity = self.identity().await.map_err(|error| unverified(&error))?;
        if team.is_some_and(|team| team != identity.team) && identity.enterprise.is_none() {
            return Err(Unfit::Foreign);
        }
        if let Some(known) = self.standing.get(user) {
            return known;
        }
        #[derive(Deserialize)]
        struct Info {
            user: User,
        }
        let info: Result<Info, ApiError> =
            self.api.get(ANSWER_BEFORE_ACK_MAX, "users.info", &[("user", user)]).await;
        let standing = match info {
            Ok(info) if info.user.id != user => Err(Unfit::Unverified),
            Ok(info) => judge(&info.user, &identity.team, identity.enterprise.as_deref()),
            Err(ApiError::Refused { code, .. })
                if code == "user_not_found" || code == "user_not_visible" =>
            {
                Err(Unfit::Foreign)
            }
            Err(error) => return Err(unverified(&error)),
        };
        self.standing.put(user, standing);
        standing
    }

    async fn in_group(&self, user: &str, group: &str) -> Result<(), Unfit> {
        match self.is_in_group(user, group).await {
            Ok(true) => Ok(()),
            Ok(false) => Err(Unfit::NotInGroup),
            Err(error) => Err(unverified(&error)),
        }
    }
}

fn judge(user: &User, team: &str, enterprise: Option<&str>) -> Result<(), Unfit> {
    let same_org = || {
        let of_user = user.enterprise_user.as_ref().and_then(|it| it.enterprise_id.as_deref());
        enterprise.is_some() && of_user == enterprise
    };
    if user.is_bot || user.is_workflow_bot || user.is_app_user || user.id == "USLACKBOT" {
        Err(Unfit::Bot)
    } else if user.deleted || user.is_invited_user {
        Err(Unfit::Deactivated)
    } else if user.is_stranger || (user.team_id.as_deref() != Some(team) && !same_org()) {
        Err(Unfit::Foreign)
    } else if user.is_restricted || user.is_ultra_restricted {
        Err(Unfit::Guest)
    } else {
        Ok(())
    }
}

fn unverified(error: &ApiError) -> Unfit {
    warn!(error = %error, "an account could not be verified, so it may not decide");
    Unfit::Unverified
}

impl Standing {
    fn get(&self, user: &str) -> Option<Result<(), Unfit>> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(user).filter(|it| it.at.elapsed() < FRESH).map(|it| it.standing)
    }

    fn put(&self, user: &str, standing: Result<(), Unfit>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MAX {
            known.retain(|_, it| it.at.elapsed() < FRESH);
            if known.len() >= KNOWN_MAX {
                known.clear();
            }
        }
        known.insert(user.to_owned(), Known { at: Instant::now(), standing });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(change: impl FnOnce(&mut User), judged: Result<(), Unfit>) {
        let mut user = User { id: "U1".into(), team_id: Some("T1".into()), ..User::default() };
        change(&mut user);
        assert_eq!(judge(&user, "T1", Some("E1")), judged, "{user:?}");
    }

    #[test]
    fn only_full_members_of_our_own_workspace_are_fit() {
        check(|_| {}, Ok(()));
        check(|user| user.is_bot = true, Err(Unfit::Bot));
        check(|user| user.deleted = true, Err(Unfit::Deactivated));
        check(|user| user.is_restricted = true, Err(Unfit::Guest));
        check(|user| user.is_ultra_restricted = true, Err(Unfit::Guest));
        check(|user| user.is_stranger = true, Err(Unfit::Foreign));
        check(|user| user.team_id = Some("T2".into()), Err(Unfit::Foreign));
        check(|user| user.team_id = None, Err(Unfit::Foreign));
        let of = |id: &str| Some(Enterprise { enterprise_id: Some(id.into()) });
        check(
            |user| {
                user.team_id = Some("T2".into());
                user.enterprise_user = of("E1");
            },
            Ok(()),
        );
        check(
            |user| {
                user.team_id = Some("T2".into());
                user.enterprise_user = of("E2");
            },
            Err(Unfit::Foreign),
        );
    }
}
