//! `countersign link`.

use serde_json::Value;

use crate::terminal::Terminal;

/// "Zahnärzte Müller & Söhne: open" of all that `countersign link` prints.
async fn line_of(terminal: &Terminal, client: &str) -> String {
    let all = terminal.runs(&["link"]).await;
    let line = all.lines().find(|it| it.starts_with(&format!("{client}: ")));
    line.unwrap_or_else(|| panic!("{client} is not in\n{all}")).to_owned()
}

#[tokio::test]
async fn a_name_that_stands_out_is_taken_and_its_devices_become_one() {
    let terminal = Terminal::open().await;
    terminal.runs(&["sync"]).await;
    let before = terminal.runs(&["resolve", "maria-lt-01", "--json"]).await;
    assert_eq!(
        line_of(&terminal, "Bluegum Vet Pty Ltd").await,
        "Bluegum Vet Pty Ltd: open; like Bluegum Vet (95 of 100, same name but for suffix and punctuation, clear)"
    );
    let nobody = terminal.types(&["link", "accept", "--as", "ana"]).await;
    assert_ne!(nobody.code, Some(0));
    assert!(nobody.err.contains("admin"), "{}", nobody.err);

    let said = terminal.runs(&["link", "accept", "--as", "olga"]).await;
    assert_eq!(said, "Bluegum Vet Pty Ltd: is Bluegum Vet\n");
    assert!(line_of(&terminal, "Harbour Dental").await.ends_with("is Harbour Dental (same name)"));
    let after = terminal.runs(&["resolve", "maria-lt-01", "--json"]).await;
    assert_ne!(before, after);
    let after: Value = serde_json::from_str(after.lines().next().unwrap()).unwrap();
    assert!(after.to_string().contains("MARIA-LT-01"), "{after}");
}

#[tokio::test]
async fn a_link_by_hand_is_taken_back_by_hand_and_a_taken_client_is_not_linked_twice() {
    let terminal = Terminal::open().await;
    terminal.runs(&["sync"]).await;
    let set = |client, to| {
        let terminal = &terminal;
        async move { terminal.types(&["link", "set", client, to, "--as", "olga"]).await }
    };
    let said = set("O'Brien & Sons", "Bluegum Vet").await;
    assert_eq!(said.out, "O'Brien & Sons: is Bluegum Vet\n", "{}", said.err);
    let twice = set("Bluegum Vet Pty Ltd", "Bluegum Vet").await;
    assert_ne!(twice.code, Some(0));
    assert!(twice.err.contains("linked to “O'Brien & Sons” already"), "{}", twice.err);
    assert!(twice.err.contains("countersign link undo"), "the way out: {}", twice.err);
    terminal.runs(&["link", "undo", "O'Brien & Sons", "--as", "olga"]).await;
    assert_eq!(line_of(&terminal, "O'Brien & Sons").await, "O'Brien & Sons: open");

    let unknown = set("No Such Client", "Bluegum Vet").await;
    assert!(unknown.err.contains("no client of ConnectWise Automate is named"), "{}", unknown.err);
}

#[tokio::test]
async fn missing_clients_are_made_in_bulk_and_only_certain_ones_can_be_taken_in() {
    let terminal = Terminal::open().await;
    terminal.runs(&["sync"]).await;
    terminal.runs(&["link", "accept", "--as", "olga"]).await;
    terminal.runs(&["link", "only", "on", "--as", "olga"]).await;
    let line = line_of(&terminal, "O'Brien & Sons").await;
    assert_eq!(line, "O'Brien & Sons: left out (only certain clients)");
    terminal.runs(&["link", "only", "off", "--as", "olga"]).await;

    let made = terminal.runs(&["link", "own", "--missing", "--as", "olga"]).await;
    assert!(made.contains("O'Brien & Sons: a client of its own\n"), "{made}");
    let all = terminal.runs(&["link", "show", "--json"]).await;
    let views: Vec<Value> = all.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    assert_eq!(views.len(), 9);
    // What something is like is left to somebody who looks.
    let open: Vec<&Value> = views.iter().filter(|it| it["state"] == "open").collect();
    assert_eq!(open.len(), 1, "{all}");
    assert_eq!(open[0]["suggestions"][0]["client"], "Quiet Pines");

    terminal.runs(&["link", "out", "O'Brien & Sons", "--as", "olga"]).await;
    assert_eq!(line_of(&terminal, "O'Brien & Sons").await, "O'Brien & Sons: left out");
    let conflicts = terminal.runs(&["link", "conflicts"]).await;
    assert!(conflicts.contains("is on several agents of one product"), "{conflicts}");
    let audit = terminal.runs(&["audit", "export"]).await;
    assert!(audit.contains("client “O'Brien & Sons” is left out"), "{audit}");
}

#[tokio::test]
async fn before_the_first_sync_there_is_nothing_to_link_and_it_says_so() {
    let terminal = Terminal::open().await;
    let said = terminal.runs(&["link"]).await;
    assert_eq!(said, "no clients of ConnectWise Automate are known; run countersign sync\n");
}

#[tokio::test]
async fn with_one_product_there_is_nothing_to_link() {
    let terminal = Terminal::open_automate().await;
    terminal.runs(&["sync"]).await;
    let said = terminal.runs(&["link"]).await;
    assert!(said.starts_with("there is nothing to link"), "{said}");
}
