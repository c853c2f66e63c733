//! The filter language: `SessionType = 'Access' AND NOT IsEnded`. Text is compared without case; a field that
//! the server does not know is an error.

use std::iter::Peekable;
use std::vec::IntoIter;

/// A value of a session.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    Text(String),
    Number(i64),
    Flag(bool),
}

#[derive(Debug, Clone, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Sign(&'static str),
}

/// Whether a session fits; `field` gives its values.
pub(super) fn fits(filter: &str, field: &dyn Fn(&str) -> Option<Value>) -> Result<bool, String> {
    let mut reader = Reader { tokens: tokens(filter)?.into_iter().peekable(), field };
    let fits = reader.any()?;
    match reader.tokens.next() {
        None => Ok(fits),
        Some(token) => Err(format!("Unexpected {token:?}")),
    }
}

fn tokens(filter: &str) -> Result<Vec<Token>, String> {
    let mut found = Vec::new();
    let mut rest = filter.trim_start();
    while let Some(first) = rest.chars().next() {
        if first == '\'' {
            let mut text = String::new();
            let mut chars = rest[1..].char_indices().peekable();
            let end = loop {
                match chars.next() {
                    None => return Err("Unterminated literal".into()),
                    Some((_, '\'')) if chars.peek().is_some_and(|it| it.1 == '\'') => {
                        chars.next();
                        text.push('\'');
                    }
                    Some((at, '\'')) => break at,
                    Some((_, c)) => text.push(c),
                }
            };
            found.push(Token::Text(text));
            rest = &rest[end + 2..];
        } else if let Some(sign) =
            ["<=", ">=", "<>", "=", "<", ">", "(", ")"].into_iter().find(|it| rest.starts_with(it))
        {
            found.push(Token::Sign(sign));
            rest = &rest[sign.len()..];
        } else {
            let is_word = |c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '-');
            let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
            if end == 0 {
                return Err(format!("Unexpected character {first}"));
            }
            found.push(Token::Word(rest[..end].to_owned()));
            rest = &rest[end..];
        }
        rest = rest.trim_start();
    }
    Ok(found)
}

struct Reader<'a> {
    tokens: Peekable<IntoIter<Token>>,
    field: &'a dyn Fn(&str) -> Option<Value>,
}

impl Reader<'_> {
    fn word(&mut self, word: &str) -> bool {
        let is = |it: &Token| matches!(it, Token::Word(found) if found.eq_ignore_ascii_case(word));
        self.tokens.next_if(is).is_some()
    }

    fn any(&mut self) -> Result<bool, String> {
        let mut fits = self.all()?;
        while self.word("OR") {
            fits |= self.all()?;
        }
        Ok(fits)
    }

    fn all(&mut self) -> Result<bool, String> {
        let mut fits = self.one()?;
        while self.word("AND") {
            fits &= self.one()?;
        }
        Ok(fits)
    }

    fn one(&mut self) -> Result<bool, String> {
        if self.word("NOT") {
            return Ok(!self.one()?);
        }
        if self.tokens.next_if_eq(&Token::Sign("(")).is_some() {
            let fits = self.any()?;
            return match self.tokens.next_if_eq(&Token::Sign(")")) {
                Some(_) => Ok(fits),
                None => Err("Missing )".into()),
            };
        }
        let Some(Token::Word(name)) = self.tokens.next() else {
            return Err("Missing field".into());
        };
        let bare = name.strip_prefix("Session.").unwrap_or(&name);
        let value = (self.field)(bare).ok_or_else(|| format!("Unknown property: {bare}"))?;
        if self.word("LIKE") {
            let Some(Token::Text(pattern)) = self.tokens.next() else {
                return Err("LIKE needs a literal".into());
            };
            let Value::Text(text) = value else { return Err("LIKE needs text".into()) };
            return Ok(like(&text.to_lowercase(), &pattern.to_lowercase()));
        }
        let is_comparison =
            |it: &Token| matches!(it, Token::Sign(sign) if !matches!(*sign, "(" | ")"));
        match (self.tokens.next_if(is_comparison), value) {
            (None, Value::Flag(flag)) => Ok(flag),
            (None, _) => Err(format!("{bare} is no condition")),
            (Some(Token::Sign(sign)), value) => self.compare(sign, &value),
            (Some(_), _) => Err("Unexpected token".into()),
        }
    }

    fn compare(&mut self, sign: &str, value: &Value) -> Result<bool, String> {
        use std::cmp::Ordering::{Equal, Greater, Less};
        let order = match (value, self.tokens.next()) {
            (Value::Text(text), Some(Token::Text(other))) => {
                text.to_lowercase().cmp(&other.to_lowercase())
            }
            (Value::Number(number), Some(Token::Word(other))) => {
                number.cmp(&other.parse().map_err(|_| "Not a number".to_owned())?)
            }
            (Value::Flag(flag), Some(Token::Word(other))) => {
                flag.cmp(&other.eq_ignore_ascii_case("true"))
            }
            _ => return Err("Types do not match".into()),
        };
        Ok(match sign {
            "=" => order == Equal,
            "<>" => order != Equal,
            "<" => order == Less,
            "<=" => order != Greater,
            ">" => order == Greater,
            _ => order != Less,
        })
    }
}

/// `%` stands for anything.
fn like(text: &str, pattern: &str) -> bool {
    match pattern.split_once('%') {
        None => text == pattern,
        Some((before, after)) => {
            let Some(rest) = text.strip_prefix(before) else { return false };
            (0..=rest.len())
                .filter(|at| rest.is_char_boundary(*at))
                .any(|at| like(&rest[at..], after))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_judged_as_written() {
        let field = |name: &str| match name {
            "SessionType" => Some(Value::Text("Access".into())),
            "CustomProperty1" => Some(Value::Text("O'Brien & Sons".into())),
            "IsEnded" => Some(Value::Flag(false)),
            "GuestConnectedCount" => Some(Value::Number(1)),
            _ => None,
        };
        for (filter, expected) in [
            ("SessionType = 'access'", Ok(true)),
            ("SessionType = 'Access' AND NOT IsEnded", Ok(true)),
            ("CustomProperty1 = 'O''Brien & Sons'", Ok(true)),
            ("CustomProperty1 LIKE 'o%sons' AND (IsEnded OR GuestConnectedCount > 0)", Ok(true)),
            ("GuestConnectedCount = 0", Ok(false)),
        ] {
            assert_eq!(fits(filter, &field), expected, "{filter}");
        }
        for wrong in ["", "Nope = 'x'", "CustomProperty1 = 'O'Brien'", "SessionType", "(IsEnded"] {
            assert!(fits(wrong, &field).is_err(), "{wrong}");
        }
    }
}
