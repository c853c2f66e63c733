//! Names instead of ids, from the directory where there is one, else from the product's small lists.

use std::collections::HashMap;
use std::sync::Arc;

use countersign::directory::{Directory, Product};
use countersign::ids::ClientId;

use crate::rmm::Rmm;

/// What is known of names at one moment.
#[derive(Default)]
pub(crate) struct Names {
    directory: Option<Arc<Directory>>,
    companies: HashMap<String, String>,
    sites: HashMap<String, String>,
}

impl Rmm {
    /// Names as of now. Costs nothing with a directory; without one up to two requests in ten minutes.
    /// Names are a courtesy, so what cannot be read is left out.
    pub(crate) async fn names(&self) -> Names {
        let directory = self.directory().filter(|it| !it.clients().is_empty());
        if let Some(directory) = directory {
            let companies = directory
                .clients()
                .iter()
                .filter_map(|it| Some((it.rmm.clone()?, it.name.clone())));
            let own = |id: &str| id.strip_prefix("rmm:").map(str::to_owned);
            let sites = directory
                .sites()
                .iter()
                .filter_map(|it| Some((own(it.id.as_str())?, it.name.clone())));
            return Names {
                companies: companies.collect(),
                sites: sites.collect(),
                directory: Some(Arc::clone(&directory)),
            };
        }
        let mut names = Names::default();
        if let Ok(companies) = self.company_records().await {
            names.companies = companies.iter().map(|it| (it.id.clone(), it.name.clone())).collect();
        }
        if let Ok(sites) = self.site_records().await {
            names.sites = sites.iter().map(|it| (it.id.clone(), it.name.clone())).collect();
        }
        names
    }
}

impl Names {
    pub(crate) fn company(&self, id: &str) -> Option<&str> {
        self.companies.get(id).map(String::as_str)
    }

    pub(crate) fn site(&self, id: &str) -> Option<&str> {
        self.sites.get(id).map(String::as_str)
    }

    /// Name and client of an endpoint. Looks at every device: for a handful of rows.
    pub(crate) fn endpoint(&self, id: &str) -> Option<(&str, &str)> {
        let directory = self.directory.as_ref()?;
        let device = directory.device_behind(Product::Rmm, id)?;
        Some((device.name.as_str(), directory.client_name(&device.client)))
    }

    /// The same of many endpoints at once.
    pub(crate) fn endpoints(&self) -> HashMap<&str, &str> {
        let devices = self.directory.iter().flat_map(|it| it.devices());
        devices.filter_map(|it| Some((it.rmm.as_ref()?.id.as_str(), it.name.as_str()))).collect()
    }

    /// "DC01 (Acme Logistics)", or the id where nobody knows a name.
    pub(crate) fn label(&self, endpoint: &str) -> String {
        match self.endpoint(endpoint) {
            Some((name, client)) => format!("{name} ({client})"),
            None => format!("endpoint {endpoint}"),
        }
    }

    /// The company behind a client, also behind one that another product brought in.
    pub(crate) fn company_behind(&self, client: &ClientId) -> Option<String> {
        let linked = self.directory.as_ref().and_then(|it| it.client(client)?.rmm.clone());
        linked.or_else(|| crate::ids::company_of(client).map(str::to_owned))
    }
}
