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
