use countersign_simulator::rmm::NothingThere;
use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::{Bench, Got};

const TICKETS: &str = "v2/service/ticketing/tickets";

async fn count(bench: &Bench, query: &str) -> u64 {
    let got = bench.get(&format!("{TICKETS}?{query}")).await;
    assert_eq!(got.status, 200, "{query}: {}", got.text);
    got.json()["totalCount"].as_u64().expect("a count")
}

async fn words(bench: &Bench, list: &str) -> Vec<Value> {
    bench
        .get(&format!("v1/service/ticketing/{list}"))
        .await
        .json()
        .as_array()
        .expect("a list")
        .clone()
}

fn ticket() -> Value {
    json!({
        "summary": "Low disk on BV-FRONT-01", "description": "C: is 96% full",
        "serviceBoard": { "name": "help desk" }, "source": { "name": "Chat" },
    })
}

#[tokio::test]
async fn tickets_are_paged_by_size_and_number_together() {
    let bench = Bench::start().await;
    let first = bench.get(&format!("{TICKETS}?pageSize=100&pageNum=1")).await.json();
    let second = bench.get(&format!("{TICKETS}?pageSize=100&pageNum=2")).await.json();
    assert_eq!(
        (&first["totalCount"], first["tickets"].as_array().unwrap().len()),
        (&json!(137), 100)
    );
    assert_eq!(second["tickets"].as_array().unwrap().len(), 37);
    let alone = bench.get(&format!("{TICKETS}?pageSize=100")).await;
    assert_eq!((alone.status, &alone.json()[0]["code"]), (400, &json!("bad_request")));
    assert_eq!(bench.get(&format!("{TICKETS}?pageNum=1")).await.status, 400);
    let ignored = bench.get(&format!("{TICKETS}?pageSize=0&pageNum=1")).await.json();
    assert_eq!(ignored["tickets"].as_array().unwrap().len(), 137);
    let times: Vec<&str> = first["tickets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["createdAt"].as_str().unwrap())
        .collect();
    assert!(times.is_sorted_by(|a, b| a >= b), "newest first");
}

#[tokio::test]
async fn a_page_past_the_end_is_empty_or_a_404_as_switched() {
    let bench = Bench::start().await;
    let path = format!("{TICKETS}?pageSize=100&pageNum=3");
    assert_eq!(bench.get(&path).await.json(), json!({ "tickets": [], "totalCount": 0 }));
    bench.world.switch(|it| it.past_the_end = NothingThere::NotFound);
    assert_eq!(bench.get(&path).await.status, 404);
}

#[tokio::test]
async fn filters_narrow_negate_and_join() {
    let bench = Bench::start().await;
    let statuses = words(&bench, "statuses").await;
    let closed: Vec<&str> = statuses
        .iter()
        .filter(|it| it["category"] == "Closed")
        .map(|it| it["id"].as_str().unwrap())
        .collect();
    let is_closed = count(&bench, &format!("statusIds={}", closed.join(","))).await;
    let is_open = count(&bench, &format!("statusIds=[notIn],{}", closed.join(","))).await;
    assert!(is_closed > 20 && is_open > 20);
    assert_eq!(is_closed + is_open, 137);

    let one = count(&bench, "statusNames=new&priorityNames=Priority 1").await;
    let other = count(&bench, "statusNames=In Progress").await;
    let either =
        count(&bench, "statusNames1=new&priorityNames1=Priority 1&statusNames2=In Progress").await;
    assert_eq!(either, one + other, "ANDed inside a group, ORed between groups");
    assert_eq!(count(&bench, "number=140400.2000").await, 1);
    assert_eq!(count(&bench, "summary=no such words").await, 0);
    let company = bench.company("Bluegum Vet");
    let printer = count(&bench, &format!("companyIds={company}&tagNames=printer")).await;
    assert!(printer > 0 && printer < count(&bench, "tagNames=printer").await);
    assert_eq!(
        bench.get(&format!("{TICKETS}?boardIds=x")).await.status,
        400,
        "unknown filters are not ignored"
    );
}

#[tokio::test]
async fn dates_come_in_three_forms_and_a_last_day_counts_whole() {
    let bench = Bench::start().await;
    let until = count(&bench, "createdAtTo=2026-08-25").await;
    let from = count(&bench, "createdAtFrom=2026-08-26").await;
    assert_eq!(until + from, 137);
    assert_eq!(count(&bench, "createdAtFrom=2026-08-26T00:00:00").await, from);
    assert_eq!(count(&bench, "createdAtFrom=2026-08-26T00:00:00Z").await, from);
    assert_eq!(bench.get(&format!("{TICKETS}?createdAtFrom=yesterday")).await.status, 400);
}

#[tokio::test]
async fn a_new_ticket_comes_back_whole_and_can_be_read_again() {
    let bench = Bench::start().await;
    let front = bench.world.endpoint("BV-FRONT-01").unwrap();
    let mut body = ticket();
    body["company"] = json!({ "id": front.company_id });
    body["site"] = json!({ "id": front.site_id });
    body["assets"] = json!([{ "id": front.id, "isPrimary": true }]);
    body["number"] = json!("ignored");
    let got = bench.post(TICKETS, &body).await;
    assert_eq!(got.status, 201, "{}", got.text);
    let made = got.json();
    assert_eq!(
        (&made["serviceBoard"]["name"], &made["status"]["name"]),
        (&json!("Help Desk"), &json!("New"))
    );
    let path = format!("{TICKETS}/{}", made["id"].as_str().unwrap());
    assert_eq!(bench.get(&path).await.json(), made);
    let by_number =
        bench.get(&format!("{TICKETS}?number={}", made["number"].as_str().unwrap())).await.json();
    assert_eq!(by_number["tickets"][0]["id"], made["id"]);
    assert!(
        by_number["tickets"][0]["assets"][0].get("isPrimary").is_none(),
        "the list leaves things out"
    );
    let created = bench.world.tickets_created();
    assert_eq!((created.len(), created[0].client.as_deref()), (1, Some("Bluegum Vet")));
    assert_eq!(created[0].assets, [front.id]);
}

#[tokio::test]
async fn a_ticket_that_lacks_something_is_refused() {
    let bench = Bench::start().await;
    let check = async |change: &dyn Fn(&mut Value), wanted: &str| {
        let mut body = ticket();
        change(&mut body);
        let got = bench.post(TICKETS, &body).await;
        assert_eq!((got.status, &got.json()[0]["message"]), (400, &json!(wanted)), "{body}");
    };
    check(&|it| it["summary"] = Value::Null, "summary is required").await;
    check(&|it| it["summary"] = json!("x".repeat(256)), "summary must have at most 255 characters")
        .await;
    check(&|it| it["description"] = json!(""), "description must not be empty").await;
    check(&|it| it["source"] = Value::Null, "source is required").await;
    check(&|it| it["serviceBoard"] = json!({ "name": "Old Board" }), "serviceBoard does not exist")
        .await;
    check(&|it| it["priority"] = json!({ "id": "x" }), "priority does not exist").await;
    check(&|it| it["company"] = json!({ "id": "x" }), "company is invalid").await;
    check(&|it| it["assets"] = json!([{ "id": "x" }]), "assets is invalid").await;
    check(&|it| it["dueDate"] = json!("2026-09-05"), "dueDate must be mm/dd/yyyy").await;
    check(&|it| it["detail"] = json!("x"), "field detail is unknown").await;
    assert!(bench.world.tickets_created().is_empty());
}

#[tokio::test]
async fn a_change_may_only_replace() {
    let bench = Bench::start().await;
    let made = bench.post(TICKETS, &ticket()).await.json();
    let path = format!("{TICKETS}/{}", made["id"].as_str().unwrap());
    let patch =
        async |body: Value| -> Got { bench.send(Method::PATCH, &path, &body).await.unwrap() };
    let closed =
        patch(json!([{ "op": "replace", "path": "/status", "value": { "name": "Closed" } }]))
            .await
            .json();
    assert_eq!((&closed["status"]["name"], &closed["version"]), (&json!("Closed"), &json!(2)));
    assert_eq!(patch(json!([{ "op": "add", "path": "/status", "value": {} }])).await.status, 405);
    assert_eq!(
        patch(json!([{ "op": "replace", "path": "/number", "value": "1" }])).await.status,
        400
    );
    let half = json!([
        { "op": "replace", "path": "/summary", "value": "half" },
        { "op": "replace", "path": "/status", "value": { "name": "Nonsense" } },
    ]);
    assert_eq!(patch(half).await.status, 400);
    assert_eq!(bench.get(&path).await.json()["summary"], made["summary"], "all or nothing");
}

#[tokio::test]
async fn notes_say_the_short_number_and_take_more() {
    let bench = Bench::start().await;
    let made = bench.post(TICKETS, &ticket()).await.json();
    let path = format!("v1/service/ticketing/tickets/{}/notes", made["id"].as_str().unwrap());
    let system = bench.get(&path).await.json()[0]["detail"].as_str().unwrap().to_owned();
    assert!(system.contains(made["nocTicketId"].as_str().unwrap()), "{system}");
    let added = bench.post(&path, &json!({ "detail": "disk cleanup ran", "visibility": 2 })).await;
    assert_eq!(added.status, 201);
    assert_eq!(bench.get(&path).await.json()[1]["detail"], "disk cleanup ran");
    assert_eq!(bench.post(&path, &json!({ "detail": "x", "visibility": 3 })).await.status, 400);
}

#[tokio::test]
async fn the_words_of_tickets_are_listed_with_those_out_of_use() {
    let bench = Bench::start().await;
    let boards = words(&bench, "service-boards").await;
    let in_use: Vec<bool> = boards.iter().map(|it| it["inactiveFlag"] == false).collect();
    assert_eq!(in_use, [true, true, true, false]);
    let teams =
        words(&bench, &format!("service-boards/{}/teams", boards[0]["id"].as_str().unwrap())).await;
    assert_eq!((&teams[0]["teamName"], teams.len()), (&json!("Tier 1"), 2));
    for (list, least) in
        [("priorities", 4), ("sources", 5), ("statuses", 6), ("categories", 6), ("tags", 4)]
    {
        assert!(words(&bench, list).await.len() >= least, "{list}");
    }
    assert_eq!(words(&bench, "types?entity=assignment").await[0]["name"], "Incident");
    let total: u64 =
        words(&bench, "ticket-counts").await.iter().map(|it| it["count"].as_u64().unwrap()).sum();
    assert_eq!(total, 137);
}
