//! Standing grants asked for, signed, listed and ended, from wherever: chat, console, command line.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::approval::StandingGrant;
use crate::approval::standing::{Event, MINS_MAX, Refusal, State, USES_MAX};
use crate::audit::NewEntry;
use crate::conversation::Engine;
use crate::conversation::command::code_of;
use crate::conversation::standing_card as card;
use crate::conversation::standing_words::{Standing, USAGE, Wanted};
use crate::conversation::turn::{BOT, Turn};
use crate::directory::{Person, Role};
use crate::ids::{ConversationId, PersonId, StandingId};
use crate::mask::mask;
use crate::policy::{Halt, Scope};
use crate::ports::{Change, StoreError, Write};
use crate::reply::Message;
use crate::words;

/// Open ones at a time: more is a case for the rules.
const OPEN_MAX: usize = 50;

/// How many are listed, those that ended with them.
pub const LISTED_MAX: u32 = 100;

/// Longest reason that is kept.
const REASON_MAX: usize = 200;

#[derive(Debug, thiserror::Error)]
pub enum StandingError {
    #[error("no open standing grant has the code {0}; “grants” lists them")]
    Unknown(String),
    #[error("only who asked for it, a manager or an admin can revoke it")]
    MayNotRevoke,
    #[error("your role may not ask for changes, so not for a standing grant either")]
    MayNotAsk,
    #[error("{0}")]
    Unfit(String),
    #[error(transparent)]
    Refused(#[from] Refusal),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Those that are open, then the newest of the others.
    pub async fn standing_grants(&self) -> Result<Vec<StandingGrant>, StoreError> {
        self.store().standing_grants(LISTED_MAX).await
    }

    /// Asks for one; a manager has to sign it.
    pub(super) async fn proposing(
        &self,
        by: &Person,
        conversation: &ConversationId,
        wanted: &Wanted,
    ) -> Result<Change, StandingError> {
        if !by.may_ask() {
            return Err(StandingError::MayNotAsk);
        }
        if !(1..=MINS_MAX).contains(&wanted.mins) || !(1..=USES_MAX).contains(&wanted.uses) {
            return Err(StandingError::Unfit(format!(
                "a standing grant is for at most 30 days and {USES_MAX} uses, and at least for one"
            )));
        }
        let signs = |person: &&Person| person.has(Role::Manager) && person.id != by.id;
        if !self.people().iter().any(|person| signs(&person)) {
            let text = "nobody else has the role manager, so nobody could sign it";
            return Err(StandingError::Unfit(text.to_owned()));
        }
        let open = self.store().open_standing_grants().await?.len();
        if open >= OPEN_MAX {
            return Err(StandingError::Unfit(format!(
                "there are {open} open standing grants; revoke some, or ask an admin for a rule"
            )));
        }
        let found = self.found(&wanted.what).await?;
        let now = self.now();
        let history =
            self.history(&found.tool, &found.arguments, &found.client.0, found.class).await?;
        let id = StandingId::fresh();
        let reason = wanted.reason.as_deref().map(|it| mask(&words::cut(it.trim(), REASON_MAX)));
        let grant = StandingGrant {
            code: code_of(id.as_str()),
            id,
            conversation: conversation.clone(),
            requester: by.id.clone(),
            tool: found.tool.name.clone(),
            title: found.tool.title.clone(),
            arguments: found.arguments,
            content: found.tool.script.as_ref().map(|script| script.content.clone()),
            client: found.client.0,
            client_name: found.client.1,
            class: found.class,
            mins: wanted.mins,
            uses_max: wanted.uses,
            used: 0,
            reason,
            history,
            asked_at: now,
            signed: None,
            state: State::Proposed,
            version: 1,
        };
        let text = format!("asked for a standing grant: {} {}", grant.sentence(), grant.bounds());
        Ok(Change {
            writes: vec![self.card_write(&grant, now), Write::StandingNew(Box::new(grant.clone()))],
            audit: vec![entry(&grant, by.id.as_str(), "standing_asked", &text, now)],
        })
    }

    /// A manager's yes; typed or clicked, the grant is the one with this code.
    pub(super) async fn signing(&self, by: &Person, code: &str) -> Result<Change, StandingError> {
        let grant = self.open_grant(code).await?;
        let now = self.now();
        let is_manager = by.has(Role::Manager);
        let signed = grant.next(Event::Sign { by: by.id.clone(), is_manager }, now)?;
        let text = format!("signed a standing grant: {} {}", signed.sentence(), signed.bounds());
        Ok(Change {
            writes: vec![
                self.card_write(&signed, now),
                Write::StandingAdvance(Box::new(signed.clone())),
            ],
            audit: vec![entry(&signed, by.id.as_str(), "standing_signed", &text, now)],
        })
    }

    /// Signs one. Gives the sentence to tell.
    pub async fn sign_standing(&self, by: &Person, code: &str) -> Result<String, StandingError> {
        let change = self.signing(by, code).await?;
        self.store().commit(change).await?;
        Ok(format!("The standing grant {} is signed.", code.to_uppercase()))
    }

    /// Takes one back, signed or not. Gives the sentence to tell.
    pub async fn revoke_standing(
        &self,
        by: &Person,
        code: &str,
        reason: Option<&str>,
    ) -> Result<String, StandingError> {
        let (change, sentence) = self.revoking(by, code, reason).await?;
        self.store().commit(change).await?;
        Ok(sentence)
    }

    pub(super) async fn revoking(
        &self,
        by: &Person,
        code: &str,
        reason: Option<&str>,
    ) -> Result<(Change, String), StandingError> {
        let grant = self.open_grant(code).await?;
        let may = by.id == grant.requester || by.has(Role::Manager) || by.has(Role::Admin);
        if !may {
            return Err(StandingError::MayNotRevoke);
        }
        let reason = reason.map(|it| format!(" ({})", mask(&words::cut(it.trim(), REASON_MAX))));
        let why = format!("{} revoked it{}", by.name, reason.unwrap_or_default());
        let sentence = format!(
            "Revoked: the standing grant {} for {}. What was not sent is asked about again.",
            grant.code,
            grant.sentence()
        );
        Ok((self.ending(&grant, by.id.as_str(), &why), sentence))
    }

    async fn open_grant(&self, code: &str) -> Result<StandingGrant, StandingError> {
        let all = self.standing_grants().await?.into_iter();
        // One that is used up may still be taken back, for what was not sent yet.
        let is_open = |it: &StandingGrant| !matches!(it.state, State::Ended { .. });
        all.into_iter()
            .find(|it| is_open(it) && it.code.eq_ignore_ascii_case(code))
            .ok_or_else(|| StandingError::Unknown(code.to_uppercase()))
    }

    /// Ends `grant`, on its card and in the audit too.
    pub(super) fn ending(&self, grant: &StandingGrant, actor: &str, why: &str) -> Change {
        let now = self.now();
        let end = Write::StandingEnd { grant: grant.id.clone(), why: why.to_owned(), at: now };
        let mut writes = vec![end];
        if let Ok(ended) = grant.next(Event::End { why: why.to_owned() }, now) {
            writes.push(self.card_write(&ended, now));
        }
        let text = format!("the standing grant for {} ended: {why}", grant.sentence());
        Change { writes, audit: vec![entry(grant, actor, "standing_ended", &text, now)] }
    }

    /// Those that a halt is about.
    pub(super) async fn standing_halted(
        &self,
        halt: &Halt,
        by: &Person,
        now: Timestamp,
    ) -> Result<Change, StoreError> {
        let concerns = |grant: &StandingGrant| match &halt.scope {
            Scope::Everything => true,
            Scope::Client(client) => client == &grant.client,
            Scope::Tool(tool) => tool == &grant.tool,
            Scope::Person(person) => {
                let signer = grant.signed.as_ref().map(|signed| &signed.by);
                person == &grant.requester || signer == Some(person)
            }
        };
        let mut all = Change::default();
        for grant in self.standing_grants().await? {
            let may_send = grant.holds(now).is_ok() || grant.is_open();
            if may_send && concerns(&grant) {
                let ended = self.ending(&grant, by.id.as_str(), &halt.sentence());
                all.writes.extend(ended.writes);
                all.audit.extend(ended.audit);
            }
        }
        Ok(all)
    }

    /// Those whose time is over, whose script was edited, or whose signer is no manager any more.
    pub(super) async fn standing_due(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut ended = 0;
        for grant in self.store().open_standing_grants().await? {
            let Some(why) = self.standing_over(&grant, now) else { continue };
            self.store().commit(self.ending(&grant, BOT, &why)).await?;
            ended += 1;
        }
        Ok(ended)
    }

    fn standing_over(&self, grant: &StandingGrant, now: Timestamp) -> Option<String> {
        match grant.state {
            State::Proposed => {
                (grant.sign_until() <= now).then(|| "nobody signed it in time".to_owned())
            }
            State::Active => match grant.holds(now) {
                Err(refusal) => Some(refusal.to_string()),
                Ok(()) => self.standing_drift(grant),
            },
            State::UsedUp { .. } | State::Ended { .. } => None,
        }
    }

    /// Why it does not hold any more though its time is not over.
    pub(super) fn standing_drift(&self, grant: &StandingGrant) -> Option<String> {
        let signer = grant.signed.as_ref().and_then(|signed| self.people().get(&signed.by));
        if !signer.is_some_and(|signer| signer.has(Role::Manager)) {
            return Some("who signed it is no manager any more".to_owned());
        }
        if !self.is_read() {
            return None;
        }
        let catalogue = self.catalogue();
        let Some(tool) = catalogue.get(&grant.tool) else {
            return Some(format!("{} is gone", grant.title));
        };
        let content = tool.script.as_ref().map(|script| &script.content);
        (content != grant.content.as_ref()).then(|| {
            let short =
                |it: Option<&crate::digest::Digest>| it.map_or("none", |it| it.short()).to_owned();
            let (was, is) = (short(grant.content.as_ref()), short(content));
            format!("the script {} was edited (content {was} became {is})", grant.title)
        })
    }

    pub(super) fn card_write(&self, grant: &StandingGrant, at: Timestamp) -> Write {
        let message = card::draw(grant, self.people(), at);
        Write::Post { conversation: grant.conversation.clone(), message, at }
    }
}

impl Turn<'_> {
    pub(super) async fn standing_grant(
        &mut self,
        person: &Person,
        standing: &Standing,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let engine = self.engine;
        let done = match standing {
            Standing::List => {
                let all = engine.standing_grants().await?;
                self.post(card::list(&all, engine.people(), now), now);
                return Ok(());
            }
            Standing::Unclear => {
                let text = format!("A standing grant is asked for like this: “{USAGE}”.");
                self.post(Message::text(text), now);
                return Ok(());
            }
            Standing::Ask(wanted) => {
                let conversation = self.conversation.clone();
                engine.proposing(person, &conversation, wanted).await.map(|change| (change, None))
            }
            Standing::Sign { code } => {
                engine.signing(person, code).await.map(|change| (change, None))
            }
            Standing::Revoke { code, reason } => {
                let revoked = engine.revoking(person, code, reason.as_deref()).await;
                revoked.map(|(change, sentence)| (change, Some(sentence)))
            }
        };
        match done {
            Ok((change, sentence)) => {
                self.change.writes.extend(change.writes);
                self.change.audit.extend(change.audit);
                if let Some(sentence) = sentence {
                    self.post(Message::text(sentence), now);
                }
                Ok(())
            }
            Err(StandingError::Store(error)) => Err(error),
            Err(refusal) => {
                let text = words::sentence(&refusal.to_string());
                self.post(Message::text(text).only_for(&person.id), now);
                Ok(())
            }
        }
    }
}

pub(super) fn entry(
    grant: &StandingGrant,
    actor: &str,
    kind: &'static str,
    text: &str,
    at: Timestamp,
) -> NewEntry {
    let signer: Option<&PersonId> = grant.signed.as_ref().map(|signed| &signed.by);
    NewEntry {
        at,
        actor: actor.to_owned(),
        kind,
        subject: json!({
            "standing_grant": grant.id, "code": grant.code, "tool": grant.tool,
            "arguments": mask(&Value::Object(grant.arguments.clone()).to_string()),
            "content": grant.content, "requester": grant.requester, "signed_by": signer,
            "used": grant.used, "uses_max": grant.uses_max,
        }),
        text: mask(&words::cut(text, 2_000)),
        client: Some(grant.client.to_string()),
    }
}
