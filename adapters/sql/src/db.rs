//! One body for two databases.
//!
//! Every column is text or a 64-bit integer and every parameter is `$1`, `$2` …, so a statement is
//! written once and both drivers take it. What differs is kept here: how a transaction begins and how
//! rows are claimed. The number of parameters is checked, because SQLite takes a missing one for NULL.
//!
//! What the writer asks often has `LIMIT 0 + $n`: SQLite plans by a limit that stands alone, and so prepares
//! the statement anew whenever it is bound.

use std::borrow::Cow;

use futures::TryStreamExt;
use serde::Serialize;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{
    AssertSqlSafe, PgPool, Postgres, Row as _, SqlSafeStr, SqlStr, Sqlite, SqlitePool, Transaction,
};

use crate::direct::{Copied, Direct};
use crate::fault::{Fault, Result};
use crate::group::{Work, Writer};

pub(crate) enum Db {
    /// `writer` has the one connection that writes: writes queue and never meet a locked file, save another
    /// process's.
    Sqlite {
        writer: Writer,
        reader: SqlitePool,
    },
    Postgres(PgPool),
}

pub(crate) enum Tx {
    /// One that reads.
    Sqlite(Transaction<'static, Sqlite>),
    /// One of the writer's, which begins and ends it.
    Writer(Direct),
    Postgres(Transaction<'static, Postgres>),
}

pub(crate) enum Row {
    Sqlite(SqliteRow),
    Copied(Copied),
    Postgres(PgRow),
}

/// A parameter of a statement.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(crate) enum Arg<'a> {
    Text(Option<Cow<'a, str>>),
    Int(Option<i64>),
}

impl Arg<'_> {
    fn to_owned(&self) -> Arg<'static> {
        match self {
            Self::Text(text) => Arg::Text(text.as_ref().map(|it| Cow::Owned(it.to_string()))),
            Self::Int(number) => Arg::Int(*number),
        }
    }
}

/// `args![id, version]`: parameters in the order of their numbers.
macro_rules! args {
    ($($value:expr),* $(,)?) => { [$($crate::db::Arg::from($value)),*] };
}
pub(crate) use args;

impl<'a> From<&'a str> for Arg<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(without_nul(text)))
    }
}

impl<'a> From<&'a String> for Arg<'a> {
    fn from(text: &'a String) -> Self {
        Self::from(text.as_str())
    }
}

impl<'a> From<Option<&'a str>> for Arg<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::Text(text.map(without_nul))
    }
}

impl<'a> From<&'a Option<String>> for Arg<'a> {
    fn from(text: &'a Option<String>) -> Self {
        Self::from(text.as_deref())
    }
}

impl From<String> for Arg<'_> {
    fn from(text: String) -> Self {
        Self::Text(Some(Cow::Owned(without_nul(&text).into_owned())))
    }
}

impl From<i64> for Arg<'_> {
    fn from(number: i64) -> Self {
        Self::Int(Some(number))
    }
}

impl From<Option<i64>> for Arg<'_> {
    fn from(number: Option<i64>) -> Self {
        Self::Int(number)
    }
}

/// Postgres refuses NUL in text, and outside text may hold one; JSON escapes it already.
pub(crate) fn without_nul(text: &str) -> Cow<'_, str> {
    if text.contains('\0') {
        Cow::Owned(text.replace('\0', "\u{fffd}"))
    } else {
        Cow::Borrowed(text)
    }
}

macro_rules! bound {
    ($sql:expr, $args:expr) => {{
        let mut query = sqlx::query($sql);
        for arg in $args {
            query = match arg {
                Arg::Text(text) => query.bind(text.as_deref()),
                Arg::Int(number) => query.bind(*number),
            };
        }
        query
    }};
}

impl Db {
    /// Does `work` in a transaction and answers when it is durable. When it fails, nothing of it happened.
    pub(crate) async fn write<T: Send + 'static>(&self, work: impl Work<T>) -> Result<T> {
        match self {
            Self::Sqlite { writer, .. } => writer.write(work).await,
            Self::Postgres(pool) => {
                let mut tx = Tx::Postgres(pool.begin().await?);
                match work(&mut tx).await {
                    Ok(value) => tx.commit().await.map(|()| value),
                    Err(fault) => {
                        // The fault is the news; a rollback that fails too is undone with its connection.
                        let _ = tx.rollback().await;
                        Err(fault)
                    }
                }
            }
        }
    }

    /// Several reads as of one moment.
    pub(crate) async fn snapshot(&self) -> Result<Tx> {
        Ok(match self {
            Self::Sqlite { reader, .. } => Tx::Sqlite(reader.begin().await?),
            Self::Postgres(pool) => Tx::Postgres(
                pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?,
            ),
        })
    }

    pub(crate) async fn rows(&self, sql: impl SqlSafeStr, args: &[Arg<'_>]) -> Result<Vec<Row>> {
        let sql = checked(sql, args)?;
        Ok(match self {
            Self::Sqlite { reader, .. } => {
                let rows = bound!(sql, args).fetch_all(reader).await?;
                rows.into_iter().map(Row::Sqlite).collect()
            }
            Self::Postgres(pool) => {
                let rows = bound!(sql, args).fetch_all(pool).await?;
                rows.into_iter().map(Row::Postgres).collect()
            }
        })
    }

    pub(crate) async fn row(&self, sql: &'static str, args: &[Arg<'_>]) -> Result<Option<Row>> {
        let sql = checked(sql, args)?;
        Ok(match self {
            Self::Sqlite { reader, .. } => {
                bound!(sql, args).fetch_optional(reader).await?.map(Row::Sqlite)
            }
            Self::Postgres(pool) => {
                bound!(sql, args).fetch_optional(pool).await?.map(Row::Postgres)
            }
        })
    }

    /// One statement that writes; the number of rows it changed.
    pub(crate) async fn execute(&self, sql: &'static str, args: &[Arg<'_>]) -> Result<u64> {
        match self {
            Self::Sqlite { writer, .. } => {
                let args: Vec<Arg<'static>> = args.iter().map(Arg::to_owned).collect();
                writer.write(move |tx| Box::pin(async move { tx.execute(sql, &args).await })).await
            }
            Self::Postgres(pool) => {
                let sql = checked(sql, args)?;
                Ok(bound!(sql, args).execute(pool).await?.rows_affected())
            }
        }
    }
}

impl Tx {
    /// The number of rows changed.
    pub(crate) async fn execute(&mut self, sql: impl SqlSafeStr, args: &[Arg<'_>]) -> Result<u64> {
        let sql = checked(sql, args)?;
        Ok(match self {
            Self::Sqlite(it) => bound!(sql, args).execute(&mut **it).await?.rows_affected(),
            Self::Writer(it) => it.execute(sql.as_str(), args)?,
            Self::Postgres(it) => bound!(sql, args).execute(&mut **it).await?.rows_affected(),
        })
    }

    pub(crate) async fn row(
        &mut self,
        sql: impl SqlSafeStr,
        args: &[Arg<'_>],
    ) -> Result<Option<Row>> {
        Ok(self.rows(sql, args).await?.into_iter().next())
    }

    pub(crate) async fn rows(
        &mut self,
        sql: impl SqlSafeStr,
        args: &[Arg<'_>],
    ) -> Result<Vec<Row>> {
        let mut all = Vec::new();
        self.each(sql, args, |row| {
            all.push(row);
            Ok(())
        })
        .await?;
        Ok(all)
    }

    /// Hands rows over one by one, so that a hundred thousand need no list in between.
    pub(crate) async fn each(
        &mut self,
        sql: impl SqlSafeStr,
        args: &[Arg<'_>],
        mut take: impl FnMut(Row) -> Result<()>,
    ) -> Result<()> {
        let sql = checked(sql, args)?;
        match self {
            Self::Sqlite(it) => {
                let mut rows = bound!(sql, args).fetch(&mut **it);
                while let Some(row) = rows.try_next().await? {
                    take(Row::Sqlite(row))?;
                }
            }
            Self::Writer(it) => it.each(sql.as_str(), args, take)?,
            Self::Postgres(it) => {
                let mut rows = bound!(sql, args).fetch(&mut **it);
                while let Some(row) = rows.try_next().await? {
                    take(Row::Postgres(row))?;
                }
            }
        }
        Ok(())
    }

    /// Rows of a `select` that ends in `LIMIT`, locked against other workers, who skip them. `table` is the
    /// alias to lock. On SQLite the transaction itself is the lock.
    pub(crate) async fn rows_claimed(
        &mut self,
        select: &'static str,
        table: &'static str,
        args: &[Arg<'_>],
    ) -> Result<Vec<Row>> {
        match self {
            Self::Sqlite(_) | Self::Writer(_) => self.rows(select, args).await,
            Self::Postgres(_) => {
                let sql = format!("{select} FOR NO KEY UPDATE OF {table} SKIP LOCKED");
                self.rows(AssertSqlSafe(sql), args).await
            }
        }
    }

    /// Waits until no other transaction is at what `number` stands for, and keeps the others waiting until this one
    /// ends. On SQLite one transaction writes at a time anyway.
    pub(crate) async fn alone(&mut self, number: i64) -> Result<()> {
        match self {
            Self::Sqlite(_) | Self::Writer(_) => {}
            Self::Postgres(_) => {
                self.execute("SELECT pg_advisory_xact_lock($1)", &args![number]).await?;
            }
        }
        Ok(())
    }

    /// Upserts many rows of `width` values each, in as few statements as their size allows. `head` ends in
    /// `VALUES`, `tail` says what happens to rows that exist.
    pub(crate) async fn upsert(
        &mut self,
        head: &'static str,
        width: usize,
        tail: &'static str,
        values: &[Arg<'_>],
    ) -> Result<()> {
        for chunk in values.chunks(width * self.rows_per_statement()) {
            let sql = format!("{head} {} {tail}", groups(chunk.len() / width, width, 1));
            self.execute(AssertSqlSafe(sql), chunk).await?;
        }
        Ok(())
    }

    /// Full statements repeat, so each driver prepares them once. SQLite looks the names of parameters up
    /// one by one, so long statements cost it more than many; Postgres pays for each way there and back.
    pub(crate) fn rows_per_statement(&self) -> usize {
        match self {
            Self::Sqlite(_) | Self::Writer(_) => 20,
            Self::Postgres(_) => 200,
        }
    }

    pub(crate) async fn commit(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Writer(_) => return Err(of_the_writer()),
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }

    /// Undoes it now. Dropped, a transaction is undone a moment later, and until then its rows are locked:
    /// whoever claims would skip them.
    pub(crate) async fn rollback(self) -> Result<()> {
        match self {
            Self::Sqlite(tx) => tx.rollback().await?,
            Self::Writer(_) => return Err(of_the_writer()),
            Self::Postgres(tx) => tx.rollback().await?,
        }
        Ok(())
    }
}

/// `($1, $2), ($3, $4)`: `count` groups of `width`, numbered from `first`.
pub(crate) fn groups(count: usize, width: usize, first: usize) -> String {
    let mut text = String::with_capacity(count * width * 6);
    let mut number = first;
    for row in 0..count {
        text.push_str(if row == 0 { "(" } else { ", (" });
        for column in 0..width {
            if column > 0 {
                text.push_str(", ");
            }
            text.push('$');
            text.push_str(&number.to_string());
            number += 1;
        }
        text.push(')');
    }
    text
}

impl Row {
    pub(crate) fn text(&self, column: &str) -> Result<String> {
        self.str(column).map(str::to_owned)
    }

    pub(crate) fn str(&self, column: &str) -> Result<&str> {
        self.opt_str(column)?.ok_or_else(|| missing(column))
    }

    pub(crate) fn opt_text(&self, column: &str) -> Result<Option<String>> {
        Ok(self.opt_str(column)?.map(str::to_owned))
    }

    pub(crate) fn opt_str(&self, column: &str) -> Result<Option<&str>> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
            Self::Copied(row) => row.opt_str(column)?,
        })
    }

    pub(crate) fn int(&self, column: &str) -> Result<i64> {
        self.opt_int(column)?.ok_or_else(|| missing(column))
    }

    pub(crate) fn opt_int(&self, column: &str) -> Result<Option<i64>> {
        Ok(match self {
            Self::Sqlite(row) => row.try_get(column)?,
            Self::Postgres(row) => row.try_get(column)?,
            Self::Copied(row) => row.opt_int(column)?,
        })
    }
}

fn of_the_writer() -> Fault {
    Fault::Impossible("the writer ends its transactions itself".into())
}

pub(crate) fn missing(column: &str) -> Fault {
    sqlx::Error::ColumnNotFound(column.to_owned()).into()
}

/// The statement, if it wants exactly as many parameters as there are.
fn checked(sql: impl SqlSafeStr, args: &[Arg<'_>]) -> Result<SqlStr> {
    let sql = sql.into_sql_str();
    let wanted = parameters(sql.as_str());
    if wanted != args.len() {
        let text = format!("{wanted} parameters wanted, {} given: {}", args.len(), sql.as_str());
        return Err(sqlx::Error::Protocol(text).into());
    }
    Ok(sql)
}

/// The highest `$n` of a statement.
fn parameters(sql: &str) -> usize {
    let numbers = sql.split('$').skip(1).map(|rest| {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        rest[..digits].parse().unwrap_or(0)
    });
    numbers.max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_counted() {
        for (sql, wanted) in [
            ("SELECT 1", 0),
            ("SELECT $1", 1),
            ("UPDATE t SET a = $2 WHERE b = $1 AND c > $1", 2),
            ("VALUES ($1, $2, $10)", 10),
        ] {
            assert_eq!(parameters(sql), wanted, "{sql}");
        }
    }

    #[test]
    fn groups_are_numbered_on() {
        assert_eq!(groups(2, 2, 1), "($1, $2), ($3, $4)");
        assert_eq!(groups(1, 3, 5), "($5, $6, $7)");
    }

    #[test]
    fn a_missing_parameter_is_an_error() {
        let fault = checked("SELECT $1, $2", &args!["one"]).unwrap_err();
        assert!(format!("{fault:?}").contains("2 parameters wanted, 1 given"), "{fault:?}");
    }
}
