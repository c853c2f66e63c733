//! Small worlds in lines: `rmm|cwa|cwc client id name` and `rmm|cwa|cwc host client serial`.

use jiff::Timestamp;

use super::*;
use crate::directory::{Directory, Pathway};

fn world(text: &str) -> Reported {
    let mut reported = Reported::default();
    for line in text.lines().map(str::trim).filter(|it| !it.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let is_rmm = words[0] == "rmm";
        if words[1] == "client" {
            let number = words[2].to_owned();
            reported.clients.push(Client {
                id: ClientId::new(words[2]),
                name: words[3..].join(" "),
                rmm: is_rmm.then(|| number.clone()),
                automate: (words[0] == "cwa").then_some(number),
            });
            continue;
        }
        let at = reported.devices.len();
        let mut device =
            crate::directory::testing::bare_device(at, words[1], ClientId::new(words[2]));
        device.serial = words.get(3).map(|it| (*it).to_owned());
        let pathway =
            Some(Pathway { id: at.to_string(), online: Some(is_rmm), seen_at: None, name: None });
        match words[0] {
            "rmm" => device.rmm = pathway,
            "cwa" => device.automate = pathway,
            _ => device.control = pathway,
        }
        reported.devices.push(device);
    }
    reported
}

fn links(decided: &[(&str, ClientLink)]) -> ClientLinks {
    let decided = decided.iter().map(|(id, link)| (ClientId::new(*id), link.clone())).collect();
    ClientLinks { decided, ..ClientLinks::default() }
}

/// `client: HOST[products] …` in order, then conflicts.
fn check(text: &str, links: &ClientLinks, expected: &[&str]) {
    let directory = Directory::of_products(world(text), Vec::new(), links.clone(), None);
    let mut shown = Vec::new();
    for client in directory.clients() {
        let device = |it: &Device| {
            let products = Product::ALL.into_iter();
            let has: Vec<&str> = products
                .filter(|product| it.pathway(*product).is_some())
                .map(Product::key)
                .collect();
            format!("{}[{}]", it.name, has.join("+"))
        };
        let devices: Vec<String> = directory.devices_of(&client.id).map(device).collect();
        shown.push(format!("{}: {}", client.name, devices.join(" ")).trim_end().to_owned());
    }
    shown
        .extend(directory.conflicts().iter().map(|it| format!("{} {}", it.devices.len(), it.text)));
    assert_eq!(shown, expected, "{text}");
}

const TWO: &str = "
    rmm client r1 Acme
    rmm client r2 Bluegum Vet
    cwa client a1 ACME
    cwa client a2 Bluegum Vet Pty Ltd
    rmm FS01 r1
    rmm MARIA-LT r2 5CG1001
    rmm KIOSK r2
    cwa fs01 a1
    cwa maria-lt a2 5cg1001
    cwa KIOSK a2
";

#[test]
fn an_equal_name_links_clients_and_hardware_merges_across_unlinked_ones() {
    check(
        TWO,
        &links(&[]),
        &[
            "Acme: FS01[rmm+automate]",
            "Bluegum Vet: MARIA-LT[rmm+automate] KIOSK[rmm]",
            "Bluegum Vet Pty Ltd: KIOSK[automate]",
        ],
    );
}

#[test]
fn a_link_of_a_person_brings_the_rest_together() {
    check(
        TWO,
        &links(&[("a2", ClientLink::Linked(ClientId::new("r2")))]),
        &["Acme: FS01[rmm+automate]", "Bluegum Vet: MARIA-LT[rmm+automate] KIOSK[rmm+automate]"],
    );
}

#[test]
fn a_person_may_say_that_an_equal_name_is_somebody_else() {
    check(
        TWO,
        &links(&[("a1", ClientLink::Own)]),
        &[
            "Acme: FS01[rmm]",
            "Bluegum Vet: MARIA-LT[rmm+automate] KIOSK[rmm]",
            "ACME: fs01[automate]",
            "Bluegum Vet Pty Ltd: KIOSK[automate]",
        ],
    );
}

#[test]
fn a_client_that_is_left_out_takes_its_devices_along() {
    check(
        TWO,
        &links(&[("a2", ClientLink::Out)]),
        &["Acme: FS01[rmm+automate]", "Bluegum Vet: MARIA-LT[rmm] KIOSK[rmm]"],
    );
    let certain = ClientLinks {
        only_certain: [Product::Automate].into(),
        ..links(&[("a2", ClientLink::Linked(ClientId::new("r2")))])
    };
    check(
        TWO,
        &certain,
        &["Acme: FS01[rmm]", "Bluegum Vet: MARIA-LT[rmm+automate] KIOSK[rmm+automate]"],
    );
}

#[test]
fn a_name_that_two_clients_have_links_nothing() {
    check(
        "rmm client r1 Acme
         rmm client r2 acme
         cwa client a1 Acme
         cwa FS01 a1",
        &links(&[]),
        &["Acme:", "acme:", "Acme: FS01[automate]"],
    );
}

#[test]
fn a_second_client_that_is_linked_to_the_same_stays_apart() {
    let to = || ClientLink::Linked(ClientId::new("r1"));
    check(
        "rmm client r1 Acme
         cwa client a1 Acme North
         cwa client a2 Acme
         cwa FS01 a1
         cwa FS02 a2",
        &links(&[("a1", to())]),
        &["Acme: FS01[automate]", "Acme: FS02[automate]"],
    );
}

#[test]
fn a_link_to_a_client_that_is_gone_holds_nothing_together() {
    check(
        "cwa client a1 Acme
         cwa FS01 a1",
        &links(&[("a1", ClientLink::Linked(ClientId::new("r9")))]),
        &["Acme: FS01[automate]"],
    );
}

#[test]
fn a_clone_stays_apart_and_is_told() {
    check(
        "rmm client r1 Acme
         cwa client a1 Acme
         rmm WS1 r1 5CG7777
         cwa WS1 a1 5CG7777
         cwa WS2 a1 5CG7777",
        &links(&[]),
        &[
            "Acme: WS1[rmm] WS1[automate] WS2[automate]",
            "3 serial number 5cg7777 is on several agents of one product",
        ],
    );
}

fn log_ons(text: &str) -> Vec<LogOn> {
    let one = |word: &str| {
        let (user, at) = word.split_once('@').unwrap_or((word, ""));
        let at = at.parse().ok().and_then(|secs| Timestamp::from_second(secs).ok());
        LogOn { user: user.into(), at }
    };
    text.split_whitespace().map(one).collect()
}

#[test]
fn log_ons_merge_newest_first_and_each_user_once() {
    for (new, old, wanted) in [
        ("", "", ""),
        ("", "ana@5 ben@3", "ana@5 ben@3"),
        ("ben@9", "ana@5 ben@3", "ben@9 ana@5"),
        ("carl", "ana@5", "ana@5 carl"),
        ("ana", "ana@5", "ana@5"),
        (
            "k@11 l@12",
            "a@1 b@2 c@3 d@4 e@5 f@6 g@7 h@8 i@9 j@10",
            "l@12 k@11 j@10 i@9 h@8 g@7 f@6 e@5 d@4 c@3",
        ),
    ] {
        assert_eq!(newest_first(&log_ons(new), &log_ons(old)), log_ons(wanted), "{new} | {old}");
    }
}

#[test]
fn a_third_product_joins_what_two_others_made_one_whichever_of_them_knows_the_client() {
    check(
        "
        rmm client r1 Acme
        cwa client a1 ACME
        cwa client a2 Bluegum Vet
        cwc client control:acme Acme
        cwc client control:bluegum BLUEGUM VET
        cwc client control: (unassigned in Control)
        rmm FS01 r1 5CG1001
        cwa fs01 a1 5CG1001
        cwa KIOSK a2
        cwc FS01 control:acme
        cwc kiosk control:bluegum
        cwc LOST control:
        ",
        &ClientLinks::default(),
        &[
            "Acme: FS01[rmm+automate+control]",
            "Bluegum Vet: KIOSK[automate+control]",
            "(unassigned in Control): LOST[control]",
        ],
    );
}

#[test]
fn several_spellings_in_control_are_linked_to_one_client() {
    check(
        "
        rmm client r1 Acme
        cwa client a1 Acme Group
        cwc client control:acme Acme
        cwc client control:acme-ltd Acme Ltd
        rmm FS01 r1
        cwc fs01 control:acme
        cwc WS02 control:acme-ltd
        ",
        &links(&[
            ("a1", ClientLink::Linked(ClientId::new("r1"))),
            ("control:acme-ltd", ClientLink::Linked(ClientId::new("a1"))),
        ]),
        &["Acme: FS01[rmm+control] WS02[control]"],
    );
}
