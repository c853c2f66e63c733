//! What was run, and what came of it.

use countersign::bounds::{OUTPUT_BYTES_MAX, ROWS_SHOWN_MAX};
use countersign::plan::Call;
use countersign::ports::{Answer, CallError};
use countersign::reply::Block;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{answer, data};
use crate::args::{Args, contains};
use crate::client::{Lane, refused};
use crate::rmm::Rmm;
use crate::show::{capital, count, fields, output, table, utc, utc_or_dash};
use crate::wire::{EndpointRow, Instance, TaskLine};

/// How far back a task is looked for by its name.
const FOUND_BY_NAME_DAYS: i64 = 30;

/// Bytes of one device's output shown in chat; the core's bound is for what is kept.
const SHOWN_BYTES_MAX: usize = 3_000;

/// Devices whose output is shown; the others have a line in the table.
const OUTPUTS_SHOWN_MAX: usize = 5;

impl Rmm {
    /// Costs one request.
    pub(crate) async fn get_tasks_summary(&self, call: &Call) -> Result<Answer, CallError> {
        let args = Args(call);
        let from = match args.text("since") {
            Some(text) => since(text, self.now())?,
            None => self.now() - WEEK,
        };
        let (mut values, place) = match call.targets.is_empty() {
            true => (self.client.tasks_summary(Some(from)).await?, String::new()),
            false => {
                let (id, label) = args.endpoint()?;
                (self.client.endpoint_tasks(id, Lane::Person).await?, format!(" on {label}"))
            }
        };
        // The list of one endpoint takes no window.
        values.retain(|it| {
            TaskLine::read(it).is_some_and(|it| it.created_at.is_none_or(|at| at >= from))
        });
        let mut tasks: Vec<TaskLine> = values.iter().filter_map(TaskLine::read).collect();
        tasks.sort_by_key(|it| std::cmp::Reverse(it.created_at));
        let with = |test: fn(&str) -> bool| tasks.iter().filter(|it| test(&it.status)).count();
        let good = with(|status| status.eq_ignore_ascii_case("success"));
        let bad = with(|status| {
            status.eq_ignore_ascii_case("failed") || status.eq_ignore_ascii_case("some_failures")
        });
        let summary = format!(
            "{}{place} since {}: {good} succeeded, {bad} failed",
            capital(&count(tasks.len(), "task", "tasks")),
            utc(from)
        );
        let rows = tasks.iter().map(|it| {
            vec![
                it.name.clone(),
                words_of(&it.status),
                devices(it),
                utc_or_dash(it.executed_at.or(it.created_at)),
            ]
        });
        let blocks = vec![table(&["Task", "Status", "Devices", "Started"], rows.collect())];
        Ok(answer(summary, blocks, data("tasks", values)))
    }

    /// Costs two requests with an id, three with a name or marker.
    pub(crate) async fn get_task_results(&self, call: &Call) -> Result<Answer, CallError> {
        let args = Args(call);
        let wanted = args.required("task")?;
        let task = self.task_named(wanted).await?;
        let values = self.client.instances(&task.0).await?;
        let mut instances: Vec<Instance> = values.iter().filter_map(Instance::read).collect();
        instances.sort_by_key(|it| std::cmp::Reverse(it.created_at));
        let instance = match args.text("instance") {
            None => instances.into_iter().next(),
            Some(id) => Some(
                instances
                    .into_iter()
                    .find(|it| it.id.eq_ignore_ascii_case(id))
                    .ok_or_else(|| refused(format!("this task has no instance {id}")))?,
            ),
        };
        let name = task.1.unwrap_or_else(|| format!("task {}", task.0));
        let Some(instance) = instance else {
            return Ok(answer(
                format!("{name} has not begun"),
                vec![Block::Note(
                    "ConnectWise RMM lists no execution of this task yet; ask again in a minute."
                        .to_owned(),
                )],
                json!({ "task": task.0, "instances": [] }),
            ));
        };
        let name = instance.name.clone().unwrap_or(name);
        let rows = self.client.results(&task.0, &instance.id).await?;
        let names = self.names().await;
        self.results_answer(&name, &task.0, &instance, &rows, |id| names.label(id))
    }

    fn results_answer(
        &self,
        name: &str,
        task: &str,
        instance: &Instance,
        values: &[Value],
        label: impl Fn(&str) -> String,
    ) -> Result<Answer, CallError> {
        let rows: Vec<EndpointRow> = values.iter().filter_map(EndpointRow::read).collect();
        let good = rows.iter().filter(|it| it.is_over() && it.is_success()).count();
        let bad = rows.iter().filter(|it| it.is_over() && !it.is_success()).count();
        let all = instance.devices.and_then(|it| usize::try_from(it).ok()).unwrap_or(rows.len());
        let summary = format!(
            "{name}: {}, {good} of {} succeeded{}",
            words_of(&instance.status),
            count(all.max(rows.len()), "device", "devices"),
            if bad > 0 { format!(", {bad} failed") } else { String::new() }
        );
        let mut blocks = vec![fields([
            ("Task", Some(name.to_owned())),
            ("Status", Some(words_of(&instance.status))),
            ("Scheduled", instance.created_at.map(utc)),
            ("Started", instance.executed_at.map(utc)),
            ("Task id", Some(task.to_owned())),
            ("Instance", Some(instance.id.clone())),
        ])];
        let mut sorted: Vec<&EndpointRow> = rows.iter().collect();
        // What failed is what people look for.
        sorted.sort_by_key(|it| it.is_success());
        let lines = sorted
            .iter()
            .take(ROWS_SHOWN_MAX * 10)
            .map(|it| vec![label(&it.endpoint), words_of(&it.status), utc_or_dash(it.executed_at)]);
        if rows.len() > 1 {
            blocks.push(table(&["Device", "Status", "Executed"], lines.collect()));
        }
        for row in sorted.iter().take(OUTPUTS_SHOWN_MAX) {
            for (what, text) in [("", &row.output), (" (errors)", &row.errors)] {
                if text.trim().is_empty() {
                    continue;
                }
                let (shown, cut) = output(text, SHOWN_BYTES_MAX);
                blocks.push(Block::Text(format!("{}{what}", label(&row.endpoint))));
                blocks.push(Block::Code { text: shown, cut });
            }
        }
        let results = rows.iter().take(crate::show::DATA_ROWS_MAX).map(|it| {
            json!({
                "endpoint": it.endpoint, "device": label(&it.endpoint), "status": it.status,
                "output": output(&it.output, OUTPUT_BYTES_MAX / 8).0, "errors": output(&it.errors, OUTPUT_BYTES_MAX / 8).0,
            })
        });
        let data = json!({
            "task": task, "instance": instance.id, "status": instance.status, "results": results.collect::<Vec<_>>(),
        });
        Ok(answer(summary, blocks, data))
    }

    /// Id and name of the task meant by an id, a name, or a marker in a name.
    async fn task_named(&self, wanted: &str) -> Result<(String, Option<String>), CallError> {
        let is_id = wanted.len() >= 32 && wanted.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        if is_id {
            return Ok((wanted.to_owned(), None));
        }
        let from = self.now() - SignedDuration::from_hours(24 * FOUND_BY_NAME_DAYS);
        let values = self.client.tasks_summary(Some(from)).await?;
        let mut tasks: Vec<TaskLine> = values
            .iter()
            .filter_map(TaskLine::read)
            .filter(|it| it.id.eq_ignore_ascii_case(wanted) || contains(&it.name, wanted))
            .collect();
        tasks.sort_by_key(|it| std::cmp::Reverse(it.created_at));
        let newest = tasks.into_iter().next().ok_or_else(|| {
            refused(format!("no task of the last {FOUND_BY_NAME_DAYS} days is named “{wanted}”"))
        })?;
        Ok((newest.id, Some(newest.name)))
    }
}

/// How far back a summary looks when nobody says.
const WEEK: SignedDuration = SignedDuration::from_hours(7 * 24);

fn since(text: &str, now: Timestamp) -> Result<Timestamp, CallError> {
    let today = || now.to_zoned(TimeZone::UTC).start_of_day().map(|it| it.timestamp()).ok();
    let found = match text.to_lowercase().as_str() {
        "today" => today(),
        "yesterday" => today().map(|it| it - SignedDuration::from_hours(24)),
        _ => text.parse().ok(),
    };
    found.ok_or_else(|| {
        refused(format!("“{text}” is no time; write “today” or 2026-09-01T00:00:00Z"))
    })
}

/// "SOME_FAILURES" as "some failures": the product's own word.
fn words_of(status: &str) -> String {
    status.to_lowercase().replace('_', " ")
}

fn devices(task: &TaskLine) -> String {
    match (task.devices, task.succeeded, task.failed) {
        (Some(all), Some(good), Some(bad)) if bad > 0 => {
            format!("{all}: {good} succeeded, {bad} failed")
        }
        (Some(all), Some(good), _) => format!("{all}: {good} succeeded"),
        (Some(all), None, _) => all.to_string(),
        (None, _, _) => "–".to_owned(),
    }
}
