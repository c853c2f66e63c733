//! One message of Countersign: its blocks from top to bottom.

use countersign::reply::{Action, Block, Choice, Field, Message, Tone};
use maud::{Markup, html};

use crate::draw::{Forms, approval, badge};
use crate::show;

/// Messages with a title are cards, the others plain paragraphs.
pub(crate) fn message(message: &Message, forms: &Forms) -> Markup {
    let tone = message.blocks.iter().find_map(|block| match block {
        Block::Title { tone, .. } => Some(class_of(*tone)),
        _ => None,
    });
    let blocks = html! {
        @for block in &message.blocks { (draw(block, &message.summary, forms)) }
        @if message.blocks.is_empty() { p class="text" { (message.summary) } }
    };
    match tone {
        Some(tone) => html! { div class=(format!("card {tone}")) { (blocks) } },
        None => html! { div class="plain" { (blocks) } },
    }
}

fn class_of(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "tone-plain",
        Tone::Waiting => "tone-waiting",
        Tone::Busy => "tone-busy",
        Tone::Good => "tone-good",
        Tone::Bad => "tone-bad",
        Tone::Ended => "tone-ended",
    }
}

/// The word beside a title, for whom the colour says nothing.
fn word_of(tone: Tone) -> Option<&'static str> {
    match tone {
        Tone::Plain => None,
        Tone::Waiting => Some("Waiting"),
        Tone::Busy => Some("In progress"),
        Tone::Good => Some("Done"),
        Tone::Bad => Some("Attention"),
        Tone::Ended => Some("Closed"),
    }
}

fn draw(block: &Block, summary: &str, forms: &Forms) -> Markup {
    match block {
        Block::Title { text, tone } => html! {
            header class="card-head" {
                h3 { (text) }
                @if let Some(word) = word_of(*tone) { (badge(class_of(*tone), word)) }
            }
        },
        Block::Text(text) => html! { p class="text" { (text) } },
        Block::Fields(fields) => draw_fields(fields),
        Block::Table { columns, rows, more } => draw_table(columns, rows, *more, summary),
        Block::Code { text, cut } => draw_code(text, *cut),
        Block::Progress { done, total, label } => draw_progress(*done, *total, label),
        Block::Meter { label, percent, detail } => draw_meter(label, *percent, detail),
        Block::Note(text) => html! { p class="note" { (text) } },
        Block::Link { label, url } => draw_link(label, url),
        Block::Buttons(buttons) => html! {
            div class="buttons" {
                @for button in buttons {
                    // Its form stands on the card of the approval.
                    @if let Action::ApproveSome { approval } = &button.action {
                        a class="button" href=(approval::address(approval)) { (button.label) }
                    } @else {
                        (forms.button(&button.label, button.style, &button.action))
                    }
                }
            }
        },
        Block::Choices { options } => draw_choices(options, forms),
    }
}

pub(crate) fn draw_fields(fields: &[Field]) -> Markup {
    html! {
        dl class="fields" {
            @for field in fields {
                div { dt { (field.name) } dd { (field.value) } }
            }
        }
    }
}

fn draw_table(columns: &[String], rows: &[Vec<String>], more: usize, summary: &str) -> Markup {
    html! {
        div class="scroll" role="region" tabindex="0" aria-label=(format!("Table: {summary}")) {
            table {
                thead { tr { @for column in columns { th scope="col" { (column) } } } }
                tbody { @for row in rows { tr { @for cell in row { td { (cell) } } } } }
            }
        }
        @if more > 0 { p class="note" { "and " (show::counted(more, "more row", "more rows")) } }
    }
}

fn draw_code(text: &str, cut: usize) -> Markup {
    html! {
        figure class="code" {
            pre role="region" tabindex="0" aria-label="Output" { code { (text) } }
            @if cut > 0 {
                figcaption { "Cut here: " (show::counted(cut, "more byte is", "more bytes are")) " not shown." }
            }
        }
    }
}

fn draw_progress(done: u32, total: u32, label: &str) -> Markup {
    let total = total.max(1);
    let done = done.min(total);
    let percent = (u64::from(done) * 100 / u64::from(total)) as u8;
    html! {
        div class="progress" {
            div class="bar-label" { span { (label) } span class="figure" { (done) " of " (total) } }
            div role="progressbar" aria-label=(label) aria-valuemin="0" aria-valuemax=(total)
                aria-valuenow=(done) aria-valuetext=(format!("{done} of {total}")) {
                (bar(percent, if done == total { "full" } else { "busy" }))
            }
        }
    }
}

fn draw_meter(label: &str, percent: u8, detail: &str) -> Markup {
    let percent = percent.min(100);
    // Disks and memory: above three quarters worth a look, above nine tenths a problem.
    let tone = match percent {
        0..75 => "fine",
        75..90 => "high",
        _ => "critical",
    };
    html! {
        div class="meter" {
            div class="bar-label" { span { (label) } span class="figure" { (percent) " %" } }
            div role="meter" aria-label=(label) aria-valuemin="0" aria-valuemax="100"
                aria-valuenow=(percent) aria-valuetext=(format!("{percent} percent. {detail}")) {
                (bar(percent, tone))
            }
            @if !detail.is_empty() { p class="note" { (detail) } }
        }
    }
}

/// An SVG, because the page's policy allows no style in the markup to set a width.
fn bar(percent: u8, tone: &str) -> Markup {
    html! {
        svg class=(format!("bar {tone}")) width="100%" height="8" aria-hidden="true" focusable="false" {
            rect class="track" width="100%" height="8" rx="4" {}
            @if percent > 0 { rect class="fill" width=(format!("{percent}%")) height="8" rx="4" {} }
        }
    }
}

/// Only http and https become links; anything else is shown and leads nowhere.
fn draw_link(label: &str, url: &str) -> Markup {
    let lower = url.trim().to_ascii_lowercase();
    let is_web = lower.starts_with("https://") || lower.starts_with("http://");
    html! {
        p class="link" {
            @if is_web {
                a href=(url.trim()) rel="noopener noreferrer" target="_blank" { (label) }
            } @else {
                (label) ": " code { (url) }
            }
        }
    }
}

fn draw_choices(options: &[Choice], forms: &Forms) -> Markup {
    html! {
        div class="choices" role="group" aria-label="Answers to pick from" {
            @for option in options { (forms.choice(&option.label, &option.detail, &option.action)) }
        }
    }
}
