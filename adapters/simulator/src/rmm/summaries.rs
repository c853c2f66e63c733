//! What became of tasks: summaries of the tenant and of one endpoint, instances, and results per endpoint.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::errors::error;
use super::runs::{Run, RunState, Task};
use super::{Desk, Spelling};
use crate::faults::ErrorShape::CodeMessage;
use crate::http::{Answer, Each, Request};

/// How many runs of a task are in each state.
#[derive(Default)]
struct Counts {
    all: usize,
    success: usize,
    failed: usize,
    running: usize,
    waiting: usize,
    scheduled: usize,
}

impl Counts {
    fn of(runs: &[Run]) -> Self {
        let mut counts = Self { all: runs.len(), ..Self::default() };
        for run in runs {
            match run.state {
                RunState::Pending => counts.scheduled += 1,
                RunState::Waiting => counts.waiting += 1,
                RunState::Running => counts.running += 1,
                RunState::Success => counts.success += 1,
                RunState::Failed => counts.failed += 1,
            }
        }
        counts
    }

    fn status(&self) -> &'static str {
        let Self { all, success, failed, waiting, scheduled, .. } = *self;
        match () {
            () if success == all => "SUCCESS",
            () if failed == all => "FAILED",
            () if success + failed == all => "SOME_FAILURES",
            () if scheduled == all => "PENDING",
            () if waiting == all => "WAITING",
            () => "RUNNING",
        }
    }

    fn ended(&self) -> bool {
        self.success + self.failed == self.all
    }
}

fn word(state: RunState) -> &'static str {
    match state {
        RunState::Pending => "PENDING",
        RunState::Waiting => "WAITING",
        RunState::Running => "RUNNING",
        RunState::Success => "SUCCESS",
        RunState::Failed => "FAILED",
    }
}

/// `From` and `To`, with their capitals.
struct Window(Option<Timestamp>, Option<Timestamp>);

impl Window {
    fn read(request: &Request) -> Result<Self, Answer> {
        let parameters = request.parameters();
        if let Some(name) = parameters.unknown(&["From", "To"]) {
            return Err(bad(&format!("unknown parameter {name}")));
        }
        let time = |name: &str| match parameters.get(name) {
            None => Ok(None),
            Some(text) => {
                text.parse().map(Some).map_err(|_| bad(&format!("{name} must be an RFC 3339 time")))
            }
        };
        Ok(Self(time("From")?, time("To")?))
    }

    fn holds(&self, task: &Task) -> bool {
        self.0.is_none_or(|from| from <= task.created_at)
            && self.1.is_none_or(|to| task.created_at <= to)
    }
}

fn bad(message: &str) -> Answer {
    error(CodeMessage, 400, "bad_request", message)
}

fn missing(what: &str) -> Answer {
    error(CodeMessage, 404, "not_found", &format!("{what} does not exist"))
}

/// Newest first.
pub(super) fn tenant(desk: &Desk<'_>, request: &Request) -> Answer {
    let window = match Window::read(request) {
        Ok(window) => window,
        Err(refusal) => return refusal,
    };
    let tasks = &desk.rmm.runs.tasks;
    let record = |task| tenant_record(desk, task);
    Answer::ok(&Each(|| tasks.iter().rev().filter(|it| window.holds(it)).map(record)))
}

fn tenant_record(desk: &Desk<'_>, task: &Task) -> Value {
    let runs = desk.rmm.runs.of(task);
    let counts = Counts::of(runs);
    let statuses: Map<String, Value> =
        runs.iter().map(|it| (it.endpoint.to_string(), json!(word(it.state)))).collect();
    let mut record = summary(desk, task, &counts);
    record["executionStates"] = json!({ "deviceCount": counts.all, "successCount": counts.success, "failureCount": counts.failed });
    record["endpointStatuses"] = Value::Object(statuses);
    record["taskInstanceId"] = json!(task.instance);
    record
}

fn summary(desk: &Desk<'_>, task: &Task, counts: &Counts) -> Value {
    let script = &desk.rmm.catalogue.scripts[task.script];
    let day: i64 = task.created_at.strftime("%Y%m%d").to_string().parse().unwrap_or_default();
    json!({
        "taskID": task.id,
        "name": task.name,
        "description": "",
        "createdOn": task.created_at,
        "modifiedOn": task.created_at,
        "executedOn": executed_at(desk.rmm.runs.of(task)),
        "nextSchedule": null,
        "CreatedOnDay": day,
        "regularity": "Immediate",
        "scheduleType": "TIME",
        "state": if counts.ended() { "COMPLETED" } else { "ACTIVE" },
        "executionStatus": counts.status(),
        "TemplateType": script.kind.as_str(),
        "TemplateID": script.id,
        "triggeredBy": "",
        "TimeZone": "",
        "canBeCancelled": false,
        "canBePostponed": false,
        "is_deactivated": false,
    })
}

/// When the first machine began.
fn executed_at(runs: &[Run]) -> Option<Timestamp> {
    runs.iter().filter_map(|it| it.started.as_ref().map(|it| it.0)).min()
}

pub(super) fn endpoint(desk: &Desk<'_>, id: &str) -> Answer {
    let Some(machine) = desk.rmm.ids.find_endpoint(desk.fleet, id) else {
        return missing("endpoint");
    };
    let runs = &desk.rmm.runs;
    let mut records = Vec::new();
    for task in runs.tasks.iter().rev() {
        for run in runs.of(task).iter().filter(|it| it.machine == machine) {
            let mut record = summary(desk, task, &Counts::of(std::slice::from_ref(run)));
            record["EndpointID"] = json!(run.endpoint);
            record["taskInstanceID"] = json!(task.instance);
            records.push(record);
        }
    }
    if records.is_empty() { missing("task") } else { Answer::ok(&records) }
}

/// The first time somebody asks there is nothing yet: instances appear a moment after the task.
pub(super) fn instances(desk: &mut Desk<'_>, request: &Request, id: &str) -> Answer {
    let window = match Window::read(request) {
        Ok(window) => window,
        Err(refusal) => return refusal,
    };
    let Some(no) = desk.rmm.runs.find(desk.rmm.ids, id) else { return missing("Task") };
    desk.rmm.runs.tasks[no].asked += 1;
    let task = &desk.rmm.runs.tasks[no];
    if task.asked == 1 || !window.holds(task) {
        return Answer::ok(&json!({ "Results": [], "Count": 0 }));
    }
    let runs = desk.rmm.runs.of(task);
    let counts = Counts::of(runs);
    let instance = json!({
        "TaskID": task.id,
        "Id": task.instance,
        "CreatedOn": task.created_at,
        "Name": task.name,
        "OverallStatus": counts.status(),
        "Regularity": "Immediate",
        "NextSchedule": null,
        "ExecutedOn": executed_at(runs),
        "DeviceCount": counts.all,
        "SuccessCount": counts.success,
        "FailedCount": counts.failed,
        "PostponedCount": 0,
        "DisabledCount": 0,
        "CanceledCount": 0,
        "ScheduledCount": counts.scheduled,
        "WaitingCount": counts.waiting,
        "RunningCount": counts.running,
    });
    Answer::ok(&json!({ "Results": [instance], "Count": 1 }))
}

/// One row per endpoint that is done; the others are not listed yet.
pub(super) fn results(desk: &Desk<'_>, task: &str, instance: &str) -> Answer {
    let runs = &desk.rmm.runs;
    let found = runs.find(desk.rmm.ids, task).map(|no| &runs.tasks[no]);
    let Some(task) = found.filter(|it| it.instance.to_string() == instance) else {
        return missing("Task Instance");
    };
    let composite =
        desk.rmm.catalogue.scripts[task.script].kind == super::TemplateType::FusionScript;
    let rows: Vec<Value> =
        runs.of(task).iter().filter_map(|it| row(desk, task, it, composite)).collect();
    Answer::ok(&json!({ "Count": rows.len(), "Result": rows }))
}

fn row(desk: &Desk<'_>, task: &Task, run: &Run, composite: bool) -> Option<Value> {
    let ended_at = run.ended_at?;
    let details = match (composite, run.state) {
        (true, RunState::Success) => format!("Script Succeeded: {}", run.stdout),
        (true, _) => format!("Script Failed: {}", run.stdout),
        (false, _) => run.stdout.clone(),
    };
    let mut row = json!({
        "taskId": task.id,
        "taskInstanceId": task.instance,
        "endpointId": run.endpoint,
        "createdOn": ended_at,
        "completionStatus": word(run.state),
        "resultDetails": details,
        "errorDetails": run.stderr,
    });
    let executed_at = run.started.as_ref().map(|it| it.0);
    match desk.rmm.switches.spelling {
        Spelling::Spec => row["executiontime"] = json!(executed_at),
        Spelling::Live => {
            row["executionTime"] = json!(executed_at);
            row["executionContext"] = json!("Not Applicable");
        }
    }
    Some(row)
}
