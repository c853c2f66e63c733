//! Takes a phrase apart: words, what each could be a spelling of, and the runs of words that may be one name.

use std::ops::Range;

use crate::directory::fold::{fold, is_letters, is_number, push_squashed, strip_zeros};
use crate::directory::spelling::Slip;
use crate::directory::users::account_names;
use crate::directory::vocabulary::{Kind, is_filler, kind, nicknames};

/// Which words of a phrase a piece of evidence explains.
pub(super) type Mask = u32;

/// Words with meaning that one phrase may have. Longer ones name more than a device.
pub(super) const WORDS_MAX: usize = 16;

/// Words that may be one name: "Marias MacBook Pro of the front desk" has seven.
const RUN_MAX: usize = 7;

/// How a spelling came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    Typed,
    /// "marias" for "maria" and back.
    Possessive,
    Nickname,
    Slip(Slip, u16),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spelling {
    pub text: String,
    pub how: How,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    /// Never empty, as typed first.
    pub spellings: Vec<Spelling>,
    /// Where in the folded text.
    place: Range<usize>,
    /// Said with 's, s' or of.
    pub possessive: bool,
    /// The domain in `BLUEGUM\maria`: proves something, but a device need not know it.
    pub domain: bool,
    /// No bit: filler explains itself.
    pub mask: Mask,
    /// Digits typed, zeros included, where the word is a number.
    pub digits: usize,
    pub kind: Option<Kind>,
    /// The kind may be part of a host name that nobody has: `ana-pc`.
    kind_in_name: bool,
}

impl Word {
    pub(super) fn text(&self) -> &str {
        &self.spellings[0].text
    }

    /// Could be somebody's name.
    pub(super) fn may_be_person(&self) -> bool {
        self.mask != 0 && self.kind.is_none() && is_letters(self.text())
    }
}

/// Consecutive words read as one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Run {
    pub key: String,
    pub mask: Mask,
    pub how: How,
    /// As typed, apostrophes aside, to tell an exact name from a similar one.
    pub typed: String,
    pub words: Range<usize>,
}

/// Two neighbours that may be one account name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pair {
    pub text: String,
    pub mask: Mask,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Words {
    pub words: Vec<Word>,
    /// Every bit that must be explained.
    pub full: Mask,
    pub pairs: Vec<Pair>,
    /// Kinds written together with other words: worth a question, if no machine is called so.
    pub kinds_in_names: Mask,
    /// The looked-at text, folded.
    pub folded: String,
}

impl Words {
    pub(super) fn of(text: &str) -> Self {
        let folded = fold(text);
        let mut words = split(&folded);
        unmark_kinds_in_host_names(&mut words, &folded);
        mark_fillers(&mut words);
        let mut full = 0;
        let meaningful = words.iter_mut().filter(|word| word.mask != 0);
        for (place, word) in meaningful.enumerate() {
            // One bit stands for all words too many and is never explained.
            word.mask = if place < WORDS_MAX { 1 << place } else { 0 };
            full |= 1 << place.min(WORDS_MAX);
        }
        let pairs = pairs(&words);
        let in_names = words.iter().filter(|word| word.kind_in_name && word.kind.is_some());
        let kinds_in_names = in_names.fold(0, |mask, word| mask | word.mask);
        Self { words, full, pairs, kinds_in_names, folded }
    }

    pub(super) fn bits(&self) -> impl Iterator<Item = (usize, &Word)> {
        self.words.iter().enumerate().filter(|(_, word)| word.mask != 0)
    }

    pub(super) fn mask_of(&self, span: Range<usize>) -> Mask {
        self.words[span].iter().fold(0, |mask, word| mask | word.mask)
    }

    /// All runs of words that may be one name; at most one word of a run is not as typed.
    pub(super) fn runs(&self) -> Vec<Run> {
        let mut runs = Vec::new();
        let count = self.words.len().min(2 * WORDS_MAX);
        for start in 0..count {
            for end in start + 1..=count.min(start + RUN_MAX) {
                let mask = self.mask_of(start..end);
                if mask != 0 {
                    self.runs_of(start..end, mask, &mut runs);
                }
            }
        }
        runs
    }

    fn runs_of(&self, span: Range<usize>, mask: Mask, runs: &mut Vec<Run>) {
        let first = self.words[span.start].place.start;
        let last = self.words[span.end - 1].place.end;
        let typed: String = self.folded[first..last].chars().filter(|c| *c != '\'').collect();
        let others = span.clone().flat_map(|place| {
            let others = self.words[place].spellings.iter().skip(1);
            others.filter(|it| it.how != How::Nickname).map(move |other| (place, other))
        });
        let typed_only = std::iter::once((usize::MAX, &self.words[span.start].spellings[0]));
        for (changed, spelling) in typed_only.chain(others) {
            let mut key = String::new();
            for place in span.clone() {
                let text =
                    if place == changed { &*spelling.text } else { self.words[place].text() };
                push_squashed(&mut key, text);
            }
            let how = if changed == usize::MAX { How::Typed } else { spelling.how };
            runs.push(Run { key, mask, how, typed: typed.clone(), words: span.clone() });
        }
    }
}

/// Words with their places; possessive endings are taken off. Every word has a bit for now.
fn split(folded: &str) -> Vec<Word> {
    let mut words: Vec<Word> = Vec::new();
    let mut chars = folded.char_indices().peekable();
    // The last separator decides what `bluegum\maria` and `maria@bluegum.example` are.
    let (mut after_at, mut spaced) = (false, true);
    while let Some((start, c)) = chars.next() {
        if !c.is_alphanumeric() {
            if c == '\\'
                && let Some(word) = words.last_mut()
                && !spaced
            {
                word.domain = true;
            }
            after_at = (after_at || c == '@') && !c.is_whitespace();
            spaced = c.is_whitespace();
            continue;
        }
        spaced = false;
        let mut text = String::from(c);
        let mut end = start + c.len_utf8();
        let mut possessive = false;
        while let Some(&(at, c)) = chars.peek() {
            if c.is_alphanumeric() {
                text.push(c);
                end = at + c.len_utf8();
            } else if c == '\'' {
                let mut rest = folded[at + 1..].chars();
                match (rest.next(), rest.next()) {
                    (Some('s'), next) if !next.is_some_and(char::is_alphanumeric) => {
                        chars.next();
                        chars.next();
                        possessive = true;
                        break;
                    }
                    // "O'Brien"
                    (Some(next), _) if next.is_alphanumeric() => {}
                    _ => {
                        possessive = text.ends_with(['s', 'x', 'z']);
                        break;
                    }
                }
            } else {
                break;
            }
            chars.next();
        }
        let mut word = word(&text, start..end, possessive);
        word.domain = after_at;
        words.push(word);
    }
    words
}

fn word(typed: &str, place: Range<usize>, possessive: bool) -> Word {
    let text = strip_zeros(typed);
    let mut spellings = vec![Spelling { text: text.clone(), how: How::Typed }];
    let mut also = |text: String, how| {
        if spellings.iter().all(|it| it.text != text) {
            spellings.push(Spelling { text, how });
        }
    };
    if is_letters(&text) && text.len() >= 3 {
        also(format!("{text}s"), How::Possessive);
        let without = text.strip_suffix('s').filter(|it| !possessive && it.len() >= 3);
        if let Some(without) = without {
            also(without.to_owned(), How::Possessive);
        }
        for name in [Some(text.as_str()), without].into_iter().flatten() {
            nicknames(name).for_each(|nickname| also(nickname.to_owned(), How::Nickname));
        }
    }
    let kind = kind(&text).or_else(|| kind(text.strip_suffix('s')?));
    let digits = if is_number(typed) { typed.len() } else { 0 };
    Word { spellings, place, possessive, domain: false, mask: 1, digits, kind, kind_in_name: false }
}

/// In `acme-pc-0231` the "pc" is part of a name: `ACME-LT-0231` is another machine, PC or not.
fn unmark_kinds_in_host_names(words: &mut [Word], folded: &str) {
    let written_together = |one: &Word, other: &Word| {
        !folded[one.place.end..other.place.start].contains(char::is_whitespace)
    };
    for chunk in words.chunk_by_mut(written_together) {
        let numbered = chunk.iter().any(|word| !is_letters(word.text()));
        let in_name = chunk.len() > 1;
        for word in chunk.iter_mut().filter(|word| in_name && word.kind.is_some()) {
            word.kind = word.kind.filter(|_| !numbered);
            word.kind_in_name = true;
        }
    }
}

/// Takes the bit from words that need no evidence, unless nothing else was said.
fn mark_fillers(words: &mut [Word]) {
    for place in 0..words.len() {
        let text = words[place].text();
        // "maria s laptop"
        let lone_s = text == "s" && place > 0 && is_letters(words[place - 1].text());
        let filler = lone_s || is_filler(text);
        if lone_s {
            words[place - 1].possessive = true;
        }
        if filler {
            words[place].mask = 0;
        }
        if place > 0 && words[place - 1].text() == "of" {
            words[place].possessive = true;
        }
    }
    if words.iter().all(|word| word.mask == 0) {
        words.iter_mut().for_each(|word| word.mask = 1);
    }
}

fn pairs(words: &[Word]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for neighbours in words.windows(2) {
        let [one, other] = neighbours else { continue };
        if !one.may_be_person() || !other.may_be_person() {
            continue;
        }
        let mask = one.mask | other.mask;
        // "lopez'" and "lopezs" end in a possessive that is no part of the name.
        let last = other.spellings.iter().filter(|it| it.how != How::Nickname);
        let texts = last.flat_map(|last| account_names(one.text(), &last.text));
        for text in texts.flatten().filter(|text| text.len() >= 4) {
            if pairs.iter().all(|pair: &Pair| pair.text != text) {
                pairs.push(Pair { text, mask });
            }
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let words = Words::of(text);
        let shown: Vec<String> = words
            .words
            .iter()
            .map(|word| {
                let mark = if word.mask == 0 {
                    "-"
                } else if word.domain {
                    "@"
                } else if word.possessive {
                    "'"
                } else {
                    ""
                };
                format!("{}{mark}", word.text())
            })
            .collect();
        assert_eq!(shown.join(" "), expected, "{text}");
    }

    #[test]
    fn possessives_filler_and_domains() {
        check("Maria's laptop", "maria' laptop");
        check("Maria’s laptop", "maria' laptop");
        check("maria s laptop", "maria' s- laptop");
        check("Marias laptop", "marias laptop");
        check("maria lopez' pc", "maria lopez' pc");
        check("laptop of maria", "laptop of- maria'");
        check("O'Brien's pc", "obrien' pc");
        check("the DC01 at Bluegum", "the- dc1 at- bluegum");
        check(r"BLUEGUM\maria", "bluegum@ maria");
        check("maria@bluegum.example laptop", "maria bluegum@ example@ laptop");
        check("'dc01'", "dc1");
        check("the", "the");
        check("", "");
        check(" \t\u{0} <>", "");
    }

    #[test]
    fn a_phrase_of_too_many_words_cannot_be_explained() {
        let words = Words::of(&"w ".repeat(40));
        let sayable = words.words.iter().fold(0, |mask, word| mask | word.mask);
        assert_ne!(sayable, words.full);
    }
}
