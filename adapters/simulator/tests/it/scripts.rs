use serde_json::Value;

use crate::harness::Bench;

#[tokio::test]
async fn shell_scripts_carry_their_parameters_as_text() {
    let bench = Bench::start().await;
    let got = bench.get("v1/automation/shellScripts").await.json();
    let templates = got["Templates"].as_array().unwrap();
    assert_eq!(got["count"], templates.len());
    let named = |name: &str| templates.iter().find(|it| it["name"] == name).unwrap();
    let schema: Value =
        serde_json::from_str(named("Disk Cleanup")["jsonSchema"].as_str().unwrap()).unwrap();
    assert_eq!(schema["properties"]["days"]["default"], 7);
    assert_eq!(schema["properties"]["drive"]["enum"][0], "C:");
    assert!(named("Flush DNS").get("jsonSchema").is_none());
    assert!(named("Flush DNS").get("state").is_none());
    assert_eq!(named("Remove Old Antivirus")["state"], "Inactive");
    let broken = named("Legacy Inventory")["jsonSchema"].as_str().unwrap();
    assert!(serde_json::from_str::<Value>(broken).is_err());
    assert_eq!(named("Execute PowerShell")["templateId"], "51a74346-e19b-11e7-9809-0800279505d9");
}

#[tokio::test]
async fn every_json_type_is_somewhere_among_the_parameters() {
    let bench = Bench::start().await;
    let got = bench.get("v1/automation/shellScripts").await.json();
    let backup = got["Templates"]
        .as_array()
        .unwrap()
        .iter()
        .find(|it| it["name"] == "Configure Backup Agent");
    let schema: Value =
        serde_json::from_str(backup.unwrap()["jsonSchema"].as_str().unwrap()).unwrap();
    let mut types: Vec<&str> = schema["properties"]
        .as_object()
        .unwrap()
        .values()
        .map(|it| it["type"].as_str().unwrap())
        .collect();
    types.sort_unstable();
    types.dedup();
    assert_eq!(types, ["array", "boolean", "integer", "number", "object", "string"]);
}

#[tokio::test]
async fn composite_scripts_are_another_list_and_tasks_a_third() {
    let bench = Bench::start().await;
    let composite = bench.get("v1/automation/scripts").await.json();
    assert_eq!(composite.as_array().unwrap().len(), 12);
    assert_eq!(composite[0]["name"], "Restart Print Spooler");
    let tasks = bench.get("v1/automation/tasks").await.json();
    let saved: Value = serde_json::from_str(tasks[0]["userParameters"].as_str().unwrap()).unwrap();
    assert_eq!(saved["days"], 14);
    assert!(tasks[0].get("id").is_none());
}

#[tokio::test]
async fn an_edited_script_has_a_new_time_stamp_and_a_deactivated_one_does_not_run() {
    let bench = Bench::start().await;
    let find = async || {
        let got = bench.get("v1/automation/shellScripts").await.json();
        let all = got["Templates"].as_array().unwrap().clone();
        all.into_iter().find(|it| it["name"] == "Disk Cleanup").unwrap()
    };
    let before = find().await;
    bench.later(5);
    bench.world.edit_script("disk cleanup").unwrap();
    let after = find().await;
    assert!(before["updatedOn"].as_str() < after["updatedOn"].as_str());
    assert_ne!(before["description"], after["description"]);
    bench.world.deactivate_script("Disk Cleanup").unwrap();
    assert_eq!(find().await["state"], "Inactive");
    let got = bench
        .post(crate::harness::SCHEDULE, &bench.task("Disk Cleanup", &["MARIA-LT-01"], None))
        .await;
    assert_eq!(got.status, 400);
}
