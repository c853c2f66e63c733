//! What can be looked up, as tables: one row per thing people ask for, one table per product.
//!
//! The same rows feed the matcher, the help and the suggestions. A new product is a new table in
//! [`TABLES`].

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::directory::Product;
use crate::tool::{Catalogue, Tool, ToolName, twins};

use super::automate;
use super::control;
use super::rmm;
use super::scripts;
use super::text::Token;

/// What an intent is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Takes {
    Nothing,
    /// A client, or all of them.
    Client,
    /// Exactly one client.
    OneClient,
    /// One device per call.
    Device,
    DeviceOrNothing,
    /// One device, one client, or all: the second tool is about a device.
    DeviceOrClient,
    /// The number of a ticket.
    Ticket,
    /// The id or name of a task.
    Task,
}

/// Which arguments a list can be narrowed by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Filter {
    None,
    Devices,
    Tickets,
    Scripts,
    Patches,
    Tasks,
    Alerts,
}

pub(super) struct Intent {
    /// Tools to call, in order, with the provider's prefix.
    pub(super) tools: &'static [&'static str],
    pub(super) takes: Takes,
    pub(super) filter: Filter,
    /// Patterns with their weight: words, `a|b` for alternatives, `_` for a name in between, never first.
    pub(super) cues: &'static [(&'static str, u8)],
    /// What one would write; `{device}` and `{client}` are filled in.
    pub(super) example: &'static str,
}

/// Ordered by preference, for when two products could answer the same.
const TABLES: &[&[Intent]] = &[rmm::INTENTS, automate::INTENTS, control::INTENTS];

/// All rows.
pub(super) fn all() -> impl Iterator<Item = &'static Intent> {
    TABLES.iter().copied().flatten()
}

/// An intent that `tokens` speak of.
#[derive(Debug, Clone)]
pub(super) struct Hit {
    pub(super) intent: &'static Intent,
    pub(super) score: f32,
    /// Tokens that spoke for it.
    pub(super) used: Vec<usize>,
}

impl std::fmt::Debug for Intent {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.tools.first().copied().unwrap_or_default())
    }
}

impl Intent {
    /// The tools that exist right now, those of `product` if one was named; another product's where its
    /// own are missing.
    pub(super) fn tools_in<'a>(
        &self,
        catalogue: &'a Catalogue,
        product: Option<Product>,
    ) -> Vec<&'a Tool> {
        let mut tools: Vec<&Tool> = Vec::new();
        let named = |name: &&str| match control::is_own(name) {
            true => catalogue
                .get(&ToolName::new(*name))
                .filter(|tool| product.is_none_or(|it| tool.product == it)),
            false => twins::named(name, product, catalogue),
        };
        for tool in self.tools.iter().filter_map(named) {
            if !tools.iter().any(|it| it.name == tool.name) {
                tools.push(tool);
            }
        }
        tools
    }
}

/// Intents that fit, best first; only those with a tool in the catalogue. Only patterns whose first word
/// was said are tried.
pub(super) fn rank(tokens: &[Token], catalogue: &Catalogue) -> Vec<Hit> {
    let product = scripts::product(tokens);
    let said = tokens.iter().filter(|it| it.is_word() && !it.possessive);
    let mut tries: Vec<(usize, usize)> =
        said.filter_map(|it| FIRST.get(it.word.as_str())).flatten().copied().collect();
    tries.sort_unstable();
    tries.dedup();
    let mut hits: Vec<Hit> = tries
        .chunk_by(|one, other| one.0 == other.0)
        .filter_map(|cues| {
            let (intent, all) = &PARSED[cues[0].0];
            score(intent, cues.iter().map(|(_, cue)| &all[*cue]), tokens)
        })
        .filter(|hit| !hit.intent.tools_in(catalogue, product).is_empty())
        .collect();
    hits.sort_by(|a, b| b.score.total_cmp(&a.score));
    hits
}

/// The patterns that begin with a word: row and place in it.
static FIRST: LazyLock<HashMap<&'static str, Vec<(usize, usize)>>> = LazyLock::new(|| {
    let mut first: HashMap<&'static str, Vec<(usize, usize)>> = HashMap::new();
    for (row, (_, cues)) in PARSED.iter().enumerate() {
        for (place, (pattern, _)) in cues.iter().enumerate() {
            for word in pattern.iter().take(1).flatten() {
                first.entry(word).or_default().push((row, place));
            }
        }
    }
    first
});

/// Every word in any pattern.
pub(super) fn vocabulary() -> impl Iterator<Item = &'static str> {
    let words = PARSED.iter().flat_map(|(_, cues)| cues).flat_map(|(parts, _)| parts);
    words.flat_map(|part| part.iter().copied()).filter(|word| *word != "_")
}

type Pattern = Vec<Vec<&'static str>>;

/// An intent with its patterns and their weights.
type Row = (&'static Intent, Vec<(Pattern, u8)>);

static PARSED: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let part = |part: &'static str| part.split('|').collect();
    let pattern = |text: &'static str| text.split(' ').map(part).collect();
    let cues = |intent: &'static Intent| {
        intent.cues.iter().map(|(text, weight)| (pattern(text), *weight)).collect()
    };
    all().map(|intent| (intent, cues(intent))).collect()
});

/// The best cue counts in full, every other one a little.
fn score<'c>(
    intent: &'static Intent,
    cues: impl Iterator<Item = &'c (Pattern, u8)>,
    tokens: &[Token],
) -> Option<Hit> {
    let mut best = 0.0_f32;
    let mut more = 0.0_f32;
    let mut used: Vec<usize> = Vec::new();
    for (pattern, weight) in cues {
        let Some(at) = (0..tokens.len()).find_map(|from| matched(pattern, tokens, from)) else {
            continue;
        };
        let slip = at.iter().any(|index| tokens[*index].misspelt());
        let weight = f32::from(*weight) - if slip { 0.3 } else { 0.0 };
        if at.iter().all(|index| !used.contains(index)) && best > 0.0 {
            more += 0.4;
        }
        best = best.max(weight);
        used.extend(at);
    }
    used.sort_unstable();
    used.dedup();
    (best > 0.0).then(|| Hit { intent, score: best + more.min(0.8), used })
}

/// The longest name that `_` stands for.
const GAP_MAX: usize = 6;

fn matched(pattern: &[Vec<&'static str>], tokens: &[Token], from: usize) -> Option<Vec<usize>> {
    let Some((first, rest)) = pattern.split_first() else { return Some(Vec::new()) };
    if first[0] == "_" {
        return (from + 1..=from + GAP_MAX)
            .take_while(|next| *next <= tokens.len())
            .find_map(|next| matched(rest, tokens, next));
    }
    let token = tokens.get(from).filter(|it| it.is_word() && !it.possessive)?;
    if !first.contains(&token.word.as_str()) {
        return None;
    }
    let mut used = matched(rest, tokens, from + 1)?;
    used.push(from);
    Some(used)
}
