//! One event of a conversation, from the inbox to the replies it causes, committed as one change.

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use tracing::{info, warn};

use crate::approval::{Approval, Entitled, Event, Refusal, State as ApprovalState};
use crate::audit::NewEntry;
use crate::bounds::{CALLS_PER_PLAN_MAX, ROWS_SHOWN_MAX};
use crate::conversation::cards::{self, PlanView};
use crate::conversation::command::{self, Command};
use crate::conversation::consider::{Considered, Considering};
use crate::conversation::{Body, Context, Engine, speech};
use crate::directory::{Person, Product};
use crate::ids::{ApprovalId, ClientId, ConversationId, DeviceId, RequestId, RunId};
use crate::mask::mask;
use crate::plan::{Call, Plan};
use crate::planner::{ClientMention, Draft, Mention, Speech};
use crate::policy::{Ruling, Verdict};
use crate::ports::{
    Answer, ApprovalFilter, CallError, Change, Claimed, InboxItem, RunFilter, StoreError, Write,
};
use crate::reply::{Action, Block, Message, Tone};
use crate::run::{Authority, Marker, Run, State as RunState, Trace};
use crate::words;

/// Longest reason of a denial that is kept.
const REASON_MAX: usize = 500;

/// From this age on the directory's age is told. Syncs run every few minutes, so it means that they fail.
const DIRECTORY_OLD: SignedDuration = SignedDuration::from_hours(6);

/// The actor of what the bot does by itself.
pub const BOT: &str = "countersign";

impl Engine {
    /// Handles the events of a claimed conversation, one after the other. An event that was handled by
    /// somebody else in the meantime is left to them.
    pub async fn handle(&self, claimed: Claimed) -> Result<(), StoreError> {
        let mut turn = Turn {
            engine: self,
            conversation: claimed.id.clone(),
            platform_channel: (claimed.thread.platform, claimed.thread.channel.clone()),
            context: claimed.context,
            version: claimed.version,
            change: Change::default(),
        };
        for item in &claimed.events {
            turn.event(item).await?;
        }
        Ok(())
    }

    /// Marks an event as done that cannot be handled (it broke the turn), and says so. Nothing of it runs.
    pub async fn give_up(&self, claimed: &Claimed) -> Result<(), StoreError> {
        let Some(item) = claimed.events.first() else { return Ok(()) };
        let now = self.now();
        let text = "Something in that message broke me, so I did nothing with it. The log says what; an admin can look.";
        let change = Change {
            writes: vec![
                Write::InboxDone(item.id),
                Write::Post {
                    conversation: claimed.id.clone(),
                    message: Message::text(text),
                    at: now,
                },
            ],
            audit: vec![NewEntry {
                at: now,
                actor: BOT.into(),
                kind: "gave_up",
                subject: json!({ "conversation": claimed.id, "event": item.inbound.event_id }),
                text: "an event could not be handled".into(),
                client: None,
            }],
        };
        self.store().commit(change).await.map(|_| ())
    }
}

struct Turn<'a> {
    engine: &'a Engine,
    conversation: ConversationId,
    platform_channel: (crate::directory::Platform, String),
    context: Context,
    version: i64,
    change: Change,
}

impl Turn<'_> {
    async fn event(&mut self, item: &InboxItem) -> Result<(), StoreError> {
        let now = self.engine.now();
        let before = self.context.clone();
        self.change = Change::default();
        self.change.writes.push(Write::InboxDone(item.id));

        let person = self
            .engine
            .people()
            .of(&item.inbound.account)
            .filter(|person| !person.roles.is_empty());
        match (person, &item.inbound.body) {
            (None, _) => self.stranger(item, now),
            (Some(person), Body::Text(text)) => self.text(person, text, now).await?,
            (Some(person), Body::Click(action)) => self.click(person, action, now).await?,
        }

        self.change.writes.push(Write::Context {
            conversation: self.conversation.clone(),
            context: self.context.clone(),
            seen: self.version,
        });
        match self.engine.store().commit(std::mem::take(&mut self.change)).await {
            Ok(_) => {
                self.version += 1;
                Ok(())
            }
            Err(error) => {
                self.context = before;
                Err(error)
            }
        }
    }

    fn stranger(&mut self, item: &InboxItem, now: Timestamp) {
        let account = &item.inbound.account;
        warn!(platform = account.platform.key(), account = %account.id, "a message came from an account of nobody known");
        self.post(
            Message::text(format!(
                "I do not know this account ({} {}), so I do nothing for it. An admin can add it under [[people]].",
                account.platform.key(),
                words::cut(&account.id, 60)
            )),
            now,
        );
        self.audit(
            now,
            BOT,
            "stranger",
            json!({ "platform": account.platform.key(), "account": account.id }),
            "a message of an unknown account was turned away",
            None,
        );
    }

    // --- text

    async fn text(
        &mut self,
        person: &Person,
        text: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if let Some(command) = command::parse(text) {
            return self.command(person, command, now).await;
        }
        self.with_considering(person, now, Input::Text(text)).await
    }

    async fn with_considering(
        &mut self,
        person: &Person,
        now: Timestamp,
        input: Input<'_>,
    ) -> Result<(), StoreError> {
        let table = self.engine.store().policies().await?;
        let (directory, catalogue) = (self.engine.directory(), self.engine.catalogue());
        let bound_to = self.engine.bound(self.platform_channel.0, &self.platform_channel.1);
        // In a bound channel no earlier message moves the talk to another client.
        if let Some(bound) = &bound_to {
            self.context.client.clone_from(&bound.client);
        }
        let considering = Considering {
            planner: self.engine.planner(),
            catalogue: &catalogue,
            directory: &directory,
            table: &table,
            rules: self.engine.rules(),
            person,
            bound_to: bound_to.as_ref(),
            now,
        };
        let (considered, asked) = match input {
            Input::Text(text) => {
                // The answer to a question belongs to the request that led to it.
                let asked = match &self.context.question {
                    Some(_) => format!("{} / {text}", self.context.asked),
                    None => text.trim().to_owned(),
                };
                (considering.text(text, &mut self.context).await, words::cut(&asked, 500))
            }
            Input::Drafts(drafts) => {
                let considered = considering.drafts(drafts, &mut self.context);
                (considered, self.context.asked.clone())
            }
        };
        self.context.asked.clone_from(&asked);
        self.react(person, considered, &asked, now).await
    }

    async fn react(
        &mut self,
        person: &Person,
        considered: Considered,
        asked: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match considered {
            Considered::Plan { plan, rulings } => {
                self.plan(person, plan, rulings, asked, now).await?
            }
            Considered::Stopped { plan, rulings, reason } => {
                let request = self.request(person, asked, now);
                self.audit_verdicts(&request, &plan, &rulings, now);
                self.post(speech::stopped(&plan.calls, &reason), now);
            }
            Considered::Ask(question) => {
                let message = speech::question(&question, self.context.questions_asked);
                self.post(self.with_age(message, now), now);
            }
            Considered::Say(speech) => self.say(person, speech, now).await?,
            Considered::Tell(text) | Considered::Refuse(text) => {
                self.post(Message::text(text), now)
            }
            Considered::Unsure { suggestions } => {
                self.post(self.with_age(speech::unsure(&suggestions), now), now);
            }
        }
        Ok(())
    }

    /// Who is asked back should know when the list of devices is empty yet, or old.
    fn with_age(&self, mut message: Message, now: Timestamp) -> Message {
        if self.engine.providers().is_empty() {
            return message;
        }
        let note = match self.engine.directory().synced_at {
            None => "I am still reading the list of devices for the first time, so I may not know \
                     yours yet."
                .to_owned(),
            Some(at) if now.duration_since(at) > DIRECTORY_OLD => {
                let age = words::span(now.as_second() - at.as_second());
                format!("My list of devices is {age} old; something newer may be missing.")
            }
            Some(_) => return message,
        };
        message.blocks.push(Block::Note(note));
        message
    }

    async fn say(
        &mut self,
        person: &Person,
        speech: Speech,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let catalogue = self.engine.catalogue();
        let message = match speech {
            Speech::Help | Speech::AboutMe => {
                let examples = crate::planner::examples(&catalogue, person);
                speech::help(person, &catalogue, &examples)
            }
            Speech::Hello => Message::text(format!(
                "Hello {}. What do you need? “help” shows what I can do.",
                person.name
            )),
            Speech::Thanks => Message::text("You are welcome."),
            Speech::Cancel => Message::text("All right, dropped. Nothing was done."),
            Speech::Status => {
                let filter = ApprovalFilter {
                    state: Some("waiting"),
                    limit: 20,
                    ..ApprovalFilter::default()
                };
                let waiting = self.engine.store().approvals(&filter).await?;
                let filter = RunFilter { unfinished_only: true, limit: 20, ..RunFilter::default() };
                let running = self.engine.store().runs(&filter).await?;
                speech::status(&waiting, &running, self.engine.people())
            }
        };
        self.post(message, now);
        Ok(())
    }

    // --- plans

    fn request(&mut self, person: &Person, asked: &str, now: Timestamp) -> RequestId {
        let id = RequestId::fresh();
        self.change.writes.push(Write::Request {
            id: id.clone(),
            conversation: self.conversation.clone(),
            person: person.id.clone(),
            text: mask(asked),
            at: now,
        });
        let subject = json!({ "request": id, "conversation": self.conversation });
        self.audit(now, person.id.as_str(), "request", subject, &mask(asked), None);
        id
    }

    async fn plan(
        &mut self,
        person: &Person,
        plan: Plan,
        rulings: Vec<Ruling>,
        asked: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let request = self.request(person, asked, now);
        self.audit_verdicts(&request, &plan, &rulings, now);

        let reads_now =
            |(call, ruling): &(Call, Ruling)| !call.is_write() && ruling.verdict == Verdict::Run;
        let pairs: Vec<(Call, Ruling)> = plan.calls.into_iter().zip(rulings).collect();
        let (reads, gated): (Vec<_>, Vec<_>) = pairs.into_iter().partition(reads_now);
        if !reads.is_empty() {
            let calls: Vec<Call> = reads.into_iter().map(|(call, _)| call).collect();
            self.read(&request, person, &calls, now).await;
        }
        if gated.is_empty() {
            return Ok(());
        }
        let (calls, rulings): (Vec<Call>, Vec<Ruling>) = gated.into_iter().unzip();
        if rulings.iter().any(|ruling| ruling.verdict == Verdict::Ask) {
            let plan = Plan { calls, policy: crate::policy::decide::stamp(&rulings) };
            self.ask_approval(&request, person, plan, &rulings, asked, now).await
        } else {
            self.start_at_once(&request, person, calls, &rulings, asked, now);
            Ok(())
        }
    }

    async fn read(&mut self, request: &RequestId, person: &Person, calls: &[Call], now: Timestamp) {
        let answers = join_all(calls.iter().map(|call| self.engine.read(call))).await;
        let mut listed: Vec<DeviceId> = Vec::new();
        for (call, answer) in calls.iter().zip(answers) {
            let subject = json!({ "request": request, "tool": call.tool, "digest": call.digest() });
            let client = client_of(call);
            match answer {
                Ok(Answer { summary, blocks, listed: ids, .. }) => {
                    self.audit(now, person.id.as_str(), "read", subject, &call.sentence(), client);
                    listed.extend(self.devices(call.product, &ids));
                    self.post(masked(answered(summary, blocks)), now);
                }
                Err(error) => {
                    warn!(tool = %call.tool, error = %error, "a read call failed");
                    let text = format!("{} failed: {error}", call.sentence());
                    self.audit(
                        now,
                        person.id.as_str(),
                        "read_failed",
                        subject,
                        &mask(&text),
                        client,
                    );
                    self.post(failed(call, &error), now);
                }
            }
        }
        if !listed.is_empty() {
            listed.truncate(ROWS_SHOWN_MAX);
            self.context.listed = listed;
        }
    }

    /// Our devices behind a product's ids.
    fn devices(&self, product: Product, ids: &[String]) -> Vec<DeviceId> {
        let directory = self.engine.directory();
        ids.iter()
            .take(ROWS_SHOWN_MAX)
            .filter_map(|id| directory.device_behind(product, id).map(|device| device.id.clone()))
            .collect()
    }

    async fn ask_approval(
        &mut self,
        request: &RequestId,
        person: &Person,
        plan: Plan,
        rulings: &[Ruling],
        asked: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let digest = plan.digest();
        let filter = ApprovalFilter {
            state: Some("waiting"),
            conversation: Some(self.conversation.clone()),
            limit: 100,
            ..ApprovalFilter::default()
        };
        let waiting = self.engine.store().approvals(&filter).await?;
        if let Some(same) = waiting.iter().find(|it| it.digest == digest && it.expires_at > now) {
            let until = words::at_briefly(same.expires_at, now);
            let text = format!(
                "The same request already waits for approval (code {}, until {until}); I did not ask twice.",
                same.code
            );
            self.post(Message::text(text), now);
            return Ok(());
        }
        let terms = Terms::of(rulings);
        let approval = Approval {
            id: ApprovalId::fresh(),
            code: String::new(),
            request: request.clone(),
            conversation: self.conversation.clone(),
            requester: person.id.clone(),
            digest,
            plan,
            reason: terms.reason,
            quorum: terms.quorum,
            approvers: terms.approvers,
            asked: asked.to_owned(),
            decisions: Vec::new(),
            asked_at: now,
            expires_at: now + jiff::SignedDuration::from_mins(terms.expires_mins.into()),
            state: ApprovalState::Waiting,
            version: 1,
        };
        let approval = Approval { code: command::code_of(approval.id.as_str()), ..approval };
        let able = self
            .engine
            .people()
            .iter()
            .filter(|it| self.engine.could_decide(it, &approval))
            .count();
        if able < usize::from(approval.quorum.needed) {
            let text = format!(
                "{} needs {} to approve it, and {} could, so nothing runs. An admin can give somebody the role approver.",
                approval.plan.calls.first().map(Call::sentence).unwrap_or_default(),
                if approval.quorum.needed == 1 {
                    "one person".to_owned()
                } else {
                    format!("{} people", approval.quorum.needed)
                },
                if able == 0 { "nobody".to_owned() } else { format!("only {able}") },
            );
            self.post(Message::text(text), now);
            return Ok(());
        }
        let subject =
            json!({ "approval": approval.id, "request": request, "plan": approval.digest });
        let text = format!("asked for approval: {}", sentences(&approval.plan.calls));
        self.audit(
            now,
            BOT,
            "approval_asked",
            subject,
            &mask(&text),
            approval.plan.calls.first().and_then(client_of),
        );
        info!(request.id = %request, approval.id = %approval.id, "approval asked: {}", sentences(&approval.plan.calls));
        self.post(self.engine.plan_card(&approval, &[], now), now);
        self.change.writes.push(Write::ApprovalNew(Box::new(approval)));
        Ok(())
    }

    fn start_at_once(
        &mut self,
        request: &RequestId,
        person: &Person,
        calls: Vec<Call>,
        rulings: &[Ruling],
        asked: &str,
        now: Timestamp,
    ) {
        let reason = rulings.first().map(|ruling| ruling.reason.clone()).unwrap_or_default();
        let seed = RunSeed {
            request: request.clone(),
            conversation: self.conversation.clone(),
            requester: person.id.clone(),
            authority: Authority::Auto { reason: reason.clone(), asked: asked.to_owned() },
        };
        let Some(run) = seed.first_run(&calls, now) else { return };
        let view = PlanView {
            request,
            requester: &person.id,
            asked,
            calls: &calls,
            approval: None,
            reason: &reason,
            runs: std::slice::from_ref(&run),
            people: self.engine.people(),
            now,
        };
        self.post(view.card(), now);
        self.audit_grant(&run, now);
        self.change.writes.push(Write::RunNew(Box::new(run)));
    }

    // --- decisions

    async fn command(
        &mut self,
        person: &Person,
        command: Command,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let code = match &command {
            Command::Approve { code } | Command::Deny { code, .. } | Command::Withdraw { code } => {
                code
            }
        };
        let Some(approval) = self.engine.store().approval_by_code(code).await? else {
            let text = format!(
                "Nothing waits for approval with the code {code}; it may be decided or expired already."
            );
            self.post(Message::text(text).only_for(&person.id), now);
            return Ok(());
        };
        let entitled = self.engine.entitled(person, &approval);
        let event = match command {
            // Who types the code has the card with this code in front of them; its plan never changes.
            Command::Approve { .. } => {
                Event::Approve { by: person.id.clone(), seen: approval.digest.clone(), entitled }
            }
            Command::Deny { reason, .. } => Event::Deny { by: person.id.clone(), entitled, reason },
            Command::Withdraw { .. } => Event::Withdraw { by: person.id.clone() },
        };
        self.decide(person, approval, event, now);
        Ok(())
    }

    async fn click(
        &mut self,
        person: &Person,
        action: &Action,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match action {
            Action::Say { text } => self.text(person, text, now).await,
            Action::Pick { question, option } => self.pick(person, *question, *option, now).await,
            Action::Approve { approval, .. }
            | Action::Deny { approval, .. }
            | Action::Edit { approval, .. }
            | Action::Withdraw { approval } => {
                let Some(approval) = self.engine.store().approval(approval).await? else {
                    let text =
                        "I do not know that approval; the card may be from another installation.";
                    self.post(Message::text(text).only_for(&person.id), now);
                    return Ok(());
                };
                let (by, entitled) = (person.id.clone(), self.engine.entitled(person, &approval));
                let event = match action {
                    Action::Edit { step, arguments, .. } => {
                        return self.edit(person, approval, *step, arguments, now).await;
                    }
                    Action::Approve { seen, .. } => {
                        Event::Approve { by, seen: seen.clone(), entitled }
                    }
                    Action::Deny { reason, .. } => {
                        let reason =
                            reason.as_ref().map(|reason| words::cut(reason.trim(), REASON_MAX));
                        Event::Deny {
                            by,
                            entitled,
                            reason: reason.filter(|reason| !reason.is_empty()),
                        }
                    }
                    Action::Withdraw { .. } | Action::Pick { .. } | Action::Say { .. } => {
                        Event::Withdraw { by }
                    }
                };
                self.decide(person, approval, event, now);
                Ok(())
            }
        }
    }

    /// The same plan with other arguments, asked anew in the name of whoever edited it: so nobody approves
    /// their own edit, and both versions are kept.
    async fn edit(
        &mut self,
        person: &Person,
        approval: Approval,
        step: u32,
        arguments: &Map<String, Value>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let is_waiting =
            matches!(approval.state, ApprovalState::Waiting) && approval.expires_at > now;
        let may = person.id == approval.requester
            || self.engine.entitled(person, &approval) == Entitled::Yes;
        let mut drafts: Vec<Draft> = approval.plan.calls.iter().map(draft_of).collect();
        let index = usize::try_from(step).unwrap_or(usize::MAX);
        let text = match drafts.get(index) {
            _ if !is_waiting => {
                Some("This is decided already, so there is nothing to edit. Ask again instead.")
            }
            _ if !may => {
                Some("Only the person who asked, or somebody who may approve, can edit this.")
            }
            None => Some("The plan has no such step."),
            Some(draft) if &draft.arguments == arguments => Some("Nothing was changed."),
            Some(_) => None,
        };
        if let Some(text) = text {
            self.post(Message::text(text).only_for(&person.id), now);
            return Ok(());
        }
        let old = cards::arguments(&drafts[index].arguments);
        drafts[index].arguments.clone_from(arguments);
        let difference =
            format!("{} edited it: {old} became {}", person.name, cards::arguments(arguments));
        let subject = json!({ "approval": approval.id, "request": approval.request, "plan": approval.digest });
        let client = approval.plan.calls.first().and_then(client_of);
        self.audit(now, person.id.as_str(), "edited", subject, &mask(&difference), client);
        if let Ok(voided) = approval.next(Event::Drift { difference }, now) {
            self.change.writes.push(Write::Post {
                conversation: voided.conversation.clone(),
                message: self.engine.plan_card(&voided, &[], now),
                at: now,
            });
            self.change.writes.push(Write::ApprovalAdvance(Box::new(voided)));
        }
        self.context.asked.clone_from(&approval.asked);
        self.with_considering(person, now, Input::Drafts(drafts)).await
    }

    async fn pick(
        &mut self,
        person: &Person,
        question: u32,
        option: u32,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let is_current = question == self.context.questions_asked;
        let asked = self.context.question.as_ref().filter(|_| is_current);
        let picked = asked
            .and_then(|it| it.options.get(usize::try_from(option).ok()?))
            .map(|it| it.drafts.clone());
        let Some(drafts) = picked else {
            let text = "That question was answered already, so this click did nothing. Ask again if you still need it.";
            self.post(Message::text(text).only_for(&person.id), now);
            return Ok(());
        };
        self.with_considering(person, now, Input::Drafts(drafts)).await
    }

    fn decide(&mut self, person: &Person, approval: Approval, event: Event, now: Timestamp) {
        let kind = match &event {
            Event::Approve { .. } => "approve",
            Event::Deny { .. } => "deny",
            Event::Withdraw { .. } => "withdraw",
            Event::Tick | Event::Drift { .. } => "tick",
        };
        let subject = json!({ "approval": approval.id, "request": approval.request, "plan": approval.digest });
        let client = approval.plan.calls.first().and_then(client_of);
        let next = match approval.next(event, now) {
            Ok(next) => next,
            Err(refusal) => {
                let text = format!("{kind} refused: {refusal}");
                self.audit(now, person.id.as_str(), "decision_refused", subject, &text, client);
                self.post(refused(&refusal).only_for(&person.id), now);
                return;
            }
        };
        let text = format!("{}: {}", decided(&next, kind), sentences(&next.plan.calls));
        info!(approval.id = %next.id, person = %person.id, "{text}");
        self.audit(now, person.id.as_str(), "decision", subject, &mask(&text), client);
        if matches!(next.state, ApprovalState::Expired { .. }) {
            let text =
                "This expired before you clicked, so nothing was decided. It can be asked again.";
            self.post(Message::text(text).only_for(&person.id), now);
        }
        let run = match next.state {
            ApprovalState::Approved { .. } => RunSeed::of(&next).first_run(&next.plan.calls, now),
            _ => None,
        };
        let runs: Vec<Run> = run.into_iter().collect();
        // The card is where it was asked, which may be another thread than the click came from.
        self.change.writes.push(Write::Post {
            conversation: next.conversation.clone(),
            message: self.engine.plan_card(&next, &runs, now),
            at: now,
        });
        if next.conversation != self.conversation {
            let text = format!("{}: {}", decided(&next, kind), sentences(&next.plan.calls));
            self.post(Message::text(text), now);
        }
        for run in runs {
            self.audit_grant(&run, now);
            self.change.writes.push(Write::RunNew(Box::new(run)));
        }
        self.change.writes.push(Write::ApprovalAdvance(Box::new(next)));
    }

    // --- writing down

    fn post(&mut self, message: Message, at: Timestamp) {
        self.change.writes.push(Write::Post {
            conversation: self.conversation.clone(),
            message,
            at,
        });
    }

    fn audit_verdicts(
        &mut self,
        request: &RequestId,
        plan: &Plan,
        rulings: &[Ruling],
        now: Timestamp,
    ) {
        for (call, ruling) in plan.calls.iter().zip(rulings).take(CALLS_PER_PLAN_MAX) {
            let verdict = match ruling.verdict {
                Verdict::Run => "run",
                Verdict::Ask => "ask",
                Verdict::Stop => "stop",
            };
            let subject = json!({ "request": request, "tool": call.tool, "digest": call.digest(), "verdict": verdict });
            let text = format!("{verdict}: {} ({})", call.sentence(), ruling.reason);
            self.audit(now, BOT, "verdict", subject, &mask(&text), client_of(call));
        }
    }

    fn audit_grant(&mut self, run: &Run, now: Timestamp) {
        let entry = grant_entry(run, now);
        self.change.audit.push(entry);
    }

    fn audit(
        &mut self,
        at: Timestamp,
        actor: &str,
        kind: &'static str,
        subject: serde_json::Value,
        text: &str,
        client: Option<ClientId>,
    ) {
        self.change.audit.push(NewEntry {
            at,
            actor: actor.to_owned(),
            kind,
            subject,
            text: words::cut(text, 2_000),
            client: client.map(|client| client.to_string()),
        });
    }
}

/// A call as it was proposed, with its devices already known.
fn draft_of(call: &Call) -> Draft {
    Draft {
        tool: call.tool.clone(),
        arguments: call.arguments.clone(),
        devices: call.targets.iter().map(|target| Mention::Device(target.device.clone())).collect(),
        client: call.client.as_ref().map(|client| ClientMention::Client(client.client.clone())),
    }
}

enum Input<'a> {
    Text(&'a str),
    Drafts(Vec<Draft>),
}

/// The terms of one approval over several rulings: the strictest of each.
struct Terms {
    reason: String,
    quorum: crate::approval::Quorum,
    approvers: Vec<String>,
    expires_mins: u32,
}

impl Terms {
    fn of(rulings: &[Ruling]) -> Self {
        let asking: Vec<&Ruling> =
            rulings.iter().filter(|ruling| ruling.verdict == Verdict::Ask).collect();
        Self {
            reason: asking.first().map(|ruling| ruling.reason.clone()).unwrap_or_default(),
            quorum: crate::approval::Quorum {
                needed: asking.iter().map(|ruling| ruling.quorum.needed).max().unwrap_or(1),
                self_approval: !asking.is_empty()
                    && asking.iter().all(|ruling| ruling.quorum.self_approval),
            },
            approvers: asking
                .iter()
                .find(|it| !it.approvers.is_empty())
                .map(|it| it.approvers.clone())
                .unwrap_or_default(),
            expires_mins: asking.iter().map(|ruling| ruling.expires_mins).min().unwrap_or(1),
        }
    }
}

/// What every run of a plan shares.
pub(crate) struct RunSeed {
    pub(crate) request: RequestId,
    pub(crate) conversation: ConversationId,
    pub(crate) requester: crate::ids::PersonId,
    pub(crate) authority: Authority,
}

impl RunSeed {
    pub(crate) fn of(approval: &Approval) -> Self {
        Self {
            request: approval.request.clone(),
            conversation: approval.conversation.clone(),
            requester: approval.requester.clone(),
            authority: Authority::Approval {
                id: approval.id.clone(),
                plan: approval.digest.clone(),
            },
        }
    }

    fn first_run(self, calls: &[Call], now: Timestamp) -> Option<Run> {
        let (call, rest) = calls.split_first()?;
        Some(self.run(0, call.clone(), rest.to_vec(), Vec::new(), now))
    }

    pub(crate) fn run(
        self,
        step: u32,
        call: Call,
        rest: Vec<Call>,
        facts: Vec<String>,
        now: Timestamp,
    ) -> Run {
        let id = RunId::fresh();
        Run {
            marker: Marker::of(&id),
            card: cards::key(&self.request),
            request: self.request,
            conversation: self.conversation,
            requester: self.requester,
            authority: self.authority,
            step,
            rest,
            digest: call.digest(),
            call,
            facts,
            state: RunState::Granted,
            trace: Trace::default(),
            created_at: now,
            due_at: Some(now),
            version: 1,
            id,
        }
    }
}

pub(crate) fn grant_entry(run: &Run, now: Timestamp) -> NewEntry {
    let by = match &run.authority {
        Authority::Approval { id, .. } => format!("approval {id}"),
        Authority::Auto { reason, .. } => reason.clone(),
    };
    NewEntry {
        at: now,
        actor: BOT.into(),
        kind: "granted",
        subject: json!({ "run": run.id, "request": run.request, "step": run.step, "digest": run.digest, "marker": run.marker }),
        text: mask(&format!("granted by {by}: {}", run.call.sentence())),
        client: client_of(&run.call).map(|client| client.to_string()),
    }
}

/// The client that a call concerns, for exports; `None` for tenant-wide ones.
pub(crate) fn client_of(call: &Call) -> Option<ClientId> {
    let target = call.targets.first().map(|target| target.client.clone());
    target.or_else(|| call.client.as_ref().map(|client| client.client.clone()))
}

fn sentences(calls: &[Call]) -> String {
    words::list(&calls.iter().map(Call::sentence).collect::<Vec<_>>())
}

fn decided(next: &Approval, kind: &str) -> &'static str {
    match (&next.state, kind) {
        (ApprovalState::Waiting, _) => "one approval given, more are needed",
        (ApprovalState::Approved { .. }, _) => "approved",
        (ApprovalState::Denied { .. }, _) => "denied",
        (ApprovalState::Expired { .. }, _) => "expired",
        (ApprovalState::Withdrawn { .. }, _) => "withdrawn",
        (ApprovalState::Voided { .. }, _) => "voided",
    }
}

fn refused(refusal: &Refusal) -> Message {
    let text = refusal.to_string();
    let mut letters = text.chars();
    let text: String = letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default();
    Message::text(format!("{text}."))
}

/// Every answer begins with its summary, which names the device or client.
pub(crate) fn answered(summary: String, mut blocks: Vec<Block>) -> Message {
    if !matches!(blocks.first(), Some(Block::Text(text)) if text == &summary) {
        blocks.insert(0, Block::Text(summary.clone()));
    }
    Message::of(summary, blocks)
}

fn failed(call: &Call, error: &CallError) -> Message {
    let title = format!("Could not read: {}", call.sentence());
    Message::of(
        title.clone(),
        vec![Block::Title { text: title, tone: Tone::Bad }, Block::Text(mask(&error.for_person()))],
    )
}

/// Outside text in an answer may hold secrets.
fn masked(mut message: Message) -> Message {
    for block in &mut message.blocks {
        match block {
            Block::Text(text) | Block::Note(text) | Block::Code { text, .. } => *text = mask(text),
            Block::Fields(fields) => {
                fields.iter_mut().for_each(|field| field.value = mask(&field.value))
            }
            Block::Table { rows, .. } => {
                rows.iter_mut().flatten().for_each(|cell| *cell = mask(cell))
            }
            Block::Title { .. }
            | Block::Progress { .. }
            | Block::Meter { .. }
            | Block::Link { .. }
            | Block::Buttons(_)
            | Block::Choices { .. } => {}
        }
    }
    message
}

impl Engine {
    /// Whether `person` holds a role that decides `approval`, and is among those its rule names.
    pub(crate) fn entitled(&self, person: &Person, approval: &Approval) -> Entitled {
        let named = approval.approvers.is_empty()
            || approval.approvers.iter().any(|it| match it.strip_prefix("role:") {
                Some(role) => {
                    crate::directory::Role::parse(role).is_some_and(|role| person.has(role))
                }
                None => {
                    person.id.as_str().eq_ignore_ascii_case(it)
                        || person.name.eq_ignore_ascii_case(it)
                }
            });
        if person.may_approve() && named { Entitled::Yes } else { Entitled::No }
    }

    /// Whether a click of `person` on `approval` would count now: for drawing; it is checked again at the
    /// click.
    pub fn could_decide(&self, person: &Person, approval: &Approval) -> bool {
        let is_requester = person.id == approval.requester;
        (!is_requester || approval.quorum.self_approval)
            && self.entitled(person, approval) == Entitled::Yes
    }
}
