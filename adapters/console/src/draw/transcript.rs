//! A conversation from its first line to its last.

use std::collections::HashMap;

use countersign::directory::Account;
use countersign::ports::{Line, LineBody, Speaker};
use jiff::Timestamp;
use maud::{Markup, html};

use crate::app::App;
use crate::draw::{Fragment, Item, badge, id_part, message};
use crate::show;
use crate::who::Viewer;

/// Until then an answer is on its way; after that the page says that none came.
const ANSWER_SECS_USUAL: i64 = 20;

/// `url`: where clicks are posted.
pub(crate) fn draw(
    app: &App,
    viewer: &Viewer,
    lines: &[Line],
    url: &str,
    now: Timestamp,
) -> Fragment {
    let mut seen: HashMap<String, u32> = HashMap::new();
    let mut items = Vec::with_capacity(lines.len() + 1);
    for line in lines {
        let base = match &line.body {
            LineBody::Message(message) => match &message.card {
                Some(card) => format!("card-{}", id_part(card.as_str())),
                None => format!("l{}", line.at.as_microsecond()),
            },
            LineBody::Text(_) => format!("l{}", line.at.as_microsecond()),
        };
        // Several lines of one microsecond are told apart by their order.
        let count = seen.entry(base.clone()).or_default();
        let id = if *count == 0 { base } else { format!("{base}-{count}") };
        *count += 1;
        let class = match line.from {
            Speaker::Countersign => "line bot",
            Speaker::Account(_) => "line person",
        };
        items.push(Item::new(id, class, |forms| draw_line(app, viewer, line, forms), url));
    }
    items.extend(draw_waiting(lines, now));
    Fragment::of(items)
}

fn draw_line(app: &App, viewer: &Viewer, line: &Line, forms: &crate::draw::Forms) -> Markup {
    let (name, is_own) = match &line.from {
        Speaker::Countersign => ("Countersign".to_owned(), false),
        Speaker::Account(account) => {
            (name_of(app, account), account.id == viewer.person.id.as_str())
        }
    };
    let is_private = matches!(
        &line.body,
        LineBody::Message(message) if message.audience != countersign::reply::Audience::Thread
    );
    html! {
        (avatar(&name, &line.from))
        div class="line-body" {
            p class="who" {
                span class="name" { (name) }
                @if is_own { " " span class="you" { "you" } }
                " " (show::moment(line.at))
                @if is_private { " " (badge("tone-ended", "only you see this")) }
            }
            @match &line.body {
                LineBody::Text(text) => p class="text" { (text) },
                LineBody::Message(content) => (message(content, forms)),
            }
        }
    }
}

fn name_of(app: &App, account: &Account) -> String {
    app.engine().people().of(account).map_or_else(|| account.id.clone(), |it| it.name.clone())
}

fn avatar(name: &str, from: &Speaker) -> Markup {
    match from {
        Speaker::Countersign => html! {
            img class="avatar" src="/assets/mark.svg" alt="" width="32" height="32";
        },
        Speaker::Account(_) => html! { span class="avatar" aria-hidden="true" { (initial(name)) } },
    }
}

pub(crate) fn initial(name: &str) -> String {
    name.chars().next().map(|first| first.to_uppercase().collect()).unwrap_or_default()
}

/// The last word is a person's: an answer is on its way, or late.
fn draw_waiting(lines: &[Line], now: Timestamp) -> Option<Item> {
    let last = lines.last()?;
    if last.from == Speaker::Countersign {
        return None;
    }
    let is_usual = now.as_second() - last.at.as_second() < ANSWER_SECS_USUAL;
    let draw = |_: &crate::draw::Forms| match is_usual {
        true => {
            html! { p { span class="dots" aria-hidden="true" { i {} i {} i {} } "Countersign is working on it" } }
        }
        false => {
            html! { p { "No answer yet. The message is stored and will be answered; nothing needs to be sent again." } }
        }
    };
    Some(Item::new("working".into(), "working", draw, ""))
}
