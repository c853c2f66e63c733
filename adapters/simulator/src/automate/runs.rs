//! Launches and what comes of them: queued, running, then a line of the history. Nothing links the line to
//! the launch, as with the product, and the same launch sent twice runs twice.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::catalogue::{Aim, Catalogue};
use super::estate::{Estate, Place};
use super::list::Source;
use super::places::map;
use super::{Desk, USERNAME, error};
use crate::fleet::Fleet;
use crate::http::{Answer, Request};
use crate::rmm::behaviour::{self, Setting};

const HISTORY_FIELDS: &[&str] =
    &["Id", "ScriptId", "ComputerId", "Name", "User", "Status", "State", "HistoryDate"];
const RUNNING_FIELDS: &[&str] = &["Id", "ScriptId", "ComputerId", "Name", "Status", "StartDate"];

/// A launch that the server accepted.
#[derive(Debug, Clone, PartialEq)]
pub struct Launch {
    pub script: i64,
    pub script_name: String,
    /// Accepted computers.
    pub computers: Vec<i64>,
    pub parameters: Vec<(String, String)>,
    pub skips_offline: bool,
    pub at: Timestamp,
}

/// One script on one computer.
#[derive(Debug, Clone, PartialEq)]
pub struct ScriptRun {
    pub script: i64,
    pub script_name: String,
    pub computer: i64,
    pub user: String,
    pub parameters: Vec<(String, String)>,
    pub started_at: Option<Timestamp>,
    pub ended_at: Option<Timestamp>,
    /// "Success", "Failure", once it is over.
    pub state: Option<&'static str>,
    pub message: String,
}

#[derive(Debug)]
struct Run {
    info: ScriptRun,
    due: Timestamp,
}

#[derive(Debug)]
struct Line {
    id: i64,
    script: i64,
    computer: i64,
    name: String,
    user: String,
    state: &'static str,
    at: Timestamp,
    message: String,
}

#[derive(Debug)]
pub(crate) struct Runs {
    launches: Vec<Launch>,
    runs: Vec<Run>,
    history: Vec<Line>,
    next_line: i64,
    /// Scripts that fail on order, with their text.
    sabotage: Vec<(i64, String)>,
}

impl Runs {
    /// Every computer of the story has had its temporary files cleared yesterday.
    pub(super) fn new(fleet: &Fleet, estate: &Estate, now: Timestamp) -> Self {
        let mut runs = Self {
            launches: Vec::new(),
            runs: Vec::new(),
            history: Vec::new(),
            next_line: 990_000,
            sabotage: Vec::new(),
        };
        for computer in estate.computers.iter().take(25) {
            if matches!(computer.place, Place::Fleet(no) if no.at() < fleet.machines.len()) {
                let at = now - SignedDuration::from_hours(25);
                let message = "Removed 1,204 files".to_owned();
                runs.write(Line {
                    id: 0,
                    script: 4102,
                    computer: computer.id,
                    name: "Agent - Clear Temp Files".into(),
                    user: "maintenance".into(),
                    state: "Success",
                    at,
                    message,
                });
            }
        }
        runs
    }

    fn write(&mut self, mut line: Line) {
        line.id = self.next_line;
        self.next_line += 1;
        self.history.push(line);
    }

    pub(super) fn launches(&self) -> &[Launch] {
        &self.launches
    }

    pub(super) fn infos(&self) -> Vec<ScriptRun> {
        self.runs.iter().map(|it| it.info.clone()).collect()
    }

    pub(super) fn sabotage(&mut self, script: i64, message: &str) {
        self.sabotage.push((script, message.to_owned()));
    }

    pub(super) fn queue(
        &mut self,
        script: (i64, &str),
        computer: i64,
        user: &str,
        parameters: Vec<(String, String)>,
        due: Timestamp,
    ) {
        let info = ScriptRun {
            script: script.0,
            script_name: script.1.to_owned(),
            computer,
            user: user.to_owned(),
            parameters,
            started_at: None,
            ended_at: None,
            state: None,
            message: String::new(),
        };
        self.runs.push(Run { info, due });
    }

    pub(super) fn settle(
        &mut self,
        catalogue: &Catalogue,
        estate: &Estate,
        fleet: &mut Fleet,
        now: Timestamp,
    ) {
        loop {
            let open = self
                .runs
                .iter()
                .enumerate()
                .filter(|(_, it)| it.info.ended_at.is_none() && it.due <= now);
            let Some(at) = open.min_by_key(|(at, it)| (it.due, *at)).map(|it| it.0) else { return };
            self.step(at, catalogue, estate, fleet);
        }
    }

    fn step(&mut self, at: usize, catalogue: &Catalogue, estate: &Estate, fleet: &mut Fleet) {
        let luck = at as u64;
        let run = &mut self.runs[at];
        let script = catalogue.all.iter().find(|it| it.id == run.info.script);
        let behaviour = script.map_or(behaviour::Behaviour::Plain, |it| it.behaviour);
        let parameters = as_json(&run.info.parameters);
        if run.info.started_at.is_none() {
            run.info.started_at = Some(run.due);
            let length = behaviour::duration(behaviour, &parameters);
            run.due = run.due.checked_add(length).unwrap_or(Timestamp::MAX);
            return;
        }
        let when = run.due;
        let machine = estate.computer(run.info.computer).map(|it| it.place);
        let sabotaged = self.sabotage.iter().find(|it| it.0 == run.info.script);
        let (ok, message) = match (machine, sabotaged) {
            (_, Some((_, message))) => (false, message.clone()),
            (Some(Place::Fleet(machine)), None) => {
                let mut setting =
                    Setting { fleet, machine, parameters: &parameters, at: when, luck };
                let outcome = behaviour::play(behaviour, &mut setting);
                (outcome.ok, format!("{}{}", outcome.stdout, outcome.stderr))
            }
            (_, None) => (true, "Done.".to_owned()),
        };
        let state = if ok { "Success" } else { "Failure" };
        run.info.ended_at = Some(when);
        run.info.state = Some(state);
        run.info.message = message.clone();
        let line = Line {
            id: 0,
            script: run.info.script,
            computer: run.info.computer,
            name: run.info.script_name.clone(),
            user: run.info.user.clone(),
            state,
            at: when,
            message,
        };
        self.write(line);
    }
}

/// Parameters by lower-case name; the behaviours take those they know.
fn as_json(parameters: &[(String, String)]) -> Value {
    let pairs = parameters.iter().map(|(name, value)| (name.to_lowercase(), json!(value)));
    Value::Object(pairs.collect())
}

impl Desk<'_> {
    /// `POST /Batch/ScriptExecute` and `/Batch/ScriptSchedule`, which have one contract.
    pub(super) fn execute(&mut self, request: &Request) -> Answer {
        let order = match order(&request.body) {
            Ok(order) => order,
            Err(why) => {
                return Answer::json(
                    400,
                    &json!({"Message": "The request is invalid.", "ModelState": {"request": [why]}}),
                );
            }
        };
        let Some(script) = self.automate.catalogue.get(order.script).cloned() else {
            return error(400, "Script not found.");
        };
        let (mut results, mut accepted) = (Vec::new(), Vec::new());
        for id in order.computers {
            let refusal = if self.seen_computer(id).is_none() {
                Some((2, "Computer not found."))
            } else if !self.automate.switches.may_schedule {
                Some((3, "User does not have permission to schedule scripts on this computer."))
            } else if script.aim != Aim::Computer {
                Some((5, "The script does not run on computers."))
            } else {
                None
            };
            let (status, (reason, message)) = match refusal {
                Some(refusal) => (1, refusal),
                None => (0, (0, "")),
            };
            results.push(json!({
                "EntityId": id,
                "ResultDetails": {"ResultStatus": status, "ReasonCode": reason, "Message": message},
            }));
            if status == 0 {
                accepted.push(id);
            }
        }
        let due = self.now.checked_add(self.automate.switches.queue).unwrap_or(Timestamp::MAX);
        for id in &accepted {
            let found = self.automate.estate.computer(*id);
            let online =
                found.is_some_and(|it| self.automate.estate.contact(self.fleet, it, self.now).0);
            // Offline agents are skipped without a trace; what else could be asked for is not pretended.
            if online && !order.only_offline {
                let parameters = order.parameters.clone();
                self.automate.runs.queue((script.id, &script.name), *id, USERNAME, parameters, due);
            }
        }
        self.automate.runs.launches.push(Launch {
            script: script.id,
            script_name: script.name.clone(),
            computers: accepted.clone(),
            parameters: order.parameters,
            skips_offline: order.skips_offline,
            at: self.now,
        });
        Answer::ok(&json!({
            "ContainsUnsuccessfulResults": accepted.len() < results.len(),
            "ScriptResults": results,
        }))
    }

    pub(super) fn history(&self, request: &Request, id: i64) -> Answer {
        if self.seen_computer(id).is_none() {
            return error(404, "Computer not found.");
        }
        let lines: Vec<&Line> =
            self.automate.runs.history.iter().filter(|it| it.computer == id).collect();
        let row = |at: usize| -> Map<String, Value> {
            let line = lines[at];
            map(json!({
                "Id": line.id, "ScriptId": line.script, "ComputerId": line.computer, "Name": line.name,
                "User": line.user, "Status": "Completed", "State": line.state,
                "HistoryDate": self.automate.date(line.at), "DiagnosticMessage": line.message,
            }))
        };
        self.automate
            .list(request, &Source { count: lines.len(), row: &row, fields: HISTORY_FIELDS })
    }

    pub(super) fn running(&self, request: &Request, id: i64) -> Answer {
        if self.seen_computer(id).is_none() {
            return error(404, "Computer not found.");
        }
        let now: Vec<&ScriptRun> = self
            .automate
            .runs
            .runs
            .iter()
            .map(|it| &it.info)
            .filter(|it| it.computer == id && it.started_at.is_some() && it.ended_at.is_none())
            .collect();
        let row = |at: usize| -> Map<String, Value> {
            let run = now[at];
            map(json!({
                "Id": 70 + at, "ScriptId": run.script, "ComputerId": run.computer, "Name": run.script_name,
                "Status": "Running", "StartDate": run.started_at.map(|it| self.automate.date(it)),
            }))
        };
        self.automate.list(request, &Source { count: now.len(), row: &row, fields: RUNNING_FIELDS })
    }
}

struct Order {
    script: i64,
    computers: Vec<i64>,
    parameters: Vec<(String, String)>,
    skips_offline: bool,
    only_offline: bool,
}

/// The kind of targets is a name or its number; only computers are served.
fn order(body: &[u8]) -> Result<Order, String> {
    let body: Value = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let is_computer = match &body["EntityType"] {
        Value::Number(number) => number.as_i64() == Some(1),
        Value::String(name) => name.eq_ignore_ascii_case("Computer"),
        _ => false,
    };
    if !is_computer {
        return Err("EntityType is not supported.".to_owned());
    }
    let computers: Option<Vec<i64>> =
        body["EntityIds"].as_array().and_then(|ids| ids.iter().map(Value::as_i64).collect());
    let computers = computers.filter(|it| !it.is_empty()).ok_or("EntityIds is required.")?;
    let frequency = &body["Schedule"]["ScriptScheduleFrequency"]["ScriptScheduleFrequencyId"];
    if frequency.as_i64() != Some(1) {
        return Err("Schedule is required.".to_owned());
    }
    if body["StartDate"].as_str().and_then(|it| it.parse::<Timestamp>().ok()).is_none() {
        return Err("StartDate needs an offset.".to_owned());
    }
    let mut parameters = Vec::new();
    for pair in body["Parameters"].as_array().into_iter().flatten() {
        match (pair["Key"].as_str(), pair["Value"].as_str()) {
            (Some(key), Some(value)) => parameters.push((key.to_owned(), value.to_owned())),
            _ => return Err("Parameters are pairs of Key and Value, both text.".to_owned()),
        }
    }
    let flag = |name: &str| body["OfflineActionFlags"][name].as_bool() == Some(true);
    Ok(Order {
        script: body["ScriptId"].as_i64().ok_or("ScriptId is required.")?,
        computers,
        parameters,
        skips_offline: flag("SkipsOfflineAgents"),
        only_offline: flag("OnlyRunsOnOfflineAgents"),
    })
}
