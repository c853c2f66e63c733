//! The card of a plan: one message that follows it from question to outcome.
//!
//! Everything on it is counted or copied by code from the plan, the approval and the runs.

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::approval::{Approval, State as ApprovalState, Version};
use crate::conversation::{outcome, warning};
use crate::directory::{People, Product};
use crate::ids::{CardKey, PersonId, RequestId};
use crate::mask::mask;
use crate::plan::{Call, Target, headline};
use crate::reply::{Action, Block, Button, ButtonStyle, Field, Message, Tone};
use crate::run::{Run, State as RunState, TargetStatus};
use crate::schedule::Start;
use crate::tool::reaches_the_machine;
use crate::words;

/// The card of the plan of `request`.
pub fn key(request: &RequestId) -> CardKey {
    CardKey::new(format!("plan-{request}"))
}

/// What a card is drawn from.
pub struct PlanView<'a> {
    pub request: &'a RequestId,
    pub requester: &'a PersonId,
    /// What the requester wrote.
    pub asked: &'a str,
    pub calls: &'a [Call],
    /// `None`: the policy is auto, or a standing grant covers it.
    pub approval: Option<&'a Approval>,
    /// Without an approval: why it needs none.
    pub reason: &'a str,
    /// By step; steps that have not begun have none.
    pub runs: &'a [Run],
    pub people: &'a People,
    /// Other products through which the whole plan could run.
    pub ways: &'a [Product],
    pub now: Timestamp,
}

/// Devices that are named one by one on a card.
const DEVICES_NAMED_MAX: usize = 10;

impl PlanView<'_> {
    pub fn card(&self) -> Message {
        let subject = headline(self.kept().into_iter().map(|(_, call)| call));
        let (tone, state) = self.state();
        let title = format!("{state}: {subject}");
        let mut blocks = vec![Block::Title { text: title.clone(), tone }];
        blocks.push(Block::Fields(self.fields()));
        blocks.extend(self.progress());
        if let Some(approval) = self.approval
            && matches!(approval.state, ApprovalState::Waiting)
        {
            blocks.push(buttons(approval, self.ways));
            blocks.push(Block::Note(typed(approval)));
        }
        if let Some(approval) = self.approval
            && !matches!(approval.state, ApprovalState::Waiting)
            && approval.can_be_asked_again(self.now)
        {
            blocks.push(Block::Buttons(vec![Button {
                label: "Ask again".into(),
                style: ButtonStyle::Plain,
                action: Action::Say { text: format!("again {}", approval.code) },
            }]));
        }
        Message::of(title, blocks).as_card(&key(self.request))
    }

    /// The steps that nobody left out, with the number that they have in the plan, counted from 0.
    fn kept(&self) -> Vec<(u32, &Call)> {
        match self.approval {
            Some(approval) => approval.kept(),
            None => (0..).zip(self.calls).collect(),
        }
    }

    fn name(&self, id: &PersonId) -> String {
        self.people.get(id).map_or_else(|| id.to_string(), |person| person.name.clone())
    }

    /// The word in front of the subject, and its colour.
    fn state(&self) -> (Tone, String) {
        if let Some(approval) = self.approval {
            match &approval.state {
                ApprovalState::Waiting if !approval.decisions.is_empty() => {
                    return (
                        Tone::Waiting,
                        format!(
                            "{} of {} approvals",
                            approval.decisions.len(),
                            approval.quorum.needed
                        ),
                    );
                }
                ApprovalState::Waiting => return (Tone::Waiting, "Approval needed".into()),
                ApprovalState::Denied { .. } => return (Tone::Ended, "Denied".into()),
                ApprovalState::Expired { .. } => return (Tone::Ended, "Expired".into()),
                ApprovalState::Withdrawn { .. } => return (Tone::Ended, "Withdrawn".into()),
                ApprovalState::Voided { .. } => {
                    return (Tone::Ended, "Not run, things changed".into());
                }
                ApprovalState::Approved { .. } => {}
            }
        }
        let Some(last) = self.runs.last() else { return (Tone::Busy, "Approved".into()) };
        match &last.state {
            RunState::Granted if last.waits_for_start(self.now) => {
                (Tone::Waiting, "Scheduled".into())
            }
            RunState::Granted if last.gives_notice(self.now) => (Tone::Waiting, "Warned".into()),
            RunState::Granted if last.trace.waits_for.is_some() => {
                (Tone::Waiting, "Waiting for the device".into())
            }
            RunState::Granted | RunState::Dispatching { .. } => (Tone::Busy, "Starting".into()),
            RunState::Doubtful { .. } => (Tone::Busy, "Looking it up".into()),
            RunState::Accepted { .. } => (Tone::Busy, "Waiting for the device".into()),
            RunState::Running { .. } => (Tone::Busy, "Running".into()),
            _ if self.runs.len() < self.kept().len() && goes_on(last) => {
                (Tone::Busy, "Running".into())
            }
            _ => self.ending(),
        }
    }

    /// The worst outcome of all steps.
    fn ending(&self) -> (Tone, String) {
        let any = |test: fn(&RunState) -> bool| self.runs.iter().any(|run| test(&run.state));
        if any(|state| matches!(state, RunState::AskedAPerson { .. })) {
            (Tone::Bad, "Please look".into())
        } else if any(|state| matches!(state, RunState::NotSent { .. })) {
            (Tone::Ended, "Not sent".into())
        } else if self.runs.iter().any(|run| run.trace.stopped.is_some()) {
            (Tone::Ended, "Stopped".into())
        } else if any(|state| matches!(state, RunState::Failed { .. })) {
            (Tone::Bad, "Failed".into())
        } else if any(|state| matches!(state, RunState::PartlyFailed { .. })) {
            (Tone::Bad, "Partly failed".into())
        } else if any(|state| matches!(state, RunState::TimedOut { .. })) {
            (Tone::Bad, "Timed out".into())
        } else if self.runs.iter().any(|run| !run.not_fixed().is_empty()) {
            (Tone::Bad, "Ran, not fixed".into())
        } else {
            (Tone::Good, "Done".into())
        }
    }

    pub(super) fn fields(&self) -> Vec<Field> {
        let mut fields = Vec::new();
        let kept = self.kept();
        let left_out = self.approval.map(Approval::left_out).unwrap_or_default();
        for (index, call) in self.calls.iter().enumerate() {
            let name = if self.calls.len() == 1 {
                "What".to_owned()
            } else {
                format!("Step {}", index + 1)
            };
            let is_first = kept.first().is_none_or(|(step, _)| usize_of(*step) == index);
            let mut text = what(call, is_first);
            if let Some(by) = left_out.get(&u32_of(index)) {
                text = format!("LEFT OUT by {}, does not run: {text}", self.name(by));
            }
            fields.push(Field::new(name, text));
        }
        fields.extend(where_(&kept));
        fields.extend(why(&kept));
        fields.push(Field::new(
            "Asked by",
            format!("{}: “{}”", self.name(self.requester), words::cut(&mask(self.asked), 200)),
        ));
        // Of what comes again, the run knows which one is next.
        let next = self.runs.last().and_then(|run| run.call.start.as_ref());
        fields.extend(terms_of(self.calls, &kept, next));
        match self.approval {
            None => fields.push(Field::new("Approval", self.reason)),
            Some(approval) => fields.extend(self.approval_fields(approval)),
        }
        fields
    }

    fn approval_fields(&self, approval: &Approval) -> Vec<Field> {
        let mut fields = Vec::new();
        let yes: Vec<String> = approval
            .decisions
            .iter()
            .map(|it| {
                let of = it.on_behalf_of.as_ref();
                let of = of.map(|of| format!(" on behalf of {}", self.name(of)));
                let at = words::at_briefly(it.at, self.now);
                format!("{}{} at {at}", self.name(&it.by), of.unwrap_or_default())
            })
            .collect();
        if !yes.is_empty() {
            fields.push(Field::new("Approved by", words::list(&yes)));
        }
        match &approval.state {
            ApprovalState::Waiting => {
                fields.push(Field::new("Why it waits", approval.reason.clone()));
                fields.push(Field::new("Needs", approval.quorum.sentence()));
                fields.push(Field::new("Until", words::at_briefly(approval.expires_at, self.now)));
            }
            ApprovalState::Denied { by, at, reason } => {
                let because =
                    reason.as_ref().map(|reason| format!(": {}", mask(reason))).unwrap_or_default();
                let text =
                    format!("{} at {}{because}", self.name(by), words::at_briefly(*at, self.now));
                fields.push(Field::new("Denied by", text));
            }
            ApprovalState::Expired { at } => fields.push(Field::new(
                "Expired",
                format!(
                    "{}; nobody decided. That is no denial: it can be asked again.",
                    words::at_briefly(*at, self.now)
                ),
            )),
            ApprovalState::Withdrawn { at } => {
                let text = format!(
                    "{} at {}",
                    self.name(&approval.requester),
                    words::at_briefly(*at, self.now)
                );
                fields.push(Field::new("Withdrawn by", text));
            }
            ApprovalState::Voided { difference, .. } => {
                fields.push(Field::new("What changed", difference.clone()))
            }
            ApprovalState::Approved { .. } => {}
        }
        if let Some(Version { code, difference }) = &approval.instead_of {
            fields.push(Field::new("Instead of", format!("the card {code}; {difference}")));
        }
        if let Some(code) = &approval.replaced_by {
            fields.push(Field::new("Replaced by", format!("the card {code}")));
        }
        fields
    }

    fn progress(&self) -> Vec<Block> {
        let Some(run) = self.runs.last() else { return Vec::new() };
        let total = run.call.targets.len().max(1);
        let done = run.trace.targets.iter().filter(|it| is_done(it.status)).count();
        let number = self.kept().get(usize_of(run.step)).map_or(run.step, |(step, _)| *step) + 1;
        let step = if self.calls.len() > 1 {
            format!("step {number} of {}, ", self.calls.len())
        } else {
            String::new()
        };
        if run.waits_for_start(self.now) || run.gives_notice(self.now) {
            let text = format!("cancel {}", run.marker.as_str());
            let told = match (&run.trace.warned, run.due_at) {
                (Some(told), Some(due)) => format!(
                    "{}; it starts at {}. ",
                    outcome::capital(&told.lines.join("; ")),
                    words::at_briefly(due, self.now)
                ),
                _ => String::new(),
            };
            let note = format!(
                "{told}Everything is checked once more right before it starts. “{text}” calls it off."
            );
            let button = Button {
                label: "Call it off".into(),
                style: ButtonStyle::Stop,
                action: Action::Say { text },
            };
            return vec![Block::Note(note), Block::Buttons(vec![button])];
        }
        let label = match &run.state {
            RunState::Granted => match &run.trace.waits_for {
                Some(other) => format!("{step}another run is on it: {other}"),
                None => format!("{step}checking that nothing changed"),
            },
            RunState::Dispatching { .. } => {
                format!("{step}sending to {}", run.call.product.label())
            }
            RunState::Doubtful { looks, .. } => format!(
                "{step}{} gave no answer; looking for the task {} (look {})",
                run.call.product.label(),
                run.marker.as_str(),
                looks + 1
            ),
            RunState::Accepted { since, .. } => format!(
                "{step}accepted {}; waiting for the device's next check-in",
                words::ago(*since, self.now)
            ),
            RunState::Running { .. } if run.trace.over_since.is_some() => {
                format!("{step}{done} of {total} finished, looking whether it helped")
            }
            RunState::Running { since, .. } => format!(
                "{step}{done} of {total} finished, started {}",
                words::ago(*since, self.now)
            ),
            RunState::NotSent { why, .. }
            | RunState::Failed { why, .. }
            | RunState::AskedAPerson { why, .. } => {
                return vec![Block::Note(words::cut(&mask(why), 400))];
            }
            RunState::Succeeded { .. }
            | RunState::PartlyFailed { .. }
            | RunState::TimedOut { .. } => return Vec::new(),
        };
        let mut blocks = vec![Block::Progress { done: u32_of(done), total: u32_of(total), label }];
        blocks.extend(stop_button(run));
        blocks
    }
}

/// For what has not begun: the devices behind those at work, the steps behind this one, or the run itself while it
/// waits for its device.
fn stop_button(run: &Run) -> Option<Block> {
    let more_follows = run.conducts() || run.rest.iter().any(|call| !call.is_ticket());
    let label = match &run.state {
        RunState::Granted if run.trace.waits_for.is_some() => "Call it off",
        RunState::Accepted { .. } | RunState::Running { .. }
            if more_follows && run.trace.stopped.is_none() =>
        {
            "Stop the rest"
        }
        _ => return None,
    };
    let text = format!("cancel {}", run.marker.as_str());
    let action = Action::Say { text };
    Some(Block::Buttons(vec![Button { label: label.into(), style: ButtonStyle::Stop, action }]))
}

/// Whether the plan goes on behind a run that ended like this: a ticket tells of failures too, any
/// other step wants the one before it to have worked, as far as figures tell.
pub fn goes_on(run: &Run) -> bool {
    let next_is_ticket = run.rest.first().is_some_and(Call::is_ticket);
    if run.trace.stopped.is_some() && !next_is_ticket {
        return false;
    }
    match &run.state {
        RunState::Succeeded { .. } => {
            !run.rest.is_empty() && (next_is_ticket || run.not_fixed().is_empty())
        }
        RunState::Failed { .. } | RunState::PartlyFailed { .. } | RunState::TimedOut { .. } => {
            next_is_ticket
        }
        RunState::Granted
        | RunState::Dispatching { .. }
        | RunState::Doubtful { .. }
        | RunState::Accepted { .. }
        | RunState::Running { .. }
        | RunState::NotSent { .. }
        | RunState::AskedAPerson { .. } => false,
    }
}

fn is_done(status: TargetStatus) -> bool {
    match status {
        TargetStatus::Succeeded | TargetStatus::Failed | TargetStatus::Skipped => true,
        TargetStatus::Waiting | TargetStatus::Running => false,
    }
}

fn buttons(approval: &Approval, ways: &[Product]) -> Block {
    let button = |label: &str, style, action| Button { label: label.to_owned(), style, action };
    let id = || approval.id.clone();
    let mut buttons = vec![
        button(
            "Approve",
            ButtonStyle::Go,
            Action::Approve { approval: id(), seen: approval.offered(), steps: None },
        ),
        button("Deny", ButtonStyle::Stop, Action::Deny { approval: id(), reason: None }),
    ];
    if approval.alone().is_some() {
        let some = Action::ApproveSome { approval: id() };
        buttons.push(button("Approve some…", ButtonStyle::Plain, some));
    }
    buttons.extend([button("Withdraw", ButtonStyle::Plain, Action::Withdraw { approval: id() })]);
    buttons.extend(ways.iter().map(|product| {
        let text = format!("through {} {}", approval.code, product.key());
        button(
            &format!("Use {} instead", product.label()),
            ButtonStyle::Plain,
            Action::Say { text },
        )
    }));
    Block::Buttons(buttons)
}

/// What can be typed instead of clicking.
fn typed(approval: &Approval) -> String {
    let (code, digest) = (&approval.code, approval.offered());
    let (all, numbers) = (approval.plan.calls.len(), approval.kept_numbers());
    let approve = match approval.alone() {
        _ if approval.kept().len() < all => format!("“approve {code} {numbers}”"),
        Some(step) => {
            format!(
                "“approve {code}”, “approve {code} {step}” for step {step} only,",
                step = step + 1
            )
        }
        None => format!("“approve {code}”"),
    };
    format!("Or type {approve} or “deny {code} because …”. Plan {}.", digest.short())
}

fn what(call: &Call, is_first: bool) -> String {
    let mut text = call.title.clone();
    if let Some(script) = &call.script {
        text.push_str(&format!(" (script of {})", call.product.label()));
        if script.name != call.title {
            text.push_str(&format!(" “{}”", script.name));
        }
    }
    if call.is_ticket() {
        let mut rest = call.arguments.clone();
        let summary = rest.remove("summary");
        let summary = summary.as_ref().and_then(Value::as_str).unwrap_or_default();
        text.push_str(&format!(" “{}”", mask(&words::cut(summary, 250))));
        if !rest.is_empty() {
            text.push_str(&format!(" with {}", arguments(&rest)));
        }
        if !is_first {
            text.push_str("; the outcome of the step before is added to it");
        }
        return text;
    }
    let arguments = arguments(&call.arguments);
    if !arguments.is_empty() {
        text.push_str(&format!(" with {arguments}"));
    }
    text
}

/// "days 7, drive C:"; masked, cut.
pub fn arguments(arguments: &Map<String, Value>) -> String {
    let show = |(name, value): (&String, &Value)| {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let name = name.replace('_', " ");
        format!("{name} {}", words::cut(&value.replace('\n', " "), 160))
    };
    mask(&words::cut(&arguments.iter().map(show).collect::<Vec<_>>().join(", "), 600))
}

/// What a yes to `approval` is a yes to, beside its steps: when they start, who is told, in which order, how far it
/// reaches.
pub fn terms(approval: &Approval) -> Vec<Field> {
    terms_of(&approval.plan.calls, &approval.kept(), None)
}

fn terms_of(calls: &[Call], kept: &[(u32, &Call)], next: Option<&Start>) -> Vec<Field> {
    let mut fields = Vec::new();
    if let Some(start) = next.or(calls.iter().find_map(|call| call.start.as_ref())) {
        fields.push(Field::new("Starts", start.sentence()));
    }
    if let Some(mins) = calls.iter().find_map(|call| call.warn_mins) {
        fields.push(Field::new("Warned first", warning::sentence(mins)));
    }
    if let Some(spread) = calls.iter().find_map(|call| call.spread.as_ref()) {
        let first = kept.first().filter(|(_, call)| call.canary.is_some());
        let first = first.map(|(_, call)| words::count(call.targets.len(), "device"));
        let first = first.map(|it| format!("{it} first, then ")).unwrap_or_default();
        fields.push(Field::new("How", format!("{first}{}", spread.sentence())));
    }
    fields.push(Field::new("If it runs", blast_radius(kept.iter().map(|(_, call)| *call))));
    fields
}

/// Where each step acts: once, if all act at one place.
fn where_(kept: &[(u32, &Call)]) -> Vec<Field> {
    let mut all: Vec<(&str, String, Vec<String>)> = Vec::new();
    let mut before: Option<&Call> = None;
    for (step, call) in kept {
        let label = match call.canary {
            _ if before.is_some_and(|it| it.leads(call)) => "Then, if that worked",
            Some(_) => "First",
            None => "Where",
        };
        before = Some(call);
        let (places, step) = (places(call), (step + 1).to_string());
        match all.iter().position(|it| it.0 == label && it.1 == places) {
            Some(at) => all[at].2.push(step),
            // It tells of what happens at the places before.
            None if call.is_ticket() && !all.is_empty() => {}
            None => all.push((label, places, vec![step])),
        }
    }
    let parts = all.iter().filter(|(label, ..)| *label != "Then, if that worked").count();
    let fields = all.into_iter().map(|(label, places, steps)| match (parts, steps.len()) {
        (1, _) => Field::new(label, places),
        (_, 1) => Field::new(format!("{label}, step {}", steps[0]), places),
        _ => Field::new(format!("{label}, steps {}", words::list(&steps)), places),
    });
    fields.collect()
}

/// How each device was found that a step names alone.
fn why(kept: &[(u32, &Call)]) -> Option<Field> {
    let mut found: Vec<&Target> = Vec::new();
    for (_, call) in kept {
        if let [target] = call.targets.as_slice()
            && !target.why.is_empty()
            && found.iter().all(|it| it.device != target.device)
        {
            found.push(target);
        }
    }
    let said = |target: &Target| target.why.iter().take(3).cloned().collect::<Vec<_>>().join("; ");
    match found.as_slice() {
        [] => None,
        [one] => Some(Field::new("Why this device", said(one))),
        many => {
            let lines: Vec<String> =
                many.iter().map(|it| format!("{}: {}", it.label(), said(it))).collect();
            Some(Field::new("Why these devices", lines.join("\n")))
        }
    }
}

fn places(call: &Call) -> String {
    let mut lines: Vec<String> =
        call.targets.iter().take(DEVICES_NAMED_MAX).map(|target| place(target, call)).collect();
    if call.targets.len() > DEVICES_NAMED_MAX {
        lines.push(format!(
            "and {} more",
            words::count(call.targets.len() - DEVICES_NAMED_MAX, "device")
        ));
    }
    if lines.is_empty() {
        lines.push(
            call.client
                .as_ref()
                .map_or_else(|| "the whole tenant".to_owned(), |client| client.name.clone()),
        );
    }
    lines.join("\n")
}

fn place(target: &Target, call: &Call) -> String {
    let mut parts = vec![target.label()];
    parts.extend(target.site_name.clone());
    parts.push(format!("through {}", call.product.label()));
    parts.push(match target.online {
        Some(true) => "online".into(),
        Some(false) if !reaches_the_machine(&call.tool, call.product) => "offline".into(),
        Some(false) if call.product.waits() => "OFFLINE: it runs when the device comes back".into(),
        Some(false) => "OFFLINE: it is skipped".into(),
        None => "online state unknown".into(),
    });
    parts.extend(target.user.as_ref().map(|user| format!("last user {user}")));
    if !target.also.is_empty() {
        parts.push(format!("also in {}", words::list(&target.also)));
    }
    if target.from_outside {
        parts.push("NAMED BY OUTSIDE TEXT, not by the requester".into());
    }
    parts.join(", ")
}

/// Counted by code: devices, clients, servers, people who may be sitting there.
pub fn blast_radius<'a>(calls: impl IntoIterator<Item = &'a Call>) -> String {
    let mut targets: Vec<&Target> = Vec::new();
    for target in calls.into_iter().filter(|call| call.is_write()).flat_map(|call| &call.targets) {
        if !targets.iter().any(|known| known.device == target.device) {
            targets.push(target);
        }
    }
    let mut clients: Vec<&str> = targets.iter().map(|target| target.client_name.as_str()).collect();
    clients.sort_unstable();
    clients.dedup();
    let servers = targets.iter().filter(|target| target.server).count();
    let offline = targets.iter().filter(|target| target.online == Some(false)).count();
    let users = targets
        .iter()
        .filter(|target| target.online == Some(true) && target.user.is_some())
        .count();
    let mut parts = vec![format!(
        "touches {} of {}",
        words::count(targets.len(), "device"),
        words::count(clients.len(), "client")
    )];
    parts.push(if servers == 0 { "no server".into() } else { words::count(servers, "server") });
    if users > 0 {
        parts.push(format!(
            "{} may be working there",
            if users == 1 { "1 person".into() } else { format!("{users} people") }
        ));
    }
    if offline > 0 {
        parts.push(format!("{offline} offline"));
    }
    parts.join(", ")
}

fn usize_of(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn u32_of(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
