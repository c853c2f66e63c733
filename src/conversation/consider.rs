//! From a message to what would be done: the part of a turn that changes nothing.
//!
//! The turn and `countersign plan` share it, so what is shown is what would happen.

use crate::bounds::MESSAGE_BYTES_MAX;
use crate::conversation::ground::{Ground, Grounded};
use crate::conversation::{Context, LastCall, Question, Rollout};
use crate::directory::{Directory, Person};
use crate::plan::{Call, Plan};
use crate::planner::answer::{self, Answered};
use crate::planner::{Ask, Draft, Mention, Planner, Proposal, Speech};
use crate::policy::{Bound, Case, Rule, Ruling, Verdict, decide, decide_policy};
use crate::ports::PolicyTable;
use crate::schedule::Calendar;
use crate::tool::{Catalogue, Effect, ToolName, ticket_tool};
use crate::words;

/// Longest wording of a request that is kept, in characters.
const ASKED_MAX: usize = 500;

/// What a message comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Considered {
    /// Every call has its ruling, and none is Stop.
    Plan {
        plan: Plan,
        rulings: Vec<Ruling>,
    },
    /// At least one call is stopped, so nothing of the plan happens.
    Stopped {
        plan: Plan,
        rulings: Vec<Ruling>,
        reason: String,
    },
    Ask(Question),
    Say(Speech),
    /// A finished sentence.
    Tell(String),
    Refuse(String),
    Unsure {
        suggestions: Vec<String>,
    },
}

/// Everything a message is considered against; fetched once per turn.
pub struct Considering<'a> {
    pub planner: &'a dyn Planner,
    pub catalogue: &'a Catalogue,
    pub directory: &'a Directory,
    pub table: &'a PolicyTable,
    pub rules: &'a [Rule],
    pub calendars: &'a [Calendar],
    pub rollout: Option<Rollout>,
    pub person: &'a Person,
    pub bound_to: Option<&'a Bound>,
    pub now: jiff::Timestamp,
}

impl Considering<'_> {
    /// Considers `text`; `context` becomes what the conversation remembers afterwards.
    pub async fn text(&self, text: &str, context: &mut Context) -> Considered {
        let text = text.trim();
        if text.is_empty() {
            return Considered::Tell(
                "I got an empty message. Write “help” to see what I can do.".into(),
            );
        }
        if text.len() > MESSAGE_BYTES_MAX {
            return Considered::Tell(format!(
                "That message is too long for a request (over {} KB), so I did nothing. Please put it in a sentence.",
                MESSAGE_BYTES_MAX / 1024
            ));
        }
        // The answer to a question belongs to the request that led to it.
        let asked = match &context.question {
            Some(_) => format!("{} / {text}", context.asked),
            None => text.to_owned(),
        };
        context.asked = words::cut(&asked, ASKED_MAX);
        let ask = Ask {
            text,
            context,
            catalogue: self.catalogue,
            directory: self.directory,
            person: self.person,
            now: self.now,
        };
        if let Some(question) = &context.question {
            match answer::answer(text, question, &ask) {
                Answered::Drafts(drafts) => return self.drafts(drafts, context),
                Answered::Again(why) => {
                    let mut question = question.clone();
                    question.text = why;
                    return self.ask(question, context);
                }
                Answered::Cancelled => {
                    context.question = None;
                    return Considered::Say(Speech::Cancel);
                }
                Answered::NotAnAnswer => {}
            }
        }
        let proposal = self.planner.propose(&ask).await;
        context.question = None;
        match proposal {
            Proposal::Plan(drafts) => self.drafts(drafts, context),
            Proposal::Ask(question) => self.ask(question, context),
            Proposal::Say(speech) => Considered::Say(speech),
            Proposal::Refuse(text) => Considered::Refuse(text),
            Proposal::Unsure { suggestions } => Considered::Unsure { suggestions },
        }
    }

    /// Considers drafts: those of a planner, or of an option that was picked.
    pub fn drafts(&self, mut drafts: Vec<Draft>, context: &mut Context) -> Considered {
        context.question = None;
        self.add_paper_trail(&mut drafts);
        let ground = Ground {
            catalogue: self.catalogue,
            directory: self.directory,
            context,
            calendars: self.calendars,
            rollout: self.rollout,
            now: self.now,
        };
        match ground.calls(&drafts) {
            Grounded::Ask(question) => self.ask(question, context),
            Grounded::No(text) => Considered::Refuse(text),
            Grounded::Calls(calls) => {
                remember(&calls, context);
                self.rule(calls, &context.asked)
            }
        }
    }

    pub(super) fn ask(&self, question: Question, context: &mut Context) -> Considered {
        context.questions_asked = context.questions_asked.wrapping_add(1);
        context.question = Some(question.clone());
        Considered::Ask(question)
    }

    pub(super) fn rule(&self, calls: Vec<Call>, asked: &str) -> Considered {
        let rulings: Vec<Ruling> = calls.iter().map(|call| self.ruling(call, asked)).collect();
        let plan = Plan { calls, policy: crate::policy::decide::stamp(&rulings) };
        let stopped =
            plan.calls.iter().zip(&rulings).find(|(_, ruling)| ruling.verdict == Verdict::Stop);
        match stopped {
            Some((call, ruling)) => {
                let reason = format!("{}: {}", call.sentence(), ruling.reason);
                Considered::Stopped { plan, rulings, reason }
            }
            None => Considered::Plan { plan, rulings },
        }
    }

    /// What policy says of `call` right now; `asked` is what the person wrote.
    pub fn ruling(&self, call: &Call, asked: &str) -> Ruling {
        let own = decide(&self.case(call, asked));
        let Some(meant) = &call.instead_of else { return own };
        // Going another way by itself must not make it easier: the stricter of both policies counts.
        let tool = self.catalogue.get(meant);
        let meant = Call {
            tool: meant.clone(),
            title: tool.map_or_else(|| call.title.clone(), |it| it.title.clone()),
            product: tool.map_or(call.product, |it| it.product),
            script: tool.and_then(|it| it.script.clone()),
            ..call.clone()
        };
        own.stricter(decide_policy(&self.case(&meant, asked)))
    }

    /// Everything that has a say in `call`.
    pub fn case<'a>(&'a self, call: &'a Call, asked: &'a str) -> Case<'a> {
        Case {
            call,
            tool: self.catalogue.get(&call.tool),
            set: self.table.set.get(&call.tool),
            rules: self.rules,
            halts: &self.table.halts,
            person: self.person,
            bound_to: self.bound_to,
            directory: self.directory,
            calendars: self.calendars,
            asked,
            // Rules about hours mean the hour in which it runs.
            now: call.start.as_ref().map_or(self.now, |start| start.at.max(self.now)),
        }
    }

    /// A rule may want a ticket behind every write it matches; one ticket per plan is enough.
    fn add_paper_trail(&self, drafts: &mut Vec<Draft>) {
        let is_ticket = |draft: &Draft| {
            self.catalogue.get(&draft.tool).is_some_and(crate::tool::Tool::is_ticket)
        };
        if drafts.iter().any(is_ticket) {
            return;
        }
        let wants = |draft: &&Draft| {
            let Some(tool) = self.catalogue.get(&draft.tool) else { return false };
            let matches = |rule: &&Rule| rule.ticket && rule.concerns(&tool.name);
            tool.effect == Effect::Write && self.rules.iter().any(|rule| matches(&rule))
        };
        let Some(draft) = drafts.iter().find(wants) else { return };
        let Some(tool) = self.catalogue.get(&draft.tool) else { return };
        let Some(name) = ticket_tool(tool.product).map(ToolName::new) else { return };
        // A ticket is about one device; a call on several gets one about the client.
        let mut ticket = Draft::new(name);
        if let [one @ (Mention::Phrase(_) | Mention::Device(_))] = draft.devices.as_slice() {
            ticket.devices = vec![one.clone()];
        }
        ticket.client = draft.client.clone();
        ticket.when = draft.when.clone();
        drafts.push(ticket);
    }
}

/// What later messages may refer to.
fn remember(calls: &[Call], context: &mut Context) {
    let devices: Vec<_> =
        calls.iter().flat_map(|call| &call.targets).map(|target| target.device.clone()).collect();
    if !devices.is_empty() {
        context.devices.clear();
        for device in devices {
            if !context.devices.contains(&device) {
                context.devices.push(device);
            }
        }
        context.devices.truncate(crate::bounds::DEVICES_PER_CALL_MAX);
    }
    let named =
        calls.iter().find_map(|call| call.client.as_ref().map(|client| client.client.clone()));
    let only =
        calls.iter().find_map(|call| call.targets.first().map(|target| target.client.clone()));
    if let Some(client) = named.or(only) {
        context.client = Some(client);
    }
    context.calls = calls
        .iter()
        .map(|call| LastCall { tool: call.tool.clone(), arguments: call.arguments.clone() })
        .collect();
}
