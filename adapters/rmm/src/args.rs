//! Arguments of a call. The core has checked them against the schema; here they are only taken out.

use countersign::plan::Call;
use countersign::ports::CallError;
use serde_json::Value;

use crate::client::refused;

pub(crate) struct Args<'a>(pub(crate) &'a Call);

impl<'a> Args<'a> {
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        let value = self.0.arguments.get(name)?.as_str()?.trim();
        (!value.is_empty()).then_some(value)
    }

    /// An argument the schema requires.
    pub(crate) fn required(&self, name: &str) -> Result<&'a str, CallError> {
        self.text(name).ok_or_else(|| refused(format!("“{name}” is missing")))
    }

    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.0.arguments.get(name).and_then(Value::as_bool)
    }

    pub(crate) fn number(&self, name: &str, default: usize, most: usize) -> usize {
        let value = self.0.arguments.get(name).and_then(Value::as_u64);
        value.and_then(|it| usize::try_from(it).ok()).unwrap_or(default).clamp(1, most)
    }

    /// The company this is about: the client that was named.
    pub(crate) fn company(&self) -> Result<Option<(&'a str, &'a str)>, CallError> {
        let Some(client) = &self.0.client else { return Ok(None) };
        match &client.rmm {
            Some(id) => Ok(Some((id, &client.name))),
            None => Err(refused(format!("{} is no company there", client.name))),
        }
    }

    /// The endpoint of the one device, with how the device is called.
    pub(crate) fn endpoint(&self) -> Result<(&'a str, String), CallError> {
        let target = self.0.targets.first().ok_or_else(|| refused("no device was named"))?;
        match &target.rmm {
            Some(id) => Ok((id, target.label())),
            None => Err(refused(format!("{} has no RMM agent", target.label()))),
        }
    }
}

/// Whether `text` contains `part`, case aside.
pub(crate) fn contains(text: &str, part: &str) -> bool {
    text.to_lowercase().contains(&part.to_lowercase())
}
