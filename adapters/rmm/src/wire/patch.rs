//! Patches of one device.

use jiff::Timestamp;
use serde_json::Value;

use super::Json;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Bucket {
    Pending,
    /// Installed, but a restart is due.
    PendingReboot,
    Installed,
    Failed,
}

#[derive(Debug, Clone)]
pub(crate) struct Patch {
    /// "KB5099321".
    pub(crate) article: String,
    pub(crate) classification: String,
    pub(crate) severity: String,
    pub(crate) size: String,
    /// The product's number; it publishes no meaning.
    pub(crate) status: Option<i64>,
    pub(crate) installed_at: Option<Timestamp>,
    pub(crate) needs_reboot: bool,
}

impl Patch {
    fn read(json: Json<'_>) -> Self {
        let text = |name: &str| json.text(name).unwrap_or_default().to_owned();
        Self {
            article: json.text_of(&["kbArticleID", "updateID"]).unwrap_or("unnamed").to_owned(),
            classification: text("classification"),
            severity: text("msrcSeverity"),
            size: text("size"),
            status: json.int_of(&["status"]),
            installed_at: json.time(&["installedDate"]),
            needs_reboot: json
                .text("rebootBehavior")
                .is_some_and(|it| it.eq_ignore_ascii_case("required")),
        }
    }

    /// Provisional: an installation date means installed; 3 is taken for failed and 4 for waiting on a
    /// restart, since the product publishes no meaning of its numbers; everything else is pending.
    pub(crate) fn bucket(&self) -> Bucket {
        match (self.installed_at, self.status) {
            (_, Some(3)) => Bucket::Failed,
            (_, Some(4)) => Bucket::PendingReboot,
            (Some(_), _) | (None, Some(2)) => Bucket::Installed,
            (None, _) => Bucket::Pending,
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Patches {
    pub(crate) assessed_at: Option<Timestamp>,
    /// As the product counts them.
    pub(crate) missing: Option<i64>,
    /// Installed, and waiting for a restart.
    pub(crate) waiting: Option<i64>,
    pub(crate) compliance: Option<f64>,
    pub(crate) policy: Option<String>,
    pub(crate) out_of_support: bool,
    pub(crate) patches: Vec<Patch>,
}

impl Patches {
    pub(crate) fn read(value: &Value) -> Self {
        let json = Json(value);
        let summary = json.get("summary");
        Self {
            assessed_at: summary.and_then(|it| it.time(&["assessedAt"])),
            missing: summary.and_then(|it| it.int_of(&["missingCount"])),
            waiting: summary.and_then(|it| it.int_of(&["pendingRebootCount"])),
            compliance: summary.and_then(|it| it.float("compliance")),
            policy: summary.and_then(|it| it.text("policyName")).map(str::to_owned),
            out_of_support: summary.and_then(|it| it.flag("outOfSupport")).unwrap_or(false),
            patches: json.items("patches").map(Patch::read).collect(),
        }
    }

    pub(crate) fn count(&self, bucket: Bucket) -> usize {
        self.patches.iter().filter(|it| it.bucket() == bucket).count()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(status: i64, installed: bool, expected: Bucket) {
        let date = installed.then_some("2026-01-01T00:00:00Z");
        let value = json!({"patches": [{"status": status, "installedDate": date}]});
        assert_eq!(Patches::read(&value).patches[0].bucket(), expected, "{status} {installed}");
    }

    #[test]
    fn patches_fall_into_buckets() {
        check(1, false, Bucket::Pending);
        check(0, false, Bucket::Pending);
        check(99, false, Bucket::Pending);
        check(2, false, Bucket::Installed);
        check(99, true, Bucket::Installed);
        check(3, false, Bucket::Failed);
        check(4, true, Bucket::PendingReboot);
    }
}
