//! Secrets at rest: sealed with XChaCha20-Poly1305 under a key that is not in the database.
//!
//! The name is sealed in, so a secret that is moved to another name does not open. In front stand four bytes
//! of the key's digest: a wrong key is told from a changed row.

use std::sync::Arc;

use async_trait::async_trait;
use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use countersign::ids::{hex, unhex};
use countersign::ports::{StoreError, Vault};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use crate::SqlStore;
use crate::db::args;
use crate::fault::{Fault, Result};

const KEY_BYTES: usize = 32;
const MARK_BYTES: usize = 4;
const NONCE_BYTES: usize = 24;

/// What seals and opens. Made from 64 hexadecimal digits.
#[derive(Clone)]
pub struct Key {
    cipher: XChaCha20Poly1305,
    mark: [u8; MARK_BYTES],
}

#[derive(Debug, thiserror::Error)]
#[error("must be 64 hexadecimal digits; make one with `openssl rand -hex 32`")]
pub struct BadKey;

impl Key {
    pub fn parse(text: &SecretString) -> std::result::Result<Self, BadKey> {
        let bytes = unhex(text.expose_secret().trim()).ok_or(BadKey)?;
        <[u8; KEY_BYTES]>::try_from(bytes).map(Self::of).map_err(|_| BadKey)
    }

    /// A key that only who has `secret` can make, for one `purpose`.
    pub fn derived(purpose: &str, secret: &SecretString) -> Self {
        let purpose = Sha256::digest(purpose.as_bytes());
        let secret = Sha256::digest(secret.expose_secret().as_bytes());
        Self::of(Sha256::digest([purpose, secret].concat()).into())
    }

    fn of(bytes: [u8; KEY_BYTES]) -> Self {
        let mut mark = [0; MARK_BYTES];
        mark.copy_from_slice(&Sha256::digest(bytes)[..MARK_BYTES]);
        Self { cipher: XChaCha20Poly1305::new(&bytes.into()), mark }
    }

    fn seal(&self, name: &str, secret: &SecretString) -> Result<String> {
        let mut nonce = [0; NONCE_BYTES];
        getrandom::fill(&mut nonce)
            .map_err(|error| Fault::Impossible(format!("no random numbers: {error}")))?;
        let message = Payload { msg: secret.expose_secret().as_bytes(), aad: name.as_bytes() };
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), message)
            .map_err(|_| Fault::Impossible("a secret is too long to be sealed".into()))?;
        Ok(hex(&[&self.mark[..], &nonce, &sealed].concat()))
    }

    fn open(&self, name: &str, sealed: &str) -> Result<SecretString> {
        let unreadable = |detail: &str| Fault::unreadable("secret", detail);
        let bytes = unhex(sealed).ok_or_else(|| unreadable("it is no sealed text"))?;
        let (mark, rest) =
            bytes.split_at_checked(MARK_BYTES).ok_or_else(|| unreadable("it is too short"))?;
        if mark != self.mark {
            return Err(unreadable("it was sealed with another [store] key"));
        }
        let (nonce, text) =
            rest.split_first_chunk::<NONCE_BYTES>().ok_or_else(|| unreadable("it is too short"))?;
        let message = Payload { msg: text, aad: name.as_bytes() };
        let opened = self
            .cipher
            .decrypt(&XNonce::from(*nonce), message)
            .map_err(|_| unreadable("it was changed since it was sealed"))?;
        let text = String::from_utf8(opened).map_err(|_| unreadable("it is no text"))?;
        Ok(SecretString::from(text))
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key")
    }
}

/// The sealed secrets of a store.
#[derive(Debug, Clone)]
pub struct SqlVault {
    store: Arc<SqlStore>,
    key: Key,
}

impl SqlVault {
    pub fn new(store: Arc<SqlStore>, key: Key) -> Self {
        Self { store, key }
    }

    async fn kept(&self, name: &str) -> Result<Option<SecretString>> {
        let row =
            self.store.db.row("SELECT secret FROM sealed WHERE name = $1", &args![name]).await?;
        row.map(|row| self.key.open(name, row.str("secret")?)).transpose()
    }
}

#[async_trait]
impl Vault for SqlVault {
    async fn keep(&self, name: &str, secret: &SecretString) -> std::result::Result<(), StoreError> {
        let keep = async {
            let sealed = self.key.seal(name, secret)?;
            self.store
                .db
                .execute(
                    "INSERT INTO sealed (name, secret) VALUES ($1, $2)
                     ON CONFLICT (name) DO UPDATE SET secret = excluded.secret",
                    &args![name, sealed],
                )
                .await
        };
        keep.await.map(|_| ()).map_err(|it: Fault| it.during("save of a secret"))
    }

    async fn keep_first(
        &self,
        name: &str,
        secret: &SecretString,
    ) -> std::result::Result<SecretString, StoreError> {
        let keep = async {
            let sealed = self.key.seal(name, secret)?;
            self.store
                .db
                .execute(
                    "INSERT INTO sealed (name, secret) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING",
                    &args![name, sealed],
                )
                .await?;
            let gone = || Fault::Impossible("a secret was removed as it was kept".into());
            self.kept(name).await?.ok_or_else(gone)
        };
        keep.await.map_err(|it: Fault| it.during("save of a secret"))
    }

    async fn open(&self, name: &str) -> std::result::Result<Option<SecretString>, StoreError> {
        self.kept(name).await.map_err(|it| it.during("read of a secret"))
    }

    async fn forget(&self, name: &str) -> std::result::Result<(), StoreError> {
        let removed =
            self.store.db.execute("DELETE FROM sealed WHERE name = $1", &args![name]).await;
        removed.map(|_| ()).map_err(|it| it.during("removal of a secret"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(digit: char) -> Key {
        Key::parse(&digit.to_string().repeat(64).into()).unwrap()
    }

    #[test]
    fn what_was_sealed_opens_under_its_name_and_key_only() {
        let sealed = key('a').seal("slack/T1", &"a secret".into()).unwrap();
        assert!(!sealed.contains("secret"));
        let opened = key('a').open("slack/T1", &sealed).unwrap();
        assert_eq!(opened.expose_secret(), "a secret");
        let fails = |key: Key, name: &str, sealed: &str, says: &str| {
            let fault = format!("{:?}", key.open(name, sealed).unwrap_err());
            assert!(fault.contains(says), "{fault}");
        };
        fails(key('b'), "slack/T1", &sealed, "another [store] key");
        fails(key('a'), "slack/T2", &sealed, "changed since");
        let mut bent = sealed.clone().into_bytes();
        let last = bent.len() - 1;
        bent[last] = if bent[last] == b'0' { b'1' } else { b'0' };
        fails(key('a'), "slack/T1", &String::from_utf8(bent).unwrap(), "changed since");
        fails(key('a'), "slack/T1", &sealed[..20], "too short");
        fails(key('a'), "slack/T1", "zz", "no sealed text");
    }

    #[test]
    fn the_same_secret_is_sealed_differently_each_time() {
        let twice = [(); 2].map(|()| key('a').seal("n", &"s".into()).unwrap());
        assert_ne!(twice[0], twice[1]);
    }

    #[test]
    fn a_key_that_is_no_key_is_refused() {
        for text in ["", "abc", "g".repeat(64).as_str(), "a".repeat(63).as_str()] {
            assert!(Key::parse(&text.into()).is_err(), "{text}");
        }
    }
}
