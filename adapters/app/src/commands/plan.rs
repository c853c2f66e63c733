//! `countersign plan`: what a request would do, without doing it.

use std::collections::HashMap;
use std::path::Path;

use countersign::conversation::Context;
use countersign::conversation::consider::{Considered, Considering};
use countersign::conversation::report;
use serde::Deserialize;

use super::{Outcome, inputs, print, print_json, speaker, start, unusable};
use crate::cli::{DONE, NOT_DONE, PlanArgs};

/// Conversations that are kept apart in one call with `-`.
const CONVERSATIONS_MAX: usize = 10_000;

/// A line that names its conversation.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    text: String,
    #[serde(default)]
    conversation: String,
}

pub(super) async fn run(config: &Path, args: PlanArgs) -> Outcome {
    let bot = start(config).await?;
    let engine = &bot.engine;
    let person = speaker(engine, args.who.person.as_deref())?;
    let table = engine.store().policies().await?;
    let (directory, catalogue) = (engine.directory(), engine.catalogue());
    let rules = engine.rules_of(&table);
    let considering = Considering {
        planner: engine.planner(),
        catalogue: &catalogue,
        directory: &directory,
        table: &table,
        rules: &rules,
        calendars: engine.calendars(),
        rollout: engine.rollout(),
        person,
        bound_to: None,
        now: engine.now(),
    };
    let mut conversations: HashMap<String, Context> = HashMap::new();
    let mut code = DONE;
    for line in inputs(&args.text) {
        let line = line?;
        let is_object = args.text == "-" && line.trim_start().starts_with('{');
        let line = match is_object {
            true => serde_json::from_str(&line)
                .unwrap_or(Line { text: line, conversation: String::new() }),
            false => Line { text: line, conversation: String::new() },
        };
        if conversations.len() >= CONVERSATIONS_MAX
            && !conversations.contains_key(&line.conversation)
        {
            return Err(unusable(anyhow::anyhow!(
                "more than {CONVERSATIONS_MAX} conversations in one call"
            )));
        }
        // Lines without a conversation stand alone.
        let mut alone = Context::default();
        let context = match line.conversation.as_str() {
            "" => &mut alone,
            _ => conversations.entry(line.conversation).or_default(),
        };
        let considered = considering.text(&line.text, context).await;
        let considered = engine.settle(&considering, considered, context).await?;
        if !matches!(considered, Considered::Plan { .. } | Considered::Say(_)) {
            code = NOT_DONE;
        }
        if args.json {
            print_json(&report::json(&considered))?;
        } else {
            print(&report::text(&considered))?;
        }
    }
    Ok(if args.text == "-" { DONE } else { code })
}
