use countersign_console::Mode;

use crate::support::samples;
use crate::support::world::World;

#[tokio::test]
async fn the_directory_is_counted_and_its_age_told() {
    let world = World::demo().await;
    let page = world.browser("vic").get("/devices").await;
    assert!(
        page.body.contains("<strong>3</strong> devices") && page.body.contains("Read 15 min ago")
    );
    assert!(page.body.contains("never read"), "no sync of a product has ended");
}

#[tokio::test]
async fn a_phrase_that_fits_nothing_is_said_to() {
    let world = World::demo().await;
    let page = world.browser("vic").get("/devices?q=zzzz%20%3Cb%3E").await;
    assert!(page.body.contains("Nothing fits “zzzz &lt;b&gt;”"));
}

#[tokio::test]
async fn a_page_before_the_devices_are_read_says_so() {
    let world = World::unread(Mode::Demo, None, samples::people());
    assert!(world.browser("vic").get("/devices").await.body.contains("still reads its devices"));
    let metrics = world.browser("vic").get("/metrics").await.body;
    assert!(!metrics.contains("countersign_devices"), "none counted is not none there: {metrics}");
    world.engine.refresh().await.unwrap();
    let page = world.browser("vic").get("/devices").await;
    assert!(!page.body.contains("still reads") && page.body.contains("<strong>3</strong> devices"));
}
