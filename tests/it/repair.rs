//! The agent of Automate, mended through Control.

use std::time::Duration;

use countersign::directory::Product;
use countersign::ids::PersonId;
use countersign::ports::{Conducted, RunFilter, Store as _};
use countersign::run::State;
use countersign_simulator::automate::{AutomateRoute, Cure};

use crate::harness::{Bot, Fault, FaultKind, Route, World, mins};

const HOST: &str = "ACME-LT-07";

/// Clients of Control are other clients until somebody links them.
pub async fn linked(world: World) -> Bot {
    let bot = world.start().await;
    let engine = &bot.wiring().engine;
    engine.link(&PersonId::new("mia"), &engine.clear_links()).await.expect("links");
    bot
}

/// The agents of these went silent long ago; a new process reads that.
pub async fn silent(bot: &mut Bot, hosts: &[(&str, Cure)]) {
    for (host, cure) in hosts {
        bot.world().break_automate_agent(host, 30, *cure).expect("an agent");
    }
    bot.dies_and_restarts().await;
    bot.sync().await;
}

/// How often each step was sent to `host`: restarts, installations.
pub fn steps(bot: &Bot, host: &str) -> (usize, usize) {
    let ran = bot.world().control_ran();
    let of = ran.iter().filter(|it| it.host == host && it.script.contains("LTService"));
    let installs = of.clone().filter(|it| it.script.contains("InstallerToken=")).count();
    (of.count() - installs, installs)
}

/// Windows machines with an agent in both products, `count` of them, of as many clients as there are.
pub fn machines(bot: &Bot, count: usize) -> Vec<String> {
    let directory = bot.wiring().engine.directory();
    let all = directory.devices();
    let unique =
        |name: &str| all.iter().filter(|it| it.name.eq_ignore_ascii_case(name)).count() == 1;
    let online = |it: &countersign::directory::Device, product| {
        it.pathway(product).is_some_and(|it| it.online == Some(true) && it.name.is_none())
    };
    let fits = all.iter().filter(|it| {
        online(it, Product::Automate)
            && online(it, Product::Control)
            && it.os.as_deref().is_some_and(|it| it.contains("Windows"))
            && unique(&it.name)
    });
    let mut found: Vec<_> = fits.collect();
    // One of each client, then the next of each.
    let mut seen = std::collections::HashMap::new();
    found.sort_by_key(|it| {
        let nth = seen.entry(it.client.clone()).or_insert(0);
        *nth += 1;
        *nth
    });
    let names: Vec<String> = found.iter().take(count).map(|it| it.name.clone()).collect();
    assert_eq!(names.len(), count, "the fleet is too small");
    names
}

#[tokio::test]
async fn an_agent_is_restarted_through_control_and_looked_for_in_automate() {
    let mut bot = linked(World::default().with_all()).await;
    bot.says("ana", "fix the automate agent on acme-lt-07").await;
    insta::assert_snapshot!(bot.next_message());
    assert_eq!(steps(&bot, HOST), (0, 0), "nothing before somebody approved");
    bot.presses("ben", "Approve").await;
    bot.later(mins(6)).await;
    insta::assert_snapshot!(bot.last_message());
    assert_eq!(steps(&bot, HOST), (1, 0), "the gentlest step was enough");
    assert!(bot.world().automate_computer(HOST).unwrap().online);
    assert!(bot.world().automate_installer_tokens().is_empty());
    bot.finish().await;
}

#[tokio::test]
async fn what_a_restart_does_not_mend_is_installed_anew_and_the_token_is_nowhere_to_be_read() {
    let mut bot = linked(World::default().with_all()).await;
    bot.world().break_automate_agent(HOST, 200, Cure::ReinstallLoudly).unwrap();
    bot.says("ana", "repair the automate agent on acme-lt-07").await;
    bot.presses("ben", "Approve").await;
    bot.later(mins(30)).await;
    let result = bot.last_message();
    assert!(result.contains("Done: Repair Automate agent on ACME-LT-07"), "{result}");
    assert!(result.contains("reinstall: its agent is back"), "{result}");
    assert_eq!(steps(&bot, HOST), (1, 1));

    let tokens = bot.world().automate_installer_tokens();
    let [token] = tokens.as_slice() else { panic!("one token was made: {tokens:?}") };
    let commands = bot.world().control_commands(HOST).unwrap().join("\n");
    assert!(
        commands.contains("-EncodedCommand") && !opened(&commands).contains(token),
        "in Control"
    );
    assert!(opened(&commands).contains("InstallerToken="), "the script was looked at");
    for part in ["", "-wal"] {
        let path = format!("{}{part}", bot.database().display());
        let bytes = std::fs::read(&path).unwrap_or_default();
        assert!(!bytes.windows(token.len()).any(|it| it == token.as_bytes()), "in {path}");
    }
    assert!(!bot.audit().await.join("\n").contains(token.as_str()), "in the audit log");
    bot.finish().await;
}

/// Commands with what PowerShell runs inside of them.
fn opened(commands: &str) -> String {
    use base64::Engine as _;
    let inner = commands.split("-EncodedCommand ").skip(1).filter_map(|it| it.split(' ').next());
    let decoded = inner.filter_map(|it| base64::engine::general_purpose::STANDARD.decode(it).ok());
    decoded
        .map(|bytes| {
            let units: Vec<u16> =
                bytes.chunks_exact(2).map(|it| u16::from_le_bytes([it[0], it[1]])).collect();
            String::from_utf16_lossy(&units)
        })
        .collect()
}

#[tokio::test]
async fn who_allows_no_installation_gets_a_restart_and_the_truth() {
    let mut bot = linked(World::default().with_all()).await;
    bot.world().break_automate_agent(HOST, 200, Cure::Reinstall).unwrap();
    bot.says("ana", "restart the automate agent on acme-lt-07").await;
    let card = bot.next_message();
    assert!(card.contains("on each restart; nothing more"), "{card}");
    bot.presses("ben", "Approve").await;
    bot.later(mins(20)).await;
    let result = bot.last_message();
    assert!(result.contains("Failed: Repair Automate agent on ACME-LT-07"), "{result}");
    assert!(result.contains("restarted, but Automate has not heard from it since"), "{result}");
    assert_eq!(steps(&bot, HOST), (1, 0));
    bot.finish().await;
}

#[tokio::test]
async fn there_is_nothing_to_repair_where_the_agent_answers_or_automate_is_unknown() {
    let mut bot = linked(World::default().with_all()).await;
    bot.answers(
        "fix the automate agent on fs01",
        &["of FS01 (Acme Logistics) answers", "nothing to repair"],
    )
    .await;
    bot.answers(
        "repair stale automate agents at bluegum",
        &["No device of Bluegum Vet is lost", "nothing to do"],
    )
    .await;
    bot.finish().await;

    let mut bot = World::default().only_control().start().await;
    bot.says("ana", "fix the automate agent on fs01").await;
    let answer = bot.next_message();
    assert!(answer.contains("Automate"), "{answer}");
    assert_eq!(bot.waiting().await.len(), 0);
    bot.finish().await;
}

#[tokio::test]
async fn an_agent_that_comes_back_by_itself_is_left_alone() {
    let mut bot = linked(World::default().with_all()).await;
    bot.says("ana", "fix the automate agent on acme-lt-07").await;
    bot.world().set_automate_agent(HOST, true).unwrap();
    bot.presses("ben", "Approve").await;
    bot.later(mins(1)).await;
    let result = bot.last_message();
    assert!(result.contains("its agent answers again, nothing was sent"), "{result}");
    assert_eq!(steps(&bot, HOST), (0, 0));
    bot.finish().await;
}

#[tokio::test]
async fn what_is_left_out_must_be_understood_and_is_left_out() {
    let mut bot = linked(World::default().with_all()).await;
    silent(&mut bot, &["NL-FRONT-01", "MARIA-LT-01", "BV-FRONT-01"].map(|it| (it, Cure::Restart)))
        .await;
    bot.answers(
        "repair stale automate agents across all clients except wintergreen",
        &["no single client or device like “wintergreen”", "nothing was done"],
    )
    .await;
    bot.says("ana", "repair stale automate agents across all clients except acme and maria-lt-01")
        .await;
    let card = bot.next_message();
    assert!(card.contains("NL-FRONT-01") && card.contains("BV-FRONT-01"), "{card}");
    assert!(!card.contains("ACME-LT-07") && !card.contains("MARIA-LT-01 ("), "{card}");
    assert!(card.contains("touches 2 devices of 2 clients"), "{card}");
    assert!(card.contains("Then, if that worked"), "one goes first: {card}");
    bot.presses("ben", "Approve").await;
    bot.later(mins(12)).await;
    bot.skip_messages();
    assert_eq!(steps(&bot, "NL-FRONT-01"), (1, 0));
    assert_eq!(steps(&bot, "BV-FRONT-01"), (1, 0));
    assert_eq!((steps(&bot, "ACME-LT-07"), steps(&bot, "MARIA-LT-01")), ((0, 0), (0, 0)));
    bot.finish().await;
}

#[tokio::test]
async fn the_others_are_left_alone_when_the_first_machine_does_not_come_back() {
    let mut bot = linked(World::default().with_all()).await;
    silent(
        &mut bot,
        &["NL-FRONT-01", "MARIA-LT-01", "BV-FRONT-01", HOST].map(|it| (it, Cure::Nothing)),
    )
    .await;
    bot.says("ana", "repair stale automate agents everywhere").await;
    bot.presses("ben", "Approve").await;
    bot.later(mins(60)).await;
    let result = bot.last_message();
    assert!(result.contains("The other 3 devices were left alone"), "{result}");
    let touched = ["NL-FRONT-01", "MARIA-LT-01", "BV-FRONT-01", HOST].map(|it| steps(&bot, it));
    assert_eq!(touched.iter().filter(|it| **it == (1, 1)).count(), 1, "{touched:?}");
    assert_eq!(touched.iter().filter(|it| **it == (0, 0)).count(), 3, "{touched:?}");
    bot.finish().await;
}

#[tokio::test]
async fn so_many_at_a_time_and_no_more_once_too_many_failed() {
    let mut bot = linked(World::default().with_all().options(|it| it.endpoints = 120)).await;
    let hosts = machines(&bot, 8);
    let broken: Vec<_> = hosts.iter().map(|it| (it.as_str(), Cure::Nothing)).collect();
    silent(&mut bot, &broken).await;
    let ask =
        "repair stale automate agents everywhere, restart only, 3 at a time, stop after 2 failures";
    bot.says("ana", ask).await;
    let card = bot.next_message();
    assert!(card.contains("at most 3 devices at a time"), "{card}");
    let mut drafts = bot.waiting().await;
    assert_eq!(drafts.remove(0).plan.calls.len(), 2, "one goes first: {card}");
    bot.presses("ben", "Deny").await;
    bot.skip_messages();

    // The one that goes first comes back, so that the others have their turn.
    bot.says("ana", ask).await;
    let first = bot.waiting().await.remove(0).plan.calls[0].targets[0].name.clone();
    bot.world().break_automate_agent(&first, 30, Cure::Restart).unwrap();
    bot.presses("ben", "Approve").await;
    let mut most = 0;
    for _ in 0..40 * 12 {
        bot.later(Duration::from_secs(5)).await;
        let runs = bot
            .wiring()
            .store
            .runs(&RunFilter { limit: 50, ..RunFilter::default() })
            .await
            .unwrap();
        let Some(whole) = runs.iter().find(|it| it.step == 1) else { continue };
        let filter = RunFilter {
            conducted: Conducted::By(whole.id.clone()),
            limit: 500,
            ..RunFilter::default()
        };
        let begun = bot.wiring().store.runs(&filter).await.unwrap();
        most = most.max(begun.iter().filter(|it| !it.state.is_over()).count());
        if whole.state.is_over() {
            assert!(
                matches!(whole.state, State::Failed { .. } | State::PartlyFailed { .. }),
                "{:?}",
                whole.state
            );
            break;
        }
    }
    assert_eq!(most, 3, "side by side");
    let result = bot.last_message();
    // All three were under way when the second failed; the others were not begun.
    let sent = hosts.iter().filter(|it| steps(&bot, it).0 > 0 && **it != first).count();
    assert_eq!(sent, 3, "{result}");
    assert!(result.contains("not begun, because 3 devices failed"), "{result}");
    for host in &hosts {
        assert!(result.contains(host.as_str()) || *host == first, "{host} is not named: {result}");
        let (restarts, installs) = steps(&bot, host);
        assert!(restarts <= 1 && installs == 0, "{host}: {restarts} and {installs}");
    }
    bot.finish().await;
}

#[tokio::test]
async fn a_repair_that_starts_tonight_looks_again_when_it_starts() {
    let mut bot = linked(World::default().with_all()).await;
    silent(&mut bot, &[("NL-FRONT-01", Cure::Restart)]).await;
    bot.says("ana", "repair stale automate agents everywhere tonight at 10").await;
    let card = bot.next_message();
    assert!(card.contains("Starts"), "{card}");
    bot.presses("ben", "Approve").await;
    bot.skip_messages();
    assert_eq!((steps(&bot, HOST), steps(&bot, "NL-FRONT-01")), ((0, 0), (0, 0)));
    // One comes back by itself meanwhile.
    bot.world().set_automate_agent("NL-FRONT-01", true).unwrap();
    let start = bot.unfinished().await.remove(0).scheduled().expect("a start").at;
    let wait = start.duration_since(bot.wiring().engine.now()).unsigned_abs();
    bot.jumps(wait + Duration::from_secs(5)).await;
    bot.later(mins(10)).await;
    let result = bot.last_message();
    assert!(result.contains("Done: Repair Automate agent"), "{result}");
    assert_eq!((steps(&bot, HOST), steps(&bot, "NL-FRONT-01")), ((1, 0), (0, 0)));
    bot.finish().await;
}

#[tokio::test]
async fn a_halt_stops_what_has_not_begun() {
    let mut bot = linked(World::default().with_all()).await;
    let hosts = ["NL-FRONT-01", "MARIA-LT-01", "BV-FRONT-01", HOST];
    silent(&mut bot, &hosts.map(|it| (it, Cure::Restart))).await;
    bot.says("ana", "repair stale automate agents everywhere, 1 at a time").await;
    bot.presses("ben", "Approve").await;
    bot.later(Duration::from_secs(30)).await;
    bot.says("mia", "halt everything").await;
    bot.later(mins(20)).await;
    let shown = bot.all_messages();
    let sent = hosts.iter().filter(|it| steps(&bot, it).0 > 0).count();
    assert_eq!(sent, 1, "{shown}");
    bot.finish().await;
}

#[tokio::test]
async fn without_automate_there_is_no_installer_and_the_machine_is_named() {
    let mut bot = linked(World::default().with_all()).await;
    bot.world().break_automate_agent(HOST, 30, Cure::Reinstall).unwrap();
    bot.fault(Fault::always(Route::Automate(AutomateRoute::Installers), FaultKind::Forbidden403));
    bot.says("ana", "fix the automate agent on acme-lt-07").await;
    bot.presses("ben", "Approve").await;
    bot.later(mins(25)).await;
    let result = bot.last_message();
    assert!(result.contains("ACME-LT-07 (Acme Logistics): reinstall was not sent"), "{result}");
    assert!(result.contains("no installer could be had"), "{result}");
    assert_eq!(steps(&bot, HOST), (1, 0));
    bot.finish().await;
}
