//! Finds clients and sites by the ways people shorten a name: "Bluegum Vet Pty Ltd" is also "bluegum",
//! "bluegum vet", "bv".

use std::ops::Range;

use crate::directory::fold::{fold, is_letters, push_squashed, squashed, words};
use crate::directory::vocabulary::{is_company_suffix, is_filler, kind};

/// How much of a name was said, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Share {
    /// All of it, company suffixes aside.
    Whole,
    /// Its first words.
    Start,
    Initials,
    /// A word from its middle.
    Inside,
}

#[derive(Debug)]
struct Key {
    text: Box<str>,
    share: Share,
    name: u32,
}

/// What was found for a span of words: all names that it may stand for, equally well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NameHit {
    pub share: Share,
    /// Ascending, never empty.
    pub names: Vec<u32>,
}

/// Names numbered from 0.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Sorted by text, share, name.
    keys: Vec<Key>,
    /// Most words in one key.
    words_max: usize,
}

impl Names {
    pub(super) fn of<'a>(names: impl Iterator<Item = &'a str>) -> Self {
        let mut index = Self::default();
        for (name, text) in (0..).zip(names) {
            index.add(name, &words(&fold(text)));
        }
        index.keys.sort_unstable_by(|one, other| {
            (&one.text, one.share, one.name).cmp(&(&other.text, other.share, other.name))
        });
        index.keys.dedup_by(|one, other| one.text == other.text && one.name == other.name);
        index
    }

    fn add(&mut self, name: u32, all: &[String]) {
        self.words_max = self.words_max.max(all.len());
        let mut push = |text: String, share| {
            if !text.is_empty() {
                self.keys.push(Key { text: text.into(), share, name });
            }
        };
        push(squashed(all.iter().map(String::as_str)), Share::Whole);
        let core = core_words(all);
        push(squashed(core.iter().copied()), Share::Whole);
        let mut start = String::new();
        for (count, word) in core.iter().enumerate() {
            push_squashed(&mut start, word);
            let tells = count > 0 || (word.len() >= 3 && !is_filler(word));
            if count + 1 < core.len() && tells {
                push(start.clone(), Share::Start);
            }
        }
        for word in core.iter().skip(1) {
            if word.len() >= 3 && is_letters(word) && !is_filler(word) && kind(word).is_none() {
                push((*word).to_owned(), Share::Inside);
            }
        }
        let initials: String = core.iter().filter_map(|word| word.chars().next()).collect();
        if (2..=5).contains(&core.len()) && kind(&initials).is_none() && !is_filler(&initials) {
            push(initials, Share::Initials);
        }
    }

    /// The names that `squashed` stands for; only the best share counts.
    pub(super) fn find(&self, squashed: &str) -> Option<NameHit> {
        let start = self.keys.partition_point(|key| *key.text < *squashed);
        let same = || self.keys[start..].iter().take_while(|key| *key.text == *squashed);
        let share = same().map(|key| key.share).min()?;
        let names = same().filter(|key| key.share == share).map(|key| key.name).collect();
        let hit = NameHit { share, names };
        // Two letters that may mean two companies mean neither.
        (share != Share::Initials || hit.names.len() == 1).then_some(hit)
    }

    /// Spans of words that stand for names: longest first where they overlap, in order of place.
    /// `spellings` gives the ways to read a word, the typed one first.
    pub(super) fn spans<'a>(
        &self,
        count: usize,
        spellings: impl Fn(usize) -> Vec<&'a str>,
    ) -> Vec<(Range<usize>, NameHit)> {
        let mut found: Vec<(Range<usize>, NameHit)> = Vec::new();
        // A company suffix may be said or not, so one more word than the longest key.
        let longest = count.min(self.words_max + 1);
        for length in (1..=longest).rev() {
            for start in 0..=count - length {
                let span = start..start + length;
                if found.iter().any(|(taken, _)| span.start < taken.end && taken.start < span.end) {
                    continue;
                }
                if let Some(hit) = self.span(span.clone(), &spellings) {
                    found.push((span, hit));
                }
            }
        }
        found.sort_by_key(|(span, _)| span.start);
        found
    }

    fn span<'a>(
        &self,
        span: Range<usize>,
        spellings: &impl Fn(usize) -> Vec<&'a str>,
    ) -> Option<NameHit> {
        let mut keys = vec![String::new()];
        for place in span {
            let ways = spellings(place);
            keys = keys
                .iter()
                .flat_map(|key| {
                    ways.iter().map(move |way| {
                        let mut key = key.clone();
                        push_squashed(&mut key, way);
                        key
                    })
                })
                .take(SPELLINGS_MAX)
                .collect();
        }
        keys.iter().filter_map(|key| self.find(key)).min_by_key(|hit| hit.share)
    }
}

/// Ways to read one span that are tried; a span of three words with two spellings each has eight.
const SPELLINGS_MAX: usize = 8;

/// The words of a name without what people leave out; all of them if nothing else is left.
pub(super) fn core_words(all: &[String]) -> Vec<&str> {
    let core: Vec<&str> =
        all.iter().map(String::as_str).filter(|word| !is_company_suffix(word)).collect();
    if core.is_empty() { all.iter().map(String::as_str).collect() } else { core }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENTS: [&str; 6] = [
        "Bluegum Vet Pty Ltd",
        "Harbour Dental",
        "Acme",
        "Acme Foods",
        "Happy Days Dental",
        "Harbour Doors",
    ];

    fn check(sentence: &str, expected: &str) {
        let words: Vec<&str> = sentence.split(' ').collect();
        let names = Names::of(CLIENTS.into_iter());
        let spans = names.spans(words.len(), |place| vec![words[place]]);
        let shown: Vec<String> = spans
            .into_iter()
            .map(|(span, hit)| {
                let clients: Vec<_> =
                    hit.names.iter().map(|name| CLIENTS[*name as usize]).collect();
                format!("{}={}", words[span].join(" "), clients.join("|"))
            })
            .collect();
        assert_eq!(shown.join(", "), expected, "{sentence}");
    }

    #[test]
    fn names_as_people_shorten_them() {
        check("bluegum vet pty ltd", "bluegum vet pty ltd=Bluegum Vet Pty Ltd");
        check("patches for bluegum vet", "bluegum vet=Bluegum Vet Pty Ltd");
        check("bluegum", "bluegum=Bluegum Vet Pty Ltd");
        check("bluegumvet", "bluegumvet=Bluegum Vet Pty Ltd");
        check("blue gum", "blue gum=Bluegum Vet Pty Ltd");
        check("bv dc1", "bv=Bluegum Vet Pty Ltd");
        check("hd dc1", "");
        check("harbour", "harbour=Harbour Dental|Harbour Doors");
        check("harbour dental", "harbour dental=Harbour Dental");
        check("acme", "acme=Acme");
        check("acme foods dc1", "acme foods=Acme Foods");
        check("foods", "foods=Acme Foods");
        check("dental", "dental=Harbour Dental|Happy Days Dental");
        check("acme and bluegum", "acme=Acme, bluegum=Bluegum Vet Pty Ltd");
        check("nothing here", "");
    }
}
