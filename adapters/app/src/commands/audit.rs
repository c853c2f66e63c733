//! `countersign audit`: is the log whole, what does it say, and proofs of that for others.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::Path;

use anyhow::{Context as _, anyhow};
use countersign::audit::{
    Check, Checked, Entry, Notary, Proof, Proven, PublicKey, SignedHead, Strangers,
};
use countersign::ids::ClientId;
use serde_json::json;

use super::{Outcome, Trouble, print, print_json, start, unusable};
use crate::bot::Bot;
use crate::cli::{DONE, FAILED, ProofArgs, VerifyArgs};
use crate::heads;

/// Entries read at a time.
const PAGE: u32 = 1_000;

pub(super) async fn verify(config: &Path, args: VerifyArgs) -> Outcome {
    let kept = args.head.as_deref().map(read_head).transpose()?;
    let bot = start(config).await?;
    let key = match &bot.vault {
        Some(vault) => {
            Some(heads::notary(bot.engine.store(), vault.as_ref(), bot.engine.now()).await?.key())
        }
        None => None,
    };
    let mut check = Check::new(key, kept.into_iter().collect());
    let verdict = check.go_on(bot.engine.store().as_ref(), i64::MAX).await?;
    let signed = check.signed();
    if args.json {
        print_json(&match &verdict {
            Ok(_) => json!({
                "whole": true,
                "entries": check.upto(),
                "signed": signed.map(|head| head.size),
                "key": signed.map(|head| &head.key),
            }),
            Err(flaw) => json!({ "whole": false, "flaw": flaw.to_string() }),
        })?;
    } else if verdict.is_ok() {
        let entries = check.upto();
        print(&format!(
            "the audit log is whole: {entries} entries, none changed, removed or cut off\n"
        ))?;
        print(&match signed {
            Some(head) => format!(
                "signed up to entry {} at {} with the key {}\n",
                head.size, head.at, head.key
            ),
            None => {
                "no head of it was signed, so somebody who can write into the database could have \
                     written it anew; set [store] key and run countersign audit head\n"
                    .to_owned()
            }
        })?;
        if args.head.is_some() {
            print("the head you kept fits\n")?;
        }
    }
    match verdict {
        Ok(Checked::Whole { .. } | Checked::SoFar { .. }) => Ok(DONE),
        Err(flaw) => {
            if !args.json {
                eprintln!("countersign: the audit log is NOT whole: {flaw}");
            }
            Ok(FAILED)
        }
    }
}

fn read_head(path: &Path) -> Result<SignedHead, Trouble> {
    let read = || {
        let text = fs::read_to_string(path)?;
        anyhow::Ok(serde_json::from_str(&text)?)
    };
    read()
        .with_context(|| {
            format!("{} is no head as “countersign audit head” prints it", path.display())
        })
        .map_err(unusable)
}

/// What signs; without it there are no proofs.
async fn notary(bot: &Bot) -> Result<Notary, Trouble> {
    let none = || {
        unusable(anyhow!(
            "the audit log is not signed, because its key could not be sealed; set [store] key (openssl rand -hex 32)"
        ))
    };
    let vault = bot.vault.as_ref().ok_or_else(none)?;
    Ok(heads::notary(bot.engine.store(), vault.as_ref(), bot.engine.now()).await?)
}

pub(super) async fn key(config: &Path) -> Outcome {
    let bot = start(config).await?;
    print(&format!("{}\n", notary(&bot).await?.key()))?;
    Ok(DONE)
}

pub(super) async fn head(config: &Path) -> Outcome {
    let bot = start(config).await?;
    let head = notary(&bot).await?.head(bot.engine.now()).await?;
    print_json(&serde_json::to_value(head)?)?;
    Ok(DONE)
}

pub(super) async fn prove(config: &Path, seq: i64) -> Outcome {
    let bot = start(config).await?;
    let shown = notary(&bot).await?.prove(seq, bot.engine.now()).await?;
    print_json(&serde_json::to_value(shown)?)?;
    Ok(DONE)
}

/// Needs neither a configuration nor a store.
pub(super) fn check_proof(args: &ProofArgs) -> Outcome {
    let file = File::open(&args.file)
        .with_context(|| format!("{} cannot be read", args.file.display()))
        .map_err(unusable)?;
    let key = args.key.as_deref().map(PublicKey::new);
    let (mut good, mut bad) = (0, 0);
    for (number, line) in (1..).zip(BufReader::new(file).lines()) {
        let line = line?;
        if line.trim().is_empty() {
            continue;
        }
        match Proof::check(&line, key.as_ref()) {
            Ok((proven, proof)) => {
                good += 1;
                let what = match proven {
                    Proven::Entry(entry) => format!("entry {} ({})", entry.seq, entry.text),
                    Proven::Withheld { seq } => format!("entry {seq}, whose content is withheld,"),
                };
                let SignedHead { size, at, key, .. } = proof.head;
                print(&format!(
                    "{what} is in the log of {size} entries, signed at {at} with {key}\n"
                ))?;
            }
            Err(error) => {
                bad += 1;
                eprintln!("countersign: line {number}: NOT proven: {error}");
            }
        }
    }
    if args.key.is_none() && good > 0 {
        print("compare the key with the one you were given, or name it with --key\n")?;
    }
    if good + bad == 0 {
        return Err(unusable(anyhow!("{} holds no proof", args.file.display())));
    }
    Ok(if bad == 0 { DONE } else { FAILED })
}

pub(super) async fn export(config: &Path, client: Option<&str>, after: i64) -> Outcome {
    let bot = start(config).await?;
    match client {
        Some(name) => export_client(&bot, name, after).await,
        None => export_all(&bot, after).await,
    }
}

async fn export_all(bot: &Bot, after: i64) -> Outcome {
    let mut after = after.max(0);
    loop {
        let page = bot.engine.store().audit(after, PAGE).await?;
        let Some(last) = page.last() else { return Ok(DONE) };
        after = last.seq;
        for entry in &page {
            print_json(&serde_json::to_value(entry)?)?;
        }
    }
}

/// What is theirs and nothing of others, each entry with its proof.
async fn export_client(bot: &Bot, name: &str, after: i64) -> Outcome {
    let notary = notary(bot).await?;
    let directory = bot.engine.directory();
    let client = directory.clients().iter().find(|it| it.name.eq_ignore_ascii_case(name));
    let client = client.ok_or_else(|| unusable(anyhow!("there is no client named {name}")))?;
    let is_theirs = |entry: &Entry| {
        let of = entry.client.as_deref().map(ClientId::new);
        of.is_some_and(|of| directory.client(&of).is_some_and(|it| it.id == client.id))
    };
    let strangers = Strangers::to(&client.id, &directory, bot.engine.people());
    let mut printed = Ok(());
    let take = |shown| {
        if printed.is_ok() {
            printed =
                serde_json::to_value(shown).map_err(Trouble::from).and_then(|it| print_json(&it));
        }
    };
    notary.export(is_theirs, &strangers, after, bot.engine.now(), take).await?;
    printed.map(|()| DONE)
}
