//! `WHERE` of lists, from fixed pieces. One text per combination, so that an index fits each.

use sqlx::AssertSqlSafe;

use crate::db::Arg;

pub(crate) struct Filter<'a> {
    sql: String,
    args: Vec<Arg<'a>>,
}

impl<'a> Filter<'a> {
    pub(crate) fn new(select: &'static str) -> Self {
        Self { sql: select.to_owned(), args: Vec::new() }
    }

    /// `condition` is put before the number of the parameter: `"state ="`.
    pub(crate) fn with(&mut self, condition: &'static str, arg: impl Into<Arg<'a>>) {
        self.args.push(arg.into());
        let number = self.args.len();
        self.and();
        self.sql.push_str(&format!("{condition} ${number}"));
    }

    pub(crate) fn only(&mut self, condition: &'static str) {
        self.and();
        self.sql.push_str(condition);
    }

    fn and(&mut self) {
        let joint = if self.sql.contains(" WHERE ") { " AND " } else { " WHERE " };
        self.sql.push_str(joint);
    }

    /// The statement with its parameters, in `order` and cut at `limit`.
    pub(crate) fn ordered(
        mut self,
        order: &'static str,
        limit: i64,
    ) -> (AssertSqlSafe<String>, Vec<Arg<'a>>) {
        self.args.push(Arg::from(limit));
        let number = self.args.len();
        self.sql.push_str(&format!(" ORDER BY {order} LIMIT ${number}"));
        (AssertSqlSafe(self.sql), self.args)
    }
}
