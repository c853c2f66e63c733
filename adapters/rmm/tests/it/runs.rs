//! Scripts: scheduled once, polled to the end, found again when no answer came.

use std::time::Duration;

use countersign::ports::{CallError, Provider, Started};
use countersign::run::{Ending, LookUp, Progress, TargetStatus, Unit};
use countersign_simulator::rmm::{CompanyTarget, RunState, Switches};
use countersign_simulator::{FaultKind, Route};
use serde_json::{Value, json};

use crate::harness::Bench;

#[tokio::test]
async fn a_script_runs_once_and_its_task_names_human_and_marker() {
    let bench = Bench::start().await;
    let call = bench.script_call("disk-cleanup", json!({"days": 14}), &["MARIA-LT-01"]).await;
    let (marker, handle) = bench.accepted(&call).await;
    let polled = bench.rmm.poll(&call, &handle).await.unwrap();
    assert_eq!((polled.progress, polled.ending), (Progress::NotYet, None));
    assert_eq!(polled.targets[0].status, TargetStatus::Waiting);

    let polled = bench.finish(&call, &handle).await;
    assert_eq!(polled.ending, Some(Ending::Succeeded));
    assert_eq!(polled.targets[0].device, "MARIA-LT-01 (Bluegum Vet)");
    assert_eq!(polled.targets[0].raw_status, "SUCCESS");
    assert!(polled.targets[0].output.contains("older than 14 days"), "{:?}", polled.targets);

    let scheduled = bench.world.scheduled();
    assert_eq!(scheduled.len(), 1);
    assert_eq!(
        scheduled[0].name,
        format!("Disk Cleanup — ana via Countersign {}", marker.as_str())
    );
    assert_eq!(scheduled[0].parameters, json!({"days": 14, "drive": "C:"}));
    assert_eq!(bench.world.executions().len(), 1);
}

#[tokio::test]
async fn parameters_of_every_type_arrive_as_they_are() {
    let bench = Bench::start().await;
    let arguments = json!({
        "label": "nightly", "encrypt": true, "retentionDays": 90, "bandwidthMbit": 7.5,
        "folders": ["C:\\Data", "D:\\More \"quotes\""], "schedule": {"hour": 3}, "level": "full",
    });
    let call = bench.script_call("configure-backup-agent", arguments.clone(), &["BV-FS01"]).await;
    bench.accepted(&call).await;
    assert_eq!(bench.world.scheduled()[0].parameters, arguments);
}

#[tokio::test]
async fn a_reserved_parameter_name_is_mapped_back() {
    let bench = Bench::start().await;
    let call =
        bench.script_call("ping-hosts", json!({"param_targets": "10.0.0.1"}), &["BV-FS01"]).await;
    bench.accepted(&call).await;
    assert_eq!(bench.world.scheduled()[0].parameters, json!({"targets": "10.0.0.1"}));
}

#[tokio::test]
async fn a_script_without_parameters_sends_none() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", json!({}), &["BV-FS01"]).await;
    bench.accepted(&call).await;
    assert_eq!(bench.world.scheduled()[0].parameters, json!({}));
}

#[tokio::test]
async fn two_devices_come_out_differently() {
    let bench = Bench::start().await;
    bench.world.fail_script("Flush DNS", Some("BV-FS01"), "no such cmdlet\nExit code: 1").unwrap();
    let call = bench.script_call("flush-dns", json!({}), &["MARIA-LT-01", "BV-FS01"]).await;
    let (_, handle) = bench.accepted(&call).await;
    let polled = bench.finish(&call, &handle).await;
    assert_eq!(polled.ending, Some(Ending::PartlyFailed));
    let statuses: Vec<_> = polled.targets.iter().map(|it| it.status).collect();
    assert_eq!(statuses, [TargetStatus::Succeeded, TargetStatus::Failed]);
    assert!(polled.targets[1].errors.contains("no such cmdlet"));
}

#[tokio::test]
async fn a_failure_says_its_first_line() {
    let bench = Bench::start().await;
    let call = bench.script_call("repair-wmi-repository", json!({}), &["BV-FS01"]).await;
    let (_, handle) = bench.accepted(&call).await;
    let polled = bench.finish(&call, &handle).await;
    let Some(Ending::Failed(why)) = polled.ending else { panic!("{polled:?}") };
    assert!(why.starts_with("winmgmt : WMI repository verification failed"), "{why}");
}

#[tokio::test]
async fn an_offline_device_waits_and_runs_when_it_is_back() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", json!({}), &["JAMES-LT-02"]).await;
    let (_, handle) = bench.accepted(&call).await;
    for _ in 0..3 {
        bench.world.advance(Duration::from_secs(600));
        let polled = bench.rmm.poll(&call, &handle).await.unwrap();
        assert_eq!((polled.progress, polled.ending), (Progress::NotYet, None));
        assert_eq!(polled.targets[0].status, TargetStatus::Waiting);
    }
    bench.world.set_online("JAMES-LT-02", true).unwrap();
    assert_eq!(bench.finish(&call, &handle).await.ending, Some(Ending::Succeeded));
}

#[tokio::test]
async fn secrets_in_output_are_masked_and_long_output_is_cut() {
    let bench = Bench::start().await;
    let call = bench.script_call("show-wi-fi-profile", json!({}), &["BV-FS01"]).await;
    let (_, handle) = bench.accepted(&call).await;
    let polled = bench.finish(&call, &handle).await;
    let raw = bench.world.executions().remove(0).stdout;
    assert_ne!(polled.targets[0].output, raw, "the secret is still there");
    assert!(polled.targets[0].output.contains("••••••"), "{}", polled.targets[0].output);

    let call = bench.script_call("list-installed-software", json!({}), &["BV-FS01"]).await;
    let (_, handle) = bench.accepted(&call).await;
    let polled = bench.finish(&call, &handle).await;
    assert!(polled.targets[0].output.len() <= countersign::bounds::OUTPUT_BYTES_MAX + 64);
}

#[tokio::test]
async fn run_task_finds_a_script_by_name_of_either_kind() {
    let bench = Bench::start().await;
    for (script, kind) in [("disk cleanup", "script"), ("Workstation Tune-up", "fusionscript")] {
        let mut call = bench.call("run-task", json!({"script": script}));
        call.targets = vec![bench.target("MARIA-LT-01")];
        let (_, handle) = bench.accepted(&call).await;
        let scheduled = bench.world.scheduled();
        assert_eq!(scheduled.last().unwrap().template_type.as_str(), kind, "{script}");
        assert_eq!(bench.finish(&call, &handle).await.ending, Some(Ending::Succeeded));
    }
    let mut call = bench.call("run-task", json!({"script": "Format Everything"}));
    call.targets = vec![bench.target("MARIA-LT-01")];
    let (_, started) = bench.start_call(&call).await;
    assert!(!started.unwrap_err().may_have_happened());
}

#[tokio::test]
async fn run_task_passes_parameters_on() {
    let bench = Bench::start().await;
    let arguments = json!({"script": "Clear Temp Files", "parameters": {"days": 3}});
    let mut call = bench.call("run-task", arguments);
    call.targets = vec![bench.target("MARIA-LT-01")];
    bench.accepted(&call).await;
    assert_eq!(bench.world.scheduled()[0].parameters, json!({"days": 3}));
}

#[tokio::test]
async fn a_whole_company_is_one_target() {
    let bench = Bench::start().await;
    let mut call = bench.call("run-task", json!({"script": "Flush DNS"}));
    call.client = Some(bench.client("Bluegum Vet"));
    let (_, handle) = bench.accepted(&call).await;
    let scheduled = bench.world.scheduled().remove(0);
    assert_eq!(scheduled.target_type, "COMPANY");
    bench.world.advance(Duration::from_secs(30));
    bench.rmm.poll(&call, &handle).await.unwrap();
    let polled = bench.rmm.poll(&call, &handle).await.unwrap();
    assert!(!polled.targets.is_empty());
}

#[tokio::test]
async fn a_tenant_that_takes_no_company_says_what_to_do() {
    let switches = Switches { company_target: CompanyTarget::Refused, ..Switches::default() };
    let bench = Bench::with(switches).await;
    let mut call = bench.call("run-task", json!({"script": "Flush DNS"}));
    call.client = Some(bench.client("Bluegum Vet"));
    let (_, started) = bench.start_call(&call).await;
    let error = started.unwrap_err();
    assert!(!error.may_have_happened());
    assert!(error.for_person().contains("name the devices"), "{error}");
    // Devices that the core expanded are used as they are.
    call.targets = vec![bench.target("MARIA-LT-01"), bench.target("BV-FRONT-01")];
    bench.accepted(&call).await;
    assert_eq!(bench.world.scheduled()[0].target_type, "MANAGED_ENDPOINT");
}

#[tokio::test]
async fn a_device_without_an_agent_is_refused_before_anything_is_sent() {
    let bench = Bench::start().await;
    let mut call = bench.script_call("flush-dns", json!({}), &["MARIA-LT-01"]).await;
    call.targets[0].rmm = None;
    let (_, started) = bench.start_call(&call).await;
    assert!(matches!(started, Err(CallError::Refused { .. })), "{started:?}");
    assert_eq!(bench.asked("schedule-tasks"), 0);
}

#[tokio::test]
async fn a_run_without_an_answer_is_found_exactly_once() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", json!({}), &["MARIA-LT-01"]).await;
    bench.fault(Route::Schedule, FaultKind::CutAfterAccept);
    let (marker, started) = bench.start_call(&call).await;
    let error = started.unwrap_err();
    assert!(matches!(error, CallError::Unanswered { .. }), "{error}");
    assert!(error.may_have_happened());
    assert_eq!(bench.asked("schedule-tasks"), 1, "sent again");
    let LookUp::Found(handle) = bench.look_up(&call, &marker).await else {
        panic!("not found");
    };
    assert_eq!(bench.finish(&call, &handle).await.ending, Some(Ending::Succeeded));
    assert_eq!(bench.world.executions().len(), 1);
}

#[tokio::test]
async fn a_run_that_was_cut_before_it_was_taken_is_absent() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", json!({}), &["MARIA-LT-01"]).await;
    bench.fault(Route::Schedule, FaultKind::CutBefore);
    let (marker, started) = bench.start_call(&call).await;
    assert!(started.unwrap_err().may_have_happened());
    assert_eq!(bench.look_up(&call, &marker).await, LookUp::Absent);
    assert!(bench.world.executions().is_empty());
}

#[tokio::test]
async fn half_an_answer_is_a_doubt_too() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", json!({}), &["MARIA-LT-01"]).await;
    for kind in [FaultKind::TruncatedJson, FaultKind::Html502, FaultKind::Unavailable503] {
        let before = bench.asked("schedule-tasks");
        bench.fault(Route::Schedule, kind.clone());
        let (_, started) = bench.start_call(&call).await;
        assert!(started.unwrap_err().may_have_happened(), "{kind:?}");
        assert_eq!(bench.asked("schedule-tasks") - before, 1, "{kind:?} was sent again");
    }
}

#[tokio::test]
async fn a_look_up_without_an_answer_says_so() {
    let bench = Bench::fast().await;
    let call = bench.script_call("flush-dns", json!({}), &["MARIA-LT-01"]).await;
    let (marker, _) = bench.accepted(&call).await;
    bench.always(Route::TaskSummary, FaultKind::Html502);
    assert_eq!(bench.look_up(&call, &marker).await, LookUp::NoAnswer);
}

#[tokio::test]
async fn nothing_drifts_when_nothing_changed() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", json!({}), &["MARIA-LT-01", "BV-FS01"]).await;
    assert_eq!(bench.rmm.drift(&call).await.unwrap(), None);
}

#[tokio::test]
async fn an_edited_script_drifts() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", json!({}), &["MARIA-LT-01"]).await;
    bench.world.edit_script("Flush DNS").unwrap();
    let drift = bench.rmm.drift(&call).await.unwrap().unwrap();
    assert_eq!(drift.0, "the script Flush DNS was edited, last on 2026-09-01 03:00 UTC");
}

#[tokio::test]
async fn a_script_that_was_switched_off_drifts() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", json!({}), &["MARIA-LT-01"]).await;
    bench.world.deactivate_script("Flush DNS").unwrap();
    let drift = bench.rmm.drift(&call).await.unwrap().unwrap();
    assert_eq!(drift.0, "the script Flush DNS is not active any more");
}

#[tokio::test]
async fn a_renamed_device_drifts() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", json!({}), &["MARIA-LT-01"]).await;
    bench.world.rename("MARIA-LT-01", "MARIA-LT-99").unwrap();
    let drift = bench.rmm.drift(&call).await.unwrap().unwrap();
    assert_eq!(drift.0, "MARIA-LT-01 (Bluegum Vet) is called MARIA-LT-99 now");
}

#[tokio::test]
async fn a_reinstalled_agent_drifts() {
    let bench = Bench::start().await;
    let call = bench.script_call("flush-dns", json!({}), &["MARIA-LT-01"]).await;
    bench.world.reinstall("MARIA-LT-01").unwrap();
    let drift = bench.rmm.drift(&call).await.unwrap().unwrap();
    assert!(drift.0.starts_with("MARIA-LT-01 (Bluegum Vet) is not in ConnectWise RMM any more"));
}

#[tokio::test]
async fn many_devices_are_re_read_by_company() {
    let bench = Bench::start().await;
    let hosts: Vec<String> = bench.world.endpoints().into_iter().map(|it| it.host).collect();
    let mut hosts: Vec<&str> =
        hosts.iter().map(String::as_str).filter(|it| *it != "DC01").collect();
    hosts.dedup();
    let call = bench.script_call("flush-dns", json!({}), &hosts).await;
    bench.rmm.read(&bench.call("list-companies", json!({}))).await.unwrap();
    let before = bench.world.request_count();
    assert_eq!(bench.rmm.drift(&call).await.unwrap(), None);
    let cost = bench.world.request_count() - before;
    assert!(cost < 10, "{cost} requests for {} devices", hosts.len());
    bench.world.rename(hosts[3], "NEW-NAME").unwrap();
    assert!(bench.rmm.drift(&call).await.unwrap().is_some());
}

#[tokio::test]
async fn free_space_is_read_around_a_run_and_boot_around_a_restart() {
    let bench = Bench::start().await;
    let call = bench.script_call("disk-cleanup", json!({}), &["MARIA-LT-01"]).await;
    let before = bench.rmm.probe(&call).await;
    let (_, handle) = bench.accepted(&call).await;
    bench.finish(&call, &handle).await;
    let after = bench.rmm.probe(&call).await;
    assert_eq!(before[0].what, "free on C:");
    assert_eq!(before[0].device, "MARIA-LT-01 (Bluegum Vet)");
    assert!(after[0].value > before[0].value);

    let call = bench.script_call("reboot-computer", json!({}), &["MARIA-LT-01"]).await;
    let readings = bench.rmm.probe(&call).await;
    assert!(readings.iter().any(|it| it.unit == Unit::EpochSeconds), "{readings:?}");
    assert!(readings.iter().all(|it| it.at == Some(bench.world.now())), "{readings:?}");
}

#[tokio::test]
async fn a_service_is_read_by_either_of_its_names_and_updates_are_counted() {
    let bench = Bench::start().await;
    for (slug, arguments, expected) in [
        ("restart-print-spooler", json!({}), &["Print Spooler"][..]),
        ("restart-service", json!({"service": "w32time"}), &["Windows Time"]),
        ("restart-service", json!({"service": "nobody knows it"}), &[]),
        ("install-updates", json!({}), &["updates missing", "updates waiting for a restart"]),
    ] {
        let call = bench.script_call(slug, arguments, &["MARIA-LT-01"]).await;
        let readings = bench.rmm.probe(&call).await;
        let what: Vec<&str> = readings.iter().map(|it| it.what.as_str()).collect();
        assert_eq!(what, expected, "{slug}");
    }
}

#[tokio::test]
async fn many_devices_are_not_probed() {
    let bench = Bench::start().await;
    let hosts = ["MARIA-LT-01", "BV-FRONT-01", "BV-DC01", "BV-FS01", "HD-DC01", "PRINT01"];
    let call = bench.script_call("disk-cleanup", json!({}), &hosts).await;
    assert!(bench.rmm.probe(&call).await.is_empty());
}

#[tokio::test]
async fn a_broken_schema_takes_a_free_object() {
    let bench = Bench::start().await;
    let call = bench.script_call("legacy-inventory", json!({"parameters": {}}), &["BV-FS01"]).await;
    let (_, started) = bench.start_call(&call).await;
    assert!(matches!(started, Ok(Started::Accepted { .. })), "{started:?}");
    let tool_schema = bench.scripts().await.into_iter().find(|it| it.slug == "legacy-inventory");
    assert!(tool_schema.unwrap().schema_broken);
}

#[tokio::test]
async fn an_execution_that_ran_is_the_one_that_was_asked_for() {
    let bench = Bench::start().await;
    let call =
        bench.script_call("restart-service", json!({"service": "Spooler"}), &["PRINT01"]).await;
    let (_, handle) = bench.accepted(&call).await;
    bench.finish(&call, &handle).await;
    let ran = bench.world.executions().remove(0);
    assert_eq!((ran.host.as_str(), ran.state), ("PRINT01", RunState::Success));
    assert_eq!(ran.parameters, Value::from_iter([("service", "Spooler")]));
}
