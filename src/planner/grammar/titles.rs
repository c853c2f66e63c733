//! How much of a script's name was said, with slips and synonyms allowed.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::tool::Catalogue;

use super::lexicon::Words;
use super::spell;
use super::text::Token;
use super::words;

/// The names of the scripts in the catalogue.
pub(super) struct Titles<'a>(pub(super) &'a Catalogue);

impl Titles<'_> {
    /// Whether the token `at` is a word of a script's name that is said in full around it.
    pub(super) fn holds(&self, tokens: &[Token], at: usize) -> bool {
        let word = tokens[at].low.as_str();
        self.any(|words| {
            let places = words.iter().enumerate().filter(|(_, it)| **it == word);
            places.into_iter().any(|(offset, _)| {
                at.checked_sub(offset).is_some_and(|from| is_said(words, &tokens[from..]))
            })
        })
    }

    /// Whether a script's name is said in full from the token `at` on.
    pub(super) fn begins(&self, tokens: &[Token], at: usize) -> bool {
        self.any(|words| is_said(words, &tokens[at..]))
    }

    fn any(&self, fits: impl Fn(&[&str]) -> bool) -> bool {
        let scripts = self.0.iter().filter(|tool| tool.script.is_some());
        scripts.map(|tool| tool.title.to_lowercase()).any(|title| {
            let words: Vec<&str> = title
                .split_whitespace()
                .map(|it| it.trim_matches(|c: char| !c.is_alphanumeric()))
                .filter(|it| !it.is_empty())
                .collect();
            fits(&words)
        })
    }
}

/// One word says too little to be known by itself.
fn is_said(title: &[&str], tokens: &[Token]) -> bool {
    title.len() > 1
        && tokens.len() >= title.len()
        && title.iter().zip(tokens).all(|(it, token)| token.low == *it)
}

/// Words of a name that say little: "Run Disk Cleanup Script (Windows)".
pub(super) static LIGHT: Words = Words::new(
    "script run execute task windows win computer machine device endpoint workstation system pc \
     server now v1 v2 v3 cw rmm job tool powershell ps mac macos linux all local remote force",
);
const MUTE: &[&str] = &["the", "of", "and", "for", "a", "an", "on", "to", "in", "with", "or"];

/// Words that people use for each other.
const SAME: &[&[&str]] = &[
    &["reboot", "restart", "bounce", "rebooting", "restarting", "powercycle"],
    &["cleanup", "clean", "clear", "purge", "cleaning", "clearing", "cleaner"],
    &["temp", "temporary", "tmp"],
    &["update", "updates", "patch", "patches"],
    &["install", "deploy"],
    &["uninstall", "remove"],
    &["disk", "drive"],
    &["check", "test", "verify", "checker"],
    &["scan", "scanning"],
    &["services", "service"],
    &["printer", "printing", "print", "printers"],
    &["gpupdate", "policy"],
    &["logs", "log"],
    &["antivirus", "av"],
];

/// The words of a command, prepared for being compared with many names.
pub(super) struct Said<'t> {
    tokens: &'t [Token],
    words: Vec<SaidWord<'t>>,
    /// Where names may begin: first letters of the words and of their synonyms.
    keys: Vec<Vec<&'t str>>,
}

struct SaidWord<'t> {
    stem: &'t str,
    group: Option<usize>,
    /// A kind of device: only counts right behind another word of the name.
    kind: bool,
    /// May be misspelt.
    slips: bool,
    /// Can be a word of a name at all.
    usable: bool,
}

impl<'t> Said<'t> {
    pub(super) fn of(tokens: &'t [Token]) -> Self {
        let mut keys: Vec<Vec<&str>> = vec![Vec::new(); 256];
        let mut key = |word: &'t str| {
            if let Some(first) = word.bytes().next() {
                keys[usize::from(first)].push(word);
            }
        };
        let words = tokens.iter().map(|token| {
            let usable = token.is_word() && !token.possessive;
            let group = if usable { group(&token.word) } else { None };
            if usable {
                key(&token.low);
                key(&token.word);
                group.into_iter().flat_map(|it| SAME[it]).for_each(|it| key(it));
            }
            SaidWord {
                stem: stem(&token.low),
                group,
                kind: token.is_in(&words::KIND) || token.is_in(&words::KINDS),
                slips: usable && !token.has_digit() && !words::is_plain(&token.low),
                usable,
            }
        });
        let words = words.collect();
        Self { tokens, words, keys }
    }

    /// Whether `title` may have been said at all: a quick no for nearly all of them.
    pub(super) fn may_be(&self, title: &str) -> bool {
        names_of(title).any(|name| {
            let Some(first) = name.bytes().next() else { return false };
            let start = &name.as_bytes()[..name.len().min(3)];
            let alike = |key: &&str| {
                let same = key.as_bytes().get(..start.len());
                same.is_some_and(|it| it.eq_ignore_ascii_case(start))
            };
            self.keys[usize::from(first.to_ascii_lowercase())].iter().any(alike)
                || !first.is_ascii()
                || self.slipped(name)
        })
    }

    /// Whether a misspelt word may be `name`, which is in any case.
    fn slipped(&self, name: &str) -> bool {
        let first = name.as_bytes()[0].to_ascii_lowercase();
        let second = name.as_bytes().get(1).map(u8::to_ascii_lowercase);
        self.words.iter().zip(self.tokens).filter(|(word, _)| word.slips).any(|(_, token)| {
            let begins = token.low.bytes().next();
            (begins == Some(first) || begins == second) && token.low.len().abs_diff(name.len()) <= 2
        })
    }

    /// How much of `title` (in lower case) is said, and where.
    pub(super) fn coverage(&self, title: &str) -> (f32, Vec<usize>) {
        let names: Vec<&str> = names_of(title).filter(|it| !MUTE.contains(it)).collect();
        if let Some(at) = self.in_full(&names) {
            return (1.0, at);
        }
        let telling = names.iter().any(|name| !LIGHT.has(name));
        let weight = |word: &str| if telling && LIGHT.has(word) { 0.25 } else { 1.0 };
        let mut used: Vec<usize> = Vec::new();
        let (mut said, mut all) = (0.0_f32, 0.0_f32);
        let mut index = 0;
        while index < names.len() {
            let name = names[index];
            let own = weight(name);
            all += own;
            let both =
                names.get(index + 1).and_then(|next| self.in_one(name, next).map(|at| (at, next)));
            if let Some((at, next)) = both {
                let other = weight(next);
                all += other;
                said += own + other;
                used.push(at);
                index += 2;
                continue;
            }
            if let Some((quality, at, length)) = self.place(name, &used) {
                said += own * quality;
                used.extend(at..at + length);
            }
            index += 1;
        }
        let light = |at: &usize| telling && LIGHT.has(&self.tokens[*at].low);
        if all == 0.0 || used.iter().all(light) {
            return (0.0, Vec::new());
        }
        (said / all, used)
    }

    /// Where `names` are said word for word: then even a kind of device at their start is part of the name, as
    /// in "agent clear temp files".
    fn in_full(&self, names: &[&str]) -> Option<Vec<usize>> {
        let spoken: Vec<usize> =
            (0..self.tokens.len()).filter(|at| self.tokens[*at].is_word()).collect();
        let same = |at: &[usize]| {
            at.iter()
                .zip(names)
                .all(|(at, name)| self.tokens[*at].low == *name && !self.tokens[*at].possessive)
        };
        let several = names.len() > 2;
        spoken.windows(names.len().max(1)).find(|at| several && same(at)).map(<[usize]>::to_vec)
    }

    /// "diskcleanup" and "disk-cleanup" say two words in one.
    fn in_one(&self, name: &str, next: &str) -> Option<usize> {
        let length = name.len() + next.len();
        self.tokens.iter().position(|token| {
            let low = token.low.as_str();
            let dash = low.len() == length + 1 && matches!(low.as_bytes()[name.len()], b'-' | b'_');
            token.is_word()
                && (dash || low.len() == length)
                && low.starts_with(name)
                && low.ends_with(next)
        })
    }

    /// Where `name` is said best, how well, and in how many words.
    fn place(&self, name: &str, used: &[usize]) -> Option<(f32, usize, usize)> {
        let group = group(name);
        let stem = stem(name);
        let mut best: Option<(f32, usize, usize)> = None;
        for (at, word) in self.words.iter().enumerate() {
            if !word.usable || word.kind && !(at > 0 && used.contains(&(at - 1))) {
                continue; // "restart maria's computer": the device's, not the script's
            }
            let low = self.tokens[at].low.as_str();
            let split = self.tokens.get(at + 1).is_some_and(|next| {
                next.is_word()
                    && low.len() + next.low.len() == name.len()
                    && name.starts_with(low)
                    && name.ends_with(&next.low)
            });
            if split {
                return Some((1.0, at, 2));
            }
            let quality = self.alike(at, name, stem, group);
            if quality > best.map_or(0.0, |it| it.0) && !used.contains(&at) {
                best = Some((quality, at, 1));
            }
        }
        best
    }

    /// How well a token says a word of a name: 0 to 1.
    fn alike(&self, at: usize, name: &str, stem: &str, group: Option<usize>) -> f32 {
        let (token, word) = (&self.tokens[at], &self.words[at]);
        let low = token.low.as_str();
        if low == name {
            1.0
        } else if low.len() < 2 || token.has_digit() {
            0.0
        } else if word.stem == stem {
            0.95
        } else if token.word == name || word.slips && spell::near(low, name) {
            0.9
        } else if group.is_some() && word.group == group {
            0.88
        } else {
            0.0
        }
    }
}

/// The words of a name; "O'Brien" is one.
fn names_of(title: &str) -> impl Iterator<Item = &str> {
    let words = title.split(|it: char| !it.is_alphanumeric() && it != '\'');
    words.map(|it| it.trim_matches('\'')).filter(|it| !it.is_empty())
}

/// The set of synonyms that `word` is in.
fn group(word: &str) -> Option<usize> {
    GROUPS.get(word).copied()
}

static GROUPS: LazyLock<HashMap<&'static str, usize>> = LazyLock::new(|| {
    let sets = SAME.iter().enumerate();
    sets.flat_map(|(at, set)| set.iter().map(move |word| (*word, at))).collect()
});

/// "updates", "updating" and "update" are one word.
fn stem(word: &str) -> &str {
    let ends = ["ing", "ed", "s"];
    let cut = ends.iter().find_map(|end| word.strip_suffix(end).filter(|it| it.len() > 3));
    let cut = cut.unwrap_or(word);
    cut.strip_suffix('e').filter(|it| it.len() > 3).unwrap_or(cut)
}
