//! The audit log is append-only and its chain holds, whoever writes.

use countersign::audit::{NewEntry, Verifier, genesis};
use countersign::ports::{Change, Store};
use jiff::Timestamp;
use serde_json::json;

use crate::harness::samples::*;
use crate::harness::{TestStore, on_each_database};

/// Reads in small pieces and checks; the number of entries.
async fn verified(store: &TestStore) -> Result<i64, countersign::audit::Flaw> {
    let mut verifier = Verifier::default();
    let mut after = 0;
    loop {
        let entries = store.audit(after, 37).await.unwrap();
        let Some(last) = entries.last() else { break };
        after = last.seq;
        for entry in &entries {
            verifier.check(entry)?;
        }
    }
    let (seq, hash) = store.audit_head().await.unwrap();
    verifier.finish(seq, &hash)
}

on_each_database! {
    async fn an_empty_log_begins_at_the_genesis(store) {
        assert_eq!(store.audit_head().await.unwrap(), (0, genesis()));
        assert_eq!(verified(&store).await, Ok(0));
    }

    async fn two_hundred_appends_at_once_leave_one_chain(store) {
        let second = store.second().await;
        let appends = (0..200).map(|number: i32| {
            let store = if number % 2 == 0 { store.clone() } else { second.clone() };
            tokio::spawn(async move {
                let audit = vec![entry(&format!("entry {number}")); 1 + usize::from(number % 10 == 0)];
                store.commit(Change { writes: vec![], audit }).await.unwrap();
            })
        });
        for append in appends.collect::<Vec<_>>() {
            append.await.unwrap();
        }
        assert_eq!(verified(&store).await, Ok(220));
    }

    async fn odd_entries_read_back_with_their_hash(store) {
        let odd = NewEntry {
            at: Timestamp::from_nanosecond(1_790_000_000_123_456_789).unwrap(),
            actor: "nul \0".into(),
            kind: "outcome",
            subject: json!({"z": 0.1 + 0.2, "a": 123456789012345680000.0, "n": u64::MAX, "s": "\0 ä"}),
            text: "nul \0 and \u{10ffff} 'quotes' $1".into(),
            client: None,
        };
        store.commit(Change { writes: vec![], audit: vec![odd.clone()] }).await.unwrap();
        assert_eq!(verified(&store).await, Ok(1));
        let read = store.audit(0, 1).await.unwrap().remove(0);
        assert_eq!(read.at.as_microsecond(), odd.at.as_microsecond());
        assert_eq!((read.client, read.subject), (None, odd.subject));
    }

    async fn nothing_that_was_logged_is_taken_back(store) {
        store.commit(Change { writes: vec![], audit: vec![entry("one"), entry("two")] }).await.unwrap();
        for attack in [
            "UPDATE audit_log SET text = 'nothing happened' WHERE seq = 1",
            "DELETE FROM audit_log WHERE seq = 2",
            "DELETE FROM audit_log",
            "DELETE FROM audit_head",
            "UPDATE audit_head SET seq = 1",
            "INSERT INTO audit_log SELECT * FROM audit_log WHERE seq = 1",
            "INSERT INTO audit_log SELECT * FROM audit_log WHERE seq = 1 ON CONFLICT (seq) DO UPDATE SET text = 'x'",
        ] {
            let error = store.raw(attack).await.expect_err(attack);
            if !attack.starts_with("INSERT") {
                assert!(error.to_string().contains("append-only"), "{attack}: {error}");
            }
        }
        assert_eq!(verified(&store).await, Ok(2));
    }

    async fn whoever_gets_around_the_triggers_is_found_out(store) {
        store.commit(Change { writes: vec![], audit: vec![entry("one"), entry("two")] }).await.unwrap();
        let names = ["audit_log_no_update", "audit_log_no_delete"];
        for name in names {
            let on = store.raw(&format!("DROP TRIGGER {name}")).await;
            if on.is_err() {
                let _ = store.raw(&format!("DROP TRIGGER {name} ON audit_log")).await;
            }
        }
        store.raw("UPDATE audit_log SET text = 'nothing' WHERE seq = 2").await.unwrap();
        assert_eq!(
            verified(&store).await.unwrap_err().to_string(),
            "entry 2 was changed: its content does not give its hash"
        );
        store.raw("DELETE FROM audit_log WHERE seq = 2").await.unwrap();
        assert_eq!(
            verified(&store).await.unwrap_err().to_string(),
            "the log ends at entry 1, but the head says 2: the last entries were cut off"
        );
    }
}

#[test]
fn postgres_refuses_to_truncate_the_log() {
    crate::harness::on_postgres("postgres_refuses_to_truncate_the_log", async |store| {
        for table in ["audit_log", "audit_head", "audit_log, audit_head CASCADE"] {
            let error = store.raw(&format!("TRUNCATE {table}")).await.unwrap_err();
            assert!(error.to_string().contains("append-only"), "{error}");
        }
    });
}

#[test]
fn sqlite_refuses_to_replace_an_entry() {
    crate::harness::on_sqlite(async |store| {
        store.commit(Change { writes: vec![], audit: vec![entry("one")] }).await.unwrap();
        let replace = "INSERT OR REPLACE INTO audit_log SELECT * FROM audit_log";
        let error = store.raw(replace).await.unwrap_err();
        assert!(error.to_string().contains("append-only"), "{error}");
    });
}
