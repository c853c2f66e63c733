//! The `condition` parameter: the only way to filter a list, for every other parameter is ignored silently
//! and the whole list comes back.
//!
//! Strings stand in single or double quotes; how a quote inside is escaped is not documented. So a text with
//! one kind of quotes is put into the other kind, and in a text with both kinds one kind becomes the
//! wildcard `_`. The same holds for `%`, `_` and `\`, which must stand for themselves. A clause therefore
//! may let through more than was meant, never less: [`Condition::is_exact`] tells, and the caller checks the
//! rows again.

use jiff::Timestamp;

/// Clauses that all must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Condition {
    clauses: Vec<String>,
    loose: bool,
}

impl Condition {
    /// A nested field by a number: `Client.Id = 12`.
    pub(crate) fn number(mut self, field: &str, value: i64) -> Self {
        self.clauses.push(format!("{field} = {value}"));
        self
    }

    /// A date that is not before `at`. Written bare: in quotes it breaks the server.
    pub(crate) fn since(mut self, field: &str, at: Timestamp) -> Self {
        self.clauses.push(format!("{field} >= {}", at.strftime("%Y-%m-%dT%H:%M:%S")));
        self
    }

    /// A word of ours, without quotes in it.
    pub(crate) fn word(mut self, field: &str, value: &'static str) -> Self {
        self.clauses.push(format!("{field} = '{value}'"));
        self
    }

    /// A field that contains `text`, case aside.
    pub(crate) fn contains(mut self, field: &str, text: &str) -> Self {
        let (quoted, is_loose) = pattern(text);
        self.clauses.push(format!("{field} like {quoted}"));
        self.loose |= is_loose;
        self
    }

    /// One of several fields contains `text`.
    pub(crate) fn any_contains(mut self, fields: &[&str], text: &str) -> Self {
        let (quoted, is_loose) = pattern(text);
        let some: Vec<String> = fields.iter().map(|it| format!("{it} like {quoted}")).collect();
        self.clauses.push(some.join(" or "));
        self.loose |= is_loose;
        self
    }

    /// `false`: a row may fit the condition and not what was asked for.
    pub(crate) fn is_exact(&self) -> bool {
        !self.loose
    }

    /// The value of the parameter, not yet encoded; `None` without clauses.
    pub(crate) fn text(&self) -> Option<String> {
        match self.clauses.as_slice() {
            [] => None,
            [one] => Some(one.clone()),
            several => {
                let each: Vec<String> = several.iter().map(|it| format!("({it})")).collect();
                Some(each.join(" and "))
            }
        }
    }
}

/// `'%text%'`, and whether it fits more than the text.
fn pattern(text: &str) -> (String, bool) {
    let (single, double) = (text.contains('\''), text.contains('"'));
    let delimiter = if single && !double { '"' } else { '\'' };
    let mut loose = false;
    let mut inner = String::with_capacity(text.len());
    for c in text.chars() {
        let stands_in = matches!(c, '%' | '_' | '\\') || c == delimiter || c.is_control();
        loose |= stands_in;
        inner.push(if stands_in { '_' } else { c });
    }
    (format!("{delimiter}%{inner}%{delimiter}"), loose)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str, exact: bool) {
        let condition = Condition::default().contains("Name", text);
        assert_eq!(condition.text().unwrap(), format!("Name like {expected}"), "{text}");
        assert_eq!(condition.is_exact(), exact, "{text}");
    }

    #[test]
    fn quotes_and_wildcards_stand_for_themselves_or_for_any_character() {
        check("acme", "'%acme%'", true);
        check("O'Brien", "\"%O'Brien%\"", true);
        check("the \"Shop\"", "'%the \"Shop\"%'", true);
        check("O'Brien \"Shop\"", "'%O_Brien \"Shop\"%'", false);
        check("100%", "'%100_%'", false);
        check("a_b", "'%a_b%'", false);
        check("x') or (1 = 1", "\"%x') or (1 = 1%\"", true);
        check("x' or \" = \"", "'%x_ or \" = \"%'", false);
        check("a\\", "'%a_%'", false);
        check("Müller & Söhne", "'%Müller & Söhne%'", true);
    }

    #[test]
    fn clauses_are_joined_with_brackets_around_each() {
        let all = Condition::default()
            .number("Client.Id", 12)
            .word("Status", "Online")
            .any_contains(&["ComputerName", "FriendlyName"], "web");
        assert_eq!(
            all.text().unwrap(),
            "(Client.Id = 12) and (Status = 'Online') and \
             (ComputerName like '%web%' or FriendlyName like '%web%')"
        );
        assert_eq!(Condition::default().text(), None);
    }
}
