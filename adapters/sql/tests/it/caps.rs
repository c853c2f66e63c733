//! The caps, counted in the commit that allows a send.

use countersign::ids::{ClientId, DeviceId, RunId};
use countersign::policy::{Caps, Touch};
use countersign::ports::{Store, StoreError, Write};
use countersign::tool::ToolName;

use crate::harness::on_each_database;
use crate::harness::samples::*;

/// A send of run `n` to device `n`, at most three an hour, in a store whose policies nobody changed.
fn send(n: i64, secs: i64) -> Write {
    Write::Dispatch {
        run: RunId::new(format!("run{n}")),
        policy: 0,
        touches: vec![Touch {
            device: DeviceId::new(format!("d{n}")),
            client: ClientId::new("c1"),
            tool: ToolName::new("connectwise_rmm:cw-rmm-run-task"),
            at: at(secs),
        }],
        caps: Caps { devices_per_hour: Some(3), ..Caps::default() },
        at: at(secs),
    }
}

on_each_database! {
    async fn eight_workers_at_once_never_send_to_more_devices_than_the_cap(store) {
        let tries = (0..8).map(|n| {
            let store = store.clone();
            tokio::spawn(async move { store.commit(audited([send(n, 1)])).await })
        });
        let mut sent = 0;
        for one in tries.collect::<Vec<_>>() {
            match one.await.unwrap() {
                Ok(_) => sent += 1,
                Err(StoreError::Lost { what }) => assert_eq!(what, "the count of devices"),
                Err(other) => panic!("{other}"),
            }
        }
        assert_eq!(sent, 3);
        assert_eq!(store.touched(at(0)).await.unwrap().len(), 3);
        // An hour later they do not count any more, and their rows are gone.
        store.commit(audited([send(9, 3_700)])).await.unwrap();
        assert_eq!(store.count("SELECT count(*) FROM touch").await, 1);
    }

    async fn what_policy_said_before_a_halt_sends_nothing_after_it(store) {
        let seen = store.policies().await.unwrap().version;
        let scope = countersign::policy::Scope::Everything;
        store.commit(audited([Write::Halt { scope, set: None }])).await.unwrap();
        let mut write = send(1, 1);
        if let Write::Dispatch { policy, .. } = &mut write {
            *policy = seen;
        }
        let lost = store.commit(audited([write])).await;
        assert!(matches!(lost, Err(StoreError::Lost { what: "the policy" })), "{lost:?}");
        assert_eq!(store.touched(at(0)).await.unwrap(), vec![]);
    }
}
