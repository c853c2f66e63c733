//! Judges the cards that the tests of `countersign-slack` keep as snapshots. Run it with
//! `cargo test --manifest-path adapters/slack/judge/Cargo.toml`.

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use serde_json::{Value, json};
    use slackblocks::{HomeTabView, MessagePayload, ModalView};

    fn snapshots() -> Vec<(String, Value)> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/it/snapshots");
        let files = fs::read_dir(folder).expect("snapshots are checked in");
        let mut paths: Vec<PathBuf> = files.map(|file| file.expect("readable").path()).collect();
        paths.sort();
        paths
            .into_iter()
            .filter(|path| path.extension().is_some_and(|it| it == "snap"))
            .map(|path| {
                let text = fs::read_to_string(&path).expect("readable");
                let body = text.splitn(3, "---\n").nth(2).expect("a snapshot has a head");
                let name = path.file_stem().expect("named").to_string_lossy().into_owned();
                (name, serde_json::from_str(body).expect("a snapshot of JSON"))
            })
            .collect()
    }

    #[test]
    fn slack_would_take_every_card() {
        let all = snapshots();
        assert!(all.len() >= 15, "only {} snapshots", all.len());
        let mut faults = Vec::new();
        for (name, card) in all {
            let judged = match card["type"].as_str() {
                Some("modal") => ModalView::try_from(card).map(|_| ()),
                Some("home") => HomeTabView::try_from(card).map(|_| ()),
                _ => {
                    let message = json!({ "channel": "C1", "text": card["text"], "blocks": card["blocks"] });
                    MessagePayload::try_from(message).map(|_| ())
                }
            };
            if let Err(error) = judged {
                faults.push(format!("{name}: {error}"));
            }
        }
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}
