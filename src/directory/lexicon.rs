//! Every word of the fleet, sorted, each with where it occurs; one text and three arrays of numbers.

use std::collections::HashMap;
use std::ops::Range;

use crate::directory::trigrams::Trigrams;

/// Where a word occurs, and what the number of a [`Posting`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Field {
    /// Part of a host name: device.
    Host,
    /// A whole host name, squashed: device.
    WholeHost,
    /// Part of a friendly name: device.
    Friendly,
    /// A whole friendly name, squashed: device.
    WholeFriendly,
    /// Part of a user, or all its words joined: account.
    User,
    /// First letter and last name of a user, first name of `marial`: account.
    ShortUser,
    /// Part of an operating system's name: system.
    Os,
    /// Part of a model's name: model.
    Model,
    /// Part of a client's name: client.
    Client,
    /// Part of a site's name: site.
    Site,
}

const FIELDS: [Field; 10] = [
    Field::Host,
    Field::WholeHost,
    Field::Friendly,
    Field::WholeFriendly,
    Field::User,
    Field::ShortUser,
    Field::Os,
    Field::Model,
    Field::Client,
    Field::Site,
];

/// A field in the top four bits, a number below: sorts by field, then number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Posting(u32);

const NUMBER_BITS: u32 = 28;

impl Posting {
    fn new(field: Field, number: u32) -> Self {
        Self(((field as u32) << NUMBER_BITS) | (number & ((1 << NUMBER_BITS) - 1)))
    }

    fn number(self) -> u32 {
        self.0 & ((1 << NUMBER_BITS) - 1)
    }
}

/// Collects words in any order.
#[derive(Debug, Default)]
pub(super) struct LexiconBuilder {
    terms: HashMap<Box<str>, u32>,
    postings: Vec<(u32, Posting)>,
}

impl LexiconBuilder {
    pub(super) fn add(&mut self, word: &str, field: Field, number: u32) {
        if word.is_empty() {
            return;
        }
        let fresh = self.terms.len() as u32;
        let term = match self.terms.get(word) {
            Some(term) => *term,
            None => *self.terms.entry(word.into()).or_insert(fresh),
        };
        self.postings.push((term, Posting::new(field, number)));
    }

    pub(super) fn build(self) -> Lexicon {
        let Self { terms, mut postings } = self;
        let mut sorted: Vec<(Box<str>, u32)> = terms.into_iter().collect();
        sorted.sort_unstable();
        let mut rank = vec![0_u32; sorted.len()];
        let mut text = String::with_capacity(sorted.iter().map(|(word, _)| word.len()).sum());
        let mut starts = Vec::with_capacity(sorted.len() + 1);
        for (place, (word, term)) in (0..).zip(&sorted) {
            rank[*term as usize] = place;
            starts.push(text.len() as u32);
            text.push_str(word);
        }
        starts.push(text.len() as u32);
        drop(sorted);
        for (term, _) in &mut postings {
            *term = rank[*term as usize];
        }
        postings.sort_unstable();
        postings.dedup();
        let ends = ends_by_key(starts.len() - 1, postings.iter().map(|(term, _)| *term));
        let postings = postings.into_iter().map(|(_, posting)| posting).collect();
        let mut lexicon = Lexicon { text, starts, ends, postings, trigrams: Trigrams::default() };
        lexicon.trigrams = Trigrams::of((0..).zip(lexicon.spellable()));
        lexicon
    }
}

/// For keys in ascending order: where the run of each key ends.
pub(super) fn ends_by_key(count: usize, keys: impl Iterator<Item = u32>) -> Box<[u32]> {
    let mut ends = vec![0_u32; count];
    for key in keys {
        ends[key as usize] += 1;
    }
    let mut sum = 0;
    for end in &mut ends {
        sum += *end;
        *end = sum;
    }
    ends.into_boxed_slice()
}

/// The run of `key` as counted by [`ends_by_key`].
pub(super) fn run_of(ends: &[u32], key: u32) -> Range<usize> {
    let key = key as usize;
    let start = if key == 0 { 0 } else { ends[key - 1] as usize };
    start..ends[key] as usize
}

/// Place of a word in the [`Lexicon`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Term(pub u32);

#[derive(Debug, Default)]
pub(super) struct Lexicon {
    text: String,
    starts: Vec<u32>,
    ends: Box<[u32]>,
    postings: Box<[Posting]>,
    trigrams: Trigrams,
}

impl Lexicon {
    fn len(&self) -> usize {
        self.ends.len()
    }

    pub(super) fn word(&self, term: Term) -> &str {
        let place = term.0 as usize;
        &self.text[self.starts[place] as usize..self.starts[place + 1] as usize]
    }

    pub(super) fn find(&self, word: &str) -> Option<Term> {
        let mut range = 0..self.len() as u32;
        while !range.is_empty() {
            let middle = range.start + (range.end - range.start) / 2;
            match self.word(Term(middle)).cmp(word) {
                std::cmp::Ordering::Equal => return Some(Term(middle)),
                std::cmp::Ordering::Less => range.start = middle + 1,
                std::cmp::Ordering::Greater => range.end = middle,
            }
        }
        None
    }

    /// What the word counts in `field`, ascending.
    pub(super) fn numbers(&self, term: Term, field: Field) -> impl Iterator<Item = u32> {
        let all = &self.postings[run_of(&self.ends, term.0)];
        let start = all.partition_point(|it| *it < Posting::new(field, 0));
        let end = start + all[start..].partition_point(|it| it.0 >> NUMBER_BITS == field as u32);
        all[start..end].iter().map(|it| it.number())
    }

    pub(super) fn has(&self, term: Term, field: Field) -> bool {
        self.numbers(term, field).next().is_some()
    }

    /// Is the word more than one part of a host name written together?
    pub(super) fn is_single(&self, term: Term) -> bool {
        let whole = [Field::WholeHost, Field::WholeFriendly];
        FIELDS.into_iter().any(|field| !whole.contains(&field) && self.has(term, field))
    }

    /// Words that look like `word`, at most `limit`, the most alike first.
    pub(super) fn alike(&self, word: &str, limit: usize) -> Vec<Term> {
        self.trigrams.alike(word, limit, |term| self.word(term))
    }

    /// Words worth a spelling check, empty text for the others: plain letters, and whole host names.
    fn spellable(&self) -> impl Iterator<Item = &str> {
        (0..self.len() as u32).map(Term).map(|term| {
            let word = self.word(term);
            let letters = word.bytes().all(|b| !b.is_ascii_digit());
            if letters || self.has(term, Field::WholeHost) { word } else { "" }
        })
    }
}
