//! Alerts, of the tenant and of one computer.

use countersign::plan::Call;
use countersign::ports::{Answer, CallError};
use countersign::words;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{argument, client_id, contains, in_brackets, listing, one_computer};
use crate::Automate;
use crate::client::refused;
use crate::condition::Condition;
use crate::wire::Alert;

/// What an alert must be like.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Wanted<'a> {
    pub(crate) text: Option<&'a str>,
    pub(crate) severity: Option<&'a str>,
    pub(crate) client: Option<i64>,
}

impl Wanted<'_> {
    /// Decided here, row by row: which filters the server knows for alerts is ASSUMED.
    pub(crate) fn fits(&self, alert: &Alert) -> bool {
        let texts = [&alert.message, &alert.source, &alert.field];
        let computer = alert.place().to_owned();
        let says = self.text.is_none()
            || contains(&computer, self.text)
            || texts.into_iter().flatten().any(|it| contains(it, self.text));
        let severe = self.severity.is_none_or(|it| alert.severity.label().eq_ignore_ascii_case(it));
        let of_client = self
            .client
            .is_none_or(|id| alert.client.as_ref().is_some_and(|client| client.id == Some(id)));
        says && severe && of_client
    }

    fn filters(&self) -> String {
        let mut filters: Vec<String> = self.severity.map(str::to_owned).into_iter().collect();
        filters.extend(self.text.map(|it| format!("about “{it}”")));
        in_brackets(&filters)
    }
}

pub(super) async fn alerts(automate: &Automate, call: &Call) -> Result<Answer, CallError> {
    let wanted = Wanted {
        text: argument(call, "text"),
        severity: argument(call, "severity"),
        client: client_id(call)?,
    };
    let mut condition = Condition::default();
    if let Some(id) = wanted.client {
        condition = condition.number("Client.Id", id);
    }
    let Some(found) = automate.api.alerts(&condition).await? else {
        return Err(refused(
            "this version of Automate has no list of all alerts; ask for the alerts of one computer",
        ));
    };
    let mut alerts = found.rows;
    alerts.retain(|it| wanted.fits(it));
    Alert::sort(&mut alerts);
    let of = call.client.as_ref().map(|client| format!(" of {}", client.name)).unwrap_or_default();
    let more = if found.more { "at least " } else { "" };
    let summary = format!("{more}{}{of}{}", words::count(alerts.len(), "alert"), wanted.filters());
    Ok(answer(summary, &alerts, automate.api.client.now()))
}

pub(super) async fn of_computer(automate: &Automate, call: &Call) -> Result<Answer, CallError> {
    let (target, id) = one_computer(call)?;
    let wanted =
        Wanted { text: argument(call, "text"), severity: argument(call, "severity"), client: None };
    let mut alerts = automate.api.computer_alerts(id).await?;
    alerts.retain(|it| wanted.fits(it));
    Alert::sort(&mut alerts);
    let summary = format!(
        "{} on {}{}",
        words::count(alerts.len(), "alert"),
        target.label(),
        wanted.filters()
    );
    Ok(answer(summary, &alerts, automate.api.client.now()))
}

fn answer(summary: String, alerts: &[Alert], now: Timestamp) -> Answer {
    let row = |it: &Alert| {
        vec![
            format!("#{}", it.id),
            it.severity.label(),
            it.place().to_owned(),
            it.client_name().to_owned(),
            words::cut(&it.sentence(), 120),
            it.at.map(|at| words::ago(at, now)).unwrap_or_default(),
        ]
    };
    let rows = alerts.iter().map(row).collect();
    let data: Value = alerts
        .iter()
        .map(|it| {
            json!({
                "alertId": it.id, "severity": it.severity.label(), "computer": it.place(),
                "computerId": it.computer.as_ref().and_then(|it| it.id), "client": it.client_name(),
                "source": it.source, "message": it.message, "field": it.field, "since": it.at,
            })
        })
        .collect();
    let columns = ["No.", "Severity", "On", "Client", "Alert", "Since"];
    let mut answer = listing(summary, &columns, rows, data);
    let mut listed: Vec<String> = Vec::new();
    for id in alerts.iter().filter_map(|it| it.computer.as_ref()?.id) {
        if !listed.contains(&id.to_string()) {
            listed.push(id.to_string());
        }
    }
    answer.listed = listed;
    answer
}
