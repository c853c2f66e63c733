use countersign_simulator::rmm::{CompanyTarget, RunState, Spelling, Switches};
use serde_json::{Value, json};

use crate::harness::{Bench, SCHEDULE};

async fn instance(bench: &Bench, task: &str) -> Value {
    bench.get(&format!("v1/automation/tasks/{task}/instances/summary")).await.json()
}

#[tokio::test]
async fn a_task_goes_from_pending_over_running_to_success() {
    let bench = Bench::start().await;
    let task = bench.run("Flush DNS", &["MARIA-LT-01"], None).await;
    assert_eq!(instance(&bench, &task).await["Count"], 0, "instances appear a moment later");
    let pending = instance(&bench, &task).await["Results"][0].clone();
    assert_eq!(
        (&pending["OverallStatus"], &pending["ScheduledCount"]),
        (&json!("PENDING"), &json!(1))
    );
    assert!(bench.world.executions().is_empty());
    bench.later(3);
    let running = instance(&bench, &task).await["Results"][0].clone();
    assert_eq!(
        (&running["OverallStatus"], &running["RunningCount"]),
        (&json!("RUNNING"), &json!(1))
    );
    assert!(bench.results(&task).await.is_empty(), "no row before the end");
    bench.later(5);
    let done = instance(&bench, &task).await["Results"][0].clone();
    assert_eq!((&done["OverallStatus"], &done["SuccessCount"]), (&json!("SUCCESS"), &json!(1)));
    let rows = bench.results(&task).await;
    assert_eq!(rows[0]["completionStatus"], "SUCCESS");
    assert!(rows[0]["resultDetails"].as_str().unwrap().contains("Successfully flushed"));
    assert_eq!(rows[0]["executionContext"], "Not Applicable");
    let ran = bench.world.executions();
    assert_eq!(ran.len(), 1);
    assert_eq!((ran[0].host.as_str(), ran[0].client.as_str()), ("MARIA-LT-01", "Bluegum Vet"));
    assert_eq!((ran[0].state, ran[0].template_name.as_str()), (RunState::Success, "Flush DNS"));
}

#[tokio::test]
async fn disk_cleanup_frees_what_it_says_it_freed() {
    let bench = Bench::start().await;
    let id = bench.id("MARIA-LT-01");
    let free = async || {
        let got = bench.get(&format!("v2/device/endpoints/{id}/disk-usage")).await.json();
        got["disks"][0]["freeBytes"].as_u64().unwrap()
    };
    let before = free().await;
    let task = bench
        .run("Disk Cleanup", &["MARIA-LT-01"], Some(json!({ "days": 7, "drive": "C:" })))
        .await;
    bench.later(15);
    let rows = bench.results(&task).await;
    let text = rows[0]["resultDetails"].as_str().unwrap().to_owned();
    let freed = text
        .split_once("Freed ")
        .unwrap()
        .1
        .split_once(" bytes")
        .unwrap()
        .0
        .parse::<u64>()
        .unwrap();
    assert_eq!(free().await - before, freed, "{text}");
    assert!(freed > 5 << 30, "{text}");
    assert_eq!(bench.world.executions()[0].parameters, json!({ "days": 7, "drive": "C:" }));
    let again = bench.run("Disk Cleanup", &["MARIA-LT-01"], Some(json!({ "drive": "D:" }))).await;
    bench.later(15);
    let rows = bench.results(&again).await;
    assert_eq!(rows[0]["completionStatus"], "FAILED", "there is no D:");
    assert!(rows[0]["errorDetails"].as_str().unwrap().contains("Cannot find drive D:"));
}

#[tokio::test]
async fn a_reboot_changes_the_boot_time_and_updates_wait_for_it() {
    let bench = Bench::start().await;
    let id = bench.id("ACME-LT-07");
    let state = format!("v1/device/endpoints/{id}/system-state-info");
    let before = bench.get(&state).await.json()["startupStatus"]["lastBootUpTimeUTC"].clone();
    bench.run("Install Updates", &["ACME-LT-07"], None).await;
    bench.later(40);
    let patches = bench.get(&format!("v1/patching/{id}/patches")).await.json();
    assert_eq!(patches["summary"]["missingCount"], 0);
    bench.run("Reboot Computer", &["ACME-LT-07"], Some(json!({ "force": true }))).await;
    bench.later(20);
    let after = bench.get(&state).await.json();
    assert!(before.as_str() < after["startupStatus"]["lastBootUpTimeUTC"].as_str());
    assert_eq!(after["loggedOnUsers"], json!([]));
    let patches = bench.get(&format!("v1/patching/{id}/patches")).await.json();
    assert_eq!(patches["summary"]["pendingRebootCount"], 0);
}

#[tokio::test]
async fn an_offline_machine_waits_until_it_is_back() {
    let bench = Bench::start().await;
    let task = bench.run("Flush DNS", &["JAMES-LT-02", "HD-DC01"], None).await;
    bench.later(600);
    instance(&bench, &task).await;
    let waiting = instance(&bench, &task).await["Results"][0].clone();
    assert_eq!(
        (&waiting["OverallStatus"], &waiting["WaitingCount"]),
        (&json!("RUNNING"), &json!(1))
    );
    assert_eq!(bench.results(&task).await.len(), 1);
    bench.world.set_online("JAMES-LT-02", true).unwrap();
    bench.later(10);
    assert_eq!(instance(&bench, &task).await["Results"][0]["OverallStatus"], "SUCCESS");
    let hosts: Vec<String> = bench.world.executions().into_iter().map(|it| it.host).collect();
    assert_eq!(hosts, ["HD-DC01", "JAMES-LT-02"]);
}

#[tokio::test]
async fn some_machines_may_fail_where_others_succeed() {
    let bench = Bench::start().await;
    bench.world.fail_script("Flush DNS", Some("Acme Logistics/DC01"), "Access is denied.").unwrap();
    let task = bench.run("Flush DNS", &["DC01", "DC02", "BV-MAC-01"], None).await;
    bench.later(10);
    instance(&bench, &task).await;
    let done = instance(&bench, &task).await["Results"][0].clone();
    assert_eq!(done["OverallStatus"], "SOME_FAILURES");
    assert_eq!((&done["SuccessCount"], &done["FailedCount"]), (&json!(1), &json!(2)));
    let rows = bench.results(&task).await;
    let error = |host: &str| {
        let id = bench.id(host);
        rows.iter().find(|it| it["endpointId"] == id).unwrap()["errorDetails"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(error("DC01"), "Access is denied.");
    assert_eq!(error("BV-MAC-01"), "This script supports Windows only.");
}

#[tokio::test]
async fn scripts_fail_talk_too_much_or_give_secrets_away() {
    let bench = Bench::start().await;
    let mut tasks = Vec::new();
    for script in ["Repair WMI Repository", "List Installed Software", "Show Wi-Fi Profile"] {
        tasks.push(bench.run(script, &["BV-DC01"], None).await);
    }
    tasks.push(
        bench.run("Restart Service", &["BV-DC01"], Some(json!({ "service": "Nonsense" }))).await,
    );
    let body = "hostname\nWrite-Output \"marker 41\"\n# sim: wait 6\n# sim: fail no luck";
    let powershell = json!({ "body": body, "expectedExecutionTimeSec": 600 });
    tasks.push(bench.run("Execute PowerShell", &["BV-DC01"], Some(powershell)).await);
    bench.later(30);
    let mut rows = Vec::new();
    for task in &tasks {
        rows.push(bench.results(task).await.remove(0));
    }
    let text = |at: usize, field: &str| rows[at][field].as_str().unwrap().to_owned();
    assert_eq!(text(0, "completionStatus"), "FAILED");
    assert!(text(0, "errorDetails").contains("0x80041003"));
    assert!(
        (35_000..50_000).contains(&text(1, "resultDetails").len()),
        "{}",
        text(1, "resultDetails").len()
    );
    assert!(text(2, "resultDetails").contains("password="));
    assert!(text(3, "errorDetails").contains("'Nonsense'"));
    assert_eq!(text(4, "resultDetails"), "BV-DC01\nmarker 41\n");
    assert_eq!(
        (text(4, "completionStatus"), text(4, "errorDetails")),
        ("FAILED".into(), "no luck\n".into())
    );
}

#[tokio::test]
async fn the_answer_is_spelled_as_recorded_or_as_documented() {
    let bench = Bench::start().await;
    let body = bench.task("Flush DNS", &["BV-DC01"], None);
    let live = bench.post(SCHEDULE, &body).await.json();
    assert!(live["taskID"].is_string() && live["templateID"].is_string());
    assert_eq!(live["stateToBeSubmitted"], "PENDING");
    assert_eq!(live["createdOn"].as_str().unwrap().len(), "2026-09-01T03:00:06.123456789Z".len());
    let second = bench.post("v2/automation/endpoints/schedule-tasks", &body).await;
    assert_eq!(second.status, 201);
    assert!(second.json()["taskId"].is_string());
    bench.world.switch(|it| it.spelling = Spelling::Spec);
    let spec = bench.post(SCHEDULE, &body).await.json();
    let task = spec["taskId"].as_str().unwrap().to_owned();
    bench.later(10);
    let rows = bench.results(&task).await;
    assert!(rows[0]["executiontime"].is_string());
    assert!(rows[0].get("executionTime").is_none() && rows[0].get("executionContext").is_none());
    let versions: Vec<u8> = bench.world.scheduled().iter().map(|it| it.version).collect();
    assert_eq!(versions, [1, 2, 1]);
}

#[tokio::test]
async fn a_composite_script_runs_as_fusionscript() {
    let bench = Bench::start().await;
    let composite = bench.get("v1/automation/scripts").await.json();
    let mut body = bench.task("Flush DNS", &["PRINT01"], None);
    body["templateID"] = composite[0]["id"].clone();
    let mismatch = bench.post(SCHEDULE, &body).await;
    assert_eq!(mismatch.status, 400, "a composite script is no shell script");
    body["templateType"] = json!("fusionscript");
    let task = bench.post(SCHEDULE, &body).await.json()["taskID"].as_str().unwrap().to_owned();
    bench.later(10);
    let rows = bench.results(&task).await;
    assert!(
        rows[0]["resultDetails"]
            .as_str()
            .unwrap()
            .starts_with("Script Succeeded: Stopping Print Spooler")
    );
}

#[tokio::test]
async fn a_company_as_target_is_expanded_or_refused_as_switched() {
    let bench = Bench::start().await;
    let mut body = bench.task("Flush DNS", &["BV-DC01"], None);
    body["targetType"] = json!("COMPANY");
    body["targets"] = json!([bench.company("Northside Legal")]);
    assert_eq!(bench.post(SCHEDULE, &body).await.status, 201);
    bench.later(10);
    let mut hosts: Vec<String> = bench.world.executions().into_iter().map(|it| it.host).collect();
    hosts.sort();
    assert_eq!(hosts, ["DC01", "NL-FRONT-01", "NL-LT-03"]);

    let bench =
        Bench::with(Switches { company_target: CompanyTarget::Refused, ..Switches::default() })
            .await;
    assert_eq!(bench.post(SCHEDULE, &body).await.status, 400);
    assert!(bench.world.scheduled().is_empty());
}

#[tokio::test]
async fn summaries_find_a_task_by_its_name() {
    let bench = Bench::start().await;
    let machine = bench.id("BV-FS01");
    let of_machine = format!("v1/automation/endpoints/{machine}/tasks/summary");
    assert_eq!(bench.get(&of_machine).await.status, 404, "nothing yet");
    let task = bench.run("Get Disk Report", &["BV-FS01", "BV-DC01"], None).await;
    bench.later(60);
    bench.run("Flush DNS", &["BV-DC01"], None).await;
    let all = bench.get("v1/automation/tasks/summary").await.json();
    let names: Vec<&str> =
        all.as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["Flush DNS [t1]", "Get Disk Report [t1]"]);
    assert_eq!(all[1]["taskID"], task);
    assert_eq!(
        all[1]["executionStates"],
        json!({ "deviceCount": 2, "successCount": 2, "failureCount": 0 })
    );
    assert_eq!(all[1]["endpointStatuses"][&machine], "SUCCESS");
    let recent = bench.get("v1/automation/tasks/summary?From=2026-09-01T03:00:30Z").await.json();
    assert_eq!(recent.as_array().unwrap().len(), 1);
    assert_eq!(
        bench.get("v1/automation/tasks/summary?from=2026-09-01T03:00:30Z").await.status,
        400
    );
    let mine = bench.get(&of_machine).await.json();
    assert_eq!((&mine[0]["EndpointID"], mine.as_array().unwrap().len()), (&json!(machine), 1));
    assert!(mine[0]["taskInstanceID"].is_string());
}

#[tokio::test]
async fn results_of_an_instance_that_is_not_there_are_a_404() {
    let bench = Bench::start().await;
    let task = bench.run("Flush DNS", &["BV-DC01"], None).await;
    let wrong = bench.get(&format!("v1/automation/tasks/{task}/instances/{task}/results")).await;
    assert_eq!(
        (wrong.status, &wrong.json()["message"]),
        (404, &json!("Task Instance does not exist"))
    );
    assert_eq!(bench.get("v1/automation/tasks/no-such-task/instances/summary").await.status, 404);
}
