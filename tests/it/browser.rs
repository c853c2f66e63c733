//! The console in a real browser: a message, a second person approves, a result with a ticket link.

use std::time::Duration;

use countersign_app::running::{Running, Serving};
use countersign_console::Mode;
use tokio::net::TcpListener;

use crate::harness::World;
use crate::harness::webdriver::{Browser, Missing};

const WITHIN: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn the_main_job_works_in_a_browser() {
    let browser = match Browser::start().await {
        Ok(browser) => browser,
        Err(Missing(what)) => {
            let is_required =
                std::env::var("COUNTERSIGN_TEST_BROWSER").is_ok_and(|it| it == "required");
            assert!(!is_required, "{what} is needed and not there");
            println!("skipped: the_main_job_works_in_a_browser (no {what} found)");
            return;
        }
    };
    let paper_trail = "[[rules]]\ntool = \"connectwise_rmm:cw-rmm-script-*\"\nticket = true\n";
    // Real time, for a browser waits in it.
    let world = World::default().config(paper_trail).options(|options| {
        options.time_factor = 4;
        options.began = None;
    });
    let bot = world.start().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let sync_every = Duration::from_secs(900);
    let running = Running::start(
        bot.wiring(),
        Serving { listener, mode: Mode::Demo, public_url: None, sync_every },
    );

    browser.open(&url).await;
    browser.speak_as("ana").await;
    browser.write("run disk cleanup on Maria's laptop").await;
    browser
        .wait_for_text("Approval needed: Disk Cleanup on MARIA-LT-01 (Bluegum Vet)", WITHIN)
        .await;
    browser.screenshot("console-approval").await;
    assert!(bot.ran().is_empty());

    browser.speak_as("ben").await;
    browser.press("Approve").await;
    browser.wait_for_text("Done: Disk Cleanup on MARIA-LT-01 (Bluegum Vet)", WITHIN).await;
    let link = browser.link_that_begins_with("Ticket ").await;
    assert!(link.starts_with("https://portal.example.com/tickets/"), "{link}");
    browser.screenshot("console-result").await;
    bot.expect_ran(&["Disk Cleanup on MARIA-LT-01 (Bluegum Vet)"]);

    browser.close().await;
    running.stop().await.unwrap();
    bot.finish().await;
}
