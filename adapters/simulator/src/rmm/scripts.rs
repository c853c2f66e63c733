//! The three lists around scripts: composite scripts, shell scripts, and task definitions.

use serde_json::{Value, json};
use uuid::Uuid;

use super::catalogue::{Catalogue, Script};
use super::schedule::TemplateType;
use super::{Desk, Spelling};
use crate::fleet::NoSuchThing;
use crate::http::{Answer, Each};

/// A script, for tests that need its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptInfo {
    pub id: Uuid,
    pub name: String,
    pub kind: TemplateType,
    pub active: bool,
}

impl Catalogue {
    pub(crate) fn infos(&self) -> Vec<ScriptInfo> {
        let info = |it: &Script| ScriptInfo {
            id: it.id,
            name: it.name.clone(),
            kind: it.kind,
            active: it.is_active(),
        };
        self.scripts.iter().map(info).collect()
    }

    /// The shell script of this name, else the composite one.
    pub(crate) fn named(&mut self, name: &str) -> Result<&mut Script, NoSuchThing> {
        let fits = |it: &&mut Script| it.name.eq_ignore_ascii_case(name);
        let found =
            self.scripts.iter_mut().filter(fits).max_by_key(|it| it.kind == TemplateType::Script);
        found.ok_or_else(|| NoSuchThing(format!("script {name:?}")))
    }
}

fn of<'d>(desk: &'d Desk<'_>, kind: TemplateType) -> impl Iterator<Item = &'d Script> {
    desk.rmm.catalogue.scripts.iter().filter(move |it| it.kind == kind)
}

pub(super) fn composite(desk: &Desk<'_>) -> Answer {
    let record = |it: &Script| {
        json!({
            "id": it.id, "name": it.name, "description": it.description, "scriptCategory": it.category,
            "createdAt": it.created_at, "updatedAt": it.updated_at, "hasParameters": false,
        })
    };
    Answer::ok(&Each(|| of(desk, TemplateType::FusionScript).map(record)))
}

pub(super) fn shell(desk: &Desk<'_>) -> Answer {
    let templates: Vec<Value> = of(desk, TemplateType::Script).map(template).collect();
    Answer::ok(&json!({ "count": templates.len(), "Templates": templates }))
}

fn template(it: &Script) -> Value {
    let mut record = json!({
        "templateId": it.id,
        "name": it.name,
        "description": it.description,
        "categories": [it.category],
        "executorEngine": "powershell",
        "expectedExecutionTimeSec": it.expected_secs,
        "operatingSystem": { "windows": ["10", "11", "2019", "2022"] },
        "hasParameters": it.schema.is_some(),
        "createdOn": it.created_at,
        "updatedOn": it.updated_at,
    });
    if let Some(schema) = &it.schema {
        record["jsonSchema"] = json!(schema);
    }
    if let Some(state) = it.state {
        record["state"] = json!(state);
    }
    record
}

/// Task definitions: a script with its parameters filled in. The documented record has no id.
const TASKS: [(&str, &str, &str); 6] = [
    ("Weekly cleanup", "Disk Cleanup", r#"{"days":14,"drive":"C:"}"#),
    ("Temp files, monthly", "Clear Temp Files", r#"{"days":30}"#),
    ("Restart spooler", "Restart Service", r#"{"service":"Spooler"}"#),
    ("Nightly reboot of kiosks", "Reboot Computer", r#"{"force":true}"#),
    ("Security updates", "Install Updates", r#"{"classification":"Security"}"#),
    ("Morning disk report", "Get Disk Report", ""),
];

pub(super) fn tasks(desk: &Desk<'_>) -> Answer {
    let record = |(name, script, parameters): (&str, &str, &str)| {
        let script = of(desk, TemplateType::Script).find(|it| it.name == script)?;
        let mut record = json!({
            "name": name,
            "description": script.description,
            "type": "script",
            "categories": [script.category],
            "createdAt": script.created_at,
            "updatedAt": script.updated_at,
            "userParameters": parameters,
            "JSONSchema": script.schema.as_deref().unwrap_or_default(),
            "operatingSystem": { "windows": ["10", "11"] },
            "executorEngine": "ACTIONS",
        });
        if desk.rmm.switches.spelling == Spelling::Live {
            record["templateID"] = json!(script.id);
        }
        Some(record)
    };
    Answer::ok(&Each(|| TASKS.into_iter().filter_map(record)))
}
