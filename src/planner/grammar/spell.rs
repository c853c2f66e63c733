//! Typos. A word counts as misspelt only where nothing else explains it, and never inside a name with
//! digits: "dc01" and "dc10" are two machines.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::{intents, words};

/// `typed` is `word` with a slip: a letter too many, too few, wrong or swapped. Short words allow a
/// swap only, words of eight letters two slips; the first letter is nearly always right.
pub(super) fn near(typed: &str, word: &str) -> bool {
    if typed == word {
        return true;
    }
    let (a, b) = (typed.as_bytes(), word.as_bytes());
    let slips = match b.len() {
        0..=3 => return false,
        4..=7 => 1,
        _ => 2,
    };
    if a.len().abs_diff(b.len()) > slips || a.len() < 4 {
        return false;
    }
    let first = a[0] == b[0] || (a[0] == b[1] && a[1] == b[0]);
    let letters = |it: &[u8]| it.iter().all(u8::is_ascii_lowercase);
    if !first || !letters(a) || !letters(b) {
        return false;
    }
    if b.len() == 4 || a.len() == 4 {
        return a.len() == b.len() && swapped(a, b);
    }
    strsim::osa_distance(typed, word) <= slips
}

/// Two neighbouring letters changed places, and nothing else.
fn swapped(a: &[u8], b: &[u8]) -> bool {
    let Some(at) = (0..a.len()).find(|at| a[*at] != b[*at]) else { return false };
    at + 1 < a.len() && a[at] == b[at + 1] && a[at + 1] == b[at] && a[at + 2..] == b[at + 2..]
}

/// The word of the lexicon that `low` is or misspells, else `low` itself.
pub(super) fn correct(low: &str) -> &str {
    let Some(first) = low.bytes().next() else { return low };
    let lexicon = &*LEXICON;
    if lexicon.known.contains_key(low) || low.len() < 4 || words::is_plain(low) {
        return low;
    }
    let second = low.as_bytes()[1];
    let same = [first, second];
    let candidates = same.iter().filter_map(|it| lexicon.by_letter.get(it)).flatten();
    let mut best: Option<(&'static str, usize)> = None;
    for word in candidates.filter(|word| near(low, word)) {
        let distance = strsim::osa_distance(low, word);
        if best.is_none_or(|(_, least)| distance < least) {
            best = Some((word, distance));
        }
    }
    best.map_or(low, |(word, _)| word)
}

/// Whether `low` is, letter by letter, a word of some intent.
pub(super) fn is_cue(low: &str) -> bool {
    LEXICON.known.get(low).is_some_and(|cue| *cue)
}

struct Lexicon {
    /// Every word; true for those of the intents.
    known: HashMap<&'static str, bool>,
    by_letter: HashMap<u8, Vec<&'static str>>,
}

static LEXICON: LazyLock<Lexicon> = LazyLock::new(|| {
    let mut lexicon = Lexicon { known: HashMap::new(), by_letter: HashMap::new() };
    let cues = intents::vocabulary().map(|word| (word, true));
    for (word, cue) in words::vocabulary().map(|word| (word, false)).chain(cues) {
        if lexicon.known.insert(word, cue).is_none()
            && let Some(first) = word.bytes().next()
        {
            lexicon.by_letter.entry(first).or_default().push(word);
        }
    }
    lexicon
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_forgiven_and_other_words_are_not() {
        for (typed, word) in [
            ("pacthes", "patches"),
            ("clenup", "cleanup"),
            ("dsik", "disk"),
            ("tikets", "tickets"),
            ("rebot", "reboot"),
            ("hardwear", "hardware"),
        ] {
            assert!(near(typed, word), "{typed} is {word}");
        }
        for (typed, word) in
            [("report", "reboot"), ("desk", "disk"), ("dc01", "dc10"), ("batches", "patches")]
        {
            assert!(!near(typed, word), "{typed} is not {word}");
        }
    }
}
