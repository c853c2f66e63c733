//! On which line of the file a key stands.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The places of all keys of a file.
pub(super) struct Lines<'a> {
    text: &'a str,
    table: Option<Spanned<DeTable<'a>>>,
}

impl<'a> Lines<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        Self { text, table: DeTable::parse(text).ok() }
    }

    /// The line of a key such as `rules[2].quorum`, where lists count from 1; of the nearest table around
    /// it when it is not there itself.
    pub(super) fn of_key(&self, key: &str) -> Option<usize> {
        let mut table = self.table.as_ref()?.get_ref();
        let mut found = None;
        for part in key.split('.') {
            let (name, index) = match part.split_once('[') {
                Some((name, rest)) => (name, rest.trim_end_matches(']').parse::<usize>().ok()),
                None => (part, None),
            };
            let Some((key, mut value)) = table.iter().find(|(key, _)| key.get_ref() == name) else {
                break;
            };
            found = Some(key.span().start);
            if let (DeValue::Array(items), Some(index)) = (value.get_ref(), index)
                && let Some(item) = items.get(index.saturating_sub(1))
            {
                value = item;
                found = Some(value.span().start);
            }
            match value.get_ref() {
                DeValue::Table(inner) => table = inner,
                _ => break,
            }
        }
        let before = self.text.get(..found?)?;
        Some(before.matches('\n').count() + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_in_tables_lists_and_inline() {
        let text = "[server]\nlisten = \"x\"\n\n[[rules]]\ntool = \"a\"\n[[rules]]\ntool = \"b\"\narguments = { days = 1 }\n";
        let lines = Lines::of(text);
        for (key, line) in [
            ("server.listen", Some(2)),
            ("server.port", Some(1)),
            ("rules[1].tool", Some(5)),
            ("rules[2].tool", Some(7)),
            ("rules[2].arguments.days", Some(8)),
            ("rules[2].quorum", Some(6)),
            ("slack.mode", None),
        ] {
            assert_eq!(lines.of_key(key), line, "{key}");
        }
    }
}
