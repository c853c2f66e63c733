//! Trials: one look at a time, one word, and codes that are free again once it is said.

use countersign::digest::Digest;
use countersign::ids::{ConversationId, RequestId, TrialId};
use countersign::plan::Plan;
use countersign::ports::{Store, StoreError, TrialFilter, Write};
use countersign::trial::{Did, Trial};

use crate::harness::on_each_database;
use crate::harness::samples::*;

fn trial(id: &str, code: &str, secs: i64) -> Trial {
    let plan = Plan { calls: vec![], policy: Digest::of(&serde_json::json!(id)) };
    Trial {
        id: TrialId::new(id),
        code: code.into(),
        request: RequestId::new("r1"),
        conversation: ConversationId::new("console/console/1"),
        requester: person("ana"),
        digest: plan.digest(),
        plan,
        reason: "rule “on trial”: plan only".into(),
        would: "ask one person".into(),
        asked: "run x".into(),
        asked_at: at(secs),
        said: None,
        seen: vec![],
        before: vec![],
        looks: 0,
        look_at: Some(at(secs)),
        version: 1,
    }
}

fn new(trial: &Trial) -> Write {
    Write::TrialNew(Box::new(trial.clone()))
}

fn advance(trial: Trial) -> Write {
    Write::TrialAdvance(Box::new(trial))
}

async fn ids(store: &dyn Store, filter: TrialFilter) -> Vec<String> {
    let found = store.trials(&TrialFilter { limit: 10, ..filter }).await.unwrap();
    found.iter().map(|it| it.id.to_string()).collect()
}

on_each_database! {
    async fn eight_who_look_at_once_are_one(store) {
        store.commit(audited([new(&trial("t1", "7F3K", 1))])).await.unwrap();
        let tries = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let filter = TrialFilter { due: Some(at(2)), limit: 5, ..TrialFilter::default() };
                let Some(due) = store.trials(&filter).await.unwrap().pop() else { return 0 };
                match store.commit(audited([advance(due.taken(at(2)))])).await {
                    Ok(_) => 1,
                    Err(StoreError::Lost { what }) => {
                        assert_eq!(what, "the trial");
                        0
                    }
                    Err(other) => panic!("{other}"),
                }
            })
        });
        let mut taken = 0;
        for one in tries.collect::<Vec<_>>() {
            taken += one.await.unwrap();
        }
        assert_eq!(taken, 1);
        let due = |secs| TrialFilter { due: Some(at(secs)), ..TrialFilter::default() };
        assert!(ids(&*store, due(2)).await.is_empty(), "somebody looks");
        assert_eq!(ids(&*store, due(200)).await, ["t1"], "whoever looked is gone");
    }

    async fn a_code_is_free_again_when_it_was_said_what_was_done(store) {
        let first = trial("t1", "7F3K", 1);
        store.commit(audited([new(&first)])).await.unwrap();
        let twin = store.commit(audited([new(&trial("t2", "7F3K", 2))])).await;
        assert!(matches!(twin, Err(StoreError::Lost { .. })));
        let said = first.say(Did::Nothing, &person("ana"), false, at(2)).unwrap();
        store.commit(audited([advance(said.clone())])).await.unwrap();
        let again = store.commit(audited([advance(said)])).await;
        assert!(matches!(again, Err(StoreError::Lost { .. })), "said once");
        let code = || TrialFilter { code: Some("7f3k".into()), ..TrialFilter::default() };
        assert_eq!(ids(&*store, code()).await, ["t1"]);
        store.commit(audited([new(&trial("t2", "7F3K", 0))])).await.unwrap();
        assert_eq!(ids(&*store, code()).await, ["t2", "t1"], "of which nothing was said, first");
    }

    async fn trials_are_found_by_plan_while_they_are_looked_at_and_by_time(store) {
        let (one, other) = (trial("t1", "7F3K", 1), trial("t2", "8G4L", 5));
        store.commit(audited([new(&one), new(&other)])).await.unwrap();
        let open = || TrialFilter { open: Some(one.digest.clone()), ..TrialFilter::default() };
        assert_eq!(ids(&*store, open()).await, ["t1"]);
        let over = Trial { look_at: None, ..one.clone() };
        store.commit(audited([advance(over)])).await.unwrap();
        assert!(ids(&*store, open()).await.is_empty());
        assert_eq!(ids(&*store, TrialFilter::default()).await, ["t2", "t1"]);
        let since = TrialFilter { since: Some(at(5)), ..TrialFilter::default() };
        assert_eq!(ids(&*store, since).await, ["t2"]);
    }
}
