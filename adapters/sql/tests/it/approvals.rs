//! Approvals: found by what is known of them, read whole or not at all.

use countersign::approval::{Decision, State};
use countersign::ids::ApprovalId;
use countersign::ports::{ApprovalFilter, Store, StoreError, Write};

use crate::harness::on_each_database;
use crate::harness::samples::*;

on_each_database! {
    async fn an_approval_comes_back_as_it_was_in_every_state(store) {
        store.accept(&event("1", "main", "hi", 0)).await.unwrap();
        let mut it = approval("a1", "K7QF", 0);
        store.commit(audited([Write::ApprovalNew(Box::new(it.clone()))])).await.unwrap();
        assert_eq!(store.approval(&it.id).await.unwrap().as_ref(), Some(&it));
        it.decisions.push(Decision { on_behalf_of: None, by: person("ben"), at: at(1), left_out: vec![], to: None });
        let states = [
            State::Approved { at: at(2) },
            State::Denied { by: person("ben"), at: at(2), reason: Some("not today".into()) },
            State::Expired { at: at(2) },
            State::Withdrawn { at: at(2) },
            State::Voided { at: at(2), difference: "the script was edited".into() },
            State::Waiting,
        ];
        for state in states {
            it.state = state;
            store.commit(audited([Write::ApprovalAdvance(Box::new(it.clone()))])).await.unwrap();
            it.version += 1;
            assert_eq!(store.approval(&it.id).await.unwrap().as_ref(), Some(&it));
        }
        assert_eq!(store.approval(&ApprovalId::new("none")).await.unwrap(), None);
    }

    async fn a_code_finds_the_approval_that_waits(store) {
        store.accept(&event("1", "main", "hi", 0)).await.unwrap();
        let mut old = approval("a1", "K7QF", 0);
        store.commit(audited([Write::ApprovalNew(Box::new(old.clone()))])).await.unwrap();
        let found = store.approval_by_code("k7qF").await.unwrap().unwrap();
        assert_eq!((found.id, found.code), (old.id.clone(), "K7QF".into()));
        old.state = State::Expired { at: at(600) };
        store.commit(audited([Write::ApprovalAdvance(Box::new(old))])).await.unwrap();
        assert_eq!(store.approval_by_code("K7QF").await.unwrap(), None);
        // Free again.
        let new = approval("a2", "k7qf", 700);
        store.commit(audited([Write::ApprovalNew(Box::new(new.clone()))])).await.unwrap();
        assert_eq!(store.approval_by_code("K7QF").await.unwrap(), Some(new));
    }

    async fn lists_are_filtered_and_newest_first(store) {
        store.accept(&event("1", "main", "hi", 0)).await.unwrap();
        store.accept(&event("2", "other", "hi", 0)).await.unwrap();
        for (id, code, secs) in [("a1", "AAAA", 0), ("a2", "BBBB", 10), ("a3", "CCCC", 20)] {
            let mut it = approval(id, code, secs);
            if id == "a2" {
                it.conversation = conversation("other");
            }
            store.commit(audited([Write::ApprovalNew(Box::new(it))])).await.unwrap();
        }
        let mut denied = approval("a3", "CCCC", 20);
        denied.state = State::Withdrawn { at: at(30) };
        store.commit(audited([Write::ApprovalAdvance(Box::new(denied))])).await.unwrap();
        let any = ApprovalFilter { limit: 10, ..ApprovalFilter::default() };
        let waiting = ApprovalFilter { state: Some("waiting"), ..any.clone() };
        for (filter, wanted) in [
            (any.clone(), "a3 a2 a1"),
            (ApprovalFilter { limit: 0, ..any.clone() }, "a3 a2 a1"),
            (ApprovalFilter { limit: 2, ..any.clone() }, "a3 a2"),
            (waiting.clone(), "a2 a1"),
            (ApprovalFilter { state: Some("withdrawn"), ..any.clone() }, "a3"),
            (ApprovalFilter { due: Some(at(600)), ..waiting.clone() }, "a1"),
            (ApprovalFilter { due: Some(at(599)), ..waiting.clone() }, ""),
            (ApprovalFilter { due: Some(at(620)), ..any.clone() }, "a3 a2 a1"),
            (ApprovalFilter { conversation: Some(conversation("other")), ..waiting }, "a2"),
        ] {
            let found = store.approvals(&filter).await.unwrap();
            let ids: Vec<_> = found.iter().map(|it| it.id.as_str()).collect();
            assert_eq!(ids.join(" "), wanted, "{filter:?}");
        }
    }

    async fn a_row_that_contradicts_itself_is_not_guessed_at(store) {
        store.accept(&event("1", "main", "hi", 0)).await.unwrap();
        let it = approval("a1", "K7QF", 0);
        store.commit(audited([Write::ApprovalNew(Box::new(it.clone()))])).await.unwrap();
        for (spoil, wanted) in [
            ("state = 'approved'", r#"state is "approved" in its column, "waiting" in detail"#),
            ("state = 'waiting', digest = 'x'", r#"digest is "x" in its column"#),
            ("detail = '{'", "EOF while parsing"),
        ] {
            store.raw(&format!("UPDATE approval SET {spoil}")).await.unwrap();
            let error = store.approval(&it.id).await.unwrap_err();
            assert!(matches!(error, StoreError::Unreadable { what: "approval", .. }));
            assert!(error.to_string().contains(wanted), "{error}");
        }
    }

    async fn the_table_refuses_a_state_that_does_not_exist(store) {
        store.accept(&event("1", "main", "hi", 0)).await.unwrap();
        let it = approval("a1", "K7QF", 0);
        store.commit(audited([Write::ApprovalNew(Box::new(it))])).await.unwrap();
        store.raw("UPDATE approval SET state = 'maybe'").await.unwrap_err();
    }
}
