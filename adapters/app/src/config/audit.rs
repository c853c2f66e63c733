//! `[audit]`: what becomes of the signed heads of the audit log.

use countersign::conversation::Thread;
use countersign::directory::Platform;
use serde::Deserialize;

use super::read::Reader;

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AuditRaw {
    /// `slack:C0000000001`, or `console`.
    post_heads_to: Option<String>,
}

impl Reader {
    pub(super) fn post_heads_to(
        &mut self,
        raw: AuditRaw,
        has_key: bool,
        has_slack: bool,
    ) -> Option<Thread> {
        const KEY: &str = "audit.post_heads_to";
        let place = raw.post_heads_to?;
        let (platform, channel) = place.split_once(':').unwrap_or((place.as_str(), ""));
        let (channel, thread) = match (Platform::parse(platform), channel.trim()) {
            (Some(Platform::Slack), id) if !id.is_empty() => (id, ""),
            (Some(Platform::Console), "") => ("console", "audit-heads"),
            _ => {
                let text = format!("“{place}” is no place; write slack:C0000000001 or console");
                self.problem(KEY, text);
                return None;
            }
        };
        if !has_key {
            self.problem(KEY, "heads are signed with a key that [store] key seals; set that, too");
        }
        if thread.is_empty() && !has_slack {
            self.problem(KEY, "there is no [slack] section to post with");
        }
        Some(Thread {
            platform: Platform::parse(platform)?,
            channel: channel.to_owned(),
            thread: thread.to_owned(),
        })
    }
}
