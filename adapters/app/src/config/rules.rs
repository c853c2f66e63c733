//! Rules that parse and still cannot mean what they say: naming nobody real, protecting nothing.

use countersign::directory::{People, Person};
use countersign::policy::terms::EXPIRES_MINS_DEFAULT;
use countersign::policy::{Policy, Rule, Who};

/// Key and text of everything that is wrong.
pub(super) fn problems(rules: &[Rule], people: &People) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (index, rule) in rules.iter().enumerate() {
        let mut wrong = |key: &str, text: String| {
            all.push((format!("rules[{}].{key}", index + 1), text));
        };
        if rule.tool.is_empty() {
            wrong("tool", "not set; “*” stands for all tools".to_owned());
        } else if !rule.tool.contains(':') && !rule.tool.starts_with('*') {
            let text = format!(
                "“{}” matches no tool; names look like connectwise_rmm:cw-rmm-run-task",
                rule.tool
            );
            wrong("tool", text);
        }
        if rule.policy == Some(Policy::Auto) {
            let text = "a rule can raise a verdict, never lower one, so auto changes nothing; set the \
                        policy of the tool instead (countersign policy set)";
            wrong("policy", text.to_owned());
        }
        for (key, is_zero) in [
            ("quorum", rule.quorum == Some(0)),
            ("reason_quorum", rule.reason_quorum == Some(0)),
            ("expires_mins", rule.expires_mins == Some(0)),
            ("escalate_mins", rule.escalate_mins == Some(0)),
        ] {
            if is_zero {
                wrong(key, "has to be at least 1".to_owned());
            }
        }
        if rule.reason_quorum.is_some() && rule.reason_pattern.is_none() {
            wrong(
                "reason_quorum",
                "says nothing without reason_pattern, such as “CW-#”".to_owned(),
            );
        }
        if rule.reason_pattern.as_deref().is_some_and(|it| it.contains(char::is_whitespace)) {
            wrong("reason_pattern", "is for one word, so it can hold no space".to_owned());
        }
        if rule.escalate_mins.is_some() == rule.escalate_to.is_empty() {
            let text = "goes with escalate_to: after how long, and to whom";
            wrong("escalate_mins", text.to_owned());
        }
        if !rule.escalate_to.is_empty() && rule.approvers.is_empty() {
            let text = "says nothing without approvers, for anyone may decide from the start";
            wrong("escalate_to", text.to_owned());
        }
        if rule.escalate_mins >= Some(rule.expires_mins.unwrap_or(EXPIRES_MINS_DEFAULT)) {
            wrong("escalate_mins", "has to be less than the card waits (expires_mins)".to_owned());
        }
        for name in &rule.asked_by {
            match Who::parse(name) {
                Ok(Who::Person(name)) if find(people, &name).is_none() => {
                    wrong("asked_by", format!("{name} is not among the [[people]]"));
                }
                Ok(Who::Group(_) | Who::Manager) => {
                    wrong("asked_by", format!("“{name}” can only approve; write names and role:…"));
                }
                Ok(Who::Person(_) | Who::Role(_)) => {}
                Err(text) => wrong("asked_by", text),
            }
        }
        let named = [
            ("approvers", &rule.approvers),
            ("second", &rule.second),
            ("escalate_to", &rule.escalate_to),
        ];
        for (key, names) in named {
            let before = names.len();
            let mut good = 0;
            for name in names {
                match approver(people, name) {
                    Ok(()) => good += 1,
                    Err(text) => wrong(key, text),
                }
            }
            let only_people = names.iter().all(|it| matches!(Who::parse(it), Ok(Who::Person(_))));
            let is_own = key == "approvers";
            let needed = usize::from(if is_own { rule.quorum.unwrap_or(1) } else { 1 });
            if before > 0 && good == before && only_people && before < needed {
                wrong("quorum", format!("{needed} of {before} people can never be reached"));
            }
        }
    }
    all
}

fn find<'a>(people: &'a People, name: &str) -> Option<&'a Person> {
    people.iter().find(|person| person.name.eq_ignore_ascii_case(name))
}

fn approver(people: &People, name: &str) -> Result<(), String> {
    match Who::parse(name)? {
        Who::Role(_) | Who::Group(_) | Who::Manager => Ok(()),
        Who::Person(name) => match find(people, &name) {
            Some(person) if person.may_approve() || person.is_contact() => Ok(()),
            Some(_) => Err(format!("{name} holds none of the roles approver, manager and contact")),
            None => Err(format!("{name} is not among the [[people]]")),
        },
    }
}
