use countersign_simulator::rmm::Switches;

use crate::harness::Bench;

#[tokio::test]
async fn companies_come_as_a_bare_array_with_old_and_new_ids() {
    let bench = Bench::start().await;
    let all = bench.get("v1/company/companies").await.json();
    let ids: Vec<&str> =
        all.as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap()).collect();
    assert_eq!(all[0]["name"], "Bluegum Vet");
    assert!(ids[0].starts_with("436f6d6d-616e-6420-4944-3a20"), "{ids:?}");
    assert_eq!(&ids[1][14..15], "4", "Harbour Dental was never migrated: {ids:?}");
    assert_eq!(all.as_array().unwrap().last().unwrap()["name"], "Quiet Pines Accounting");
    let one = bench.get(&format!("v1/company/companies/{}", ids[1])).await.json();
    assert_eq!(one["name"], "Harbour Dental");
    let gone = bench.get("v1/company/companies/436f6d6d-616e-6420-4944-3a2000ffffff").await;
    assert_eq!((gone.status, gone.json()["error"][0]["code"].as_str()), (404, Some("not_found")));
}

#[tokio::test]
async fn a_site_knows_its_company() {
    let bench = Bench::start().await;
    let company = bench.company("Bluegum Vet");
    let sites = bench.get(&format!("v1/company/companies/{company}/sites")).await.json();
    let names: Vec<&str> =
        sites.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Sydney CBD", "Parramatta"]);
    let id = sites[0]["id"].as_str().unwrap();
    assert_eq!(bench.get(&format!("v1/company/sites/{id}")).await.json()["company"]["id"], company);
    let elsewhere = bench.company("Acme Logistics");
    assert_eq!(
        bench.get(&format!("v1/company/companies/{elsewhere}/sites/{id}")).await.status,
        404
    );
    let all = bench.get("v1/company/sites").await.json();
    assert!(all.as_array().unwrap().len() > names.len());
}

#[tokio::test]
async fn switched_on_pages_of_v1_lists_are_linked() {
    let bench = Bench::with(Switches { page: Some(2), ..Switches::default() }).await;
    let mut path = "v1/company/companies".to_owned();
    let mut names = Vec::new();
    loop {
        let got = bench.get(&path).await;
        names.extend(
            got.json().as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap().to_owned()),
        );
        let Some(link) = got.header("link") else { break };
        let url = link.strip_prefix('<').unwrap().split_once('>').unwrap().0;
        path = url.split_once("/api/platform/").unwrap().1.to_owned();
    }
    assert_eq!(names.len(), 5);
    assert_eq!(bench.get("v1/device-groups").await.json()[1]["name"], "Windows Servers");
}
