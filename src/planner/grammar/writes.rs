//! Plans for what changes something: running one script on named devices.

use serde_json::json;

use crate::conversation::{AnswerOption, Awaits, Question};
use crate::directory::resolver::CHOICES_MAX;
use crate::directory::{Client, Device};
use crate::planner::{ClientMention, Draft, Mention};
use crate::tool::{Aim, Tool, twins};

use super::clients;
use super::intents;
use super::rmm;
use super::scene::{Clause, Outcome, Scene, ask_option};
use super::scripts::{self, Hit, Mood, Named};
use super::targets::{self, Target};
use super::text::Token;
use super::words;

/// Whether exactly one script was named, or something that could be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sure {
    Named,
    Guessed,
}

/// What `tokens` ask to be done with a script; `Lost` when they name none.
pub(super) fn read(scene: &Scene<'_>, tokens: &[Token], mood: Mood) -> (Outcome, Sure) {
    match scripts::read(scene, tokens, mood) {
        Named::One(hit) => (named(scene, tokens, mood, &hit), Sure::Named),
        other => (guessed(scene, tokens, mood, other), Sure::Guessed),
    }
}

/// "List installed software on fs01": a script whose name begins like a look. It is asked about.
pub(super) fn by_name(scene: &Scene<'_>, tokens: &[Token]) -> Outcome {
    let first = tokens.iter().position(Token::is_text);
    match (scripts::told(scene, tokens), first) {
        (Some(hit), Some(first)) if hit.named.contains(&first) => {
            let text = format!("Should I run {}?", hit.tool.title);
            several(scene, tokens, &[hit], text)
        }
        _ => Outcome::Lost,
    }
}

fn named(scene: &Scene<'_>, tokens: &[Token], mood: Mood, hit: &Hit<'_>) -> Outcome {
    if mood == Mood::Terse && looks_instead(scene, tokens, hit) {
        return Outcome::Lost;
    }
    let sure = !scene.manner.question || scene.manner.can;
    match one(scene, tokens, hit) {
        Outcome::Drafts(drafts) if !sure => {
            let text = format!("Should I run {}?", hit.tool.title);
            ask_option(text, vec![option(scene, hit, drafts)])
        }
        other => other,
    }
}

fn guessed(scene: &Scene<'_>, tokens: &[Token], mood: Mood, named: Named<'_>) -> Outcome {
    match named {
        Named::None | Named::One(_) => Outcome::Lost,
        Named::Several(hits) => {
            if mood == Mood::Terse && hits.iter().all(|hit| looks_instead(scene, tokens, hit)) {
                return Outcome::Lost;
            }
            several(scene, tokens, &hits, "Which script do you mean?".to_owned())
        }
        Named::Unknown { name, at, closest } => unknown(scene, tokens, &name, &at, &closest),
    }
}

/// "dc01 disk space" is a look, even when some script is called "Disk Space".
fn looks_instead(scene: &Scene<'_>, tokens: &[Token], hit: &Hit<'_>) -> bool {
    let looks = intents::rank(tokens, scene.ask.catalogue);
    let explained =
        looks.first().is_some_and(|look| hit.named.iter().all(|at| look.used.contains(at)));
    explained || looks.first().is_some_and(|look| look.score >= 4.0) && hit.coverage < 0.8
}

fn option(scene: &Scene<'_>, hit: &Hit<'_>, drafts: Vec<Draft>) -> AnswerOption {
    let twins = scene.ask.catalogue.iter().filter(|tool| tool.title == hit.tool.title).count() > 1;
    let detail = if twins { hit.tool.product.label() } else { &hit.tool.description };
    let detail = match hit.guessed {
        true => hit.arguments.iter().map(|(name, value)| format!("{name}: {value}")).collect(),
        false => detail.to_owned(),
    };
    AnswerOption { label: hit.tool.title.clone(), detail, drafts }
}

/// The draft for one script, or the question for what it lacks.
fn one(scene: &Scene<'_>, tokens: &[Token], hit: &Hit<'_>) -> Outcome {
    let mut draft = Draft::new(hit.tool.name.clone());
    draft.arguments = hit.arguments.clone();
    on_target(scene, hit.tool, draft, &target(scene, tokens, hit))
}

fn target<'a>(scene: &Scene<'a>, tokens: &[Token], hit: &Hit<'_>) -> Target<'a> {
    let mut clause = Clause::new(tokens);
    clause.take(hit.named.iter().copied());
    clause.take(hit.found.iter().copied());
    clause.take(scripts::product_tokens(tokens));
    without_command(&mut clause);
    targets::read_all(scene, &clause)
}

/// The verb, and the words that only say that a script is meant.
fn without_command(clause: &mut Clause<'_>) {
    let tokens = clause.tokens;
    if let Some(first) = tokens.iter().position(Token::is_text)
        && (tokens[first].is_in(&words::RUN) || words::CHANGE.has(&tokens[first].word))
    {
        clause.take([first]);
    }
    let general = [
        "script", "scripts", "task", "tool", "off", "up", "space", "some", "job", "run", "running",
        "executed",
    ];
    let said = |at: &usize| tokens[*at].one_of(&general);
    clause.take((0..tokens.len()).filter(said));
}

/// Puts the target into the draft, or asks for it.
fn on_target(scene: &Scene<'_>, tool: &Tool, mut draft: Draft, target: &Target<'_>) -> Outcome {
    if matches!(tool.aim, Aim::Tenant) {
        return Outcome::Drafts(vec![draft]);
    }
    let title = subject(tool, &draft);
    let question = format!("On which device should {title} run?");
    match target {
        Target::Devices(mentions) if tool.aim == Aim::Device && mentions.len() > 1 => {
            let one = |mention: &Mention| {
                let mut draft = draft.clone();
                draft.devices = vec![mention.clone()];
                draft
            };
            Outcome::Drafts(mentions.iter().map(one).collect())
        }
        Target::Devices(mentions) => {
            draft.devices.clone_from(mentions);
            Outcome::Drafts(vec![draft])
        }
        Target::All { servers, client } if tool.aim == Aim::Devices => {
            draft.devices = vec![Mention::All { servers: *servers }];
            draft.client = Some(client.clone());
            Outcome::Drafts(vec![draft])
        }
        Target::None if scene.carried().is_some() => {
            let carried = scene.carried().unwrap_or_default().to_vec();
            on_target(scene, tool, draft, &Target::Devices(carried))
        }
        Target::None => {
            let known = scene.recent();
            scene.ask_device(question, vec![draft], &known)
        }
        Target::Client(client) => of_client(scene, client, None, &title, draft),
        Target::Several { client: Some(client), servers, .. } => {
            group(scene, client, *servers, &title, draft)
        }
        Target::Several { client: None, servers, all: true } if tool.aim == Aim::Devices => {
            draft.devices = vec![Mention::All { servers: *servers }];
            all_of_which(scene, &title, draft)
        }
        Target::Several { .. } | Target::All { .. } | Target::Unclear => {
            scene.ask_device(question, vec![draft], &[])
        }
        Target::Which(choices) => scene.ask_device(question, vec![draft], choices),
    }
}

fn subject(tool: &Tool, draft: &Draft) -> String {
    match draft.arguments.get("script").and_then(|it| it.as_str()) {
        Some(script) if tool.script.is_none() => script.to_owned(),
        Some(_) | None => tool.title.clone(),
    }
}

fn of_client(
    scene: &Scene<'_>,
    client: &Client,
    servers: Option<bool>,
    title: &str,
    draft: Draft,
) -> Outcome {
    let (devices, total) = clients::devices(scene.ask.directory, client, servers, CHOICES_MAX);
    let shown: Vec<&Device> = if total <= CHOICES_MAX { devices } else { Vec::new() };
    let text = format!("On which device of {} should {title} run?", client.name);
    scene.ask_device(text, vec![draft], &shown)
}

/// "The acme servers": all of them, or one?
fn group(
    scene: &Scene<'_>,
    client: &Client,
    servers: Option<bool>,
    title: &str,
    draft: Draft,
) -> Outcome {
    let (_, total) = clients::devices(scene.ask.directory, client, servers, 1);
    let kind = match servers {
        Some(true) => "servers",
        Some(false) => "workstations",
        None => "devices",
    };
    let mut all = draft.clone();
    all.devices = vec![Mention::All { servers }];
    all.client = Some(ClientMention::Client(client.id.clone()));
    let outcome = of_client(scene, client, servers, title, draft);
    let Outcome::Ask(mut question) = outcome else { return outcome };
    question.options.truncate(CHOICES_MAX - 1);
    question.options.push(AnswerOption {
        label: format!("All {total} {kind} of {}", client.name),
        detail: String::new(),
        drafts: vec![all],
    });
    Outcome::Ask(question)
}

/// "All servers": of one client, never of all.
fn all_of_which(scene: &Scene<'_>, title: &str, draft: Draft) -> Outcome {
    let known = scene.ask.context.client.as_ref().and_then(|id| scene.ask.directory.client(id));
    let option = |client: &Client| {
        let mut draft = draft.clone();
        draft.client = Some(ClientMention::Client(client.id.clone()));
        AnswerOption { label: client.name.clone(), detail: String::new(), drafts: vec![draft] }
    };
    let text =
        format!("I run things for one client at a time. For which client should {title} run?");
    let options = known.into_iter().map(option).collect();
    let awaits = Awaits::Client { drafts: vec![draft], draft: 0 };
    Outcome::Ask(Question { text, options, awaits })
}

/// Offers `hits`, each as a finished draft where the target is plain.
fn several(scene: &Scene<'_>, tokens: &[Token], hits: &[Hit<'_>], text: String) -> Outcome {
    let mut options = Vec::new();
    for hit in hits.iter().take(CHOICES_MAX) {
        match one(scene, tokens, hit) {
            Outcome::Drafts(drafts) => options.push(option(scene, hit, drafts)),
            Outcome::Ask(Question {
                awaits: Awaits::Device { drafts, .. },
                options: devices,
                ..
            }) => {
                let open = devices.first().map_or(drafts, |only| match devices.len() {
                    1 => only.drafts.clone(),
                    _ => only.drafts.iter().cloned().map(without_devices).collect(),
                });
                options.push(option(scene, hit, open.into_iter().map(cleared).collect()));
            }
            Outcome::Ask(_) | Outcome::Refuse(_) | Outcome::Lost => {}
        }
    }
    match options.is_empty() {
        true => Outcome::Lost,
        false => ask_option(text, options),
    }
}

fn without_devices(mut draft: Draft) -> Draft {
    draft.devices.clear();
    draft
}

/// Without the empty place for a device: the core asks for it.
fn cleared(mut draft: Draft) -> Draft {
    draft.devices.retain(|it| *it != Mention::Phrase(String::new()));
    draft
}

/// A script that does not exist as a tool: the generic runner by name, or the closest names.
fn unknown(
    scene: &Scene<'_>,
    tokens: &[Token],
    name: &str,
    at: &[usize],
    closest: &[Hit<'_>],
) -> Outcome {
    let said = tokens.iter().any(|it| it.one_of(&["script", "task"]));
    let runner = twins::named(rmm::RUN_TASK, scripts::product(tokens), scene.ask.catalogue);
    let mut clause = Clause::new(tokens);
    clause.take(at.iter().copied());
    without_command(&mut clause);
    if let Some(tool) = runner.filter(|_| said && closest.first().is_none_or(|hit| hit.score < 0.9))
    {
        let mut draft = Draft::new(tool.name.clone());
        draft.arguments.insert("script".to_owned(), json!(name));
        return on_target(scene, tool, draft, &targets::read_all(scene, &clause));
    }
    if closest.is_empty() {
        return Outcome::Lost;
    }
    let mut hits = closest.to_vec();
    for hit in &mut hits {
        hit.named = at.to_vec();
    }
    let text = format!(
        "I know no script called \"{name}\", so nothing was started. Did you mean one of these?"
    );
    several(scene, tokens, &hits, text)
}
