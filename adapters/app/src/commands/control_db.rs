//! `countersign control-db`: the care of a self-hosted Control server's `Session.db`.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use countersign_control::database::{
    Change, Changed, Database, Group, Options, Report, Step, TableReport, Trouble as Refused,
};
use indicatif::ProgressBar;
use jiff::Timestamp;
use serde_json::json;

use super::{Outcome, Trouble, print, print_json, unusable};
use crate::cli::{ControlDbArgs, ControlDbChange, ControlDbCommand, DONE, NOT_DONE};
use crate::progress;

/// What Control's own maintenance plan keeps, as its makers advise.
const REPORT_DAYS: u32 = 7;
const PURGE_DAYS: u32 = 7;

/// Younger rows may still be on somebody's screen.
const SOFT_DELETE_DAYS: u32 = 1;

pub(super) async fn run(command: ControlDbCommand) -> Outcome {
    match command {
        ControlDbCommand::Report(file) => report(file).await,
        ControlDbCommand::SoftDelete { file, change } => {
            alter(file, change, Change::SoftDelete, false).await
        }
        ControlDbCommand::Purge { file, change, shrink } => {
            alter(file, change, Change::Purge, shrink).await
        }
    }
}

async fn report(file: ControlDbArgs) -> Outcome {
    let database = Database::open(&file.path).await.map_err(unusable)?;
    let bar = progress::bar(file.json);
    let days = file.older_than.unwrap_or(REPORT_DAYS);
    let report = database.report(days, Timestamp::now(), steps(&bar)).await;
    bar.finish_and_clear();
    let report = report.map_err(unusable)?;
    if file.json {
        print_json(&serde_json::to_value(&report)?)?;
    } else {
        print(&drawn(&report))?;
        print(ADVICE)?;
    }
    Ok(DONE)
}

async fn alter(
    file: ControlDbArgs,
    change: ControlDbChange,
    what: Change,
    shrink: bool,
) -> Outcome {
    let now = Timestamp::now();
    let default_days = if what == Change::Purge { PURGE_DAYS } else { SOFT_DELETE_DAYS };
    let options = Options {
        change: what,
        older_than_days: file.older_than.unwrap_or(default_days),
        even_all: change.even_all,
        backup: change.backup.unwrap_or_else(|| backup_beside(&file.path, now)),
        shrink,
    };
    let database = Database::open(&file.path).await.map_err(unusable)?;
    let bar = progress::bar(file.json);
    if change.apply {
        let changed = database.apply(&options, now, steps(&bar)).await;
        bar.finish_and_clear();
        let changed = changed.map_err(refused)?;
        return if file.json {
            print_json(&serde_json::to_value(&changed)?)?;
            Ok(DONE)
        } else {
            print(&told(&changed, what))?;
            Ok(DONE)
        };
    }
    let report = database.preview(&options, now, steps(&bar)).await;
    bar.finish_and_clear();
    let report = report.map_err(refused)?;
    if file.json {
        print_json(&json!({ "applied": false, "report": report }))?;
    } else {
        print(&planned(&report, &options))?;
    }
    Ok(DONE)
}

fn refused(refused: Refused) -> Trouble {
    match refused {
        Refused::InUse { .. } | Refused::Everything { .. } => {
            Trouble { code: NOT_DONE, error: refused.into() }
        }
        other => unusable(other),
    }
}

fn steps(bar: &ProgressBar) -> impl FnMut(Step) {
    let bar = bar.clone();
    move |step| {
        bar.set_length(step.total);
        bar.set_position(step.done);
        bar.set_message(step.table);
    }
}

/// `Session.db.before-20261125-101500`
fn backup_beside(path: &Path, now: Timestamp) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(now.strftime(".before-%Y%m%d-%H%M%S").to_string());
    name.into()
}

fn planned(report: &Report, options: &Options) -> String {
    let verb = if options.change == Change::Purge { "deleted" } else { "hidden" };
    let mut text = drawn(report);
    for table in &report.tables {
        let found = table.commands_and_answers();
        // Writing into a String cannot fail.
        let _ = writeln!(
            text,
            "{}: {} of {} commands and answers are older than {} and would be {verb}.",
            table.name,
            grouped(found.older),
            grouped(found.rows),
            days(report.older_than_days),
        );
    }
    text.push_str(
        "\nNothing was changed. To do it: stop the four ScreenConnect services, then say the same with --apply.\n",
    );
    text
}

fn told(changed: &Changed, what: Change) -> String {
    let verb = if what == Change::Purge { "deleted" } else { "hidden" };
    let mut text = String::new();
    for (table, rows) in &changed.rows {
        let _ = writeln!(text, "{table}: {} rows {verb}", grouped(*rows));
    }
    let (before, after) = (changed.before.file_bytes, changed.after.file_bytes);
    let _ = writeln!(
        text,
        "File: {} before, {} now, {} of it free. The file is whole (integrity check).",
        bytes(before),
        bytes(after),
        bytes(changed.after.free_bytes)
    );
    let _ = writeln!(text, "The state before is in {}", changed.backup.display());
    text
}

fn drawn(report: &Report) -> String {
    let mut text = format!(
        "{} in the file, {} of it free\n",
        bytes(report.file_bytes),
        bytes(report.free_bytes)
    );
    for table in &report.tables {
        draw_table(&mut text, table, report.older_than_days);
    }
    text.push('\n');
    text
}

fn draw_table(text: &mut String, table: &TableReport, older_than_days: u32) {
    let kept: Vec<String> = table
        .times
        .iter()
        .map(|(kept, rows)| format!("{} in {}", kept.label(), grouped(*rows)))
        .collect();
    let kept = if kept.is_empty() { "no rows".to_owned() } else { kept.join(", ") };
    let _ = writeln!(text, "\n{}: times kept as {kept}", table.name);
    let _ = writeln!(
        text,
        "  {:<24} {:>12} {:>10} {:>14} {:>9} {:>9}  oldest to newest (UTC)",
        "event",
        "rows",
        "data",
        format!("over {older_than_days} d"),
        "hidden",
        "flagged"
    );
    for group in &table.groups {
        let _ = writeln!(
            text,
            "  {:<24} {:>12} {:>10} {:>14} {:>9} {:>9}  {}",
            named(group),
            grouped(group.rows),
            bytes(group.data_bytes),
            grouped(group.older),
            grouped(group.soft_deleted),
            grouped(group.flagged),
            span(group)
        );
    }
}

fn named(group: &Group) -> String {
    // From the file, so its letters may be anything.
    let number: String = group.event_type.chars().filter(|it| !it.is_control()).take(12).collect();
    match group.name {
        Some(name) => format!("{number} {name}"),
        None => number,
    }
}

fn span(group: &Group) -> String {
    match (&group.oldest, &group.newest) {
        (Some(oldest), Some(newest)) => format!("{oldest} to {newest}"),
        _ => String::new(),
    }
}

fn days(days: u32) -> String {
    if days == 1 { "1 day".into() } else { format!("{days} days") }
}

fn grouped(number: u64) -> String {
    indicatif::HumanCount(number).to_string()
}

fn bytes(bytes: u64) -> String {
    indicatif::HumanBytes(bytes).to_string()
}

const ADVICE: &str = "\
So that it stays small, let the server do it: Administration, Database, maintenance plan, each day, with
  1. Access sessions: purge session activity older than 7 days, all events except AddedNote
  2. Access sessions: purge session connections older than 7 days, Host and Guest
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backup_lies_beside_the_file_and_tells_when() {
        let at = "2026-11-25T10:15:00Z".parse().unwrap();
        let path = backup_beside(Path::new("App_Data/Session.db"), at);
        assert_eq!(path, Path::new("App_Data/Session.db.before-20261125-101500"));
    }
}
