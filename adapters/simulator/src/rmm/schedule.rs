//! `schedule-tasks`: the call that makes something happen. Looks at every field before anything is created.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use super::errors::error;
use super::routes::Version;
use super::runs::Order;
use super::{CompanyTarget, Desk, Spelling, schema};
use crate::faults::ErrorShape::CodeMessage;
use crate::fleet::{MachineNo, NoSuchThing};
use crate::http::{Answer, Request};

/// Which list a template comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TemplateType {
    /// A shell script.
    Script,
    /// A composite script.
    FusionScript,
}

impl TemplateType {
    /// As it is written on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::FusionScript => "fusionscript",
        }
    }
}

/// A schedule call that was accepted.
#[derive(Clone, Debug, PartialEq)]
pub struct Scheduled {
    pub task_id: Uuid,
    pub name: String,
    pub template_id: Uuid,
    pub template_name: String,
    pub template_type: TemplateType,
    /// The ids as sent: endpoints, or one company.
    pub targets: Vec<String>,
    /// `MANAGED_ENDPOINT` or `COMPANY`.
    pub target_type: String,
    /// Decoded; an empty object when there were none.
    pub parameters: Value,
    /// 1 or 2: the version of the path.
    pub version: u8,
    pub at: Timestamp,
}

const FIELDS: [&str; 9] = [
    "name",
    "description",
    "templateID",
    "templateType",
    "targets",
    "targetType",
    "resourcesType",
    "parameters",
    "schedule",
];

const SCHEDULE_FIELDS: [&str; 13] = [
    "regularity",
    "category",
    "scheduleType",
    "startDate",
    "endDate",
    "endDateType",
    "timeFrameType",
    "startTimeFrame",
    "endTimeFrame",
    "timeZone",
    "triggerType",
    "repeat",
    "location",
];

pub(super) fn schedule(desk: &mut Desk<'_>, request: &Request, version: Version) -> Answer {
    let (order, mut scheduled) = match read(desk, &request.body) {
        Ok(read) => read,
        Err(problem) => return error(CodeMessage, 400, "bad_request", &problem),
    };
    scheduled.version = if version == Version::V1 { 1 } else { 2 };
    let task_id = desk.rmm.runs.accept(desk.rmm.ids, desk.fleet, order, desk.now);
    scheduled.task_id = task_id;
    let reply = reply(&scheduled, version, desk.rmm.switches.spelling);
    desk.rmm.runs.scheduled.push(scheduled);
    reply
}

impl Desk<'_> {
    /// What a person starts in the portal leaves a task as a call does, under the script's own name.
    pub(crate) fn by_hand(&mut self, script: &str, machine: MachineNo) -> Result<(), NoSuchThing> {
        let id = self.rmm.catalogue.named(script)?.id.to_string();
        let at = self.rmm.catalogue.find(&id).ok_or(NoSuchThing(id))?;
        let (name, parameters) = (script.to_owned(), Value::Object(Map::new()));
        let order = Order { script: at, name, parameters, machines: vec![machine] };
        self.rmm.runs.accept(self.rmm.ids, self.fleet, order, self.now);
        Ok(())
    }
}

/// v1 really answers `taskID` where its documentation says `taskId`.
fn reply(scheduled: &Scheduled, version: Version, spelling: Spelling) -> Answer {
    let (task, template) = match (version, spelling) {
        (Version::V1, Spelling::Live) => ("taskID", "templateID"),
        _ => ("taskId", "templateId"),
    };
    let at = format!("{:.9}", scheduled.at);
    Answer::json(
        201,
        &json!({
            task: scheduled.task_id,
            template: scheduled.template_id,
            "name": scheduled.name,
            "createdOn": at,
            "modifiedOn": at,
            "templateType": scheduled.template_type.as_str(),
            "stateToBeSubmitted": "PENDING",
        }),
    )
}

fn read(desk: &Desk<'_>, body: &[u8]) -> Result<(Order, Scheduled), String> {
    let body: Value =
        serde_json::from_slice(body).map_err(|it| format!("body is not JSON: {it}"))?;
    let body = body.as_object().ok_or("body must be an object")?;
    known(body, &FIELDS, "field")?;
    let name = text(body, "name")?;
    let template = text(body, "templateID")?;
    let at = desk
        .rmm
        .catalogue
        .find(template)
        .ok_or_else(|| format!("template {template} does not exist"))?;
    let script = &desk.rmm.catalogue.scripts[at];
    if text(body, "templateType")? != script.kind.as_str() {
        return Err(format!("templateType does not match template {template}"));
    }
    if !script.is_active() {
        return Err(format!("template {template} is not active"));
    }
    if text(body, "resourcesType")? != "Both" {
        return Err("resourcesType must be Both".into());
    }
    schedule_now(body.get("schedule"))?;
    let targets = targets(body.get("targets"))?;
    let target_type = text(body, "targetType")?;
    let machines = machines(desk, target_type, &targets)?;
    let parameters = parameters(body.get("parameters"), script.schema.as_deref())?;
    let order =
        Order { script: at, name: name.to_owned(), parameters: parameters.clone(), machines };
    let scheduled = Scheduled {
        task_id: Uuid::nil(),
        name: name.to_owned(),
        template_id: script.id,
        template_name: script.name.clone(),
        template_type: script.kind,
        targets: targets.iter().map(|it| (*it).to_owned()).collect(),
        target_type: target_type.to_owned(),
        parameters,
        version: 0,
        at: desk.now,
    };
    Ok((order, scheduled))
}

fn known(given: &Map<String, Value>, names: &[&str], what: &str) -> Result<(), String> {
    match given.keys().find(|it| !names.contains(&it.as_str())) {
        Some(name) => Err(format!("{what} {name} is unknown")),
        None => Ok(()),
    }
}

fn text<'b>(body: &'b Map<String, Value>, name: &str) -> Result<&'b str, String> {
    let value = body.get(name).and_then(Value::as_str).filter(|it| !it.trim().is_empty());
    value.ok_or_else(|| format!("{name} is required and must be a string"))
}

/// Nothing but "now" has been seen to work.
fn schedule_now(schedule: Option<&Value>) -> Result<(), String> {
    let schedule =
        schedule.and_then(Value::as_object).ok_or("schedule is required and must be an object")?;
    known(schedule, &SCHEDULE_FIELDS, "schedule field")?;
    for (name, only) in [("regularity", "Immediate"), ("category", "STZ"), ("scheduleType", "TIME")]
    {
        if text(schedule, name)? != only {
            return Err(format!("schedule.{name} must be {only}"));
        }
    }
    Ok(())
}

fn targets(targets: Option<&Value>) -> Result<Vec<&str>, String> {
    let list =
        targets.and_then(Value::as_array).ok_or("targets is required and must be an array")?;
    let ids: Vec<&str> = list.iter().filter_map(Value::as_str).collect();
    if ids.is_empty() || ids.len() != list.len() {
        return Err("targets must name at least one id, all of them strings".into());
    }
    Ok(ids)
}

fn machines(
    desk: &Desk<'_>,
    target_type: &str,
    targets: &[&str],
) -> Result<Vec<MachineNo>, String> {
    let (ids, fleet) = (desk.rmm.ids, &*desk.fleet);
    match target_type {
        "MANAGED_ENDPOINT" => {
            let mut machines = Vec::with_capacity(targets.len());
            for id in targets {
                machines.push(
                    ids.find_endpoint(fleet, id)
                        .ok_or_else(|| format!("target {id} does not exist"))?,
                );
            }
            machines.sort_unstable();
            match machines.windows(2).any(|it| it[0] == it[1]) {
                true => Err("a target is named twice".into()),
                false => Ok(machines),
            }
        }
        "COMPANY" if desk.rmm.switches.company_target == CompanyTarget::Accepted => {
            let [id] = targets else { return Err("COMPANY takes exactly one target".into()) };
            let client =
                ids.find_company(fleet, id).ok_or_else(|| format!("target {id} does not exist"))?;
            match fleet.client(client).machines.as_slice() {
                [] => Err(format!("company {id} has no endpoints")),
                machines => Ok(machines.to_vec()),
            }
        }
        other => Err(format!("targetType {other} is not supported")),
    }
}

/// Parameters travel as a string that holds a JSON object; anything else is refused.
fn parameters(given: Option<&Value>, schema: Option<&str>) -> Result<Value, String> {
    let given = match given {
        None | Some(Value::Null) => Map::new(),
        Some(Value::String(text)) => match serde_json::from_str(text) {
            Ok(Value::Object(map)) => map,
            _ => return Err("parameters must be a string that holds a JSON object".into()),
        },
        Some(_) => return Err("parameters must be a string".into()),
    };
    match schema {
        Some(schema) => schema::check(schema, &given)?,
        None if given.is_empty() => {}
        None => return Err("this template takes no parameters".into()),
    }
    Ok(Value::Object(given))
}
