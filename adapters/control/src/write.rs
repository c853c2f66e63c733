//! Commands: sent once to each machine that is online, and followed by the events of its session.

use countersign::bounds::OUTPUT_BYTES_MAX;
use countersign::mask::mask;
use countersign::plan::{Call, Target};
use countersign::ports::{CallError, Drift, Polled, Settled, Started};
use countersign::run::{
    Baseline, Ending, Grant, Handle, LookUp, Marker, Progress, TargetResult, TargetStatus,
};
use futures::future::{join_all, try_join_all};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Control;
use crate::client::{PRODUCT, refused};
use crate::command::{self, Order, Outcome, Shell};
use crate::tools;
use crate::wire::{Details, Event, PROCESSED_COMMAND, QUEUED_COMMAND, RAN_COMMAND, Session};

/// An agent that takes a command later than this after it was sent does nothing.
pub(crate) const TAKE_SECS: i64 = 120;

/// Behind the timeout of a command, for the way of its output.
const GRACE_SECS: i64 = 20;

/// One machine as it was before anything was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct At {
    pub(crate) session: String,
    pub(crate) windows: bool,
    pub(crate) fate: Fate,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Fate {
    /// It goes there, or went.
    Sent,
    /// Not connected: nothing was queued that would run on some other day.
    Offline,
    Refused(String),
}

/// What was sent where, for the polls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Sent {
    marker: String,
    machines: Vec<At>,
    /// Seen from here: nothing is waited for behind this.
    until: Timestamp,
}

impl Sent {
    fn handle(&self) -> Handle {
        Handle(serde_json::to_string(self).unwrap_or_default())
    }
}

/// A command line is one line, and says something.
pub(crate) fn settle(mut call: Call) -> Settled {
    let name = argument_name(&call);
    let text = call.arguments.get(name).and_then(Value::as_str).unwrap_or_default().trim();
    let text = text.replace("\r\n", "\n");
    if text.is_empty() {
        return Settled::No(format!("There is no {name} to run."));
    }
    if shell(&call) == Shell::Command && text.contains('\n') {
        return Settled::No(
            "A command is one line; several lines are a PowerShell script, which is another tool."
                .into(),
        );
    }
    call.arguments.insert(name.to_owned(), text.into());
    Settled::Call(Box::new(call))
}

/// The machine behind the session must be the one that was approved.
pub(crate) async fn drift(control: &Control, call: &Call) -> Result<Option<Drift>, CallError> {
    let ids = ids(call)?;
    let found = try_join_all(ids.iter().map(|id| control.api.session(id))).await?;
    for (target, session) in call.targets.iter().zip(found) {
        let Some(session) = session.filter(|it| !it.is_ended) else {
            let gone = format!("the session of {} has ended", target.label());
            return Ok(Some(Drift(gone)));
        };
        let called = target.called.as_deref().unwrap_or(&target.name);
        if !same_host(&session.label(), called) {
            let now = session.label();
            return Ok(Some(Drift(format!("the session of {called} is one of {now} now"))));
        }
        if shell(call) == Shell::PowerShell && !session.is_windows() {
            return Ok(Some(Drift(format!("{} is no Windows machine", target.label()))));
        }
    }
    Ok(None)
}

/// Which machines are connected right before the send.
pub(crate) async fn connected(control: &Control, call: &Call) -> Result<Vec<At>, CallError> {
    let ids = ids(call)?;
    let found = try_join_all(ids.iter().map(|id| control.api.session(id))).await?;
    let machine = |(id, session): (&String, Option<Session>)| match session {
        Some(session) => At {
            session: id.clone(),
            windows: session.is_windows(),
            fate: if session.online { Fate::Sent } else { Fate::Offline },
        },
        None => At {
            session: id.clone(),
            windows: false,
            fate: Fate::Refused("its session is gone".into()),
        },
    };
    Ok(ids.iter().zip(found).map(machine).collect())
}

pub(crate) async fn baseline(control: &Control, call: &Call) -> Result<Baseline, CallError> {
    let machines = connected(control, call).await?;
    serde_json::to_string(&machines)
        .map(Baseline)
        .map_err(|error| refused(format!("what is connected cannot be kept: {error}")))
}

pub(crate) async fn start(control: &Control, grant: Grant) -> Result<Started, CallError> {
    let call = grant.call();
    if !call.is_write() {
        return Err(refused("this is no call that changes anything"));
    }
    let mut machines = grant
        .baseline()
        .and_then(read_baseline)
        .filter(|it| it.len() == call.targets.len())
        .ok_or_else(|| refused("what was connected before is not known; nothing was sent"))?;
    if let ([At { fate: Fate::Offline, .. }], [target]) =
        (machines.as_slice(), call.targets.as_slice())
    {
        return Err(refused(format!(
            "{} is not connected to Control, and nothing is queued for another day",
            target.label()
        )));
    }
    let now = control.api.client.now();
    let marker = grant.marker().as_str();
    let text = command_text(call);
    let send = |at: &At| {
        let wrapped = command::wrapped(&Order {
            marker,
            shell: shell(call),
            text,
            is_windows: at.windows,
            timeout_secs: timeout(call),
            not_after: after(now, TAKE_SECS),
        });
        let (session, goes) = (at.session.clone(), at.fate == Fate::Sent);
        async move {
            match goes {
                true => control.api.send_command(&session, &wrapped).await,
                false => Ok(()),
            }
        }
    };
    let answers = join_all(machines.iter().map(send)).await;
    let is_one = machines.len() == 1;
    for (at, answer) in machines.iter_mut().zip(answers) {
        match answer {
            Ok(()) => {}
            // Of one machine the run itself is in doubt, or was turned away.
            Err(error) if is_one => return Err(error),
            // Of several, the events of the session tell.
            Err(error) if error.may_have_happened() => {}
            Err(error) => at.fate = Fate::Refused(error.for_person()),
        }
    }
    let sent = Sent { marker: marker.to_owned(), machines, until: until(now, call) };
    let count = sent.machines.iter().filter(|it| it.fate == Fate::Sent).count();
    let note = format!("sent to {} as {marker}", countersign::words::count(count, "session"));
    Ok(Started::Accepted { handle: sent.handle(), notes: vec![note] })
}

pub(crate) async fn poll(
    control: &Control,
    call: &Call,
    handle: &Handle,
) -> Result<Polled, CallError> {
    let sent: Sent = serde_json::from_str(&handle.0)
        .ok()
        .filter(|it: &Sent| it.machines.len() == call.targets.len())
        .ok_or_else(|| refused("what was sent cannot be read any more"))?;
    let over = control.api.client.now() > sent.until;
    let each = call.targets.iter().zip(&sent.machines).map(|(target, at)| {
        let sent = &sent;
        async move { one(control, target, at, sent, over).await }
    });
    let targets = try_join_all(each).await?;
    let open =
        |it: &&TargetResult| matches!(it.status, TargetStatus::Waiting | TargetStatus::Running);
    let begun = targets.iter().any(|it| it.status != TargetStatus::Waiting);
    Ok(Polled {
        progress: if begun { Progress::Begun } else { Progress::NotYet },
        ending: (!targets.iter().any(|it| open(&it))).then(|| ending(&targets)),
        targets,
    })
}

async fn one(
    control: &Control,
    target: &Target,
    at: &At,
    sent: &Sent,
    over: bool,
) -> Result<TargetResult, CallError> {
    let result = |status, raw: &str, output: &str, errors: &str| TargetResult {
        device: target.label(),
        status,
        raw_status: raw.to_owned(),
        output: kept(output),
        errors: kept(errors),
    };
    let failed =
        |raw: &str, output: &str, why: &str| result(TargetStatus::Failed, raw, output, why);
    match &at.fate {
        Fate::Sent => {}
        Fate::Offline => return Ok(failed("not connected, skipped", "", "")),
        Fate::Refused(why) => return Ok(failed("refused", "", why)),
    }
    let Some(details) = control.api.details(&at.session).await? else {
        return Ok(failed("session ended", "", "the session was ended while the command waited"));
    };
    Ok(match outcomes(&details, &sent.marker).as_slice() {
        [outcome] => match outcome {
            Outcome::Ended { code: 0, output, cut } => {
                result(TargetStatus::Succeeded, "exit code 0", &with_cut(output, *cut), "")
            }
            Outcome::Ended { code, output, cut } => {
                failed(&format!("exit code {code}"), &with_cut(output, *cut), "")
            }
            Outcome::Killed { after_ms, output } => {
                let why = format!("the agent ended it after {} seconds", after_ms / 1_000);
                failed("timed out", output, &why)
            }
            Outcome::Truncated { output } => {
                failed("output cut", output, "the output was cut, so how it ended is not known")
            }
            Outcome::Late => {
                failed("too late, skipped", "", "the machine came back too late, and nothing ran")
            }
            Outcome::Broken { output } => failed(
                "no end",
                output,
                "the output stops before the end, so how it ended is not known",
            ),
        },
        [] if over => {
            let online = details.session.as_ref().is_some_and(|it| it.online);
            let why = match (was(&details, QUEUED_COMMAND, &sent.marker), online) {
                (false, _) => {
                    "the session has no command with this run's marker; it did not arrive"
                }
                (true, true) => "no output came in time; it may still be running",
                (true, false) => {
                    "the machine lost its connection; the command may have run or not, and will not begin any more"
                }
            };
            failed("no output", "", why)
        }
        [] => match was(&details, PROCESSED_COMMAND, &sent.marker) {
            true => result(TargetStatus::Running, "taken by the agent", "", ""),
            false => result(TargetStatus::Waiting, "queued", "", ""),
        },
        _ => failed(
            "marker twice",
            "",
            "two outputs carry this run's marker, and nobody can tell which one is genuine; look at the session in Control",
        ),
    })
}

/// The outputs with this marker.
pub(crate) fn outcomes(details: &Details, marker: &str) -> Vec<Outcome> {
    let mut seen: Vec<&str> = Vec::new();
    let ran = details.events.iter().filter(|it| it.kind == RAN_COMMAND);
    // The same event may be listed twice.
    let once = ran.filter(|it| {
        let new = it.id.is_empty() || !seen.contains(&it.id.as_str());
        seen.push(&it.id);
        new
    });
    once.filter_map(|it| command::outcome(marker, &it.data)).collect()
}

/// Whether there is such an event about the command with this marker. What the guest took has no text; it is
/// ours when it follows our command and no other stands between.
pub(crate) fn was(details: &Details, kind: i64, marker: &str) -> bool {
    let is_ours = |it: &Event| it.kind == QUEUED_COMMAND && it.data.contains(marker);
    let Some(at) = details.events.iter().position(is_ours) else { return false };
    match kind {
        QUEUED_COMMAND => true,
        _ => details.events[at + 1..]
            .iter()
            .take_while(|it| it.kind != QUEUED_COMMAND)
            .any(|it| it.kind == kind),
    }
}

/// A command that arrived is in the events with the run's marker in its text, at once.
pub(crate) async fn look_up(
    control: &Control,
    call: &Call,
    marker: &Marker,
    baseline: Option<&Baseline>,
) -> LookUp {
    let Some(machines) = baseline.and_then(read_baseline) else {
        return LookUp::CannotTell("which machines were connected was not kept".into());
    };
    let read = machines
        .iter()
        .filter(|it| it.fate == Fate::Sent)
        .map(|it| control.api.details(&it.session));
    let Ok(details) = try_join_all(read).await else { return LookUp::NoAnswer };
    let arrived = details.iter().flatten().any(|it| {
        was(it, QUEUED_COMMAND, marker.as_str()) || !outcomes(it, marker.as_str()).is_empty()
    });
    if !arrived {
        return LookUp::Absent;
    }
    let now = control.api.client.now();
    let sent = Sent { marker: marker.as_str().to_owned(), machines, until: until(now, call) };
    LookUp::Found(sent.handle())
}

fn read_baseline(baseline: &Baseline) -> Option<Vec<At>> {
    serde_json::from_str(&baseline.0).ok()
}

fn ids(call: &Call) -> Result<Vec<String>, CallError> {
    call.targets.iter().map(|it| session_id(it).map(str::to_owned)).collect()
}

/// The session of a target.
pub(crate) fn session_id(target: &Target) -> Result<&str, CallError> {
    target
        .control
        .as_deref()
        .ok_or_else(|| refused(format!("{} has no session in {PRODUCT}", target.label())))
}

fn shell(call: &Call) -> Shell {
    match call.tool.short() {
        tools::RUN_POWERSHELL | tools::REPAIR_AGENT => Shell::PowerShell,
        _ => Shell::Command,
    }
}

fn argument_name(call: &Call) -> &'static str {
    match shell(call) {
        Shell::PowerShell => "script",
        Shell::Command => "command",
    }
}

/// What is to be run.
pub(crate) fn command_text(call: &Call) -> &str {
    call.arguments.get(argument_name(call)).and_then(Value::as_str).unwrap_or_default()
}

fn timeout(call: &Call) -> u64 {
    let given = call.arguments.get("timeout_secs").and_then(Value::as_u64);
    given.unwrap_or(tools::TIMEOUT_SECS_DEFAULT)
}

fn until(now: Timestamp, call: &Call) -> Timestamp {
    after(now, TAKE_SECS + i64::try_from(timeout(call)).unwrap_or(0) + GRACE_SECS)
}

pub(crate) fn after(now: Timestamp, secs: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(secs)).unwrap_or(now)
}

/// Masked, and no longer than is kept.
pub(crate) fn kept(text: &str) -> String {
    let text = mask(text.trim_end());
    if text.len() <= OUTPUT_BYTES_MAX {
        return text;
    }
    let end = (0..=OUTPUT_BYTES_MAX).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[..end].to_owned()
}

fn with_cut(output: &str, cut: usize) -> String {
    match cut {
        0 => output.to_owned(),
        cut => format!("{output}\n({cut} more characters were left out)"),
    }
}

fn ending(targets: &[TargetResult]) -> Ending {
    let failed: Vec<&TargetResult> =
        targets.iter().filter(|it| it.status == TargetStatus::Failed).collect();
    match failed.as_slice() {
        [] => Ending::Succeeded,
        some if some.len() < targets.len() => Ending::PartlyFailed,
        [first, ..] => {
            let said = if first.errors.is_empty() { &first.raw_status } else { &first.errors };
            Ending::Failed(countersign::words::cut(said, 200))
        }
    }
}

/// Case aside, and with or without the domain.
pub(crate) fn same_host(one: &str, other: &str) -> bool {
    let host = |name: &str| name.split('.').next().unwrap_or_default().to_lowercase();
    one.eq_ignore_ascii_case(other) || host(one) == host(other)
}
