//! Whether somebody did in ConnectWise RMM itself what was only planned here. What carries a marker of ours is not
//! counted.

use countersign::plan::{Call, Target};
use countersign::ports::CallError;
use countersign::run::Marker;
use countersign::trial::Seen;
use countersign::words;
use jiff::Timestamp;

use crate::args::Args;
use crate::client::Lane;
use crate::rmm::Rmm;
use crate::wire::{TaskLine, Ticket};

/// Tickets of one client that are looked through.
const TICKETS_MAX: usize = 100;

impl Rmm {
    /// A task of the same script that was made since. Costs a request per device.
    pub(crate) async fn task_by_hand(
        &self,
        call: &Call,
        since: Timestamp,
    ) -> Result<Seen, CallError> {
        let Some(script) = call.script.as_ref().filter(|_| !call.targets.is_empty()) else {
            let why = "it names no script and devices of its own";
            return Ok(Seen::CannotTell { why: why.to_owned() });
        };
        let mut devices = Vec::with_capacity(call.targets.len());
        // One after the other: nobody waits, and the share of the background is small.
        for target in &call.targets {
            let Some(id) = &target.rmm else {
                let why = format!("{} has no agent of ConnectWise RMM", target.label());
                return Ok(Seen::CannotTell { why });
            };
            let values = self.client.endpoint_tasks(id, Lane::Background).await?;
            let tasks = values.iter().filter_map(TaskLine::read);
            let same = |it: &TaskLine| {
                let is_script = it.template.as_deref() == Some(script.id.as_str());
                is_script && it.created_at.is_some_and(|at| at >= since) && !is_ours(&it.name)
            };
            let task = tasks.filter(same).min_by_key(|it| it.created_at);
            devices.push(task.map(|task| sentence(&script.name, target, &task)));
        }
        Ok(Seen::of(devices))
    }

    /// A ticket about the same client that was made since. Costs a request, one more where only a device is named.
    pub(crate) async fn ticket_by_hand(
        &self,
        call: &Call,
        since: Timestamp,
    ) -> Result<Seen, CallError> {
        let Some(company) = self.ticket_company(call).await? else {
            let why = "it is about no client of ConnectWise RMM";
            return Ok(Seen::CannotTell { why: why.to_owned() });
        };
        let filters = [("createdAtFrom", format!("{since:.0}")), ("companyIds", company)];
        let (values, _) = self.client.tickets(&filters, TICKETS_MAX, Lane::Background).await?;
        let tickets = values.iter().filter_map(Ticket::read);
        let made: Vec<Option<String>> = tickets
            // The product's filter knows whole seconds.
            .filter(|it| it.created_at.is_none_or(|at| at >= since))
            .filter(|it| !it.description.as_deref().is_some_and(is_ours))
            .map(|it| {
                let at = it.created_at.map(|at| format!(" at {}", words::at(at)));
                let (number, summary, at) = (it.number, it.summary, at.unwrap_or_default());
                Some(format!("ticket {number} “{summary}” was opened for the client{at}"))
            })
            .collect();
        Ok(Seen::of(made))
    }

    /// The company that a ticket would be about.
    async fn ticket_company(&self, call: &Call) -> Result<Option<String>, CallError> {
        if call.targets.is_empty() {
            return Ok(Args(call).company()?.map(|(id, _)| id.to_owned()));
        }
        let (id, _) = Args(call).endpoint()?;
        let (device, _) = self.client.endpoint(id, Lane::Background).await?;
        Ok(device.company)
    }
}

fn is_ours(text: &str) -> bool {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '-')
        .any(|it| Marker::parse(it).is_some())
}

fn sentence(script: &str, target: &Target, task: &TaskLine) -> String {
    let at = task.executed_at.or(task.created_at).map(|at| format!(" at {}", words::at(at)));
    let by = task.begun_by.as_deref().map(|by| format!(", started by {by}"));
    let (at, by) = (at.unwrap_or_default(), by.unwrap_or_default());
    let ran = if task.executed_at.is_some() { "ran on" } else { "was sent to" };
    format!("{script} {ran} {}{at}{by} (task “{}”): {}", target.name, task.name, task.status)
}
