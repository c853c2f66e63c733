//! From what people see, as values, to Block Kit. Pure.

mod blocks;
pub(crate) mod buttons;
pub(crate) mod details;
pub(crate) mod form;
pub(crate) mod home;
pub(crate) mod kit;
mod picture;
mod table;
pub(crate) mod text;

use countersign::reply::{Block, Message};
use slack_morphism::prelude::SlackBlock;

use self::kit::{BLOCKS_MAX, context};
pub(crate) use self::table::Tables;

/// The `text` beside the blocks: notifications, screen readers. Slack advises against more.
const FALLBACK_MAX: usize = 3_000;

/// All text of one message together; Slack refuses longer ones as `msg_blocks_too_long`.
const MESSAGE_CHARS_MAX: usize = 12_000;

/// A message as Slack takes it.
pub(crate) struct Drawn {
    pub(crate) text: String,
    pub(crate) blocks: Vec<SlackBlock>,
    /// Outputs that are too long for a block, and pictures; uploaded behind the message.
    pub(crate) files: Vec<File>,
}

/// A file for the thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) name: String,
    /// What a screen reader reads of a picture; the name of anything else.
    pub(crate) title: String,
    pub(crate) bytes: Vec<u8>,
}

/// Draws `message`; `editable`: the steps of its plan whose arguments a form can show.
pub(crate) fn draw(message: &Message, tables: Tables, editable: &[u32]) -> Drawn {
    let mut pen = blocks::Pen::new(tables, editable);
    for block in &message.blocks {
        pen.block(block);
    }
    if message.blocks.is_empty() {
        pen.block(&Block::Text(message.summary.clone()));
    }
    Drawn {
        text: text::escape_within(&plain_summary(message), FALLBACK_MAX),
        blocks: bounded(pen.blocks),
        files: pen.files.into_iter().chain(picture::of(message)).collect(),
    }
}

fn plain_summary(message: &Message) -> String {
    if message.summary.trim().is_empty() { "Countersign".into() } else { message.summary.clone() }
}

/// Keeps the beginning, and everything that can be clicked.
fn bounded(blocks: Vec<SlackBlock>) -> Vec<SlackBlock> {
    let size = |block: &SlackBlock| serde_json::to_string(block).map_or(0, |json| json.len());
    let fits = blocks.len() <= BLOCKS_MAX
        && blocks.iter().map(size).sum::<usize>() <= 2 * MESSAGE_CHARS_MAX;
    if fits {
        return blocks;
    }
    let clickable = |block: &SlackBlock| match block {
        SlackBlock::Actions(_) => true,
        SlackBlock::Section(section) => section.accessory.is_some(),
        _ => false,
    };
    let mut room =
        BLOCKS_MAX - 1 - blocks.iter().filter(|block| clickable(block)).count().min(BLOCKS_MAX - 1);
    let mut chars = 2 * MESSAGE_CHARS_MAX;
    let mut kept = Vec::with_capacity(BLOCKS_MAX);
    let mut said = false;
    for block in blocks {
        let keeps = clickable(&block) || (room > 0 && chars >= size(&block));
        if keeps && kept.len() < BLOCKS_MAX {
            if !clickable(&block) {
                room -= 1;
                chars -= size(&block);
            }
            kept.push(block);
        } else if !said && kept.len() < BLOCKS_MAX {
            kept.push(context("Something was left out here, the message is too long for Slack."));
            said = true;
        }
    }
    kept
}

/// The message as plain text, for when Slack takes no block of it.
pub(crate) fn as_text(message: &Message) -> String {
    let mut lines = vec![message.summary.clone()];
    for block in &message.blocks {
        match block {
            Block::Text(text) | Block::Note(text) => lines.push(text.clone()),
            Block::Fields(fields) => {
                lines.extend(fields.iter().map(|field| format!("{}: {}", field.name, field.value)));
            }
            Block::Table { columns, rows, .. } => {
                lines.push(columns.join(" | "));
                lines.extend(rows.iter().map(|row| row.join(" | ")));
            }
            Block::Code { text, .. } => lines.push(text.clone()),
            Block::Progress { done, total, label } => {
                lines.push(format!("{done} of {total}: {label}"))
            }
            Block::Meter { label, percent, detail } => {
                lines.push(format!("{label}: {percent} % {detail}"))
            }
            Block::Link { label, url } => lines.push(format!("{label}: {url}")),
            Block::Choices { options } => {
                lines.extend(options.iter().map(|it| format!("- {} {}", it.label, it.detail)));
            }
            Block::Title { .. } | Block::Buttons(_) => {}
        }
    }
    lines.dedup();
    text::escape_within(&lines.join("\n"), MESSAGE_CHARS_MAX)
}
