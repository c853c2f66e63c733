//! What hangs, and whoever has much to do, leaves places for the others.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use countersign::directory::Product;
use countersign::run::{Run, State};
use tokio::sync::watch;

use crate::harness::{Bot, Fault, FaultKind, Route, World};

const CLEANUP: &str = "connectwise_rmm:cw-rmm-script-disk-cleanup";

/// More than there are places in all.
const HANGING: usize = 40;

/// Those of one product.
const PLACES: usize = 12;

/// Devices of one client, online in both products, that are called like no other.
fn devices(bot: &Bot) -> Vec<String> {
    let directory = bot.wiring().engine.directory();
    let mut named: HashMap<&str, usize> = HashMap::new();
    for device in directory.devices() {
        *named.entry(&device.name).or_default() += 1;
    }
    let name = bot.largest_client();
    let client = directory.clients().iter().find(|it| it.name == name).expect("a client");
    let devices = directory.devices_of(&client.id).filter(|device| {
        let online = |product| device.pathway(product).is_some_and(|it| it.online == Some(true));
        online(Product::Rmm) && online(Product::Automate) && named[device.name.as_str()] == 1
    });
    devices.map(|device| device.name.clone()).collect()
}

fn count(runs: &[Run], product: Product, fits: impl Fn(&State) -> bool) -> usize {
    runs.iter().filter(|it| it.call.product == product && fits(&it.state)).count()
}

#[tokio::test]
async fn while_rmm_hangs_a_run_on_automate_comes_through() {
    let world = World::default().with_automate().options(|it| it.endpoints = 2_000);
    let mut bot = world.start().await;
    bot.sets_policy("mia", CLEANUP, Some("auto")).await.expect("an admin");
    let devices = devices(&bot);
    let (hanging, other) = (&devices[..HANGING], &devices[HANGING]);
    for name in hanging {
        bot.writes("ana", &format!("run disk cleanup on {name}")).await;
        bot.decides_only().await;
    }
    let due = bot.unfinished().await;
    assert_eq!(count(&due, Product::Rmm, |_| true), HANGING);
    bot.writes("ana", &format!("run agent clear temp files on {other} with DaysOld 14")).await;
    bot.decides_only().await;
    bot.taps("ben", "Approve").await;
    bot.decides_only().await;

    let hour = Duration::from_secs(3600);
    bot.fault(Fault::always(Route::Schedule, FaultKind::Slow(hour)));
    let (_stop, stopped) = watch::channel(false);
    let workers = Arc::clone(&bot.wiring().workers);
    let working = tokio::spawn(workers.serve(bot.wiring().store.changes(), stopped));
    let runs = loop {
        let runs = bot.unfinished().await;
        let hanging = count(&runs, Product::Rmm, |state| !matches!(state, State::Granted));
        let taken = count(&runs, Product::Automate, |state| {
            matches!(state, State::Accepted { .. } | State::Running { .. })
        });
        if (hanging, taken) == (PLACES, 1) {
            break runs;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    };
    // Not because RMM was given up: nothing that was sent there is in doubt or over.
    let hangs = |state: &State| matches!(state, State::Dispatching { .. });
    assert_eq!(count(&runs, Product::Rmm, hangs), PLACES);
    assert_eq!(count(&runs, Product::Rmm, |_| true), HANGING);
    assert_eq!(bot.world().automate_launches().len(), 1);
    working.abort();
    bot.skip_messages();
    bot.finish().await;
}
