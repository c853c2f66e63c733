//! Lists: bare JSON arrays, page by page, the total in a header if at all.

use countersign::ports::CallError;
use futures::future::try_join_all;
use serde_json::Value;

use super::{Ask, Client, LIST_WAIT, unreadable};
use crate::wire::{FromRow, Row};

/// Rows of one page: what other clients settled on, and no more is known to be honoured.
pub(crate) const PAGE_ROWS_MAX: usize = 1_000;

/// Pages that are asked for at once.
const SIDE_BY_SIDE: u32 = 4;

/// Rows of a list, with the total where it is known.
#[derive(Debug)]
pub(crate) struct Rows<T> {
    pub(crate) rows: Vec<T>,
    /// Rows on the server.
    pub(crate) total: Option<u64>,
    /// There are rows behind these.
    pub(crate) more: bool,
}

impl Client {
    /// One page, from 1. `ask` must be sorted, or rows repeat and get lost between pages.
    pub(crate) async fn page<T: FromRow>(
        &self,
        ask: &Ask,
        page: u32,
        size: usize,
    ) -> Result<Rows<T>, CallError> {
        let mut ask = ask
            .clone()
            .with("page", page.to_string())
            .with("pageSize", size.min(PAGE_ROWS_MAX).to_string());
        ask.wait = LIST_WAIT;
        let reply = self.send(&ask).await?.ok(&ask)?;
        let total = reply.total;
        let rows = match reply.json(&ask)? {
            Value::Array(rows) => rows,
            Value::Null => Vec::new(),
            _ => return Err(unreadable(&ask, "it is no list")),
        };
        let got = rows.len();
        let so_far = u64::from(page.saturating_sub(1)) * size as u64 + got as u64;
        let rows = rows.iter().filter_map(Value::as_object).filter_map(|row| T::from_row(Row(row)));
        let more = got > 0 && total.map_or(got >= size, |total| so_far < total);
        Ok(Rows { rows: rows.collect(), total, more })
    }

    /// Up to `count` pages from page `from` on, at most four at a time, in order.
    pub(crate) async fn pages<T: FromRow>(
        &self,
        ask: &Ask,
        from: u32,
        count: u32,
        size: usize,
    ) -> Result<Rows<T>, CallError> {
        let first = self.page::<T>(ask, from, size).await?;
        let mut all = Rows { more: first.more, ..first };
        let mut next = from + 1;
        while all.more && next < from + count {
            let left = match all.total {
                // Without a total the end shows only when it is reached.
                None => 1,
                Some(total) => {
                    let pages = u32::try_from(total.div_ceil(size as u64)).unwrap_or(u32::MAX);
                    pages.saturating_sub(next - 1).max(1)
                }
            };
            let end = next + left.min(SIDE_BY_SIDE).min(from + count - next);
            let some =
                try_join_all((next..end).map(|page| self.page::<T>(ask, page, size))).await?;
            for page in some {
                all.more = page.more;
                all.total = page.total.or(all.total);
                all.rows.extend(page.rows);
            }
            next = end;
        }
        Ok(all)
    }

    /// Everything, up to `rows_max` rows rounded up to whole pages.
    pub(crate) async fn all<T: FromRow>(
        &self,
        ask: &Ask,
        rows_max: usize,
    ) -> Result<Rows<T>, CallError> {
        let pages = u32::try_from(rows_max.div_ceil(PAGE_ROWS_MAX)).unwrap_or(u32::MAX).max(1);
        self.pages(ask, 1, pages, rows_max.min(PAGE_ROWS_MAX)).await
    }
}
