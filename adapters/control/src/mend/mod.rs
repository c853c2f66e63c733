//! The agent of Automate, mended through Control: its services started anew, and where that does not help the agent
//! installed anew. Each step on each machine is a run of its own; whether it helped is read in Automate.

mod scripts;
mod seal;

use std::sync::Arc;

use countersign::plan::{Call, Target};
use countersign::ports::{Agents, CallError, Contact, Drift, Polled, Settled, Started};
use countersign::run::{
    Baseline, Ending, Grant, Handle, LookUp, Marker, Progress, Spread, TargetResult, TargetStatus,
    Trace,
};
use countersign::words;
use jiff::Timestamp;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Control;
use crate::client::refused;
use crate::command::{self, Order, Outcome, Shell};
use crate::wire::{Details, PROCESSED_COMMAND, QUEUED_COMMAND};
use crate::write::{At, Fate, TAKE_SECS, after, kept, outcomes, same_host, was};
use seal::PublicKey;

const RESTART: &str = "restart";
const REINSTALL: &str = "reinstall";

/// How long the scripts may take on the machine.
const RESTART_SECS: u64 = 120;
const REINSTALL_SECS: u64 = 600;

/// How long is waited for a sign in Automate after the script ended: an agent checks in every five minutes, and a
/// new one registers within fifteen.
const RESTART_WAIT_SECS: i64 = 8 * 60;
const REINSTALL_WAIT_SECS: i64 = 15 * 60;

/// Above all of these together.
const STEP_SECS: u32 = 45 * 60;

/// One machine right before a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Before {
    at: At,
    /// The agent came back by itself.
    answers: bool,
    seen_at: Option<Timestamp>,
    /// For an installation: what seals its token.
    key: Option<PublicKey>,
}

/// What was sent, for the polls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Sent {
    marker: String,
    session: String,
    seen_at: Option<Timestamp>,
    /// No output is waited for behind this.
    until: Timestamp,
    /// And no sign in Automate behind this.
    watched_until: Timestamp,
}

impl Sent {
    fn of(before: &Before, call: &Call, marker: &Marker, now: Timestamp) -> Self {
        let (secs, wait) = match step(call) {
            REINSTALL => (REINSTALL_SECS, REINSTALL_WAIT_SECS),
            _ => (RESTART_SECS, RESTART_WAIT_SECS),
        };
        let until = after(now, TAKE_SECS + i64::try_from(secs).unwrap_or(0) + 20);
        Self {
            marker: marker.as_str().to_owned(),
            session: before.at.session.clone(),
            seen_at: before.seen_at,
            until,
            watched_until: after(until, wait),
        }
    }

    fn handle(&self) -> Handle {
        Handle(serde_json::to_string(self).unwrap_or_default())
    }
}

fn step(call: &Call) -> &str {
    let spread = call.spread.as_ref();
    spread.and_then(|it| it.steps.first()).map_or(RESTART, String::as_str)
}

fn agents(control: &Control) -> Result<&Arc<dyn Agents>, CallError> {
    let missing =
        "ConnectWise Automate is not configured here, so nobody can tell which agents are lost";
    control.agents.get().ok_or_else(|| refused(missing))
}

fn automate_id(target: &Target) -> Result<&str, CallError> {
    let missing = || refused(format!("{} has no agent of Automate that is known", target.label()));
    target.automate.as_deref().ok_or_else(missing)
}

async fn contact(control: &Control, target: &Target) -> Result<Option<Contact>, CallError> {
    let id = automate_id(target)?.to_owned();
    let found = agents(control)?.contacts(std::slice::from_ref(&id)).await?;
    Ok(found.into_iter().find(|it| it.id == id))
}

/// How it is done, as it is shown to who approves it. Where every agent answers there is nothing to approve.
pub(crate) async fn settle(control: &Control, mut call: Call) -> Result<Settled, CallError> {
    let mut ids = Vec::new();
    for target in &call.targets {
        match automate_id(target) {
            Ok(id) => ids.push(id.to_owned()),
            Err(error) => return Ok(Settled::No(error.for_person())),
        }
    }
    let agents = match agents(control) {
        Ok(agents) => agents,
        Err(error) => return Ok(Settled::No(error.for_person())),
    };
    let found = agents.contacts(&ids).await?;
    if !found.is_empty() && found.len() == ids.len() && found.iter().all(|it| it.online) {
        let now = control.api.client.now();
        let text = match (call.targets.as_slice(), found.as_slice()) {
            ([target], [contact]) => {
                let seen = contact.seen_at.map_or("now".into(), |at| words::ago(at, now));
                format!(
                    "The Automate agent of {} answers (heard {seen}), so there is nothing to repair.",
                    target.label()
                )
            }
            _ => "All of these agents answer, so there is nothing to repair.".to_owned(),
        };
        return Ok(Settled::No(text));
    }
    let number = |name: &str, usual: u32| {
        let given = call.arguments.get(name).and_then(Value::as_u64);
        given.and_then(|it| u32::try_from(it).ok()).unwrap_or(usual)
    };
    let may_install = call.arguments.get("reinstall").and_then(Value::as_bool).unwrap_or(true);
    let steps = match may_install {
        true => vec![RESTART.to_owned(), REINSTALL.to_owned()],
        false => vec![RESTART.to_owned()],
    };
    let (at_once, failures_max) = (number("at_once", 5).max(1), number("stop_after", 3).max(1));
    call.spread = Some(Spread { at_once, failures_max, steps, step_secs: STEP_SECS, after: None });
    Ok(Settled::Call(Box::new(call)))
}

/// Besides what holds for every command: the computer in Automate is the one that was approved.
pub(crate) async fn drift(control: &Control, call: &Call) -> Result<Option<Drift>, CallError> {
    let [target] = call.targets.as_slice() else {
        return Err(refused("an agent is mended on one machine at a time"));
    };
    Ok(match contact(control, target).await? {
        None => Some(Drift(format!("{} is no longer in Automate", target.label()))),
        Some(it) if !same_host(&it.name, &target.name) && !is_called(target, &it.name) => {
            Some(Drift(format!(
                "Automate's computer {} is called {} now, not {}",
                it.id, it.name, target.name
            )))
        }
        Some(_) => None,
    })
}

/// What another product calls it is no drift.
fn is_called(target: &Target, name: &str) -> bool {
    target.called.as_deref().is_some_and(|it| same_host(it, name))
}

pub(crate) async fn baseline(
    control: &Control,
    call: &Call,
    at: At,
) -> Result<Baseline, CallError> {
    let [target] = call.targets.as_slice() else {
        return Err(refused("an agent is mended on one machine at a time"));
    };
    let contact = contact(control, target).await?;
    let answers = contact.as_ref().is_some_and(|it| it.online);
    let key = match call.spread.as_ref().and_then(|it| it.after.as_ref()) {
        Some(marker) if !answers && step(call) == REINSTALL => {
            printed_key(control, &at, marker).await?
        }
        _ => None,
    };
    let before = Before { at, answers, seen_at: contact.and_then(|it| it.seen_at), key };
    serde_json::to_string(&before)
        .map(Baseline)
        .map_err(|error| refused(format!("what is there cannot be kept: {error}")))
}

/// The key that the step before printed on the machine.
async fn printed_key(
    control: &Control,
    at: &At,
    marker: &Marker,
) -> Result<Option<PublicKey>, CallError> {
    let Some(details) = control.api.details(&at.session).await? else { return Ok(None) };
    Ok(match outcomes(&details, marker.as_str()).as_slice() {
        [Outcome::Ended { output, .. }] => PublicKey::printed(output),
        _ => None,
    })
}

pub(crate) async fn start(control: &Control, grant: Grant) -> Result<Started, CallError> {
    let call = grant.call();
    let before = grant
        .baseline()
        .and_then(read)
        .ok_or_else(|| refused("what was there before is not known; nothing was sent"))?;
    let [target] = call.targets.as_slice() else {
        return Err(refused("an agent is mended on one machine at a time"));
    };
    if before.answers {
        let result = result(
            target,
            TargetStatus::Succeeded,
            "its agent answers again, nothing was sent",
            "",
            "",
        );
        let trace = Trace { targets: vec![result], ..Trace::default() };
        return Ok(Started::Finished { ending: Ending::Succeeded, trace });
    }
    match &before.at.fate {
        Fate::Sent => {}
        Fate::Offline => {
            return Err(refused(format!(
                "{} is not connected to Control, and nothing is queued for another day",
                target.label()
            )));
        }
        Fate::Refused(why) => return Err(refused(why.clone())),
    }
    let (text, timeout_secs) = match step(call) {
        RESTART => (restart(call), RESTART_SECS),
        REINSTALL => (reinstall(control, target, &before).await?, REINSTALL_SECS),
        other => return Err(refused(format!("there is no step “{other}”"))),
    };
    let now = control.api.client.now();
    let wrapped = command::wrapped(&Order {
        marker: grant.marker().as_str(),
        shell: Shell::PowerShell,
        text: &text,
        is_windows: before.at.windows,
        timeout_secs,
        not_after: after(now, TAKE_SECS),
    });
    control.api.send_command(&before.at.session, &wrapped).await?;
    let sent = Sent::of(&before, call, grant.marker(), now);
    let notes = vec![format!("sent to 1 session as {}", grant.marker().as_str())];
    Ok(Started::Accepted { handle: sent.handle(), notes })
}

/// With the key for what comes next, where something may.
fn restart(call: &Call) -> String {
    let may_install = call.arguments.get("reinstall").and_then(Value::as_bool).unwrap_or(true);
    let key = if may_install { scripts::SHOW_KEY } else { "" };
    format!("{}{key}{}", scripts::RESTART, scripts::LEAVE)
}

/// Fails as refused whatever goes wrong: nothing was sent to the machine yet.
async fn reinstall(
    control: &Control,
    target: &Target,
    before: &Before,
) -> Result<String, CallError> {
    let key = before.key.as_ref().ok_or_else(|| {
        refused("the machine gave no key that would keep the installer's token secret; nothing was installed")
    })?;
    let installer = agents(control)?.installer(automate_id(target)?).await.map_err(|error| {
        refused(format!("no installer could be had: {}", error.for_person().trim_end_matches('.')))
    })?;
    let sealed = key
        .seal(installer.token.expose_secret().as_bytes())
        .ok_or_else(|| refused("the installer's token cannot be sealed for this machine"))?;
    Ok(scripts::reinstall(&installer.server, installer.location, &sealed))
}

pub(crate) async fn poll(
    control: &Control,
    call: &Call,
    handle: &Handle,
) -> Result<Polled, CallError> {
    let (Ok(sent), [target]) = (serde_json::from_str::<Sent>(&handle.0), call.targets.as_slice())
    else {
        return Err(refused("what was sent cannot be read any more"));
    };
    let now = control.api.client.now();
    let details = control.api.details(&sent.session).await?;
    let outcome = details.as_ref().map(|it| outcomes(it, &sent.marker));
    let ended = !matches!(outcome.as_deref(), Some([]));
    let contact = match ended || now > sent.until {
        true => contact(control, target).await?,
        false => None,
    };
    // Whatever the script said: the agent is back when Automate heard from it.
    let back =
        contact.filter(|it| it.online && it.seen_at.is_none_or(|at| Some(at) > sent.seen_at));
    let (status, raw, output, why) = match back {
        Some(it) => {
            let when = it.seen_at.map(|at| format!(", heard {}", words::ago(at, now)));
            let raw = format!("its agent is back{}", when.unwrap_or_default());
            (TargetStatus::Succeeded, raw, String::new(), String::new())
        }
        None => {
            let seen = Seen { details: details.as_ref(), outcomes: outcome.as_deref(), now };
            seen.without_sign(&sent, call)
        }
    };
    let open = matches!(status, TargetStatus::Waiting | TargetStatus::Running);
    let ending = match status {
        TargetStatus::Succeeded => Some(Ending::Succeeded),
        TargetStatus::Failed if why.is_empty() => Some(Ending::Failed(raw.clone())),
        TargetStatus::Failed => Some(Ending::Failed(why.clone())),
        TargetStatus::Waiting | TargetStatus::Running | TargetStatus::Skipped => None,
    };
    Ok(Polled {
        progress: if open && status == TargetStatus::Waiting {
            Progress::NotYet
        } else {
            Progress::Begun
        },
        targets: vec![result(target, status, &raw, &output, &why)],
        ending,
    })
}

struct Seen<'a> {
    /// `None`: the session is gone.
    details: Option<&'a Details>,
    outcomes: Option<&'a [Outcome]>,
    now: Timestamp,
}

impl Seen<'_> {
    /// How it stands while Automate heard nothing: status, the word for it, the output, and why it failed.
    fn without_sign(&self, sent: &Sent, call: &Call) -> (TargetStatus, String, String, String) {
        let failed = |raw: &str, output: &str, why: String| {
            (TargetStatus::Failed, raw.to_owned(), PublicKey::left_out(output), why)
        };
        let (Some(details), Some(outcomes)) = (self.details, self.outcomes) else {
            return failed("session ended", "", "the session was ended meanwhile".into());
        };
        match outcomes {
            [] if self.now > sent.until => match was(details, QUEUED_COMMAND, &sent.marker) {
                true => {
                    failed("no output", "", "no output came in time; it may have run or not".into())
                }
                false => failed(
                    "did not arrive",
                    "",
                    "the session has no command with this run's marker".into(),
                ),
            },
            [] if was(details, PROCESSED_COMMAND, &sent.marker) => {
                (TargetStatus::Running, "taken by the machine".into(), String::new(), String::new())
            }
            [] => (TargetStatus::Waiting, "queued".into(), String::new(), String::new()),
            [Outcome::Ended { code: 0, output, .. }] if self.now > sent.watched_until => {
                let what = if step(call) == REINSTALL { "installed anew" } else { "restarted" };
                let why = format!("{what}, but Automate has not heard from it since");
                failed("no sign in Automate", output, why)
            }
            [Outcome::Ended { code: 0, output, .. }] => {
                let raw = "done on the machine, waiting for a sign in Automate".to_owned();
                (TargetStatus::Running, raw, PublicKey::left_out(output), String::new())
            }
            [Outcome::Ended { code, output, .. }] => {
                let said = PublicKey::left_out(output);
                let said = said.lines().last().unwrap_or_default().trim().trim_end_matches('.');
                let why = format!("exit code {code}: {}", words::cut(said, 160));
                failed(&format!("exit code {code}"), output, why)
            }
            [Outcome::Killed { after_ms, output }] => failed(
                "timed out",
                output,
                format!("ended by Control after {} seconds", after_ms / 1_000),
            ),
            [Outcome::Truncated { output } | Outcome::Broken { output }] => {
                failed("no end", output, "the output stops before the end".into())
            }
            [Outcome::Late] => failed(
                "too late, skipped",
                "",
                "the machine came back too late, and nothing ran".into(),
            ),
            _ => failed("marker twice", "", "two outputs carry this run's marker".into()),
        }
    }
}

/// A command that arrived is in the events with the run's marker in its text, at once.
pub(crate) async fn look_up(
    control: &Control,
    call: &Call,
    marker: &Marker,
    baseline: Option<&Baseline>,
) -> LookUp {
    let Some(before) = baseline.and_then(read) else {
        return LookUp::CannotTell("what was there before was not kept".into());
    };
    if before.answers || before.at.fate != Fate::Sent {
        return LookUp::Absent;
    }
    let Ok(details) = control.api.details(&before.at.session).await else {
        return LookUp::NoAnswer;
    };
    let arrived = details.is_some_and(|it| {
        was(&it, QUEUED_COMMAND, marker.as_str()) || !outcomes(&it, marker.as_str()).is_empty()
    });
    match arrived {
        false => LookUp::Absent,
        true => LookUp::Found(Sent::of(&before, call, marker, control.api.client.now()).handle()),
    }
}

fn read(baseline: &Baseline) -> Option<Before> {
    serde_json::from_str(&baseline.0).ok()
}

fn result(
    target: &Target,
    status: TargetStatus,
    raw: &str,
    output: &str,
    why: &str,
) -> TargetResult {
    TargetResult {
        device: target.label(),
        status,
        raw_status: raw.to_owned(),
        output: kept(output),
        errors: kept(why),
    }
}
