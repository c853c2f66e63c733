//! Which alert is meant: "the noisy disk-space alert" against what the server lists.

use crate::wire::Alert;

/// Words that say nothing about which alert it is.
const FILLERS: [&str; 30] = [
    "a", "an", "the", "that", "this", "alert", "alerts", "alarm", "alarms", "noisy", "annoying",
    "old", "stale", "active", "please", "on", "of", "for", "about", "it", "its", "clear",
    "dismiss", "warning", "warnings", "new", "one", "again", "stupid", "bloody",
];

/// Words of monitors and of people that mean the same.
const KINDS: [&[&str]; 12] = [
    &["disk", "drive", "drv", "volume", "storage", "hdd", "ssd"],
    &["space", "full", "free", "capacity"],
    &["cpu", "processor"],
    &["memory", "ram"],
    &["offline", "heartbeat", "checkin", "unreachable", "down"],
    &["backup", "backups"],
    &["antivirus", "av", "virus", "malware", "defender"],
    &["service", "services", "svc"],
    &["reboot", "restart", "uptime"],
    &["patch", "patches", "update", "updates"],
    &["printer", "print", "toner", "spooler"],
    &["certificate", "cert", "ssl"],
];

/// Whether `words` could tell one alert from another.
pub(super) fn says_something(words: &str) -> bool {
    tokens(words).iter().any(|it| !FILLERS.contains(&it.as_str()))
}

/// The alerts that fit the words best, equally well; all of them when the words say nothing.
pub(super) fn which<'a>(words: &str, alerts: &'a [Alert]) -> Vec<&'a Alert> {
    let said: Vec<String> =
        tokens(words).into_iter().filter(|it| !FILLERS.contains(&it.as_str())).collect();
    if said.is_empty() {
        return alerts.iter().collect();
    }
    let scored: Vec<(usize, &Alert)> = alerts
        .iter()
        .map(|alert| {
            let has = tokens(&text(alert));
            (said.iter().filter(|word| mentions(&has, word)).count(), alert)
        })
        .collect();
    let best = scored.iter().map(|it| it.0).max().unwrap_or(0);
    // Half of what was said has to be there, or it is another alert.
    if best == 0 || best * 2 < said.len() {
        return Vec::new();
    }
    scored.into_iter().filter(|it| it.0 == best).map(|it| it.1).collect()
}

fn text(alert: &Alert) -> String {
    let parts = [&alert.source, &alert.message, &alert.field, &alert.severity.name];
    let mut text: Vec<&str> = parts.into_iter().flatten().map(String::as_str).collect();
    text.push(alert.place());
    text.join(" ")
}

fn mentions(has: &[String], word: &str) -> bool {
    let same = |one: &str, other: &str| {
        one == other
            || (one.len() >= 4 && other.starts_with(one))
            || (other.len() >= 4 && one.starts_with(other))
    };
    let kind = KINDS.iter().find(|kind| kind.contains(&word));
    has.iter().any(|it| same(it, word) || kind.is_some_and(|kind| kind.contains(&it.as_str())))
}

fn tokens(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|it| !it.is_empty())
        .map(str::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(words: &str, expected: &[i64]) {
        let alert = |id: i64, source: &str, message: &str| json!({"AlertId": id, "Source": source, "Message": message});
        let alerts = Alert::list(&json!([
            alert(
                1,
                "DRV - Free Space Remaining < 10% Total Size",
                "C: has 3.8 GB free on KIOSK-01"
            ),
            alert(
                2,
                "DRV - Free Space Remaining < 10% Total Size",
                "D: has 1.1 GB free on KIOSK-01"
            ),
            alert(3, "SVC - Auto Services Stopped", "Spooler is stopped on KIOSK-01"),
            alert(4, "PERF - CPU > 90%", "Processor busy for 15 minutes"),
        ]));
        let found: Vec<i64> = which(words, &alerts).into_iter().map(|it| it.id).collect();
        assert_eq!(found, expected, "{words}");
    }

    #[test]
    fn words_of_people_find_the_monitors_alert() {
        check("the noisy disk-space alert", &[1, 2]);
        check("disk space on c", &[1]);
        check("spooler", &[3]);
        check("the service alert", &[3]);
        check("high CPU", &[4]);
        check("backup alert", &[]);
        check("that alert", &[1, 2, 3, 4]);
        check("", &[1, 2, 3, 4]);
    }
}
