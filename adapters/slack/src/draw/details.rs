//! Everything about a plan, for one person: what the card has no room for.

use countersign::approval::Approval;
use countersign::directory::People;
use countersign::mask::mask;
use countersign::plan::{Call, Target, headline};
use countersign::reply::{Block, Field, Message, Tone};
use countersign::words;

pub(crate) fn details(approval: &Approval, people: &People) -> Message {
    let what = headline(&approval.plan.calls);
    let requester = people.get(&approval.requester);
    let requester = requester.map_or_else(|| approval.requester.to_string(), |it| it.name.clone());
    let mut blocks = vec![
        Block::Title { text: format!("Details: {what}"), tone: Tone::Plain },
        Block::Fields(vec![
            Field::new("State", approval.state.key()),
            Field::new("Code", approval.code.clone()),
            Field::new("Asked by", requester),
            Field::new("Asked at", words::at(approval.asked_at)),
            Field::new("Until", words::at(approval.expires_at)),
            Field::new("Who may decide", who_decides(approval)),
            Field::new("Why it waits", approval.reason.clone()),
            Field::new("Digest of the plan", approval.digest.as_str()),
        ]),
    ];
    for (index, call) in approval.plan.calls.iter().enumerate() {
        blocks.push(Block::Fields(step(index, call)));
        let arguments = serde_json::to_string_pretty(&call.arguments).unwrap_or_default();
        blocks.push(Block::Code { text: words::cut(&mask(&arguments), 2_800), cut: 0 });
        if !call.targets.is_empty() {
            let lines: Vec<String> = call.targets.iter().map(device).collect();
            blocks.push(Block::Text(lines.join("\n")));
        }
    }
    Message::of(format!("Details: {what}"), blocks)
}

fn who_decides(approval: &Approval) -> String {
    let who = if approval.approvers.is_empty() {
        "anyone with an approver's role".to_owned()
    } else {
        words::list(&approval.approvers)
    };
    match approval.quorum.needed {
        0 | 1 => who,
        needed => format!("{needed} of {who}"),
    }
}

fn step(index: usize, call: &Call) -> Vec<Field> {
    let mut fields = vec![
        Field::new(format!("Step {}", index + 1), call.title.clone()),
        Field::new("Tool", call.tool.as_str()),
    ];
    if let Some(script) = &call.script {
        fields.push(Field::new("Script", format!("{} ({})", script.name, script.id)));
        fields.push(Field::new("Digest of the script", script.content.as_str()));
    }
    fields.push(Field::new("Devices", call.targets.len().to_string()));
    fields
}

fn device(target: &Target) -> String {
    let mut parts = vec![format!("• {}", target.label())];
    parts.extend(target.site_name.clone());
    parts.push(if target.server { "server".into() } else { "workstation".into() });
    parts.push(match target.online {
        Some(true) => "online".into(),
        Some(false) => "offline".into(),
        None => "online state unknown".into(),
    });
    parts.extend(target.user.as_ref().map(|user| format!("last user {user}")));
    if target.from_outside {
        parts.push("named by outside text".into());
    }
    parts.join(", ")
}
