//! Brings names and phrases to one spelling: case, accents, separators and leading zeros aside.
//!
//! Digits are never loosened beyond leading zeros: `1-12` and `11-2` stay different, because the number
//! is often all that tells two machines apart.

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// How much of a phrase is looked at, in characters. The longest names in use stay under 60.
pub(super) const LOOKED_AT_CHARS: usize = 200;

/// Lower case, accents off, typographic apostrophes as `'`; everything else stays where it is.
pub(super) fn fold(text: &str) -> String {
    if text.is_ascii() {
        return text.chars().take(LOOKED_AT_CHARS).map(|c| c.to_ascii_lowercase()).collect();
    }
    let mut out = String::with_capacity(text.len().min(4 * LOOKED_AT_CHARS));
    let looked_at = text.chars().take(LOOKED_AT_CHARS).map(|c| match c {
        // Before decomposition, which would take them apart.
        '’' | '‘' | 'ʼ' | '´' | '`' | '′' | '＇' => '\'',
        other => other,
    });
    for c in looked_at.nfkd().filter(|c| !is_combining_mark(*c) && !is_invisible(*c)) {
        match c {
            'ß' => out.push_str("ss"),
            'ø' | 'Ø' => out.push('o'),
            'ł' | 'Ł' => out.push('l'),
            'đ' | 'Đ' => out.push('d'),
            'æ' | 'Æ' => out.push_str("ae"),
            'œ' | 'Œ' => out.push_str("oe"),
            other => out.extend(other.to_lowercase().filter(|c| !is_combining_mark(*c))),
        }
    }
    out
}

/// Characters that print nothing and would split a word nobody sees split.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
}

/// The words of an already folded name: alphanumeric runs, apostrophes dropped, zeros stripped.
pub(super) fn words(folded: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    for c in folded.chars() {
        if c.is_alphanumeric() {
            word.push(c);
        } else if c != '\'' && !word.is_empty() {
            words.push(strip_zeros(&word));
            word.clear();
        }
    }
    if !word.is_empty() {
        words.push(strip_zeros(&word));
    }
    words
}

/// `dc01` is `dc1`, `8f003k` is `8f3k`, `000` is `0`.
pub(super) fn strip_zeros(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut in_number = false;
    let mut chars = word.chars().peekable();
    while let Some(c) = chars.next() {
        let digit_follows = chars.peek().is_some_and(|next| next.is_ascii_digit());
        if c == '0' && !in_number && digit_follows {
            continue;
        }
        in_number = c.is_ascii_digit();
        out.push(c);
    }
    out
}

/// Appends `word` without a separator, save between two numbers: `ws 1 12` is `ws1.12`.
pub(super) fn push_squashed(key: &mut String, word: &str) {
    let number_before = key.ends_with(|c: char| c.is_ascii_digit());
    if number_before && word.starts_with(|c: char| c.is_ascii_digit()) {
        key.push('.');
    }
    key.push_str(word);
}

pub(super) fn squashed<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let mut key = String::new();
    for word in words {
        push_squashed(&mut key, word);
    }
    key
}

/// Letters and numbers only, nothing loosened: how serial numbers and ids are compared.
pub(super) fn bare(folded: &str) -> String {
    folded.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// One part of a host name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unit {
    pub text: String,
    pub kind: UnitKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UnitKind {
    Letters,
    Number,
    /// Letters and digits in turns, as in `8f3k2l1`: means something only as a whole.
    Mixed,
}

/// Takes a host name apart: `ACME-DC01` is `acme`, `dc`, `1`. `prefix` is the first word of the client,
/// so that `ACMEDC01` falls apart in the same way.
pub(super) fn host_units(folded: &str, prefix: Option<&str>) -> Vec<Unit> {
    let mut units = Vec::with_capacity(4);
    for mut word in words(folded) {
        if let Some(prefix) = prefix.filter(|it| it.len() >= 3 && word.len() > it.len())
            && let Some(rest) = word.strip_prefix(prefix)
            && rest.starts_with(char::is_alphanumeric)
        {
            let rest = rest.to_owned();
            units.push(Unit { text: prefix.to_owned(), kind: kind_of(prefix) });
            word = rest;
        }
        match letters_then_number(&word) {
            Some((letters, number)) => {
                units.push(Unit { text: letters.to_owned(), kind: UnitKind::Letters });
                units.push(Unit { text: number.to_owned(), kind: UnitKind::Number });
            }
            None => {
                let kind = kind_of(&word);
                units.push(Unit { text: word, kind });
            }
        }
    }
    units
}

/// `dc1` as `dc` and `1`; nothing for other shapes.
pub(super) fn letters_then_number(word: &str) -> Option<(&str, &str)> {
    let at = word.find(|c: char| c.is_ascii_digit())?;
    let (letters, number) = word.split_at(at);
    (!letters.is_empty() && is_number(number)).then_some((letters, number))
}

fn kind_of(word: &str) -> UnitKind {
    if is_number(word) {
        UnitKind::Number
    } else if word.contains(|c: char| c.is_ascii_digit()) {
        UnitKind::Mixed
    } else {
        UnitKind::Letters
    }
}

pub(super) fn is_number(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_digit())
}

pub(super) fn is_letters(word: &str) -> bool {
    word.chars().all(|c| !c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let units = host_units(&fold(text), Some("acme"));
        let shown: Vec<_> = units.iter().map(|unit| unit.text.as_str()).collect();
        assert_eq!(shown.join(" "), expected, "{text}");
    }

    #[test]
    fn host_names_fall_apart_where_people_would_cut() {
        check("MARIA-LT-01", "maria lt 1");
        check("DC01", "dc 1");
        check("ACMEDC01", "acme dc 1");
        check("acme", "acme");
        check("DESKTOP-8F3K2L1", "desktop 8f3k2l1");
        check("Maria’s MacBook Pro", "marias macbook pro");
        check("JOSÉ_PC", "jose pc");
        check("ÅSA-Łódź-ß", "asa lodz ss");
        check("000", "0");
        check("ws-1-12", "ws 1 12");
        check("ＤＣ０１", "dc 1");
        check("dc\u{200b}01", "dc 1");
        check("", "");
    }

    #[test]
    fn numbers_never_run_together() {
        assert_eq!(squashed(["ws", "1", "12"]), "ws1.12");
        assert_ne!(squashed(["ws", "1", "12"]), squashed(["ws", "11", "2"]));
        assert_ne!(squashed(["ws", "1", "12"]), squashed(["ws", "112"]));
    }
}
