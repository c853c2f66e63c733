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
    check("maria lt 02", "A/MARIA-LT-01", "unknown: A/MARIA-LT-01");
    check("ws112", "Acme/WS-1-12", "unknown: Acme/WS-1-12");
    check("ws-1-12", "Acme/WS-11-2", "unknown: Acme/WS-11-2");
    check("desktop-8f3k2l", "Acme/DESKTOP-8F3K2L1", "unknown: Acme/DESKTOP-8F3K2L1");
    check("dc", "Acme/DC01", "several: Acme/DC01");
    check("dc01", "Acme/DC-BACKUP-01", "unknown: Acme/DC-BACKUP-01");
    check("dc 01", "Acme/DC-BACKUP-01", "several: Acme/DC-BACKUP-01");
}

#[test]
fn a_host_that_begins_like_another_client_is_asked_about() {
    let fleet = "Harbour_Dental/AA0 Acme/HD-01";
    check("hd-01", fleet, "several: Acme/HD-01");
    check("acme hd-01", fleet, "several: Acme/HD-01");
    check("hd-01 at acme", fleet, "several: Acme/HD-01");
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
    check("acme dc01", "Bluegum/DC01 Acme/FS01", "unknown: Bluegum/DC01, Acme/FS01");
    check("acme dc01", "Bluegum/DC01", "unknown: Bluegum/DC01");
    check("acme dc01", "Acme/ACME-DC01 Initech/DC01", "one: Acme/ACME-DC01");
    check("acme dc01", "Acme/ACMEDC01 Initech/DC01", "one: Acme/ACMEDC01");
    check("acme dc01", "Acme/ACME-DC01 Acme/DC01", "several: Acme/DC01, Acme/ACME-DC01");
    check("acme dc01", "Acme/DC01 Acme_Foods/DC01", "one: Acme/DC01");
    check("acme dc01", "Acme/FS01 Acme_Foods/DC01", "unknown: Acme Foods/DC01, Acme/FS01");
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
    check("maria's server", MARIA, "unknown: Bluegum Vet/MARIA-LT-01");
    check("jim's laptop", MARIA, "unknown");
    check("my laptop", MARIA, "unknown");
    check("maria's laptop at acme", MARIA, "unknown: Bluegum Vet/MARIA-LT-01, Acme/DC01");
    check("maria's old laptop", MARIA, "unknown: Bluegum Vet/MARIA-LT-01");
    check("acme laptop of maria", MARIA, "unknown: Bluegum Vet/MARIA-LT-01, Acme/DC01");
}

#[test]
fn evidence_that_is_not_enough() {
    let two = r"Bluegum/BG-LT-01:10*maria Acme/AC-LT-07:10*ACME\maria";
    check("maria's laptop", two, "several: Acme/AC-LT-07, Bluegum/BG-LT-01");
    check("[Acme] maria's laptop", two, "one: Acme/AC-LT-07");
    check("maria's laptop at bluegum", two, "one: Bluegum/BG-LT-01");
    let family = r"Bluegum/BG-LT-01:10*maria.lopez Bluegum/BG-LT-02:10*maria.chen";
    check("maria's laptop", family, "several: Bluegum/BG-LT-01, Bluegum/BG-LT-02");
    check("maria chen's laptop", family, "one: Bluegum/BG-LT-02");
    check("maria lopez' laptop", family, "one: Bluegum/BG-LT-01");
    check("maria jones' laptop", family, "unknown: Bluegum/BG-LT-01, Bluegum/BG-LT-02");
    check(
        "maria's laptop",
        "A/A-LT-01:10*maria A/A-LT-02:1*maria+9*bob",
        "several: A/A-LT-01, A/A-LT-02",
    );
    check("maria's laptop", "A/A-LT-01:10*maria A/A-LT-02:9*bob+1*maria", "one: A/A-LT-01");
    check("maria's laptop", "A/A-LT-02:9*bob+1*maria", "several: A/A-LT-02");
    check("maria's laptop", "A/A-LT-02:4*bob+6*maria", "several: A/A-LT-02");
    check("maria's laptop", "A/A-LT-02:2*bob+8*maria", "one: A/A-LT-02");
    check("maria's laptop", "A/MARIA-LT-01:10*bob", "several: A/MARIA-LT-01");
    check("maria's laptop", "A/MARIA-LT-01", "one: A/MARIA-LT-01");
    check("maria's laptop", "A/MARIA-LT-01:10*administrator", "one: A/MARIA-LT-01");
    check("maria's laptop", "A/MARIA-LT-01 A/LT-02:10*maria", "several: A/LT-02, A/MARIA-LT-01");
    check(
        "maria's laptop",
        "A/MARIA-LT-01:10*bob A/LT-02:10*maria",
        "several: A/LT-02, A/MARIA-LT-01",
    );
    check("james's pc", "A/JAMES-PC A/PC-2:9*jcook", "one: A/JAMES-PC");
    check("james's pc", "A/JAMES-PC:9*jcook", "several: A/JAMES-PC");
    check("james pc", "A/JAMES-PC:9*jcook", "one: A/JAMES-PC");
    check("james pc", "A/JAMES-PC:9*jcook A/PC-2:9*james", "several: A/JAMES-PC, A/PC-2");
    check("maria's laptop", "A/LT-1:9*maria A/MARIA-X-LT", "several: A/LT-1, A/MARIA-X-LT");
    check(
        "maria's laptop",
        "A/LT-1:9*maria A/X-2:workstation:4*maria+6*bob",
        "several: A/LT-1, A/X-2",
    );
    check("maria's laptop", "A/LT-1:2*maria+8*administrator", "one: A/LT-1");
    check("maria-laptop", "A/LT-1:9*maria", "several: A/LT-1");
    check("maria-laptop", "A/Maria-Laptop:9*maria", "one: A/Maria-Laptop");
    check("maria's laptop", "A/MARIAS-MBP", "one: A/MARIAS-MBP");
    check("maria lopez's pc", "A/PC-1:5*maria+5*john.lopez", "unknown: A/PC-1");
}

#[test]
fn users_in_every_spelling() {
    for user in [
        r"BLUEGUM\maria.lopez",
        "maria.lopez@bluegum.example",
        "Maria_Lopez",
        "Lopez,Maria",
        "MariaLopez",
        r"AzureAD\MariaLopez",
        "maria_lópez",
    ] {
        let fleet = format!("Bluegum/BG-LT-01:9*{user}+bob Bluegum/BG-LT-02:10*bob");
        check("maria lopez' laptop", &fleet, "one: Bluegum/BG-LT-01");
    }
    check("mlopez laptop", "A/LT-1:9*Maria_Lopez", "several: A/LT-1");
    check("mlopez' laptop", "A/LT-1:9*mlopez A/LT-2:9*Mario_Lopez", "several: A/LT-1, A/LT-2");
    check("maria's laptop", "A/LT-1:9*mlopez", "unknown");
    check("o'brien's pc", "A/PC-1:9*O'Brien,Pat", "one: A/PC-1");
    check("maria lopez", "A/MLOPEZ-LT", "several: A/MLOPEZ-LT");
    check("maria lopez' laptop", "A/LT-1:9*mlopez", "several: A/LT-1");
    check("maria lopez' laptop", "A/LT-1:9*marial", "several: A/LT-1");
    check("maria lopez' laptop", "A/MARIA-LT:9*mlopez", "one: A/MARIA-LT");
    check("maria's laptop", "A/LT-1:9*maria A/LT-2:9*marial", "several: A/LT-1, A/LT-2");
    check("james young's laptop", "A/JOANS-MBP:9*jyoung", "several: A/JOANS-MBP");
    check("maria lopez' laptop", "A/LT-1:6*maria+4*mlopez", "one: A/LT-1");
    check("maria.lopez@bluegum.example", "A/LT-1:6*maria.lopez@bluegum.example", "one: A/LT-1");
    check(r"BGVET\maria", r"A/LT-1:6*BGVET\maria B/LT-2:6*OTHER\maria", "one: A/LT-1");
    check("james' laptop", "A/LT-1:9*james", "one: A/LT-1");
    check("jamess laptop", "A/LT-1:9*james", "one: A/LT-1");
}

#[test]
fn kinds_of_machine() {
    let maria = "A/LT-1:9*maria A/PC-2:9*maria A/FS-3:3*maria+7*admin";
    check("maria's laptop", maria, "one: A/LT-1");
    check("maria's desktop", maria, "one: A/PC-2");
    check("maria's pc", maria, "several: A/PC-2, A/LT-1");
    check("maria's server", maria, "several: A/FS-3");
    check("maria's machine", maria, "several: A/LT-1, A/PC-2, A/FS-3");
    check("maria's laptop", "A/X-1:workstation:9*maria", "one: A/X-1");
    check("maria's laptop", "A/X-1:workstation:9*maria A/LT-2:9*maria", "several: A/LT-2, A/X-1");
    let models = "A/X-1:workstation:model=Latitude_5440:9*maria A/X-2:workstation:model=OptiPlex_7010:9*maria";
    check("maria's laptop", models, "one: A/X-1");
    check("maria's latitude", models, "one: A/X-1");
    check("maria's optiplex 7010", models, "one: A/X-2");
    check("maria's desktop", "A/DESKTOP-8F3K2L1:laptop:9*maria", "unknown: A/DESKTOP-8F3K2L1");
    let macs = "A/X-1:laptop:os=macOS_14:9*maria A/X-2:laptop:os=Windows_11_Pro:9*maria";
    check("maria's macbook", macs, "one: A/X-1");
    check("maria's mac", macs, "one: A/X-1");
    check("maria's windows laptop", macs, "one: A/X-2");
    check("maria's windows 11 laptop", macs, "one: A/X-2");
    check("maria's windows 10 laptop", macs, "unknown: A/X-2, A/X-1");
    check("maria's mac", "A/MARIAS-MBP A/LT-2:9*maria", "one: A/MARIAS-MBP");
    let servers = "Acme/X-1:server:os=Ubuntu_22.04 Acme/X-2:server:os=Windows_Server_2022";
    check("acme linux server", servers, "one: Acme/X-1");
    check("acme windows server", servers, "one: Acme/X-2");
    check("lt 11", "Acme/LT-01:os=Windows_11", "unknown: Acme/LT-01");
    check("acme server", "Acme/S-1 Acme/S-2 B/S-1", "several: Acme/S-1, Acme/S-2");
    check("laptop", "Acme/LT-1", "several: Acme/LT-1");
    check("laptop", "Acme/LT-1 B/LT-1:online", "several: B/LT-1, Acme/LT-1");
    check("acme", "Acme/LT-1", "several: Acme/LT-1");
    check("sydney server at acme", "Acme/S-1:site=Sydney_CBD Acme/S-2:site=Perth", "one: Acme/S-1");
    check("sydney fs01", "Acme/FS01:site=Sydney_CBD Initech/FS01:site=Perth", "one: Acme/FS01");
}

#[test]
fn friendly_names_serials_and_parts() {
    let desk = "Acme/AC-PC-01:friendly=Front_desk Acme/AC-PC-02:friendly=Back_office B/X-PC:friendly=Till_2";
    check("front desk", desk, "one: Acme/AC-PC-01");
    check("frontdesk", desk, "one: Acme/AC-PC-01");
    check("the front desk pc at acme", desk, "one: Acme/AC-PC-01");
    check("front desk server", desk, "unknown: Acme/AC-PC-01");
    check("till 2", desk, "one: B/X-PC");
    check("till 3", desk, "unknown: B/X-PC");
    let numbered = "Acme/ACME-LT-0231 Acme/ACME-LT-0213";
    check("0231", numbered, "one: Acme/ACME-LT-0231");
    check("acme 0231", numbered, "one: Acme/ACME-LT-0231");
    check("lt-0231", numbered, "one: Acme/ACME-LT-0231");
    check("laptop 0231", "Acme/ACME-LT-0231 Acme/ACME-PC-0231", "one: Acme/ACME-LT-0231");
    check(
        "0231",
        "Acme/ACME-LT-0231 Acme/ACME-PC-0231",
        "several: Acme/ACME-LT-0231, Acme/ACME-PC-0231",
    );
    check("pc 0231", "Acme/ACME-LT-0231", "several: Acme/ACME-LT-0231");
    check("pc 0231", "Acme/ACME-WS-0231", "several: Acme/ACME-WS-0231");
    check(
        "acme-pc-0231",
        "Acme/ACME-LT-0231 Acme/ACME-WS-0231:desktop",
        "unknown: Acme/ACME-LT-0231, Acme/ACME-WS-0231",
    );
    check("laptop-0231", "Acme/ACME-LT-0231", "unknown: Acme/ACME-LT-0231");
    check("12", "Acme/DC12", "several: Acme/DC12");
    check("8f3k2l1", "Acme/DESKTOP-8F3K2L1", "one: Acme/DESKTOP-8F3K2L1");
    check("serial 5CG1234XYZ", "Acme/X:serial=5CG1234XYZ", "one: Acme/X");
    check("5cg1234xyz", "Acme/X:serial=5CG1234XYZ B/Y:serial=5CG1234XYZ", "several: Acme/X, B/Y");
    check("[B] 5cg1234xyz", "Acme/X:serial=5CG1234XYZ B/Y", "one: Acme/X");
    let id = "7b1f2c3d-0000-4e5f-8a9b-0123456789ab";
    check(id, &format!("Acme/X:rmm={id}"), "one: Acme/X");
    check("mike's desktop-8f3k2l1", "A/DESKTOP-8F3K2L1:1*mike", "one: A/DESKTOP-8F3K2L1");
    check("mike's desktop-8f3k2l1", "A/DESKTOP-8F3K2L1:1*bob", "unknown: A/DESKTOP-8F3K2L1");
    check("dc01.acme.local", "Acme/DC01.acme.local", "one: Acme/DC01.acme.local");
    check("dc01", "Acme/DC01.acme.local", "one: Acme/DC01.acme.local");
}

#[test]
fn slips_of_the_fingers() {
    check("mraia's laptop", MARIA, "one: Bluegum Vet/MARIA-LT-01");
    check("mraias laptop", MARIA, "one: Bluegum Vet/MARIA-LT-01");
    check("maria's lpatop", MARIA, "one: Bluegum Vet/MARIA-LT-01");
    check("marria's laptop", MARIA, "one: Bluegum Vet/MARIA-LT-01");
    check("mraia-lt-01", MARIA, "one: Bluegum Vet/MARIA-LT-01");
    check("blugum laptop", MARIA, "one: Bluegum Vet/MARIA-LT-01");
    check("acem dc01", MARIA, "one: Acme/DC01");
    check("habrour dental dc01", MARIA, "one: Harbour Dental/DC01");
    check("mario's laptop", MARIA, "unknown: Bluegum Vet/MARIA-LT-01");
    check("marina's laptop", MARIA, "unknown: Bluegum Vet/MARIA-LT-01");
    check("srever01", "A/SERVER01 A/SERVER02", "one: A/SERVER01");
    check("destkop-8f3k2l1", "A/DESKTOP-8F3K2L1 A/DESKTOP-8F3K2L2", "one: A/DESKTOP-8F3K2L1");
    check("marailt01", MARIA, "unknown: Bluegum Vet/MARIA-LT-01");
    check("db01", "A/DC01", "unknown");
    check("acme-db01", "Acme/ACME-DC01", "unknown: Acme/ACME-DC01");
    check("frnot desk", "Acme/AC-PC-01:friendly=Front_desk", "one: Acme/AC-PC-01");
}

#[test]
fn nicknames_ask_unless_unique() {
    check("bob's laptop", "A/LT-1:9*robert.smith", "one: A/LT-1");
    check("bob's laptop", "A/LT-1:9*robert.smith A/LT-2:9*bob", "several: A/LT-2, A/LT-1");
    check("bob's laptop", "A/LT-1:9*robert.smith B/LT-2:9*robert.jones", "several: A/LT-1, B/LT-2");
    check("bob's laptop", "A/LT-1:9*robert.smith A/LT-2:9*max+1*bob", "several: A/LT-1, A/LT-2");
    check("liz's laptop", "A/LT-1:9*elizabeth", "one: A/LT-1");
    check("michael's laptop", "A/LT-1:9*mike", "one: A/LT-1");
    check("bob's laptop", "A/LT-1:9*maria", "unknown");
}

#[test]
fn any_text_is_fine() {
    for phrase in ["", " ", "\t\n", "?!", "<b></b>", "\u{0}\u{1}", "💥", "the", "a of the"] {
        check(phrase, MARIA, "unknown");
    }
    check("<b>dc01</b>", "Acme/DC01", "unknown: Acme/DC01");
    check("*dc01*", "Acme/DC01", "one: Acme/DC01");
    check(&"dc01 ".repeat(3), "Acme/DC01", "one: Acme/DC01");
    check(&"x".repeat(10_000), "Acme/DC01", "unknown");
    check(&"dc01 ".repeat(10_000), "Acme/DC01", "unknown: Acme/DC01");
    check("dc01", "", "unknown");
}
