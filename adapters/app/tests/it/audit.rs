//! `countersign audit`.

use serde_json::Value;

use crate::terminal::Terminal;

#[tokio::test]
async fn a_head_that_was_kept_fits_and_a_proof_is_checked_where_nothing_else_is() {
    let terminal = Terminal::open().await;
    terminal.runs(&["sync"]).await;
    terminal.runs(&["ask", "show patches for maria-lt-01", "--as", "ana"]).await;
    let verified = terminal.runs(&["audit", "verify"]).await;
    assert!(
        verified.contains("is whole") && verified.contains("no head of it was signed"),
        "{verified}"
    );
    let unsigned = terminal.types(&["audit", "prove", "1"]).await;
    assert!(
        unsigned.code != Some(0) && unsigned.err.contains("set [store] key"),
        "{}",
        unsigned.err
    );

    terminal.adds_to_config("store", &format!("key = \"{}\"", "2".repeat(64)));
    let key = terminal.runs(&["audit", "key"]).await;
    let key = key.trim();
    assert_eq!(terminal.runs(&["audit", "key"]).await.trim(), key, "made once");
    let head = terminal.runs(&["audit", "head"]).await;
    let kept = terminal.keeps("head.json", &head);
    terminal.runs(&["ask", "show patches for fs01", "--as", "ana"]).await;
    let verified = terminal.runs(&["audit", "verify", "--head", &kept]).await;
    assert!(verified.contains("the head you kept fits") && verified.contains(key), "{verified}");
    let said = terminal.runs(&["audit", "verify", "--json"]).await;
    let said: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["whole"], true);
    assert!(said["signed"].as_i64() < said["entries"].as_i64(), "{said}");

    let proof = terminal.runs(&["audit", "prove", "2"]).await;
    let elsewhere = Terminal::elsewhere();
    let file = elsewhere.keeps("proof.json", &proof);
    let checked = elsewhere.runs(&["audit", "check-proof", &file, "--key", key]).await;
    assert!(checked.starts_with("entry 2 (") && checked.contains(key), "{checked}");
    let other = "3".repeat(64);
    let refused = elsewhere.types(&["audit", "check-proof", &file, "--key", &other]).await;
    assert!(refused.code != Some(0) && refused.err.contains("NOT proven"), "{}", refused.err);

    let mut of_another: Value = serde_json::from_str(&head).unwrap();
    of_another["size"] = 1.into();
    let forged = terminal.keeps("forged.json", &of_another.to_string());
    let refused = terminal.types(&["audit", "verify", "--head", &forged]).await;
    assert!(refused.code != Some(0) && refused.err.contains("NOT whole"), "{}", refused.err);
    let refused = terminal.types(&["audit", "verify", "--head", &file]).await;
    assert!(refused.code != Some(0) && refused.err.contains("is no head"), "{}", refused.err);
}

#[tokio::test]
async fn an_export_for_a_client_is_proven_line_by_line() {
    let terminal = Terminal::open().await;
    terminal.adds_to_config("store", &format!("key = \"{}\"", "2".repeat(64)));
    terminal.runs(&["sync"]).await;
    for ask in ["show patches for maria-lt-01", "show patches for fs01"] {
        terminal.runs(&["ask", ask, "--as", "ana"]).await;
    }
    let lines = terminal.runs(&["audit", "export", "--client", "bluegum vet"]).await;
    assert!(lines.contains("MARIA-LT-01") && !lines.contains("FS01"), "{lines}");
    let file = terminal.keeps("bluegum.jsonl", &lines);
    let checked = terminal.runs(&["audit", "check-proof", &file]).await;
    assert_eq!(checked.matches(" is in the log of ").count(), lines.lines().count());
    assert!(checked.contains("compare the key"), "{checked}");
    let all = terminal.runs(&["audit", "export"]).await;
    assert!(all.contains("FS01") && all.lines().count() > lines.lines().count());
    let nobody = terminal.types(&["audit", "export", "--client", "nobody"]).await;
    assert!(nobody.err.contains("there is no client named nobody"), "{}", nobody.err);
}
