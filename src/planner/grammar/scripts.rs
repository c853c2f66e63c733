//! Which script a command names.
//!
//! A script changes a device, so its name has to be said: a verb with most of the name, or the whole
//! name. Anything less becomes a question.

use serde_json::{Map, Value, json};

use crate::directory::Product;
use crate::tool::{Tool, schema};

use super::lexicon::{self, Words};
use super::params;
use super::scene::Scene;
use super::targets;
use super::text::{Kind, Token};
use super::titles::{LIGHT, Said};
use super::words;

/// A script that a command may mean.
#[derive(Debug, Clone)]
pub(super) struct Hit<'a> {
    pub(super) tool: &'a Tool,
    /// How much of the script's name was said, and how much of what was said is its name: 0 to 1.
    pub(super) score: f32,
    /// How much of the script's name was said: 0 to 1.
    pub(super) coverage: f32,
    /// Tokens that are its name.
    pub(super) named: Vec<usize>,
    /// Tokens that became arguments.
    pub(super) found: Vec<usize>,
    pub(super) arguments: Map<String, Value>,
    /// An argument was guessed: to be asked about, never to be run.
    pub(super) guessed: bool,
}

/// What people say instead of a script's name. Never enough by itself: it gets a question.
const HINTS: &[(&str, &[&str])] = &[
    ("free up", &["disk", "cleanup"]),
    ("free space", &["disk", "cleanup"]),
    ("free some space", &["disk", "cleanup"]),
    ("free disk", &["disk", "cleanup"]),
    ("make space", &["disk", "cleanup"]),
    ("make room", &["disk", "cleanup"]),
    ("tidy up", &["cleanup"]),
    ("clean up", &["cleanup"]),
    ("patch", &["install", "updates"]),
    ("chkdsk", &["check", "disk"]),
    ("free up some", &["disk", "cleanup"]),
    ("power cycle", &["reboot"]),
    ("turn it off and on", &["reboot"]),
    ("turn off and on", &["reboot"]),
    ("kick the spooler", &["restart", "print", "spooler"]),
    ("unstick the printer", &["restart", "print", "spooler"]),
    ("unjam", &["restart", "print", "spooler"]),
    ("apply patches", &["install", "updates"]),
    ("push patches", &["install", "updates"]),
    ("install patches", &["install", "updates"]),
    ("virus scan", &["scan", "defender"]),
    ("malware scan", &["scan", "defender"]),
];

/// Verbs that say that something be done and not what.
static MILD: Words = Words::new(
    "free make update patch fix delete remove clean clear scan kick fire restart force tidy refresh",
);

/// Enough of a name behind a verb.
const ENOUGH: f32 = 0.62;
/// A whole name, a slip or a synonym allowed.
const WHOLE: f32 = 0.83;
/// Worth asking about.
const WORTH: f32 = 0.4;
/// What the best must be ahead by.
const MARGIN: f32 = 0.12;

/// What a command says about scripts.
#[derive(Debug)]
pub(super) enum Named<'a> {
    /// No script is spoken of.
    None,
    One(Hit<'a>),
    /// These might be meant, best first.
    Several(Vec<Hit<'a>>),
    /// A script was named that does not exist: its words.
    Unknown {
        name: String,
        at: Vec<usize>,
        closest: Vec<Hit<'a>>,
    },
}

/// How a command begins, as far as scripts go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    /// "Run …", "restart …": the index of the verb.
    Command { verb: usize, run: bool },
    /// "disk cleanup dc01".
    Terse,
}

/// Behind a verb these make a noun of it: "patch status", "update history".
static STATE: Words = Words::new(
    "status state level levels report history info results result list compliance summary count \
     cancelled canceled done finished failed complete completed pending required needed denied \
     approved worked works",
);

/// How `tokens` ask for a script, if they can: a question never does.
pub(super) fn mood(tokens: &[Token]) -> Option<Mood> {
    let first = tokens.iter().position(Token::is_text)?;
    let token = &tokens[first];
    if token.kind == Kind::Quoted || token.possessive {
        return Some(Mood::Terse);
    }
    let word = token.word.as_str();
    let asks = [
        "maybe", "perhaps", "possibly", "should", "shall", "must", "may", "might", "had", "if",
        "would", "because", "since", "ok",
    ];
    if words::LOOK.has(word) || asks.contains(&word) {
        return None;
    }
    let next = tokens.get(first + 1);
    let asked = word == "do"
        && next.is_some_and(|it| {
            it.one_of(&["we", "i", "they", "you", "any", "our", "these", "those", "all"])
        });
    let boots = word == "reboot" || word == "restart";
    let noun = |it: &Token| it.is_in(&STATE) || boots && it.one_of(&["time", "log", "logs"]);
    if asked || next.is_some_and(noun) && word != "run" {
        return None;
    }
    let run = words::RUN.has(word);
    let room = word == "free" && next.is_some_and(|it| it.one_of(&["up", "some"]))
        || word == "make" && next.is_some_and(|it| it.one_of(&["room", "space", "some"]));
    if room {
        return Some(Mood::Command { verb: first, run: false });
    }
    Some(match run || words::CHANGE.has(word) {
        true => Mood::Command { verb: first, run },
        false => Mood::Terse,
    })
}

/// The script that `tokens` name.
pub(super) fn read<'a>(scene: &Scene<'a>, tokens: &[Token], mood: Mood) -> Named<'a> {
    let region = region(scene, tokens, mood);
    let product = product(tokens);
    let (mut hits, common) = hits(scene, tokens, product);
    for hit in &mut hits {
        let explained = |at: usize| hit.named.contains(&at) || hit.found.contains(&at);
        let strangers = common.iter().filter(|at| !explained(**at)).count();
        let said: Vec<usize> = content(tokens, region.clone(), mood);
        let known = said.iter().filter(|at| explained(**at)).count();
        let stranger =
            match said.iter().filter(|at| !explained(**at)).collect::<Vec<_>>().as_slice() {
                [one] => Some(**one),
                _ => None,
            };
        let precise = if said.is_empty() { 1.0 } else { known as f32 / said.len() as f32 };
        let outside = strangers.saturating_sub(said.len() - known);
        hit.score = hit.coverage * (0.1 + 0.9 * precise) - 0.2 * outside as f32;
        if let Some(stranger) = stranger {
            fill(hit, tokens, stranger);
        }
        if let Mood::Command { verb, run: false } = mood
            && !hit.named.contains(&verb)
        {
            // "stop disk cleanup" does not ask for a disk cleanup
            hit.score = if tokens[verb].is_in(&MILD) { hit.score * 0.7 } else { 0.0 };
        }
        let name = |at: &usize| {
            tokens[*at].is_text() && !tokens[*at].has_digit() && !tokens[*at].possessive
        };
        hit.named.extend(region.clone().into_iter().flatten().filter(name));
    }
    hits.sort_by(|a, b| b.score.total_cmp(&a.score).then(b.named.len().cmp(&a.named.len())));
    let mut unique: Vec<Hit<'a>> = Vec::new();
    for hit in hits.into_iter().filter(|hit| hit.score >= WORTH) {
        let twin = |it: &Hit<'_>| it.tool.title.eq_ignore_ascii_case(&hit.tool.title);
        if !unique.iter().any(twin) {
            unique.push(hit);
        }
    }
    let enough = match mood {
        Mood::Command { .. } => ENOUGH,
        Mood::Terse => WHOLE,
    };
    let ahead = |hits: &[Hit<'_>]| match hits {
        [best, next, ..] => {
            best.score - next.score >= MARGIN
                || best.coverage > 0.95 && best.named.len() > next.named.len()
        }
        [_] => true,
        [] => false,
    };
    let whole = |hit: &Hit<'_>| mood != Mood::Terse || hit.coverage >= WHOLE;
    if let Some(best) = unique.first()
        && best.score >= enough
        && !best.guessed
        && whole(best)
        && ahead(&unique)
    {
        return Named::One(unique.swap_remove(0));
    }
    let hinted = hints(scene, tokens, product);
    let mut several: Vec<Hit<'a>> = unique;
    for hit in hinted {
        if !several.iter().any(|it| it.tool.name == hit.tool.name) {
            several.push(hit);
        }
    }
    if let Some(best) = several.first().map(|hit| hit.score) {
        several.retain(|hit| best - hit.score < 0.3);
    }
    let Mood::Command { verb, run } = mood else {
        return if several.is_empty() { Named::None } else { Named::Several(several) };
    };
    let at: Vec<usize> = name_of_unknown(tokens, verb, region);
    if !several.is_empty() {
        return Named::Several(several);
    }
    if !run || at.is_empty() {
        return Named::None;
    }
    let name = at.iter().map(|at| tokens[*at].text.as_str()).collect::<Vec<_>>().join(" ");
    let closest = closest(scene, &name);
    Named::Unknown { name, at, closest }
}

/// "restart dhcp on dc01": the one word that the name leaves over may be the one text the script needs.
fn fill(hit: &mut Hit<'_>, tokens: &[Token], stranger: usize) {
    let missing: Vec<&str> =
        schema::required(&hit.tool.schema).filter(|it| !hit.arguments.contains_key(*it)).collect();
    let [name] = missing.as_slice() else { return };
    let free = schema::property(&hit.tool.schema, name).is_some_and(|it| {
        it.get("type").and_then(Value::as_str) == Some("string") && it.get("pattern").is_none()
    });
    if free && hit.coverage >= WORTH && !tokens[stranger].is_in(&targets::HESITANT) {
        hit.arguments.insert((*name).to_owned(), json!(tokens[stranger].text));
        hit.found.push(stranger);
        hit.score = hit.coverage;
        hit.guessed = true;
    }
}

/// Every script with a word in `tokens`, and the tokens that are a word of some script.
fn hits<'a>(
    scene: &Scene<'a>,
    tokens: &[Token],
    product: Option<Product>,
) -> (Vec<Hit<'a>>, Vec<usize>) {
    let mut hits = Vec::new();
    let mut common = Vec::new();
    let said = Said::of(tokens);
    let quoted = tokens.iter().any(|it| it.kind == Kind::Quoted);
    let scripts = scene.ask.catalogue.iter().filter(|tool| tool.script.is_some());
    for tool in scripts.filter(|tool| product.is_none_or(|it| tool.product == it)) {
        if !quoted && !said.may_be(&tool.title) {
            continue;
        }
        let title = tool.title.to_lowercase();
        if let Some(at) = tokens.iter().position(|it| it.kind == Kind::Quoted && it.low == title) {
            let found = params::read(&tool.schema, tokens);
            hits.push(Hit {
                tool,
                score: 0.0,
                coverage: 1.0,
                named: vec![at],
                found: found.used,
                arguments: found.arguments,
                guessed: false,
            });
            continue;
        }
        let (coverage, named) = said.coverage(&title);
        if named.is_empty() {
            continue;
        }
        let telling = |at: &&usize| {
            let token = &tokens[**at];
            !LIGHT.has(token.low.as_str())
                && !token.is_in(&words::KIND)
                && !token.is_in(&words::KINDS)
        };
        common.extend(named.iter().filter(telling));
        if coverage >= WORTH {
            let found = params::read(&tool.schema, tokens);
            hits.push(Hit {
                tool,
                score: 0.0,
                coverage,
                named,
                found: found.used,
                arguments: found.arguments,
                guessed: false,
            });
        }
    }
    common.sort_unstable();
    common.dedup();
    (hits, common)
}

/// Where the name of a script stands: behind the verb, up to a preposition. "Reboot fs01 at acme" has
/// its device there and no name.
fn region(scene: &Scene<'_>, tokens: &[Token], mood: Mood) -> Option<std::ops::Range<usize>> {
    let Mood::Command { verb, run } = mood else { return None };
    let from = if run { verb + 1 } else { verb };
    let ends = |at: &usize| {
        tokens[*at].one_of(words::TOWARDS)
            || !tokens[*at].is_text()
            || tokens[*at].one_of(&["with", "using", "via"])
    };
    let to = (from + 1..tokens.len()).find(ends)?;
    let place = tokens[to].one_of(words::AT) && scene.clients.starting(tokens, to + 1).is_some();
    (run || !place).then_some(from..to)
}

/// The words of the region that mean something.
fn content(tokens: &[Token], region: Option<std::ops::Range<usize>>, mood: Mood) -> Vec<usize> {
    let general = [
        "script", "task", "tool", "job", "off", "up", "run", "full", "entire", "usual", "regular",
        "standard",
    ];
    let verb = match mood {
        Mood::Command { verb, .. } => Some(verb),
        Mood::Terse => None,
    };
    let tells = |at: &usize| {
        let token = &tokens[*at];
        token.kind == Kind::Quoted
            || token.is_word()
                && (Some(*at) == verb || !words::is_filler(&token.low))
                && !token.one_of(&general)
                && !token.has_digit()
                && !token.possessive
                && !token.is_in(&words::KIND)
                && !token.one_of(words::IT)
                && !token.one_of(words::THEM)
    };
    region.into_iter().flatten().filter(tells).collect()
}

/// The words that stand where a script's name belongs.
fn name_of_unknown(
    tokens: &[Token],
    verb: usize,
    region: Option<std::ops::Range<usize>>,
) -> Vec<usize> {
    let quoted = (verb + 1..tokens.len()).find(|at| tokens[*at].kind == Kind::Quoted);
    if let Some(at) = quoted {
        return vec![at];
    }
    let range = region.unwrap_or(verb + 1..tokens.len());
    let general = [
        "script", "scripts", "task", "tool", "job", "the", "our", "a", "an", "my", "called",
        "named", "up", "off", "it", "that", "this", "again", "them", "same",
    ];
    range.filter(|at| tokens[*at].is_text() && !tokens[*at].one_of(&general)).collect()
}

/// Scripts that a manner of speaking hints at.
fn hints<'a>(scene: &Scene<'a>, tokens: &[Token], product: Option<Product>) -> Vec<Hit<'a>> {
    let mut found = Vec::new();
    for (phrase, said) in HINTS {
        let Some((at, length)) = lexicon::find(tokens, phrase) else { continue };
        let scripts = scene.ask.catalogue.iter().filter(|tool| tool.script.is_some());
        for tool in scripts.filter(|tool| product.is_none_or(|it| tool.product == it)) {
            let title = tool.title.to_lowercase();
            let matched = said.iter().filter(|word| title.contains(**word)).count();
            if matched * 2 >= said.len() && matched > 0 {
                let named = (at..at + length).collect();
                let score = 0.6 * matched as f32 / said.len() as f32;
                found.push(Hit {
                    tool,
                    score,
                    coverage: score,
                    named,
                    found: vec![],
                    arguments: Map::new(),
                    guessed: false,
                });
            }
        }
    }
    found.sort_by(|a, b| b.score.total_cmp(&a.score));
    found
}

/// Up to three scripts spelt most like `name`.
fn closest<'a>(scene: &Scene<'a>, name: &str) -> Vec<Hit<'a>> {
    let name = name.to_lowercase();
    let scripts = scene.ask.catalogue.iter().filter(|tool| tool.script.is_some());
    let mut near: Vec<(f64, &Tool)> = scripts
        .map(|tool| (strsim::jaro_winkler(&name, &tool.title.to_lowercase()), tool))
        .filter(|(score, _)| *score >= 0.72)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0));
    let hit = |(score, tool): (f64, &'a Tool)| Hit {
        tool,
        score: score as f32,
        coverage: 0.0,
        named: vec![],
        found: vec![],
        arguments: Map::new(),
        guessed: false,
    };
    near.into_iter().take(3).map(hit).collect()
}

/// "in Automate", "via RMM".
pub(super) fn product(tokens: &[Token]) -> Option<Product> {
    said_product(tokens).map(|(product, _)| product)
}

/// The product and the tokens that name it.
fn said_product(tokens: &[Token]) -> Option<(Product, Vec<usize>)> {
    (0..tokens.len()).find_map(|at| {
        let product = match tokens[at].low.as_str() {
            "rmm" | "asio" => Product::Rmm,
            "automate" | "labtech" => Product::Automate,
            "control" | "screenconnect" => Product::Control,
            _ => return None,
        };
        let maker = at.checked_sub(1).filter(|it| tokens[*it].one_of(&["connectwise", "cw"]));
        let first = maker.unwrap_or(at);
        let leads = ["in", "via", "through", "using", "with", "from", "by", "use"];
        let lead = first.checked_sub(1).filter(|it| tokens[*it].one_of(&leads));
        let things = [
            "alerts",
            "alert",
            "scripts",
            "script",
            "clients",
            "companies",
            "alarms",
            "session",
            "sessions",
        ];
        let adjective =
            tokens.get(at + 1).is_some_and(|it| it.is_in(&words::KINDS) || it.one_of(&things));
        let named = lead.is_some() || maker.is_some() || adjective;
        named.then(|| (product, (lead.unwrap_or(first)..=at).collect()))
    })
}

/// Tokens that only name the product.
pub(super) fn product_tokens(tokens: &[Token]) -> Vec<usize> {
    said_product(tokens).map_or_else(Vec::new, |(_, at)| at)
}

/// The title of the one script that `tokens` name in full: "what does disk cleanup do?"
pub(super) fn told<'a>(scene: &Scene<'a>, tokens: &[Token]) -> Option<Hit<'a>> {
    match read(scene, tokens, Mood::Terse) {
        Named::One(hit) if hit.named.len() > 1 => Some(hit),
        Named::One(_) | Named::None | Named::Several(_) | Named::Unknown { .. } => None,
    }
}
