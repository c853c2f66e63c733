//! The ticket list: filters, negation, OR groups, order and pages.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::lookups::{Kind, id, names};
use super::{Ticket, bad, missing, record};
use crate::http::{Answer, Parameters, Request, split_list};
use crate::rmm::ids::Thing;
use crate::rmm::{Desk, NothingThere};

const PLAIN: [&str; 4] = ["pageSize", "pageNum", "sortBy", "sortDir"];

const SORTS: [&str; 12] = [
    "assignTo",
    "number",
    "updatedAt",
    "createdAt",
    "status",
    "type",
    "priority",
    "summary",
    "assignTeam",
    "dueDate",
    "source",
    "extendedAttributes",
];

pub(in crate::rmm) fn list(desk: &Desk<'_>, request: &Request) -> Answer {
    let parameters = request.parameters();
    match select(desk, &parameters) {
        Ok(tickets) => paged(desk, &parameters, &tickets),
        Err(problem) => bad(&problem),
    }
}

fn select<'a>(desk: &'a Desk<'_>, parameters: &Parameters) -> Result<Vec<&'a Ticket>, String> {
    let conditions = conditions(parameters)?;
    let mut tickets: Vec<&Ticket> =
        desk.rmm.tickets.all.iter().filter(|it| holds(desk, it, &conditions)).collect();
    let by = parameters.get("sortBy").unwrap_or("createdAt");
    if !SORTS.contains(&by) {
        return Err(format!("sortBy {by} is not supported"));
    }
    tickets.sort_by_key(|it| key(it, by));
    match parameters.get("sortDir").unwrap_or("desc") {
        "asc" => {}
        "desc" => tickets.reverse(),
        other => return Err(format!("sortDir {other} is not supported")),
    }
    Ok(tickets)
}

fn key(ticket: &Ticket, by: &str) -> (String, Timestamp) {
    let text = match by {
        "number" => ticket.number.clone(),
        "updatedAt" => return (String::new(), ticket.updated_at),
        "status" => names(Kind::Status)[ticket.status].to_owned(),
        "type" => names(Kind::Type)[ticket.kind].to_owned(),
        "priority" => names(Kind::Priority)[ticket.priority].to_owned(),
        "source" => names(Kind::Source)[ticket.source].to_owned(),
        "summary" => ticket.summary.to_lowercase(),
        "dueDate" => ticket.due.clone().unwrap_or_default(),
        "assignTeam" => ticket.team.map(|it| names(Kind::Team)[it].to_owned()).unwrap_or_default(),
        _ => String::new(),
    };
    (text, ticket.created_at)
}

/// Both or neither of `pageSize` and `pageNum`; a value that is not positive makes both ignored.
fn paged(desk: &Desk<'_>, parameters: &Parameters, tickets: &[&Ticket]) -> Answer {
    let (size, number) = match (parameters.get("pageSize"), parameters.get("pageNum")) {
        (None, None) => (0, 0),
        (Some(size), Some(number)) => match (size.parse::<i64>(), number.parse::<i64>()) {
            (Ok(size), Ok(number)) => (size, number),
            _ => return bad("pageSize and pageNum must be integers"),
        },
        _ => return bad("pageSize and pageNum must be given together"),
    };
    if size <= 0 || number <= 0 {
        return body(desk, tickets, tickets.len());
    }
    let start = (number as usize - 1).saturating_mul(size as usize);
    let page: Vec<&Ticket> = tickets.iter().skip(start).take(size as usize).copied().collect();
    match (page.is_empty(), desk.rmm.switches.past_the_end) {
        (true, NothingThere::NotFound) => missing(),
        (true, NothingThere::EmptyList) => body(desk, &[], 0),
        (false, _) => body(desk, &page, tickets.len()),
    }
}

fn body(desk: &Desk<'_>, tickets: &[&Ticket], total: usize) -> Answer {
    let tickets: Vec<Value> = tickets.iter().map(|it| record::listed(desk, it)).collect();
    Answer::ok(&json!({ "tickets": tickets, "totalCount": total }))
}

struct Condition {
    /// Digits after the name: conditions of one group are ANDed, groups are ORed. Without digits it always holds.
    group: String,
    test: Test,
}

enum Test {
    OneOf { field: String, values: Vec<String>, negated: bool },
    From(Stamp, Timestamp),
    To(Stamp, Timestamp),
}

#[derive(Clone, Copy)]
enum Stamp {
    Created,
    Updated,
    Due,
}

const LISTS: [&str; 23] = [
    "number",
    "ticketIds",
    "summary",
    "companyIds",
    "siteIds",
    "statusIds",
    "statusNames",
    "priorityIds",
    "priorityNames",
    "assigneeIds",
    "assigneeTeamIds",
    "assigneeTeamNames",
    "sourceIds",
    "sourceNames",
    "typeIds",
    "typeNames",
    "categoryIds",
    "categoryNames",
    "createdByIds",
    "updatedByIds",
    "extendedAttributeIds",
    "tagIds",
    "tagNames",
];

fn conditions(parameters: &Parameters) -> Result<Vec<Condition>, String> {
    let filters = parameters.0.iter().filter(|it| !PLAIN.contains(&it.0.as_str()));
    filters.map(|(name, value)| condition(name, value)).collect()
}

fn condition(name: &str, value: &str) -> Result<Condition, String> {
    let field = name.trim_end_matches(|it: char| it.is_ascii_digit());
    let group = name[field.len()..].to_owned();
    let test = if LISTS.contains(&field) {
        let (negated, list) = match value.strip_prefix("[notIn]") {
            Some(rest) => (true, rest.trim_start_matches(',')),
            None => (false, value),
        };
        let values: Vec<String> = split_list(list).into_iter().map(str::to_lowercase).collect();
        if values.is_empty() {
            return Err(format!("{name} is empty"));
        }
        Test::OneOf { field: field.to_owned(), values, negated }
    } else {
        let at = |end| date(value, end).ok_or_else(|| format!("{name} is not a date"));
        match field {
            "createdAtFrom" => Test::From(Stamp::Created, at(DayEnd::First)?),
            "createdAtTo" => Test::To(Stamp::Created, at(DayEnd::Last)?),
            "updatedAtFrom" => Test::From(Stamp::Updated, at(DayEnd::First)?),
            "updatedAtTo" => Test::To(Stamp::Updated, at(DayEnd::Last)?),
            "dueDateFrom" => Test::From(Stamp::Due, at(DayEnd::First)?),
            "dueDateTo" => Test::To(Stamp::Due, at(DayEnd::Last)?),
            _ => return Err(format!("parameter {name} is not supported")),
        }
    };
    Ok(Condition { group, test })
}

#[derive(Clone, Copy)]
enum DayEnd {
    First,
    Last,
}

/// A date, a local date and time (taken as UTC), or RFC 3339. A date alone means its first or last moment.
fn date(text: &str, end: DayEnd) -> Option<Timestamp> {
    if let Ok(at) = text.parse::<Timestamp>() {
        return Some(at);
    }
    let civil = match text.parse::<Date>() {
        Ok(day) if text.len() == 10 => match end {
            DayEnd::First => day.to_datetime(Time::MIN),
            DayEnd::Last => day.to_datetime(Time::MAX),
        },
        _ => text.parse::<DateTime>().ok()?,
    };
    civil.to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp())
}

fn holds(desk: &Desk<'_>, ticket: &Ticket, conditions: &[Condition]) -> bool {
    let passes = |it: &Condition| test(desk, ticket, &it.test);
    let mut groups: Vec<&str> =
        conditions.iter().map(|it| it.group.as_str()).filter(|it| !it.is_empty()).collect();
    groups.sort_unstable();
    groups.dedup();
    let group_holds = |group: &str| conditions.iter().filter(|it| it.group == group).all(passes);
    group_holds("") && (groups.is_empty() || groups.into_iter().any(group_holds))
}

fn test(desk: &Desk<'_>, ticket: &Ticket, test: &Test) -> bool {
    let stamp = |which: Stamp| match which {
        Stamp::Created => Some(ticket.created_at),
        Stamp::Updated => Some(ticket.updated_at),
        Stamp::Due => ticket.due.as_deref().and_then(due),
    };
    match test {
        Test::OneOf { field, values, negated } => {
            let has = |wanted: &String| match field.as_str() {
                "summary" => ticket.summary.to_lowercase().contains(wanted.as_str()),
                _ => values_of(desk, ticket, field).iter().any(|it| it.to_lowercase() == *wanted),
            };
            values.iter().any(has) != *negated
        }
        Test::From(which, from) => stamp(*which).is_some_and(|it| it >= *from),
        Test::To(which, to) => stamp(*which).is_some_and(|it| it <= *to),
    }
}

/// `mm/dd/yyyy`
pub(super) fn due(text: &str) -> Option<Timestamp> {
    let day = Date::strptime("%m/%d/%Y", text).ok()?;
    day.to_zoned(TimeZone::UTC).ok().map(|it| it.timestamp())
}

/// What a ticket has in the field of a list filter.
fn values_of(desk: &Desk<'_>, ticket: &Ticket, field: &str) -> Vec<String> {
    let ids = desk.rmm.ids;
    let word = |kind: Kind, at: Option<usize>| {
        let wants_name = field.ends_with("Names");
        let text = |at: usize| {
            if wants_name { names(kind)[at].to_owned() } else { id(ids, kind, at).to_string() }
        };
        at.map(text).into_iter().collect::<Vec<_>>()
    };
    let base = field.trim_end_matches("Ids").trim_end_matches("Names");
    match base {
        "number" => vec![ticket.number.clone()],
        "ticket" => vec![ticket.id.to_string()],
        "company" => {
            ticket.company.map(|it| ids.company(desk.fleet, it).to_string()).into_iter().collect()
        }
        "site" => ticket.site.map(|it| ids.site(desk.fleet, it).to_string()).into_iter().collect(),
        "status" => word(Kind::Status, Some(ticket.status)),
        "priority" => word(Kind::Priority, Some(ticket.priority)),
        "assignee" => ticket.assignee.map(|it| it.to_string()).into_iter().collect(),
        "assigneeTeam" => word(Kind::Team, ticket.team),
        "source" => word(Kind::Source, Some(ticket.source)),
        "type" => word(Kind::Type, Some(ticket.kind)),
        "category" => word(Kind::Category, ticket.category),
        "createdBy" | "updatedBy" => vec![ids.id(Thing::Person, 1, 0).to_string()],
        "tag" => ticket.tags.iter().flat_map(|it| word(Kind::Tag, Some(*it))).collect(),
        _ => Vec::new(),
    }
}
