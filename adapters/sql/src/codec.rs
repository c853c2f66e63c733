//! Columns to values and back. What cannot be explained is an error, never a guess.

use std::time::Duration;

use jiff::Timestamp;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::db::Row;
use crate::fault::{Fault, Result};

pub(crate) fn micros(at: Timestamp) -> i64 {
    at.as_microsecond()
}

/// The end of a lease.
pub(crate) fn until(now: Timestamp, lease: Duration) -> i64 {
    micros(now).saturating_add(i64::try_from(lease.as_micros()).unwrap_or(i64::MAX))
}

pub(crate) fn time(micros: i64, what: &'static str) -> Result<Timestamp> {
    Timestamp::from_microsecond(micros).map_err(|error| Fault::unreadable(what, error))
}

pub(crate) fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Fault::Impossible(error.to_string()))
}

pub(crate) fn from_json<T: DeserializeOwned>(text: &str, what: &'static str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| Fault::unreadable(what, error))
}

pub(crate) fn parsed<T>(
    row: &Row,
    column: &str,
    what: &'static str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<T> {
    let word = row.str(column)?;
    parse(word).ok_or_else(|| Fault::unreadable(what, format!("{column} is {word:?}")))
}

/// The column and the value it was made from must say the same.
pub(crate) fn agree<T: PartialEq + std::fmt::Debug + ?Sized>(
    what: &'static str,
    name: &str,
    column: &T,
    detail: &T,
) -> Result<()> {
    if column == detail {
        return Ok(());
    }
    Err(Fault::unreadable(
        what,
        format!("{name} is {column:?} in its column, {detail:?} in detail"),
    ))
}

/// How many rows of a list: none said means 100.
pub(crate) fn limit(wanted: u32) -> i64 {
    if wanted == 0 { 100 } else { i64::from(wanted) }
}
