//! Texts of rules, read as those of the configuration file are.

use crate::policy::Rule;
use crate::policy::book::RuleFault;

pub trait ReadRules: Send + Sync {
    /// The rules of `text`, or everything that is wrong with it, with the lines.
    fn read(&self, text: &str) -> Result<Vec<Rule>, Vec<RuleFault>>;
}
