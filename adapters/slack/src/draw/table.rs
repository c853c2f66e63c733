//! Tables: Slack's own where it takes one, fixed width elsewhere.

use slack_morphism::prelude::*;

use super::kit::{SECTION_MAX, context, section};
use super::text::{escape, plain};

/// Slack's limits on a table.
const ROWS_MAX: usize = 100;
const COLUMNS_MAX: usize = 20;
/// All cells together; Slack names no figure, its messages as a whole have one.
const CHARS_MAX: usize = 8_000;
const CELL_MAX: usize = 300;

/// How tables are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tables {
    AsBlock,
    /// For workspaces that do not take the block, and for a second table in one message.
    AsText,
}

pub(super) fn draw(
    columns: &[String],
    rows: &[Vec<String>],
    more: usize,
    tables: Tables,
) -> Vec<SlackBlock> {
    if columns.is_empty() {
        return Vec::new();
    }
    let mut blocks = Vec::new();
    let shown = match tables {
        Tables::AsBlock => as_block(columns, rows, &mut blocks),
        Tables::AsText => as_text(columns, rows, &mut blocks),
    };
    let left = more + rows.len() - shown;
    if left > 0 {
        blocks.push(context(format!("and {}", countersign::words::count(left, "more row"))));
    }
    blocks
}

/// Gives the number of rows drawn, as the others do.
fn as_block(columns: &[String], rows: &[Vec<String>], blocks: &mut Vec<SlackBlock>) -> usize {
    let width = columns.len().min(COLUMNS_MAX);
    let mut chars = 0;
    let mut all: Vec<Vec<SlackTableCell>> = Vec::new();
    let cells = std::iter::once(columns).chain(rows.iter().map(Vec::as_slice));
    for row in cells.take(ROWS_MAX) {
        let texts: Vec<String> = (0..width)
            .map(|at| plain(row.get(at).map_or("", String::as_str), CELL_MAX).replace('\n', " "))
            .collect();
        chars += texts.iter().map(|text| text.chars().count()).sum::<usize>();
        if chars > CHARS_MAX {
            break;
        }
        all.push(texts.into_iter().map(SlackTableCell::from).collect());
    }
    let shown = all.len().saturating_sub(1);
    blocks.push(SlackTableBlock::new(all).into());
    shown
}

fn as_text(columns: &[String], rows: &[Vec<String>], blocks: &mut Vec<SlackBlock>) -> usize {
    let cell = |row: &[String], at: usize| {
        let text = row.get(at).map(String::as_str).unwrap_or_default();
        countersign::words::cut(&text.replace(['\n', '`'], " "), 40)
    };
    let widths: Vec<usize> = (0..columns.len())
        .map(|at| {
            let of = |row: &[String]| cell(row, at).chars().count();
            rows.iter().map(|row| of(row)).chain([of(columns)]).max().unwrap_or(0)
        })
        .collect();
    let line = |row: &[String]| {
        let cells =
            widths.iter().enumerate().map(|(at, width)| format!("{:<width$}", cell(row, at)));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut text = escape(&line(columns));
    let mut shown = 0;
    for row in rows {
        let next = escape(&line(row));
        if text.chars().count() + next.chars().count() > SECTION_MAX - 20 {
            break;
        }
        text.push('\n');
        text.push_str(&next);
        shown += 1;
    }
    blocks.push(section(format!("```\n{text}\n```")));
    shown
}
