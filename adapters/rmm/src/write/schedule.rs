//! Has a script run: one call, sent once.

use countersign::plan::Call;
use countersign::ports::{CallError, Started};
use countersign::run::{Grant, Handle};
use countersign::words;
use serde_json::{Map, Value, json};
use tracing::info;

use crate::args::Args;
use crate::client::{refused, unsent};
use crate::rmm::Rmm;
use crate::tools::{Published, published, to_wire};
use crate::wire::Composite;

/// Characters of the script's name in the task's name; how long a name may be is not published.
const NAME_MAX: usize = 80;

/// What is to be run.
pub(super) struct Template {
    pub(super) id: String,
    pub(super) name: String,
    kind: &'static str,
    /// See [`Published::Broken`].
    broken: bool,
}

/// Shell scripts.
const SHELL: &str = "script";
/// Composite scripts.
const COMPOSITE: &str = "fusionscript";

impl Rmm {
    /// Schedules a script on the call's devices, for the next check-in of each.
    ///
    /// - The task's name holds script, requester and marker: people see who asked, we find it again.
    /// - Without devices and with a client it goes to the whole company.
    /// - Fails with `may_have_happened` only once the call itself was sent.
    /// - Costs one request, one or two more to find a script by its name.
    pub(crate) async fn schedule(&self, grant: &Grant) -> Result<Started, CallError> {
        let call = grant.call();
        let (targets, target_type) = targets(call)?;
        let template = self.template(call).await.map_err(unsent)?;
        let name = format!(
            "{} — {} via Countersign {}",
            words::cut(&template.name, NAME_MAX),
            grant.requester(),
            grant.marker().as_str()
        );
        let mut body = json!({
            "name": name,
            "description": "",
            "templateID": template.id,
            "templateType": template.kind,
            "targets": targets,
            "targetType": target_type,
            "resourcesType": "Both",
            "schedule": { "regularity": "Immediate", "category": "STZ", "scheduleType": "TIME" },
        });
        let parameters = parameters(call, &template);
        if !parameters.is_empty() {
            // A string that holds JSON: the product decodes it a second time.
            body["parameters"] = Value::String(Value::Object(parameters).to_string());
        }
        let task = match self.client.schedule(&body).await {
            Ok(task) => task,
            Err(CallError::Refused { message, .. }) if target_type == COMPANY => {
                return Err(refused(format!(
                    "{message} (it may not take a whole company as target; name the devices instead)"
                )));
            }
            Err(error) => return Err(error),
        };
        info!(task, marker = grant.marker().as_str(), "scheduled {}", template.name);
        let notes = vec![format!("task {task} ({name})")];
        Ok(Started::Accepted { handle: Handle(task), notes })
    }

    /// The script of a script tool, or the one that the argument of run-task names.
    pub(super) async fn template(&self, call: &Call) -> Result<Template, CallError> {
        if let Some(script) = &call.script {
            // A free-form call is told by its shape; the plan holds no more of the script than its digest.
            let broken = self
                .shell_scripts()
                .await?
                .iter()
                .find(|it| it.id == script.id)
                .is_some_and(|it| published(it.schema_text.as_deref()) == Published::Broken);
            return Ok(Template {
                id: script.id.clone(),
                name: script.name.clone(),
                kind: SHELL,
                broken,
            });
        }
        let wanted = Args(call).required("script")?;
        let mut found: Vec<Template> = Vec::new();
        let fits = |id: &str, name: &str| id == wanted || name.eq_ignore_ascii_case(wanted);
        for it in self.shell_scripts().await?.iter().filter(|it| it.is_active()) {
            if fits(&it.id, &it.name) {
                found.push(Template {
                    id: it.id.clone(),
                    name: it.name.clone(),
                    kind: SHELL,
                    broken: false,
                });
            }
        }
        if found.is_empty() {
            let composites = self.client.composites().await?;
            for it in composites.iter().filter_map(Composite::read) {
                if fits(&it.id, &it.name) {
                    found.push(Template {
                        id: it.id,
                        name: it.name,
                        kind: COMPOSITE,
                        broken: false,
                    });
                }
            }
        }
        let number = found.len();
        match found.pop() {
            Some(only) if number == 1 => Ok(only),
            None => Err(refused(format!(
                "there is no active script “{wanted}”; list the scripts to see them"
            ))),
            Some(_) => Err(refused(format!("{number} scripts are named “{wanted}”; use the id"))),
        }
    }
}

pub(super) const COMPANY: &str = "COMPANY";

fn targets(call: &Call) -> Result<(Vec<String>, &'static str), CallError> {
    if call.targets.is_empty() {
        let company = Args(call).company()?;
        let (id, _) = company.ok_or_else(|| refused("no device was named"))?;
        return Ok((vec![id.to_owned()], COMPANY));
    }
    let without: Vec<String> =
        call.targets.iter().filter(|it| it.rmm.is_none()).map(|it| it.label()).collect();
    if !without.is_empty() {
        return Err(refused(format!("{} has no RMM agent", words::list(&without))));
    }
    let mut ids: Vec<String> = Vec::new();
    for id in call.targets.iter().filter_map(|it| it.rmm.clone()) {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok((ids, "MANAGED_ENDPOINT"))
}

fn parameters(call: &Call, template: &Template) -> Map<String, Value> {
    match call.script {
        Some(_) => to_wire(&call.arguments, template.broken),
        None => {
            call.arguments.get("parameters").and_then(Value::as_object).cloned().unwrap_or_default()
        }
    }
}
