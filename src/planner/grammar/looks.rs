//! Plans for what only looks: an intent, its tools, and what it is about.

use serde_json::json;

use crate::conversation::AnswerOption;
use crate::directory::{Client, Product};
use crate::planner::{ClientMention, Draft, Mention};
use crate::tool::{Aim, Tool, ToolName, twins};

use super::filters;
use super::intents::{self, Filter, Hit, Intent, Takes};
use super::listing::{self, ClientWords};
use super::rmm;
use super::scene::{Clause, Outcome, Scene, ask_option};
use super::scripts;
use super::targets::{self, Target};
use super::text::{Kind, Token};
use super::words;
use crate::bounds::CALLS_PER_PLAN_MAX;

/// Less than this ahead of the next, and the person is asked.
const MARGIN: f32 = 0.25;

/// What `tokens` ask to see.
pub(super) fn read(scene: &Scene<'_>, tokens: &[Token]) -> Outcome {
    let mut hits = intents::rank(tokens, scene.ask.catalogue);
    if let Some(id) = ticket_number(tokens) {
        let ticket = |hit: &Hit| matches!(hit.intent.takes, Takes::Ticket);
        if let Some(hit) = hits.iter().find(|hit| ticket(hit)) {
            return one_argument(scene, hit.intent, "ticket", id);
        }
    }
    hits.retain(|hit| hit.intent.takes != Takes::Ticket);
    if let Some(at) = hits.iter().position(|hit| hit.intent.takes == Takes::Task) {
        let id = task_name(tokens, &hits[at].used);
        match id {
            Some(id) if hits[at].score >= 4.0 && at == 0 => {
                return one_argument(scene, hits[at].intent, "task", id);
            }
            Some(_) | None => drop(hits.remove(at)),
        }
    }
    let Some(best) = hits.first().cloned() else { return Outcome::Lost };
    let rival = hits
        .iter()
        .skip(1)
        .find(|hit| best.score - hit.score < MARGIN && !same_tools(scene, tokens, hit, &best));
    let also: Vec<&Hit> = hits.iter().skip(1).filter(|hit| joined(tokens, &best, hit)).collect();
    if also.is_empty()
        && let Some(rival) = rival
        && !contained(rival, &best)
    {
        return either(scene, tokens, &[&best, rival]);
    }
    let mut used = best.used.clone();
    used.extend(also.iter().flat_map(|hit| &hit.used));
    let mut drafts: Vec<Draft> = Vec::new();
    let mut order: Vec<&Hit> = also;
    order.push(&best);
    order.sort_by_key(|hit| hit.used.first().copied());
    for hit in order {
        match about(scene, tokens, hit.intent, &used) {
            Outcome::Drafts(more) => {
                for draft in more {
                    if !drafts.contains(&draft) {
                        drafts.push(draft);
                    }
                }
            }
            other => return other,
        }
    }
    drafts.truncate(CALLS_PER_PLAN_MAX);
    Outcome::Drafts(drafts)
}

/// "What does disk cleanup do?": the script itself is looked up, by its name.
pub(super) fn of_script(scene: &Scene<'_>, tokens: &[Token]) -> Option<Outcome> {
    let hit = scripts::told(scene, tokens)?;
    let looks = intents::rank(tokens, scene.ask.catalogue);
    let other = looks.iter().any(|look| look.used.iter().any(|at| !hit.named.contains(at)));
    let product = scripts::product(tokens);
    let tool = twins::named(rmm::LIST_SHELL_SCRIPTS, product, scene.ask.catalogue)?;
    if other || targets_left(tokens, &hit) {
        return None;
    }
    let mut draft = Draft::new(tool.name.clone());
    draft.arguments.insert("text".to_owned(), json!(hit.tool.title));
    Some(Outcome::Drafts(vec![draft]))
}

/// Words of a name besides the script's.
fn targets_left(tokens: &[Token], hit: &scripts::Hit<'_>) -> bool {
    tokens.iter().enumerate().any(|(at, it)| {
        !hit.named.contains(&at)
            && (it.has_digit() || it.possessive || it.one_of(&["on", "for", "at"]))
    })
}

/// Two things asked for in one breath: "health and patches", both of a device or both of a client.
fn joined(tokens: &[Token], best: &Hit, hit: &Hit) -> bool {
    let alike = match best.intent.takes {
        Takes::Device => hit.intent.takes == Takes::Device,
        Takes::Client => hit.intent.takes == Takes::Client,
        Takes::Nothing
        | Takes::OneClient
        | Takes::DeviceOrNothing
        | Takes::DeviceOrClient
        | Takes::Ticket
        | Takes::Task => false,
    };
    let apart = hit.used.iter().all(|at| !best.used.contains(at));
    let joint = |at: usize| {
        tokens
            .get(at)
            .is_some_and(|it| it.kind == Kind::Comma || it.one_of(&["and", "plus", "also"]))
    };
    let beside = hit.used.iter().any(|at| {
        (at + 1..=at + 2)
            .any(|it| joint(it) && best.used.iter().any(|own| *own > it && *own <= it + 2))
            || at.checked_sub(1).is_some_and(|it| {
                joint(it) && best.used.iter().any(|own| *own < it && *own + 2 >= it)
            })
    });
    alike && apart && beside && hit.score >= 2.9
}

/// The rival speaks from words that the best explains as well.
fn contained(rival: &Hit, best: &Hit) -> bool {
    rival.used.iter().all(|at| best.used.contains(at)) && rival.used.len() < best.used.len()
}

fn either(scene: &Scene<'_>, tokens: &[Token], hits: &[&Hit]) -> Outcome {
    let mut options = Vec::new();
    for hit in hits {
        let Outcome::Drafts(drafts) = about(scene, tokens, hit.intent, &hit.used) else { continue };
        let titles: Vec<&str> = titles(scene, hit.intent, scripts::product(tokens));
        options.push(AnswerOption { label: titles.join(" and "), detail: String::new(), drafts });
    }
    match options.len() {
        0 => hits.first().map_or(Outcome::Lost, |hit| about(scene, tokens, hit.intent, &hit.used)),
        1 => Outcome::Drafts(options.swap_remove(0).drafts),
        _ => ask_option("Which of these do you mean?".to_owned(), options),
    }
}

fn titles<'a>(scene: &Scene<'a>, intent: &Intent, product: Option<Product>) -> Vec<&'a str> {
    let tools = intent.tools_in(scene.ask.catalogue, product).into_iter();
    tools.map(|tool| tool.title.as_str()).collect()
}

/// In a product with fewer tools, two intents may be the same.
fn same_tools(scene: &Scene<'_>, tokens: &[Token], one: &Hit, other: &Hit) -> bool {
    let product = scripts::product(tokens);
    let tools = |hit: &Hit| -> Vec<ToolName> {
        let tools = hit.intent.tools_in(scene.ask.catalogue, product).into_iter();
        tools.map(|tool| tool.name.clone()).collect()
    };
    tools(one) == tools(other)
}

/// The calls of `intent` on what the rest of `tokens` names.
fn about(scene: &Scene<'_>, tokens: &[Token], intent: &Intent, used: &[usize]) -> Outcome {
    let mut clause = Clause::new(tokens);
    clause.take(used.iter().copied());
    clause.take(scripts::product_tokens(tokens));
    let arguments = filters::read(intent.filter, &mut clause, scene.ask.now);
    let tools = intent.tools_in(scene.ask.catalogue, scripts::product(tokens));
    let draft = |tool: &&Tool| {
        let mut draft = Draft::new(tool.name.clone());
        if intent.filter != Filter::None {
            draft.arguments = twins::carried(&arguments, tool);
        }
        draft
    };
    let drafts: Vec<Draft> = tools.iter().map(draft).collect();
    if let Some(drafts) = of_company(scene, &clause, intent) {
        return Outcome::Drafts(drafts);
    }
    match intent.takes {
        Takes::Nothing | Takes::Ticket | Takes::Task => Outcome::Drafts(drafts),
        Takes::Client => listing::of_client(scene, &clause, &tools, drafts),
        Takes::OneClient => listing::of_one_client(scene, &clause, drafts),
        Takes::DeviceOrNothing => match targets::read(scene, &clause) {
            Target::None | Target::Unclear => Outcome::Drafts(drafts),
            target => of_device(scene, intent, target, drafts),
        },
        Takes::Device => of_device(scene, intent, targets::read(scene, &clause), drafts),
        Takes::DeviceOrClient => of_either(scene, &clause, intent, &tools, drafts),
    }
}

/// A list of one device, of one client, or of all.
fn of_either(
    scene: &Scene<'_>,
    clause: &Clause<'_>,
    intent: &Intent,
    tools: &[&Tool],
    drafts: Vec<Draft>,
) -> Outcome {
    let (devices, lists): (Vec<Draft>, Vec<Draft>) = drafts.into_iter().partition(|draft| {
        tools.iter().any(|tool| tool.name == draft.tool && tool.aim == Aim::Device)
    });
    match targets::read(scene, clause) {
        Target::None | Target::Client(_) | Target::Several { .. } | Target::All { .. } => {
            let lists_of: Vec<&Tool> =
                tools.iter().copied().filter(|tool| tool.aim != Aim::Device).collect();
            listing::of_client(scene, clause, &lists_of, lists)
        }
        target => of_device(scene, intent, target, devices),
    }
}

/// "Tell me about acme" is about a company, not a device.
fn of_company(scene: &Scene<'_>, clause: &Clause<'_>, intent: &Intent) -> Option<Vec<Draft>> {
    let general =
        ["details", "detail", "about", "info", "information", "describe", "lookup", "look"];
    let asked = clause.tokens.iter().any(|it| it.one_of(&general));
    if intent.tools != [rmm::GET_DEVICE] || !asked {
        return None;
    }
    let tool = scene.ask.catalogue.get(&ToolName::new(rmm::GET_COMPANY))?;
    let Target::Client(_) = targets::read(scene, clause) else { return None };
    let ClientWords::Phrases(phrases) = listing::client_words(scene, clause) else { return None };
    let mut draft = Draft::new(tool.name.clone());
    draft.client = phrases.first().map(|it| ClientMention::Phrase(targets::phrase(it)));
    Some(vec![draft])
}

fn one_argument(scene: &Scene<'_>, intent: &Intent, name: &str, value: String) -> Outcome {
    let tools = intent.tools_in(scene.ask.catalogue, None);
    let draft = |tool: &&Tool| {
        let mut draft = Draft::new(tool.name.clone());
        draft.arguments.insert(name.to_owned(), json!(value));
        draft
    };
    Outcome::Drafts(tools.iter().map(draft).collect())
}

/// "140511.2044", "#1042", "T20240101.0001".
pub(super) fn ticket_number(tokens: &[Token]) -> Option<String> {
    let number = |token: &Token| {
        let bare = token.text.trim_start_matches('#');
        let marked = token.text.starts_with('#');
        let digits = bare.bytes().filter(u8::is_ascii_digit).count();
        let shape = bare.bytes().all(|it| it.is_ascii_digit() || matches!(it, b'.' | b'-'));
        let prefixed = bare.trim_start_matches(|it: char| it.is_ascii_alphabetic());
        let coded = prefixed.len() < bare.len()
            && bare.len() - prefixed.len() <= 3
            && prefixed.bytes().filter(u8::is_ascii_digit).count() >= 5;
        let id = token.is_text() && digits > 0 && (shape && (digits >= 3 || marked) || coded);
        id.then(|| bare.to_owned())
    };
    (0..tokens.len()).find_map(|at| {
        let limit = at > 0 && tokens[at - 1].one_of(&["last", "latest", "top", "recent", "first"]);
        let near = tokens[at.saturating_sub(3)..at].iter().any(|it| {
            it.one_of(&["ticket", "case", "incident", "sr", "number", "no"])
                || ["ticket", "tickets"].contains(&it.word.as_str())
        });
        let marked = tokens[at].text.starts_with('#');
        let alone = near || marked && tokens.iter().any(|it| it.one_of(&["ticket"]));
        if limit || !alone { None } else { number(&tokens[at]) }
    })
}

/// What "results of task …" is about: an id, or the words behind.
fn task_name(tokens: &[Token], used: &[usize]) -> Option<String> {
    let last = used.iter().max().copied()?;
    let rest = tokens.get(last + 1..).unwrap_or_default();
    let end = rest
        .iter()
        .position(|it| !it.is_text() && it.kind != Kind::Colon || it.one_of(words::TOWARDS));
    let rest = &rest[..end.unwrap_or(rest.len())];
    let skip = [
        "id", "instance", "number", "no", "the", "task", "run", "job", "named", "called", "last",
        "latest", "my", "our", "of", "that",
    ];
    let kept: Vec<&Token> = rest.iter().filter(|it| it.is_text() && !it.one_of(&skip)).collect();
    if kept.is_empty() || kept.len() > 6 {
        return None;
    }
    let words: Vec<&str> = kept.iter().map(|it| it.text.trim_start_matches('#')).collect();
    Some(words.join(" ")).filter(|it| !it.is_empty())
}

/// One device per call: several devices become several calls.
pub(super) fn of_device(
    scene: &Scene<'_>,
    intent: &Intent,
    target: Target<'_>,
    drafts: Vec<Draft>,
) -> Outcome {
    let what = titles(scene, intent, None).first().copied().unwrap_or("this").to_owned();
    match target {
        Target::Devices(mentions) => {
            let one = |mention: &Mention| {
                let mention = mention.clone();
                drafts.iter().cloned().map(move |mut draft| {
                    draft.devices = vec![mention.clone()];
                    draft
                })
            };
            let all: Vec<Draft> = mentions.iter().flat_map(one).collect();
            if all.len() > CALLS_PER_PLAN_MAX {
                let most = CALLS_PER_PLAN_MAX / drafts.len().max(1);
                return Outcome::Refuse(format!(
                    "I look at up to {most} devices at once; name fewer."
                ));
            }
            Outcome::Drafts(all)
        }
        Target::None => {
            let known = scene.recent();
            match (known.as_slice(), intent.takes) {
                (_, Takes::DeviceOrNothing) => Outcome::Drafts(drafts),
                _ if scene.carried().is_some() => {
                    let carried = scene.carried().unwrap_or_default().to_vec();
                    of_device(scene, intent, Target::Devices(carried), drafts)
                }
                ([one], _) => {
                    let mention = Mention::Device(one.id.clone());
                    of_device(scene, intent, Target::Devices(vec![mention]), drafts)
                }
                (several, _) => scene.ask_device(question(&what), drafts, several),
            }
        }
        Target::Client(client) => of_the_client(scene, client, None, &what, drafts),
        Target::Several { client: Some(client), servers, .. } => {
            of_the_client(scene, client, servers, &what, drafts)
        }
        Target::All { .. } | Target::Several { client: None, .. } => {
            let text =
                format!("\"{what}\" looks at one device at a time. Which device do you mean?");
            scene.ask_device(text, drafts, &[])
        }
        Target::Which(choices) => scene.ask_device(question(&what), drafts, &choices),
        Target::Unclear => scene.ask_device(question(&what), drafts, &[]),
    }
}

pub(super) fn of_the_client(
    scene: &Scene<'_>,
    client: &Client,
    servers: Option<bool>,
    what: &str,
    drafts: Vec<Draft>,
) -> Outcome {
    let most = crate::directory::resolver::CHOICES_MAX;
    let (devices, total) = super::clients::devices(scene.ask.directory, client, servers, most);
    let shown = if total <= most { devices } else { Vec::new() };
    let text = format!("\"{what}\": which device of {} do you mean?", client.name);
    scene.ask_device(text, drafts, &shown)
}

fn question(what: &str) -> String {
    format!("\"{what}\": which device do you mean?")
}
