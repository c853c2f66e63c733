use crate::directory::testing::{answer, fleet};

#[track_caller]
fn check(phrase: &str, devices: &str, expected: &str) {
    assert_eq!(answer(phrase, &fleet(devices)), expected, "{phrase}");
}

const MARIA: &str = r"Bluegum_Vet/MARIA-LT-01:7*BLUEGUM\maria+3*bob Bluegum_Vet/BV-PC-02:10*bob
    Bluegum_Vet/BV-SRV-01 Acme/DC01 Harbour_Dental/DC01 Harbour_Dental/HD-FS01";

#[test]
fn a_host_name_typed_exactly() {
    check("dc01", "INITECH/DC01 ACME/DC01", "several: ACME/DC01, INITECH/DC01");
    check("dc01", "INITECH/DC01 ACME/DC02", "one: INITECH/DC01");
    check("DC01", "INITECH/dc01", "one: INITECH/dc01");
    check("MARIA-LT-01", MARIA, "one: Bluegum Vet/MARIA-LT-01");
    check("the maria-lt-01", MARIA, "one: Bluegum Vet/MARIA-LT-01");
    check("`maria-lt-01`", MARIA, "one: Bluegum Vet/MARIA-LT-01");
    check("dc01 server", "INITECH/DC01", "one: INITECH/DC01");
    check(
        "DESKTOP-8F3K2L1",
        "Acme/DESKTOP-8F3K2L1 Acme/DESKTOP-8F3K2L2",
        "one: Acme/DESKTOP-8F3K2L1",
    );
    check("marias macbook pro", "Acme/Maria’s_MacBook_Pro", "one: Acme/Maria’s MacBook Pro");
    check("jose pc", "Acme/JOSÉ-PC", "one: Acme/JOSÉ-PC");
    check("ws12", "Acme/WS12 Acme/WS-12", "one: Acme/WS12");
    check("dc01", "Acme/DC01 Acme/DC01", "several: Acme/DC01, Acme/DC01");
    check("dc01", "Acme/DC01 Bluegum/DC01-OLD", "one: Acme/DC01");
}

#[test]
fn separators_and_leading_zeros_aside() {
    check("maria lt 01", MARIA, "one: Bluegum Vet/MARIA-LT-01");
    check("maria lt 1", MARIA, "one: Bluegum Vet/MARIA-LT-01");
    check("marialt01", MARIA, "one: Bluegum Vet/MARIA-LT-01");
    check("dc1", "INITECH/DC01", "one: INITECH/DC01");
    check("dc1", "INITECH/DC01 ACME/DC01", "several: ACME/DC01, INITECH/DC01");
    check("dc 01", "INITECH/DC01 ACME/DC02", "one: INITECH/DC01");
    check("dc01", "Acme/DC01 Acme/DC1", "one: Acme/DC01");
    check("dc001", "Acme/DC01 Acme/DC1", "several: Acme/DC01, Acme/DC1");
    check("desktop 8f3k2l1", "Acme/DESKTOP-8F3K2L1", "one: Acme/DESKTOP-8F3K2L1");
}

#[test]
fn digits_that_differ_are_another_machine() {
    check("dc01", "Acme/DC02", "unknown: Acme/DC02");
    check("ws-0231", "Acme/WS-0213", "unknown: Acme/WS-0213");
    check("maria lt 02", MARIA, "unknown: Bluegum Vet/MARIA-LT-01");
    check("ws112", "Acme/WS-1-12", "unknown: Acme/WS-1-12");
    check("ws-1-12", "Acme/WS-11-2", "unknown: Acme/WS-11-2");
    check("desktop-8f3k2l", "Acme/DESKTOP-8F3K2L1", "unknown: Acme/DESKTOP-8F3K2L1");
    check("dc", "Acme/DC01", "several: Acme/DC01");
    check("dc01", "Acme/DC-BACKUP-01", "unknown: Acme/DC-BACKUP-01");
    check("dc 01", "Acme/DC-BACKUP-01", "several: Acme/DC-BACKUP-01");
}

#[test]
fn the_client_in_the_phrase() {
    check("acme dc01", MARIA, "one: Acme/DC01");
    check("dc01 at acme", MARIA, "one: Acme/DC01");
    check("acme's dc01", MARIA, "one: Acme/DC01");
    check("dc01 from harbour dental", MARIA, "one: Harbour Dental/DC01");
    check("harbour dc01", MARIA, "one: Harbour Dental/DC01");
    check("harbour dental's dc01", MARIA, "one: Harbour Dental/DC01");
    check("hd dc01", MARIA, "one: Harbour Dental/DC01");
    check("fs01 at harbour dental", MARIA, "one: Harbour Dental/HD-FS01");
    check("fs01", MARIA, "one: Harbour Dental/HD-FS01");
    check("acme dc01", "Bluegum/DC01 Acme/FS01", "unknown: Acme/FS01, Bluegum/DC01");
    check("acme dc01", "Bluegum/DC01", "unknown: Bluegum/DC01");
    check("acme dc01", "Acme/ACME-DC01 Initech/DC01", "one: Acme/ACME-DC01");
    check("acme dc01", "Acme/ACMEDC01 Initech/DC01", "one: Acme/ACMEDC01");
    check("acme dc01", "Acme/ACME-DC01 Acme/DC01", "several: Acme/DC01, Acme/ACME-DC01");
    check("acme dc01", "Acme/DC01 Acme_Foods/DC01", "one: Acme/DC01");
    check("acme dc01", "Acme/FS01 Acme_Foods/DC01", "unknown: Acme/FS01, Acme Foods/DC01");
    check("bluegum dc01", "Bluegum_Vet/DC01 Bluegum_Cafe/FS01", "several: Bluegum Vet/DC01");
    check("the server at bluegum vet", MARIA, "one: Bluegum Vet/BV-SRV-01");
    check("bluegum laptop", MARIA, "one: Bluegum Vet/MARIA-LT-01");
    check("acme dc01 and fs01", "Acme/DC01 Acme/FS01", "unknown: Acme/DC01, Acme/FS01");
    check("not dc01", "Acme/DC01", "unknown: Acme/DC01");
}

#[test]
fn the_client_of_the_channel_prefers_but_does_not_guess() {
    check("[Acme] dc01", MARIA, "one: Acme/DC01");
    check("[Acme] dc01 at harbour dental", MARIA, "one: Harbour Dental/DC01");
    check("[Acme] dc01", "Bluegum/DC01 Acme/FS01", "several: Bluegum/DC01");
    check("[Acme] dc01", "Acme/DC1 Initech/DC01", "several: Acme/DC1, Initech/DC01");
    check("[Acme] dc01", "Acme/ACME-DC01 Initech/INI-DC01", "one: Acme/ACME-DC01");
    check("[Bluegum Vet] the server", MARIA, "one: Bluegum Vet/BV-SRV-01");
    check("[Nobody] dc01", MARIA, "several: Acme/DC01, Harbour Dental/DC01");
}

#[test]
fn whose_machine_it_is() {
    for phrase in [
        "Maria's laptop",
        "maria’s laptop",
        "marias laptop",
        "maria s laptop",
        "laptop of maria",
        "the laptop of Maria",
        "MARIA'S NOTEBOOK",
        "maria laptop",
        "maria's machine",
        "maria",
        "maria's laptop at bluegum",
        r"BLUEGUM\maria",
        "maria@bluegum",
        "maria's computer",
    ] {
        check(phrase, MARIA, "one: Bluegum Vet/MARIA-LT-01");
    }
    check("bob's pc", MARIA, "one: Bluegum Vet/BV-PC-02");
    check(
        "maria's server",
        MARIA,
        "unknown: Bluegum Vet/MARIA-LT-01, Bluegum Vet/BV-SRV-01, Acme/DC01, Harbour Dental/DC01, Harbour Dental/HD-FS01",
    );
    check("jim's laptop", MARIA, "unknown");
    check("my laptop", MARIA, "unknown");
    check("maria's laptop at acme", MARIA, "unknown: Bluegum Vet/MARIA-LT-01, Acme/DC01");
    check("maria's old laptop", MARIA, "unknown: Bluegum Vet/MARIA-LT-01");
    check("acme laptop of maria", MARIA, "unknown: Bluegum Vet/MARIA-LT-01, Acme/DC01");
}
