//! `countersign tools`: every tool with the policy that holds for it.

use std::path::Path;

use countersign::conversation::ToolView;
use serde_json::json;

use super::{Outcome, print, print_json, start};
use crate::cli::{DONE, ToolsArgs};

pub(super) async fn run(config: &Path, args: ToolsArgs) -> Outcome {
    let bot = start(config).await?;
    let search = args.search.unwrap_or_default().to_lowercase();
    let fits = |view: &ToolView| {
        view.tool.name.as_str().to_lowercase().contains(&search)
            || view.tool.title.to_lowercase().contains(&search)
    };
    let tools = bot.engine.tools().await?;
    let width = tools.iter().map(|view| view.tool.name.as_str().len()).max().unwrap_or(0);
    for view in tools.into_iter().filter(fits) {
        if args.json {
            print_json(&json!({
                "tool": view.tool.name,
                "title": view.tool.title,
                "description": view.tool.description,
                "effect": view.tool.effect,
                "schema": view.tool.schema,
                "default_policy": view.tool.default_policy.key(),
                "policy": view.policy.key(),
                "set_by": view.set_by,
                "proposal": view.proposal.map(|(policy, why)| json!({ "policy": policy.key(), "why": why })),
            }))?;
        } else {
            print(&format!(
                "{:width$}  {:15}  {}\n",
                view.tool.name.as_str(),
                view.policy.label(),
                view.tool.description
            ))?;
        }
    }
    Ok(DONE)
}
