//! The App Home: what waits for the person, what they asked for, what they may do.

use countersign::approval::{Approval, State};
use countersign::conversation::cards::{arguments, terms};
use countersign::directory::{People, Person};
use countersign::plan::{Call, subject};
use countersign::reply::{Action, Block, Button, ButtonStyle, Field, Message, Tone};
use countersign::run::Run;
use countersign::words;
use jiff::Timestamp;

/// Cards and requests that are shown.
const SHOWN_MAX: usize = 8;

pub(crate) struct Home<'a> {
    pub(crate) person: &'a Person,
    pub(crate) people: &'a People,
    /// Waiting, and for this person to decide.
    pub(crate) to_decide: &'a [Approval],
    /// Of this person, newest first.
    pub(crate) asked: &'a [Approval],
    pub(crate) runs: &'a [Run],
    pub(crate) examples: &'a [String],
    pub(crate) now: Timestamp,
}

impl Home<'_> {
    pub(crate) fn message(&self) -> Message {
        let mut blocks = Vec::new();
        blocks.push(title("Waiting for you"));
        if self.to_decide.is_empty() {
            blocks.push(Block::Text("Nothing waits for your decision.".into()));
        }
        for approval in self.to_decide.iter().take(SHOWN_MAX) {
            blocks.extend(self.card(approval));
        }
        blocks.extend(left_out(self.to_decide.len()));
        blocks.push(title("Your requests"));
        let rows = self.rows();
        if rows.is_empty() {
            blocks.push(Block::Text("None lately.".into()));
        } else {
            let columns = ["What", "State", "When"].map(str::to_owned).to_vec();
            blocks.push(Block::Table { columns, rows, more: 0 });
        }
        blocks.push(title("What you may do"));
        blocks.push(Block::Text(self.may()));
        if !self.examples.is_empty() && self.person.may_ask() {
            let lines: Vec<String> =
                self.examples.iter().take(5).map(|it| format!("• {it}")).collect();
            blocks.push(Block::Note(format!("For example:\n{}", lines.join("\n"))));
        }
        Message::of("Countersign", blocks)
    }

    fn card(&self, approval: &Approval) -> Vec<Block> {
        // What somebody left out is no part of what is decided here.
        let calls: Vec<&Call> = approval.kept().into_iter().map(|(_, call)| call).collect();
        let requester = self.people.get(&approval.requester);
        let mut fields = vec![
            Field::new("What", calls.iter().map(|it| step(it)).collect::<Vec<_>>().join("\n")),
            Field::new(
                "Asked by",
                requester.map_or_else(|| approval.requester.to_string(), |it| it.name.clone()),
            ),
            Field::new("Until", words::at_briefly(approval.expires_at, self.now)),
            Field::new("Why it waits", approval.reason.clone()),
        ];
        fields.splice(1..1, terms(approval));
        let button = |label: &str, style, action| Button { label: label.into(), style, action };
        vec![
            Block::Fields(fields),
            Block::Buttons(vec![
                button(
                    "Approve",
                    ButtonStyle::Go,
                    Action::Approve {
                        approval: approval.id.clone(),
                        seen: approval.offered(),
                        steps: None,
                    },
                ),
                button(
                    "Deny",
                    ButtonStyle::Stop,
                    Action::Deny { approval: approval.id.clone(), reason: None },
                ),
            ]),
        ]
    }

    fn rows(&self) -> Vec<Vec<String>> {
        let waiting = self.asked.iter().filter(|it| !matches!(it.state, State::Approved { .. }));
        let mut rows: Vec<(Timestamp, String, String)> = waiting
            .map(|it| {
                let what = subject(&it.plan.calls);
                (it.asked_at, what, it.state.key().to_owned())
            })
            .collect();
        rows.extend(
            self.runs.iter().map(|run| {
                (run.created_at, run.call.sentence(), run.state.key().replace('_', " "))
            }),
        );
        rows.sort_by_key(|row| std::cmp::Reverse(row.0));
        rows.into_iter()
            .take(SHOWN_MAX)
            .map(|(at, what, state)| vec![what, state, words::at_briefly(at, self.now)])
            .collect()
    }

    fn may(&self) -> String {
        let person = self.person;
        let mut lines = vec!["Look things up: devices, health, patches, tickets, scripts."];
        if person.may_ask() {
            lines.push("Ask for scripts and tickets; what changes a device waits for approval.");
        }
        if person.may_approve() {
            lines.push("Approve or deny what others ask for, never your own requests.");
        }
        lines.join("\n")
    }
}

/// "Disk Cleanup on FS01 (Acme) with days 7".
fn step(call: &Call) -> String {
    match arguments(&call.arguments) {
        with if with.is_empty() => call.headline(),
        with => format!("{} with {with}", call.headline()),
    }
}

fn title(text: &str) -> Block {
    Block::Title { text: text.into(), tone: Tone::Plain }
}

fn left_out(all: usize) -> Option<Block> {
    let left = all.saturating_sub(SHOWN_MAX);
    (left > 0).then(|| Block::Note(format!("and {left} more")))
}
