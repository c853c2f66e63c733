//! What all lists share: condition, ids, order, pages, projection. Parameters that nobody knows are ignored,
//! and the whole list comes back.

use std::cmp::Ordering;

use serde_json::{Map, Value};

use super::condition::{self, Condition, Field};
use super::{Memory, Nulls, error};
use crate::http::{Answer, Request, split_list};

/// Rows of a page where the caller does not say.
const PAGE_ROWS: usize = 30;

/// What a list has rows of.
pub(super) struct Source<'a> {
    /// How many there are.
    pub(super) count: usize,
    /// Builds one of them; they come by id, ascending.
    pub(super) row: &'a dyn Fn(usize) -> Map<String, Value>,
    /// Properties that a condition may name.
    pub(super) fields: &'static [&'static str],
}

struct Asked {
    condition: Option<Condition>,
    ids: Option<Vec<String>>,
    order: Vec<(String, bool)>,
    page: usize,
    /// `None`: all.
    size: Option<usize>,
    include: Vec<String>,
    exclude: Vec<String>,
}

fn asked(request: &Request, fields: &'static [&'static str]) -> Result<Asked, Answer> {
    let parameters = request.parameters().0;
    let get = |names: [&str; 2]| {
        let found = parameters
            .iter()
            .find(|(name, _)| names.iter().any(|it| it.eq_ignore_ascii_case(name)));
        found.map(|it| it.1.trim()).filter(|it| !it.is_empty())
    };
    let names = |text: Option<&str>| {
        split_list(text.unwrap_or_default()).into_iter().map(str::to_lowercase).collect()
    };
    let number = |text: Option<&str>| -> Result<Option<i64>, Answer> {
        text.map(|it| it.parse().map_err(|_| error(400, "The request is invalid."))).transpose()
    };
    let condition = match get(["condition", "options.condition"]) {
        None => None,
        Some(text) => Some(condition::parse(text, fields).map_err(|why| error(400, &why))?),
    };
    let order = split_list(get(["orderBy", "options.orderBy"]).unwrap_or_default());
    let order = order.into_iter().map(|it| match it.rsplit_once(' ') {
        Some((field, way)) => (field.trim().to_owned(), way.eq_ignore_ascii_case("desc")),
        None => (it.to_owned(), false),
    });
    let size = match number(get(["pageSize", "options.pageSize"]))? {
        None => Some(PAGE_ROWS),
        Some(-1) => None,
        Some(size) => Some(usize::try_from(size).map_err(|_| error(400, "Invalid page size."))?),
    };
    Ok(Asked {
        condition,
        ids: get(["ids", "options.ids"])
            .map(|it| split_list(it).into_iter().map(str::to_owned).collect()),
        order: order.collect(),
        page: usize::try_from(number(get(["page", "options.page"]))?.unwrap_or(1).max(1))
            .unwrap_or(1),
        size,
        include: names(get(["includeFields", "options.includedFields"])),
        exclude: names(get(["excludeFields", "options.excludedFields"])),
    })
}

impl Memory {
    pub(super) fn list(&self, request: &Request, source: &Source<'_>) -> Answer {
        let asked = match asked(request, source.fields) {
            Ok(asked) => asked,
            Err(refusal) => return refusal,
        };
        let natural = match asked.order.as_slice() {
            [] => true,
            [(field, false)] => field.eq_ignore_ascii_case("Id"),
            _ => false,
        };
        let (page, total) = if natural && asked.condition.is_none() && asked.ids.is_none() {
            // Nothing has to be looked at, so only the page is built.
            let rows = cut(&asked, source.count).map(|at| (source.row)(at)).collect();
            (rows, source.count)
        } else {
            let mut rows = Vec::new();
            for row in (0..source.count).map(source.row) {
                match fits(&asked, &row) {
                    Ok(true) => rows.push(row),
                    Ok(false) => {}
                    Err(why) => return error(500, &why),
                }
            }
            if !natural {
                rows.sort_by(|one, other| order(&asked.order, one, other));
            }
            let total = rows.len();
            let range = cut(&asked, total);
            (rows.drain(range).collect::<Vec<_>>(), total)
        };
        let rows: Vec<Map<String, Value>> =
            (0..).zip(page).map(|(at, row)| self.project(&asked, row, at)).collect();
        let answer = Answer::ok(&rows);
        match self.switches.total_count {
            true => answer.header("Total-Count", total),
            false => answer,
        }
    }

    fn project(&self, asked: &Asked, mut row: Map<String, Value>, at: usize) -> Map<String, Value> {
        let drop_nulls = match self.switches.nulls {
            Nulls::Sent => false,
            Nulls::Dropped => true,
            Nulls::Mixed => at % 2 == 1,
        };
        row.retain(|name, value| {
            let name = name.to_lowercase();
            (asked.include.is_empty() || asked.include.contains(&name))
                && !asked.exclude.contains(&name)
                && !(drop_nulls && value.is_null())
        });
        row
    }
}

fn cut(asked: &Asked, total: usize) -> std::ops::Range<usize> {
    let size = asked.size.unwrap_or(total);
    let start = (asked.page - 1).saturating_mul(size).min(total);
    start..start.saturating_add(size).min(total)
}

fn fits(asked: &Asked, row: &Map<String, Value>) -> Result<bool, String> {
    if let Some(ids) = &asked.ids {
        let id = ["Id", "AlertId", "DriveId"].into_iter().find_map(|it| row.get(it));
        let id = match id {
            Some(Value::String(id)) => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => return Ok(false),
        };
        if !ids.contains(&id) {
            return Ok(false);
        }
    }
    asked.condition.as_ref().map_or(Ok(true), |condition| condition.holds(row))
}

fn order(by: &[(String, bool)], one: &Map<String, Value>, other: &Map<String, Value>) -> Ordering {
    for (field, descending) in by {
        let field = Field::new(field);
        let text = |row| field.of(row).map(condition::text).unwrap_or_default();
        let (one, other) = (text(one), text(other));
        let ordering = match (one.parse::<i64>(), other.parse::<i64>()) {
            (Ok(one), Ok(other)) => one.cmp(&other),
            _ => one.to_lowercase().cmp(&other.to_lowercase()),
        };
        let ordering = if *descending { ordering.reverse() } else { ordering };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
    Ordering::Equal
}
