//! One event of a conversation, from the inbox to the replies it causes, committed as one change.

use futures::future::join_all;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use tracing::{info, warn};

use crate::approval::{Approval, State as ApprovalState, Version};
use crate::audit::{NewEntry, concerning};
use crate::bounds::{CALLS_PER_PLAN_MAX, ROWS_SHOWN_MAX};
use crate::conversation::cards::PlanView;
use crate::conversation::command;
use crate::conversation::consider::{Considered, Considering};
use crate::conversation::seed::{RunSeed, grant_entries};
use crate::conversation::telling::{given_ahead, not_needed};
use crate::conversation::{Body, Context, Engine, speech};
use crate::directory::{Person, Product};
use crate::ids::{ApprovalId, ConversationId, DeviceId, RequestId, WorkerId};
use crate::mask::mask;
use crate::plan::{Call, Plan, sentences};
use crate::planner::{Draft, Speech};
use crate::policy::{Ruling, Terms, Verdict};
use crate::ports::{
    Answer, ApprovalFilter, Change, Claimed, InboxItem, RunFilter, StoreError, Write,
};
use crate::reply::{Audience, Block, Message};
use crate::run::{Authority, Run};
use crate::tool::is_private;
use crate::words;

/// From this age on the directory's age is told. Syncs run every few minutes, so it means that they fail.
const DIRECTORY_OLD: SignedDuration = SignedDuration::from_hours(6);

/// The actor of what the bot does by itself.
pub const BOT: &str = "countersign";

impl Engine {
    /// Handles the events of a claimed conversation, one after the other; the last one gives it back. An
    /// event that was handled by somebody else in the meantime is left to them.
    pub async fn handle(&self, claimed: Claimed) -> Result<(), StoreError> {
        let mut turn = Turn {
            engine: self,
            conversation: claimed.id.clone(),
            platform_channel: (claimed.thread.platform, claimed.thread.channel.clone()),
            context: claimed.context,
            version: claimed.version,
            change: Change::default(),
            instead_of: None,
            asked_as: None,
        };
        let mut left = claimed.events.iter();
        while let Some(item) = left.next() {
            turn.event(item, left.as_slice().is_empty().then_some(&claimed.worker)).await?;
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

pub(super) struct Turn<'a> {
    pub(super) engine: &'a Engine,
    pub(super) conversation: ConversationId,
    platform_channel: (crate::directory::Platform, String),
    pub(super) context: Context,
    version: i64,
    pub(super) change: Change,
    /// What an approval that is asked now stands for, if it is another version of one.
    pub(super) instead_of: Option<Version>,
    /// The code of what was asked last.
    pub(super) asked_as: Option<String>,
}

impl Turn<'_> {
    /// `left_by`: who gives the conversation back after it.
    async fn event(
        &mut self,
        item: &InboxItem,
        left_by: Option<&WorkerId>,
    ) -> Result<(), StoreError> {
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
            left_by: left_by.cloned(),
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
        );
    }

    // --- text

    pub(super) async fn text(
        &mut self,
        person: &Person,
        text: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        if person.is_contact() && !command::is_decision(text) {
            self.only_decides(person, now);
            return Ok(());
        }
        if let Some(command) = command::parse(text) {
            return self.command(person, command, now).await;
        }
        self.with_considering(person, now, Input::Text(text)).await
    }

    pub(super) async fn with_considering(
        &mut self,
        person: &Person,
        now: Timestamp,
        input: Input<'_>,
    ) -> Result<(), StoreError> {
        let considered = self.considered(person, now, input).await?;
        self.react(person, considered, now).await
    }

    /// What `input` comes to. Changes nothing but the context.
    pub(super) async fn considered(
        &mut self,
        person: &Person,
        now: Timestamp,
        input: Input<'_>,
    ) -> Result<Considered, StoreError> {
        let table = self.engine.store().policies().await?;
        let (directory, catalogue) = (self.engine.directory(), self.engine.catalogue());
        let bound_to = self.engine.bound(self.platform_channel.0, &self.platform_channel.1);
        // In a bound channel no earlier message moves the talk to another client.
        if let Some(bound) = &bound_to {
            self.context.client.clone_from(&bound.client);
        }
        let rules = self.engine.rules_of(&table);
        let considering = Considering {
            bound_to: bound_to.as_ref(),
            ..self.engine.considering((&directory, &catalogue), (&table, &rules), person, now)
        };
        let considered = match input {
            Input::Text(text) => considering.text(text, &mut self.context).await,
            Input::Drafts(drafts) => considering.drafts(drafts, &mut self.context),
        };
        self.engine.settle(&considering, considered, &mut self.context).await
    }

    pub(super) async fn react(
        &mut self,
        person: &Person,
        considered: Considered,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let asked = self.context.asked.clone();
        match considered {
            Considered::Plan { plan, rulings } => {
                self.plan(person, plan, rulings, &asked, now).await?
            }
            Considered::Stopped { plan, rulings, reason } => {
                let request = self.request(person, &asked, now);
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
        self.audit(now, person.id.as_str(), "request", subject, &mask(asked));
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
        if rulings.iter().any(|ruling| ruling.verdict == Verdict::Plan) {
            let plan = Plan { calls, policy: crate::policy::decide::stamp(&rulings) };
            return self.keep_trial(&request, person, plan, &rulings, asked, now).await;
        }
        if rulings.iter().any(|ruling| ruling.verdict == Verdict::Ask) {
            if let Some(authority) = self.by_standing(person, &calls, &rulings, asked, now).await? {
                self.start_at_once(&request, person, calls, authority, now);
                return Ok(());
            }
            let plan = Plan { calls, policy: crate::policy::decide::stamp(&rulings) };
            self.ask_approval(&request, person, plan, &rulings, asked, now).await
        } else {
            let reason = rulings.first().map(|ruling| ruling.reason.clone()).unwrap_or_default();
            let authority = Authority::Auto { reason, asked: asked.to_owned() };
            self.start_at_once(&request, person, calls, authority, now);
            Ok(())
        }
    }

    async fn read(&mut self, request: &RequestId, person: &Person, calls: &[Call], now: Timestamp) {
        let answers = join_all(calls.iter().map(|call| self.engine.read(call))).await;
        let mut listed: Vec<DeviceId> = Vec::new();
        for (call, answer) in calls.iter().zip(answers) {
            let subject = json!({ "request": request, "tool": call.tool, "digest": call.digest() });
            let of = std::slice::from_ref(call);
            match answer {
                Ok(Answer { summary, blocks, listed: ids, .. }) => {
                    self.audit_of(
                        now,
                        person.id.as_str(),
                        "read",
                        subject,
                        &mask(&call.sentence()),
                        of,
                    );
                    listed.extend(self.devices(call.product, &ids));
                    let mut message = speech::masked(speech::answered(summary, blocks));
                    if is_private(&call.tool) {
                        message.audience = Audience::Person(person.id.clone());
                    }
                    self.post(message, now);
                }
                Err(error) => {
                    warn!(tool = %call.tool, error = %error, "a read call failed");
                    let text = format!("{} failed: {error}", call.sentence());
                    self.audit_of(
                        now,
                        person.id.as_str(),
                        "read_failed",
                        subject,
                        &mask(&text),
                        of,
                    );
                    self.post(speech::failed(call, &error), now);
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
        let terms = Terms::of_rulings(rulings);
        let expires_at = now + SignedDuration::from_mins(terms.expires_mins.into());
        // A yes after the last moment of the start would come to nothing.
        let last = plan.calls.iter().filter_map(|it| it.start.as_ref()).map(|it| it.until).min();
        let expires_at = last.map_or(expires_at, |last| expires_at.min(last));
        let asking = rulings.iter().find(|ruling| ruling.verdict == Verdict::Ask);
        let approval = Approval {
            id: ApprovalId::fresh(),
            code: String::new(),
            request: request.clone(),
            conversation: self.conversation.clone(),
            requester: person.id.clone(),
            digest,
            plan,
            reason: asking.map(|ruling| ruling.reason.clone()).unwrap_or_default(),
            quorum: terms.quorum,
            approvers: terms.approvers,
            asked: asked.to_owned(),
            instead_of: self.instead_of.take(),
            replaced_by: None,
            paper_trail: rulings.iter().any(|ruling| ruling.ticket),
            decisions: Vec::new(),
            asked_at: now,
            expires_at,
            state: ApprovalState::Waiting,
            version: 1,
        };
        let approval = Approval { code: command::code_of(approval.id.as_str()), ..approval };
        if let Some(why) = self.engine.out_of_reach(&approval) {
            self.post(speech::out_of_reach(&approval.plan.calls, &why), now);
            return Ok(());
        }
        let subject =
            json!({ "approval": approval.id, "request": request, "plan": approval.digest });
        let text = format!("asked for approval: {}", sentences(&approval.plan.calls));
        self.audit_of(now, BOT, "approval_asked", subject, &mask(&text), &approval.plan.calls);
        info!(request.id = %request, approval.id = %approval.id, "approval asked: {}", sentences(&approval.plan.calls));
        self.post(self.engine.plan_card(&approval, &[], now), now);
        self.asked_as = Some(approval.code.clone());
        self.change.writes.push(Write::ApprovalNew(Box::new(approval)));
        Ok(())
    }

    fn start_at_once(
        &mut self,
        request: &RequestId,
        person: &Person,
        calls: Vec<Call>,
        authority: Authority,
        now: Timestamp,
    ) {
        let (reason, asked) = match &authority {
            Authority::Auto { reason, asked } => (not_needed(reason), asked.clone()),
            Authority::Standing { said, asked, .. } => (given_ahead(said), asked.clone()),
            Authority::Approval { .. } => (String::new(), String::new()),
        };
        let seed = RunSeed {
            request: request.clone(),
            conversation: self.conversation.clone(),
            requester: person.id.clone(),
            authority,
        };
        let Some(run) = seed.first_run(&calls, now) else { return };
        let view = PlanView {
            request,
            requester: &person.id,
            asked: &asked,
            calls: &calls,
            approval: None,
            reason: &reason,
            runs: std::slice::from_ref(&run),
            people: self.engine.people(),
            ways: &[],
            now,
        };
        self.post(view.card(), now);
        self.audit_grant(&run, now);
        self.change.writes.push(Write::RunNew(Box::new(run)));
    }

    /// Somebody of a client decides what they are asked for, and asks for nothing.
    pub(super) fn only_decides(&mut self, person: &Person, now: Timestamp) {
        let client = person.client.as_deref().unwrap_or("your company");
        let text = format!(
            "You decide here what is asked about {client}, by the buttons or “approve CODE” and “deny CODE because …”; for anything else ask your service provider."
        );
        self.post(Message::text(text).only_for(&person.id), now);
    }

    // --- writing down

    pub(super) fn post(&mut self, message: Message, at: Timestamp) {
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
            let verdict = ruling.verdict.key();
            let subject = json!({ "request": request, "tool": call.tool, "digest": call.digest(), "verdict": verdict });
            let text = format!("{verdict}: {} ({})", call.sentence(), ruling.reason);
            let of = std::slice::from_ref(call);
            self.audit_of(now, BOT, "verdict", subject, &mask(&text), of);
        }
    }

    pub(super) fn audit_grant(&mut self, run: &Run, now: Timestamp) {
        self.change.audit.extend(grant_entries(run, now));
    }

    pub(super) fn audit(
        &mut self,
        at: Timestamp,
        actor: &str,
        kind: &'static str,
        subject: serde_json::Value,
        text: &str,
    ) {
        self.audit_of(at, actor, kind, subject, text, &[]);
    }

    /// About the clients of `calls`.
    pub(super) fn audit_of(
        &mut self,
        at: Timestamp,
        actor: &str,
        kind: &'static str,
        subject: serde_json::Value,
        text: &str,
        calls: &[Call],
    ) {
        let actor = actor.to_owned();
        let text = words::cut(text, 2_000);
        let entry = NewEntry { at, actor, kind, subject, text, client: None };
        self.change.audit.extend(concerning(entry, calls));
    }
}

pub(super) enum Input<'a> {
    Text(&'a str),
    Drafts(Vec<Draft>),
}
