//! Names of clients in a message: "acme" is Acme Logistics.

use crate::directory::{Client, Device, Directory};

use super::lexicon::Words;
use super::spell;
use super::text::{Token, fold};
use super::words;

/// A run of tokens that names a client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) client: &'a Client,
    pub(super) from: usize,
    pub(super) to: usize,
    /// Only this client fits; else it is the first of several.
    pub(super) sure: bool,
}

/// First words that many names share and that say nothing alone.
static COMMON: Words = Words::new(
    "the new north south east west first city global united national st saint dr mr all big green \
     blue red print disk windows office service services server health patch backup test data \
     network a",
);

/// The clients that a message may name, by their words: those whose name begins with a word of it.
#[derive(Clone)]
pub(super) struct Clients<'a> {
    names: Vec<(&'a Client, Vec<String>)>,
}

impl<'a> Clients<'a> {
    /// Looks at every client once, and makes words of those only that may be meant.
    pub(super) fn of(directory: &'a Directory, tokens: &[Token]) -> Self {
        let mut said: Vec<Vec<&Token>> = vec![Vec::new(); 256];
        for token in tokens.iter().filter(|it| it.is_text()) {
            if let Some(first) = token.low.bytes().next() {
                said[usize::from(first)].push(token);
            }
        }
        let may_be = |word: &str| {
            let Some(first) = word.bytes().next() else { return false };
            said[usize::from(first.to_ascii_lowercase())].iter().any(|token| {
                let (low, slips) = (token.low.as_str(), word.len() > 4);
                low.len().abs_diff(word.len()) <= 2
                    && (low.get(..word.len()).is_some_and(|it| it.eq_ignore_ascii_case(word))
                        || slips && !words::is_plain(low) && near(low, word))
            })
        };
        let fits = |client: &&Client| {
            let the = client.name.get(..4).is_some_and(|it| it.eq_ignore_ascii_case("the "));
            let first = split(&client.name).nth(usize::from(the));
            !client.name.is_ascii() || first.is_some_and(&may_be)
        };
        let named = directory.clients().iter().filter(fits);
        Self { names: named.map(|it| (it, split(&it.name).map(fold).collect())).collect() }
    }

    /// The client named by the tokens from `from` on: the longest run wins.
    pub(super) fn starting(&self, tokens: &[Token], from: usize) -> Option<Named<'a>> {
        let mut best: Option<(usize, bool, &Client, bool)> = None;
        for (client, words) in &self.names {
            let Some((length, exact)) = run(&tokens[from..], words) else { continue };
            match best {
                Some((longest, was_exact, _, _)) if (length, exact) < (longest, was_exact) => {}
                Some((longest, was_exact, _, _)) if (length, exact) == (longest, was_exact) => {
                    best = best.map(|(length, exact, first, _)| (length, exact, first, true));
                }
                Some(_) | None => best = Some((length, exact, client, false)),
            }
        }
        let (length, _, client, several) = best?;
        Some(Named { client, from, to: from + length, sure: !several })
    }

    /// The one client that all of `tokens` name, small words aside.
    pub(super) fn whole(&self, tokens: &[Token]) -> Option<&'a Client> {
        let from = tokens.iter().position(|token| !words::is_filler(&token.low))?;
        let named = self.starting(tokens, from).filter(|named| named.sure)?;
        let rest = &tokens[named.to..];
        let extra = ["site", "office", "client", "company", "customer"];
        rest.iter().all(|token| !token.is_text() || token.one_of(&extra)).then_some(named.client)
    }

    /// Every client named in `tokens`, left to right.
    pub(super) fn all(&self, tokens: &[Token]) -> Vec<Named<'a>> {
        let mut found = Vec::new();
        let mut at = 0;
        while at < tokens.len() {
            match self.starting(tokens, at) {
                Some(named) => {
                    at = named.to;
                    found.push(named);
                }
                None => at += 1,
            }
        }
        found
    }
}

fn split(name: &str) -> impl Iterator<Item = &str> {
    name.split(|it: char| !it.is_alphanumeric()).filter(|it| !it.is_empty())
}

/// A slip, in whatever case the name is written.
fn near(low: &str, word: &str) -> bool {
    spell::near(low, word) || spell::near(low, &word.to_ascii_lowercase())
}

/// How many tokens are the first words of a name, and whether all letters agree.
fn run(tokens: &[Token], name: &[String]) -> Option<(usize, bool)> {
    let mut length = 0;
    let mut exact = true;
    let skip = usize::from(name.first().is_some_and(|it| it == "the") && name.len() > 1);
    for word in &name[skip..] {
        let Some(token) = tokens.get(length).filter(|it| it.is_text()) else { break };
        if &token.low != word {
            let plural = token.low.strip_suffix('s').is_some_and(|it| it == word && it.len() > 3);
            let slip = word.len() > 4 && spell::near(&token.low, word);
            if !plural && !slip {
                break;
            }
            exact = false;
        }
        length += 1;
        if token.possessive {
            break;
        }
    }
    let alone = length == 1 && name.len() - skip > 1;
    let common = tokens.first().is_some_and(|it| COMMON.has(it.low.as_str()));
    (length > 0 && !(alone && common)).then_some((length, exact))
}

/// Up to `most` devices of a client with the total, optionally of one kind, by name.
pub(super) fn devices<'a>(
    directory: &'a Directory,
    client: &'a Client,
    servers: Option<bool>,
    most: usize,
) -> (Vec<&'a Device>, usize) {
    let fits = |device: &&Device| servers.is_none_or(|it| device.class.is_server() == it);
    let mut devices: Vec<&Device> = directory.devices_of(&client.id).filter(fits).collect();
    let total = devices.len();
    devices.sort_by(|a, b| a.name.cmp(&b.name));
    devices.truncate(most);
    (devices, total)
}
