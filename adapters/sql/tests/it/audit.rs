//! The audit log is append-only and its chain holds, whoever writes.

use countersign::audit::{
    Check, Checked, Entry, Flaw, Link, NewEntry, Notary, SignedHead, Signer, Verifier, genesis,
};
use countersign::ports::{Change, Store, StoreError, Write};
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

fn signer() -> Signer {
    Signer::open(&Signer::new_key().unwrap()).unwrap()
}

async fn log(store: &TestStore, count: usize) {
    let audit = (1..=count).map(|it| entry(&format!("entry {it}"))).collect();
    store.commit(Change { writes: vec![], audit }).await.unwrap();
}

/// The whole log against what was signed, and against `kept`.
async fn check(store: &TestStore, kept: Vec<SignedHead>) -> Result<Checked, Flaw> {
    Check::new(None, kept).go_on(store.shared().as_ref(), i64::MAX).await.unwrap()
}

/// What somebody with all rights on the database may do first.
async fn drop_triggers(store: &TestStore) {
    let log = ["audit_log_no_update", "audit_log_no_delete"].map(|it| (it, "audit_log"));
    let head = ["audit_head_forward", "audit_head_stays"].map(|it| (it, "audit_head"));
    let signed =
        ["audit_signed_no_update", "audit_signed_no_delete"].map(|it| (it, "audit_signed"));
    for (name, table) in log.into_iter().chain(head).chain(signed) {
        if store.raw(&format!("DROP TRIGGER {name}")).await.is_err() {
            let _ = store.raw(&format!("DROP TRIGGER {name} ON {table}")).await;
        }
    }
}

on_each_database! {
    async fn a_head_over_the_same_entries_is_signed_once(store) {
        log(&store, 3).await;
        let (now, root) = (at(5), [7; 32]);
        let head = |size| Change { writes: vec![Write::SignedHead(signer().sign(size, &root, now))], audit: vec![] };
        let first = head(3);
        store.commit(first.clone()).await.unwrap();
        assert!(matches!(store.commit(head(3)).await, Err(StoreError::Lost { .. })));
        store.commit(head(0)).await.unwrap();
        let Write::SignedHead(signed) = &first.writes[0] else { unreachable!() };
        assert_eq!(store.last_signed_head().await.unwrap().as_ref(), Some(signed));
        assert_eq!(store.signed_heads(-1, 10).await.unwrap().len(), 2);
        assert_eq!(store.signed_heads(0, 10).await.unwrap(), std::slice::from_ref(signed));
        for attack in ["UPDATE audit_signed SET root = 'x'", "DELETE FROM audit_signed"] {
            let error = store.raw(attack).await.unwrap_err();
            assert!(error.to_string().contains("append-only"), "{attack}: {error}");
        }
    }

    async fn what_is_done_once_is_lost_to_the_second(store) {
        let once = |name: &str| Change {
            writes: vec![Write::Once { name: name.into(), at: at(5) }],
            audit: vec![entry(name)],
        };
        let second = store.second().await;
        let (one, other) = tokio::join!(store.commit(once("a")), second.commit(once("a")));
        assert!(one.is_ok() != other.is_ok());
        store.commit(once("b")).await.unwrap();
        assert!(matches!(second.commit(once("b")).await, Err(StoreError::Lost { .. })));
        assert_eq!(verified(&store).await, Ok(2));
    }

    async fn the_check_goes_on_where_it_stopped_and_meets_what_was_signed(store) {
        let notary = Notary::new(store.shared(), signer());
        let mut heads = Vec::new();
        let mut check = Check::default();
        for count in [3, 300, 1, 5_000] {
            log(&store, count).await;
            heads.push(notary.head(at(5)).await.unwrap());
            assert_eq!(heads.last(), Some(&notary.head(at(6)).await.unwrap()), "nothing came since");
            let so_far = check.go_on(store.shared().as_ref(), 100).await.unwrap().unwrap();
            assert_ne!(check.upto(), 0, "{so_far:?}");
        }
        let whole = check.go_on(store.shared().as_ref(), i64::MAX).await.unwrap().unwrap();
        assert!(matches!(whole, Checked::Whole { head: 5_304, .. }));
        assert_eq!(check.signed(), heads.last());
        assert_eq!(store.signed_heads(-1, 10).await.unwrap(), heads);
        let page = store.audit(298, 20).await.unwrap();
        let links: Vec<Link> = page.iter().map(Link::of).collect();
        assert_eq!(store.audit_links(298, 20).await.unwrap(), links);
    }

    async fn a_log_that_was_written_anew_does_not_fit_what_was_signed(store) {
        log(&store, 5).await;
        let notary = Notary::new(store.shared(), signer());
        let head = notary.head(at(5)).await.unwrap();
        log(&store, 2).await;
        drop_triggers(&store).await;
        // With hashes that are right: nobody without the key sees it in the chain.
        let mut entries = store.audit(0, 10).await.unwrap();
        entries[1].text = "nothing happened".into();
        let mut previous = entries[0].hash.clone();
        for entry in &mut entries[1..] {
            entry.previous = previous;
            entry.hash = entry.compute_hash();
            previous = entry.hash.clone();
            let Entry { seq, text, previous, hash, .. } = entry;
            store
                .raw(&format!("UPDATE audit_log SET text = '{text}', previous = '{previous}', hash = '{hash}' WHERE seq = {seq}"))
                .await
                .unwrap();
        }
        store.raw(&format!("UPDATE audit_head SET hash = '{previous}'")).await.unwrap();
        assert_eq!(verified(&store).await, Ok(7));
        assert_eq!(check(&store, vec![]).await, Err(Flaw::Rewritten { size: 5, at: head.at }));
        let refused = Notary::new(store.shared(), signer()).head(at(9)).await.unwrap_err();
        assert!(refused.to_string().contains("NOT whole"), "{refused}");
        // Nor with what was signed removed, as long as somebody kept a head.
        store.raw("DELETE FROM audit_signed").await.unwrap();
        assert!(check(&store, vec![]).await.is_ok());
        assert_eq!(check(&store, vec![head.clone()]).await, Err(Flaw::Rewritten { size: 5, at: head.at }));
    }

    async fn an_entry_cannot_hide_behind_the_content_of_another(store) {
        log(&store, 3).await;
        drop_triggers(&store).await;
        let entry = store.audit(1, 1).await.unwrap().remove(0);
        // In its canonical form, where a hash belongs.
        let content = json!({
            "actor": entry.actor,
            "at": entry.at.as_microsecond(),
            "client": entry.client,
            "kind": entry.kind,
            "previous": entry.previous,
            "salt": entry.salt,
            "seq": 2,
            "subject": entry.subject,
            "text": entry.text,
        });
        let hidden = format!("{} {} {content}\n2 ", entry.previous, entry.hash);
        store
            .raw(&format!("UPDATE audit_log SET text = 'nothing', previous = '{hidden}' WHERE seq = 2"))
            .await
            .unwrap();
        assert_eq!(check(&store, vec![]).await, Err(Flaw::Unlinked(2)));
    }

    async fn a_log_that_was_cut_off_ends_before_what_was_signed(store) {
        log(&store, 4).await;
        let head = Notary::new(store.shared(), signer()).head(at(5)).await.unwrap();
        drop_triggers(&store).await;
        let last = store.audit(2, 1).await.unwrap().remove(0);
        store.raw("DELETE FROM audit_log WHERE seq > 3").await.unwrap();
        store.raw(&format!("UPDATE audit_head SET seq = 3, hash = '{}'", last.hash)).await.unwrap();
        let cut = Flaw::CutBelowSigned { size: 4, at: head.at, found: 3 };
        assert_eq!(check(&store, vec![]).await, Err(cut.clone()));
        store.raw("DELETE FROM audit_signed").await.unwrap();
        assert!(check(&store, vec![]).await.is_ok());
        assert_eq!(check(&store, vec![head]).await, Err(cut));
    }

    async fn somebody_elses_signature_does_not_count(store) {
        log(&store, 2).await;
        Notary::new(store.shared(), signer()).head(at(5)).await.unwrap();
        let ours = signer();
        let mut check = Check::new(Some(ours.public()), vec![]);
        let verdict = check.go_on(store.shared().as_ref(), i64::MAX).await.unwrap();
        assert_eq!(verdict, Err(Flaw::NotSigned { size: 2 }));
    }

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
