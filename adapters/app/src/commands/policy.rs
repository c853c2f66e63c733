//! `countersign policy`: what operators set, and what the classifier proposes.

use std::path::Path;

use anyhow::anyhow;
use countersign::conversation::{Explanation, report};
use countersign::policy::Policy;
use countersign::tool::ToolName;
use serde_json::json;

use super::{Outcome, admin, print, print_json, speaker, start, unusable};
use crate::cli::{AsArgs, DONE, JsonArgs, NOT_DONE};

pub(super) async fn show(config: &Path, args: JsonArgs) -> Outcome {
    let bot = start(config).await?;
    for view in bot.engine.tools().await? {
        let (is_set, proposal) =
            (view.set_by.is_some(), view.proposal.filter(|(policy, _)| *policy != view.policy));
        if !is_set && proposal.is_none() {
            continue;
        }
        if args.json {
            let proposal =
                proposal.map(|(policy, why)| json!({ "policy": policy.key(), "why": why }));
            print_json(&json!({
                "tool": view.tool.name,
                "policy": view.policy.key(),
                "set_by": view.set_by,
                "proposal": proposal,
            }))?;
            continue;
        }
        let by = view.set_by.map(|by| format!(" (set by {by})")).unwrap_or_default();
        let proposed = proposal
            .map(|(policy, why)| format!("; could be {}: {why}", policy.label()))
            .unwrap_or_default();
        print(&format!("{}: {}{by}{proposed}\n", view.tool.name, view.policy.label()))?;
    }
    Ok(DONE)
}

pub(super) async fn set(config: &Path, tool: &str, policy: Option<&str>, who: AsArgs) -> Outcome {
    let policy = match policy {
        None => None,
        Some(text) => {
            let parsed = Policy::parse(&text.replace('-', "_"));
            Some(parsed.ok_or_else(|| {
                unusable(anyhow!(
                    "“{text}” is no policy; use auto, approval_needed, plan_only or never"
                ))
            })?)
        }
    };
    let bot = start(config).await?;
    let by = admin(&bot.engine, who.person.as_deref())?.id.clone();
    let catalogue = bot.engine.catalogue();
    let is_named = |name: &ToolName| name.as_str() == tool || name.short() == tool;
    let Some(found) = catalogue.iter().find(|it| is_named(&it.name)) else {
        return Err(unusable(anyhow!("there is no tool {tool}; `countersign tools` lists them")));
    };
    bot.engine.set_policy(&by, &found.name, policy).await?;
    let now = bot.engine.tools().await?.into_iter().find(|view| view.tool.name == found.name);
    print(&format!("{}: {}\n", found.name, now.map_or("", |view| view.policy.label())))?;
    Ok(DONE)
}

/// Which rules would fire on what `text` asks for, and why. Changes nothing.
pub(super) async fn explain(config: &Path, text: &str, who: AsArgs, as_json: bool) -> Outcome {
    let bot = start(config).await?;
    let person = speaker(&bot.engine, who.person.as_deref())?;
    match bot.engine.explain(person, text).await? {
        Explanation::Calls(calls) => {
            for (lines, object) in &calls {
                if as_json { print_json(object)? } else { print(lines)? }
            }
            Ok(DONE)
        }
        Explanation::NoPlan(considered) => {
            if as_json {
                print_json(&report::json(&considered))?;
            } else {
                print(&report::text(&considered))?;
            }
            Ok(NOT_DONE)
        }
    }
}
