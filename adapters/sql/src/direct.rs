//! SQLite on the thread that uses it.
//!
//! The pool gives each statement to a thread of its own and wakes whoever waits for each row of it, which
//! costs more than the statement. The writer has a thread anyway, so it calls SQLite there.

use std::path::Path;
use std::sync::Arc;

use rusqlite::types::{ToSql, ToSqlOutput, Value, ValueRef};
use rusqlite::{Connection, OpenFlags, Statement};

use crate::db::{Arg, Row, missing};
use crate::fault::Result;
use crate::sqlite::{BUSY, JOURNAL_BYTES_MAX};

/// Statements that are kept prepared; there are fewer.
const STATEMENTS_MAX: usize = 256;

pub(crate) struct Direct(Connection);

/// A row that was copied out.
pub(crate) struct Copied {
    columns: Arc<[String]>,
    values: Vec<Value>,
}

impl Direct {
    /// Opens a file that was made already.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(path, flags)?;
        connection.busy_timeout(BUSY)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "trusted_schema", false)?;
        connection.pragma_update(None, "journal_size_limit", JOURNAL_BYTES_MAX)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        Ok(Self(connection))
    }

    /// The number of rows changed.
    pub(crate) fn execute(&self, sql: &str, args: &[Arg<'_>]) -> Result<u64> {
        let mut statement = self.0.prepare_cached(sql)?;
        bind(&mut statement, args)?;
        Ok(statement.raw_execute()? as u64)
    }

    pub(crate) fn each(
        &self,
        sql: &str,
        args: &[Arg<'_>],
        mut take: impl FnMut(Row) -> Result<()>,
    ) -> Result<()> {
        let mut statement = self.0.prepare_cached(sql)?;
        bind(&mut statement, args)?;
        let columns: Arc<[String]> =
            statement.column_names().into_iter().map(str::to_owned).collect();
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next()? {
            let mut values = Vec::with_capacity(columns.len());
            for place in 0..columns.len() {
                values.push(row.get(place)?);
            }
            take(Row::Copied(Copied { columns: Arc::clone(&columns), values }))?;
        }
        Ok(())
    }
}

/// SQLite numbers `$2` by where it stands, not by its name.
fn bind(statement: &mut Statement<'_>, args: &[Arg<'_>]) -> Result<()> {
    for place in 1..=statement.parameter_count() {
        let name = statement.parameter_name(place).unwrap_or_default();
        let number: usize = name.trim_start_matches('$').parse().unwrap_or(place);
        let arg = number.checked_sub(1).and_then(|it| args.get(it)).ok_or_else(|| missing(name))?;
        statement.raw_bind_parameter(place, arg)?;
    }
    Ok(())
}

impl ToSql for Arg<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
            Self::Int(Some(number)) => ValueRef::Integer(*number),
            Self::Text(None) | Self::Int(None) => ValueRef::Null,
        }))
    }
}

impl Copied {
    pub(crate) fn opt_str(&self, column: &str) -> Result<Option<&str>> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            _ => Err(missing(column)),
        }
    }

    pub(crate) fn opt_int(&self, column: &str) -> Result<Option<i64>> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Integer(number) => Ok(Some(*number)),
            _ => Err(missing(column)),
        }
    }

    fn value(&self, column: &str) -> Result<&Value> {
        let place = self.columns.iter().position(|it| it == column);
        place.and_then(|it| self.values.get(it)).ok_or_else(|| missing(column))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::args;

    #[test]
    fn what_is_committed_is_on_the_disk_and_keys_are_checked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.db");
        Connection::open(&path).unwrap();
        let direct = Direct::open(&path).unwrap();
        let asked = |pragma: &str| -> i64 {
            direct.0.pragma_query_value(None, pragma, |row| row.get(0)).unwrap()
        };
        let full = 2;
        assert_eq!(
            (asked("synchronous"), asked("foreign_keys"), asked("trusted_schema")),
            (full, 1, 0)
        );
    }

    #[test]
    fn parameters_go_by_their_numbers_not_by_their_places() {
        let direct = Direct(Connection::open_in_memory().unwrap());
        let sql = "SELECT $2 AS b, $1 AS a, $2 || $1 AS c, $3 AS missing";
        let mut rows = Vec::new();
        let args = args!["one", 2_i64, None::<i64>];
        let take = |row| {
            rows.push(row);
            Ok(())
        };
        direct.each(sql, &args, take).unwrap();
        let row = rows.remove(0);
        assert_eq!((row.str("a").unwrap(), row.int("b").unwrap()), ("one", 2));
        assert_eq!((row.str("c").unwrap(), row.opt_int("missing").unwrap()), ("2one", None));
        assert!(row.str("b").is_err(), "a number is no text");
        assert!(row.str("d").is_err(), "there is no such column");
    }
}
