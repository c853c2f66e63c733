//! Tells a slip of the fingers from another word.
//!
//! The numbers have to agree: `dc01` is never a typo of `DC02`. Within the letters only small slips count,
//! and the shorter the word, the fewer: `dc` and `db`, `east` and `west`, `maria` and `mario` are different.

use crate::directory::vocabulary::is_first_name;

/// What a near miss is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Slip {
    /// Worth asking about.
    Ask,
    /// Good for names of things; a person may well be called what was typed.
    Thing,
    /// Good for anything.
    Anyone,
}

/// How alike two words are, 0 to 1000, whatever their digits: for the closest names.
pub(super) fn likeness(typed: &str, known: &str) -> u16 {
    // Jaro-Winkler is within 0 to 1.
    (strsim::jaro_winkler(typed, known) * 1000.0) as u16
}

/// The slip that leads from `known` to `typed`, if it is one, with its likeness.
pub(super) fn slip(typed: &str, known: &str) -> Option<(Slip, u16)> {
    let (mut typed_runs, mut known_runs) = (runs(typed), runs(known));
    let mut found = None;
    loop {
        match (typed_runs.next(), known_runs.next()) {
            (None, None) => break,
            (Some(one), Some(other)) if one == other => {}
            (Some(one), Some(other)) if found.is_none() && !is_digits(one) && !is_digits(other) => {
                found = Some(letters_slip(one, other)?);
            }
            _ => return None,
        }
    }
    found.map(|slip| (slip, likeness(typed, known)))
}

/// Alternating runs of digits and other characters.
fn runs(word: &str) -> impl Iterator<Item = &str> {
    let mut rest = word;
    std::iter::from_fn(move || {
        let first_is_digit = rest.chars().next()?.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != first_is_digit).unwrap_or(rest.len());
        let (run, after) = rest.split_at(end);
        rest = after;
        Some(run)
    })
}

fn is_digits(run: &str) -> bool {
    run.starts_with(|c: char| c.is_ascii_digit())
}

fn letters_slip(typed: &str, known: &str) -> Option<Slip> {
    let typed: Vec<char> = typed.chars().collect();
    let known: Vec<char> = known.chars().collect();
    let len = known.len().max(typed.len());
    if len < 4 || typed.len().abs_diff(known.len()) > 1 {
        return two_slips(&typed, &known);
    }
    let start = typed.iter().zip(&known).take_while(|(one, other)| one == other).count();
    let (typed_rest, known_rest) = (&typed[start..], &known[start..]);
    let grade = match (typed_rest, known_rest) {
        ([a, b, x @ ..], [c, d, y @ ..]) if a == d && b == c && x == y => Some(Slip::Anyone),
        (x, [_, y @ ..]) if x == y => Some(inserted(&known, start)),
        ([_, x @ ..], y) if x == y => Some(inserted(&typed, start)),
        ([_, x @ ..], [_, y @ ..]) if x == y => Some(replaced(start, len)),
        _ => return two_slips(&typed, &known),
    };
    let typed: String = typed.into_iter().collect();
    grade.map(|grade| if is_first_name(&typed) { Slip::Ask } else { grade })
}

/// `longer` has one letter more, at `at`.
fn inserted(longer: &[char], at: usize) -> Slip {
    let doubles = at > 0 && longer[at - 1] == longer[at];
    let at_an_end = at == 0 || at + 1 == longer.len();
    match longer.len() {
        ..5 => Slip::Ask,
        _ if doubles => Slip::Anyone,
        _ if at_an_end => Slip::Ask,
        5 => Slip::Ask,
        6 | 7 => Slip::Thing,
        _ => Slip::Anyone,
    }
}

fn replaced(at: usize, len: usize) -> Slip {
    if len >= 7 && at > 0 && at + 1 < len { Slip::Thing } else { Slip::Ask }
}

/// Two slips are only ever a question, and only in a long word.
fn two_slips(typed: &[char], known: &[char]) -> Option<Slip> {
    let (typed, known): (String, String) = (typed.iter().collect(), known.iter().collect());
    let long = typed.chars().count().min(known.chars().count()) >= 8;
    (long && strsim::osa_distance(&typed, &known) <= 2).then_some(Slip::Ask)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, known: &str, expected: Option<Slip>) {
        assert_eq!(slip(typed, known).map(|(slip, _)| slip), expected, "{typed} for {known}");
    }

    #[test]
    fn slips_of_the_fingers() {
        check("mraia", "maria", Some(Slip::Anyone));
        check("marria", "maria", Some(Slip::Anyone));
        check("acem", "acme", Some(Slip::Anyone));
        check("blugum", "bluegum", Some(Slip::Thing));
        check("christoper", "christopher", Some(Slip::Anyone));
        check("srever01", "server01", Some(Slip::Anyone));
        check("habrour", "harbour", Some(Slip::Anyone));
        check("harvour", "harbour", Some(Slip::Thing));
    }

    #[test]
    fn other_words_are_not_slips() {
        check("dc01", "dc02", None);
        check("ws231", "ws213", None);
        check("dc1", "db1", None);
        check("srv1", "srv", None);
        check("bob", "rob", None);
        check("mario", "maria", Some(Slip::Ask));
        check("marina", "maria", Some(Slip::Ask));
        check("christian", "christina", Some(Slip::Ask));
        check("east", "west", None);
        check("mail", "main", Some(Slip::Ask));
        check("marias", "maria", Some(Slip::Ask));
        check("", "", None);
    }
}
