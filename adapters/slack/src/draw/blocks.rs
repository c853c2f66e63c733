//! One block after the other.

use countersign::reply::{Block, Choice, Field, Tone};
use slack_morphism::prelude::*;

use super::File;
use super::buttons;
use super::kit::{
    FIELD_MAX, FIELDS_MAX, HEADER_MAX, SECTION_MAX, context, header, mrkdwn, section,
};
use super::table::{self, Tables};
use super::text::{escape, escape_within, pieces};

/// Output up to here stands in the message; longer output becomes a file with its beginning shown.
const CODE_SHOWN_MAX: usize = 2_900;
const CODE_BEGINNING_MAX: usize = 1_200;

/// A field up to here may stand beside another one.
const SHORT_FIELD_MAX: usize = 48;

/// Squares of a bar.
const BAR_LENGTH: u32 = 12;

/// Draws blocks into a message.
pub(super) struct Pen<'a> {
    pub(super) blocks: Vec<SlackBlock>,
    pub(super) files: Vec<File>,
    tables: Tables,
    editable: &'a [u32],
    buttons_drawn: usize,
}

impl<'a> Pen<'a> {
    pub(super) fn new(tables: Tables, editable: &'a [u32]) -> Self {
        Self { blocks: Vec::new(), files: Vec::new(), tables, editable, buttons_drawn: 0 }
    }

    pub(super) fn block(&mut self, block: &Block) {
        match block {
            Block::Title { text, tone } => self.title(text, *tone),
            Block::Text(text) => self.text(text),
            Block::Fields(fields) => self.fields(fields),
            Block::Table { columns, rows, more } => {
                // Slack takes one table per message.
                let has_one = self.blocks.iter().any(|it| matches!(it, SlackBlock::Table(_)));
                let tables = if has_one { Tables::AsText } else { self.tables };
                self.blocks.extend(table::draw(columns, rows, *more, tables));
            }
            Block::Code { text, cut } => self.code(text, *cut),
            Block::Progress { done, total, label } => {
                let total = (*total).max(1);
                let done = (*done).min(total);
                // The core's labels name the figures where they say something.
                let text = format!("{}  {}", bar(done, total), escape_within(label, 500));
                self.blocks.push(context(text.trim_end()));
            }
            Block::Meter { label, percent, detail } => {
                let percent = u32::from(*percent).min(100);
                let mark = match percent {
                    0..75 => "🟩",
                    75..90 => "🟨",
                    _ => "🟥",
                };
                let text = format!(
                    "{mark} *{}*  `{}` {percent} %  {}",
                    escape_within(label, 200),
                    bar(percent, 100),
                    escape_within(detail, 500)
                );
                self.blocks.push(section(text.trim_end()));
            }
            Block::Note(text) => {
                self.blocks.extend(pieces(text, FIELD_MAX).into_iter().map(context));
            }
            Block::Link { label, url } => self.blocks.push(section(link(label, url))),
            Block::Buttons(all) => {
                let drawn = buttons::rows(all, self.editable, self.buttons_drawn);
                self.buttons_drawn += all.len();
                self.blocks.extend(drawn);
            }
            Block::Choices { options } => self.choices(options),
        }
    }

    fn title(&mut self, text: &str, tone: Tone) {
        let mark = mark(tone);
        let text = if mark.is_empty() { text.to_owned() } else { format!("{mark} {text}") };
        // A title names the device, so it is never cut.
        if text.chars().count() < HEADER_MAX {
            self.blocks.push(header(&text));
        } else {
            self.blocks.extend(
                pieces(&text, SECTION_MAX - 2).into_iter().map(|it| section(format!("*{it}*"))),
            );
        }
    }

    fn text(&mut self, text: &str) {
        self.blocks.extend(pieces(text, SECTION_MAX).into_iter().map(section));
    }

    /// Short ones side by side, long ones below each other; the order stays.
    fn fields(&mut self, fields: &[Field]) {
        let is_short = |field: &Field| {
            field.value.chars().count() <= SHORT_FIELD_MAX && !field.value.contains('\n')
        };
        let mut rest = fields;
        while let [first, ..] = rest {
            let short = rest.iter().take_while(|field| is_short(field)).count().min(FIELDS_MAX);
            if short >= 2 {
                let texts = rest[..short].iter().map(|field| {
                    SlackBlockText::from(mrkdwn(format!(
                        "*{}*\n{}",
                        escape_within(&field.name, 200),
                        escape(&field.value)
                    )))
                });
                let texts = texts.collect::<Vec<_>>();
                self.blocks.push(SlackSectionBlock::new().with_fields(texts).into());
                rest = &rest[short..];
            } else {
                let name = escape_within(&first.name, 200);
                let value = if first.value.trim().is_empty() { "–" } else { &first.value };
                for (index, piece) in pieces(value, SECTION_MAX - 250).into_iter().enumerate() {
                    let text = if index == 0 { format!("*{name}*\n{piece}") } else { piece };
                    self.blocks.push(section(text));
                }
                rest = &rest[1..];
            }
        }
    }

    fn code(&mut self, text: &str, cut: usize) {
        let whole = fenced(text);
        if whole.chars().count() <= CODE_SHOWN_MAX {
            self.blocks.push(section(whole));
        } else {
            let name = match self.files.len() {
                0 => "output.txt".to_owned(),
                more => format!("output-{}.txt", more + 1),
            };
            let beginning: String = text.chars().take(CODE_BEGINNING_MAX).collect();
            self.blocks.push(section(fenced(beginning.trim_end())));
            self.blocks.push(context(format!("The whole output is in {name} below.")));
            self.files.push(File { title: name.clone(), name, bytes: text.as_bytes().to_vec() });
        }
        if cut > 0 {
            self.blocks.push(context(format!(
                "Cut here: {} not shown.",
                countersign::words::count(cut, "byte")
            )));
        }
    }

    fn choices(&mut self, options: &[Choice]) {
        for (index, option) in options.iter().enumerate() {
            let mut text = format!("*{}*", escape_within(&option.label, 500));
            if !option.detail.trim().is_empty() {
                text.push('\n');
                text.push_str(&escape_within(&option.detail, 1_500));
            }
            let mut block = SlackSectionBlock::new().with_text(mrkdwn(text).into());
            if let Some(button) = buttons::choice(option, index) {
                block = block.with_accessory(button.into());
            }
            self.blocks.push(block.into());
        }
    }
}

/// The tone for whom the colour says nothing.
fn mark(tone: Tone) -> &'static str {
    match tone {
        Tone::Plain => "",
        Tone::Waiting => "⏳",
        Tone::Busy => "🔄",
        Tone::Good => "✅",
        Tone::Bad => "❗",
        Tone::Ended => "⏹️",
    }
}

/// A piece of fixed width. A fence within the text would end it, so it is broken up.
fn fenced(text: &str) -> String {
    format!("```\n{}\n```", escape(text).replace("```", "`\u{200b}`\u{200b}`"))
}

fn bar(done: u32, total: u32) -> String {
    let full = done * BAR_LENGTH / total.max(1);
    let full = if done > 0 { full.max(1) } else { 0 };
    let repeated = |mark: &str, count: u32| mark.repeat(usize::try_from(count).unwrap_or(0));
    format!("{}{}", repeated("█", full), repeated("░", BAR_LENGTH - full))
}

/// Only http and https become links; anything else is shown and leads nowhere.
fn link(label: &str, url: &str) -> String {
    let url = url.trim();
    let lower = url.to_ascii_lowercase();
    let is_web = (lower.starts_with("https://") || lower.starts_with("http://"))
        && !url.contains(char::is_whitespace);
    let label = escape_within(&label.replace('|', "/"), 500);
    if is_web && url.len() <= 2_000 {
        let url =
            url.replace('<', "%3C").replace('>', "%3E").replace('|', "%7C").replace('&', "&amp;");
        format!("<{url}|{label}>")
    } else {
        format!("{label}: {}", escape_within(url, 2_000))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_cannot_smuggle_a_mention() {
        assert_eq!(
            link("T|1", "https://x.example/?a=1&b=<2>|"),
            "<https://x.example/?a=1&amp;b=%3C2%3E%7C|T/1>"
        );
        assert_eq!(link("go", "javascript:alert(1)"), "go: javascript:alert(1)");
        assert_eq!(
            link("go", "https://x.example/ <!channel>"),
            "go: https://x.example/ &lt;!channel&gt;"
        );
    }

    #[test]
    fn a_fence_inside_output_does_not_end_it() {
        let drawn = fenced("a\n```\n<!channel>");
        assert_eq!(drawn.matches("```").count(), 2);
        assert!(!drawn.contains("<!"));
    }

    #[test]
    fn bars_show_a_beginning_and_an_end() {
        assert_eq!(bar(0, 3), "░".repeat(12));
        assert_eq!(bar(1, 1_000), format!("█{}", "░".repeat(11)));
        assert_eq!(bar(3, 3), "█".repeat(12));
    }
}
