//! Turns a posted form into an event for the core.

use countersign::conversation::{Body, Inbound, Thread};
use countersign::digest::Digest;
use countersign::directory::{Account, Platform};
use countersign::ids::ConversationId;
use countersign::ports::StoreError;

use crate::app::App;
use crate::trouble::Trouble;
use crate::who::Viewer;

/// The one channel of the console.
const CHANNEL: &str = "console";

/// The thread with this id, as it stands in the address.
pub(crate) fn thread(id: &str) -> Option<Thread> {
    let is_id = (1..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    is_id.then(|| Thread {
        platform: Platform::Console,
        channel: CHANNEL.to_owned(),
        thread: id.to_owned(),
    })
}

/// The thread that a form starts. The same form always starts the same one, so a double click does not
/// start two.
pub(crate) fn new_thread(key: &Key) -> Thread {
    let digest = Digest::of_bytes(key.0.as_bytes());
    let id = digest.as_str().get(..12).unwrap_or_default().to_owned();
    Thread { platform: Platform::Console, channel: CHANNEL.to_owned(), thread: id }
}

/// The thread of a conversation on any platform: an approval is decided where it was asked.
pub(crate) fn thread_of(conversation: &ConversationId) -> Option<Thread> {
    let mut parts = conversation.as_str().splitn(3, '/');
    let platform = Platform::parse(parts.next()?)?;
    let (channel, thread) = (parts.next()?.to_owned(), parts.next()?.to_owned());
    Some(Thread { platform, channel, thread })
}

/// Made when a form is drawn and sent with it: a form sent twice is one event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key(String);

impl Key {
    pub(crate) fn parse(text: &str) -> Result<Self, Trouble> {
        let is_key = (16..=80).contains(&text.len())
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        match is_key {
            true => Ok(Self(text.to_owned())),
            false => Err(Trouble::Form {
                status: axum::http::StatusCode::BAD_REQUEST,
                detail: "it lacks its key".into(),
            }),
        }
    }
}

/// Hands an event of `viewer` to the core; durable when this returns. A form that came twice succeeds
/// twice and counts once.
pub(crate) async fn send(
    app: &App,
    viewer: &Viewer,
    thread: Thread,
    key: &Key,
    body: Body,
) -> Result<(), StoreError> {
    let person = viewer.person.id.as_str();
    let inbound = Inbound {
        // With the person in it, nobody can use up another person's key.
        event_id: format!("{person}:{}", key.0),
        thread,
        account: Account { platform: Platform::Console, id: person.to_owned() },
        body,
        at: app.now(),
    };
    app.engine().receive(&inbound).await?;
    // Nobody listening is fine: the stream of this page looks by itself, too.
    let _ = app.console.changes.send(());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conversation_of_any_platform_gives_its_thread_back() {
        for id in
            ["slack/C024BE91L/1700000000.000100", "console/console/a1", "teams/19:x@y/1;m=2/3"]
        {
            let id = ConversationId::new(id);
            assert_eq!(thread_of(&id).map(|thread| thread.conversation()), Some(id));
        }
        assert_eq!(thread_of(&ConversationId::new("pigeon/a/b")), None);
        assert_eq!(thread_of(&ConversationId::new("slack/a")), None);
    }

    #[test]
    fn a_thread_id_from_an_address_is_checked() {
        assert!(thread("a1b2-C_3").is_some());
        for bad in ["", "a/b", "../x", "a b", "ä", &"x".repeat(65)] {
            assert!(thread(bad).is_none(), "{bad}");
        }
    }
}
