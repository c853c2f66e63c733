//! The message at the end of a plan: what happened, from the traces and nothing else.

use crate::bounds::OUTPUT_BYTES_MAX;
use crate::mask::mask;
use crate::plan::{Call, then};
use crate::ports::Offer;
use crate::reply::{Action, Block, Button, ButtonStyle, Field, Message, Tone};
use crate::run::reading::Pair;
use crate::run::{Reading, Run, Sign, State, TargetResult, TargetStatus, Unit};
use crate::words;

/// Output that is shown in chat without opening anything; the rest is counted.
const OUTPUT_SHOWN_MAX: usize = 2_000;

/// Devices of a call that is spread over many, named under each outcome.
const NAMED_MAX: usize = 60;

/// Devices whose output is shown one by one.
const OUTPUTS_MAX: usize = 3;

/// The result of a plan, posted into the thread once, after its last step. `more`: what else is
/// to be told of it.
pub fn message(calls: &[Call], runs: &[Run], mention: &str, more: Vec<Field>) -> Message {
    let Some(first) = runs.first() else { return Message::text("Nothing ran.") };
    // Behind a canary that worked, the others are what the plan is about; and behind what worked, what did not.
    let main = runs.get(1).filter(|rest| first.call.leads(&rest.call)).unwrap_or(first);
    let main = match runs.iter().find(|it| !it.call.is_ticket() && !it.worked()) {
        Some(bad) if bad.step > main.step => bad,
        _ => main,
    };
    let (tone, mut headline) = headline(main);
    if let Some(followers) = main.call.canary {
        let others = words::count(usize::try_from(followers).unwrap_or(0), "device");
        headline = format!("{headline}. The other {others} were left alone");
    } else if main.step > 0 {
        let went_first = if first.call.leads(&main.call) { " went first" } else { "" };
        headline = format!("{headline}, after {}{went_first}", first.call.sentence());
    } else if main.worked() {
        headline += &then(&runs.iter().map(|it| &it.call).collect::<Vec<_>>()).0;
    }
    let mut blocks = vec![Block::Title { text: headline.clone(), tone }];
    let mut fields = Vec::new();
    for run in runs {
        fields.extend(step_fields(run).into_iter().map(|field| of_step(run, field)));
    }
    if runs.len() < calls.len() {
        let left: Vec<String> = calls[runs.len()..].iter().map(not_begun).collect();
        fields.push(Field::new("Not begun", words::list(&left)));
    }
    if let Some(by) = runs.iter().find_map(|run| run.trace.stopped.as_ref()) {
        fields.push(Field::new("Stopped by", by.clone()));
    }
    fields.extend(more);
    blocks.push(Block::Fields(fields));
    blocks.extend(runs.iter().flat_map(outputs));
    for ticket in runs.iter().filter_map(|run| run.trace.ticket.as_ref()) {
        if let Some(url) = &ticket.url {
            blocks
                .push(Block::Link { label: format!("Ticket {}", ticket.number), url: url.clone() });
        }
    }
    blocks.extend(follow_ups(first, runs));
    Message::of(format!("{mention}{headline}"), blocks)
}

fn headline(run: &Run) -> (Tone, String) {
    let what = run.call.sentence();
    match &run.state {
        State::Succeeded { .. } => match run.not_fixed().as_slice() {
            [] => (Tone::Good, format!("Done: {what}")),
            [one] if run.call.targets.len() == 1 => {
                (Tone::Bad, format!("Ran, but {}, so not fixed: {what}", one.why))
            }
            some => {
                let all = words::count(run.call.targets.len(), "device");
                (Tone::Bad, format!("Ran, but not fixed on {} of {all}: {what}", some.len()))
            }
        },
        State::Failed { .. } | State::PartlyFailed { .. } if left_alone_only(run) => {
            let of = |status| run.trace.targets.iter().filter(move |it| it.status == status);
            let all = words::count(run.trace.targets.len(), "device");
            let stopped = if run.trace.stopped.is_some() { "Stopped, done" } else { "Done" };
            let worked = of(TargetStatus::Succeeded).count();
            (Tone::Ended, format!("{stopped} on {worked} of {all}: {what}"))
        }
        State::Failed { .. } => (Tone::Bad, format!("Failed: {what}")),
        State::PartlyFailed { .. } => {
            let failed =
                run.trace.targets.iter().filter(|it| it.status == TargetStatus::Failed).count();
            (
                Tone::Bad,
                format!(
                    "Failed on {failed} of {}: {what}",
                    words::count(run.trace.targets.len(), "device")
                ),
            )
        }
        State::TimedOut { .. } => (Tone::Bad, format!("No result in time: {what}")),
        State::NotSent { .. } => (Tone::Ended, format!("Not sent: {what}")),
        State::AskedAPerson { .. } => {
            (Tone::Bad, format!("Please look, I cannot tell if it ran: {what}"))
        }
        State::Granted
        | State::Dispatching { .. }
        | State::Doubtful { .. }
        | State::Accepted { .. }
        | State::Running { .. } => (Tone::Busy, format!("Running: {what}")),
    }
}

/// Of many devices some were done, or none, and the others nobody touched.
fn left_alone_only(run: &Run) -> bool {
    run.conducts() && run.trace.targets.iter().all(|it| it.status != TargetStatus::Failed)
}

/// Why a later step came to nothing stands under the name of that step, for the headline is about the first.
fn of_step(run: &Run, field: Field) -> Field {
    if run.step == 0 || field.name != WHY {
        return field;
    }
    let state = run.state.key().replace('_', " ");
    Field::new(run.call.title.clone(), format!("{state}: {}", field.value))
}

const WHY: &str = "Why";

fn step_fields(run: &Run) -> Vec<Field> {
    let mut fields = Vec::new();
    if run.trace.ticket.is_none() {
        if run.conducts() {
            fields.extend(by_outcome(&run.trace.targets));
        }
        let by_device: Vec<String> = match run.conducts() {
            true => Vec::new(),
            false => run.trace.targets.iter().take(20).map(target_line).collect(),
        };
        if !by_device.is_empty() {
            let more = run.trace.targets.len().saturating_sub(20);
            let more = if more > 0 { format!("\nand {more} more") } else { String::new() };
            fields.push(Field::new("Result", format!("{}{more}", by_device.join("\n"))));
        }
    }
    fields.extend(differences(run));
    if let Some(ticket) = &run.trace.ticket {
        fields.push(Field::new("Ticket", format!("{} “{}”", ticket.number, mask(&ticket.summary))));
    }
    match &run.state {
        State::NotSent { why, .. } => {
            fields.push(Field::new(
                WHY,
                format!("{}. Nothing was changed; ask again if it is still wanted.", mask(why)),
            ));
        }
        State::AskedAPerson { why, .. } => fields.push(Field::new(
            WHY,
            format!(
                "{}. Look in {} for “{}” before anybody repeats it.",
                mask(why),
                run.call.product.label(),
                run.marker.as_str()
            ),
        )),
        // Of many devices each has its own reason.
        State::Failed { .. } if run.conducts() => {}
        State::Failed { why, .. } => fields.push(Field::new(WHY, mask(why))),
        State::TimedOut { .. } => fields.push(Field::new(
            WHY,
            format!(
                "not finished at the deadline; {} may still finish it under “{}”",
                run.call.product.label(),
                run.marker.as_str()
            ),
        )),
        State::Granted
        | State::Dispatching { .. }
        | State::Doubtful { .. }
        | State::Accepted { .. }
        | State::Running { .. }
        | State::Succeeded { .. }
        | State::PartlyFailed { .. } => {}
    }
    if let Some(told) = &run.trace.warned {
        fields.push(Field::new("Warned", told.lines.join("; ")));
    }
    if !run.trace.notes.is_empty() && run.trace.ticket.is_none() {
        fields.push(Field::new("Proof", mask(&run.trace.notes.join("; "))));
    }
    fields
}

/// Of many devices, those that people have to look at come first, each with its reason.
fn by_outcome(targets: &[TargetResult]) -> Vec<Field> {
    let of = |status| targets.iter().filter(move |it| it.status == status);
    let mut fields = Vec::new();
    for (name, status) in [("Failed", TargetStatus::Failed), ("Not done", TargetStatus::Skipped)] {
        let lines: Vec<String> = of(status)
            .take(NAMED_MAX)
            .map(|it| format!("{}: {}", it.device, mask(&it.raw_status)))
            .collect();
        fields.extend(counted(name, of(status).count(), lines, "\n"));
    }
    let worked = of(TargetStatus::Succeeded);
    let names: Vec<String> = worked
        .clone()
        .take(NAMED_MAX)
        .map(|it| format!("{} ({})", it.device, it.raw_status))
        .collect();
    fields.extend(counted("Worked", worked.count(), names, "\n"));
    fields
}

/// A step that was left out; of a call that is spread over many devices, which ones.
fn not_begun(call: &Call) -> String {
    if call.spread.is_none() {
        return call.title.clone();
    }
    let mut names: Vec<String> = call.targets.iter().take(NAMED_MAX).map(|it| it.label()).collect();
    let more = call.targets.len() - names.len();
    if more > 0 {
        names.push(words::count(more, "more device"));
    }
    format!("{} on {}", call.title, words::list(&names))
}

fn counted(name: &str, count: usize, lines: Vec<String>, between: &str) -> Option<Field> {
    let more = count - lines.len();
    let more = if more > 0 {
        format!("{between}and {more} more, see the audit log")
    } else {
        String::new()
    };
    (count > 0).then(|| Field::new(format!("{name}: {count}"), lines.join(between) + &more))
}

fn target_line(target: &TargetResult) -> String {
    let word = match target.status {
        TargetStatus::Waiting => "still waiting",
        TargetStatus::Running => "still running",
        TargetStatus::Succeeded => "succeeded",
        TargetStatus::Failed => "failed",
        TargetStatus::Skipped => "not done",
    };
    format!("{}: {word} ({})", target.device, target.raw_status)
}

/// "free on C:" before and after, by device.
fn differences(run: &Run) -> Vec<Field> {
    let one_device = run.call.targets.len() == 1;
    let field = |pair: Pair<'_>| {
        let reading = pair.after.or(pair.before)?;
        let place = if one_device { String::new() } else { format!(" on {}", reading.device) };
        let text = difference(run, &pair)?;
        Some(Field::new(capital(&format!("{}{place}", reading.what)), text))
    };
    run.trace.pairs().into_iter().filter_map(field).collect()
}

fn difference(run: &Run, pair: &Pair<'_>) -> Option<String> {
    let before = pair.before.map(Reading::shown);
    let Some(after) = pair.after else {
        // Of what did not run to its end, the state before says nothing.
        run.trace.over_since?;
        return Some(format!("{} before; afterwards it could not be read", before?));
    };
    let now = after.shown();
    Some(match (pair.before, before) {
        (Some(was), Some(before)) if was.value == after.value => {
            let last = after.at.map(|at| format!(", the last is of {}", words::at(at)));
            match (run.trace.sign(pair), after.unit) {
                (Sign::Open, _) => format!(
                    "{before} before; {} has no newer figure yet{}",
                    run.call.product.label(),
                    last.unwrap_or_default()
                ),
                (_, Unit::Service { .. }) => format!("{now}, before and after"),
                _ => format!("{before} → {now} (unchanged)"),
            }
        }
        (Some(was), Some(before)) => match after.unit {
            Unit::Bytes => {
                let change = after.value - was.value;
                let sign = if change > 0 { "+" } else { "" };
                format!("{before} → {now} ({sign}{})", words::bytes(change))
            }
            Unit::EpochSeconds
            | Unit::Service { .. }
            | Unit::UpdatesMissing
            | Unit::UpdatesWaiting => format!("{before} → {now}"),
        },
        _ if run.trace.is_of_afterwards(after) => format!("{now} afterwards"),
        _ => return None,
    })
}

pub(super) fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

fn outputs(run: &Run) -> Vec<Block> {
    let mut blocks = Vec::new();
    let with_output = run
        .trace
        .targets
        .iter()
        .filter(|it| !it.output.trim().is_empty() || !it.errors.trim().is_empty());
    for target in with_output.clone().take(OUTPUTS_MAX) {
        if run.trace.targets.len() > 1 {
            blocks.push(Block::Note(target.device.clone()));
        }
        for text in [&target.output, &target.errors] {
            let text = mask(text.trim());
            if !text.is_empty() {
                let shown = words::cut(&text, OUTPUT_SHOWN_MAX);
                let cut = text.len().saturating_sub(shown.len()).min(OUTPUT_BYTES_MAX);
                blocks.push(Block::Code { text: shown, cut });
            }
        }
    }
    let left = with_output.count().saturating_sub(OUTPUTS_MAX);
    if left > 0 {
        blocks.push(Block::Note(format!(
            "Output of {} more is kept in the run.",
            words::count(left, "device")
        )));
    }
    blocks
}

/// What people usually want next.
fn follow_ups(first: &Run, runs: &[Run]) -> Option<Block> {
    let say = |label: &str, text: String| Button {
        label: label.to_owned(),
        style: ButtonStyle::Plain,
        action: Action::Say { text },
    };
    let mut buttons = Vec::new();
    let has_ticket = runs.iter().any(|run| run.trace.ticket.is_some());
    let ran = !matches!(first.state, State::NotSent { .. });
    if let [target] = first.call.targets.as_slice() {
        if !has_ticket && ran && crate::tool::ticket_tool(first.call.product).is_some() {
            let label = quoted(&target.label());
            let text = format!("open a ticket for {label}: {}", first.call.title);
            buttons.push(say("Log a ticket", text));
        }
        if target.rmm.is_some() {
            let text = format!("show patches for {}", quoted(&target.label()));
            buttons.push(say("Show its patches", text));
        }
    }
    if first.state.can_run_again() && !first.call.is_ticket() {
        buttons.push(say("Run again", format!("again {}", first.marker.as_str())));
    }
    (!buttons.is_empty()).then_some(Block::Buttons(buttons))
}

/// Puts offers of the products among the buttons of a result.
pub fn offer(message: &mut Message, offers: Vec<Offer>) {
    let button = |offer: Offer| Button {
        label: offer.label,
        style: ButtonStyle::Plain,
        action: Action::Say { text: offer.request },
    };
    let mut more: Vec<Button> = offers.into_iter().map(button).collect();
    match message.blocks.last_mut() {
        Some(Block::Buttons(buttons)) => buttons.append(&mut more),
        _ if more.is_empty() => {}
        _ => message.blocks.push(Block::Buttons(more)),
    }
}

/// "MARIA-LT-01 (Bluegum Vet)" as a person would write it.
fn quoted(label: &str) -> String {
    match label.split_once(" (") {
        Some((name, client)) => format!("{name} at {}", client.trim_end_matches(')')),
        None => label.to_owned(),
    }
}

/// What a ticket is told of the steps before it.
pub fn facts(run: &Run) -> Vec<String> {
    let mut facts = vec![headline(run).1];
    facts.extend(
        step_fields(run).into_iter().map(|field| format!("{}: {}", field.name, field.value)),
    );
    for target in run.trace.targets.iter().take(OUTPUTS_MAX) {
        let output = mask(target.output.trim());
        if !output.is_empty() {
            facts.push(format!(
                "Output of {}:\n{}",
                target.device,
                words::cut(&output, OUTPUT_SHOWN_MAX)
            ));
        }
    }
    facts
}
