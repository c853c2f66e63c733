//! Runs: claimed when due, by one worker, and started once.

use countersign::directory::Product;
use countersign::ids::ClientId;
use countersign::plan::ClientTarget;
use countersign::ports::{RunFilter, RunPlaces, Store, StoreError, Write};
use countersign::run::{Authority, Handle, Marker, Run, State};

use crate::harness::samples::*;
use crate::harness::{TestStore, on_each_database};

const MANY: RunPlaces = RunPlaces { rmm: 99, automate: 99, control: 99 };

/// One of `client`, through `product`.
fn run_of(client: &str, product: Product, id: &str, secs: i64) -> Run {
    let mut it = run(id, &format!("approval of {id}"), secs);
    it.call.product = product;
    it.call.targets[0].client = ClientId::new(client);
    it
}

/// The ids of `most` runs that are claimed one after the other, `secs` after the start.
async fn claimed(store: &TestStore, secs: i64, places: RunPlaces, most: usize) -> String {
    let mut ids = vec![];
    for _ in 0..most {
        let run = store.claim_run(&worker("w"), at(secs), LEASE, places).await.unwrap();
        ids.push(run.map_or("-".to_owned(), |it| it.id.as_str().to_owned()));
    }
    ids.join(" ")
}

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
            let run = store.claim_run(&worker(name), at(secs), LEASE, MANY).await.unwrap();
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
                while let Some(run) = store.claim_run(&name, at(1), LEASE, MANY).await.unwrap() {
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

    async fn a_product_without_a_free_place_is_passed_over_and_others_are_taken(store) {
        let rmm = (0..4).map(|n| run_of("c1", Product::Rmm, &format!("rmm{n}"), n));
        let other = [
            run_of("c1", Product::Automate, "automate0", 10),
            run_of("c1", Product::Control, "control0", 11),
            run_of("c1", Product::Automate, "automate1", 12),
        ];
        begun(&store, rmm.chain(other)).await;
        let places = RunPlaces { rmm: 2, automate: 1, control: 1 };
        let taken = claimed(&store, 20, places, 5).await;
        assert_eq!(taken, "rmm0 rmm1 automate0 control0 -");
        // What another process has taken counts as well, and a place that is given back is free at once.
        let second = store.second().await;
        assert_eq!(claimed(&second, 21, places, 1).await, "-");
        store.release_run(&run("automate0", "", 0).id, &worker("w")).await.unwrap();
        assert_eq!(claimed(&second, 21, places, 2).await, "automate0 -");
    }

    async fn a_client_with_many_due_does_not_keep_a_client_with_one_waiting(store) {
        let many = (0..6).map(|n| run_of("c1", Product::Rmm, &format!("many{n}"), n));
        let few = [
            run_of("c2", Product::Automate, "few0", 10),
            run_of("c2", Product::Rmm, "few1", 11),
            run_of("c3", Product::Rmm, "one", 12),
        ];
        begun(&store, many.chain(few)).await;
        let taken = claimed(&store, 20, MANY, 9).await;
        assert_eq!(taken, "many0 few0 one many1 few1 many2 many3 many4 many5");
    }

    async fn what_is_for_the_same_client_is_taken_as_it_is_due_then_by_its_id(store) {
        begun(
            &store,
            [
                run_of("c1", Product::Rmm, "b", 5),
                run_of("c1", Product::Automate, "a", 5),
                run_of("c1", Product::Control, "c", 4),
                run_of("c1", Product::Rmm, "later", 99),
            ],
        )
        .await;
        assert_eq!(claimed(&store, 20, MANY, 4).await, "c a b -");
    }

    async fn a_run_for_no_device_is_claimed_too(store) {
        let mut it = run_of("c1", Product::Rmm, "for a client", 0);
        it.call.targets.clear();
        it.call.client = Some(ClientTarget {
            client: ClientId::new("c1"),
            name: "Bluegum Vet".into(),
            rmm: None,
            automate: None,
        });
        let mut nobodys = run_of("c1", Product::Rmm, "for nobody", 1);
        nobodys.call.targets.clear();
        begun(&store, [it, nobodys, run_of("c1", Product::Rmm, "for a device", 2)]).await;
        assert_eq!(claimed(&store, 20, MANY, 3).await, "for a client for nobody for a device");
    }

    async fn a_lease_that_ran_out_holds_no_place(store) {
        begun(&store, (0..3).map(|n| run_of("c1", Product::Rmm, &format!("r{n}"), n))).await;
        let one = RunPlaces::of_each(1);
        assert_eq!(claimed(&store, 10, one, 2).await, "r0 -");
        assert_eq!(claimed(&store, 69, one, 1).await, "-");
        assert_eq!(claimed(&store, 70, one, 2).await, "r0 -");
    }

    async fn eight_workers_at_once_never_have_more_than_the_places(store) {
        let products = Product::ALL;
        begun(
            &store,
            (0..60).map(|n| {
                let client = format!("c{}", n % 5);
                run_of(&client, products[n % 3], &format!("r{n}"), 0)
            }),
        )
        .await;
        let places = RunPlaces { rmm: 3, automate: 5, control: 7 };
        let second = store.second().await;
        let workers = (0..8).map(|number| {
            let store = if number % 2 == 0 { store.clone() } else { second.clone() };
            tokio::spawn(async move {
                let name = worker(&format!("w{number}"));
                let mut taken = vec![];
                while let Some(run) = store.claim_run(&name, at(1), LEASE, places).await.unwrap() {
                    taken.push(run.call.product);
                }
                taken
            })
        });
        let mut taken = vec![];
        for one in workers.collect::<Vec<_>>() {
            taken.extend(one.await.unwrap());
        }
        let count = |product| taken.iter().filter(|it| **it == product).count();
        assert_eq!(products.map(count), [3, 5, 7]);
        let sql = "SELECT count(*) FROM run WHERE lease_until IS NOT NULL";
        assert_eq!(store.count(sql).await, 15);
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
            (RunFilter { conversation: Some(conversation("other")), ..any.clone() }, ""),
            (RunFilter { marker: Marker::parse("cs-0123456789ab"), ..any.clone() }, ""),
            (RunFilter { marker: Some(Marker::of(&run("b", "", 0).id)), ..any }, "b"),
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
        store.claim_run(&worker("w"), at(1), LEASE, MANY).await.unwrap_err();
        assert_eq!(store.claim_run(&worker("w"), at(1), LEASE, MANY).await.unwrap(), None);
        store.raw("UPDATE run SET state = 'maybe'").await.unwrap_err();
        store.raw("UPDATE run SET state = 'granted'").await.unwrap();
        for column in ["product", "client"] {
            store.raw(&format!("UPDATE run SET {column} = ''")).await.unwrap();
            let error = store.run(&run("run1", "", 0).id).await.unwrap_err();
            assert!(error.to_string().contains(column), "{error}");
            store.raw("UPDATE run SET product = 'rmm'").await.unwrap();
        }
    }
}
