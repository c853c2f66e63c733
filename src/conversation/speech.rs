//! What Countersign says when nothing is to be done: help, small talk, questions.

use crate::approval::Approval;
use crate::conversation::{Question, may_see_trials};
use crate::directory::{People, Person, Role};
use crate::mask::mask;
use crate::plan::{Call, subject};
use crate::ports::CallError;
use crate::reply::{Action, Block, Button, ButtonStyle, Choice, Field, Message, Tone};
use crate::run::Run;
use crate::schedule::Start;
use crate::tool::{Catalogue, Effect, Tool, runs_scripts};
use crate::words;

/// What this person can ask for, with examples that can be clicked.
pub fn help(person: &Person, catalogue: &Catalogue, examples: &[String]) -> Message {
    let reads: Vec<&Tool> = catalogue.iter().filter(|it| it.effect == Effect::Read).collect();
    let mut products: Vec<String> = Vec::new();
    for tool in &reads {
        if !products.iter().any(|it| it == tool.product.label()) {
            products.push(tool.product.label().to_owned());
        }
    }
    let mut text = vec![
        "Write what you need in your own words; I find the device, ask for approval where it is needed, run it once and report back here.".to_owned(),
        format!("I can look things up in {} ({} ways).", words::list(&products), reads.len()),
    ];
    if person.may_ask() {
        text.push(format!(
            "I can {}, now or when you say (“tonight at 10”, “in the maintenance window”, “warn the user first”); what changes a device waits for approval.",
            words::list(&changes(catalogue))
        ));
    }
    let button = |text: &String| Button {
        label: words::cut(text, 70),
        style: ButtonStyle::Plain,
        action: Action::Say { text: text.clone() },
    };
    let mut blocks = vec![Block::Text(text.join("\n"))];
    let typed = typed(person);
    if !typed.is_empty() {
        blocks.push(Block::Note("What can be typed instead of clicking:".into()));
        blocks.push(Block::Fields(typed));
    }
    if !examples.is_empty() {
        blocks.push(Block::Note("For example:".into()));
        blocks.push(Block::Buttons(examples.iter().take(8).map(button).collect()));
    }
    Message::of("What I can do", blocks)
}

/// "run 18 scripts", "create ticket": what the tools at hand can change.
fn changes(catalogue: &Catalogue) -> Vec<String> {
    let writes = || catalogue.iter().filter(|it| it.effect == Effect::Write);
    let scripts = writes().filter(|it| it.script.is_some()).count();
    let first = (scripts > 0).then(|| format!("run {}", words::count(scripts, "script")));
    let mut changes: Vec<String> = first.into_iter().collect();
    for tool in writes().filter(|it| it.script.is_none() && !runs_scripts(&it.name)) {
        let mut letters = tool.title.chars();
        let first = letters.next().map(char::to_lowercase).into_iter().flatten();
        changes.push(first.chain(letters).collect());
    }
    changes
}

/// The commands that this person may type, by what they are about.
fn typed(person: &Person) -> Vec<Field> {
    let mut fields = Vec::new();
    if person.may_approve() {
        fields.push(Field::new(
            "Cards",
            "approve CODE, approve CODE 1,3 (some steps), deny CODE because …",
        ));
        fields.push(Field::new("Away", "away 3 days delegate NAME, back"));
    }
    if person.may_ask() {
        fields.push(Field::new(
            "Your requests",
            "withdraw CODE, again CODE, again CS-… (the run anew), through CODE automate",
        ));
        fields.push(Field::new("Later", "scheduled, cancel CS-…"));
        fields.push(Field::new(
            "A yes ahead",
            "grants, grant SCRIPT on CLIENT workstations for 2 hours, 10 uses, revoke CODE",
        ));
    }
    if person.may_ask() {
        fields.push(Field::new(
            "Plan only",
            "did CODE, did CODE otherwise, did CODE nothing (what you did instead)",
        ));
    }
    if may_see_trials(person) {
        fields.push(Field::new("How plans compare", "trials, trials 30 days"));
    }
    if person.has(Role::Manager) {
        fields.push(Field::new("Sign", "sign CODE (a standing grant somebody asked for)"));
    }
    if person.may_ask() || person.may_approve() {
        fields.push(Field::new(
            "Stop",
            "halt everything, halt client NAME because …, also tool or person",
        ));
    }
    if person.has(Role::Manager) || person.has(Role::Admin) {
        fields.push(Field::new("Go on", "resume everything, resume client NAME"));
    }
    fields
}

/// A question with its options; `number` recognises late clicks.
pub fn question(question: &Question, number: u32) -> Message {
    let mut blocks = vec![Block::Text(question.text.clone())];
    if !question.options.is_empty() {
        let choice = |(index, option): (u32, &crate::conversation::AnswerOption)| Choice {
            label: option.label.clone(),
            detail: option.detail.clone(),
            action: Action::Pick { question: number, option: index },
        };
        blocks.push(Block::Choices { options: (0..).zip(&question.options).map(choice).collect() });
    }
    Message::of(question.text.clone(), blocks)
}

/// Not understood.
pub fn unsure(suggestions: &[String]) -> Message {
    let text = "I am not sure what to do with that, so I did nothing.";
    let mut blocks = vec![Block::Text(text.to_owned())];
    if suggestions.is_empty() {
        blocks.push(Block::Note("Write “help” to see what I can do.".into()));
    } else {
        blocks.push(Block::Note("Closest things that I understand:".into()));
        let button = |text: &String| Button {
            label: words::cut(text, 70),
            style: ButtonStyle::Plain,
            action: Action::Say { text: text.clone() },
        };
        blocks.push(Block::Buttons(suggestions.iter().take(5).map(button).collect()));
    }
    Message::of(text, blocks)
}

/// A plan that policy stops.
pub fn stopped(calls: &[Call], reason: &str) -> Message {
    let what = subject(calls);
    let title = format!("Not allowed: {what}");
    Message::of(
        title.clone(),
        vec![
            Block::Title { text: title, tone: Tone::Ended },
            Block::Text(format!("{reason}. Nothing was done.")),
        ],
    )
}

/// A plan that nobody could approve: it `why`.
pub fn out_of_reach(calls: &[Call], why: &str) -> Message {
    let title = format!("Not run: {}", subject(calls));
    let text = format!(
        "It {why}, so nothing runs. An admin can give somebody the role approver, or change the rule."
    );
    let blocks = vec![Block::Title { text: title.clone(), tone: Tone::Ended }, Block::Text(text)];
    Message::of(title, blocks)
}

/// What waits and what runs.
pub fn status(waiting: &[Approval], running: &[Run], people: &People) -> Message {
    let name = |id: &crate::ids::PersonId| {
        people.get(id).map_or_else(|| id.to_string(), |person| person.name.clone())
    };
    let mut rows: Vec<Vec<String>> = waiting
        .iter()
        .map(|it| {
            vec![
                "waits for approval".into(),
                subject(&it.plan.calls),
                name(&it.requester),
                it.code.clone(),
            ]
        })
        .collect();
    rows.extend(running.iter().map(|run| {
        let state = match run.scheduled() {
            Some(start) => format!("starts {}", start.sentence()),
            None => run.state.key().replace('_', " "),
        };
        vec![state, run.call.sentence(), name(&run.requester), run.marker.as_str().to_owned()]
    }));
    if rows.is_empty() {
        return Message::text("Nothing is running and nothing waits for approval.");
    }
    let summary = format!("{} waiting, {} running", waiting.len(), running.len());
    let columns = ["State", "What", "Asked by", "Code"].map(str::to_owned).to_vec();
    Message::of(
        summary.clone(),
        vec![Block::Text(summary), Block::Table { columns, rows, more: 0 }],
    )
}

/// What waits for its start, each with a way to call it off.
pub fn scheduled(runs: &[Run], people: &People) -> Message {
    if runs.is_empty() {
        return Message::text("Nothing is scheduled.");
    }
    let name = |run: &Run| {
        let person = people.get(&run.requester);
        person.map_or_else(|| run.requester.to_string(), |person| person.name.clone())
    };
    let starts = |run: &Run| run.scheduled().map(Start::sentence).unwrap_or_default();
    let row = |run: &Run| {
        vec![starts(run), run.call.sentence(), name(run), run.marker.as_str().to_owned()]
    };
    let rows = runs.iter().take(SCHEDULED_SHOWN_MAX).map(row).collect();
    let more = runs.len().saturating_sub(SCHEDULED_SHOWN_MAX);
    let summary = format!("{} scheduled", words::count(runs.len(), "run"));
    let columns = ["Starts", "What", "Asked by", "Code"].map(str::to_owned).to_vec();
    let button = |run: &Run| Button {
        label: words::cut(&format!("Call off {}", run.call.title), 70),
        style: ButtonStyle::Plain,
        action: Action::Say { text: format!("cancel {}", run.marker.as_str()) },
    };
    let buttons = runs.iter().take(5).map(button).collect();
    let table = Block::Table { columns, rows, more };
    Message::of(summary.clone(), vec![Block::Text(summary), table, Block::Buttons(buttons)])
}

/// Rows of the list of scheduled runs; the console has all.
const SCHEDULED_SHOWN_MAX: usize = 20;

/// How to say yes to some steps, where there is no form for it.
pub(super) fn which_steps(approval: &Approval) -> Message {
    let steps: Vec<String> = approval
        .kept()
        .iter()
        .map(|(step, call)| format!("{}. {}", step + 1, call.sentence()))
        .collect();
    Message::text(format!(
        "Type “approve {} {}” with the numbers of the steps that may run; the others are left out for good.\n{}",
        approval.code,
        approval.kept_numbers(),
        steps.join("\n")
    ))
}

/// Every answer begins with its summary, which names the device or client.
pub(super) fn answered(summary: String, mut blocks: Vec<Block>) -> Message {
    if !matches!(blocks.first(), Some(Block::Text(text)) if text == &summary) {
        blocks.insert(0, Block::Text(summary.clone()));
    }
    Message::of(summary, blocks)
}

pub(super) fn failed(call: &Call, error: &CallError) -> Message {
    let title = format!("Could not read: {}", call.sentence());
    Message::of(
        title.clone(),
        vec![Block::Title { text: title, tone: Tone::Bad }, Block::Text(mask(&error.for_person()))],
    )
}

/// Outside text in an answer may hold secrets.
pub(super) fn masked(mut message: Message) -> Message {
    for block in &mut message.blocks {
        match block {
            Block::Text(text) | Block::Note(text) | Block::Code { text, .. } => *text = mask(text),
            Block::Fields(fields) => {
                fields.iter_mut().for_each(|field| field.value = mask(&field.value))
            }
            Block::Table { rows, .. } => {
                rows.iter_mut().flatten().for_each(|cell| *cell = mask(cell))
            }
            Block::Title { .. }
            | Block::Progress { .. }
            | Block::Meter { .. }
            | Block::Link { .. }
            | Block::Buttons(_)
            | Block::Choices { .. } => {}
        }
    }
    message
}
