//! The device list: of a client with names from v2, of the whole tenant from v1 with names of the directory.

use std::collections::HashMap;

use countersign::bounds::ROWS_SHOWN_MAX;
use countersign::directory::DeviceClass;
use countersign::plan::Call;
use countersign::ports::{Answer, CallError};

use super::{answer, data};
use crate::api::{COMPANIES_PER_CALL, Listed};
use crate::args::{Args, contains};
use crate::client::{Lane, refused};
use crate::rmm::Rmm;
use crate::show::{capital, count, or_dash, table};
use crate::wire::Endpoint;

/// Companies whose heartbeats are read for one person's question: 25 requests of the budget.
const COMPANIES_ASKED_MAX: usize = 100;

impl Rmm {
    /// Costs one request per 500 devices of a client, or one for the whole tenant (more where v1 is off);
    /// one per four clients more for who is online.
    pub(crate) async fn list_devices(&self, call: &Call) -> Result<Answer, CallError> {
        let args = Args(call);
        let company = args.company()?;
        let site = match args.text("site") {
            None => None,
            Some(text) => Some(self.site_named(text, company.map(|it| it.0)).await?),
        };
        // A site alone has no list of its own: it is a part of its company.
        let company_id =
            company.map(|it| it.0.to_owned()).or_else(|| site.as_ref()?.company.clone());
        let mut listed = match &company_id {
            Some(id) => self.client.endpoints_of(std::slice::from_ref(id), Lane::Person).await?.0,
            None => self.whole_tenant().await?,
        };
        if let Some(site) = &site {
            listed.retain(|(it, _)| it.site.as_deref() == Some(site.id.as_str()));
        }
        if let Some(kind) = args.text("type") {
            let servers = kind.eq_ignore_ascii_case("server");
            listed.retain(|(it, _)| (it.class() == DeviceClass::Server) == servers);
        }
        if let Some(os) = args.text("os") {
            listed.retain(|(it, _)| it.os.as_deref().is_some_and(|it| contains(it, os)));
        }
        let wants_online = args.flag("online");
        let online = self.online_of(&listed, company_id.as_deref(), wants_online.is_some()).await?;
        if let Some(wanted) = wants_online {
            listed.retain(|(it, _)| online.get(&it.id) == Some(&wanted));
        }
        self.device_list(call, listed, &online, site.map(|it| it.name)).await
    }

    async fn device_list(
        &self,
        call: &Call,
        mut listed: Vec<Listed>,
        online: &HashMap<String, bool>,
        site: Option<String>,
    ) -> Result<Answer, CallError> {
        let args = Args(call);
        let names = self.names().await;
        let by_endpoint = names.endpoints();
        let name = |it: &Endpoint| {
            let known = by_endpoint.get(it.id.as_str()).map(|name| (*name).to_owned());
            it.host.clone().or(known).unwrap_or_else(|| it.id.clone())
        };
        let client = |it: &Endpoint| {
            let id = it.company.as_deref();
            or_dash(
                id.and_then(|id| names.company(id)).or(args
                    .0
                    .client
                    .as_ref()
                    .map(|it| it.name.as_str())),
            )
        };
        listed.sort_by_cached_key(|(it, _)| (client(it).to_lowercase(), name(it).to_lowercase()));
        let row = |(it, _): &Listed| {
            vec![
                name(it),
                client(it),
                or_dash(it.site.as_deref().and_then(|id| names.site(id))),
                it.class().label().to_owned(),
                or_dash(it.os.as_deref()),
                match online.get(&it.id) {
                    Some(true) => "online".to_owned(),
                    Some(false) => "offline".to_owned(),
                    None => "–".to_owned(),
                },
            ]
        };
        let rows = listed.iter().map(row).collect();
        let mut summary = capital(&count(listed.len(), "device", "devices"));
        if let Some(site) = &site {
            summary.push_str(&format!(" at {site}"));
        }
        if let Some(client) = &call.client {
            summary.push_str(&format!(" of {}", client.name));
        }
        let servers = listed.iter().filter(|(it, _)| it.class() == DeviceClass::Server).count();
        if servers > 0 && servers < listed.len() {
            summary.push_str(&format!(", {}", count(servers, "server", "servers")));
        }
        let known_online =
            listed.iter().filter(|(it, _)| online.get(&it.id) == Some(&true)).count();
        if !online.is_empty() && args.flag("online").is_none() {
            summary.push_str(&format!(", {known_online} online"));
        }
        let blocks = vec![table(&["Device", "Client", "Site", "Type", "System", "Online"], rows)];
        let ids = listed.iter().take(ROWS_SHOWN_MAX).map(|(it, _)| it.id.clone()).collect();
        let values = listed.into_iter().map(|(_, value)| crate::wire::without_secrets(value));
        Ok(Answer { listed: ids, ..answer(summary, blocks, data("devices", values.collect())) })
    }

    /// v1 in one go; v2 four companies at a time where v1 is off.
    async fn whole_tenant(&self) -> Result<Vec<Listed>, CallError> {
        match self.client.endpoints_v1(None, None, Lane::Person).await {
            Ok(listed) if !listed.is_empty() => Ok(listed),
            Ok(_) | Err(CallError::MissingScope { .. } | CallError::NotFound { .. }) => {
                let companies = self.company_records().await?;
                if companies.len() > COMPANIES_ASKED_MAX {
                    return Err(refused(too_many(companies.len())));
                }
                let ids: Vec<String> = companies.iter().map(|it| it.id.clone()).collect();
                let mut listed = Vec::new();
                for four in ids.chunks(COMPANIES_PER_CALL) {
                    listed.extend(self.client.endpoints_of(four, Lane::Person).await?.0);
                }
                Ok(listed)
            }
            Err(error) => Err(error),
        }
    }

    /// Who of the listed is online. Read for one client always, for a whole tenant only when it was asked for.
    async fn online_of(
        &self,
        listed: &[Listed],
        company: Option<&str>,
        asked: bool,
    ) -> Result<HashMap<String, bool>, CallError> {
        let mut companies: Vec<String> = match company {
            Some(id) => vec![id.to_owned()],
            None if asked => listed.iter().filter_map(|(it, _)| it.company.clone()).collect(),
            None => Vec::new(),
        };
        companies.sort_unstable();
        companies.dedup();
        if companies.len() > COMPANIES_ASKED_MAX {
            return Err(refused(too_many(companies.len())));
        }
        let mut online = HashMap::new();
        if listed.is_empty() {
            return Ok(online);
        }
        for four in companies.chunks(COMPANIES_PER_CALL) {
            match self.client.heartbeat(four, Lane::Person).await {
                Ok(beats) => online
                    .extend(beats.into_iter().filter_map(|it| Some((it.endpoint, it.online?)))),
                // A list without this column is still a list.
                Err(_) if !asked => {}
                Err(error) => return Err(error),
            }
        }
        Ok(online)
    }

    /// The site that `text` names, within a company where one was named.
    async fn site_named(
        &self,
        text: &str,
        company: Option<&str>,
    ) -> Result<crate::wire::Site, CallError> {
        let sites = self.site_records().await?;
        let here =
            || sites.iter().filter(|it| company.is_none_or(|id| it.company.as_deref() == Some(id)));
        let exact: Vec<_> =
            here().filter(|it| it.id == text || it.name.eq_ignore_ascii_case(text)).collect();
        let fits = if exact.is_empty() {
            here().filter(|it| contains(&it.name, text)).collect()
        } else {
            exact
        };
        match fits.as_slice() {
            [one] => Ok((*one).clone()),
            [] => Err(refused(format!("no site is named “{text}”; list the sites to see them"))),
            several => {
                let names: Vec<String> = several
                    .iter()
                    .take(5)
                    .map(|it| match &it.company_name {
                        Some(company) => format!("{} ({company})", it.name),
                        None => it.name.clone(),
                    })
                    .collect();
                Err(refused(format!(
                    "“{text}” fits {} sites: {}; name the client too",
                    several.len(),
                    countersign::words::list(&names)
                )))
            }
        }
    }
}

fn too_many(companies: usize) -> String {
    format!("that would ask about {companies} companies one by one; name the client")
}
