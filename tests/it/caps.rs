//! Caps below everything: how much may be changed at all.

use countersign::conversation::Explanation;

use crate::harness::{World, mins};

#[tokio::test]
async fn a_plan_over_a_cap_is_refused_with_the_way_out() {
    let caps = "[caps]\ndevices_per_hour = 2\nclients_per_plan = 1\n";
    let mut bot = World::default().config(caps).start().await;
    bot.says("ana", "run disk cleanup on acme-ws-01, acme-ws-02 and acme dc01").await;
    let answer = bot.next_message();
    assert!(
        answer.contains("this changes 3 devices, after 0 devices in the last hour"),
        "{answer}"
    );
    assert!(
        answer.contains("the cap is 2 an hour (devices_per_hour); ask for 2 at most"),
        "{answer}"
    );
    bot.says("ana", "run disk cleanup on acme-ws-01 and maria-lt-01").await;
    let answer = bot.next_message();
    assert!(answer.contains("something at 2 clients, and the cap is 1 for one plan"), "{answer}");

    let engine = &bot.wiring().engine;
    let ana = engine.people().iter().find(|it| it.name == "ana").expect("one of the people");
    let text = "run disk cleanup on acme-ws-01 and maria-lt-01";
    let Ok(Explanation::Calls(calls)) = engine.explain(ana, text).await else { panic!() };
    let last = &calls.last().expect("the plan").0;
    assert!(
        last.contains("the plan: is refused\n  because: this changes something at 2"),
        "{last}"
    );
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn an_approved_run_over_the_cap_is_not_sent_and_may_go_an_hour_later() {
    let caps = "[caps]\ndevices_per_hour_per_client = 1\n";
    let mut bot = World::default().config(caps).start().await;
    // Both are asked for and approved before either was sent.
    for (thread, device) in [("one", "acme-ws-01"), ("two", "acme-ws-02"), ("three", "maria-lt-01")]
    {
        bot.in_thread(thread);
        bot.says("ana", &format!("run disk cleanup on {device}")).await;
        bot.skip_messages();
        let approve = bot.button("Approve").await;
        bot.clicks("ben", approve).await;
        bot.decides_only().await;
    }
    bot.later(mins(1)).await;
    bot.skip_messages();
    let first = [
        "Disk Cleanup on ACME-WS-01 (Acme Logistics)",
        "Disk Cleanup on MARIA-LT-01 (Bluegum Vet)",
    ];
    bot.expect_ran(&first);
    let told = bot.audit().await;
    let refused = told.iter().find(|it| it.contains("devices_per_hour_per_client"));
    assert!(refused.is_some_and(|it| it.contains("ask again after")), "{told:#?}");

    bot.later(mins(61)).await;
    bot.skip_messages();
    bot.in_thread("four");
    bot.says("ana", "run disk cleanup on acme-ws-02").await;
    assert!(bot.next_message().contains("Approval needed"));
    let approve = bot.button("Approve").await;
    bot.clicks("ben", approve).await;
    bot.settle().await;
    bot.later(mins(1)).await;
    bot.skip_messages();
    bot.expect_ran(&[first[0], first[1], "Disk Cleanup on ACME-WS-02 (Acme Logistics)"]);
    bot.finish().await;
}
