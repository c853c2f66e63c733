//! The agents as the server sees them, and what installs one anew.

use async_trait::async_trait;
use countersign::ports::{Agents, CallError, Contact, Installer};

use crate::Automate;
use crate::client::{PRODUCT, refused};
use crate::wire::Computer;

#[async_trait]
impl Agents for Automate {
    async fn contacts(&self, ids: &[String]) -> Result<Vec<Contact>, CallError> {
        let ids: Vec<i64> = ids.iter().map(|it| number(it)).collect::<Result<_, _>>()?;
        let found = self.api.computers_by_id(&ids, Computer::STATE_FIELDS).await?;
        let contact = |it: Computer| Contact {
            id: it.id.to_string(),
            name: it.name,
            online: it.online == Some(true),
            seen_at: it.contact_at,
        };
        Ok(found.into_iter().map(contact).collect())
    }

    async fn installer(&self, id: &str) -> Result<Installer, CallError> {
        let computer = self.api.computer(number(id)?).await?;
        let location = computer.location.and_then(|it| it.id).ok_or_else(|| {
            refused(format!("Automate does not tell the location of {}", computer.name))
        })?;
        let token = self.api.installer_token(location).await?;
        Ok(Installer { token, server: self.config.public_url()?, location })
    }
}

fn number(id: &str) -> Result<i64, CallError> {
    id.parse().map_err(|_| CallError::NotFound {
        product: PRODUCT,
        what: format!("a computer with id {id}"),
    })
}
