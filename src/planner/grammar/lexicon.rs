//! Lists of words and phrases, written as text and looked up by their first word.

use std::collections::{HashMap, HashSet};
use std::sync::OnceLock;

use super::text::Token;

/// Single words, separated by blanks.
pub(in crate::planner) struct Words {
    text: &'static str,
    set: OnceLock<HashSet<&'static str>>,
}

impl Words {
    pub(in crate::planner) const fn new(text: &'static str) -> Self {
        Self { text, set: OnceLock::new() }
    }

    pub(in crate::planner) fn has(&self, word: &str) -> bool {
        self.set.get_or_init(|| self.iter().collect()).contains(word)
    }

    pub(in crate::planner) fn iter(&self) -> impl Iterator<Item = &'static str> {
        self.text.split_whitespace()
    }
}

/// Phrases, separated by commas or line breaks.
pub(in crate::planner) struct Phrases {
    text: &'static str,
    by_first: OnceLock<HashMap<&'static str, Vec<Vec<&'static str>>>>,
}

impl Phrases {
    pub(in crate::planner) const fn new(text: &'static str) -> Self {
        Self { text, by_first: OnceLock::new() }
    }

    /// How many tokens of the start are one of these; the longest counts.
    pub(in crate::planner) fn starts(&self, tokens: &[Token]) -> Option<usize> {
        let first = tokens.first().filter(|it| it.is_word())?;
        let phrases = self.index().get(first.low.as_str())?;
        let fits = |phrase: &&Vec<&str>| {
            phrase.len() <= tokens.len()
                && phrase
                    .iter()
                    .zip(tokens)
                    .all(|(word, token)| token.is_word() && !token.possessive && token.low == *word)
        };
        phrases.iter().filter(fits).map(Vec::len).max()
    }

    /// Every place where one of these stands, with its length.
    pub(in crate::planner) fn all<'t>(
        &'t self,
        tokens: &'t [Token],
    ) -> impl Iterator<Item = (usize, usize)> + 't {
        (0..tokens.len()).filter_map(|at| self.starts(&tokens[at..]).map(|length| (at, length)))
    }

    /// Whether a line of words is one of these.
    pub(in crate::planner) fn has(&self, line: &str) -> bool {
        let mut words = line.split(' ');
        let phrases = words.next().and_then(|first| self.index().get(first));
        phrases.is_some_and(|all| all.iter().any(|it| it.iter().copied().eq(line.split(' '))))
    }

    pub(in crate::planner) fn iter(&self) -> impl Iterator<Item = &[&'static str]> {
        self.index().values().flatten().map(Vec::as_slice)
    }

    fn index(&self) -> &HashMap<&'static str, Vec<Vec<&'static str>>> {
        self.by_first.get_or_init(|| {
            let mut index: HashMap<&'static str, Vec<Vec<&'static str>>> = HashMap::new();
            for phrase in self.text.split([',', '\n']) {
                let words: Vec<&'static str> = phrase.split_whitespace().collect();
                if let Some(first) = words.first() {
                    index.entry(first).or_default().push(words);
                }
            }
            index
        })
    }
}

/// Where `phrase` stands, and how many tokens it takes.
pub(super) fn find(tokens: &[Token], phrase: &str) -> Option<(usize, usize)> {
    let length = phrase.split(' ').count();
    let fits = |run: &[Token]| {
        run.iter().zip(phrase.split(' ')).all(|(token, word)| token.is_word() && token.low == word)
    };
    tokens.windows(length).position(fits).map(|at| (at, length))
}
