//! A trial: a plan that was only said, kept to be compared with what somebody did instead.
//!
//! Two things are kept of what was done and never mixed: what a person said, and what the product shows. A look
//! only reads, comes a few times over a day, and can be taken up again after a crash.

pub mod report;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::ids::{ConversationId, PersonId, RequestId, TrialId};
use crate::plan::Plan;
use crate::run::Baseline;

pub use report::Report;

/// When it is looked at, behind its moment: soon, for who does it at once; within the shift; after it; and a day
/// later, for what waited for the night.
const LOOK_AFTER_MINS: [i64; 4] = [15, 120, 480, 1_440];

/// A look that dies is taken up again after this.
const LOOK_LEASE: SignedDuration = SignedDuration::from_mins(2);

/// What a product had before is read within this, or not at all: later, it may hold what was done instead.
pub const BEFORE_SECS_MAX: i64 = 60;

/// Calls on more devices are not looked at: a look of one costs a request per device.
pub const DEVICES_LOOKED_AT_MAX: usize = 20;

/// Lines of evidence that are kept of one call.
pub const EVIDENCE_MAX: usize = 5;

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Trial {
    pub id: TrialId,
    /// For typing; unique among those of which nothing was said yet.
    pub code: String,
    pub request: RequestId,
    pub conversation: ConversationId,
    pub requester: PersonId,
    pub plan: Plan,
    pub digest: Digest,
    /// What made it plan only: "rule “Acme on trial”: plan only".
    pub reason: String,
    /// What would have happened otherwise: "ask one person other than the requester".
    pub would: String,
    /// What the requester wrote.
    pub asked: String,
    pub asked_at: Timestamp,
    pub said: Option<Said>,
    /// One for each call of the plan.
    pub seen: Vec<Seen>,
    /// What the products had right after it was asked, one for each call, where they take a note of it.
    pub before: Vec<Option<Baseline>>,
    pub looks: u32,
    /// `None`: it is not looked at any more.
    pub look_at: Option<Timestamp>,
    pub version: i64,
}

/// What a person says was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub did: Did,
    pub by: PersonId,
    pub at: Timestamp,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Did {
    JustThis,
    Otherwise,
    Nothing,
}

impl Did {
    pub const ALL: [Self; 3] = [Self::JustThis, Self::Otherwise, Self::Nothing];

    /// As a button has it.
    pub fn label(self) -> &'static str {
        match self {
            Self::JustThis => "I did just this",
            Self::Otherwise => "I did something else",
            Self::Nothing => "Nothing was needed",
        }
    }

    /// Behind a name or "the product shows": "just this was done".
    pub fn sentence(self) -> &'static str {
        match self {
            Self::JustThis => "just this was done",
            Self::Otherwise => "something else was done",
            Self::Nothing => "nothing was needed",
        }
    }
}

/// What a product shows of one call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Seen {
    NotLooked,
    /// The same was done, on every device: "Disk Cleanup ran on DC01 at 14:05 UTC, started by jsmith".
    Done {
        evidence: Vec<String>,
    },
    /// On some devices only.
    Partly {
        evidence: Vec<String>,
    },
    /// Where it would show, nothing does.
    Nothing,
    /// Nobody can know from the product.
    CannotTell {
        why: String,
    },
}

impl Seen {
    /// Of several devices, each with what shows that it was done there.
    pub fn of(devices: Vec<Option<String>>) -> Self {
        let all = devices.len();
        let mut evidence: Vec<String> = devices.into_iter().flatten().collect();
        let found = evidence.len();
        evidence.truncate(EVIDENCE_MAX);
        match found {
            0 => Self::Nothing,
            found if found == all => Self::Done { evidence },
            _ => Self::Partly { evidence },
        }
    }

    /// No later look can say more.
    fn is_final(&self) -> bool {
        match self {
            Self::Done { .. } | Self::CannotTell { .. } => true,
            Self::NotLooked | Self::Partly { .. } | Self::Nothing => false,
        }
    }

    pub fn sentence(&self) -> String {
        match self {
            Self::NotLooked => "not looked at yet".to_owned(),
            Self::Done { evidence } => evidence.join("; "),
            Self::Partly { evidence } => format!("only in part: {}", evidence.join("; ")),
            Self::Nothing => "nothing of it shows in the product".to_owned(),
            Self::CannotTell { why } => format!("cannot tell: {why}"),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("only who asked or a manager can say what was done instead")]
    NotYours,
    #[error("{by} said already that {}", did.sentence())]
    Said { by: PersonId, did: Did },
}

impl Trial {
    /// What was done instead; said once.
    pub fn say(
        &self,
        did: Did,
        by: &PersonId,
        is_manager: bool,
        now: Timestamp,
    ) -> Result<Self, Refusal> {
        if !is_manager && by != &self.requester {
            return Err(Refusal::NotYours);
        }
        if let Some(Said { by, did, .. }) = &self.said {
            return Err(Refusal::Said { by: by.clone(), did: *did });
        }
        let said = Some(Said { did, by: by.clone(), at: now });
        Ok(Self { said, ..self.clone() })
    }

    /// Taken by whoever looks at it now; a second one loses.
    pub fn taken(&self, now: Timestamp) -> Self {
        Self { look_at: Some(now + LOOK_LEASE), ..self.clone() }
    }

    /// The first look only reads what is there before anything is done; whether it may still be that.
    pub fn is_before(&self, now: Timestamp) -> bool {
        self.looks == 0 && now.as_second() - self.asked_at.as_second() <= BEFORE_SECS_MAX
    }

    /// After the first look.
    pub fn with_before(&self, before: Vec<Option<Baseline>>) -> Self {
        Self { before, looks: 1, ..self.clone() }.due_next()
    }

    /// Whether a look can say more of the call at `index`.
    pub fn is_open(&self, index: usize) -> bool {
        let seen = self.seen.get(index);
        self.is_judged(index) && seen.is_some_and(|it| !it.is_final())
    }

    /// What changes something; a ticket behind it comes along and is not what a tech would have done.
    pub fn is_judged(&self, index: usize) -> bool {
        let call = self.plan.calls.get(index);
        call.is_some_and(|call| call.is_write() && !(index > 0 && call.is_ticket()))
    }

    /// After a look; `Err` is why the product gave no answer. What was seen earlier stays.
    pub fn looked(&self, found: Vec<Result<Seen, String>>) -> Self {
        let is_last = self.looks as usize >= LOOK_AFTER_MINS.len();
        let seen = self.seen.iter().zip(found).map(|(known, found)| match found {
            Ok(Seen::NotLooked) => known.clone(),
            // What showed once is not undone by an answer that left it out.
            Ok(Seen::Nothing) if matches!(known, Seen::Partly { .. }) => known.clone(),
            Ok(found) => found,
            Err(why) if is_last && *known == Seen::NotLooked => Seen::CannotTell { why },
            Err(_) => known.clone(),
        });
        let next = Self { seen: seen.collect(), ..self.clone() };
        if is_last || !(0..next.plan.calls.len()).any(|index| next.is_open(index)) {
            return Self { looks: self.looks + 1, look_at: None, ..next };
        }
        Self { looks: self.looks + 1, ..next }.due_next()
    }

    fn due_next(self) -> Self {
        let starts = self.plan.calls.iter().filter_map(|call| call.start.as_ref());
        let from = starts.map(|start| start.at).max().unwrap_or(self.asked_at).max(self.asked_at);
        let after = LOOK_AFTER_MINS.get((self.looks as usize).saturating_sub(1));
        let look_at = after.map(|mins| from + SignedDuration::from_mins(*mins));
        Self { look_at, ..self }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::plan::tests::plan;

    pub(crate) fn trial() -> Trial {
        let plan = plan();
        let seen = vec![Seen::NotLooked; plan.calls.len()];
        Trial {
            id: TrialId::new("t1"),
            code: "7F3K".into(),
            request: RequestId::new("r"),
            conversation: ConversationId::new("console/console/1"),
            requester: PersonId::new("ana"),
            digest: plan.digest(),
            before: vec![None; seen.len()],
            plan,
            reason: "rule “on trial”: plan only".into(),
            would: "ask one person".into(),
            asked: String::new(),
            asked_at: "2026-09-01T09:00:00Z".parse().unwrap(),
            said: None,
            seen,
            looks: 0,
            look_at: Some("2026-09-01T09:00:00Z".parse().unwrap()),
            version: 1,
        }
    }

    fn done() -> Seen {
        Seen::Done { evidence: vec!["it ran".into()] }
    }

    #[test]
    fn who_asked_or_a_manager_says_once_what_was_done() {
        let (ana, ben, now) = (PersonId::new("ana"), PersonId::new("ben"), trial().asked_at);
        for (by, is_manager, may) in
            [(&ana, false, true), (&ana, true, true), (&ben, true, true), (&ben, false, false)]
        {
            let said = trial().say(Did::JustThis, by, is_manager, now);
            assert_eq!(said.is_ok(), may, "{by} {is_manager}");
        }
        let said = trial().say(Did::Otherwise, &ana, false, now).unwrap();
        for did in Did::ALL {
            let again = said.say(did, &ben, true, now);
            assert_eq!(again, Err(Refusal::Said { by: ana.clone(), did: Did::Otherwise }));
        }
    }

    #[test]
    fn it_is_looked_at_four_times_over_a_day_and_no_more() {
        let mut trial = trial().with_before(vec![None]);
        let mut mins = Vec::new();
        while let Some(at) = trial.look_at {
            mins.push((at.as_second() - trial.asked_at.as_second()) / 60);
            trial = trial.looked(vec![Ok(Seen::Nothing)]);
        }
        assert_eq!(mins, LOOK_AFTER_MINS);
        assert_eq!(trial.seen, [Seen::Nothing]);
    }

    #[test]
    fn it_is_left_alone_when_nothing_more_can_be_learnt() {
        let cannot = Seen::CannotTell { why: "no list".into() };
        for seen in [done(), cannot] {
            let looked = trial().with_before(vec![None]).looked(vec![Ok(seen.clone())]);
            assert_eq!((looked.look_at, looked.seen), (None, vec![seen]));
        }
    }

    #[test]
    fn a_product_that_never_answers_cannot_tell_and_one_that_did_keeps_its_word() {
        let look = |answers: [Result<Seen, String>; 4]| {
            let first = trial().with_before(vec![None]);
            answers.into_iter().fold(first, |it, answer| it.looked(vec![answer])).seen.remove(0)
        };
        let away = || Err("away".to_owned());
        let partly = || Seen::Partly { evidence: vec!["one".into()] };
        assert_eq!(look([away(), away(), away(), away()]), Seen::CannotTell { why: "away".into() });
        assert_eq!(look([Ok(Seen::Nothing), away(), away(), away()]), Seen::Nothing);
        assert_eq!(look([Ok(partly()), Ok(Seen::Nothing), away(), away()]), partly());
        assert_eq!(look([Ok(Seen::Nothing), away(), away(), Ok(done())]), done());
    }

    #[test]
    fn what_was_there_before_is_read_at_once_or_not_at_all() {
        let trial = trial();
        let after = |secs| trial.asked_at + SignedDuration::from_secs(secs);
        assert!(trial.is_before(after(BEFORE_SECS_MAX)));
        assert!(!trial.is_before(after(BEFORE_SECS_MAX + 1)));
        assert!(!trial.with_before(vec![None]).is_before(after(1)));
    }

    #[test]
    fn only_all_devices_are_the_same() {
        let some = || Some("it ran".to_owned());
        assert_eq!(Seen::of(vec![some()]), done());
        assert_eq!(Seen::of(vec![None, None]), Seen::Nothing);
        assert_eq!(Seen::of(vec![some(), None]), Seen::Partly { evidence: vec!["it ran".into()] });
        assert_eq!(Seen::of(vec![some(); 9]), Seen::Done { evidence: vec!["it ran".into(); 5] });
    }
}
