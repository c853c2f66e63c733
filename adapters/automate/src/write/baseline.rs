//! What a computer's script history ended with before a launch. The product gives a launch no id and a
//! history line no link back, so a line is ours when it is newer than this, of our script and our account.
//!
//! Numbers are compared, not times: the server's clock is not ours.

use countersign::plan::Call;
use countersign::ports::CallError;
use countersign::run::{Baseline, Handle};
use futures::future::{join, try_join_all};
use serde::{Deserialize, Serialize};

use crate::Automate;
use crate::client::refused;
use crate::read::computer_id;
use crate::wire::Computer;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Before {
    pub(super) script: i64,
    pub(super) computers: Vec<At>,
}

/// One computer, in the order of the call's targets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct At {
    pub(super) id: i64,
    /// The newest line of its history; 0 without one.
    pub(super) newest: i64,
    /// As Automate saw it right before the launch.
    pub(super) online: bool,
    /// Refused by the server within an accepted call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) refused: Option<String>,
}

impl Before {
    pub(super) fn keep(&self) -> Baseline {
        Baseline(serde_json::to_string(self).unwrap_or_default())
    }

    pub(super) fn handle(&self) -> Handle {
        Handle(serde_json::to_string(self).unwrap_or_default())
    }

    pub(super) fn of(text: &str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }
}

/// The id of the script that a call runs.
pub(super) fn script_id(call: &Call) -> Result<i64, CallError> {
    let script = call.script.as_ref().ok_or_else(|| refused("no script was picked"))?;
    script
        .id
        .parse()
        .map_err(|_| refused(format!("“{}” is no id of an Automate script", script.id)))
}

/// Reads it anew. Refused when the very script runs on one of the computers at this moment: two runs of one
/// script cannot be told apart.
pub(super) async fn read(automate: &Automate, call: &Call) -> Result<Before, CallError> {
    let script = script_id(call)?;
    let ids = call.targets.iter().map(computer_id).collect::<Result<Vec<i64>, CallError>>()?;
    let states = automate.api.computers_by_id(&ids, Computer::STATE_FIELDS).await?;
    let each = ids.into_iter().zip(&call.targets).map(|(id, target)| {
        let online = states.iter().find(|it| it.id == id).and_then(|it| it.online);
        async move {
            let (history, running) = join(automate.api.history(id), automate.api.running(id)).await;
            if running?.iter().any(|it| it.script == script) {
                return Err(refused(format!(
                    "this script is running on {} right now; wait until it is over",
                    target.label()
                )));
            }
            let newest = history?.iter().map(|it| it.id).max().unwrap_or(0);
            // A server that does not say may well reach it.
            Ok(At { id, newest, online: online != Some(false), refused: None })
        }
    });
    Ok(Before { script, computers: try_join_all(each).await? })
}
