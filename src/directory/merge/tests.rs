//! A table of small worlds: `host@client serial board`, `-` for what is not known, products apart by `|`.

use super::*;

struct World {
    ids: Vec<DeviceId>,
    clients: Vec<ClientId>,
    rows: Vec<(String, Option<String>, Option<String>)>,
    split: usize,
}

fn world(text: &str) -> World {
    let (one, other) = text.split_once('|').unwrap();
    let mut world = World { ids: vec![], clients: vec![], rows: vec![], split: 0 };
    for (side, rows) in [("a", one), ("b", other)] {
        if side == "b" {
            world.split = world.ids.len();
        }
        for (number, row) in rows.split(',').map(str::trim).filter(|it| !it.is_empty()).enumerate()
        {
            let mut words = row.split_whitespace();
            let (name, client) = words.next().unwrap().split_once('@').unwrap();
            let mut known = || words.next().filter(|it| *it != "-").map(|it| it.replace('_', " "));
            world.ids.push(DeviceId::new(format!("{side}{}", number + 1)));
            world.clients.push(ClientId::new(client));
            let serial = known();
            let board = known().map(|it| it.repeat(32 / it.len()));
            world.rows.push((name.to_owned(), serial, board));
        }
    }
    world
}

/// Clients of the second product are written with an `x` before: `xacme` is `acme`, `unlinked` is nobody.
fn check(text: &str, expected: &str) {
    let world = world(text);
    let identities: Vec<Identity<'_>> = (0..world.ids.len())
        .map(|at| Identity {
            device: &world.ids[at],
            name: &world.rows[at].0,
            client: &world.clients[at],
            serial: world.rows[at].1.as_deref(),
            bios_uuid: world.rows[at].2.as_deref(),
        })
        .collect();
    let linked = world
        .clients
        .iter()
        .filter_map(|it| Some((it.clone(), ClientId::new(it.as_str().strip_prefix('x')?))));
    let links: Links = linked.collect();
    let (one, other) = identities.split_at(world.split);
    let shown: Vec<String> = merge(one, other, &links)
        .into_iter()
        .map(|it| match it {
            Decision::Merge { one, other, because } => format!("{one}={other} {because:?}"),
            Decision::New(device) => device.to_string(),
            Decision::Conflict { devices, clash } => {
                let devices: Vec<&str> = devices.into_iter().map(DeviceId::as_str).collect();
                let clash = format!("{clash:?}");
                let clash = clash.split('(').next().unwrap_or_default();
                format!("{}? {clash}", devices.join("+"))
            }
        })
        .collect();
    assert_eq!(shown.join(", "), expected, "{text}");
}

#[test]
fn hardware_tells_and_then_the_name_within_a_client() {
    // The serial, whatever the name.
    check("pc1@acme PF3ABCD | pc1@xacme pf3-abcd", "a1=b1 Serial");
    check("pc1@acme PF3ABCD | old-name@xacme PF3ABCD", "a1=b1 Serial");
    check("pc1@acme PF3ABCD | pc1@unlinked PF3ABCD", "a1=b1 Serial");
    // The board.
    check("pc1@acme - 12ab | x@unlinked - 12ab", "a1=b1 BiosUuid");
    check("pc1@acme None 12ab | pc1@xacme Default_string 12ab", "a1=b1 BiosUuid");
    check("pc1@acme S1234 12ab | pc1@xacme S1234 12ab", "a1=b1 Serial");
    // The name, where hardware is silent on one side.
    check("pc1@acme | PC1.corp.example@xacme", "a1=b1 Name");
    check("pc1@acme PF3ABCD | pc1@xacme To_be_filled_by_O.E.M.", "a1=b1 Name");
    check("pc1@acme VMware-56_4d | pc1@xacme VMware-56_4d", "a1=b1 Name");
    check("müller@acme | MULLER@xacme", "a1=b1 Name");
    // The name alone, where clients are not known to be the same, is nothing.
    check("pc1@acme | pc1@unlinked", "a1, b1");
    check("dc01@acme, dc01@north | dc01@xacme, dc01@xnorth", "a1=b1 Name, a2=b2 Name");
    check("pc1@acme | pc2@xacme", "a1, b1");
    check("pc1@acme S1234 | ", "a1");
    check(" | pc1@xacme S1234", "b1");
}

#[test]
fn what_speaks_against_itself_is_left_to_a_person() {
    // A clone within one product, or an agent enrolled twice.
    check("pc1@acme S1234 | pc1@xacme S1234, pc1@xacme S1234", "a1+b1+b2? SharedSerial");
    check("pc1@acme S1234 | pc1@xacme S1234, pc2@xacme S1234", "a1+b1+b2? SharedSerial");
    check("pc1@acme S1234, pc2@acme S1234 | ", "a1+a2? SharedSerial");
    // A clone whose boards tell the two apart.
    check(
        "pc1@acme S1234 12ab, pc2@acme S1234 34cd | pc1@xacme S1234 12ab, pc2@xacme S1234 34cd",
        "a1=b1 BiosUuid, a2=b2 BiosUuid",
    );
    check("pc1@acme - 12ab, pc2@acme - 12ab | pc1@xacme - 12ab", "a1+a2+b1? SharedBoard");
    // The image came with the serial of the neighbour.
    check(
        "w3@acme S3333, w4@acme S4444 | w3@xacme S3333, w4@xacme S3333",
        "a1+b1+b2? SharedSerial, a2",
    );
    // Serial here, board there.
    check("pc1@acme S1234 12ab | pc1@xacme S1234 34cd", "a1+b1? SerialAgainstBoard");
    check(
        "pc1@acme S1111 12ab | pc1@xacme S1111 -, pc2@xacme - 12ab",
        "a1+b1? SerialAgainstBoard, b2? SerialAgainstBoard",
    );
    // Moved to another client in one product, or sold.
    check("pc1@acme S1234 | pc1@xnorth S1234", "a1+b1? OtherClient");
    // Replaced, and the old record is still there.
    check("pc1@acme S1111 | pc1@xacme S2222", "a1+b1? OtherHardware");
    // The name twice.
    check("pc1@acme | pc1@xacme, PC1@xacme", "a1+b1+b2? SharedName");
}

#[test]
fn a_device_that_is_taken_does_not_take_part_by_name() {
    check("pc1@acme S1234 | old@xacme S1234, pc1@xacme -", "a1=b1 Serial, b2");
}

#[test]
fn every_device_is_in_one_decision_whatever_the_fleet() {
    use proptest::prelude::*;
    let row = (0..4_u8, 0..3_u8, 0..5_u8, 0..4_u8);
    let rows = || proptest::collection::vec(row.clone(), 0..12);
    proptest!(|(one in rows(), other in rows())| {
        let build = |rows: &[(u8, u8, u8, u8)], side: &str| {
            let row = |(number, (name, client, serial, board)): (usize, &(u8, u8, u8, u8))| Device {
                id: DeviceId::new(format!("{side}{number}")),
                name: format!("pc{name}"),
                friendly_name: None,
                client: ClientId::new(format!("{side}{client}")),
                site: None,
                class: crate::directory::DeviceClass::Desktop,
                os: None,
                model: None,
                serial: (*serial > 0).then(|| format!("SER{serial}")),
                bios_uuid: (*board > 0).then(|| format!("{board}a").repeat(16).replacen('a', "b", 1)),
                rmm: None,
                automate: None,
                control: None,
                log_ons: vec![],
                read_at: jiff::Timestamp::UNIX_EPOCH,
            };
            rows.iter().enumerate().map(row).collect::<Vec<Device>>()
        };
        let (one, other) = (build(&one, "a"), build(&other, "b"));
        let links: Links = [("b0", "a0"), ("b1", "a1")]
            .map(|(other, one)| (ClientId::new(other), ClientId::new(one)))
            .into();
        let ones: Vec<_> = one.iter().map(Identity::of).collect();
        let others: Vec<_> = other.iter().map(Identity::of).collect();
        let mut seen: Vec<&str> = Vec::new();
        for decision in merge(&ones, &others, &links) {
            match decision {
                Decision::Merge { one, other, .. } => {
                    prop_assert!(one.as_str().starts_with('a') && other.as_str().starts_with('b'));
                    seen.extend([one.as_str(), other.as_str()]);
                }
                Decision::New(device) => seen.push(device.as_str()),
                Decision::Conflict { devices, .. } => {
                    seen.extend(devices.into_iter().map(DeviceId::as_str));
                }
            }
        }
        seen.sort_unstable();
        let mut all: Vec<&str> = one.iter().chain(&other).map(|it| it.id.as_str()).collect();
        all.sort_unstable();
        prop_assert_eq!(seen, all);
    });
}
