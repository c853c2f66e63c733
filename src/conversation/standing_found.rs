//! What a standing grant would be for: words or a run of before, made one tool, its arguments, one client.

use serde_json::{Map, Value, json};

use crate::approval::{Approval, State as ApprovalState};
use crate::conversation::standing::StandingError;
use crate::conversation::standing_words::What;
use crate::conversation::{Engine, HaltError, Named};
use crate::directory::clients::{ClientResolution, resolve_client};
use crate::ids::ClientId;
use crate::plan::Call;
use crate::policy::{Class, Scope};
use crate::ports::{ApprovalFilter, RunFilter, StoreError};
use crate::tool::schema::{self, Fault};
use crate::tool::{Effect, Tool};
use crate::words;

/// Approvals that are looked through for the history.
const HISTORY_MAX: u32 = 500;

/// What a standing grant would be for, found.
pub(super) struct Found {
    pub(super) tool: Tool,
    pub(super) arguments: Map<String, Value>,
    pub(super) client: (ClientId, String),
    pub(super) class: Option<Class>,
}

impl Engine {
    pub(super) async fn found(&self, what: &What) -> Result<Found, StandingError> {
        match what {
            What::Named { tool, with, client, class } => {
                let tool = self.tool_named(tool)?;
                let arguments = arguments(&tool, with)?;
                let directory = self.directory();
                let client = match resolve_client(client, &directory) {
                    ClientResolution::One(found) => (found.id.clone(), found.name.clone()),
                    ClientResolution::Several(all) | ClientResolution::Unknown { closest: all } => {
                        let names: Vec<String> = all.iter().map(|it| it.name.clone()).collect();
                        let hint = match names.is_empty() {
                            true => String::new(),
                            false => format!("; there is {}", words::list(&names)),
                        };
                        let text = format!("“{client}” is not one client{hint}");
                        return Err(StandingError::Unfit(text));
                    }
                };
                Ok(Found { tool, arguments, client, class: *class })
            }
            What::Like(marker) => {
                let marked =
                    RunFilter { marker: Some(marker.clone()), limit: 1, ..RunFilter::default() };
                let run = self.store().runs(&marked).await?.pop();
                let Some(call) = run.map(|run| run.call) else {
                    let text = format!("I know no run {}", marker.as_str());
                    return Err(StandingError::Unfit(text));
                };
                let tool = self.catalogue().get(&call.tool).cloned();
                let tool = tool.ok_or_else(|| {
                    StandingError::Unfit(format!("there is no tool {} any more", call.title))
                })?;
                let place = place_of(&call).ok_or_else(|| {
                    let text =
                        "that was about several clients or none, and a standing grant is for one";
                    StandingError::Unfit(text.to_owned())
                })?;
                let tool = grantable(tool)?;
                Ok(Found { tool, arguments: call.arguments, client: place.0, class: place.1 })
            }
        }
    }

    fn tool_named(&self, name: &str) -> Result<Tool, StandingError> {
        let scope =
            self.scope(&Named::Tool(name.to_owned()), &[]).map_err(|error| match error {
                HaltError::Store(error) => StandingError::Store(error),
                other => StandingError::Unfit(other.to_string()),
            })?;
        let (Scope::Tool(found), _) = scope else {
            return Err(StandingError::Unfit(format!("“{name}” is no tool")));
        };
        let tool = self.catalogue().get(&found).cloned();
        grantable(tool.ok_or_else(|| StandingError::Unfit(format!("there is no tool {name}")))?)
    }

    /// How often the same was approved on the same kind of devices there, of how many decisions.
    pub(super) async fn history(
        &self,
        tool: &Tool,
        arguments: &Map<String, Value>,
        client: &ClientId,
        class: Option<Class>,
    ) -> Result<(u32, u32), StoreError> {
        let filter = ApprovalFilter { limit: HISTORY_MAX, ..ApprovalFilter::default() };
        let is_same = |call: &Call| {
            call.tool == tool.name
                && &call.arguments == arguments
                && place_of(call).is_some_and(|((of, _), kind)| {
                    &of == client && (class.is_none() || kind == class)
                })
        };
        let (mut approved, mut of) = (0, 0);
        for approval in self.store().approvals(&filter).await? {
            let about = approval.kept().first().is_some_and(|(_, call)| is_same(call));
            if about && let Some(yes) = verdict(&approval) {
                approved += u32::from(yes);
                of += 1;
            }
        }
        Ok((approved, of))
    }
}

/// The client and the class of devices of a call that is about one client; `None` for the class: of both.
pub(super) fn place_of(call: &Call) -> Option<((ClientId, String), Option<Class>)> {
    let first = call.targets.first()?;
    if call.targets.iter().any(|it| it.client != first.client) {
        return None;
    }
    let servers = call.targets.iter().filter(|it| it.server).count();
    let class = match servers {
        0 => Some(Class::Workstation),
        all if all == call.targets.len() => Some(Class::Server),
        _ => None,
    };
    Some(((first.client.clone(), first.client_name.clone()), class))
}

fn grantable(tool: Tool) -> Result<Tool, StandingError> {
    match tool.effect {
        Effect::Write if tool.is_ticket() => Err(StandingError::Unfit(
            "a ticket needs no standing grant: one behind a covered change comes along".to_owned(),
        )),
        Effect::Write => Ok(tool),
        Effect::Read => Err(StandingError::Unfit(format!("{} changes nothing", tool.title))),
    }
}

/// The arguments of words, each as its schema wants it, defaults filled in.
fn arguments(tool: &Tool, with: &[(String, String)]) -> Result<Map<String, Value>, StandingError> {
    let mut arguments = Map::new();
    for (name, text) in with {
        let is_text = schema::property(&tool.schema, name)
            .is_some_and(|property| property.get("type") == Some(&json!("string")));
        let value = match serde_json::from_str::<Value>(text) {
            Ok(value) if !is_text => value,
            Ok(_) | Err(_) => Value::String(text.clone()),
        };
        arguments.insert(name.clone(), value);
    }
    schema::fill_defaults(&tool.schema, &mut arguments);
    let faults = schema::check(&tool.schema, &arguments);
    match faults.into_iter().next() {
        None => Ok(arguments),
        Some(Fault::Missing { name }) => Err(StandingError::Unfit(format!(
            "{} needs {name}; write “with {name} …”, or “grant like CS-…” after a run",
            tool.title
        ))),
        Some(Fault::Wrong { name, message }) => {
            Err(StandingError::Unfit(format!("{name}: {message}")))
        }
    }
}

/// Yes or no, where somebody decided.
fn verdict(approval: &Approval) -> Option<bool> {
    match approval.state {
        ApprovalState::Approved { .. } => Some(true),
        ApprovalState::Denied { .. } => Some(false),
        ApprovalState::Waiting
        | ApprovalState::Expired { .. }
        | ApprovalState::Withdrawn { .. }
        | ApprovalState::Voided { .. } => None,
    }
}
