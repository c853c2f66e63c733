//! Active shell scripts, each the source of one tool.

use countersign::directory::{Product, Script};
use countersign::ports::{CallError, SyncBatch};
use tracing::warn;

use super::OTHER_PIECES;
use crate::client::Lane;
use crate::rmm::Rmm;
use crate::tools::{Published, published, slugs};
use crate::wire::ShellScript;

impl Rmm {
    /// The last piece.
    pub(super) async fn sync_scripts(&self) -> Result<SyncBatch, CallError> {
        let scripts = match self.read_shell_scripts(Lane::Background).await {
            Ok(scripts) => scripts,
            Err(error @ CallError::MissingScope { .. }) => {
                warn!(error = %error, "the sync ends without scripts");
                Vec::new()
            }
            Err(error) => return Err(error),
        };
        let active: Vec<ShellScript> = scripts.into_iter().filter(ShellScript::is_active).collect();
        let slugs = slugs(&active);
        let scripts = active.into_iter().zip(slugs).map(|(it, slug)| script(it, slug)).collect();
        let companies = self.sync_order.get(self.now(), self.company_order()).await?;
        let total = companies.len() as u64 + OTHER_PIECES;
        Ok(SyncBatch {
            scripts,
            next: None,
            label: "scripts".to_owned(),
            done: total,
            total,
            ..SyncBatch::default()
        })
    }
}

fn script(it: ShellScript, slug: String) -> Script {
    let published = published(it.schema_text.as_deref());
    Script {
        product: Product::Rmm,
        id: it.id,
        slug,
        name: it.name,
        description: it.description,
        schema_broken: published == Published::Broken,
        schema: match published {
            Published::Schema(schema) => Some(schema),
            Published::None | Published::Broken => None,
        },
        expected_secs: it.expected_secs,
        content: it.content,
    }
}
