//! The `condition` parameter: comparisons, `like`, `contains`, `in`, `not`, brackets, `and` and `or`.
//!
//! An unknown field is refused. A date is written bare; comparing one in quotes breaks the server, as it was
//! seen to do.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Condition {
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
    Compare { field: Field, operator: Operator, value: Literal },
    Like { field: Field, pattern: String },
    Contains { field: Field, text: String },
    In { field: Field, values: Vec<Literal> },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Literal {
    text: String,
    quoted: bool,
}

/// A property, by its path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field(Vec<String>);

impl Field {
    pub(super) fn new(path: &str) -> Self {
        Self(path.split('.').map(str::to_owned).collect())
    }

    /// Through a list the first element counts.
    pub(super) fn of<'a>(&self, row: &'a Map<String, Value>) -> Option<&'a Value> {
        let (first, rest) = self.0.split_first()?;
        let mut value = get(row, first)?;
        for name in rest {
            let row = match value {
                Value::Object(row) => row,
                Value::Array(items) => items.first()?.as_object()?,
                _ => return None,
            };
            value = get(row, name)?;
        }
        Some(value)
    }
}

fn get<'a>(row: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    row.get(name).or_else(|| row.iter().find(|it| it.0.eq_ignore_ascii_case(name)).map(|it| it.1))
}

/// A value as it is compared.
pub(super) fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

impl Condition {
    /// `Err` is what breaks the server.
    pub(super) fn holds(&self, row: &Map<String, Value>) -> Result<bool, String> {
        Ok(match self {
            Self::All(some) => {
                for it in some {
                    if !it.holds(row)? {
                        return Ok(false);
                    }
                }
                true
            }
            Self::Any(some) => {
                for it in some {
                    if it.holds(row)? {
                        return Ok(true);
                    }
                }
                false
            }
            Self::Not(it) => !it.holds(row)?,
            Self::Compare { field, operator, value } => {
                compare(&field.of(row).map(text).unwrap_or_default(), *operator, value)?
            }
            Self::Like { field, pattern } => field
                .of(row)
                .is_some_and(|it| like(&text(it).to_lowercase(), &pattern.to_lowercase())),
            Self::Contains { field, text: part } => match field.of(row) {
                Some(Value::Array(items)) => items.iter().any(|it| text(it) == *part),
                Some(value) => text(value).to_lowercase().contains(&part.to_lowercase()),
                None => false,
            },
            Self::In { field, values } => {
                let value = field.of(row).map(text).unwrap_or_default();
                values.iter().any(|it| it.text.eq_ignore_ascii_case(&value))
            }
        })
    }
}

fn compare(value: &str, operator: Operator, literal: &Literal) -> Result<bool, String> {
    let dates = (date(value), date(&literal.text));
    let ordering = match (value.parse::<f64>(), literal.text.parse::<f64>(), dates) {
        (_, _, (Some(_), Some(_))) if literal.quoted => {
            return Err("An error has occurred: cannot compare DateTime with String.".to_owned());
        }
        (_, _, (Some(one), Some(other))) => Some(one.cmp(&other)),
        (Ok(one), Ok(other), _) => one.partial_cmp(&other),
        _ => Some(value.to_lowercase().cmp(&literal.text.to_lowercase())),
    };
    let Some(ordering) = ordering else { return Ok(false) };
    Ok(match operator {
        Operator::Equal => ordering.is_eq(),
        Operator::Unequal => ordering.is_ne(),
        Operator::Less => ordering.is_lt(),
        Operator::LessOrEqual => ordering.is_le(),
        Operator::Greater => ordering.is_gt(),
        Operator::GreaterOrEqual => ordering.is_ge(),
    })
}

fn date(text: &str) -> Option<Timestamp> {
    if !text.contains('T') || !text.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    text.parse::<Timestamp>()
        .ok()
        .or_else(|| Some(text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok()?.timestamp()))
}

/// SQL wildcards: `%` for any text, `_` for one character, `\` before one that stands for itself.
fn like(text: &str, pattern: &str) -> bool {
    let (text, pattern): (Vec<char>, Vec<char>) =
        (text.chars().collect(), pattern.chars().collect());
    // For each place in the text: does the pattern so far end here?
    let mut ends = vec![false; text.len() + 1];
    ends[0] = true;
    let mut at = 0;
    while at < pattern.len() {
        let (wild, c) = match pattern[at] {
            '\\' if at + 1 < pattern.len() => {
                at += 1;
                (false, pattern[at])
            }
            c => (matches!(c, '%' | '_'), c),
        };
        at += 1;
        let mut next = vec![false; text.len() + 1];
        if wild && c == '%' {
            let mut any = false;
            for (place, end) in ends.iter().enumerate() {
                any |= *end;
                next[place] = any;
            }
        } else {
            for place in 0..text.len() {
                next[place + 1] = ends[place] && (wild || text[place] == c);
            }
        }
        ends = next;
    }
    ends[text.len()]
}

/// Parses `text`; the error is what a 400 says.
pub(super) fn parse(text: &str, fields: &'static [&'static str]) -> Result<Condition, String> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, fields };
    let condition = parser.any()?;
    match parser.peek() {
        None => Ok(condition),
        Some(token) => Err(format!("Unexpected {token:?} in condition.")),
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(&'static str),
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    const SIGNS: [&str; 9] = ["<=", ">=", "!=", "=", "<", ">", "(", ")", ","];
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        if c == '\'' || c == '"' {
            let (value, length) = quoted(rest, c).ok_or("Unterminated string in condition.")?;
            tokens.push(Token::Text(value));
            rest = &rest[length..];
        } else if let Some(sign) = SIGNS.into_iter().find(|it| rest.starts_with(it)) {
            tokens.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            let is_part = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '+');
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            if end == 0 {
                return Err(format!("Unexpected '{c}' in condition."));
            }
            tokens.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(tokens)
}

/// The value of the string that `text` begins with, and its length; a doubled quote stands for one.
fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut value = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c != quote {
            value.push(c);
        } else if chars.peek().is_some_and(|it| it.1 == quote) {
            chars.next();
            value.push(quote);
        } else {
            return Some((value, at + 1));
        }
    }
    None
}

struct Parser<'a> {
    tokens: &'a [Token],
    at: usize,
    fields: &'static [&'static str],
}

impl Parser<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Result<Token, String> {
        let token = self.peek().cloned().ok_or("The condition ends too early.")?;
        self.at += 1;
        Ok(token)
    }

    fn word(&mut self, word: &str) -> bool {
        let is = matches!(self.peek(), Some(Token::Word(it)) if it.eq_ignore_ascii_case(word));
        self.at += usize::from(is);
        is
    }

    fn sign(&mut self, sign: &'static str) -> bool {
        let is = self.peek() == Some(&Token::Sign(sign));
        self.at += usize::from(is);
        is
    }

    fn any(&mut self) -> Result<Condition, String> {
        let mut some = vec![self.all()?];
        while self.word("or") {
            some.push(self.all()?);
        }
        Ok(if some.len() == 1 { some.remove(0) } else { Condition::Any(some) })
    }

    fn all(&mut self) -> Result<Condition, String> {
        let mut some = vec![self.one()?];
        while self.word("and") {
            some.push(self.one()?);
        }
        Ok(if some.len() == 1 { some.remove(0) } else { Condition::All(some) })
    }

    fn one(&mut self) -> Result<Condition, String> {
        if self.sign("(") {
            let inner = self.any()?;
            return match self.sign(")") {
                true => Ok(inner),
                false => Err("A bracket is not closed.".to_owned()),
            };
        }
        let Token::Word(name) = self.next()? else {
            return Err("A field is missing in the condition.".to_owned());
        };
        if !self.fields.iter().any(|it| it.eq_ignore_ascii_case(&name)) {
            return Err(format!("Invalid field {name}"));
        }
        let field = Field::new(&name);
        let negated = self.word("not");
        let condition = if self.word("like") {
            Condition::Like { field, pattern: self.literal()?.text }
        } else if self.word("contains") {
            Condition::Contains { field, text: self.literal()?.text }
        } else if self.word("in") {
            self.list(field)?
        } else if negated {
            return Err("not stands before like, contains and in only.".to_owned());
        } else {
            let operator = match self.next()? {
                Token::Sign("=") => Operator::Equal,
                Token::Word(it) if it.eq_ignore_ascii_case("eq") => Operator::Equal,
                Token::Sign("!=") => Operator::Unequal,
                Token::Sign("<") => Operator::Less,
                Token::Sign("<=") => Operator::LessOrEqual,
                Token::Sign(">") => Operator::Greater,
                Token::Sign(">=") => Operator::GreaterOrEqual,
                other => return Err(format!("Unknown operator {other:?}")),
            };
            Condition::Compare { field, operator, value: self.literal()? }
        };
        Ok(if negated { Condition::Not(Box::new(condition)) } else { condition })
    }

    fn list(&mut self, field: Field) -> Result<Condition, String> {
        let mut values = Vec::new();
        if !self.sign("(") {
            return Err("in needs a list in brackets.".to_owned());
        }
        loop {
            values.push(self.literal()?);
            if self.sign(")") {
                return Ok(Condition::In { field, values });
            }
            if !self.sign(",") {
                return Err("The list is not closed.".to_owned());
            }
        }
    }

    fn literal(&mut self) -> Result<Literal, String> {
        match self.next()? {
            Token::Text(text) => Ok(Literal { text, quoted: true }),
            Token::Word(text) => {
                let is_bare = text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
                    || ["true", "false", "null"].iter().any(|it| it.eq_ignore_ascii_case(&text));
                match is_bare {
                    true => Ok(Literal { text, quoted: false }),
                    false => Err(format!("The text {text} needs quotes.")),
                }
            }
            Token::Sign(sign) => Err(format!("Unexpected {sign} in condition.")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const FIELDS: &[&str] = &["Id", "Name", "Client.Id", "Client.Name", "At", "Ports", "Flag"];

    fn check(text: &str, expected: Result<bool, &str>) {
        let row = json!({
            "Id": "12", "Name": "O'Brien \"Till\" 100%", "Client": {"Id": "5", "Name": "Müller"},
            "At": "2026-03-02T12:00:00", "Ports": [80, 443], "Flag": true,
        });
        let got = parse(text, FIELDS).and_then(|it| it.holds(row.as_object().unwrap()));
        assert_eq!(got.as_ref().map(|it| *it).map_err(String::as_str), expected, "{text}");
    }

    #[test]
    fn conditions_as_clients_were_seen_to_send_them() {
        for (text, holds) in [
            ("Id = 12", true),
            ("id eq '12'", true),
            ("Id != 12", false),
            ("client.id = 5 and Name like '%brien%'", true),
            ("Name like \"%O'Brien%\"", true),
            ("Name like '%O''Brien%'", true),
            ("Name like '%100\\%'", true),
            ("Name like '%O_Brien \"Till\"%'", true),
            ("Name not like '%x%'", true),
            ("Client.Name CONTAINS 'müll'", true),
            ("(Id = 1) or (Id in (11, 12))", true),
            ("Ports contains 443", true),
            ("Flag = True", true),
            ("At >= 2026-03-01T00:00:00", true),
            ("At <= 2026-03-01T00:00:00.575Z", false),
        ] {
            check(text, Ok(holds));
        }
        check("Foo = 1", Err("Invalid field Foo"));
        check("Name = acme", Err("The text acme needs quotes."));
        check("Name = 'acme", Err("Unterminated string in condition."));
        check(
            "At >= '2026-03-01T00:00:00'",
            Err("An error has occurred: cannot compare DateTime with String."),
        );
    }
}
