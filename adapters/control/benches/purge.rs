//! A purge of a `Session.db` with five million events: how long, and how much memory.
//!
//! Prints figures; asserts nothing about time. `cargo bench -p countersign-control`.

use std::time::Instant;

use countersign_control::database::{Change, Database, Options};
use countersign_simulator::session_db::{SessionDb, Times};
use jiff::Timestamp;

/// Each makes some 3.2 events.
const COMMANDS: u64 = 1_560_000;

fn main() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    runtime.expect("a runtime").block_on(measure());
}

async fn measure() {
    for times in [Times::Text, Times::Ticks] {
        let folder = tempfile::tempdir().expect("a scratch folder");
        let path = folder.path().join("Session.db");
        let now = Timestamp::now();
        let file =
            SessionDb { commands: COMMANDS, machines: 5_000, times, now, ..SessionDb::at(&path) };
        file.write(|_| {}).await.expect("the file is written");
        let memory_before = peak_kib();
        let database = Database::open(&path).await.expect("a Session.db");
        let began = Instant::now();
        let report = database.report(7, now, |_| {}).await.expect("a report");
        let reported = began.elapsed();
        let events: u64 = report.tables.iter().flat_map(|it| &it.groups).map(|it| it.rows).sum();
        let options = Options {
            change: Change::Purge,
            older_than_days: 7,
            even_all: false,
            backup: folder.path().join("backup.db"),
            shrink: false,
        };
        let began = Instant::now();
        let changed = database.apply(&options, now, |_| {}).await.expect("a purge");
        let rows: u64 = changed.rows.iter().map(|it| it.1).sum();
        println!(
            "{times:?}: {events} events in {} MB; report {reported:.1?}; purge of {rows} rows with backup and checks {:.1?}; peak memory {} MB, {} MB of it before",
            report.file_bytes >> 20,
            began.elapsed(),
            peak_kib() >> 10,
            memory_before >> 10
        );
    }
}

/// Of the whole process so far; 0 where the system does not say.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|it| it.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
