//! Many rows as one parameter: a list of lists in JSON, which the database takes apart. So one statement,
//! prepared once, does for any number of rows.

use sqlx::AssertSqlSafe;

use crate::codec::json;
use crate::db::{Arg, Tx};
use crate::fault::Result;

/// The parameter for rows of these values.
pub(crate) fn given<'a, const WIDTH: usize>(
    rows: impl IntoIterator<Item = [Arg<'a>; WIDTH]>,
) -> Result<String> {
    let rows: Vec<[Arg<'a>; WIDTH]> = rows.into_iter().collect();
    json(&rows.iter().map(<[Arg<'a>; WIDTH]>::as_slice).collect::<Vec<_>>())
}

impl Tx {
    /// `sql` with `{given}` read as the rows in `$1`, one per `given.value`. Their columns are
    /// `CAST(given.value ->> 0 AS TEXT)` and so on; of numbers, `AS BIGINT`.
    pub(crate) fn over(&self, sql: &'static str) -> AssertSqlSafe<String> {
        let rows = match self {
            Self::Sqlite(_) | Self::Writer(_) => "json_each($1) AS given",
            Self::Postgres(_) => "jsonb_array_elements(CAST($1 AS jsonb)) AS given(value)",
        };
        AssertSqlSafe(sql.replace("{given}", rows))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::args;

    #[test]
    fn rows_keep_what_is_missing_and_what_is_odd() {
        let rows = [args!["a\0\"b", 7_i64, None::<i64>], args!["", -1_i64, 0_i64]];
        assert_eq!(given(rows).unwrap(), "[[\"a\u{fffd}\\\"b\",7,null],[\"\",-1,0]]");
    }
}
