//! How much of a script's name was said, with slips and synonyms allowed.

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
        let scripts = self.0.iter().filter(|tool| tool.script.is_some());
        scripts.map(|tool| tool.title.to_lowercase()).any(|title| {
            let words: Vec<&str> = title.split_whitespace().collect();
            let places = words.iter().enumerate().filter(|(_, it)| **it == word);
            places.into_iter().any(|(offset, _)| {
                at.checked_sub(offset).is_some_and(|from| {
                    words.len() > 1
                        && tokens.len() >= from + words.len()
                        && words.iter().zip(&tokens[from..]).all(|(it, token)| token.low == *it)
                })
            })
        })
    }
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

/// How much of `title` (in lower case) is said, and where.
pub(super) fn coverage(title: &str, tokens: &[Token]) -> (f32, Vec<usize>) {
    let names: Vec<&str> = title
        .split(|it: char| !it.is_alphanumeric())
        .filter(|it| !it.is_empty() && !MUTE.contains(it))
        .collect();
    let weight = |word: &str| if LIGHT.has(word) && names.len() > 1 { 0.25 } else { 1.0 };
    let mut used: Vec<usize> = Vec::new();
    let (mut said, mut all) = (0.0_f32, 0.0_f32);
    let mut index = 0;
    while index < names.len() {
        let name = names[index];
        let own = weight(name);
        all += own;
        let both = names.get(index + 1).and_then(|next| {
            let length = name.len() + next.len();
            let at = tokens.iter().position(|token| {
                let dash = token.low.len() == length + 1
                    && matches!(token.low.as_bytes()[name.len().min(length)], b'-' | b'_');
                token.is_word()
                    && (dash || token.low.len() == length)
                    && token.low.starts_with(name)
                    && token.low.ends_with(next)
            });
            at.map(|at| (at, weight(next)))
        });
        if let Some((at, other)) = both {
            all += other;
            said += own + other;
            used.push(at);
            index += 2;
            continue;
        }
        let mut best: Option<(f32, usize, usize)> = None;
        for at in 0..tokens.len() {
            let kind = tokens[at].is_in(&words::KIND) || tokens[at].is_in(&words::KINDS);
            if kind && !(at > 0 && used.contains(&(at - 1))) {
                continue; // "restart maria's computer": the device's, not the script's
            }
            let quality = alike(&tokens[at], name);
            if quality > best.map_or(0.0, |it| it.0) && !used.contains(&at) {
                best = Some((quality, at, 1));
            }
            if let Some(next) = tokens.get(at + 1)
                && tokens[at].is_word()
                && next.is_word()
                && tokens[at].low.len() + next.low.len() == name.len()
                && name.starts_with(&tokens[at].low)
                && name.ends_with(&next.low)
            {
                best = Some((1.0, at, 2));
            }
        }
        if let Some((quality, at, length)) = best {
            said += own * quality;
            used.extend(at..at + length);
        }
        index += 1;
    }
    let light = used.iter().all(|at| LIGHT.has(tokens[*at].low.as_str()) && names.len() > 1);
    if all == 0.0 || light {
        return (0.0, Vec::new());
    }
    (said / all, used)
}

/// How well a token says a word of a name: 0 to 1.
fn alike(token: &Token, name: &str) -> f32 {
    if !token.is_word() || token.possessive {
        return 0.0;
    }
    let low = token.low.as_str();
    if low == name {
        return 1.0;
    }
    if low.len() < 2 || token.has_digit() {
        return 0.0;
    }
    if stem(low) == stem(name) {
        return 0.95;
    }
    let group = |word: &str| SAME.iter().position(|group| group.contains(&word));
    if let (Some(one), Some(other)) = (group(&token.word), group(name))
        && one == other
    {
        return 0.88;
    }
    let plain = words::is_plain(low);
    if token.word == name || !plain && spell::near(low, name) {
        return 0.9;
    }
    0.0
}

/// "updates", "updating" and "update" are one word.
fn stem(word: &str) -> &str {
    let ends = ["ing", "ed", "s"];
    let cut = ends.iter().find_map(|end| word.strip_suffix(end).filter(|it| it.len() > 3));
    let cut = cut.unwrap_or(word);
    cut.strip_suffix('e').filter(|it| it.len() > 3).unwrap_or(cut)
}
