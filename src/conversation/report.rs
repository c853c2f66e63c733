//! What a request would do, for `countersign plan`: as one JSON object, or as lines.

use serde_json::{Value, json};

use crate::conversation::Question;
use crate::conversation::cards::arguments;
use crate::conversation::consider::Considered;
use crate::plan::{Call, Plan, Target};
use crate::planner::Speech;
use crate::policy::Ruling;

/// `{"outcome","planner","text","calls":[…],"choices":[…]}`; the shape is kept stable.
pub fn json(considered: &Considered) -> Value {
    let (calls, choices) = match considered {
        Considered::Plan { plan, rulings } | Considered::Stopped { plan, rulings, .. } => {
            (calls(plan, rulings), vec![])
        }
        Considered::Ask(question) => {
            (vec![], question.options.iter().map(|option| option.label.clone()).collect())
        }
        Considered::Unsure { suggestions } => (vec![], suggestions.clone()),
        Considered::Say(_) | Considered::Tell(_) | Considered::Refuse(_) => (vec![], vec![]),
    };
    json!({
        "outcome": outcome(considered),
        "planner": "grammar",
        "text": sentence(considered),
        "calls": calls,
        "choices": choices,
    })
}

fn outcome(considered: &Considered) -> &'static str {
    match considered {
        Considered::Plan { .. } => "plan",
        Considered::Ask(_) | Considered::Unsure { .. } => "ask",
        Considered::Say(_) | Considered::Tell(_) => "say",
        Considered::Refuse(_) | Considered::Stopped { .. } => "refuse",
    }
}

fn sentence(considered: &Considered) -> String {
    match considered {
        Considered::Plan { plan, .. } => {
            let calls: Vec<String> = plan.calls.iter().map(Call::sentence).collect();
            let starts = plan.calls.iter().find_map(|call| call.start.as_ref());
            let starts = starts.map(|it| format!("; starts {}", it.sentence()));
            calls.join("; then ") + &starts.unwrap_or_default()
        }
        Considered::Stopped { reason, .. } => format!("{reason}. Nothing would be done."),
        Considered::Ask(Question { text, .. })
        | Considered::Tell(text)
        | Considered::Refuse(text) => text.clone(),
        Considered::Unsure { .. } => "I am not sure what to do with that.".to_owned(),
        Considered::Say(speech) => match speech {
            Speech::Help | Speech::AboutMe => "help",
            Speech::Hello => "hello",
            Speech::Thanks => "you are welcome",
            Speech::Status => "what waits and what runs",
            Speech::Cancel => "dropped, nothing was done",
        }
        .to_owned(),
    }
}

fn calls(plan: &Plan, rulings: &[Ruling]) -> Vec<Value> {
    let target = |target: &Target| {
        json!({
            "device": target.name,
            "client": target.client_name,
            "rmm": target.rmm,
            "automate": target.automate,
            "control": target.control,
        })
    };
    let call = |(call, ruling): (&Call, &Ruling)| {
        let mut shown = json!({
            "tool": call.tool,
            "arguments": call.arguments,
            "verdict": ruling.verdict,
            "reason": ruling.reason,
            "targets": call.targets.iter().map(target).collect::<Vec<_>>(),
            "client": call.client.as_ref().map(|client| client.name.as_str()),
        });
        if let Some(start) = &call.start {
            shown["starts"] = json!({ "at": start.at, "until": start.until, "zone": start.zone });
        }
        shown
    };
    plan.calls.iter().zip(rulings).map(call).collect()
}

/// The same for eyes.
pub fn text(considered: &Considered) -> String {
    let mut out = format!("{}: {}\n", outcome(considered), sentence(considered));
    if let Considered::Plan { plan, rulings } | Considered::Stopped { plan, rulings, .. } =
        considered
    {
        for (call, ruling) in plan.calls.iter().zip(rulings) {
            let with = arguments(&call.arguments);
            let with = if with.is_empty() { String::new() } else { format!(" with {with}") };
            out.push_str(&format!("   {}{with}\n", call.tool));
            for target in &call.targets {
                out.push_str(&format!("      on {}: {}\n", target.label(), target.why.join("; ")));
            }
            out.push_str(&format!("      {}\n", ruling.reason));
        }
    }
    if let Considered::Ask(question) = considered {
        for (index, option) in question.options.iter().enumerate() {
            let detail = match option.detail.as_str() {
                "" => String::new(),
                detail => format!(" ({detail})"),
            };
            out.push_str(&format!("   {}. {}{detail}\n", index + 1, option.label));
        }
    }
    if let Considered::Unsure { suggestions } = considered {
        for suggestion in suggestions {
            out.push_str(&format!("   - {suggestion}\n"));
        }
    }
    out
}
