//! How far a task is, endpoint by endpoint.

use std::collections::HashMap;

use countersign::bounds::OUTPUT_BYTES_MAX;
use countersign::plan::Call;
use countersign::ports::{CallError, Polled};
use countersign::run::{Ending, Handle, Progress, TargetResult, TargetStatus};
use countersign::words;
use jiff::SignedDuration;

use crate::names::Names;
use crate::rmm::Rmm;
use crate::show::output;
use crate::wire::{EndpointRow, Instance};

/// How long rows may lag behind the status of their task.
const ROWS_LAG: SignedDuration = SignedDuration::from_secs(60);

impl Rmm {
    /// - Gives `NotYet` while the product lists no execution: for a moment after the call it does not.
    /// - Ends when the product says so, or when every device has its row.
    /// - Costs two requests; one while nothing has begun.
    pub(crate) async fn poll_task(
        &self,
        call: &Call,
        handle: &Handle,
    ) -> Result<Polled, CallError> {
        let values = self.client.instances(&handle.0).await?;
        let newest = values.iter().filter_map(Instance::read).max_by_key(|it| it.created_at);
        let Some(instance) = newest else {
            let targets = call.targets.iter().map(|it| waiting(it.label(), "PENDING")).collect();
            return Ok(Polled { progress: Progress::NotYet, targets, ending: None });
        };
        let rows = if instance.has_begun() || instance.is_over() {
            self.client.results(&handle.0, &instance.id).await?
        } else {
            Vec::new()
        };
        let rows: Vec<EndpointRow> = rows.iter().filter_map(EndpointRow::read).collect();
        let names = if call.targets.is_empty() { self.names().await } else { Names::default() };
        let targets = results(call, &instance, &rows, &names);
        let lags = instance.is_over()
            && targets.iter().any(|it| !is_done(it.status))
            && instance
                .executed_at
                .or(instance.created_at)
                .is_some_and(|at| self.now().duration_since(at) < ROWS_LAG);
        let all_done = !targets.is_empty() && targets.iter().all(|it| is_done(it.status));
        let over = (instance.is_over() && !lags) || (all_done && !call.targets.is_empty());
        let targets = if over { closed(targets, &instance) } else { targets };
        let ending = over.then(|| ending(&targets, &instance));
        let progress = if instance.has_begun() { Progress::Begun } else { Progress::NotYet };
        Ok(Polled { progress, targets, ending })
    }
}

fn is_done(status: TargetStatus) -> bool {
    matches!(status, TargetStatus::Succeeded | TargetStatus::Failed)
}

fn waiting(device: String, raw: &str) -> TargetResult {
    TargetResult {
        device,
        status: TargetStatus::Waiting,
        raw_status: raw.to_owned(),
        output: String::new(),
        errors: String::new(),
    }
}

/// One result per device, in the order of the call; of a whole company those that have a row.
fn results(
    call: &Call,
    instance: &Instance,
    rows: &[EndpointRow],
    names: &Names,
) -> Vec<TargetResult> {
    let by_endpoint: HashMap<&str, &EndpointRow> =
        rows.iter().map(|row| (row.endpoint.as_str(), row)).collect();
    if call.targets.is_empty() {
        return rows.iter().map(|row| result(names.label(&row.endpoint), row)).collect();
    }
    let of = |target: &countersign::plan::Target| {
        let row = target.rmm.as_deref().and_then(|id| by_endpoint.get(id));
        match row {
            Some(row) => result(target.label(), row),
            None => {
                let mut result = waiting(target.label(), &instance.status);
                // Which of several devices runs is not told; one that was offline surely waits.
                if instance.has_begun() && target.online != Some(false) {
                    result.status = TargetStatus::Running;
                }
                result
            }
        }
    };
    call.targets.iter().map(of).collect()
}

fn result(device: String, row: &EndpointRow) -> TargetResult {
    let cut = |text: &str| match output(text, OUTPUT_BYTES_MAX) {
        (text, 0) => text,
        (text, cut) => format!("{text}\n[{cut} more bytes were cut]"),
    };
    TargetResult {
        device,
        status: match (row.is_over(), row.is_success()) {
            (true, true) => TargetStatus::Succeeded,
            (true, false) => TargetStatus::Failed,
            (false, _) => TargetStatus::Running,
        },
        raw_status: row.status.clone(),
        output: cut(&row.output),
        errors: cut(&row.errors),
    }
}

/// The task is over and no more rows will come: what has none takes the product's word for the whole.
fn closed(mut targets: Vec<TargetResult>, instance: &Instance) -> Vec<TargetResult> {
    for target in targets.iter_mut().filter(|it| !is_done(it.status)) {
        target.raw_status = instance.status.clone();
        target.status =
            if instance.is_success() { TargetStatus::Succeeded } else { TargetStatus::Failed };
    }
    targets
}

fn ending(targets: &[TargetResult], instance: &Instance) -> Ending {
    let failed: Vec<&TargetResult> =
        targets.iter().filter(|it| it.status == TargetStatus::Failed).collect();
    match (failed.as_slice(), targets.len()) {
        ([], 0) if !instance.is_success() => Ending::Failed(said(&instance.status)),
        ([], _) => Ending::Succeeded,
        (failed, all) if failed.len() < all => Ending::PartlyFailed,
        ([only], _) => Ending::Failed(reason(only)),
        (several, _) => {
            let count = words::count(several.len(), "device");
            Ending::Failed(format!("failed on {count}"))
        }
    }
}

/// The first line of its errors, else the product's word.
fn reason(result: &TargetResult) -> String {
    let line = result.errors.lines().map(str::trim).find(|it| !it.is_empty());
    line.map_or_else(|| said(&result.raw_status), |line| words::cut(line, 200))
}

fn said(status: &str) -> String {
    format!("ConnectWise RMM says {}", status.to_lowercase().replace('_', " "))
}
