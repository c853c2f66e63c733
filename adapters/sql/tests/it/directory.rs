//! The directory comes in by pieces and is read as one picture.

use countersign::directory::device::LOG_ONS_MAX;
use countersign::directory::{Device, Directory, Pathway, Product};
use countersign::ports::{Position, Store, SyncBatch, SyncState};

use crate::harness::samples::*;
use crate::harness::{TestStore, on_each_database};

/// A piece that is not the last.
fn piece(devices: Vec<Device>) -> SyncBatch {
    SyncBatch {
        clients: vec![client("c1", "Bluegum Vet")],
        sites: vec![site("s1", "c1")],
        devices,
        scripts: vec![script(Product::Rmm, "9d3c")],
        next: Some(Position("page 2".into())),
        partial: false,
        label: "devices of Bluegum Vet".into(),
        done: 1,
        total: 3,
    }
}

fn last(devices: Vec<Device>) -> SyncBatch {
    SyncBatch { next: None, ..piece(devices) }
}

async fn rmm(store: &TestStore, batch: &SyncBatch, secs: i64) {
    store.save_sync(Product::Rmm, batch, at(secs)).await.unwrap();
}

fn names(directory: &Directory) -> String {
    directory.devices().iter().map(|it| it.id.as_str()).collect::<Vec<_>>().join(" ")
}

on_each_database! {
    async fn a_directory_comes_back_as_it_was(store) {
        assert_eq!(store.directory().await.unwrap().synced_at, None);
        let mut rich = device("d1");
        rich.friendly_name = Some("Front desk".into());
        rich.automate = Some(Pathway { id: "12".into(), online: Some(false), seen_at: None, name: None });
        rich.control = Some(Pathway { id: "s-1".into(), online: None, seen_at: Some(at(-5)), name: None });
        rich.log_ons = vec![log_on("BLUEGUM\\maria", 9), log_on("ben", 3)];
        let mut poor = device("d0");
        (poor.site, poor.os, poor.model, poor.rmm) = (None, None, None, None);
        poor.automate = Some(Pathway { id: "13".into(), online: None, seen_at: None, name: None });
        let batch = last(vec![rich.clone(), poor.clone()]);
        rmm(&store, &batch, 5).await;
        let directory = store.directory().await.unwrap();
        assert_eq!(directory.devices(), [poor, rich]);
        assert_eq!(directory.clients(), batch.clients);
        assert_eq!(directory.sites(), batch.sites);
        assert_eq!(directory.scripts(), batch.scripts);
        assert_eq!(directory.synced_at, Some(at(5)));
    }

    async fn a_sync_goes_on_where_it_was_and_ends_once(store) {
        let state = async || store.sync_state(Product::Rmm).await.unwrap();
        assert_eq!(state().await, SyncState::default());
        rmm(&store, &piece(vec![device("d1")]), 10).await;
        let under_way = SyncState {
            position: Some(Position("page 2".into())),
            started_at: Some(at(10)),
            finished_at: None,
            label: "devices of Bluegum Vet".into(),
            done: 1,
            total: 3,
        };
        assert_eq!(state().await, under_way);
        rmm(&store, &piece(vec![device("d2")]), 20).await;
        assert_eq!(state().await, under_way, "the start stays");
        rmm(&store, &last(vec![device("d3")]), 30).await;
        let ended = SyncState { position: None, finished_at: Some(at(30)), ..under_way };
        assert_eq!(state().await, ended);
        rmm(&store, &piece(vec![]), 40).await;
        let again = state().await;
        assert_eq!((again.started_at, again.finished_at), (Some(at(40)), Some(at(30))));
        assert_eq!(store.sync_state(Product::Control).await.unwrap(), SyncState::default());
    }

    async fn what_an_ended_sync_did_not_see_is_gone(store) {
        let both = SyncBatch {
            clients: vec![client("c1", "Bluegum Vet"), client("c2", "Acme")],
            sites: vec![site("s1", "c1"), site("s2", "c2")],
            scripts: vec![script(Product::Rmm, "a"), script(Product::Rmm, "b")],
            ..last(vec![device("d1"), device("d2"), device("d3")])
        };
        rmm(&store, &both, 0).await;
        store
            .save_sync(
                Product::Automate,
                &SyncBatch {
                    devices: vec![Device {
                        rmm: None,
                        automate: Some(Pathway { id: "7".into(), online: None, seen_at: None, name: None }),
                        ..device("d3")
                    }],
                    scripts: vec![script(Product::Automate, "x")],
                    ..SyncBatch::default()
                },
                at(1),
            )
            .await
            .unwrap();
        assert_eq!(names(&store.directory().await.unwrap()), "d1 d2 d3");

        let first = SyncBatch { scripts: vec![script(Product::Rmm, "b")], ..piece(vec![device("d2")]) };
        rmm(&store, &first, 10).await;
        assert_eq!(names(&store.directory().await.unwrap()), "d1 d2 d3", "not before the end");
        rmm(&store, &SyncBatch::default(), 20).await;
        let directory = store.directory().await.unwrap();
        assert_eq!(names(&directory), "d2 d3");
        let d3 = &directory.devices()[1];
        assert_eq!((d3.rmm.is_some(), d3.automate.is_some()), (false, true));
        let scripts: Vec<_> = directory.scripts().iter().map(|it| it.id.as_str()).collect();
        assert_eq!(scripts, ["x", "b"]);
        let clients: Vec<_> = directory.clients().iter().map(|it| it.id.as_str()).collect();
        assert_eq!((clients, directory.sites().len()), (vec!["c1"], 1));
    }

    async fn a_partial_sync_removes_nothing_and_the_next_whole_one_does(store) {
        rmm(&store, &last(vec![device("d1"), device("d2")]), 0).await;
        rmm(&store, &piece(vec![device("d2")]), 10).await;
        rmm(&store, &SyncBatch { partial: true, ..SyncBatch::default() }, 20).await;
        assert_eq!(names(&store.directory().await.unwrap()), "d1 d2");
        let state = store.sync_state(Product::Rmm).await.unwrap();
        assert_eq!((state.position, state.finished_at), (None, Some(at(20))));
        rmm(&store, &last(vec![device("d2")]), 30).await;
        assert_eq!(names(&store.directory().await.unwrap()), "d2");
    }

    async fn a_restarted_sync_forgets_what_the_broken_off_one_saw(store) {
        rmm(&store, &piece(vec![device("d1"), device("d2")]), 0).await;
        store.restart_sync(Product::Rmm).await.unwrap();
        assert_eq!(store.sync_state(Product::Rmm).await.unwrap().position, None);
        rmm(&store, &last(vec![device("d2")]), 10).await;
        assert_eq!(names(&store.directory().await.unwrap()), "d2");
    }

    async fn a_sync_of_one_product_leaves_the_pathways_of_others(store) {
        let control = Some(Pathway { id: "s-1".into(), online: Some(true), seen_at: None, name: None });
        let merged = Device { control: control.clone(), ..device("d1") };
        rmm(&store, &last(vec![merged]), 0).await;
        rmm(&store, &last(vec![device("d1")]), 10).await;
        assert_eq!(store.directory().await.unwrap().devices()[0].control, control);
    }

    async fn an_agent_moves_to_another_device(store) {
        let with = |id: &str, agent: &str| {
            let rmm = Some(Pathway { id: agent.into(), online: None, seen_at: None, name: None });
            Device { rmm, ..device(id) }
        };
        rmm(&store, &last(vec![with("d1", "x"), with("d2", "y"), with("d3", "z")]), 0).await;
        // Swapped, and one taken over from a device that is no longer reported.
        rmm(&store, &last(vec![with("d1", "y"), with("d2", "x"), with("d4", "z")]), 10).await;
        let directory = store.directory().await.unwrap();
        let agents: Vec<_> = directory
            .devices()
            .iter()
            .map(|it| format!("{}:{}", it.id, it.rmm.as_ref().map_or("", |it| it.id.as_str())))
            .collect();
        assert_eq!(agents, ["d1:y", "d2:x", "d4:z"]);
    }

    async fn log_ons_are_kept_and_merged(store) {
        let with = |log_ons| Device { log_ons, ..device("d1") };
        let read = async || {
            let directory = store.directory().await.unwrap();
            let log_ons = directory.devices()[0].log_ons.iter();
            log_ons.map(|it| it.user.clone()).collect::<Vec<_>>().join(" ")
        };
        rmm(&store, &last(vec![with(vec![log_on("ana", 5), log_on("ben", 1)])]), 0).await;
        rmm(&store, &last(vec![with(vec![])]), 10).await;
        assert_eq!(read().await, "ana ben");
        rmm(&store, &last(vec![with(vec![log_on("ben", 9), log_on("carl", 2)])]), 20).await;
        assert_eq!(read().await, "ben ana carl");
        let many = (0..20).map(|n| log_on(&format!("u{n}"), 100 + n)).collect();
        rmm(&store, &last(vec![with(many)]), 30).await;
        assert_eq!(read().await.split(' ').count(), LOG_ONS_MAX);
    }

    async fn a_device_reported_twice_in_one_piece_is_one_device(store) {
        let twice = vec![device("d1"), Device { name: "LAST".into(), ..device("d1") }];
        rmm(&store, &last(twice), 0).await;
        let directory = store.directory().await.unwrap();
        assert_eq!((names(&directory).as_str(), directory.devices()[0].name.as_str()), ("d1", "LAST"));
    }

    async fn a_large_piece_is_saved_whole(store) {
        let devices: Vec<_> = (0..2_017)
            .map(|n| Device { log_ons: vec![log_on("ana", n)], ..device(&format!("d{n:05}")) })
            .collect();
        rmm(&store, &piece(devices.clone()), 0).await;
        rmm(&store, &last(vec![]), 1).await;
        let directory = store.directory().await.unwrap();
        assert_eq!(directory.devices(), devices);
        rmm(&store, &last(devices[..1_000].to_vec()), 2).await;
        assert_eq!(store.directory().await.unwrap().devices().len(), 1_000);
    }
}
