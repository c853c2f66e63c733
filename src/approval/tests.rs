//! Every event in every state, and who may do what.

use jiff::SignedDuration;
use serde_json::json;

use super::*;

fn now() -> Timestamp {
    "2026-09-01T09:00:00Z".parse().unwrap()
}

fn later(mins: i64) -> Timestamp {
    now() + SignedDuration::from_mins(mins)
}

pub(super) fn approval(needed: u8) -> Approval {
    let plan = Plan { calls: vec![], policy: Digest::of(&json!(1)) };
    Approval {
        id: ApprovalId::new("a"),
        code: "7F3K".into(),
        request: RequestId::new("r"),
        conversation: ConversationId::new("console/console/1"),
        requester: PersonId::new("ana"),
        digest: plan.digest(),
        plan,
        reason: String::new(),
        quorum: Quorum { needed, ..Quorum::default() },
        approvers: vec![],
        asked: String::new(),
        instead_of: None,
        replaced_by: None,
        paper_trail: false,
        decisions: vec![],
        asked_at: now(),
        expires_at: later(15),
        state: State::Waiting,
        version: 1,
    }
}

fn approve(by: &str) -> Event {
    Event::Approve {
        by: PersonId::new(by),
        seen: approval(1).digest,
        entitled: Entitled::Yes,
        steps: None,
        meets: vec![],
        on_behalf_of: None,
    }
}

fn deny(by: &str, entitled: Entitled) -> Event {
    Event::Deny { by: PersonId::new(by), entitled, reason: None }
}

fn withdraw(by: &str) -> Event {
    Event::Withdraw { by: PersonId::new(by) }
}

fn drift() -> Event {
    Event::Drift { difference: "the script was edited".into() }
}

/// The state word that follows, or the refusal.
fn outcome(approval: &Approval, event: Event, at: Timestamp) -> String {
    match approval.next(event, at) {
        Ok(next) => next.state.key().to_owned(),
        Err(refusal) => format!("no: {refusal}"),
    }
}

#[test]
fn a_waiting_approval_takes_each_event_from_the_right_person_only() {
    let unentitled = Event::Approve {
        by: PersonId::new("vic"),
        seen: approval(1).digest,
        entitled: Entitled::No,
        steps: None,
        meets: vec![],
        on_behalf_of: None,
    };
    let unnamed = Event::Approve {
        by: PersonId::new("zoe"),
        seen: approval(1).digest,
        entitled: Entitled::NotNamed,
        steps: None,
        meets: vec![],
        on_behalf_of: None,
    };
    let stale = Event::Approve {
        by: PersonId::new("ben"),
        seen: Digest::of(&json!(2)),
        entitled: Entitled::Yes,
        steps: None,
        meets: vec![],
        on_behalf_of: None,
    };
    for (event, expected) in [
        (approve("ben"), "approved"),
        (approve("ana"), "no: you asked for this, so somebody else has to approve it"),
        (unentitled, "no: only a person with the role approver or manager can decide this"),
        (unnamed, "no: a rule names who can decide this, and you are not among them"),
        (
            deny("zoe", Entitled::NotNamed),
            "no: a rule names who can decide this, and you are not among them",
        ),
        (stale, "no: the plan changed since this card was shown, so nothing was decided"),
        (deny("ben", Entitled::Yes), "denied"),
        (
            deny("vic", Entitled::No),
            "no: only a person with the role approver or manager can decide this",
        ),
        (deny("ana", Entitled::No), "withdrawn"),
        (withdraw("ana"), "withdrawn"),
        (withdraw("ben"), "no: only the person who asked can withdraw a request"),
        (Event::Tick, "no: nothing is due"),
        (drift(), "voided"),
    ] {
        assert_eq!(outcome(&approval(1), event.clone(), now()), expected, "{event:?}");
    }
}

#[test]
fn after_its_time_every_event_only_expires_it() {
    for event in [approve("ben"), deny("ben", Entitled::Yes), withdraw("ana"), Event::Tick, drift()]
    {
        assert_eq!(outcome(&approval(1), event.clone(), later(15)), "expired", "{event:?}");
    }
}

#[test]
fn an_ended_approval_takes_nothing_but_drift_right_before_the_run() {
    let ends = [
        State::Approved { at: now() },
        State::Denied { by: PersonId::new("ben"), at: now(), reason: None },
        State::Expired { at: now() },
        State::Withdrawn { at: now() },
        State::Voided { at: now(), difference: String::new() },
    ];
    for state in ends {
        let ended = Approval { state, ..approval(1) };
        for event in
            [approve("mia"), deny("mia", Entitled::Yes), withdraw("ana"), Event::Tick, drift()]
        {
            let voids = matches!(ended.state, State::Approved { .. })
                && matches!(event, Event::Drift { .. });
            let outcome = outcome(&ended, event.clone(), later(60));
            if voids {
                assert_eq!(outcome, "voided");
            } else {
                assert!(
                    outcome.starts_with("no: this was already"),
                    "{:?} {event:?}: {outcome}",
                    ended.state
                );
            }
        }
    }
}

#[test]
fn a_quorum_counts_different_people_and_one_no_ends_it() {
    let first = approval(2).next(approve("ben"), now()).unwrap();
    assert_eq!(first.state, State::Waiting);
    assert_eq!(first.next(approve("ben"), now()).unwrap_err(), Refusal::AlreadyApproved);
    let second = first.next(approve("mia"), later(1)).unwrap();
    assert_eq!(second.state, State::Approved { at: later(1) });
    assert_eq!(second.decisions.len(), 2);
    assert_eq!(outcome(&first, deny("mia", Entitled::Yes), now()), "denied");
}

#[test]
fn a_quorum_waits_for_the_people_it_names() {
    let mut both = approval(2);
    both.quorum.needs = vec![Need::new(vec![], 1), Need::new(vec!["role:manager".into()], 1)];
    let yes = |by: &str, meets: &[usize]| Event::Approve {
        by: PersonId::new(by),
        seen: approval(1).digest,
        entitled: Entitled::Yes,
        steps: None,
        meets: meets.to_vec(),
        on_behalf_of: None,
    };
    let two = both.next(yes("ben", &[0]), now()).unwrap().next(yes("zoe", &[0]), now()).unwrap();
    assert_eq!(two.state, State::Waiting, "two people, and no manager among them");
    let three = two.next(yes("mia", &[0, 1]), now()).unwrap();
    assert_eq!(three.state, State::Approved { at: now() });
    assert_eq!(three.quorum.needs[1].by, [PersonId::new("mia")]);
}

#[test]
fn the_requester_approves_only_where_an_operator_switched_that_on() {
    let mut own = approval(1);
    own.quorum.self_approval = true;
    assert_eq!(outcome(&own, approve("ana"), now()), "approved");
}

#[test]
fn only_what_nobody_decided_or_what_drifted_after_the_yes_can_be_asked_again() {
    let asked = approval(1);
    assert!(!asked.can_be_asked_again(now()));
    assert!(asked.can_be_asked_again(later(15)), "its time is up");
    assert!(asked.next(Event::Tick, later(15)).unwrap().can_be_asked_again(later(15)));
    let edited = asked.next(drift(), now()).unwrap();
    assert!(!edited.can_be_asked_again(now()), "its edit has a card of its own");
    let approved = asked.next(approve("ben"), now()).unwrap();
    assert!(!approved.can_be_asked_again(now()));
    assert!(approved.next(drift(), now()).unwrap().can_be_asked_again(now()));
    assert!(!asked.next(withdraw("ana"), now()).unwrap().can_be_asked_again(later(60)));
}
