//! Whether somebody did in Automate itself what was only planned here.
//!
//! Numbers of lines are compared, not times, for the server's clock is not ours. With what parameters a script ran the
//! history does not say, so that is told with it.

use countersign::plan::{Call, Target};
use countersign::ports::CallError;
use countersign::run::Baseline;
use countersign::trial::Seen;
use countersign::words;
use futures::future::try_join_all;

use super::baseline::{At, Before};
use crate::Automate;
use crate::wire::History;

/// Costs a request per computer.
pub(super) async fn script(
    automate: &Automate,
    call: &Call,
    before: Option<&Baseline>,
) -> Result<Seen, CallError> {
    let before = before.and_then(|it| Before::of(&it.0));
    let Some(before) = before.filter(|it| it.computers.len() == call.targets.len()) else {
        let why = "what the script history held before could not be read";
        return Ok(Seen::CannotTell { why: why.to_owned() });
    };
    let each = call.targets.iter().zip(&before.computers);
    let each = each.map(|(target, at)| newer(automate, call, target, at, before.script));
    Ok(Seen::of(try_join_all(each).await?))
}

async fn newer(
    automate: &Automate,
    call: &Call,
    target: &Target,
    at: &At,
    script: i64,
) -> Result<Option<String>, CallError> {
    let lines = automate.api.history(at.id).await?;
    for line in lines.iter().filter(|it| it.script == script && it.id > at.newest) {
        let is_ours = match &line.user {
            Some(user) => automate.api.client.is_us(user).await,
            None => false,
        };
        if !is_ours {
            return Ok(Some(sentence(call, target, line)));
        }
    }
    Ok(None)
}

fn sentence(call: &Call, target: &Target, line: &History) -> String {
    let name = call.script.as_ref().map_or(call.title.as_str(), |script| script.name.as_str());
    let at = line.at.map(|at| format!(" at {}", words::at(at))).unwrap_or_default();
    let by = line.user.as_deref().unwrap_or("somebody unnamed");
    let with = match call.arguments.is_empty() {
        true => "",
        false => "; with what parameters it does not say",
    };
    format!("{name} ran on {}{at}, started by {by}: {}{with}", target.name, line.said)
}

/// Costs a request. Who cleared an alert is not kept.
pub(super) async fn alert(automate: &Automate, call: &Call) -> Result<Seen, CallError> {
    let id = super::clear::number(call)?;
    Ok(match automate.api.alert(id).await? {
        None => Seen::Done { evidence: vec![format!("alert {id} is gone")] },
        Some(_) => Seen::Nothing,
    })
}
