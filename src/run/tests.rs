//! Every event in every state: what is not listed is impossible.

use super::*;

fn now() -> Timestamp {
    "2026-09-01T09:00:00Z".parse().unwrap()
}

fn states() -> Vec<State> {
    let handle = || Handle("h".into());
    vec![
        State::Granted,
        State::Dispatching { since: now() },
        State::Doubtful { since: now(), looks: 0 },
        State::Accepted { handle: handle(), since: now() },
        State::Running { handle: handle(), since: now() },
        State::Succeeded { at: now() },
        State::Failed { at: now(), why: String::new() },
        State::PartlyFailed { at: now() },
        State::TimedOut { at: now() },
        State::NotSent { at: now(), why: String::new() },
        State::AskedAPerson { at: now(), why: String::new() },
    ]
}

fn events() -> Vec<(&'static str, Event)> {
    let handle = || Handle("h".into());
    vec![
        ("dispatch", Event::Dispatch),
        ("spread", Event::Spread),
        ("accepted", Event::Accepted(handle())),
        ("refused", Event::Refused(String::new())),
        ("unanswered", Event::Unanswered),
        ("found", Event::LookedUp(LookUp::Found(handle()))),
        ("found finished", Event::LookedUp(LookUp::FoundFinished(Box::default()))),
        ("absent", Event::LookedUp(LookUp::Absent)),
        ("cannot tell", Event::LookedUp(LookUp::CannotTell(String::new()))),
        ("no answer", Event::LookedUp(LookUp::NoAnswer)),
        ("not yet", Event::Progress(Progress::NotYet)),
        ("begun", Event::Progress(Progress::Begun)),
        ("finished", Event::Finished(Ending::Succeeded)),
        ("deadline", Event::Deadline),
    ]
}

#[test]
fn the_table_of_transitions() {
    let mut lines = Vec::new();
    for state in states() {
        for (name, event) in events() {
            if let Ok(next) = state.next(event, now()) {
                lines.push(format!("{} + {name} -> {}", state.key(), next.key()));
            }
        }
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn nothing_leads_back_to_sending() {
    for state in states() {
        for (name, event) in events() {
            let next = state.next(event, now()).map(|next| next.key());
            let sends = next == Ok("dispatching") || next == Ok("granted");
            assert!(!sends || state == State::Granted, "{} + {name} would send again", state.key());
        }
    }
}

#[test]
fn what_is_over_stays_over() {
    for state in states().into_iter().filter(State::is_over) {
        for (name, event) in events() {
            assert!(state.next(event, now()).is_err(), "{} + {name}", state.key());
        }
    }
}

#[test]
fn absence_is_believed_after_several_looks_only() {
    let mut state = State::Doubtful { since: now(), looks: 0 };
    for _ in 1..LOOKS_UNTIL_ABSENT {
        state = state.next(Event::LookedUp(LookUp::Absent), now()).unwrap();
        assert_eq!(state.key(), "doubtful");
    }
    assert_eq!(state.next(Event::LookedUp(LookUp::Absent), now()).unwrap().key(), "not_sent");
}

#[test]
fn a_product_that_stays_silent_ends_with_a_person() {
    let mut state = State::Doubtful { since: now(), looks: 0 };
    let mut looks = 0;
    while state.key() == "doubtful" {
        state = state.next(Event::LookedUp(LookUp::NoAnswer), now()).unwrap();
        looks += 1;
    }
    assert_eq!((state.key(), looks), ("asked_a_person", LOOKS_MAX));
}
