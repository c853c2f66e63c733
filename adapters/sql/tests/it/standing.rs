//! Standing grants: never more uses than there are, whoever takes them at once.

use countersign::approval::StandingGrant;
use countersign::approval::standing::{Event, State};
use countersign::ids::{ClientId, ConversationId, StandingId};
use countersign::ports::{Store, StoreError, Write};
use countersign::tool::ToolName;

use crate::harness::on_each_database;
use crate::harness::samples::*;

fn proposed(id: &str, code: &str) -> StandingGrant {
    StandingGrant {
        id: StandingId::new(id),
        code: code.into(),
        conversation: ConversationId::new("console/console/1"),
        requester: person("ana"),
        tool: ToolName::new("connectwise_rmm:cw-rmm-script-x"),
        title: "X".into(),
        arguments: serde_json::Map::new(),
        content: None,
        client: ClientId::new("c1"),
        client_name: "Acme".into(),
        class: None,
        mins: 120,
        uses_max: 3,
        used: 0,
        reason: None,
        history: (0, 0),
        asked_at: at(1),
        signed: None,
        state: State::Proposed,
        version: 1,
    }
}

on_each_database! {
    async fn eight_at_once_never_take_more_uses_than_there_are(store) {
        let grant = proposed("g1", "7F3K");
        store.commit(audited([Write::StandingNew(Box::new(grant.clone()))])).await.unwrap();
        let signed = grant.next(Event::Sign { by: person("mia"), is_manager: true }, at(2)).unwrap();
        store.commit(audited([Write::StandingAdvance(Box::new(signed))])).await.unwrap();
        let tries = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                loop {
                    let grant = store.standing_grant(&StandingId::new("g1")).await.unwrap().unwrap();
                    let Ok(used) = grant.next(Event::Use { devices: 1 }, at(3)) else { return 0 };
                    match store.commit(audited([Write::StandingAdvance(Box::new(used))])).await {
                        Ok(_) => return 1,
                        Err(StoreError::Lost { what }) => assert_eq!(what, "the standing grant"),
                        Err(other) => panic!("{other}"),
                    }
                }
            })
        });
        let mut uses = 0;
        for one in tries.collect::<Vec<_>>() {
            uses += one.await.unwrap();
        }
        assert_eq!(uses, 3);
        let grant = store.standing_grant(&StandingId::new("g1")).await.unwrap().unwrap();
        assert_eq!((grant.used, grant.state.key()), (3, "used_up"));
        assert!(store.open_standing_grants().await.unwrap().is_empty());
    }

    async fn an_end_counts_the_policy_version_up_and_frees_the_code(store) {
        let before = store.policies().await.unwrap().version;
        store.commit(audited([Write::StandingNew(Box::new(proposed("g1", "7F3K")))])).await.unwrap();
        let twin = store.commit(audited([Write::StandingNew(Box::new(proposed("g2", "7F3K")))])).await;
        assert!(matches!(twin, Err(StoreError::Lost { .. })), "a code is of one open grant");
        let end = |why: &str| Write::StandingEnd { grant: StandingId::new("g1"), why: why.into(), at: at(2) };
        store.commit(audited([end("revoked")])).await.unwrap();
        store.commit(audited([end("again")])).await.unwrap();
        let grant = store.standing_grant(&StandingId::new("g1")).await.unwrap().unwrap();
        assert_eq!(grant.state, State::Ended { at: at(2), why: "revoked".into() });
        assert!(store.policies().await.unwrap().version > before);
        store.commit(audited([Write::StandingNew(Box::new(proposed("g2", "7F3K")))])).await.unwrap();
        let codes: Vec<&str> = vec!["g2", "g1"];
        let listed = store.standing_grants(10).await.unwrap();
        assert_eq!(listed.iter().map(|it| it.id.as_str()).collect::<Vec<_>>(), codes);
    }
}
