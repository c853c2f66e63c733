//! What people write and what it must come to: `tests/corpus/*.txt`, one case per line.
//!
//! The catalogue is ConnectWise RMM's, except in files that name another.
//!
//! `text => expected`; a line that begins with `+` goes on with the conversation of the line above.
//! Between two lines a pretend core resolves names, remembers what was done and asks for missing
//! arguments, as the real one does.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use serde_json::Value;

use super::propose;
use crate::conversation::{Awaits, Context, LastCall, Question};
use crate::directory::{Device, Directory};
use crate::ids::{ClientId, DeviceId};
use crate::planner::answer::{Answered, answer};
use crate::planner::{Ask, Canary, ClientMention, Draft, Mention, Proposal};
use crate::schedule::When;
use crate::tool::{Catalogue, schema};

use super::fixture;

/// Fewer cases than this means that a file was not read.
const CASES_MIN: usize = 400;

#[test]
fn every_line_of_the_corpus_comes_to_what_it_says() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus");
    let mut files: Vec<_> = fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()).collect();
    files.sort();
    let (mut cases, mut wrong) = (0, String::new());
    for file in files {
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let catalogue = match name.as_str() {
            _ if name.contains("only-automate") => fixture::only_automate(),
            _ if name.contains("only-control") => fixture::only_control(),
            _ if name.contains("with-automate") => fixture::both(),
            _ if name.contains("with-control") => fixture::with_control(),
            _ => fixture::catalogue(),
        };
        let world = World { catalogue, directory: fixture::directory() };
        let mut context = Context::default();
        for (number, line) in (1..).zip(fs::read_to_string(&file).unwrap().lines()) {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let (text, expected) = line.rsplit_once(" => ").unwrap_or_else(|| {
                panic!("{name}:{number}: a case is `text => expected`");
            });
            let text = match text.strip_prefix("+ ") {
                Some(text) => text,
                None => {
                    context = Context::default();
                    text
                }
            };
            let text = text.trim().replace("\\n", "\n");
            let actual = world.hear(&text, &mut context);
            cases += 1;
            if !agrees(&actual, expected.trim()) {
                let _ =
                    writeln!(wrong, "{name}:{number}: {text}\n    => {actual}\n not {expected}");
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {cases} cases differ:\n{wrong}", wrong.lines().count() / 3);
    assert!(cases >= CASES_MIN, "only {cases} cases were read");
}

/// "ask device" stands for any question for a device, "refuse" for any refusal.
fn agrees(actual: &str, expected: &str) -> bool {
    if let Some(part) = expected.strip_prefix("refuse: ") {
        return actual.starts_with("refuse") && actual.contains(part);
    }
    let general = ["ask", "refuse", "unsure", "again"].iter().any(|it| expected.starts_with(it));
    actual == expected
        || general && actual.strip_prefix(expected).is_some_and(|rest| rest.starts_with([' ', ':']))
}

struct World {
    catalogue: Catalogue,
    directory: Directory,
}

impl World {
    fn hear(&self, text: &str, context: &mut Context) -> String {
        let person = fixture::person();
        let question = context.question.take();
        let ask = Ask {
            text,
            context,
            catalogue: &self.catalogue,
            directory: &self.directory,
            person: &person,
            now: fixture::now(),
        };
        let answered = question.as_ref().map(|question| answer(text, question, &ask));
        let proposal = match answered {
            Some(Answered::Drafts(drafts)) => Proposal::Plan(drafts),
            Some(Answered::Cancelled) => return "cancelled".to_owned(),
            Some(Answered::Again(hint)) => {
                context.question = question;
                return format!("again: {hint}");
            }
            Some(Answered::NotAnAnswer) | None => propose(&ask),
        };
        let shown = show(&proposal);
        self.remember(&proposal, context);
        shown
    }

    /// What the core does behind a proposal, as far as the next message can tell.
    fn remember(&self, proposal: &Proposal, context: &mut Context) {
        match proposal {
            Proposal::Ask(question) => context.question = Some(question.clone()),
            Proposal::Plan(drafts) => {
                context.question = self.missing(drafts);
                let call = |draft: &Draft| LastCall {
                    tool: draft.tool.clone(),
                    arguments: draft.arguments.clone(),
                };
                context.calls = drafts.iter().map(call).collect();
                let clients: Vec<ClientId> =
                    drafts.iter().filter_map(|it| self.client(it.client.as_ref()?)).collect();
                context.client = clients.first().cloned().or(context.client.take());
                let lists = ["cw-rmm-list-devices", "cwa-list-computers"];
                if drafts.iter().any(|it| lists.contains(&it.tool.short())) {
                    let kind = drafts[0].arguments.get("type").and_then(Value::as_str);
                    let all = self.directory.devices().iter();
                    let fits = |it: &&Device| {
                        clients.first().is_none_or(|client| &it.client == client)
                            && kind.is_none_or(|kind| it.class.is_server() == (kind == "server"))
                    };
                    context.listed = all.filter(fits).map(|it| it.id.clone()).collect();
                }
                let mut devices: Vec<DeviceId> = drafts
                    .iter()
                    .flat_map(|it| &it.devices)
                    .filter_map(|it| self.device(it))
                    .collect();
                devices.dedup();
                if let Some(first) = devices.first().and_then(|id| self.directory.device(id)) {
                    context.client = Some(first.client.clone());
                    context.devices = devices;
                }
            }
            Proposal::Say(_) | Proposal::Refuse(_) | Proposal::Unsure { .. } => {}
        }
    }

    fn missing(&self, drafts: &[Draft]) -> Option<Question> {
        drafts.iter().enumerate().find_map(|(at, draft)| {
            let tool = self.catalogue.get(&draft.tool)?;
            let name =
                schema::required(&tool.schema).find(|it| !draft.arguments.contains_key(*it))?;
            let schema = schema::property(&tool.schema, name)?.clone();
            let awaits = Awaits::Argument {
                drafts: drafts.to_vec(),
                draft: at,
                name: name.to_owned(),
                schema,
            };
            Some(Question { text: format!("{name}?"), options: Vec::new(), awaits })
        })
    }

    fn client(&self, mention: &ClientMention) -> Option<ClientId> {
        match mention {
            ClientMention::Client(id) => Some(id.clone()),
            ClientMention::Phrase(phrase) => {
                let low = phrase.to_lowercase();
                let mut all = self.directory.clients().iter();
                all.find(|it| it.name.to_lowercase().starts_with(&low)).map(|it| it.id.clone())
            }
        }
    }

    fn device(&self, mention: &Mention) -> Option<DeviceId> {
        match mention {
            Mention::Device(id) => Some(id.clone()),
            Mention::All { .. } | Mention::Lost { .. } => None,
            Mention::Phrase(phrase) => {
                let low = phrase.to_lowercase();
                let words: Vec<&str> = low.split([' ', '\'']).collect();
                let all = self.directory.devices().iter();
                let fits = |it: &&Device| {
                    let user = it.last_user().unwrap_or_default().to_lowercase();
                    let user = user.rsplit('\\').next().unwrap_or_default().to_owned();
                    words.contains(&it.name.to_lowercase().as_str())
                        || !user.is_empty() && words.contains(&user.as_str())
                };
                all.filter(fits).map(|it| it.id.clone()).next()
            }
        }
    }
}

fn show(proposal: &Proposal) -> String {
    match proposal {
        Proposal::Plan(drafts) => show_drafts(drafts),
        Proposal::Ask(question) => {
            let labels: Vec<&str> = question.options.iter().map(|it| it.label.as_str()).collect();
            let what = match &question.awaits {
                Awaits::Option => "option".to_owned(),
                Awaits::Argument { name, .. } => format!("argument {name}"),
                Awaits::Device { drafts, .. } => format!("device for {}", tools(drafts)),
                Awaits::Client { drafts, .. } => format!("client for {}", tools(drafts)),
            };
            match labels.is_empty() {
                true => format!("ask {what}"),
                false => format!("ask {what}: {}", labels.join(" | ")),
            }
        }
        Proposal::Say(speech) => format!("say {}", format!("{speech:?}").to_lowercase()),
        Proposal::Refuse(text) => format!("refuse: {text}"),
        Proposal::Unsure { .. } => "unsure".to_owned(),
    }
}

fn tools(drafts: &[Draft]) -> String {
    drafts.iter().map(|it| it.tool.short()).collect::<Vec<_>>().join(" + ")
}

fn show_drafts(drafts: &[Draft]) -> String {
    drafts.iter().map(show_draft).collect::<Vec<_>>().join(" + ")
}

fn show_draft(draft: &Draft) -> String {
    let mut line = draft.tool.short().to_owned();
    if !draft.devices.is_empty() {
        let names: Vec<String> = draft.devices.iter().map(show_mention).collect();
        let _ = write!(line, " [{}]", names.join(", "));
    }
    match &draft.client {
        Some(ClientMention::Phrase(phrase)) => {
            let _ = write!(line, " @{}", phrase.to_lowercase());
        }
        Some(ClientMention::Client(id)) => {
            let _ = write!(line, " @#{id}");
        }
        None => {}
    }
    if !draft.arguments.is_empty() {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let pairs: Vec<String> =
            draft.arguments.iter().map(|(name, value)| format!("{name}={}", text(value))).collect();
        let _ = write!(line, " {{{}}}", pairs.join(", "));
    }
    if let Some(product) = draft.through {
        let _ = write!(line, " via {}", product.key());
    }
    if let Some(canary) = draft.canary {
        let _ = match canary {
            Canary::Off => write!(line, " canary off"),
            Canary::Whole => write!(line, " canary whole"),
            Canary::Devices(count) => write!(line, " canary {count}"),
        };
    }
    if let Some(mins) = draft.warn_mins {
        let _ = write!(line, " warn {mins}");
    }
    if let Some(when) = &draft.when {
        let _ = write!(line, " at {}", show_when(when));
    }
    line
}

fn show_when(when: &When) -> String {
    match when {
        When::At { day, time } => {
            format!("{} {}", format!("{day:?}").to_lowercase(), time.strftime("%H:%M"))
        }
        When::Exactly { at, .. } => at.to_string(),
        When::In { secs } => format!("in {secs} s"),
        When::Window => "window".to_owned(),
        When::AfterHours => "after hours".to_owned(),
        When::Online => "online".to_owned(),
        When::Every(every) => every.sentence(),
    }
}

fn show_mention(mention: &Mention) -> String {
    match mention {
        Mention::Phrase(phrase) => phrase.to_lowercase(),
        Mention::Device(id) => format!("#{id}"),
        Mention::All { servers: Some(true) } => "all servers".to_owned(),
        Mention::All { servers: Some(false) } => "all workstations".to_owned(),
        Mention::All { servers: None } => "all".to_owned(),
        Mention::Lost { product, except } if except.is_empty() => {
            format!("lost in {}", product.key())
        }
        Mention::Lost { product, except } => {
            format!("lost in {} but {}", product.key(), except.join(" & "))
        }
    }
}
