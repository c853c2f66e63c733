//! All of a change, or nothing of it.

use countersign::approval::State as ApprovalState;
use countersign::directory::Platform;
use countersign::ids::{PersonId, RequestId};
use countersign::ports::{Accepted, ExternalId, InboxId, PolicySet, Store, StoreError, Write};
use countersign::reply::Message;
use countersign::run::State as RunState;
use countersign::tool::ToolName;
use countersign_sql::lost;

use crate::harness::samples::*;
use crate::harness::{TestStore, on_each_database};

/// One of each, in the conversation `main`: event 1 is done, the context has version 1.
async fn seeded(store: &TestStore) {
    store.accept(&event("1", "main", "hi", 0)).await.unwrap();
    let seed = [
        Write::InboxDone(InboxId(1)),
        Write::Context {
            conversation: conversation("main"),
            context: context("c1"),
            seen: 0,
            left_by: None,
        },
        request("r1"),
        Write::ApprovalNew(Box::new(approval("a1", "K7QF", 0))),
        Write::RunNew(Box::new(run("run1", "a1", 0))),
    ];
    store.commit(audited(seed)).await.unwrap();
}

fn request(id: &str) -> Write {
    Write::Request {
        id: RequestId::new(id),
        conversation: conversation("main"),
        person: PersonId::new("ana"),
        text: "hi".into(),
        at: at(0),
    }
}

/// Commits `last` behind writes that would succeed; it must lose, and take all of them back.
async fn check_lost(store: &TestStore, last: Write, wanted: &str) {
    let tables = "SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM audit_log)
        + (SELECT count(*) FROM tool_policy) + (SELECT version FROM policy_version)
        + (SELECT lines FROM conversation) + (SELECT seq FROM audit_head)";
    let before = store.count(tables).await;
    let head = store.audit_head().await.unwrap();
    let policy = PolicySet {
        policy: countersign::policy::Policy::Auto,
        by: person("ana"),
        at: at(0),
        content: None,
    };
    let fine = [
        post("main", Message::text("done"), 1),
        Write::ToolPolicy { tool: ToolName::new("connectwise_rmm:x"), set: Some(policy) },
    ];
    let change = audited(fine.into_iter().chain([last]));
    match store.commit(change).await {
        Err(StoreError::Lost { what }) => assert_eq!(what, wanted),
        other => panic!("{wanted}: {other:?}"),
    }
    assert_eq!(store.count(tables).await, before, "{wanted}");
    assert_eq!(store.audit_head().await.unwrap(), head, "{wanted}");
}

on_each_database! {
    async fn whoever_comes_second_changes_nothing_at_all(store) {
        seeded(&store).await;
        let later = |version| {
            let mut it = approval("a1", "K7QF", 0);
            it.state = ApprovalState::Approved { at: at(5) };
            it.version = version;
            Write::ApprovalAdvance(Box::new(it))
        };
        let sent = |version| {
            let mut it = run("run1", "a1", 0);
            it.state = RunState::Dispatching { since: at(5) };
            it.version = version;
            Write::RunAdvance(Box::new(it))
        };
        let same_step = |id: &str| Write::RunNew(Box::new(run(id, "a1", 9)));
        let context =
            |seen| Write::Context { conversation: conversation("main"), context: context("c2"), seen, left_by: None };
        for (write, wanted) in [
            (Write::InboxDone(InboxId(1)), lost::EVENT),
            (Write::InboxDone(InboxId(99)), lost::EVENT),
            (context(0), lost::CONVERSATION),
            (context(2), lost::CONVERSATION),
            (request("r1"), lost::REQUEST),
            (Write::ApprovalNew(Box::new(approval("a1", "OTHR", 0))), lost::APPROVAL),
            (Write::ApprovalNew(Box::new(approval("a2", "K7QF", 0))), lost::APPROVAL_CODE),
            (Write::ApprovalNew(Box::new(approval("a2", "k7qf", 0))), lost::APPROVAL_CODE),
            (later(0), lost::APPROVAL),
            (later(2), lost::APPROVAL),
            (same_step("run2"), lost::GRANT),
            (Write::RunNew(Box::new(run("run1", "a9", 0))), lost::RUN),
            (sent(0), lost::RUN),
            (sent(2), lost::RUN),
        ] {
            check_lost(&store, write, wanted).await;
        }
        // The versions that were read still win.
        store.commit(audited([later(1), sent(1), context(1)])).await.unwrap();
    }

    async fn a_change_lost_within_itself_is_undone_too(store) {
        seeded(&store).await;
        store.accept(&event("2", "main", "again", 1)).await.unwrap();
        let twice = [Write::InboxDone(InboxId(2)), Write::InboxDone(InboxId(2))];
        let error = store.commit(audited(twice)).await.unwrap_err();
        assert_eq!(error.to_string(), "the event was changed by somebody else in the meantime");
        store.commit(audited([Write::InboxDone(InboxId(2))])).await.unwrap();
    }

    async fn a_message_into_no_conversation_is_refused(store) {
        let error = store.commit(audited([post("nowhere", Message::text("hi"), 0)])).await.unwrap_err();
        assert_eq!(
            error.to_string(),
            "the store commit failed: there is no conversation console/desk/nowhere"
        );
        assert_eq!(store.audit_head().await.unwrap().0, 0);
    }

    async fn writes_that_go_together_fail_each_for_itself(store) {
        seeded(&store).await;
        let before = store.audit_head().await.unwrap().0;
        // Every second one is handled already, and every third event is a redelivery.
        let writers = (0..60).map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let handled = (number % 2 == 0).then_some(Write::InboxDone(InboxId(1)));
                let said = post("main", Message::text(number.to_string()), 1);
                let committed =
                    store.commit(audited([said].into_iter().chain(handled))).await.is_ok();
                assert_eq!(committed, number % 2 == 1, "{number}");
                let event = event(&(number - number % 3).to_string(), "other", "hi", 1);
                store.accept(&event).await.unwrap() == Accepted::New
            })
        });
        let mut new = 0;
        for writer in writers.collect::<Vec<_>>() {
            new += i64::from(writer.await.unwrap());
        }
        // 0, 3, 6 … 57: each once, whoever of the three was first.
        assert_eq!(new, 20);
        assert_eq!(store.count("SELECT lines FROM conversation WHERE thread = 'other'").await, 20);
        assert_eq!(store.count("SELECT count(*) FROM outbox").await, 30);
        let told = store.audit_head().await.unwrap().0 - before;
        assert_eq!(told, 30 * i64::try_from(audited([]).audit.len()).unwrap());
        let entries = store.audit(0, 1_000).await.unwrap();
        assert!(entries.windows(2).all(|pair| pair[1].previous == pair[0].hash));
    }

    async fn turns_that_end_together_keep_to_their_own_threads(store) {
        let threads: Vec<String> = (0..24).map(|number| format!("t{number}")).collect();
        for thread in &threads {
            store.accept(&event(thread, thread, "hi", 0)).await.unwrap();
        }
        let claims = store.claim_conversations(&worker("w"), at(1), LEASE, 24).await.unwrap();
        let turns = claims.into_iter().map(|claimed| {
            let store = store.clone();
            tokio::spawn(async move {
                let name = claimed.thread.thread.clone();
                let say = |text: &str| post(&name, Message::text(format!("{name} {text}")), 2);
                let turn = [
                    Write::InboxDone(claimed.events[0].id),
                    say("first"),
                    say("second"),
                    Write::Context {
                        conversation: claimed.id.clone(),
                        context: context(&name),
                        seen: claimed.version,
                        left_by: Some(worker("w")),
                    },
                ];
                store.commit(audited(turn)).await.unwrap();
            })
        });
        for turn in turns.collect::<Vec<_>>() {
            turn.await.unwrap();
        }
        let outgoing = store.claim_outbox(Platform::Console, at(3), LEASE, 100).await.unwrap();
        assert_eq!(outgoing.len(), 24, "one of each thread");
        let marks = outgoing.iter().map(|it| {
            let external = ExternalId(format!("posted in {}", it.thread.thread));
            let store = store.clone();
            let it = it.clone();
            tokio::spawn(async move { store.sent(&it, &external, at(3)).await.unwrap() })
        });
        for mark in marks.collect::<Vec<_>>() {
            mark.await.unwrap();
        }
        for it in store.claim_outbox(Platform::Console, at(4), LEASE, 100).await.unwrap() {
            let second = Message::text(format!("{} second", it.thread.thread));
            assert_eq!(it.message, second, "the first was marked as sent");
        }
        let misplaced = "SELECT count(*) FROM outbox o JOIN conversation c ON c.id = o.conversation
            WHERE o.state = 'sent' AND o.posted <> 'posted in ' || c.thread";
        assert_eq!(store.count(misplaced).await, 0);
        for thread in &threads {
            let again = event(&format!("{thread} again"), thread, "hi", 5);
            store.accept(&again).await.unwrap();
            let claimed = store.claim_conversation(&worker("v"), at(6), LEASE).await.unwrap();
            let claimed = claimed.expect("its lease was given back");
            assert_eq!((claimed.id, claimed.context), (conversation(thread), context(thread)));
            let lines = store.transcript(&conversation(thread), None, 10).await.unwrap();
            let texts: Vec<_> = lines.iter().map(|line| format!("{:?}", line.body)).collect();
            assert_eq!(texts.len(), 4);
            assert!(texts[1].contains(&format!("{thread} first")), "{texts:?}");
            assert!(texts[2].contains(&format!("{thread} second")), "{texts:?}");
        }
    }

    async fn one_turn_that_lost_takes_no_other_down(store) {
        for name in ["a", "b", "c"] {
            store.accept(&event(name, name, "hi", 0)).await.unwrap();
        }
        let turns = ["a", "b", "c", "a"].map(|name| {
            let store = store.clone();
            let context = Write::Context {
                conversation: conversation(name),
                context: context(name),
                seen: 0,
                left_by: None,
            };
            tokio::spawn(async move {
                let said = post(name, Message::text("done"), 1);
                store.commit(audited([context, said])).await.is_ok()
            })
        });
        let mut won = 0;
        for turn in turns {
            won += i64::from(turn.await.unwrap());
        }
        assert_eq!(won, 3, "of the two for one conversation, one");
        assert_eq!(store.count("SELECT count(*) FROM outbox").await, 3);
        assert_eq!(store.count("SELECT count(*) FROM conversation WHERE version = 1").await, 3);
    }

    async fn the_new_context_comes_with_the_next_claim(store) {
        seeded(&store).await;
        store.accept(&event("2", "main", "again", 1)).await.unwrap();
        let claimed = store.claim_conversation(&worker("w"), at(2), LEASE).await.unwrap().unwrap();
        assert_eq!((claimed.context, claimed.version), (context("c1"), 1));
    }

    async fn only_a_dispatched_run_gives_the_proof_for_a_grant(store) {
        seeded(&store).await;
        let mut run = store.run(&run("run1", "", 0).id).await.unwrap().unwrap();
        run.state = RunState::Dispatching { since: at(1) };
        let guard = |policy| dispatch(&run, policy);
        let advance = || Write::RunAdvance(Box::new(run.clone()));
        let changed = store.commit(audited([guard(99), advance()])).await;
        assert!(matches!(changed, Err(StoreError::Lost { what: "the policy" })), "{changed:?}");
        let version = store.policies().await.unwrap().version;
        let mut committed = store.commit(audited([guard(version), advance()])).await.unwrap();
        assert!(committed.dispatched(&run.id).is_some());
        assert!(committed.dispatched(&run.id).is_none(), "once");
        let again = store.commit(audited([advance()])).await;
        assert!(matches!(again, Err(StoreError::Lost { .. })));
    }

    async fn eight_workers_decide_one_approval_once(store) {
        seeded(&store).await;
        let tries = (0..8).map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut it = approval("a1", "K7QF", 0);
                it.state = ApprovalState::Denied {
                    by: person(&format!("p{number}")),
                    at: at(1),
                    reason: None,
                };
                store.commit(audited([Write::ApprovalAdvance(Box::new(it))])).await.is_ok()
            })
        });
        let mut won = 0;
        for one in tries.collect::<Vec<_>>() {
            won += u32::from(one.await.unwrap());
        }
        assert_eq!(won, 1);
        assert_eq!(store.audit_head().await.unwrap().0, 2);
    }

    async fn a_halt_is_kept_until_it_is_released(store) {
        use countersign::policy::{Halt, Scope};
        let halt = |scope: Scope, secs| Halt {
            scope,
            name: "x".into(),
            by: person("mia"),
            at: at(secs),
            reason: Some("don't".into()),
        };
        let everything = halt(Scope::Everything, 2);
        let client = halt(Scope::Client(countersign::ids::ClientId::new("c1")), 1);
        let write = |halt: &Halt, set: Option<Halt>| {
            audited([Write::Halt { scope: halt.scope.clone(), set }])
        };
        for halt in [&everything, &client, &client] {
            store.commit(write(halt, Some(halt.clone()))).await.unwrap();
        }
        let table = store.policies().await.unwrap();
        assert_eq!((table.version, table.halts), (3, vec![client.clone(), everything.clone()]));
        store.commit(write(&everything, None)).await.unwrap();
        assert_eq!(store.policies().await.unwrap().halts, [client]);
    }

    async fn the_policy_version_counts_up_with_every_change(store) {
        assert_eq!(store.policies().await.unwrap(), Default::default());
        let tool = ToolName::new("connectwise_rmm:cw-rmm-script-disk-cleanup");
        let set = PolicySet {
            policy: countersign::policy::Policy::Auto,
            by: person("ana"),
            at: at(3),
            content: Some(countersign::digest::Digest::of_bytes(b"v1")),
        };
        let change = |set: Option<PolicySet>| {
            audited([Write::ToolPolicy { tool: tool.clone(), set }])
        };
        store.commit(change(Some(set.clone()))).await.unwrap();
        let table = store.policies().await.unwrap();
        assert_eq!((table.version, table.set.get(&tool)), (1, Some(&set)));
        let never = PolicySet { policy: countersign::policy::Policy::Never, content: None, ..set };
        store.commit(change(Some(never.clone()))).await.unwrap();
        let table = store.policies().await.unwrap();
        assert_eq!((table.version, table.set.get(&tool)), (2, Some(&never)));
        store.commit(change(None)).await.unwrap();
        let table = store.policies().await.unwrap();
        assert_eq!((table.version, table.set.len()), (3, 0));
    }
}
