//! Being away: somebody else decides meanwhile, and both names are kept.

use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use crate::approval::Away;
use crate::conversation::turn::Turn;
use crate::directory::Person;
use crate::ports::{StoreError, Write};
use crate::reply::Message;
use crate::words;

/// The longest somebody is away; then they say so anew.
const AWAY_MAX: SignedDuration = SignedDuration::from_hours(24 * 60);

impl Turn<'_> {
    /// From now on `delegate` decides for `person`.
    pub(super) async fn away(
        &mut self,
        person: &Person,
        until: AwayUntil,
        delegate: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let until = until.from(now);
        let people = self.engine.people();
        let found = people.iter().find(|it| it.name.eq_ignore_ascii_case(delegate)).cloned();
        let refusal = match &found {
            _ if !person.may_approve() => {
                Some("You decide no approvals, so nobody has to for you.".to_owned())
            }
            None => Some(format!("Nobody here is called “{delegate}”.")),
            Some(it) if it.id == person.id => Some("Name somebody else.".to_owned()),
            Some(it) if !it.may_approve() => Some(format!(
                "{} holds neither the role approver nor manager, so cannot decide for you.",
                it.name
            )),
            Some(_) if until <= now => Some("That is over already; name a later day.".to_owned()),
            Some(_) if until > now + AWAY_MAX => {
                Some("At most 60 days at a time; say it anew then.".to_owned())
            }
            Some(_) => None,
        };
        if let Some(text) = refusal {
            self.post(Message::text(text).only_for(&person.id), now);
            return Ok(());
        }
        let Some(delegate) = found else { return Ok(()) };
        let text = format!(
            "{} decides for {} until {}, and both names are kept. “back” ends it.",
            delegate.name,
            person.name,
            words::at(until)
        );
        let subject = json!({ "person": person.id, "delegate": delegate.id, "until": until });
        self.audit(now, person.id.as_str(), "delegated", subject, &text);
        let away = Away { person: person.id.clone(), delegate: delegate.id, until };
        self.change.writes.push(Write::Away { person: person.id.clone(), set: Some(away) });
        self.post(Message::text(text), now);
        Ok(())
    }

    /// `person` decides again.
    pub(super) async fn back(&mut self, person: &Person, now: Timestamp) -> Result<(), StoreError> {
        let all = self.engine.store().away(now).await?;
        if !all.iter().any(|it| it.person == person.id) {
            let text = "You are not away, as far as I know.";
            self.post(Message::text(text).only_for(&person.id), now);
            return Ok(());
        }
        let text = format!("{} is back, and nobody decides for them any more.", person.name);
        let subject = json!({ "person": person.id });
        self.audit(now, person.id.as_str(), "delegated", subject, &text);
        self.change.writes.push(Write::Away { person: person.id.clone(), set: None });
        self.post(Message::text(text), now);
        Ok(())
    }
}

/// "3 days", "until 2026-09-04".
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AwayUntil {
    Hours(u32),
    /// The beginning of that day, UTC.
    At(Timestamp),
}

impl AwayUntil {
    /// From words such as `3 days` or `until 2026-09-04`.
    pub fn parse(words: &[&str]) -> Option<Self> {
        let [first, second] = words else { return None };
        if first.eq_ignore_ascii_case("until") {
            return format!("{second}T00:00:00Z").parse().ok().map(Self::At);
        }
        let number: u32 = first.parse().ok()?;
        let hours = match second.to_lowercase().trim_end_matches('s') {
            "hour" => 1,
            "day" => 24,
            "week" => 7 * 24,
            _ => return None,
        };
        number.checked_mul(hours).map(Self::Hours)
    }

    fn from(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Hours(hours) => {
                now.checked_add(SignedDuration::from_hours(hours.into())).unwrap_or(Timestamp::MAX)
            }
            Self::At(at) => at,
        }
    }
}
