//! What people see of standing grants: a card that follows one from question to end, and the list.

use jiff::Timestamp;

use crate::approval::StandingGrant;
use crate::approval::standing::State;
use crate::conversation::cards::arguments;
use crate::directory::People;
use crate::ids::{CardKey, PersonId};
use crate::reply::{Action, Block, Button, ButtonStyle, Field, Message, Tone};
use crate::words;

/// Rows of the list in chat; the console has more.
const SHOWN_MAX: usize = 20;

pub(super) fn draw(grant: &StandingGrant, people: &People, now: Timestamp) -> Message {
    let (tone, word) = match &grant.state {
        State::Proposed => (Tone::Waiting, "Standing grant to sign"),
        State::Active => (Tone::Good, "Standing grant"),
        State::UsedUp { .. } => (Tone::Ended, "Standing grant used up"),
        State::Ended { .. } => (Tone::Ended, "Standing grant ended"),
    };
    let title = format!("{word}: {}", grant.sentence());
    let mut blocks =
        vec![Block::Title { text: title.clone(), tone }, Block::Fields(fields(grant, people, now))];
    let code = &grant.code;
    let button = |label: &str, style, text: String| Button {
        label: label.to_owned(),
        style,
        action: Action::Say { text },
    };
    match &grant.state {
        State::Proposed => {
            blocks.push(Block::Buttons(vec![
                button("Sign", ButtonStyle::Go, format!("sign {code}")),
                button("Refuse", ButtonStyle::Stop, format!("revoke {code}")),
            ]));
            blocks.push(Block::Note(format!(
                "A manager signs it, never who asked: type “sign {code}”, or “revoke {code} because …”. \
                 Rules that refuse still do, and one failed run ends it."
            )));
        }
        State::Active => {
            blocks.push(Block::Buttons(vec![button(
                "Revoke",
                ButtonStyle::Stop,
                format!("revoke {code}"),
            )]));
            blocks.push(Block::Note(format!(
                "“revoke {code}” ends it at once, as one failed run does."
            )));
        }
        State::UsedUp { .. } | State::Ended { .. } => {}
    }
    Message::of(title, blocks).as_card(&CardKey::new(format!("standing-{}", grant.id)))
}

fn fields(grant: &StandingGrant, people: &People, now: Timestamp) -> Vec<Field> {
    let name =
        |id: &PersonId| people.get(id).map_or_else(|| id.to_string(), |person| person.name.clone());
    let with = match arguments(&grant.arguments) {
        with if with.is_empty() => String::new(),
        with => format!(" with {with}"),
    };
    let mut fields = vec![
        Field::new("What", format!("{}{with}", grant.sentence())),
        Field::new("For", grant.bounds().trim_start_matches("for ")),
        Field::new("Whose requests", name(&grant.requester)),
    ];
    if let Some(reason) = &grant.reason {
        fields.push(Field::new("Because", reason.clone()));
    }
    if let (approved, of @ 1..) = grant.history {
        let text = format!("the same was approved {approved} of the last {of} times");
        fields.push(Field::new("So far", text));
    }
    if let Some(content) = &grant.content {
        let text = format!("content {}; an edit ends the grant", content.short());
        fields.push(Field::new("Script", text));
    }
    if let Some(signed) = &grant.signed {
        let text = format!("{} at {}", name(&signed.by), words::at_briefly(signed.at, now));
        fields.push(Field::new("Signed by", text));
        let uses = usize::try_from(grant.left()).unwrap_or(usize::MAX);
        let left = match grant.state {
            State::Active => format!(
                "{}, until {}",
                words::count(uses, "use"),
                words::at_briefly(signed.until, now)
            ),
            State::Proposed | State::UsedUp { .. } | State::Ended { .. } => {
                format!("{} of {} used", grant.used, grant.uses_max)
            }
        };
        fields.push(Field::new("Left", left));
    }
    if let State::Ended { why, .. } = &grant.state {
        fields.push(Field::new("Why", words::sentence(why)));
    }
    fields
}

/// Those that are open, with a way to end each.
pub(super) fn list(all: &[StandingGrant], people: &People, now: Timestamp) -> Message {
    let open: Vec<&StandingGrant> = all.iter().filter(|it| it.is_open()).collect();
    if open.is_empty() {
        return Message::text("No standing grant is open.");
    }
    let name =
        |id: &PersonId| people.get(id).map_or_else(|| id.to_string(), |person| person.name.clone());
    let row = |grant: &&StandingGrant| {
        let state = match &grant.signed {
            None => "waits for a manager".to_owned(),
            Some(signed) => format!(
                "{} of {} uses left, until {}, signed by {}",
                grant.left(),
                grant.uses_max,
                words::at_briefly(signed.until, now),
                name(&signed.by)
            ),
        };
        vec![grant.sentence(), name(&grant.requester), state, grant.code.clone()]
    };
    let rows = open.iter().take(SHOWN_MAX).map(row).collect();
    let button = |grant: &&StandingGrant| Button {
        label: words::cut(&format!("Revoke {}", grant.code), 70),
        style: ButtonStyle::Plain,
        action: Action::Say { text: format!("revoke {}", grant.code) },
    };
    let buttons = open.iter().take(5).map(button).collect();
    let summary = format!("{} open", words::count(open.len(), "standing grant"));
    let columns = ["What", "Whose requests", "State", "Code"].map(str::to_owned).to_vec();
    let table = Block::Table { columns, rows, more: open.len().saturating_sub(SHOWN_MAX) };
    Message::of(summary.clone(), vec![Block::Text(summary), table, Block::Buttons(buttons)])
}
