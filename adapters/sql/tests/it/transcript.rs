//! What a conversation looks like to whom.

use countersign::conversation::Body;
use countersign::directory::Platform;
use countersign::ports::{Line, LineBody, Speaker, Store};
use countersign::reply::{Action, Message};

use crate::harness::samples::*;
use crate::harness::{TestStore, on_each_database};

fn shown(lines: &[Line]) -> String {
    let line = |it: &Line| {
        let from = match &it.from {
            Speaker::Account(account) => account.id.as_str(),
            Speaker::Countersign => "bot",
        };
        match &it.body {
            LineBody::Text(text) => format!("{from}: {text}"),
            LineBody::Message(message) => format!("{from}: {}", message.summary),
        }
    };
    lines.iter().map(line).collect::<Vec<_>>().join(" | ")
}

async fn read(store: &TestStore, reader: Option<&str>, limit: u32) -> String {
    let reader = reader.map(person);
    shown(&store.transcript(&conversation("main"), reader.as_ref(), limit).await.unwrap())
}

on_each_database! {
    async fn a_card_stands_where_it_was_first_posted_with_its_newest_face(store) {
        store.accept(&event("1", "main", "clean up", 0)).await.unwrap();
        store.commit(writes([post("main", card("k", "asking"), 1)])).await.unwrap();
        let mut click = event("2", "main", "", 2);
        click.body = Body::Click(Action::Say { text: "yes".into() });
        store.accept(&click).await.unwrap();
        store.commit(writes([post("main", Message::text("approved"), 3)])).await.unwrap();
        store.commit(writes([post("main", card("k", "done"), 4)])).await.unwrap();
        // Its clock is behind; the order is the one of arrival.
        store.accept(&event("3", "main", "thanks", -5)).await.unwrap();
        let wanted = "ana: clean up | bot: done | bot: approved | ana: thanks";
        assert_eq!(read(&store, None, 10).await, wanted);
        assert_eq!(read(&store, None, 2).await, "bot: approved | ana: thanks");
        assert_eq!(read(&store, None, 3).await, "bot: done | bot: approved | ana: thanks");
    }

    async fn a_personal_message_is_for_its_reader_only(store) {
        store.accept(&event("1", "main", "hi", 0)).await.unwrap();
        let personal = Message::text("psst").only_for(&person("ben"));
        let personal_card = card("k", "secret").only_for(&person("ben"));
        store
            .commit(writes([
                post("main", personal, 1),
                post("main", card("k", "open"), 1),
                post("main", personal_card, 1),
                post("main", Message::text("loud"), 1),
            ]))
            .await
            .unwrap();
        assert_eq!(read(&store, None, 10).await, "ana: hi | bot: open | bot: loud");
        assert_eq!(read(&store, Some("ana"), 10).await, "ana: hi | bot: open | bot: loud");
        let bens = "ana: hi | bot: psst | bot: open | bot: secret | bot: loud";
        assert_eq!(read(&store, Some("ben"), 10).await, bens);
    }

    async fn conversations_are_listed_last_active_first(store) {
        store.accept(&event("1", "old", "disk is full", 0)).await.unwrap();
        store.accept(&event("2", "new", "printer", 10)).await.unwrap();
        store.accept(&event("3", "old", "still full", 20)).await.unwrap();
        store.commit(writes([post("new", Message::text("looking"), 15)])).await.unwrap();
        let list = store.conversations(Platform::Console, 10).await.unwrap();
        let wanted = [
            (conversation("old"), "disk is full".to_owned(), at(20)),
            (conversation("new"), "printer".to_owned(), at(15)),
        ];
        assert_eq!(list, wanted);
        assert_eq!(store.conversations(Platform::Console, 1).await.unwrap(), wanted[..1]);
        assert_eq!(store.conversations(Platform::Slack, 10).await.unwrap(), []);
    }
}
