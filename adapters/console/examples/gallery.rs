//! Shows every page with sample data, for looking at: `cargo run -p countersign-console --example gallery`.
//! Loopback only; nothing is kept. `GALLERY_LISTEN` sets the address, default `127.0.0.1:8099`.

#[path = "../tests/support/mod.rs"]
mod support;

use std::time::Duration;

use countersign::approval::{Decision, State};
use countersign::audit::NewEntry;
use countersign::conversation::{Body, Inbound, Thread};
use countersign::directory::{Account, Platform};
use countersign::ids::PersonId;
use countersign::ports::Store;
use countersign::reply::Message;
use serde_json::json;
use support::{samples, world::World};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let world = World::demo().await;
    world.set_clock(jiff::Timestamp::now());
    fill(&world).await;
    let listen = std::env::var("GALLERY_LISTEN").unwrap_or_else(|_| "127.0.0.1:8099".into());
    let listener = tokio::net::TcpListener::bind(&listen).await?;
    println!("http://{}/", listener.local_addr()?);
    let server = axum::serve(listener, world.router.clone());
    tokio::select! {
        ended = server => ended,
        () = live(&world) => Ok(()),
    }
}

/// One card keeps moving, so that live updates can be seen.
async fn live(world: &World) {
    for step in 0_u32.. {
        tokio::time::sleep(Duration::from_secs(2)).await;
        world.set_clock(jiff::Timestamp::now());
        let conversation = world.conversation("run");
        world.store.post(&conversation, world.now(), samples::running_card(step % 13, 12));
        let _ = world.changes.send(());
    }
}

async fn fill(world: &World) {
    let now = world.now();
    let ago = |secs: u64| now - Duration::from_secs(secs);
    for (at, person, thread, text) in [
        (ago(7_200), "ana", "run", "Install the pending updates on all servers of Acme Logistics"),
        (
            ago(900),
            "ana",
            "disk",
            "printing is slow and C: is full again,\nrun disk cleanup on Maria's laptop",
        ),
        (ago(700), "olga", "dc", "show pending patches on DC01"),
    ] {
        world.store.accept(&said(at, person, thread, text)).await.expect("the fake takes it");
    }
    let mut waiting = samples::approval("a2", "console/console/disk", ago(120));
    waiting.quorum.needed = 2;
    waiting.decisions = vec![Decision {
        on_behalf_of: None,
        by: PersonId::new("mara"),
        at: ago(60),
        left_out: vec![],
        to: None,
    }];
    let mut slack = samples::approval("a3", "slack/C024BE91L/1700000000.000100", ago(240));
    slack.plan.calls[0].targets[0].from_outside = true;
    slack.plan.calls[0].targets[0].server = true;
    let mut approved = samples::approval("a1", "console/console/disk", ago(4_000));
    approved.decisions = vec![Decision {
        on_behalf_of: None,
        by: PersonId::new("ben"),
        at: ago(3_900),
        left_out: vec![],
        to: None,
    }];
    approved.state = State::Approved { at: ago(3_900) };
    let mut denied = samples::approval("a0", "console/console/disk", ago(9_000));
    denied.state = State::Denied {
        by: PersonId::new("mara"),
        at: ago(8_800),
        reason: Some("not during opening hours".into()),
    };

    let disk = world.conversation("disk");
    world.store.post(
        &disk,
        ago(890),
        Message::text("Disk Cleanup changes the device, so it waits for an approver's yes."),
    );
    world.store.post(&disk, ago(880), samples::approval_card(&waiting));
    world.store.post(&disk, ago(400), samples::result_card());
    world.store.post(&world.conversation("dc"), ago(690), samples::question());
    world.store.post(
        &world.conversation("dc"),
        ago(680),
        Message::text("Only you see this: you can also write the client's name.")
            .only_for(&PersonId::new("olga")),
    );
    world.store.with(|state| state.approvals.extend([denied, approved, slack, waiting]));
    for index in 0..120_u64 {
        let (actor, kind, text) = match index % 4 {
            0 => ("ana", "request", "ana asked: run disk cleanup on Maria's laptop"),
            1 => (
                "countersign",
                "verdict",
                "Disk Cleanup on MARIA-LT-01 (Bluegum Vet): ask, policy approval needed",
            ),
            2 => ("ben", "decision", "ben approved Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"),
            _ => (
                "countersign",
                "outcome",
                "Disk Cleanup on MARIA-LT-01 (Bluegum Vet) succeeded, exit code 0",
            ),
        };
        world.store.log(NewEntry {
            at: ago(10_000 - index * 60),
            actor: actor.into(),
            kind,
            subject: json!({"request": format!("0199-{index}"), "tool": "connectwise_rmm:cw-rmm-script-disk-cleanup"}),
            text: text.into(),
            client: Some("Bluegum Vet".into()),
        });
    }
}

fn said(at: jiff::Timestamp, person: &str, thread: &str, text: &str) -> Inbound {
    Inbound {
        event_id: format!("{person}-{thread}"),
        thread: Thread {
            platform: Platform::Console,
            channel: "console".into(),
            thread: thread.into(),
        },
        account: Account { platform: Platform::Console, id: person.into() },
        body: Body::Text(text.into()),
        at,
    }
}
