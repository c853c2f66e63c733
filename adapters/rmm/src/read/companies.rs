//! Companies, sites and device groups.

use countersign::plan::Call;
use countersign::ports::{Answer, CallError};
use serde_json::Value;

use super::{answer, data};
use crate::args::{Args, contains};
use crate::client::{Lane, refused};
use crate::rmm::Rmm;
use crate::show::{capital, count, fields, or_dash, table, utc_or_dash};
use crate::wire::{Company, Json, Site};

impl Rmm {
    /// Costs one request.
    pub(crate) async fn list_companies(&self, call: &Call) -> Result<Answer, CallError> {
        let text = Args(call).text("text");
        let values = self.client.companies(Lane::Person).await?;
        let now = self.now();
        let read = |value: Value| Some((Company::read(&value)?, value));
        let mut companies: Vec<(Company, Value)> = values.into_iter().filter_map(read).collect();
        companies.retain(|(it, _)| {
            it.is_current(now) && text.is_none_or(|text| contains(&it.name, text))
        });
        companies.sort_by_key(|(it, _)| it.name.to_lowercase());
        let rows = companies.iter().map(|(it, _)| {
            vec![
                it.name.clone(),
                or_dash(it.contact.as_deref()),
                or_dash(it.primary_site.as_deref()),
            ]
        });
        let summary = match text {
            None => capital(&count(companies.len(), "company", "companies")),
            Some(text) => format!(
                "{} with “{text}” in the name",
                capital(&count(companies.len(), "company", "companies"))
            ),
        };
        let blocks = vec![table(&["Company", "Contact", "Main site"], rows.collect())];
        Ok(answer(
            summary,
            blocks,
            data("companies", companies.into_iter().map(|it| it.1).collect()),
        ))
    }

    /// Costs one request.
    pub(crate) async fn get_company(&self, call: &Call) -> Result<Answer, CallError> {
        let (id, _) = Args(call)
            .company()?
            .ok_or_else(|| refused("no company was named; say which client you mean"))?;
        let value = self.client.company(id).await?;
        let company = Company::read(&value)
            .ok_or_else(|| refused("the record of this company cannot be read"))?;
        let blocks = vec![fields([
            ("Company", Some(company.name.clone())),
            ("Registered as", company.formal_name.clone()),
            ("Status", company.status.clone()),
            ("Contact", company.contact.clone()),
            ("Email", company.email.clone()),
            ("Phone", company.phone.clone()),
            ("Main site", company.primary_site.clone()),
            ("Address", company.address.clone()),
            ("Time zone", company.time_zone.clone()),
            ("Ended", company.ended_at.map(crate::show::utc)),
        ])];
        let about = company.contact.as_ref().map(|it| format!(", contact {it}"));
        let summary = format!("{}{}", company.name, about.unwrap_or_default());
        Ok(answer(summary, blocks, value))
    }

    /// Costs one request.
    pub(crate) async fn list_sites(&self, call: &Call) -> Result<Answer, CallError> {
        let args = Args(call);
        let (text, company) = (args.text("text"), args.company()?);
        let values = self.client.sites(company.map(|it| it.0), Lane::Person).await?;
        let names = self.names().await;
        let read = |value: Value| Some((Site::read(&value)?, value));
        let mut sites: Vec<(Site, Value)> = values.into_iter().filter_map(read).collect();
        sites.retain(|(it, _)| it.active && text.is_none_or(|text| contains(&it.name, text)));
        let client = |site: &Site| {
            let known = site.company.as_deref().and_then(|it| names.company(it)).map(str::to_owned);
            known
                .or_else(|| site.company_name.clone())
                .or_else(|| company.map(|it| it.1.to_owned()))
        };
        sites.sort_by_key(|(it, _)| (client(it), it.name.to_lowercase()));
        let rows = sites.iter().map(|(it, _)| {
            vec![
                it.name.clone(),
                or_dash(client(it).as_deref()),
                or_dash(it.address.as_deref()),
                or_dash(it.time_zone.as_deref()),
            ]
        });
        let of = company.map(|it| format!(" of {}", it.1)).unwrap_or_default();
        let summary = format!("{}{of}", capital(&count(sites.len(), "site", "sites")));
        let blocks = vec![table(&["Site", "Client", "Address", "Time zone"], rows.collect())];
        Ok(answer(summary, blocks, data("sites", sites.into_iter().map(|it| it.1).collect())))
    }

    /// Costs one request.
    pub(crate) async fn list_device_groups(&self) -> Result<Answer, CallError> {
        let groups = self.client.groups().await?;
        let row = |value: &Value| {
            let json = Json(value);
            let kind = match json.flag("static") {
                Some(true) => "fixed list",
                Some(false) => "by rule",
                None => "–",
            };
            vec![
                or_dash(json.text("name")),
                or_dash(json.text("description")),
                kind.to_owned(),
                utc_or_dash(json.time(&["updatedAt"])),
            ]
        };
        let rows = groups.iter().map(row).collect();
        let summary = capital(&count(groups.len(), "device group", "device groups"));
        let blocks = vec![table(&["Group", "Description", "Members", "Changed"], rows)];
        Ok(answer(summary, blocks, data("groups", groups)))
    }
}
