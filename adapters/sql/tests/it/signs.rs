//! Sign-in: links are good once, sessions until they end.

use countersign::digest::Digest;
use countersign::ports::TokenKind::{Link, Session};
use countersign::ports::{Store, TokenKind};

use crate::harness::samples::*;
use crate::harness::{TestStore, on_each_database};

async fn take(store: &TestStore, kind: TokenKind, secret: &str, secs: i64) -> String {
    let secret = Digest::of_bytes(secret.as_bytes());
    let person = store.take_token(kind, &secret, at(secs)).await.unwrap();
    person.map_or("-".into(), |it| it.as_str().to_owned())
}

async fn save(store: &TestStore, kind: TokenKind, secret: &str, expires: i64) {
    let secret = Digest::of_bytes(secret.as_bytes());
    store.save_token(kind, &secret, &person("ana"), at(expires)).await.unwrap();
}

on_each_database! {
    async fn a_link_is_good_once_and_a_session_until_it_expires(store) {
        save(&store, Link, "one", 100).await;
        save(&store, Link, "two", 100).await;
        save(&store, Session, "cookie", 100).await;
        assert_eq!(take(&store, Session, "one", 0).await, "-", "a link is no session");
        assert_eq!(take(&store, Link, "cookie", 0).await, "-", "a session is no link");
        assert_eq!(take(&store, Link, "one", 99).await, "ana");
        assert_eq!(take(&store, Link, "one", 99).await, "-", "used up");
        assert_eq!(take(&store, Session, "cookie", 99).await, "ana");
        assert_eq!(take(&store, Session, "cookie", 99).await, "ana");
        assert_eq!(take(&store, Session, "cookie", 100).await, "-", "expired");
        assert_eq!(take(&store, Link, "two", 100).await, "-", "expired");
        assert_eq!(store.count("SELECT count(*) FROM token").await, 0, "swept");
    }

    async fn a_link_taken_by_eight_at_once_lets_one_in(store) {
        save(&store, Link, "one", 100).await;
        let tries = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { take(&store, Link, "one", 1).await == "ana" })
        });
        let mut won = 0;
        for one in tries.collect::<Vec<_>>() {
            won += u32::from(one.await.unwrap());
        }
        assert_eq!(won, 1);
    }

    async fn sign_out_ends_a_session(store) {
        save(&store, Session, "cookie", 100).await;
        store.end_token(Session, &Digest::of_bytes(b"cookie")).await.unwrap();
        assert_eq!(take(&store, Session, "cookie", 1).await, "-");
    }
}
