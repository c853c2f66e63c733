//! Every tool of ConnectWise RMM, asked for as technicians write.

use crate::harness::{World, mins};

#[tokio::test]
async fn every_reading_tool_answers_in_the_words_of_a_technician() {
    let mut bot = World::default().start().await;
    for (text, parts) in [
        ("list companies", &["Bluegum Vet", "Harbour Dental", "Acme Logistics"][..]),
        ("company details for bluegum vet", &["Bluegum Vet"]),
        ("sites of acme", &["Acme Logistics"]),
        ("list acme devices", &["DC01", "PRINT01"]),
        ("servers at harbour dental", &["HD-DC01"]),
        ("offline devices at harbour dental", &["JAMES-LT-02"]),
        ("what hardware is maria-lt-01", &["MARIA-LT-01", "Latitude"]),
        ("who is logged on to maria-lt-01", &["BLUEGUM\\maria"]),
        ("how much free disk does maria-lt-01 have", &["C:"]),
        ("pending patches for maria-lt-01", &["KB"]),
        ("installed patches for maria-lt-01", &["installed"]),
        ("device groups", &["Windows"]),
        ("list scripts", &["script"]),
        ("what shell scripts do we have", &["Disk Cleanup"]),
        ("list tasks", &["Morning disk report"]),
        ("what tasks ran today", &["task"]),
        ("tasks on maria-lt-01", &["MARIA-LT-01"]),
        ("open tickets for acme", &["Acme Logistics"]),
        ("high priority tickets", &["ticket"]),
    ] {
        bot.answers(text, parts).await;
    }
    bot.expect_ran(&[]);
    bot.finish().await;
}

#[tokio::test]
async fn a_ticket_is_opened_found_in_the_list_and_shown_by_its_number() {
    let mut bot = World::default().start().await;
    bot.says("ana", "open a ticket for maria's laptop: printer offline").await;
    bot.skip_messages();
    bot.presses("ben", "Approve").await;
    bot.skip_messages();
    let ticket = bot.world().tickets_created().remove(0);
    assert!(ticket.summary.to_lowercase().contains("printer offline"), "{}", ticket.summary);
    assert!(ticket.description.contains("ana"), "{}", ticket.description);
    assert_eq!(ticket.client.as_deref(), Some("Bluegum Vet"));
    bot.answers(&format!("show ticket {}", ticket.number), &["rinter offline", "Bluegum Vet"])
        .await;
    bot.finish().await;
}

#[tokio::test]
async fn the_result_of_a_run_is_found_by_its_task_name() {
    let mut bot = World::default().start().await;
    bot.says("ana", "run flush dns on maria-lt-01").await;
    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    bot.skip_messages();
    let task = bot.world().scheduled().remove(0);
    assert!(task.name.contains("ana"), "the human is named: {}", task.name);
    bot.answers(&format!("results of task {}", task.task_id), &["MARIA-LT-01"]).await;
    let marker = task.name.split_whitespace().find(|it| it.starts_with("CS-")).unwrap().to_owned();
    bot.answers(&format!("results of task {marker}"), &["MARIA-LT-01"]).await;
    bot.finish().await;
}

#[tokio::test]
async fn a_composite_script_runs_through_the_generic_runner() {
    let mut bot = World::default().start().await;
    let composite = bot.composite_script();
    bot.says("ana", &format!("run task {composite} on maria-lt-01")).await;
    let card = bot.next_message();
    assert!(card.contains(&composite), "{card}");
    bot.lets_run("ben", &[&format!("{composite} on MARIA-LT-01 (Bluegum Vet)")]).await;
    bot.finish().await;
}

#[tokio::test]
async fn a_script_runs_on_several_devices_and_each_is_told() {
    let mut bot = World::default().start().await;
    bot.says("ana", "run flush dns on dc02, fs01 and print01 at acme").await;
    let card = bot.next_message();
    assert!(card.contains("touches 3 devices of 1 client, 3 servers"), "{card}");
    bot.world()
        .fail_script("Flush DNS", Some("FS01"), "The DNS client service is not running.")
        .unwrap();
    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    let result = bot.last_message();
    assert!(result.contains("Failed on 1 of 3 devices"), "{result}");
    assert!(result.contains("The DNS client service is not running."), "{result}");
    assert_eq!(bot.ran().len(), 3);
    bot.finish().await;
}

#[tokio::test]
async fn an_output_that_looks_like_a_secret_is_masked_everywhere() {
    let mut bot = World::default().start().await;
    bot.says("ana", "run show wi-fi profile on maria-lt-01").await;
    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    let stdout = bot.world().executions()[0].stdout.clone();
    let result = bot.last_message();
    let secret = stdout
        .lines()
        .find_map(|line| line.split_once(": ").filter(|it| it.0.contains("Key Content")));
    let secret = secret.map(|it| it.1.trim().to_owned()).expect("the script prints a key");
    assert!(!result.contains(&secret), "{result}");
    let stored = std::fs::read(bot.database()).unwrap();
    assert!(!stored.windows(secret.len()).any(|it| it == secret.as_bytes()), "the store holds it");
    bot.finish().await;
}
