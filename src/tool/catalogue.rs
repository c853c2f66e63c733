//! All tools that exist right now: the static ones of each product and one per script.

use std::collections::HashMap;

use crate::tool::{Tool, ToolName};

/// Tools by name; the order in is the order out.
#[derive(Debug, Default)]
pub struct Catalogue {
    tools: Vec<Tool>,
    at: HashMap<ToolName, usize>,
}

impl Catalogue {
    /// A later tool with a name already taken is dropped: a script cannot pose as a static tool.
    pub fn new(tools: impl IntoIterator<Item = Tool>) -> Self {
        let mut catalogue = Self::default();
        for tool in tools {
            if !catalogue.at.contains_key(&tool.name) {
                catalogue.at.insert(tool.name.clone(), catalogue.tools.len());
                catalogue.tools.push(tool);
            }
        }
        catalogue
    }

    pub fn get(&self, name: &ToolName) -> Option<&Tool> {
        self.at.get(name).map(|index| &self.tools[*index])
    }

    pub fn iter(&self) -> impl Iterator<Item = &Tool> {
        self.tools.iter()
    }

    pub fn len(&self) -> usize {
        self.tools.len()
    }

    pub fn is_empty(&self) -> bool {
        self.tools.is_empty()
    }
}
