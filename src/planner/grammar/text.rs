//! A message as tokens.
//!
//! Quoted text becomes one token: it may be a value, never a command. Quoted lines and code blocks are
//! left out altogether: they are what somebody else wrote.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use super::lexicon::Words;
use super::spell;

/// More words than this are a paste, not a request.
const TOKENS_MAX: usize = 120;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::planner) enum Kind {
    Word,
    /// In quotes or back ticks.
    Quoted,
    Comma,
    /// A colon or a dash between words.
    Colon,
    Stop,
    Question,
}

#[derive(Debug, Clone)]
pub(in crate::planner) struct Token {
    pub(in crate::planner) kind: Kind,
    /// As typed, without the punctuation around it.
    pub(in crate::planner) text: String,
    /// Lower case, accents aside, without a possessive ending.
    pub(in crate::planner) low: String,
    /// `low`, or the word of the lexicon that it misspells.
    pub(in crate::planner) word: String,
    pub(in crate::planner) possessive: bool,
}

impl Token {
    pub(in crate::planner) fn is_word(&self) -> bool {
        self.kind == Kind::Word
    }

    /// Part of a name, in quotes or not.
    pub(in crate::planner) fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Word | Kind::Quoted)
    }

    pub(in crate::planner) fn misspelt(&self) -> bool {
        self.low != self.word
    }

    pub(in crate::planner) fn has_digit(&self) -> bool {
        self.low.bytes().any(|byte| byte.is_ascii_digit())
    }

    pub(in crate::planner) fn one_of(&self, words: &[&str]) -> bool {
        self.is_word() && words.contains(&self.low.as_str())
    }

    pub(super) fn is_in(&self, words: &Words) -> bool {
        self.is_word() && words.has(&self.low)
    }

    fn mark(kind: Kind, text: &str) -> Self {
        Self {
            kind,
            text: text.to_owned(),
            low: String::new(),
            word: String::new(),
            possessive: false,
        }
    }
}

#[derive(Debug)]
pub(in crate::planner) struct Message {
    pub(in crate::planner) tokens: Vec<Token>,
    /// Somebody else's words were left out.
    pub(in crate::planner) outside: bool,
}

/// Reads a message; `None` when it is no sentence: too long, or not text but code.
pub(in crate::planner) fn read(text: &str) -> Option<Message> {
    let strange = text.chars().filter(|it| it.is_control() && !it.is_whitespace()).count();
    let code = ["</", "/>", "$(", "{\"", "&&", "||", "<script"];
    if strange * 10 > text.chars().count() || code.iter().any(|it| text.contains(it)) {
        return None;
    }
    let (own, outside) = without_outside(text);
    let tokens = Reader { rest: &own, tokens: Vec::new() }.read()?;
    Some(Message { tokens, outside })
}

/// Lower case, accents aside, straight apostrophes.
pub(in crate::planner) fn fold(text: &str) -> String {
    let straight = |it: char| match it {
        '\u{2019}' | '\u{2018}' | '\u{02bc}' | '`' | '\u{00b4}' => '\'',
        other => other,
    };
    if text.is_ascii() {
        return text.chars().map(straight).collect::<String>().to_ascii_lowercase();
    }
    text.chars()
        .map(straight)
        .nfd()
        .filter(|it| !is_combining_mark(*it))
        .flat_map(char::to_lowercase)
        .collect()
}

/// Drops quoted lines and code blocks.
fn without_outside(text: &str) -> (String, bool) {
    let mut outside = false;
    let mut own = String::with_capacity(text.len());
    for (index, part) in text.split("```").enumerate() {
        if index % 2 == 1 {
            outside = true;
            continue;
        }
        for line in part.lines() {
            let start = line.trim_start();
            if start.starts_with('>') || start.starts_with("&gt;") {
                outside = true;
            } else {
                own.push_str(line);
                own.push('\n');
            }
        }
    }
    (own, outside)
}

struct Reader<'a> {
    rest: &'a str,
    tokens: Vec<Token>,
}

impl Reader<'_> {
    fn read(mut self) -> Option<Vec<Token>> {
        let mut word = String::new();
        while let Some(here) = self.rest.chars().next() {
            if self.tokens.len() > TOKENS_MAX {
                return None;
            }
            let behind = &self.rest[here.len_utf8()..];
            let next = behind.chars().next();
            let ends = next.is_none_or(|it| it.is_whitespace() || "\"')]}*!?.,;:".contains(it));
            let quoted = if word.is_empty() { quotation(self.rest) } else { None };
            let skipped = if word.is_empty() { markup(self.rest) } else { None };
            if let Some((inside, length)) = quoted {
                let mut token = Token::mark(Kind::Quoted, inside);
                token.low = fold(inside);
                token.word.clone_from(&token.low);
                self.tokens.push(token);
                self.rest = &self.rest[length..];
                continue;
            }
            if let Some((label, length)) = skipped {
                word.push_str(label);
                self.rest = &self.rest[length..];
                continue;
            }
            self.rest = behind;
            match here {
                ',' | ';' => self.end(&mut word, Some(Kind::Comma)),
                ':' if word.chars().count() == 1 && ends => word.push(':'),
                ':' if ends || between_words(&word, next) => {
                    self.end(&mut word, Some(Kind::Colon));
                }
                '!' | '.' | '\u{2026}' if ends => self.end(&mut word, Some(Kind::Stop)),
                '?' => self.end(&mut word, Some(Kind::Question)),
                '(' | ')' | '[' | ']' | '{' | '}' | '*' | '~' | '|' | '<' | '>' | '"'
                | '\u{201c}' | '\u{201d}' => self.end(&mut word, None),
                _ if here.is_whitespace() || here.is_control() => self.end(&mut word, None),
                _ => word.push(here),
            }
        }
        self.end(&mut word, None);
        Some(self.tokens)
    }

    fn end(&mut self, word: &mut String, mark: Option<Kind>) {
        let text = std::mem::take(word);
        self.word(text.trim_matches(['\'', '_', '\u{2018}', '\u{2019}', '`']));
        if let Some(kind) = mark {
            self.tokens.push(Token::mark(kind, ""));
        }
    }

    fn word(&mut self, text: &str) {
        let option = text.strip_prefix("--").filter(|it| it.starts_with(char::is_alphabetic));
        let text = option.unwrap_or(text);
        match text {
            "" => {}
            "-" | "--" | "\u{2013}" | "\u{2014}" => {
                self.tokens.push(Token::mark(Kind::Colon, text));
            }
            "&" | "+" => self.push(text, "and", false),
            "@" => self.push("at", "at", false),
            _ if hosts(text).is_some() => {
                for (at, host) in hosts(text).into_iter().flatten().enumerate() {
                    if at > 0 {
                        self.tokens.push(Token::mark(Kind::Comma, ""));
                    }
                    self.push(host, &fold(host), false);
                }
            }
            _ => {
                let low = fold(text);
                if let Some(long) = long_form(&low) {
                    for (index, part) in long.iter().enumerate() {
                        self.push(if index == 0 { text } else { "" }, part, false);
                    }
                } else if let Some(owner) = low.strip_suffix("'s").filter(|it| !it.is_empty()) {
                    self.push(text, owner, true);
                } else {
                    self.push(text, &low, false);
                }
            }
        }
    }

    fn push(&mut self, text: &str, low: &str, possessive: bool) {
        let word = match possessive {
            true => low.to_owned(),
            false => spell::correct(low).to_owned(),
        };
        let low = low.to_owned();
        self.tokens.push(Token { kind: Kind::Word, text: text.to_owned(), low, word, possessive });
    }
}

/// "dc01/dc02" names two hosts.
fn hosts(text: &str) -> Option<impl Iterator<Item = &str>> {
    let host = |part: &str| {
        let digit = part.bytes().any(|it| it.is_ascii_digit());
        digit && part.starts_with(|it: char| it.is_alphabetic())
    };
    (text.contains('/') && text.split('/').all(host)).then(|| text.split('/'))
}

/// A colon inside "ticket:printer" and "days:3", not inside "10:30".
fn between_words(word: &str, next: Option<char>) -> bool {
    word.chars().count() > 1
        && word.chars().all(char::is_alphabetic)
        && next.is_some_and(char::is_alphanumeric)
}

/// A quotation at the start of `text`: what is inside, and the bytes it takes. An unclosed one reaches
/// to the end: rather too much is data than too much is a command.
fn quotation(text: &str) -> Option<(&str, usize)> {
    let open = text.chars().next()?;
    let close = match open {
        '"' => '"',
        '\u{201c}' => '\u{201d}',
        '\u{00ab}' => '\u{00bb}',
        '`' | '\'' => open,
        '\u{2018}' => '\u{2019}',
        _ => return None,
    };
    let inside = &text[open.len_utf8()..];
    let ends = |at: usize| {
        let next = inside[at + close.len_utf8()..].chars().next();
        next.is_none_or(|it| !it.is_alphanumeric())
    };
    let at = inside.match_indices(close).map(|(at, _)| at).find(|at| ends(*at));
    match at {
        Some(0) => None,
        Some(at) => Some((inside[..at].trim(), open.len_utf8() + at + close.len_utf8())),
        None if matches!(open, '"' | '\u{201c}') => Some((inside.trim(), text.len())),
        None => None,
    }
}

/// Chat markup at the start of `text`: what people see of it, and the bytes it takes.
fn markup(text: &str) -> Option<(&str, usize)> {
    if let Some(inside) = text.strip_prefix('<') {
        let end = inside.find('>')?;
        let link = &inside[..end];
        let known = ["@", "#", "!", "http://", "https://", "mailto:"];
        known.iter().find(|it| link.starts_with(**it))?;
        let label = link.split_once('|').map_or("", |(_, label)| label);
        return Some((if link.starts_with(['@', '!']) { "" } else { label }, end + 2));
    }
    let inside = text.strip_prefix(':')?;
    let end = inside.find(':')?;
    let emoji = end > 1
        && inside[..end].bytes().all(|it| it.is_ascii_lowercase() || matches!(it, b'_' | b'-'));
    emoji.then_some(("", end + 2))
}

/// "what's" is two words.
fn long_form(low: &str) -> Option<&'static [&'static str]> {
    Some(match low {
        "what's" | "whats" => &["what", "is"],
        "who's" | "whos" => &["who", "is"],
        "how's" | "hows" => &["how", "is"],
        "when's" => &["when", "is"],
        "where's" | "wheres" => &["where", "is"],
        "it's" => &["it", "is"],
        "that's" | "thats" => &["that", "is"],
        "there's" => &["there", "is"],
        "he's" => &["he", "is"],
        "she's" => &["she", "is"],
        "let's" | "lets" => &["lets"],
        "don't" | "dont" | "don;t" => &["dont"],
        "can't" | "cant" => &["cant"],
        "won't" => &["wont"],
        "mustn't" | "shouldn't" => &["mustnt"],
        "i'd" => &["i", "would"],
        "we'd" => &["we", "would"],
        "i'm" => &["i", "am"],
        "you're" => &["you", "are"],
        "we're" => &["we", "are"],
        "they're" => &["they", "are"],
        "i'll" => &["i", "will"],
        "isn't" | "isnt" => &["is", "not"],
        "aren't" | "arent" => &["are", "not"],
        "y'all" => &["you"],
        _ => return None,
    })
}

/// Tokens as one line, the way they were typed.
pub(in crate::planner) fn join(tokens: &[Token]) -> String {
    let mut line = String::new();
    for token in tokens {
        let mark = match token.kind {
            Kind::Comma => ",",
            Kind::Colon => ":",
            Kind::Stop => ".",
            Kind::Question => "?",
            Kind::Word | Kind::Quoted => {
                if !line.is_empty() && !token.text.is_empty() {
                    line.push(' ');
                }
                &token.text
            }
        };
        line.push_str(mark);
    }
    line
}
