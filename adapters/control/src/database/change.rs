//! Soft deletion and purge: commands and answers only, never notes, connections or anything else.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Serialize;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Connection as _, Row as _};

use super::report::{Report, days_before};
use super::tables::{COMMANDS_AND_ANSWERS, Table, count, slice_end};
use super::times::{Moment, OLDER};
use super::{Database, Trouble};

/// How far one pass is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    pub table: &'static str,
    pub done: u64,
    pub total: u64,
}

/// What is to be done to commands and answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Hidden from pages, which makes them fast again; the file stays as large. Rows with another flag are
    /// left alone: they may be queued for a machine that is offline.
    SoftDelete,
    Purge,
}

#[derive(Debug, Clone)]
pub struct Options {
    pub change: Change,
    /// What is younger stays.
    pub older_than_days: u32,
    /// Even if that is every row.
    pub even_all: bool,
    /// Where the copy of before goes.
    pub backup: PathBuf,
    /// Gives the freed space back to the disk.
    pub shrink: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct Changed {
    /// By table.
    pub rows: Vec<(&'static str, u64)>,
    pub backup: PathBuf,
    pub before: Report,
    pub after: Report,
}

impl Database {
    /// What [`Database::apply`] would find, or why it would refuse. Changes nothing; the server may run.
    pub async fn preview(
        &self,
        options: &Options,
        now: Timestamp,
        progress: impl FnMut(Step),
    ) -> Result<Report, Trouble> {
        let report = self.report(options.older_than_days, now, progress).await?;
        refuse_everything(&report, options)?;
        Ok(report)
    }

    /// Backs the file up, then changes it slice by slice. Killed in between, it leaves a file that is whole,
    /// and the same command goes on.
    pub async fn apply(
        &self,
        options: &Options,
        now: Timestamp,
        mut progress: impl FnMut(Step),
    ) -> Result<Changed, Trouble> {
        let mut connection = self.writer().await?;
        let changed = self.apply_on(&mut connection, options, now, &mut progress).await;
        // Not only dropped: the end of a connection removes the journal beside the file.
        let closed = connection.close().await;
        let changed = changed?;
        closed.map_err(|error| self.explain(&error))?;
        Ok(changed)
    }

    async fn apply_on(
        &self,
        connection: &mut SqliteConnection,
        options: &Options,
        now: Timestamp,
        progress: &mut impl FnMut(Step),
    ) -> Result<Changed, Trouble> {
        self.check(connection, "PRAGMA quick_check(1)").await?;
        let days = options.older_than_days;
        let before = self.report_on(connection, days, now, progress).await?;
        refuse_everything(&before, options)?;
        self.back_up(connection, &options.backup).await?;
        let limit = Moment::of(days_before(now, days));
        let mut rows = Vec::new();
        for table in &self.tables {
            let changed = match statement(*table, options.change) {
                Some(sql) => self.slices(connection, *table, &sql, &limit, progress).await?,
                None => 0,
            };
            rows.push((table.name, changed));
        }
        if options.shrink {
            self.run(connection, "VACUUM").await?;
        }
        self.check(connection, "PRAGMA integrity_check(1)").await?;
        let after = self.report_on(connection, days, now, &mut |_| {}).await?;
        Ok(Changed { rows, backup: options.backup.clone(), before, after })
    }

    async fn slices(
        &self,
        connection: &mut SqliteConnection,
        table: Table,
        sql: &str,
        limit: &Moment,
        progress: &mut impl FnMut(Step),
    ) -> Result<u64, Trouble> {
        let explain = |error| self.explain(&error);
        let total = count(connection, table).await.map_err(explain)?;
        let (mut after, mut done, mut changed) = (i64::MIN, 0, 0);
        while let Some(end) = slice_end(connection, table, after).await.map_err(explain)? {
            let result = sqlx::query(AssertSqlSafe(sql.to_owned()))
                .bind(&limit.text)
                .bind(limit.ticks)
                .bind(after)
                .bind(end)
                .execute(&mut *connection)
                .await
                .map_err(explain)?;
            changed += result.rows_affected();
            done += super::tables::SLICE_ROWS.unsigned_abs();
            progress(Step { table: table.name, done: done.min(total), total });
            after = end;
        }
        Ok(changed)
    }

    /// A copy that is whole, whatever the log beside the file holds.
    async fn back_up(
        &self,
        connection: &mut SqliteConnection,
        backup: &Path,
    ) -> Result<(), Trouble> {
        if backup.exists() {
            return Err(Trouble::BackupExists { path: backup.to_owned() });
        }
        let no_backup = |detail: String| Trouble::NoBackup { path: backup.to_owned(), detail };
        let Some(name) = backup.to_str() else {
            return Err(no_backup("its name is not text".into()));
        };
        let copied = sqlx::query("VACUUM INTO ?").bind(name).execute(connection).await;
        if let Err(error) = copied {
            // Half a copy must not pass for one.
            let _ = std::fs::remove_file(backup);
            return Err(no_backup(error.to_string()));
        }
        Ok(())
    }

    async fn check(
        &self,
        connection: &mut SqliteConnection,
        sql: &'static str,
    ) -> Result<(), Trouble> {
        let row = sqlx::query(sql).fetch_one(connection).await;
        let verdict = row.and_then(|row| row.try_get::<String, _>(0));
        match verdict.map_err(|error| self.explain(&error))? {
            verdict if verdict == "ok" => Ok(()),
            detail => Err(Trouble::Damaged { path: self.path.clone(), detail }),
        }
    }
}

/// `None`: this table cannot hold it.
fn statement(table: Table, change: Change) -> Option<String> {
    let name = table.name;
    let which = format!("rowid > ?3 AND rowid <= ?4 AND {COMMANDS_AND_ANSWERS} AND {OLDER}");
    match change {
        Change::Purge => Some(format!("DELETE FROM {name} WHERE {which}")),
        Change::SoftDelete => table.has_attributes.then(|| {
            format!("UPDATE {name} SET EventAttributes = 1 WHERE {which} AND ifnull(EventAttributes, 0) = 0")
        }),
    }
}

fn refuse_everything(report: &Report, options: &Options) -> Result<(), Trouble> {
    if options.even_all {
        return Ok(());
    }
    for table in &report.tables {
        let all = table.commands_and_answers();
        if all.rows > 0 && all.older == all.rows {
            return Err(Trouble::Everything {
                table: table.name,
                rows: all.rows,
                days: options.older_than_days,
                newest: all.newest.unwrap_or_default(),
            });
        }
    }
    Ok(())
}
