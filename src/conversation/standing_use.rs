//! Plans that a standing grant lets run: counted in the commit that makes the run, looked at anew right before
//! it is sent, and over with the first failure.

use jiff::Timestamp;

use crate::approval::standing::{Event, State};
use crate::approval::{Entitled, StandingGrant};
use crate::conversation::Engine;
use crate::conversation::entitled::Asks;
use crate::conversation::standing::entry;
use crate::conversation::standing_found::place_of;
use crate::conversation::turn::{BOT, Turn};
use crate::directory::Person;
use crate::ids::{PersonId, StandingId};
use crate::plan::{Call, sentences};
use crate::policy::{Ruling, Verdict};
use crate::ports::{Change, Offer, StoreError, Write};
use crate::run::{Authority, Run, State as RunState};

/// Fewer yeses than this prove nothing.
const HISTORY_ENOUGH: u32 = 5;

impl Engine {
    /// How many uses `grant` would take for `call`, or why it does not cover it.
    ///
    /// It is one yes, of whoever signed it: where rules want more people, or others, the card comes as always.
    pub(super) async fn covers(
        &self,
        grant: &StandingGrant,
        requester: &PersonId,
        call: &Call,
        ruling: &Ruling,
    ) -> Result<u32, String> {
        let now = self.now();
        grant.holds(now).map_err(|refusal| refusal.to_string())?;
        if &grant.requester != requester {
            return Err(format!("it is for requests of {}", grant.requester));
        }
        if let Some(why) = grant.misses(call, now).or_else(|| self.standing_drift(grant)) {
            return Err(why);
        }
        self.is_enough(grant, requester, ruling).await?;
        Ok(u32::try_from(call.targets.len()).unwrap_or(u32::MAX))
    }

    /// Whether the one yes of the signer is what the ruling asks for.
    async fn is_enough(
        &self,
        grant: &StandingGrant,
        requester: &PersonId,
        ruling: &Ruling,
    ) -> Result<(), String> {
        let quorum = &ruling.terms.quorum;
        if quorum.needed > 1 {
            return Err(format!("rules want {}, and it is one yes", quorum.sentence()));
        }
        let signer = grant.signed.as_ref().and_then(|signed| self.people().get(&signed.by));
        let Some(signer) = signer else { return Err("who signed it is not known".to_owned()) };
        let asks = Asks { quorum, approvers: &ruling.terms.approvers, requester, calls: &[] };
        let (entitled, meets) = self.own_standing(signer, asks).await;
        match entitled == Entitled::Yes && meets.len() == quorum.needs.len() {
            true => Ok(()),
            false => {
                Err(format!("rules name who decides this, and {} is none of them", signer.name))
            }
        }
    }

    /// Why `grant` lets `run` be sent no more.
    pub(super) async fn standing_gone(
        &self,
        grant: &StandingId,
        run: &Run,
        ruling: &Ruling,
    ) -> Result<Option<String>, StoreError> {
        let Some(grant) = self.store().standing_grant(grant).await? else {
            return Ok(Some("its standing grant is gone".to_owned()));
        };
        let gone = |why: String| Ok(Some(format!("the standing grant {}: {why}", grant.code)));
        if let Err(refusal) = grant.holds(self.now()) {
            return gone(refusal.to_string());
        }
        if ruling.verdict != Verdict::Ask || run.call.is_ticket() {
            return Ok(self.standing_drift(&grant));
        }
        match self.covers(&grant, &run.requester, &run.call, ruling).await {
            Ok(_) => Ok(None),
            Err(why) => gone(why),
        }
    }

    /// Ends the standing grant of a run that did not work: one failure is enough.
    pub(super) async fn standing_failed(&self, run: &Run) -> Result<Option<Change>, StoreError> {
        let Authority::Standing { grant, .. } = &run.authority else { return Ok(None) };
        let failed = match &run.state {
            RunState::Failed { .. } => "failed",
            RunState::PartlyFailed { .. } => "failed in part",
            RunState::TimedOut { .. } => "did not finish in time",
            RunState::AskedAPerson { .. } => "may or may not have happened",
            RunState::Granted
            | RunState::Dispatching { .. }
            | RunState::Doubtful { .. }
            | RunState::Accepted { .. }
            | RunState::Running { .. }
            | RunState::Succeeded { .. }
            | RunState::NotSent { .. } => return Ok(None),
        };
        let Some(grant) = self.store().standing_grant(grant).await? else { return Ok(None) };
        if matches!(grant.state, State::Ended { .. }) {
            return Ok(None);
        }
        let why = format!("{} {failed} ({})", run.call.sentence(), run.marker.as_str());
        Ok(Some(self.ending(&grant, BOT, &why)))
    }

    /// What was approved every time so far may be worth a yes ahead.
    pub(super) async fn offer_standing(&self, run: &Run) -> Result<Option<Offer>, StoreError> {
        let Authority::Approval { .. } = &run.authority else { return Ok(None) };
        let catalogue = self.catalogue();
        let (Some(((client, _), class)), Some(tool)) =
            (place_of(&run.call), catalogue.get(&run.call.tool))
        else {
            return Ok(None);
        };
        if run.call.is_ticket() {
            return Ok(None);
        }
        let (approved, of) = self.history(tool, &run.call.arguments, &client, class).await?;
        Ok((approved >= HISTORY_ENOUGH && approved == of).then(|| Offer {
            label: format!("Approved {approved} of {of} times: allow it ahead…"),
            request: format!("grant like {} for 2 hours, 10 uses", run.marker.as_str()),
        }))
    }

    /// What stands on cards and results of what ran by it.
    fn standing_said(&self, grant: &StandingGrant) -> String {
        let signer = grant.signed.as_ref().and_then(|it| self.people().get(&it.by));
        let signer = signer.map_or("nobody", |person| person.name.as_str());
        let (code, left, max) = (&grant.code, grant.left(), grant.uses_max);
        format!("standing grant {code}, signed by {signer}; {left} of {max} uses left")
    }

    /// What of every standing grant of `person` explains why it covers `call`, or does not.
    pub(super) async fn standing_lines(
        &self,
        person: &Person,
        call: &Call,
        ruling: &Ruling,
        grants: &[StandingGrant],
    ) -> Vec<String> {
        let mut lines = Vec::new();
        if ruling.verdict != Verdict::Ask {
            return lines;
        }
        for grant in grants.iter().filter(|it| it.requester == person.id && it.tool == call.tool) {
            let code = &grant.code;
            lines.push(match self.covers(grant, &person.id, call, ruling).await {
                Ok(uses) if uses <= grant.left() => {
                    format!("{} covers it: runs at once", self.standing_said(grant))
                }
                Ok(uses) => format!(
                    "standing grant {code} does not cover it: it has {} uses left, and this takes {uses}",
                    grant.left()
                ),
                Err(why) => format!("standing grant {code} does not cover it: {why}"),
            });
        }
        lines
    }
}

impl Turn<'_> {
    /// What lets the whole plan run where a standing grant covers all that is asked about, with its uses
    /// taken. A ticket behind a covered change comes along.
    pub(super) async fn by_standing(
        &mut self,
        person: &Person,
        calls: &[Call],
        rulings: &[Ruling],
        asked: &str,
        now: Timestamp,
    ) -> Result<Option<Authority>, StoreError> {
        let grants = self.engine.store().open_standing_grants().await?;
        'grants: for grant in grants.iter().filter(|it| it.requester == person.id) {
            let mut uses = 0_u32;
            for (index, (call, ruling)) in calls.iter().zip(rulings).enumerate() {
                let comes_along = index > 0 && call.is_ticket();
                if ruling.verdict != Verdict::Ask || comes_along {
                    continue;
                }
                match self.engine.covers(grant, &person.id, call, ruling).await {
                    Ok(more) => uses = uses.saturating_add(more),
                    Err(_) => continue 'grants,
                }
            }
            let Ok(used) = grant.next(Event::Use { devices: uses }, now) else { continue };
            if uses == 0 {
                continue;
            }
            let said = self.engine.standing_said(&used);
            let text = format!("used for {}", sentences(calls));
            self.change.audit.push(entry(&used, person.id.as_str(), "standing_used", &text, now));
            self.change.writes.push(self.engine.card_write(&used, now));
            let id = used.id.clone();
            self.change.writes.push(Write::StandingAdvance(Box::new(used)));
            return Ok(Some(Authority::Standing { grant: id, said, asked: asked.to_owned() }));
        }
        Ok(None)
    }
}
