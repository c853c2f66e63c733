//! The audit log, proven to people who have nothing but a signed head.

use countersign::audit::{Check, Entry, Flaw, NotProven, Proof, Proven, Shown, Strangers};
use countersign::ids::ClientId;
use countersign::ports::{LineBody, Store as _};
use countersign_app::heads::{self, Heads};

use crate::harness::{Bot, World, hours, mins};

const BOTH: &str = "run flush dns on maria-lt-01 and fs01";

async fn notary(bot: &Bot) -> countersign::audit::Notary {
    let wiring = bot.wiring();
    let vault = wiring.vault.as_deref().expect("a vault");
    heads::notary(wiring.engine.store(), vault, wiring.engine.now()).await.expect("a notary")
}

fn line(shown: &Shown) -> String {
    serde_json::to_string(shown).expect("JSON")
}

/// What `client` gets, as lines.
async fn exported(bot: &Bot, client: &str) -> Vec<String> {
    let directory = bot.wiring().engine.directory();
    let client = directory.clients().iter().find(|it| it.name == client).expect("the client");
    let is_theirs =
        |entry: &Entry| entry.client.as_deref().map(ClientId::new).as_ref() == Some(&client.id);
    let strangers = Strangers::to(&client.id, &directory, bot.wiring().engine.people());
    let mut lines = Vec::new();
    let now = bot.wiring().engine.now();
    let take = |shown: Shown| lines.push(line(&shown));
    notary(bot).await.export(is_theirs, &strangers, 0, now, take).await.expect("an export");
    lines
}

async fn run_on_both(bot: &mut Bot) {
    bot.says("ana", BOTH).await;
    bot.presses("ben", "Approve").await;
    bot.later(mins(3)).await;
    bot.says("ana", "show patches for fs01").await;
    bot.skip_messages();
    assert_eq!(bot.ran().len(), 2);
}

#[tokio::test]
async fn a_client_gets_its_own_entries_with_proofs_and_nothing_of_others() {
    let mut bot = World::default().signing().start().await;
    run_on_both(&mut bot).await;
    let key = notary(&bot).await.key();
    for (client, host, others) in [
        ("Bluegum Vet", "MARIA-LT-01", ["Acme", "FS01"]),
        ("Acme Logistics", "FS01", ["Bluegum", "MARIA"]),
    ] {
        let lines = exported(&bot, client).await;
        let mut kinds = Vec::new();
        for line in &lines {
            for other in others {
                assert!(!line.contains(other), "{client} sees {other}: {line}");
            }
            let (proven, _) = Proof::check(line, Some(&key)).expect("a proof");
            let Proven::Entry(entry) = proven else { panic!("withheld: {line}") };
            assert!(entry.text.contains(host) || entry.text.contains(client), "{line}");
            kinds.push(entry.kind);
        }
        for kind in ["verdict", "approval_asked", "decision", "granted", "dispatch", "outcome"] {
            assert!(kinds.iter().any(|it| it == kind), "{kind} is not in {kinds:?} of {client}");
        }
    }
    // Whose words they were is in the whole log only: a person may name anybody.
    let whole = bot.audit().await;
    assert!(whole.iter().any(|it| it.contains(BOTH)), "{whole:#?}");
    bot.finish().await;
}

#[tokio::test]
async fn an_entry_that_names_others_all_the_same_is_withheld_and_its_place_still_proven() {
    let bot = World::default().signing().start().await;
    let directory = bot.wiring().engine.directory();
    let acme = directory.clients().iter().find(|it| it.name == "Acme Logistics").expect("Acme");
    // As a version of before wrote them, and as a free text may be.
    for text in
        ["ran on FS01 (Acme Logistics) and MARIA-LT-01", "halted, like at bluegum vet", "own"]
    {
        let entry = countersign::audit::NewEntry {
            at: bot.wiring().engine.now(),
            actor: "mia".into(),
            kind: "halted",
            subject: serde_json::json!({}),
            text: text.into(),
            client: Some(acme.id.to_string()),
        };
        let change = countersign::ports::Change { writes: vec![], audit: vec![entry] };
        bot.wiring().store.commit(change).await.expect("the store works");
    }
    let lines = exported(&bot, "Acme Logistics").await;
    let shown = |line: &String| match Proof::check(line, None).expect("a proof").0 {
        Proven::Entry(entry) => entry.text,
        Proven::Withheld { .. } => "withheld".to_owned(),
    };
    assert_eq!(lines.iter().map(shown).collect::<Vec<_>>(), ["withheld", "withheld", "own"]);
    let all = lines.join("\n").to_lowercase();
    assert!(!all.contains("maria") && !all.contains("bluegum"), "{all}");
    bot.finish().await;
}

#[tokio::test]
async fn a_proof_that_was_changed_is_none() {
    let mut bot = World::default().signing().start().await;
    run_on_both(&mut bot).await;
    let notary = notary(&bot).await;
    let now = bot.wiring().engine.now();
    let (last, _) = bot.wiring().store.audit_head().await.expect("a head");
    for seq in 1..=last {
        let line = line(&notary.prove(seq, now).await.expect("a proof"));
        let (proven, _) = Proof::check(&line, Some(&notary.key())).expect("a proof");
        assert!(matches!(proven, Proven::Entry(entry) if entry.seq == seq));
    }
    assert!(notary.prove(last + 1, now).await.is_err());
    let good = line(&notary.prove(2, now).await.expect("a proof"));
    let other = line(&notary.prove(3, now).await.expect("a proof"));
    let path = |line: &str| line[line.find("\"path\"").expect("a path")..].to_owned();
    let changed = |text: &str, key| Proof::check(text, key).expect_err(text);
    let entry = changed(&good.replacen("\"seq\":2", "\"seq\":3", 1), None);
    assert!(matches!(entry, NotProven::Changed(3)), "{entry}");
    let moved = changed(&good.replace(&path(&good), &path(&other)), None);
    assert!(matches!(moved, NotProven::Elsewhere(2)), "{moved}");
    let index = changed(&good.replacen("\"index\":1", "\"index\":2", 1), None);
    assert!(matches!(index, NotProven::Elsewhere(2)), "{index}");
    let size = format!("\"size\":{last}");
    let head = changed(&good.replacen(&size, &format!("\"size\":{}", last + 1), 1), None);
    assert!(matches!(head, NotProven::NotSigned(..)), "{head}");
    let stranger = countersign::audit::PublicKey::new(&"0".repeat(64));
    assert!(matches!(changed(&good, Some(&stranger)), NotProven::NotSigned(..)));
    for nothing in ["", "{}", "[]", "{\"proof\":1}"] {
        assert!(matches!(changed(nothing, None), NotProven::Unreadable(_)), "{nothing}");
    }
    bot.finish().await;
}

#[tokio::test]
async fn a_log_that_was_written_anew_or_cut_off_does_not_fit_a_head_that_was_kept() {
    let mut bot = World::default().signing().start().await;
    run_on_both(&mut bot).await;
    let notary_of_then = notary(&bot).await;
    let kept = notary_of_then.head(bot.wiring().engine.now()).await.expect("a head");
    let check = async |kept| {
        let mut check = Check::new(Some(notary_of_then.key()), vec![kept]);
        check.go_on(bot.wiring().store.as_ref(), i64::MAX).await.expect("the store works")
    };
    assert!(check(kept.clone()).await.is_ok());
    let more = countersign::audit::SignedHead { size: kept.size + 1, ..kept.clone() };
    assert!(matches!(check(more).await, Err(Flaw::CutBelowSigned { .. })));
    let smaller = countersign::audit::SignedHead { size: kept.size - 1, ..kept };
    assert!(matches!(check(smaller).await, Err(Flaw::NotSigned { .. })));
    bot.finish().await;
}

#[tokio::test]
async fn a_head_is_posted_once_a_day_by_all_processes_together() {
    let mut bot =
        World::default().signing().config("[audit]\npost_heads_to = \"console\"\n").start().await;
    bot.says("ana", "help").await;
    bot.skip_messages();
    let mut processes = Vec::new();
    for _ in 0..2 {
        let wiring = bot.wiring();
        let heads =
            Heads::new(wiring.engine.clone(), notary(&bot).await, wiring.post_heads_to.clone());
        processes.push(heads);
    }
    let thread = bot.wiring().post_heads_to.clone().expect("a place");
    for day in 1..=3 {
        for heads in [&processes[0], &processes[1], &processes[0]] {
            let head = heads.step().await.expect("a head");
            assert!(head.is_signed_by(&notary(&bot).await.key()));
        }
        let lines = bot.wiring().store.transcript(&thread.conversation(), None, 100).await;
        let lines = lines.expect("a transcript");
        assert_eq!(lines.len(), day);
        let LineBody::Message(message) = &lines[day - 1].body else { panic!("no message") };
        assert!(message.summary.contains(&format!("2026-09-0{day}")), "{}", message.summary);
        bot.jumps(hours(24)).await;
    }
    bot.finish().await;
}
