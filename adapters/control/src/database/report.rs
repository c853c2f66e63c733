//! What is in the file: rows and bytes by kind of event, how times are kept, what is old.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use sqlx::sqlite::SqliteConnection;
use sqlx::{AssertSqlSafe, Row as _};

use super::tables::{COMMANDS_AND_ANSWERS, Table, count, event_name, slice_end};
use super::times::{Kept, Moment, OLDER, SHOWN, kept, kept_sql};
use super::{Database, Step, Trouble};

#[derive(Debug, Clone, Serialize)]
pub struct Report {
    pub file_bytes: u64,
    /// Pages that are empty and would be given back by shrinking.
    pub free_bytes: u64,
    /// What counts as old.
    pub older_than_days: u32,
    pub tables: Vec<TableReport>,
}

#[derive(Debug, Clone, Serialize)]
pub struct TableReport {
    pub name: &'static str,
    /// How many rows keep their time in which way.
    pub times: BTreeMap<Kept, u64>,
    /// Most rows first.
    pub groups: Vec<Group>,
}

/// Events of one type.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Group {
    /// As the file spells it.
    pub event_type: String,
    pub name: Option<&'static str>,
    pub is_command_or_answer: bool,
    pub rows: u64,
    pub data_bytes: u64,
    pub older: u64,
    /// Hidden from pages already.
    pub soft_deleted: u64,
    /// Has another flag: may be queued and not delivered yet.
    pub flagged: u64,
    /// UTC.
    pub oldest: Option<String>,
    pub newest: Option<String>,
}

impl TableReport {
    /// Commands and answers together.
    pub fn commands_and_answers(&self) -> Group {
        let mut all = Group::default();
        for group in self.groups.iter().filter(|it| it.is_command_or_answer) {
            all.add(group);
        }
        all
    }
}

impl Group {
    fn add(&mut self, other: &Self) {
        self.rows += other.rows;
        self.data_bytes += other.data_bytes;
        self.older += other.older;
        self.soft_deleted += other.soft_deleted;
        self.flagged += other.flagged;
        let oldest = self.oldest.iter().chain(&other.oldest).min().cloned();
        let newest = self.newest.iter().chain(&other.newest).max().cloned();
        (self.oldest, self.newest) = (oldest, newest);
    }
}

impl Database {
    /// Reads only; the server may run.
    pub async fn report(
        &self,
        older_than_days: u32,
        now: Timestamp,
        mut progress: impl FnMut(Step),
    ) -> Result<Report, Trouble> {
        let mut connection = self.reader().await?;
        self.report_on(&mut connection, older_than_days, now, &mut progress).await
    }

    pub(super) async fn report_on(
        &self,
        connection: &mut SqliteConnection,
        older_than_days: u32,
        now: Timestamp,
        progress: &mut impl FnMut(Step),
    ) -> Result<Report, Trouble> {
        let explain = |error| self.explain(&error);
        let before = Moment::of(days_before(now, older_than_days));
        let mut tables = Vec::new();
        for table in &self.tables {
            tables.push(self.table(connection, *table, &before, progress).await?);
        }
        let pages: (i64, i64, i64) = sqlx::query_as(
            "SELECT p.page_count, f.freelist_count, s.page_size
             FROM pragma_page_count p, pragma_freelist_count f, pragma_page_size s",
        )
        .fetch_one(connection)
        .await
        .map_err(explain)?;
        Ok(Report {
            file_bytes: (pages.0 * pages.2).unsigned_abs(),
            free_bytes: (pages.1 * pages.2).unsigned_abs(),
            older_than_days,
            tables,
        })
    }

    async fn table(
        &self,
        connection: &mut SqliteConnection,
        table: Table,
        before: &Moment,
        progress: &mut impl FnMut(Step),
    ) -> Result<TableReport, Trouble> {
        let explain = |error| self.explain(&error);
        let total = count(connection, table).await.map_err(explain)?;
        let data = if table.has_data { "ifnull(octet_length(Data), 0)" } else { "0" };
        let attributes = if table.has_attributes { "ifnull(EventAttributes, 0)" } else { "0" };
        let sql = format!(
            "SELECT CAST(EventType AS TEXT) AS type, {kept} AS kept, {COMMANDS_AND_ANSWERS} AS ours,
                count(*) AS rows, sum({data}) AS bytes, sum({OLDER}) AS older,
                sum({attributes} = 1) AS soft_deleted, sum({attributes} NOT IN (0, 1)) AS flagged,
                min({SHOWN}) AS oldest, max({SHOWN}) AS newest
             FROM {name} WHERE rowid > ?3 AND rowid <= ?4 GROUP BY 1, 2, 3",
            kept = kept_sql(),
            name = table.name,
        );
        let mut times: BTreeMap<Kept, u64> = BTreeMap::new();
        let mut groups: BTreeMap<String, Group> = BTreeMap::new();
        let (mut after, mut done) = (i64::MIN, 0);
        while let Some(end) = slice_end(connection, table, after).await.map_err(explain)? {
            let rows = sqlx::query(AssertSqlSafe(sql.clone()))
                .bind(&before.text)
                .bind(before.ticks)
                .bind(after)
                .bind(end)
                .fetch_all(&mut *connection)
                .await
                .map_err(explain)?;
            for row in &rows {
                let (way, group) = self.group(table, row)?;
                done += group.rows;
                *times.entry(way).or_default() += group.rows;
                let known = groups.entry(group.event_type.clone()).or_insert_with(|| Group {
                    event_type: group.event_type.clone(),
                    name: event_name(&group.event_type),
                    is_command_or_answer: group.is_command_or_answer,
                    ..Group::default()
                });
                known.add(&group);
            }
            progress(Step { table: table.name, done, total });
            after = end;
        }
        let mut groups: Vec<Group> = groups.into_values().collect();
        groups.sort_by_key(|it| std::cmp::Reverse(it.rows));
        Ok(TableReport { name: table.name, times, groups })
    }

    fn group(&self, table: Table, row: &sqlx::sqlite::SqliteRow) -> Result<(Kept, Group), Trouble> {
        let explain = |error| self.explain(&error);
        let text = |column: &str| row.try_get::<Option<String>, _>(column).map_err(explain);
        let number =
            |column: &str| row.try_get::<i64, _>(column).map(i64::unsigned_abs).map_err(explain);
        let found = text("kept")?.unwrap_or_default();
        let Some(way) = kept(&found) else {
            return Err(Trouble::UnknownTimes { table: table.name, found });
        };
        let group = Group {
            event_type: text("type")?.unwrap_or_default(),
            name: None,
            is_command_or_answer: row.try_get::<Option<i64>, _>("ours").map_err(explain)?
                == Some(1),
            rows: number("rows")?,
            data_bytes: number("bytes")?,
            older: row
                .try_get::<Option<i64>, _>("older")
                .map_err(explain)?
                .unwrap_or(0)
                .unsigned_abs(),
            soft_deleted: number("soft_deleted")?,
            flagged: number("flagged")?,
            oldest: text("oldest")?,
            newest: text("newest")?,
        };
        Ok((way, group))
    }
}

pub(super) fn days_before(now: Timestamp, days: u32) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(i64::from(days) * 24)).unwrap_or(Timestamp::MIN)
}
