//! `countersign meters`: how tired of approval cards people may be.

use std::path::Path;

use countersign::approval::meters::{Meters, PersonMeters};

use super::{Outcome, print, print_json, start};
use crate::cli::{DONE, MetersArgs};

pub(super) async fn run(config: &Path, args: MetersArgs) -> Outcome {
    let bot = start(config).await?;
    let meters = bot.engine.meters(args.days).await?;
    if args.json {
        print_json(&serde_json::to_value(&meters)?)?;
    } else {
        print(&text(&meters))?;
    }
    Ok(DONE)
}

fn text(meters: &Meters) -> String {
    let percent = |it: Option<u32>| it.map_or("-".to_owned(), |it| format!("{it} %"));
    let secs = |it: Option<f64>| it.map_or("-".to_owned(), |it| format!("{it:.1} s"));
    let mut lines = vec![
        format!(
            "{} cards in {} days: {} approved, {} denied, {} expired",
            meters.asked, meters.days, meters.approved, meters.denied, meters.expired
        ),
        format!("approved: {}", percent(meters.approved_percent)),
        format!("approved in under 2 s: {}", percent(meters.under_2s_percent)),
        format!("median time to a click: {}", secs(meters.median_secs)),
    ];
    let one = |it: &PersonMeters| {
        format!(
            "  {}: {:.1} prompts a day, {} decided, median {}, under 2 s {}",
            it.person,
            it.prompts_per_day,
            it.decided,
            secs(it.median_secs),
            percent(it.under_2s_percent)
        )
    };
    lines.extend(meters.people.iter().map(one));
    lines.extend(meters.suggestions.iter().map(|it| format!("-> {it}")));
    lines.iter().map(|line| format!("{line}\n")).collect()
}
