//! Secrets at rest.

use countersign::ports::{StoreError, Vault};
use countersign_sql::{Key, SqlVault};
use secrecy::{ExposeSecret as _, SecretString};

use crate::harness::on_each_database;

fn key(digit: char) -> Key {
    Key::parse(&digit.to_string().repeat(64).into()).unwrap()
}

on_each_database! {
    async fn a_secret_is_kept_replaced_and_forgotten(store) {
        let vault = SqlVault::new(store.shared(), key('a'));
        assert!(vault.open("slack/T1").await.unwrap().is_none());
        for secret in ["first", "second"] {
            vault.keep("slack/T1", &SecretString::from(secret)).await.unwrap();
            let opened = vault.open("slack/T1").await.unwrap().unwrap();
            assert_eq!(opened.expose_secret(), secret);
        }
        let other = SqlVault::new(store.shared(), key('b'));
        let fault = other.open("slack/T1").await.unwrap_err();
        assert!(matches!(fault, StoreError::Unreadable { .. }), "{fault:?}");
        vault.forget("slack/T1").await.unwrap();
        vault.forget("slack/T1").await.unwrap();
        assert!(vault.open("slack/T1").await.unwrap().is_none());
    }
}
