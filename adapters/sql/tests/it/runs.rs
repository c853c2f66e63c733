//! Runs: claimed when due, by one worker, and started once.

use countersign::ports::{RunFilter, Store, StoreError, Write};
use countersign::run::{Authority, Handle, Run, State};

use crate::harness::samples::*;
use crate::harness::{TestStore, on_each_database};

async fn begun(store: &TestStore, runs: impl IntoIterator<Item = Run>) {
    store.accept(&event("1", "main", "hi", 0)).await.unwrap();
    let new = runs.into_iter().map(|it| Write::RunNew(Box::new(it)));
    store.commit(audited(new)).await.unwrap();
}

on_each_database! {
    async fn a_run_comes_back_as_it_was_in_every_state(store) {
        let mut it = run("run1", "a1", 0);
        begun(&store, [it.clone()]).await;
        assert_eq!(store.run(&it.id).await.unwrap().as_ref(), Some(&it));
        let handle = || Handle("task-9".into());
        let states = [
            State::Dispatching { since: at(1) },
            State::Doubtful { since: at(1), looks: 2 },
            State::Accepted { handle: handle(), since: at(1) },
            State::Running { handle: handle(), since: at(1) },
            State::Succeeded { at: at(1) },
            State::Failed { at: at(1), why: "disk".into() },
            State::PartlyFailed { at: at(1) },
            State::TimedOut { at: at(1) },
            State::NotSent { at: at(1), why: "429".into() },
            State::AskedAPerson { at: at(1), why: "two tasks".into() },
        ];
        for state in states {
            it.due_at = (!state.is_over()).then(|| at(2));
            it.state = state;
            store.commit(audited([Write::RunAdvance(Box::new(it.clone()))])).await.unwrap();
            it.version += 1;
            assert_eq!(store.run(&it.id).await.unwrap().as_ref(), Some(&it));
        }
    }

    async fn an_authority_is_used_once_for_each_step(store) {
        let second = Run { step: 1, ..run("run2", "a1", 0) };
        let by_policy = |id: &str| {
            let mut it = run(id, "", 0);
            it.authority = Authority::Auto { reason: "default".into(), asked: "run it".into() };
            it
        };
        begun(&store, [run("run1", "a1", 0), second, by_policy("run3")]).await;
        for again in [run("run4", "a1", 5), by_policy("run5")] {
            let lost = store.commit(audited([Write::RunNew(Box::new(again))])).await;
            assert!(matches!(lost, Err(StoreError::Lost { what: "the grant" })), "{lost:?}");
        }
    }

    async fn the_run_due_longest_is_claimed_by_one_worker(store) {
        begun(&store, [run("late", "a1", 20), run("early", "a2", 10), run("later", "a3", 99)]).await;
        let claim = async |name: &str, secs| {
            let run = store.claim_run(&worker(name), at(secs), LEASE).await.unwrap();
            run.map_or("-".to_owned(), |it| it.id.as_str().to_owned())
        };
        assert_eq!(claim("w1", 9).await, "-");
        assert_eq!(claim("w1", 30).await, "early");
        assert_eq!(claim("w2", 30).await, "late");
        assert_eq!(claim("w2", 31).await, "-");
        assert_eq!(claim("w2", 90).await, "early");
        store.release_run(&run("early", "", 0).id, &worker("w1")).await.unwrap();
        assert_eq!(claim("w1", 91).await, "late");
        store.release_run(&run("early", "", 0).id, &worker("w2")).await.unwrap();
        assert_eq!(claim("w1", 91).await, "early");
    }

    async fn eight_workers_claim_forty_runs_once_each(store) {
        begun(&store, (0..40).map(|n| run(&format!("run{n}"), &format!("a{n}"), 0))).await;
        let workers = (0..8).map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut taken = vec![];
                let name = worker(&format!("w{number}"));
                while let Some(run) = store.claim_run(&name, at(1), LEASE).await.unwrap() {
                    taken.push(run.id);
                }
                taken
            })
        });
        let mut taken = vec![];
        for one in workers.collect::<Vec<_>>() {
            taken.extend(one.await.unwrap());
        }
        assert_eq!(taken.len(), 40);
        taken.sort();
        taken.dedup();
        assert_eq!(taken.len(), 40);
    }

    async fn lists_are_filtered_and_newest_first(store) {
        let request = countersign::ids::RequestId::new("r2");
        let over = Run {
            state: State::Succeeded { at: at(5) },
            due_at: None,
            request: request.clone(),
            ..run("b", "a2", 10)
        };
        begun(&store, [run("a", "a1", 0), over, run("c", "a3", 20)]).await;
        let any = RunFilter { limit: 10, ..RunFilter::default() };
        for (filter, wanted) in [
            (any.clone(), "c b a"),
            (RunFilter { unfinished_only: true, ..any.clone() }, "c a"),
            (RunFilter { request: Some(request.clone()), ..any.clone() }, "b"),
            (RunFilter { conversation: Some(conversation("main")), limit: 1, ..any.clone() }, "c"),
            (RunFilter { conversation: Some(conversation("other")), ..any }, ""),
        ] {
            let found = store.runs(&filter).await.unwrap();
            let ids: Vec<_> = found.iter().map(|it| it.id.as_str()).collect();
            assert_eq!(ids.join(" "), wanted, "{filter:?}");
        }
    }

    async fn a_row_that_contradicts_itself_is_not_guessed_at(store) {
        begun(&store, [run("run1", "a1", 0)]).await;
        store.raw("UPDATE run SET state = 'succeeded'").await.unwrap();
        let error = store.run(&run("run1", "", 0).id).await.unwrap_err();
        assert!(matches!(error, StoreError::Unreadable { what: "run", .. }), "{error}");
        // It keeps its lease: a loop of workers does not spin on it, and others go on.
        store.claim_run(&worker("w"), at(1), LEASE).await.unwrap_err();
        assert_eq!(store.claim_run(&worker("w"), at(1), LEASE).await.unwrap(), None);
        store.raw("UPDATE run SET state = 'maybe'").await.unwrap_err();
    }
}
