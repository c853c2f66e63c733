//! Finds words that look like a given one: those that share the rarest groups of three letters, or all letters.

use crate::directory::lexicon::{Term, ends_by_key, run_of};
use crate::directory::spelling::likeness;

/// Words read per search. Rare groups come first, so that the cut hits groups that tell little.
const READ_MAX: usize = 4_000;

/// Words that share groups and are then compared letter by letter.
const COMPARED_MAX: usize = 60;

#[derive(Debug, Default)]
pub(super) struct Trigrams {
    /// Sorted.
    groups: Box<[u32]>,
    ends: Box<[u32]>,
    terms: Box<[Term]>,
}

impl Trigrams {
    /// Indexes numbered words; empty ones are left out.
    pub(super) fn of<'a>(words: impl Iterator<Item = (u32, &'a str)>) -> Self {
        let mut pairs: Vec<u64> = Vec::new();
        let mut groups = Vec::new();
        for (term, word) in words.filter(|(_, word)| !word.is_empty()) {
            groups_of(word, &mut groups);
            pairs.extend(groups.iter().map(|group| u64::from(*group) << 32 | u64::from(term)));
        }
        pairs.sort_unstable();
        pairs.dedup();
        let group = |pair: &u64| (*pair >> 32) as u32;
        let mut known: Vec<u32> = Vec::new();
        let mut places = Vec::with_capacity(pairs.len());
        for pair in &pairs {
            if known.last() != Some(&group(pair)) {
                known.push(group(pair));
            }
            places.push(known.len() as u32 - 1);
        }
        Self {
            ends: ends_by_key(known.len(), places.into_iter()),
            groups: known.into(),
            terms: pairs.into_iter().map(|pair| Term(pair as u32)).collect(),
        }
    }

    /// At most `limit` words, the most alike first, then by place.
    pub(super) fn alike<'a>(
        &self,
        word: &str,
        limit: usize,
        text: impl Fn(Term) -> &'a str,
    ) -> Vec<Term> {
        let mut groups = Vec::new();
        groups_of(word, &mut groups);
        let mut runs: Vec<_> = groups
            .iter()
            .filter_map(|group| Some((*group, self.groups.binary_search(group).ok()?)))
            .map(|(group, place)| (group, run_of(&self.ends, place as u32)))
            .collect();
        runs.sort_unstable_by_key(|(_, run)| (run.len(), run.start));
        let mut hits: Vec<Term> = Vec::new();
        for (group, run) in runs {
            let room = READ_MAX.saturating_sub(hits.len());
            let worth = if group & WHOLE == 0 { 1 } else { WHOLE_WORTH };
            for term in self.terms[run].iter().take(room) {
                hits.extend(std::iter::repeat_n(term, worth));
            }
        }
        hits.sort_unstable();
        let mut counted: Vec<(usize, Term)> =
            hits.chunk_by(|one, other| one == other).map(|run| (run.len(), run[0])).collect();
        let order = |it: &(usize, Term)| (std::cmp::Reverse(it.0), it.1);
        if counted.len() > COMPARED_MAX {
            counted.select_nth_unstable_by_key(COMPARED_MAX, order);
            counted.truncate(COMPARED_MAX);
        }
        let mut alike: Vec<(std::cmp::Reverse<u16>, Term)> = counted
            .into_iter()
            .map(|(_, term)| (std::cmp::Reverse(likeness(word, text(term))), term))
            .collect();
        alike.sort_unstable();
        alike.truncate(limit);
        alike.into_iter().map(|(_, term)| term).collect()
    }
}

/// Marks keys of a whole word, which prove more than three letters do.
const WHOLE: u32 = 1 << 31;

/// How many groups of three letters the key of a whole word is worth.
const WHOLE_WORTH: usize = 4;

/// Groups of three letters with a mark at both ends, each mixed into one number (a clash costs one
/// comparison); then the letters in order, which finds swaps, and the letters without doubles.
fn groups_of(word: &str, groups: &mut Vec<u32>) {
    groups.clear();
    let mut window = ['\0', '\0', '^'];
    for c in word.chars().chain(['$']) {
        window = [window[1], window[2], c];
        if window[0] != '\0' {
            groups.push(mixed(window) & !WHOLE);
        }
    }
    let mut letters: Vec<char> = word.chars().collect();
    let mut single = letters.clone();
    single.dedup();
    letters.sort_unstable();
    groups.push(mixed(letters) | WHOLE);
    groups.push(mixed(single).rotate_left(1) | WHOLE);
    groups.sort_unstable();
    groups.dedup();
}

fn mixed(letters: impl IntoIterator<Item = char>) -> u32 {
    letters.into_iter().fold(0x811c_9dc5, |sum: u32, c| {
        (sum ^ u32::from(c)).wrapping_mul(0x0100_0193).rotate_left(5)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(typed: &str, words: &str, expected: &str) {
        let words: Vec<&str> = words.split(' ').collect();
        let index = Trigrams::of((0..).zip(words.iter().copied()));
        let alike = index.alike(typed, 3, |term| words[term.0 as usize]);
        let first = alike.first().map_or("", |term| words[term.0 as usize]);
        assert_eq!(first, expected, "{typed}");
    }

    #[test]
    fn finds_the_word_that_was_meant() {
        let words = "maria mario bluegum harbour dental dc1 dc2 desktop8f3k2l1 acmelt231 julia";
        check("mraia", words, "maria");
        check("mariaa", words, "maria");
        check("blugum", words, "bluegum");
        check("harbuor", words, "harbour");
        check("destkop8f3k2l1", words, "desktop8f3k2l1");
        check("acmlet231", words, "acmelt231");
        check("zzz", words, "");
        check("", words, "");
    }
}
