//! Events come in once and are worked on by one worker at a time.

use countersign::conversation::{Body, Context};
use countersign::ids::PersonId;
use countersign::ports::store::CLAIM_EVENTS_MAX;
use countersign::ports::{Accepted, Held, Store, Write};
use countersign::reply::Action;

use crate::harness::on_each_database;
use crate::harness::samples::*;

on_each_database! {
    async fn a_redelivered_event_is_a_duplicate(store) {
        let first = event("1", "main", "hello", 0);
        assert_eq!(store.accept(&first).await.unwrap(), Accepted::New);
        assert_eq!(store.accept(&first).await.unwrap(), Accepted::Duplicate);
        // Handled or not, in whatever thread it says.
        let claimed = store.claim_conversation(&worker("w"), at(1), LEASE).await.unwrap().unwrap();
        store.commit(writes([Write::InboxDone(claimed.events[0].id)])).await.unwrap();
        let elsewhere = event("1", "other", "hello", 5);
        assert_eq!(store.accept(&elsewhere).await.unwrap(), Accepted::Duplicate);
        assert_eq!(store.count("SELECT count(*) FROM conversation").await, 1);
        assert_eq!(store.count("SELECT lines FROM conversation").await, 1);
    }

    async fn a_conversation_is_unhandled_until_its_event_is_whoever_holds_it(store) {
        assert!(!store.is_unhandled(&conversation("main")).await.unwrap());
        store.accept(&event("1", "main", "hello", 0)).await.unwrap();
        assert!(store.is_unhandled(&conversation("main")).await.unwrap());
        assert!(!store.is_unhandled(&conversation("other")).await.unwrap());
        let claimed = store.claim_conversation(&worker("w"), at(1), LEASE).await.unwrap().unwrap();
        assert!(store.is_unhandled(&conversation("main")).await.unwrap());
        store.commit(writes([Write::InboxDone(claimed.events[0].id)])).await.unwrap();
        assert!(!store.is_unhandled(&conversation("main")).await.unwrap());
    }

    async fn an_event_comes_back_as_it_was(store) {
        let mut click = event("1", "main", "", 0);
        click.body = Body::Click(Action::Pick { question: 3, option: 1 });
        let odd = event("2", "main", "tab\tnew\nline \0 ä 𝄞 \"quoted\" $1", 1);
        store.accept(&click).await.unwrap();
        store.accept(&odd).await.unwrap();
        let claimed = store.claim_conversation(&worker("w"), at(2), LEASE).await.unwrap().unwrap();
        assert_eq!(claimed.thread, thread("main"));
        assert_eq!(claimed.context, Context::default());
        let events: Vec<_> = claimed.events.into_iter().map(|it| it.inbound).collect();
        assert_eq!(events, [click, odd]);
    }

    async fn the_conversation_that_waits_longest_comes_first(store) {
        store.accept(&event("1", "b", "first", 0)).await.unwrap();
        store.accept(&event("2", "a", "second", 1)).await.unwrap();
        store.accept(&event("3", "b", "third", 2)).await.unwrap();
        let one = store.claim_conversation(&worker("w1"), at(3), LEASE).await.unwrap().unwrap();
        assert_eq!((one.id, one.events.len()), (conversation("b"), 2));
        let two = store.claim_conversation(&worker("w1"), at(3), LEASE).await.unwrap().unwrap();
        assert_eq!((two.id, two.events.len()), (conversation("a"), 1));
        assert_eq!(store.claim_conversation(&worker("w2"), at(3), LEASE).await.unwrap(), None);
    }

    async fn several_conversations_are_claimed_at_once_each_with_its_own_events(store) {
        for (id, thread) in [("1", "a"), ("2", "b"), ("3", "a"), ("4", "c"), ("5", "d")] {
            store.accept(&event(id, thread, id, 0)).await.unwrap();
        }
        store.raw("UPDATE inbox SET body = '{\"dance\":1}' WHERE event_id = '4'").await.unwrap();
        let claim = async |name: &str, limit| {
            let all = store.claim_conversations(&worker(name), at(1), LEASE, limit).await.unwrap();
            let one = |it: &countersign::ports::Claimed| {
                let events: Vec<_> =
                    it.events.iter().map(|it| it.inbound.event_id.as_str()).collect();
                format!("{}: {}", it.thread.thread, events.join(" "))
            };
            all.iter().map(one).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(claim("w1", 2).await, "a: 1 3, b: 2");
        // What cannot be read holds up itself alone.
        assert_eq!(claim("w2", 10).await, "d: 5");
        assert_eq!(claim("w2", 10).await, "");
        let (a, w1) = (conversation("a"), worker("w1"));
        assert!(store.renew(Held::Conversation(&a), &w1, at(2), LEASE).await.unwrap());
    }

    async fn two_workers_claim_one_conversation_once(store) {
        for round in 0..10 {
            store.accept(&event(&round.to_string(), &round.to_string(), "hi", 0)).await.unwrap();
            let claims = (0..8).map(|number| {
                let store = store.clone();
                tokio::spawn(async move {
                    let worker = worker(&format!("w{number}"));
                    store.claim_conversation(&worker, at(1), LEASE).await.unwrap().is_some()
                })
            });
            let mut won = 0;
            for claim in claims.collect::<Vec<_>>() {
                won += u32::from(claim.await.unwrap());
            }
            assert_eq!(won, 1);
        }
    }

    async fn an_expired_lease_is_taken_over_and_only_its_owner_gives_it_back(store) {
        store.accept(&event("1", "main", "hi", 0)).await.unwrap();
        let claim = async |name: &str, secs| {
            store.claim_conversation(&worker(name), at(secs), LEASE).await.unwrap().is_some()
        };
        assert!(claim("w1", 0).await);
        assert!(!claim("w2", 59).await);
        assert!(claim("w2", 60).await);
        store.release_conversation(&conversation("main"), &worker("w1")).await.unwrap();
        assert!(!claim("w3", 61).await);
        store.release_conversation(&conversation("main"), &worker("w2")).await.unwrap();
        assert!(claim("w3", 61).await);
    }

    async fn a_new_context_gives_the_conversation_back_for_its_owner_alone(store) {
        let context = |seen, left_by| {
            let conversation = conversation("main");
            writes([Write::Context { conversation, context: context("c"), seen, left_by }])
        };
        store.accept(&event("1", "main", "hi", 0)).await.unwrap();
        let claim = async |name: &str| {
            store.claim_conversation(&worker(name), at(0), LEASE).await.unwrap()
        };
        assert_eq!(claim("w1").await.unwrap().worker, worker("w1"));
        store.commit(context(0, None)).await.unwrap();
        store.commit(context(1, Some(worker("w2")))).await.unwrap();
        assert_eq!(claim("w2").await, None);
        store.commit(context(2, Some(worker("w1")))).await.unwrap();
        assert_eq!(claim("w2").await.unwrap().version, 3);
    }

    async fn only_the_owner_prolongs_a_lease_and_only_until_somebody_took_it_over(store) {
        store.accept(&event("1", "main", "hi", 0)).await.unwrap();
        let id = conversation("main");
        let claim = async |name: &str, secs| {
            store.claim_conversation(&worker(name), at(secs), LEASE).await.unwrap().is_some()
        };
        let renew = async |name: &str, secs| {
            let held = Held::Conversation(&id);
            store.renew(held, &worker(name), at(secs), LEASE).await.unwrap()
        };
        assert!(claim("w1", 0).await);
        assert!(renew("w1", 50).await);
        assert!(!renew("w2", 50).await);
        assert!(!claim("w2", 100).await);
        assert!(claim("w2", 110).await);
        assert!(!renew("w1", 111).await);
    }

    async fn a_claim_has_at_most_twenty_events_and_the_rest_waits(store) {
        for number in 0..25 {
            let text = number.to_string();
            store.accept(&event(&text, "main", &text, number)).await.unwrap();
        }
        let claimed = store.claim_conversation(&worker("w"), at(30), LEASE).await.unwrap().unwrap();
        assert_eq!(claimed.events.len(), usize::try_from(CLAIM_EVENTS_MAX).unwrap());
        let done = claimed.events.iter().map(|it| Write::InboxDone(it.id));
        store.commit(writes(done)).await.unwrap();
        store.release_conversation(&claimed.id, &worker("w")).await.unwrap();
        let rest = store.claim_conversation(&worker("w"), at(31), LEASE).await.unwrap().unwrap();
        assert_eq!(rest.events[0].inbound.body, Body::Text("20".into()));
        assert_eq!(rest.events.len(), 5);
        let done = rest.events.iter().map(|it| Write::InboxDone(it.id));
        store.commit(writes(done)).await.unwrap();
        store.release_conversation(&rest.id, &worker("w")).await.unwrap();
        assert_eq!(store.claim_conversation(&worker("w"), at(32), LEASE).await.unwrap(), None);
    }

    async fn an_event_that_makes_no_sense_does_not_block_other_conversations(store) {
        store.accept(&event("1", "bad", "hi", 0)).await.unwrap();
        store.accept(&event("2", "good", "hi", 1)).await.unwrap();
        store.raw("UPDATE inbox SET body = '{\"dance\":1}' WHERE event_id = '1'").await.unwrap();
        let broken = store.claim_conversation(&worker("w"), at(2), LEASE).await.unwrap_err();
        assert!(broken.to_string().starts_with("a stored event cannot be read"), "{broken}");
        let next = store.claim_conversation(&worker("w"), at(2), LEASE).await.unwrap().unwrap();
        assert_eq!(next.id, conversation("good"));
    }

    async fn a_change_is_signalled_to_this_process(store) {
        let mut changes = store.changes();
        store.accept(&event("1", "main", "hi", 0)).await.unwrap();
        let wait = std::time::Duration::from_secs(5);
        tokio::time::timeout(wait, changes.recv()).await.unwrap().unwrap();
        // A duplicate is no change.
        store.accept(&event("1", "main", "hi", 0)).await.unwrap();
    }

    async fn what_was_said_outlives_a_killed_process(store) {
        let killed = store.second().await;
        killed.accept(&event("1", "main", "hi", 0)).await.unwrap();
        let set = Write::Request {
            id: countersign::ids::RequestId::new("r1"),
            conversation: conversation("main"),
            person: PersonId::new("ana"),
            text: "hi".into(),
            at: at(0),
        };
        killed.commit(audited([set])).await.unwrap();
        drop(killed);
        let next = store.second().await;
        let claimed = next.claim_conversation(&worker("w"), at(1), LEASE).await.unwrap().unwrap();
        assert_eq!(claimed.events.len(), 1);
        assert_eq!(next.audit_head().await.unwrap().0, 1);
        assert_eq!(next.count("SELECT count(*) FROM request").await, 1);
    }
}

mod across_processes {
    use super::*;
    use crate::harness::{TestStore, on_postgres};

    async fn told(store: TestStore) {
        let other = store.second().await;
        let mut changes = other.changes();
        // Listening begins in the background; until then a signal may be lost, as documented.
        for number in 0..100 {
            let text = number.to_string();
            store.accept(&event(&text, "main", &text, 0)).await.unwrap();
            let wait = std::time::Duration::from_millis(200);
            if let Ok(signal) = tokio::time::timeout(wait, changes.recv()).await {
                signal.unwrap();
                return;
            }
        }
        panic!("the other process never heard of a change");
    }

    #[test]
    fn a_change_wakes_another_process_on_postgres() {
        on_postgres("a_change_wakes_another_process_on_postgres", told);
    }
}
