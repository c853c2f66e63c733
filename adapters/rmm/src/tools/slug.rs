//! Names of script tools.

use std::collections::HashSet;

use crate::wire::ShellScript;

/// Longest slug, before the ending that tells two of them apart.
const LENGTH_MAX: usize = 48;

/// Characters of the script's id in that ending.
const ENDING: usize = 6;

/// The slug of each script, in the order given.
///
/// Of scripts with one slug the oldest keeps it and the others get a piece of their id, so a script that is
/// added takes no name away.
pub(crate) fn slugs(scripts: &[ShellScript]) -> Vec<String> {
    let mut by_age: Vec<usize> = (0..scripts.len()).collect();
    by_age.sort_by_key(|at| (scripts[*at].created_at, scripts[*at].id.clone()));
    let mut taken = HashSet::new();
    let mut slugs = vec![String::new(); scripts.len()];
    for at in by_age {
        let script = &scripts[at];
        let plain = slug(&script.name);
        let hex: String = script.id.chars().filter(char::is_ascii_hexdigit).collect();
        let candidates = (ENDING..=hex.len().max(ENDING)).map(|length| {
            let ending = hex.get(..length).unwrap_or(&hex).to_ascii_lowercase();
            if plain.is_empty() { ending } else { format!("{plain}-{ending}") }
        });
        let mut candidates =
            (!plain.is_empty()).then(|| plain.clone()).into_iter().chain(candidates);
        // Ids differ, so a candidate is free at the latest when the whole id is in it.
        slugs[at] = candidates.find(|it| !taken.contains(it)).unwrap_or_else(|| script.id.clone());
        taken.insert(slugs[at].clone());
    }
    slugs
}

/// Lower case; runs of anything but letters and digits become one hyphen.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for c in name.to_lowercase().chars() {
        if c.is_ascii_alphanumeric() {
            slug.push(c);
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
    }
    slug.truncate(LENGTH_MAX);
    slug.trim_end_matches('-').to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn scripts(names: &[(&str, &str, &str)]) -> Vec<ShellScript> {
        let read = |(id, name, created): &(&str, &str, &str)| {
            ShellScript::read(&json!({"templateId": id, "name": name, "createdOn": created}))
                .unwrap()
        };
        names.iter().map(read).collect()
    }

    #[test]
    fn names_become_slugs() {
        assert_eq!(slug("Disk Cleanup"), "disk-cleanup");
        assert_eq!(slug("  (Re)start — Spooler!! v2 "), "re-start-spooler-v2");
        assert_eq!(slug(&"a b".repeat(40)).len(), 48);
        assert_eq!(slug("éé"), "");
    }

    #[test]
    fn the_oldest_keeps_the_plain_slug() {
        let scripts = scripts(&[
            ("9d3c0aff-1", "Sync-Time!", "2026-01-02T00:00:00Z"),
            ("5e0c41aa-7", "Sync Time", "2025-01-02T00:00:00Z"),
            ("77777777-7", "…", "2025-01-02T00:00:00Z"),
        ]);
        assert_eq!(slugs(&scripts), ["sync-time-9d3c0a", "sync-time", "777777"]);
    }

    #[test]
    fn no_two_slugs_are_the_same() {
        let scripts = scripts(&[
            ("aaaaaa11", "x", "2025-01-01T00:00:00Z"),
            ("aaaaaa22", "x", "2025-01-02T00:00:00Z"),
            ("aaaaaa33", "X", "2025-01-03T00:00:00Z"),
        ]);
        assert_eq!(slugs(&scripts), ["x", "x-aaaaaa", "x-aaaaaa3"]);
    }
}
