//! Messages go out in order, one at a time per conversation, a card with its newest face.

use countersign::directory::Platform;
use countersign::ports::{ExternalId, Outgoing, Store};
use countersign::reply::Message;
use jiff::Timestamp;

use crate::harness::samples::*;
use crate::harness::{TestStore, on_each_database};

async fn said(store: &TestStore, conversation: &str, messages: Vec<Message>) {
    let id = format!("event of {conversation}");
    store.accept(&event(&id, conversation, "hi", 0)).await.unwrap();
    for message in messages {
        store.commit(writes([post(conversation, message, 1)])).await.unwrap();
    }
}

async fn claim(store: &TestStore, secs: i64) -> Vec<Outgoing> {
    store.claim_outbox(Platform::Console, at(secs), LEASE, 10).await.unwrap()
}

/// `thread: text (edit of id)`, in the order claimed.
fn shown(outgoing: &[Outgoing]) -> String {
    let line = |it: &Outgoing| {
        let edit = it.posted.as_ref().map_or(String::new(), |id| format!(" (edit of {})", id.0));
        format!("{}: {}{edit}", it.thread.thread, it.message.summary)
    };
    outgoing.iter().map(line).collect::<Vec<_>>().join(", ")
}

async fn sent(store: &TestStore, outgoing: &Outgoing, external: &str, now: Timestamp) {
    store.sent(outgoing, &ExternalId(external.into()), now).await.unwrap();
}

on_each_database! {
    async fn messages_of_a_conversation_keep_their_order_and_others_do_not_wait(store) {
        said(&store, "a", vec![Message::text("a1"), Message::text("a2")]).await;
        said(&store, "b", vec![Message::text("b1")]).await;
        let first = claim(&store, 2).await;
        assert_eq!(shown(&first), "a: a1, b: b1");
        assert_eq!(shown(&claim(&store, 2).await), "", "both are held");
        sent(&store, &first[0], "x1", at(3)).await;
        assert_eq!(shown(&claim(&store, 3).await), "a: a2");
        // b1 was never confirmed: at least once.
        assert_eq!(shown(&claim(&store, 62).await), "b: b1");
    }

    async fn a_limit_takes_the_oldest_and_another_platform_nothing(store) {
        said(&store, "a", vec![Message::text("a1")]).await;
        said(&store, "b", vec![Message::text("b1")]).await;
        let slack = store.claim_outbox(Platform::Slack, at(2), LEASE, 10).await.unwrap();
        assert_eq!(shown(&slack), "");
        let one = store.claim_outbox(Platform::Console, at(2), LEASE, 1).await.unwrap();
        assert_eq!(shown(&one), "a: a1");
    }

    async fn a_card_goes_out_once_with_its_newest_face_in_its_old_place(store) {
        let messages = vec![
            card("k", "asking"),
            Message::text("in between"),
            card("k", "running"),
            card("k", "done"),
        ];
        said(&store, "a", messages).await;
        let first = claim(&store, 2).await;
        assert_eq!(shown(&first), "a: done");
        sent(&store, &first[0], "x1", at(2)).await;
        let second = claim(&store, 3).await;
        assert_eq!(shown(&second), "a: in between");
        sent(&store, &second[0], "x2", at(3)).await;
        assert_eq!(shown(&claim(&store, 4).await), "");
        assert_eq!(store.count("SELECT count(*) FROM outbox WHERE state = 'replaced'").await, 2);
    }

    async fn later_faces_are_edits_of_what_was_posted_and_only_the_newest_goes_out(store) {
        said(&store, "a", vec![card("k", "asking")]).await;
        let first = claim(&store, 2).await;
        // While it is being posted, the card moves on.
        store.commit(writes([post("a", card("k", "running"), 2)])).await.unwrap();
        assert_eq!(shown(&claim(&store, 3).await), "", "held");
        sent(&store, &first[0], "x1", at(3)).await;
        store.commit(writes([post("a", card("k", "done"), 3)])).await.unwrap();
        let edit = claim(&store, 4).await;
        assert_eq!(shown(&edit), "a: done (edit of x1)");
        sent(&store, &edit[0], "x1", at(4)).await;
        assert_eq!(shown(&claim(&store, 5).await), "");
        store.commit(writes([post("a", card("k", "archived"), 5)])).await.unwrap();
        assert_eq!(shown(&claim(&store, 6).await), "a: archived (edit of x1)");
    }

    async fn two_cards_of_a_conversation_and_one_key_in_two_do_not_mix(store) {
        said(&store, "a", vec![card("k", "k1"), card("l", "l1"), card("k", "k2")]).await;
        said(&store, "b", vec![card("k", "other")]).await;
        let first = claim(&store, 2).await;
        assert_eq!(shown(&first), "a: k2, b: other");
        for it in &first {
            sent(&store, it, "x", at(2)).await;
        }
        assert_eq!(shown(&claim(&store, 3).await), "a: l1");
    }

    async fn a_card_for_one_person_is_not_the_card_of_the_thread(store) {
        let personal = card("k", "only for ben").only_for(&person("ben"));
        said(&store, "a", vec![card("k", "for all"), personal]).await;
        let first = claim(&store, 2).await;
        assert_eq!(shown(&first), "a: for all");
        sent(&store, &first[0], "x1", at(2)).await;
        assert_eq!(shown(&claim(&store, 3).await), "a: only for ben");
    }

    async fn what_was_not_sent_keeps_its_place_until_it_is_given_up(store) {
        said(&store, "a", vec![card("k", "one"), Message::text("two")]).await;
        let first = claim(&store, 2).await;
        store.not_sent(&first[0], Some(at(30)), "rate limit").await.unwrap();
        assert_eq!(shown(&claim(&store, 29).await), "", "nothing overtakes");
        store.commit(writes([post("a", card("k", "three"), 29)])).await.unwrap();
        let again = claim(&store, 30).await;
        assert_eq!(shown(&again), "a: three");
        assert_eq!(again[0].attempts, 1);
        store.not_sent(&again[0], None, "channel gone").await.unwrap();
        assert_eq!(shown(&claim(&store, 31).await), "a: two");
        assert_eq!(store.count("SELECT count(*) FROM outbox WHERE state = 'given_up'").await, 2);
    }

    async fn a_message_that_cannot_be_read_does_not_hold_up_its_conversation(store) {
        said(&store, "a", vec![Message::text("one"), Message::text("two")]).await;
        store.raw("UPDATE outbox SET body = '{}' WHERE line = 2").await.unwrap();
        assert_eq!(shown(&claim(&store, 2).await), "");
        assert_eq!(shown(&claim(&store, 2).await), "a: two");
    }

    async fn four_workers_send_everything_once_and_in_order(store) {
        for name in ["a", "b", "c", "d", "e"] {
            said(&store, name, (0..8).map(|n| Message::text(n.to_string())).collect()).await;
        }
        let workers = (0..4).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut done = vec![];
                while store.count("SELECT count(*) FROM outbox WHERE state = 'unsent'").await > 0 {
                    for it in claim(&store, 2).await {
                        done.push((std::time::Instant::now(), it.clone()));
                        sent(&store, &it, "x", at(2)).await;
                    }
                }
                done
            })
        });
        let mut done = vec![];
        for worker in workers.collect::<Vec<_>>() {
            done.extend(worker.await.unwrap());
        }
        done.sort_by_key(|(when, _)| *when);
        for name in ["a", "b", "c", "d", "e"] {
            let texts = done.iter().map(|(_, it)| it).filter(|it| it.thread.thread == name);
            let texts: Vec<_> = texts.map(|it| it.message.summary.as_str()).collect();
            assert_eq!(texts.join(""), "01234567", "{name}");
        }
    }
}
