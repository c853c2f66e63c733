use std::collections::HashSet;

use countersign_simulator::Options;
use countersign_simulator::rmm::{ListVerb, NothingThere, Paths, Spelling, Switches};
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::Bench;

const LIST_V2: &str = "v2/device/categories/platform/endpoints";

#[tokio::test]
async fn the_v1_list_has_ids_and_no_host_names() {
    let bench = Bench::start().await;
    let all = bench.get("v1/device/endpoints").await.json();
    let lines = all["endpoints"].as_array().unwrap();
    assert_eq!(lines.len(), 25);
    let fields: Vec<&str> = lines[0].as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["clientId", "endpointId", "endpointType", "osType", "regId", "siteId"]);
    let systems: HashSet<&str> = lines.iter().map(|it| it["osType"].as_str().unwrap()).collect();
    assert_eq!(systems, HashSet::from(["windows", "darwin", "linux"]));
}

#[tokio::test]
async fn lists_narrow_to_a_company_and_a_site() {
    let bench = Bench::start().await;
    let company = bench.company("Bluegum Vet");
    let of_company = bench.get(&format!("v1/device/clients/{company}/endpoints")).await.json();
    assert_eq!(of_company["endpoints"].as_array().unwrap().len(), 6);
    let site = bench.world.endpoint("BV-MAC-01").unwrap().site_id;
    let of_site =
        bench.get(&format!("v1/device/clients/{company}/sites/{site}/endpoints")).await.json();
    assert_eq!(of_site["endpoints"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_company_without_devices_is_a_404_or_an_empty_list_as_switched() {
    let bench = Bench::start().await;
    let company = bench.company("Quiet Pines Accounting");
    let path = format!("v1/device/clients/{company}/endpoints");
    let got = bench.get(&path).await;
    assert_eq!((got.status, &got.json()["error"]), (404, &json!("not found")));
    let body = json!({ "resourceType": "company", "resources": [company] });
    assert_eq!(bench.post(LIST_V2, &body).await.status, 404);

    bench.world.switch(|it| it.no_devices = NothingThere::EmptyList);
    assert_eq!(bench.get(&path).await.json(), json!({ "endpoints": [] }));
    assert_eq!(bench.post(LIST_V2, &body).await.json(), json!({ "platform": [] }));
}

#[tokio::test]
async fn a_device_shows_its_hardware_and_its_licence_keys() {
    let bench = Bench::start().await;
    let maria = bench.get(&format!("v1/device/endpoints/{}", bench.id("MARIA-LT-01"))).await.json();
    assert_eq!(maria["system"]["systemName"], "MARIA-LT-01");
    assert_eq!(maria["system"]["product"], "Latitude 5440");
    assert_eq!(maria["bios"]["serialNumber"], bench.world.endpoint("MARIA-LT-01").unwrap().serial);
    assert_eq!(maria["softwareLicenses"][0]["productKey"], maria["os"]["productKey"]);
    let front = bench.get(&format!("v1/device/endpoints/{}", bench.id("BV-FRONT-01"))).await.json();
    assert_eq!(front["friendlyName"], "Front desk");
    let mac = bench.get(&format!("v1/device/endpoints/{}", bench.id("BV-MAC-01"))).await.json();
    assert!(mac.get("services").is_none(), "blocks of other systems are left out");
    assert_eq!(
        bench.get("v1/device/endpoints/7b1f7d3e-52c3-4a83-9d4a-1f0f0c2b9a11").await.status,
        404
    );
}

#[tokio::test]
async fn one_device_on_v2_must_be_asked_for_by_its_own_company_and_site() {
    let bench = Bench::start().await;
    let it = bench.world.endpoint("BV-FRONT-01").unwrap();
    let path =
        format!("v2/device/companies/{}/sites/{}/endpoints/{}", it.company_id, it.site_id, it.id);
    let live = bench.get(&format!("{path}?field=deviceName,bios,macAddress")).await.json();
    assert_eq!(live["platform"]["deviceName"], "BV-FRONT-01");
    assert_eq!(live["platform"]["bios"]["serialNumber"], it.serial);
    bench.world.switch(|it| it.spelling = Spelling::Spec);
    assert_eq!(bench.get(&path).await.json()["os"]["type"], "windows");
    let elsewhere = bench.company("Acme Logistics");
    let wrong = format!("v2/device/companies/{elsewhere}/sites/{}/endpoints/{}", it.site_id, it.id);
    assert_eq!(bench.get(&wrong).await.status, 404);
}

#[tokio::test]
async fn the_v2_list_groups_by_site_and_pages_by_link() {
    let bench = Bench::of(Options { endpoints: 900, ..Options::default() }).await;
    let companies = bench.get("v1/company/companies").await.json();
    let ids: Vec<Value> = companies.as_array().unwrap().iter().map(|it| it["id"].clone()).collect();
    let mut names = Vec::new();
    for four in ids.chunks(4) {
        let body = json!({ "resourceType": "company", "resources": four });
        let mut path = format!("{LIST_V2}?limit=100&field=os,system");
        loop {
            let got = bench.post(&path, &body).await;
            if got.status == 404 {
                break;
            }
            for group in got.json()["platform"].as_array().unwrap() {
                assert!(four.contains(&group["companyID"]));
                let endpoints = group["endpoints"].as_array().unwrap();
                names.extend(
                    endpoints.iter().map(|it| it["endpointID"].as_str().unwrap().to_owned()),
                );
            }
            let Some(link) = got.header("link") else { break };
            path =
                link.split_once("/api/platform/").unwrap().1.split_once('>').unwrap().0.to_owned();
            assert!(path.contains("limit=100"), "{path}");
        }
    }
    assert_eq!(names.len(), 900);
    assert_eq!(names.iter().collect::<HashSet<_>>().len(), 900);
}

#[tokio::test]
async fn the_v2_list_takes_the_verb_that_is_switched_on() {
    let bench = Bench::start().await;
    let body = json!({ "resourceType": "company", "resources": [bench.company("Harbour Dental")] });
    for (verb, post, get) in [
        (ListVerb::PostOnly, 200, 405),
        (ListVerb::GetWithBodyOnly, 405, 200),
        (ListVerb::Both, 200, 200),
    ] {
        bench.world.switch(|it| it.list_verb = verb);
        assert_eq!(bench.post(LIST_V2, &body).await.status, post, "{verb:?}");
        assert_eq!(bench.send(Method::GET, LIST_V2, &body).await.unwrap().status, get, "{verb:?}");
    }
}

#[tokio::test]
async fn a_v2_list_that_asks_for_nothing_or_too_much_is_refused() {
    let bench = Bench::start().await;
    let company = bench.company("Harbour Dental");
    let check = async |query: &str, body: Value, message: &str| {
        let got = bench.post(&format!("{LIST_V2}{query}"), &body).await;
        assert_eq!((got.status, &got.json()["message"]), (400, &json!(message)), "{query} {body}");
    };
    let good = json!({ "resourceType": "company", "resources": [company] });
    check("", json!({ "resourceType": "company", "resources": [] }), "ErrCompanyIDNotProvided")
        .await;
    check(
        "",
        json!({ "resourceType": "companies", "resources": [company] }),
        "Invalid Resource Type",
    )
    .await;
    check("", json!({ "resources": [company] }), "ErrInvalidRequestBody").await;
    let five = json!({ "resourceType": "company", "resources": [company, company, company, company, company] });
    check("", five, "ErrTooManyResources").await;
    check("?limit=501", good.clone(), "limit must be between 1 and 500").await;
    check("?cursor=next", good.clone(), "cursor must be an integer").await;
    check("?page=2", good, "unknown parameter page").await;
}

#[tokio::test]
async fn state_and_usage_tell_how_a_machine_is() {
    let bench = Bench::start().await;
    let id = bench.id("MARIA-LT-01");
    for version in ["v1", "v2"] {
        let state =
            bench.get(&format!("{version}/device/endpoints/{id}/system-state-info")).await.json();
        assert_eq!(state["lastLoggedOnUser"]["username"], "BLUEGUM\\maria");
        assert_eq!(state["loggedOnUsers"][0]["sessionName"], "console");
    }
    let disk = bench.get(&format!("v2/device/endpoints/{id}/disk-usage")).await.json();
    assert_eq!(disk["disks"][0]["name"], "C:");
    assert_eq!(disk["disks"][0]["usagePercent"], 96.0);
    let memory = bench.get(&format!("v2/device/endpoints/{id}/memory-usage?minute=5")).await.json();
    assert!(memory["usedBytes"].as_u64() < memory["totalBytes"].as_u64());
    let cpu = bench.get(&format!("v2/device/endpoints/{id}/cpu-usage")).await.json();
    assert!(cpu["cpuUsagePercent"].is_number());
    let unknown = bench
        .get("v1/device/endpoints/7b1f7d3e-52c3-4a83-9d4a-1f0f0c2b9a11/system-state-info")
        .await;
    assert_eq!((unknown.status, unknown.text.as_str()), (404, ""));
}

#[tokio::test]
async fn the_heartbeat_is_asked_by_company_four_at_a_time() {
    let bench = Bench::start().await;
    let company = bench.company("Harbour Dental");
    let path = |kind: &str, ids: &str| {
        format!("v2/device/endpoints/heartbeat?resourceType={kind}&resources={ids}")
    };
    let beat = bench.get(&path("companies", &company)).await.json();
    assert_eq!(beat["status"], "success");
    let of = |host: &str| {
        let id = bench.id(host);
        let all = beat["successfulRecords"][0]["endpoints"].as_array().unwrap();
        all.iter().find(|it| it["EndpointID"] == id).unwrap().clone()
    };
    assert_eq!(of("HD-DC01")["Availability"], true);
    assert_eq!(of("KIOSK-01")["Availability"], false);
    assert!(
        of("KIOSK-01")["DcDateTimeUTC"].as_str().unwrap().starts_with("2026-07-16"),
        "47 days ago"
    );

    let offline =
        bench.get(&format!("{}&availability=false", path("companies", &company))).await.json();
    assert_eq!(offline["successfulRecords"][0]["endpoints"].as_array().unwrap().len(), 2);
    let clients = bench.get(&path("clients", &company)).await;
    assert_eq!(
        (clients.status, &clients.json()["message"]),
        (400, &json!("Invalid Resource Type"))
    );
    assert_eq!(bench.get(&path("endpoints", &bench.id("HD-DC01"))).await.status, 403);
    assert_eq!(bench.get(&path("companies", &[company.as_str(); 5].join(","))).await.status, 400);
    let unknown =
        bench.get(&path("companies", "436f6d6d-616e-6420-4944-3a2000ffffff")).await.json();
    assert_eq!(unknown["failedRecords"].as_array().unwrap().len(), 1);

    let states = bench
        .get(&format!("v2/device/endpoints/systemstate?resourceType=companies&resources={company}"))
        .await
        .json();
    assert_eq!(states["successfulRecords"][0]["endpoints"].as_array().unwrap().len(), 5);
}

#[tokio::test]
async fn switched_off_versions_are_not_there() {
    let bench = Bench::with(Switches { paths: Paths::V1Only, ..Switches::default() }).await;
    let id = bench.id("BV-DC01");
    assert_eq!(bench.get(&format!("v2/device/endpoints/{id}/cpu-usage")).await.status, 404);
    assert_eq!(bench.get("v2/service/ticketing/tickets").await.status, 404);
    assert_eq!(bench.get("v1/service/ticketing/tickets").await.status, 200);
    bench.world.switch(|it| it.paths = Paths::V2Only);
    assert_eq!(bench.get("v1/device/endpoints").await.status, 404);
    assert_eq!(bench.get("v1/service/ticketing/tickets").await.status, 404);
    assert_eq!(bench.get(&format!("v2/device/endpoints/{id}/cpu-usage")).await.status, 200);
    assert_eq!(bench.get("v1/company/companies").await.status, 200);
}

#[tokio::test]
async fn patches_are_counted_and_a_mac_has_none() {
    let bench = Bench::start().await;
    let got = bench.get(&format!("v1/patching/{}/patches", bench.id("BV-FS01"))).await.json();
    let patches = got["patches"].as_array().unwrap();
    let count = |statuses: &[u64]| {
        patches.iter().filter(|it| statuses.contains(&it["status"].as_u64().unwrap())).count()
    };
    let summary = |field: &str| got["summary"][field].as_u64().unwrap() as usize;
    assert_eq!(summary("missingCount"), count(&[1, 3]));
    assert_eq!(summary("pendingRebootCount"), count(&[4]));
    assert_eq!(summary("installedCount"), count(&[2]));
    assert!(patches.iter().all(|it| it["installedDate"].is_null() == (it["status"] != 2)));
    let mac = bench.get(&format!("v2/patching/{}/patches", bench.id("BV-MAC-01"))).await;
    assert_eq!(
        (mac.status, &mac.json()["error"]["message"]),
        (404, &json!("no patch data for this endpoint"))
    );
}
