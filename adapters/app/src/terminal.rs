//! Messages in a terminal: drawn as plain lines, read from the transcript.

use std::fmt::Write as _;

use async_trait::async_trait;
use countersign::directory::Platform;
use countersign::ports::{Chat, ChatError, ExternalId, Line, LineBody, Outgoing, Speaker};
use countersign::reply::{Action, Block, Message};

/// The chat of a platform whose people read the transcript itself (console and terminal): a message is
/// delivered when it is stored.
pub struct InTranscript(pub Platform);

#[async_trait]
impl Chat for InTranscript {
    fn platform(&self) -> Platform {
        self.0
    }

    async fn post(&self, outgoing: &Outgoing) -> Result<ExternalId, ChatError> {
        Ok(ExternalId(outgoing.id.to_string()))
    }

    async fn edit(&self, _outgoing: &Outgoing, _posted: &ExternalId) -> Result<(), ChatError> {
        Ok(())
    }
}

/// Prints only what is new or has changed since the last look.
#[derive(Default)]
pub struct Printer {
    seen: Vec<Line>,
}

impl Printer {
    /// The text of lines that were not there before, and of cards that have a new face.
    pub fn fresh(&mut self, lines: Vec<Line>) -> String {
        let mut out = String::new();
        for line in &lines {
            if self.seen.contains(line) {
                continue;
            }
            if let (Speaker::Countersign, LineBody::Message(message)) = (&line.from, &line.body) {
                out.push_str(&draw(message));
                out.push('\n');
            }
        }
        self.seen = lines;
        out
    }
}

/// A message as plain text. Control characters of outside text are taken out, so that a device name
/// cannot steer the terminal.
pub fn draw(message: &Message) -> String {
    let mut out = String::new();
    let mut choice_number = 0;
    for block in &message.blocks {
        // Writing into a String cannot fail.
        let _ = match block {
            Block::Title { text, .. } => writeln!(out, "== {text}"),
            Block::Text(text) => writeln!(out, "{text}"),
            Block::Fields(fields) => {
                let width =
                    fields.iter().map(|field| field.name.chars().count()).max().unwrap_or(0);
                for field in fields {
                    let mut lines = field.value.lines();
                    let _ = writeln!(
                        out,
                        "   {:width$}  {}",
                        field.name,
                        lines.next().unwrap_or_default()
                    );
                    for line in lines {
                        let _ = writeln!(out, "   {:width$}  {line}", "");
                    }
                }
                Ok(())
            }
            Block::Table { columns, rows, more } => table(&mut out, columns, rows, *more),
            Block::Code { text, cut } => {
                for line in text.lines() {
                    let _ = writeln!(out, "   | {line}");
                }
                if *cut > 0 { writeln!(out, "   | … {cut} more bytes") } else { Ok(()) }
            }
            Block::Progress { done, total, label } => writeln!(out, "   [{done}/{total}] {label}"),
            Block::Meter { label, percent, detail } => {
                let filled = usize::from(*percent.min(&100)) / 5;
                writeln!(
                    out,
                    "   {label} [{}{}] {percent} % {detail}",
                    "#".repeat(filled),
                    "-".repeat(20 - filled)
                )
            }
            Block::Note(text) => writeln!(out, "   ({text})"),
            Block::Link { label, url } => writeln!(out, "   {label}: {url}"),
            Block::Buttons(buttons) => {
                for button in buttons {
                    if let Action::Say { text } = &button.action {
                        let _ = writeln!(out, "   - {text}");
                    }
                }
                Ok(())
            }
            Block::Choices { options } => {
                for option in options {
                    choice_number += 1;
                    let detail = if option.detail.is_empty() {
                        String::new()
                    } else {
                        format!("  ({})", option.detail)
                    };
                    let _ = writeln!(out, "   {choice_number}. {}{detail}", option.label);
                }
                Ok(())
            }
        };
    }
    out.chars().filter(|c| *c == '\n' || !c.is_control()).collect()
}

fn table(
    out: &mut String,
    columns: &[String],
    rows: &[Vec<String>],
    more: usize,
) -> std::fmt::Result {
    let width = |index: usize| {
        let cells = rows.iter().filter_map(|row| row.get(index)).chain(columns.get(index));
        cells.map(|cell| cell.chars().count()).max().unwrap_or(0).min(48)
    };
    let line = |cells: &[String]| {
        let padded = cells
            .iter()
            .enumerate()
            .map(|(index, cell)| format!("{cell:width$}", width = width(index)));
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    writeln!(out, "   {}", line(columns))?;
    for row in rows {
        writeln!(out, "   {}", line(row))?;
    }
    if more > 0 { writeln!(out, "   … and {more} more") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use countersign::reply::Field;

    use super::*;

    #[test]
    fn outside_text_cannot_steer_the_terminal() {
        let message =
            Message::of("x", vec![Block::Fields(vec![Field::new("Where", "PC\u{1b}[2J\u{7}01")])]);
        assert_eq!(draw(&message), "   Where  PC[2J01\n");
    }
}
