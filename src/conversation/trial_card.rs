//! What people see of trials: a card with all that an approval's card says and no yes to give, and the report.

use jiff::Timestamp;

use crate::conversation::cards::PlanView;
use crate::conversation::trial_words::typed;
use crate::directory::People;
use crate::ids::CardKey;
use crate::mask::mask;
use crate::plan::{Call, headline};
use crate::reply::{Action, Block, Button, ButtonStyle, Field, Message, Tone};
use crate::trial::report::{OfClient, OfTool};
use crate::trial::{Did, Report, Seen, Trial};
use crate::words;

/// Rows of the report in chat; the console has all.
const ROWS_MAX: usize = 20;

/// Differences that are told in chat.
const DIFFERENCES_MAX: usize = 5;

pub(super) fn draw(trial: &Trial, people: &People, now: Timestamp) -> Message {
    let subject = headline(&trial.plan.calls);
    let state = trial.said.as_ref().map_or("nothing runs", |said| said.did.sentence());
    let title = format!("Plan only, {state}: {subject}");
    let would = words::sentence(&format!("would {}", trial.would));
    let view = PlanView {
        request: &trial.request,
        requester: &trial.requester,
        asked: &trial.asked,
        calls: &trial.plan.calls,
        approval: None,
        reason: &would,
        runs: &[],
        people,
        ways: &[],
        now,
    };
    let mut fields = view.fields();
    fields.push(Field::new("Why plan only", trial.reason.clone()));
    if let Some(said) = &trial.said {
        let by = people.get(&said.by).map_or(said.by.as_str(), |person| person.name.as_str());
        let at = words::at_briefly(said.at, now);
        fields.push(Field::new("Said", format!("{by} at {at}: {}", said.did.sentence())));
    }
    let seen = seen(trial);
    if !seen.is_empty() {
        fields.push(Field::new("Seen", seen.join("\n")));
    }
    let tone = if trial.said.is_none() { Tone::Waiting } else { Tone::Ended };
    let mut blocks = vec![Block::Title { text: title.clone(), tone }, Block::Fields(fields)];
    if trial.said.is_none() {
        blocks.push(Block::Buttons(Did::ALL.map(|did| button(trial, did)).into()));
        let [this, otherwise, nothing] = Did::ALL.map(|did| typed(&trial.code, did));
        blocks.push(Block::Note(format!(
            "Nothing was sent and nothing will be. Do what you would have done, then say so here, or type \
             “{this}”, “{otherwise}” or “{nothing}”."
        )));
    }
    Message::of(title, blocks).as_card(&CardKey::new(format!("trial-{}", trial.request)))
}

fn button(trial: &Trial, did: Did) -> Button {
    Button {
        label: did.label().to_owned(),
        style: if did == Did::JustThis { ButtonStyle::Go } else { ButtonStyle::Plain },
        action: Action::Say { text: typed(&trial.code, did) },
    }
}

/// One line for each call that was looked at.
fn seen(trial: &Trial) -> Vec<String> {
    let several = trial.plan.calls.len() > 1;
    let line = |(index, (call, seen)): (usize, (&Call, &Seen))| {
        let step = if several { format!("step {}: ", index + 1) } else { String::new() };
        let is_told = *seen != Seen::NotLooked;
        let place = call.product.label();
        is_told.then(|| mask(&format!("{step}{place}: {}", seen.sentence())))
    };
    let calls = trial.plan.calls.iter().zip(&trial.seen);
    calls.enumerate().filter_map(line).collect()
}

pub(super) fn report(report: &Report) -> Message {
    let title =
        format!("Plan only, the last {} days: {}", report.days, words::count(report.plans, "plan"));
    let mut blocks = vec![Block::Title { text: title.clone(), tone: Tone::Plain }];
    if report.clients.is_empty() {
        let text = "Nothing was asked for that is plan only. A rule with policy = \"plan_only\" makes it so.";
        blocks.push(Block::Text(text.to_owned()));
        return Message::of(title, blocks);
    }
    let sentences = report.clients.iter().take(ROWS_MAX);
    let sentences: Vec<String> = sentences.map(|it| words::sentence(&it.sentence)).collect();
    blocks.push(Block::Text(sentences.join("\n")));
    let rows = report
        .clients
        .iter()
        .flat_map(|client| client.tools.iter().map(move |tool| row(client, tool)));
    let rows: Vec<Vec<String>> = rows.collect();
    let more = rows.len().saturating_sub(ROWS_MAX);
    blocks.push(Block::Table {
        columns: ["Client", "What", "Proposed", "Just so", "Otherwise", "Not done", "Unclear"]
            .map(str::to_owned)
            .into(),
        rows: rows.into_iter().take(ROWS_MAX).collect(),
        more,
    });
    for it in report.differences.iter().take(DIFFERENCES_MAX) {
        blocks.push(Block::Note(it.line()));
    }
    Message::of(title, blocks)
}

fn row(client: &OfClient, tool: &OfTool) -> Vec<String> {
    let it = &tool.counts;
    let unclear = it.differs + it.cannot_tell + it.open;
    let counts = [it.proposed, it.just_so, it.otherwise, it.not_done, unclear];
    let names = [client.client.clone(), tool.title.clone()];
    names.into_iter().chain(counts.map(|it| it.to_string())).collect()
}
