//! Scripts, and what is known of their runs.

use countersign::digest::Digest;
use jiff::Timestamp;
use serde_json::json;

use super::{FromRow, Row};

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScriptRow {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) comments: Option<String>,
    /// `Maintenance\Disk`.
    pub(crate) folder: Option<String>,
    /// Names; that is all the product publishes of them.
    pub(crate) parameters: Vec<String>,
    pub(crate) on_computers: bool,
    /// Meant to be called by other scripts.
    pub(crate) is_function: bool,
    pub(crate) updated_at: Option<Timestamp>,
    pub(crate) updated_by: Option<String>,
    /// Digest of everything that is published, so that every change of the script changes it.
    pub(crate) content: Digest,
}

impl ScriptRow {
    pub(crate) const FIELDS: &str = "Id,Name,Comments,Folder,FullFolderPath,Parameters,IsComputerScript,IsFunctionScript,\
        Version,GUID,UpdateDate,UpdatedBy";

    /// May be started on a computer by a person.
    pub(crate) fn is_runnable(&self) -> bool {
        self.on_computers && !self.is_function
    }
}

impl FromRow for ScriptRow {
    fn from_row(row: Row<'_>) -> Option<Self> {
        let (id, name) = (row.int("Id")?, row.text("Name")?);
        let folder = row
            .text("FullFolderPath")
            .or_else(|| row.child("Folder").and_then(|it| it.text("Name")));
        let parameters = row.texts("Parameters");
        let content = Digest::of(&json!([
            id,
            name,
            row.text("Comments"),
            parameters,
            row.int("Version"),
            row.text("GUID"),
            row.text("UpdateDate"),
            row.text("UpdatedBy"),
        ]));
        Some(Self {
            id,
            name,
            comments: row.text("Comments"),
            folder,
            parameters,
            on_computers: row.flag("IsComputerScript") == Some(true),
            is_function: row.flag("IsFunctionScript") == Some(true),
            updated_at: row.date("UpdateDate"),
            updated_by: row.text("UpdatedBy"),
            content,
        })
    }
}

/// One line of a computer's script history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct History {
    pub(crate) id: i64,
    pub(crate) script: i64,
    pub(crate) user: Option<String>,
    pub(crate) at: Option<Timestamp>,
    /// `None` while it runs.
    pub(crate) outcome: Option<Outcome>,
    /// The product's own words: "Success", "Failure".
    pub(crate) said: String,
    pub(crate) message: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// `Success`, and `Information`, which is the end of a script that judged nothing.
    Ran,
    Failed,
}

impl History {
    pub(crate) const FIELDS: &str =
        "Id,ScriptId,ComputerId,Name,User,Status,State,HistoryDate,DiagnosticMessage";
}

impl FromRow for History {
    fn from_row(row: Row<'_>) -> Option<Self> {
        let (status, state) = (row.text("Status"), row.text("State"));
        let is = |text: &Option<String>, word: &str| {
            text.as_deref().is_some_and(|it| it.eq_ignore_ascii_case(word))
        };
        let outcome = is(&status, "Completed").then(|| match is(&state, "Failure") {
            true => Outcome::Failed,
            false => Outcome::Ran,
        });
        Some(Self {
            id: row.int("Id")?,
            script: row.int("ScriptId")?,
            user: row.text("User"),
            at: row.date("HistoryDate"),
            outcome,
            said: if outcome.is_some() { state.or(status) } else { status }.unwrap_or_default(),
            message: row.text("DiagnosticMessage"),
        })
    }
}

/// A script that runs on a computer right now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Running {
    pub(crate) script: i64,
    pub(crate) status: Option<String>,
}

impl FromRow for Running {
    fn from_row(row: Row<'_>) -> Option<Self> {
        Some(Self { script: row.int("ScriptId")?, status: row.text("Status") })
    }
}
