//! Tasks: their summaries, instances, and the result of each endpoint.

use jiff::Timestamp;
use serde_json::Value;

use super::Json;

/// One line of a task summary.
#[derive(Debug, Clone)]
pub(crate) struct TaskLine {
    pub(crate) id: String,
    pub(crate) name: String,
    /// The script it runs.
    pub(crate) template: Option<String>,
    /// The product's own word for who or what began it; often empty.
    pub(crate) begun_by: Option<String>,
    pub(crate) status: String,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) executed_at: Option<Timestamp>,
    pub(crate) devices: Option<i64>,
    pub(crate) succeeded: Option<i64>,
    pub(crate) failed: Option<i64>,
}

impl TaskLine {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let json = Json(value);
        let counts = json.get("executionStates");
        let count = |name: &str| counts.and_then(|it| it.int_of(&[name]));
        Some(Self {
            id: json.id(&["taskID"])?,
            name: json.text("name").unwrap_or("unnamed task").to_owned(),
            template: json.id(&["TemplateID", "templateId"]),
            begun_by: json.text("triggeredBy").map(str::to_owned),
            status: json.text_of(&["executionStatus", "state"]).unwrap_or("unknown").to_owned(),
            created_at: json.time(&["createdOn"]),
            executed_at: json.time(&["executedOn"]),
            devices: count("deviceCount"),
            succeeded: count("successCount"),
            failed: count("failureCount"),
        })
    }
}

/// One execution of a task.
#[derive(Debug, Clone)]
pub(crate) struct Instance {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    /// Upper case.
    pub(crate) status: String,
    pub(crate) created_at: Option<Timestamp>,
    pub(crate) executed_at: Option<Timestamp>,
    pub(crate) succeeded: Option<i64>,
    pub(crate) failed: Option<i64>,
    pub(crate) running: Option<i64>,
    pub(crate) waiting: Option<i64>,
    pub(crate) scheduled: Option<i64>,
    pub(crate) devices: Option<i64>,
}

/// Terminal words: those seen, those implied by the counts, and those another client treats so.
const OVER: [&str; 16] = [
    "SUCCESS",
    "SUCCEEDED",
    "COMPLETED",
    "FAILED",
    "FAILURE",
    "ERROR",
    "SOME_FAILURES",
    "PARTIAL_SUCCESS",
    "STOPPED",
    "CANCELED",
    "CANCELLED",
    "DISABLED",
    "TIMEOUT",
    "TIMED_OUT",
    "SKIPPED",
    "EXPIRED",
];

const NOT_OVER: [&str; 8] =
    ["PENDING", "SCHEDULED", "WAITING", "RUNNING", "POSTPONED", "QUEUED", "IN_PROGRESS", "STARTED"];

impl Instance {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let json = Json(value);
        let count = |name: &str| json.int_of(&[name]);
        Some(Self {
            id: json.id(&["taskInstanceId", "Id"])?,
            name: json.text("Name").map(str::to_owned),
            status: json
                .text_of(&["OverallStatus", "Status"])
                .unwrap_or("unknown")
                .to_ascii_uppercase(),
            created_at: json.time(&["CreatedOn"]),
            executed_at: json.time(&["ExecutedOn"]),
            succeeded: count("SuccessCount"),
            failed: count("FailedCount"),
            running: count("RunningCount"),
            waiting: count("WaitingCount"),
            scheduled: count("ScheduledCount"),
            devices: count("DeviceCount"),
        })
    }

    /// An unknown word counts as over only when the counts say that nobody is left.
    pub(crate) fn is_over(&self) -> bool {
        if OVER.contains(&self.status.as_str()) {
            return true;
        }
        if NOT_OVER.contains(&self.status.as_str()) {
            return false;
        }
        matches!((self.running, self.waiting, self.scheduled), (Some(0), Some(0), Some(0)))
    }

    /// At least one endpoint has begun.
    pub(crate) fn has_begun(&self) -> bool {
        let some = |count: Option<i64>| count.is_some_and(|it| it > 0);
        some(self.running)
            || some(self.succeeded)
            || some(self.failed)
            || self.status == "RUNNING"
            || self.status == "IN_PROGRESS"
            || OVER.contains(&self.status.as_str())
    }

    /// The product itself says that every endpoint succeeded.
    pub(crate) fn is_success(&self) -> bool {
        matches!(self.status.as_str(), "SUCCESS" | "SUCCEEDED" | "COMPLETED")
    }
}

/// How one endpoint came out.
#[derive(Debug, Clone)]
pub(crate) struct EndpointRow {
    pub(crate) endpoint: String,
    /// As sent.
    pub(crate) status: String,
    pub(crate) output: String,
    pub(crate) errors: String,
    pub(crate) executed_at: Option<Timestamp>,
}

impl EndpointRow {
    pub(crate) fn read(value: &Value) -> Option<Self> {
        let json = Json(value);
        Some(Self {
            endpoint: json.id(&["endpointId"])?,
            status: json.text("completionStatus").unwrap_or("unknown").to_owned(),
            output: json.raw_text("resultDetails").to_owned(),
            errors: json.raw_text("errorDetails").to_owned(),
            executed_at: json.time(&["executionTime", "createdOn"]),
        })
    }

    pub(crate) fn is_success(&self) -> bool {
        ["success", "succeeded", "completed"].iter().any(|it| self.status.eq_ignore_ascii_case(it))
    }

    /// A row may be there before its endpoint is done.
    pub(crate) fn is_over(&self) -> bool {
        !NOT_OVER.contains(&self.status.to_ascii_uppercase().as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_spellings_of_an_instance_are_read() {
        let live = json!({"TaskID": "t", "Id": "i", "OverallStatus": "running", "RunningCount": 1});
        let other =
            json!({"taskId": "t", "taskInstanceId": "i", "status": "RUNNING", "runningCount": 1});
        for value in [live, other] {
            let instance = Instance::read(&value).unwrap();
            assert_eq!((instance.id.as_str(), instance.status.as_str()), ("i", "RUNNING"));
            assert!(instance.has_begun() && !instance.is_over());
        }
    }

    #[test]
    fn an_unknown_status_is_over_when_nobody_is_left() {
        let instance = |counts: [Option<i64>; 3]| {
            Instance::read(&json!({"Id": "i", "OverallStatus": "ODD", "RunningCount": counts[0],
                "WaitingCount": counts[1], "ScheduledCount": counts[2]}))
            .unwrap()
        };
        assert!(instance([Some(0), Some(0), Some(0)]).is_over());
        assert!(!instance([Some(0), Some(1), Some(0)]).is_over());
        assert!(!instance([None, None, None]).is_over());
    }

    #[test]
    fn both_spellings_of_a_row_are_read() {
        let spec = json!({"endpointId": "e", "executiontime": "2026-09-01T03:00:31Z", "completionStatus": "SUCCESS", "resultDetails": " out "});
        let live = json!({"endpointID": "e", "executionTime": "2026-09-01T03:00:31Z", "completionStatus": "Success", "resultDetails": " out "});
        for value in [spec, live] {
            let row = EndpointRow::read(&value).unwrap();
            assert!(row.is_success() && row.is_over() && row.executed_at.is_some());
            assert_eq!(row.output, " out ");
        }
    }
}
