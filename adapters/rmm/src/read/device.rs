//! One device: hardware, system, network.

use countersign::plan::Call;
use countersign::ports::{Answer, CallError};
use countersign::words;

use super::answer;
use crate::args::Args;
use crate::client::Lane;
use crate::rmm::Rmm;
use crate::show::{fields, or_dash, table, utc};
use crate::wire::{Json, without_secrets};

impl Rmm {
    /// Costs one request; two where v1 is off. Licence keys, services and software are left out.
    pub(crate) async fn get_device(&self, call: &Call) -> Result<Answer, CallError> {
        let (id, label) = Args(call).endpoint()?;
        let (endpoint, value) = self.client.endpoint(id, Lane::Person).await?;
        let names = self.names().await;
        let json = Json(&value);
        let (system, os) = (json.get("system"), json.get("os"));
        let of_system = |name: &str| system.and_then(|it| it.text(name)).map(str::to_owned);
        let memory: i64 =
            json.items("physicalMemory").filter_map(|it| it.int_of(&["sizeBytes"])).sum();
        let maker = system
            .and_then(|it| it.text("manufacturer"))
            .or_else(|| json.any(&["baseBoard", "bios"]).and_then(|it| it.text("manufacturer")));
        let model = match (maker, &endpoint.model) {
            (Some(maker), Some(model)) if !model.starts_with(maker) => {
                Some(format!("{maker} {model}"))
            }
            (_, model) => model.clone(),
        };
        let mut blocks = vec![fields([
            ("Device", Some(label.clone())),
            ("Also known as", endpoint.friendly.clone()),
            ("Site", endpoint.site.as_deref().and_then(|it| names.site(it)).map(str::to_owned)),
            ("Type", Some(endpoint.class().label().to_owned())),
            ("Model", model.clone()),
            ("Serial number", endpoint.serial.clone()),
            ("System", system_line(&endpoint.os, os)),
            ("Processor", processor(json)),
            ("Memory", (memory > 0).then(|| words::bytes(memory))),
            ("Domain", of_system("domain")),
            ("Time zone", of_system("timeZone")),
            ("Agent installed", endpoint.installed_at.map(utc)),
            ("Read by the agent", json.time(&["createTimeUTC"]).map(utc)),
        ])];
        let drives: Vec<Vec<String>> = json.items("drives").map(drive).collect();
        if !drives.is_empty() {
            blocks.push(table(&["Drive", "Kind", "Size", "Partitions"], drives));
        }
        let networks: Vec<Vec<String>> = json
            .items("networks")
            .filter(|it| it.flag("ipEnabled") != Some(false))
            .map(network)
            .collect();
        if !networks.is_empty() {
            blocks.push(table(&["Network", "Address", "Gateway", "DNS", "MAC"], networks));
        }
        let parts =
            [model, endpoint.os.clone()].into_iter().flatten().collect::<Vec<_>>().join(", ");
        let summary = if parts.is_empty() { label } else { format!("{label}: {parts}") };
        let mut data = without_secrets(value);
        super::masked(&mut data);
        Ok(answer(summary, blocks, data))
    }
}

fn system_line(product: &Option<String>, os: Option<Json<'_>>) -> Option<String> {
    let product = product.clone()?;
    let more: Vec<&str> =
        ["version", "arch"].into_iter().filter_map(|name| os?.text(name)).collect();
    Some(if more.is_empty() { product } else { format!("{product} ({})", more.join(", ")) })
}

fn processor(json: Json<'_>) -> Option<String> {
    let first = json.items("processors").next()?;
    let product = first.text("product")?;
    let cores = first.int_of(&["numberOfCores"]).filter(|it| *it > 0);
    Some(match cores {
        Some(cores) => format!("{product}, {cores} cores"),
        None => product.to_owned(),
    })
}

fn drive(json: Json<'_>) -> Vec<String> {
    let partitions: Vec<String> = json
        .items("partitionData")
        .filter_map(|it| {
            let size = it.int_of(&["sizeBytes"]).map(words::bytes);
            Some(match size {
                Some(size) => format!("{} {size}", it.text("name")?),
                None => it.text("name")?.to_owned(),
            })
        })
        .collect();
    vec![
        or_dash(json.text_of(&["product", "logicalName"])),
        or_dash(json.text_of(&["mediaType", "interfaceType"])),
        json.int_of(&["sizeBytes"]).map_or_else(|| "–".to_owned(), words::bytes),
        or_dash(Some(&partitions.join(", "))),
    ]
}

fn network(json: Json<'_>) -> Vec<String> {
    let many = |name: &str| {
        let items: Vec<&str> = json.items(name).filter_map(|it| it.0.as_str()).collect();
        items.join(", ")
    };
    let address = json.text("ipv4").map(str::to_owned).unwrap_or_else(|| many("ipv4List"));
    let gateway = json
        .text("defaultIPGateway")
        .map(str::to_owned)
        .unwrap_or_else(|| many("defaultIPGateways"));
    vec![
        or_dash(json.text_of(&["product", "logicalName"])),
        or_dash(Some(&address)),
        or_dash(Some(&gateway)),
        or_dash(Some(&many("dnsServers"))),
        or_dash(json.text("macAddress")),
    ]
}
