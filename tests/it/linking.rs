//! The page on which clients of two products are linked.

use std::time::Duration;

use countersign::digest::Digest;
use countersign_app::running::{Running, Serving};
use countersign_console::Mode;
use tokio::net::TcpListener;

use crate::harness::{Bot, World};

/// The console of `bot`, seen by one person at a time.
struct Page {
    url: String,
    client: reqwest::Client,
    running: Running,
}

impl Page {
    async fn open(bot: &Bot) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}/links", listener.local_addr().expect("an address"));
        let sync_every = Duration::from_secs(900);
        let serving = Serving { listener, mode: Mode::Demo, public_url: None, sync_every };
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self { url, client, running: Running::start(bot.wiring(), serving) }
    }

    fn cookie(person: &str) -> String {
        format!("countersign_demo_person={}", Digest::of_bytes(person.as_bytes()).short())
    }

    async fn seen_by(&self, person: &str) -> String {
        let request = self.client.get(&self.url).header("cookie", Self::cookie(person));
        request.send().await.expect("an answer").text().await.expect("a page")
    }

    /// Posts a form and gives the status.
    async fn posts(&self, person: &str, path: &str, form: &[(&str, &str)]) -> u16 {
        let body: Vec<String> =
            form.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self
            .client
            .post(format!("{}/{path}", self.url))
            .header("cookie", Self::cookie(person))
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/x-www-form-urlencoded")
            .body(body.join("&"));
        request.send().await.expect("an answer").status().as_u16()
    }
}

/// The part of the page about one client.
fn row<'p>(page: &'p str, client: &str) -> &'p str {
    let start =
        page.find(&format!("<h4>{client} ")).unwrap_or_else(|| panic!("no {client} in {page}"));
    let end = page[start..].find("</article>").expect("the end of the row");
    &page[start..start + end]
}

/// The value of the form field behind `name="NAME"`.
fn field<'p>(row: &'p str, name: &str) -> &'p str {
    let mark = format!("name=\"{name}\" value=\"");
    let start = row.find(&mark).unwrap_or_else(|| panic!("no {name} in {row}")) + mark.len();
    row[start..].split('"').next().expect("a value")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_nobody_decided_about_is_linked_to_nobody_beforehand() {
    let bot = World::default().with_automate().start().await;
    let page = Page::open(&bot).await;
    let seen = page.seen_by("mia").await;
    let open = row(&seen, "Lantern Managed IT");
    assert!(open.contains("not decided"), "{open}");
    assert_eq!(open.matches("selected").count(), 1, "{open}");
    assert!(open.contains("<option value=\"\" selected>Choose a client"), "{open}");
    let client = field(open, "client");
    let nobody =
        page.posts("mia", "one", &[("client", client), ("link", "linked"), ("to", "")]).await;
    assert_eq!(nobody, 404);
    page.running.stop().await.unwrap();
    bot.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_on_the_page_holds_at_once_in_the_chat_and_can_be_taken_back() {
    let mut bot = World::default().with_automate().start().await;
    let page = Page::open(&bot).await;
    let seen = page.seen_by("mia").await;
    let open = row(&seen, "Bluegum Vet Pty Ltd");
    assert!(open.contains("It is Bluegum Vet"), "{open}");
    let (client, to) = (field(open, "client").to_owned(), field(open, "to").to_owned());
    let link = [("client", client.as_str()), ("link", "linked"), ("to", to.as_str())];

    // Who is no admin sees no form, and a form made by hand does nothing.
    assert!(!page.seen_by("ana").await.contains("<form class=\"policy\""));
    assert_eq!(page.posts("ana", "one", &link).await, 403);
    assert!(row(&page.seen_by("mia").await, "Bluegum Vet Pty Ltd").contains("not decided"));

    assert_eq!(page.posts("mia", "one", &link).await, 303);
    let linked = page.seen_by("mia").await;
    assert!(row(&linked, "Bluegum Vet Pty Ltd").contains(" is Bluegum Vet"));
    // The console's own workers answer.
    bot.writes("ana", "list bluegum vet computers in automate").await;
    bot.waits_for_an_answer().await;
    assert!(bot.last_message().contains("MARIA-LT-01"));

    assert_eq!(page.posts("mia", "one", &[("client", &client), ("link", "undo")]).await, 303);
    assert!(row(&page.seen_by("mia").await, "Bluegum Vet Pty Ltd").contains("not decided"));
    let audit = bot.audit().await;
    assert!(audit.iter().any(|it| it.starts_with("mia client_link:")), "{audit:#?}");
    page.running.stop().await.unwrap();
    bot.finish().await;
}
