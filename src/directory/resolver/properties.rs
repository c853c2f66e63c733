//! What has to hold for any phrase and any fleet.

use proptest::prelude::*;

use crate::directory::testing::{answer, fleet};

const CLIENTS: [&str; 3] = ["Bluegum_Vet", "Harbour_Dental", "Acme"];

const FLEET: &str = r"Bluegum_Vet/MARIA-LT-01:9*BLUEGUM\maria:friendly=Front_desk:site=Sydney_CBD
    Harbour_Dental/DC01:serial=5CG1234XYZ Acme/DC01 Acme/José’s_MacBook_Pro:os=macOS_15:5*Lopez,José";

fn host() -> impl Strategy<Value = String> {
    "[A-Z]{2,6}-?([A-Z]{2,4}-?)?[0-9]{1,4}"
}

proptest! {
    #[test]
    fn any_text_has_an_answer(text in "\\PC{0,60}") {
        answer(&text, &fleet(FLEET));
    }

    #[test]
    fn any_bytes_have_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        answer(&String::from_utf8_lossy(&bytes), &fleet(FLEET));
    }

    #[test]
    fn any_words_of_the_fleet_have_one_answer(
        words in proptest::collection::vec(
            "(maria|marias|'s|lt|01|dc01|@|\\\\|of|laptop|bluegum|vet|josé|mac|[a-z]{1,3}| |-){1,3}",
            0..8,
        )
    ) {
        let (text, fleet) = (words.join(" "), fleet(FLEET));
        prop_assert_eq!(answer(&text, &fleet), answer(&text, &fleet));
    }

    #[test]
    fn host_and_client_are_always_that_device(
        hosts in proptest::collection::btree_set((0..3_usize, host()), 1..12),
        pick in any::<proptest::sample::Index>(),
        front in any::<bool>(),
    ) {
        let devices: Vec<String> =
            hosts.iter().map(|(client, host)| format!("{}/{host}", CLIENTS[*client])).collect();
        let (client, host) = hosts.iter().nth(pick.index(hosts.len())).unwrap();
        // A host with another client's initials in it is asked about: see
        // `a_host_that_begins_like_another_client_is_asked_about`.
        prop_assume!(!host.split('-').any(|it| ["BV", "HD"].contains(&it)));
        let client = CLIENTS[*client].replace('_', " ");
        let text =
            if front { format!("{client} {host}") } else { format!("{host} at {client}") };
        let expected = format!("one: {client}/{host}");
        prop_assert_eq!(answer(&text.to_lowercase(), &fleet(&devices.join(" "))), expected);
    }

    #[test]
    fn one_host_at_two_clients_is_a_question(host in host(), spaced in any::<bool>()) {
        let devices = format!("Acme/{host} Bluegum_Vet/{host}");
        let text = if spaced { host.replace('-', " ") } else { host };
        let answer = answer(&text, &fleet(&devices));
        prop_assert!(!answer.starts_with("one"), "{}", answer);
    }

    #[test]
    fn other_digits_are_another_machine(
        letters in "[a-z]{2,6}", one in 0..3000_u32, other in 0..3000_u32,
    ) {
        prop_assume!(one != other);
        let answer = answer(&format!("{letters}-{one:04}"), &fleet(&format!("Acme/{letters}-{other:04}")));
        prop_assert!(answer.starts_with("unknown"), "{}", answer);
    }
}
