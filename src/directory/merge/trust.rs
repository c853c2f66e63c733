//! Which serial numbers and board UUIDs prove anything.

use crate::directory::fold::{bare, fold};

/// Serials that makers and virtual machines put in when they have none, bare and folded.
const PLACEHOLDERS: [&str; 27] = [
    "tobefilledbyoem",
    "defaultstring",
    "none",
    "na",
    "null",
    "empty",
    "unknown",
    "invalid",
    "oem",
    "notspecified",
    "notapplicable",
    "notavailable",
    "notpresent",
    "serialnumber",
    "systemserialnumber",
    "systemserial",
    "chassisserialnumber",
    "baseboardserialnumber",
    "systemproductname",
    "standard",
    "test",
    "filledbyoem",
    "ofilledbyoem",
    "0123456789",
    "123456789",
    "1234567890",
    "12345678",
];

/// What virtual machines begin theirs with: copied with the machine.
const VIRTUAL: [&str; 4] = ["vmware", "parallels", "qemu", "virtualbox"];

/// Shorter than this, a serial is a counter.
const SERIAL_MIN: usize = 4;

/// A serial as it is compared, letters and digits only; `None` when it proves nothing.
pub fn serial(text: &str) -> Option<String> {
    let bare = bare(&fold(text));
    let first = bare.chars().next()?;
    let is_worthless = bare.chars().count() < SERIAL_MIN
        || bare.chars().all(|c| c == first)
        || PLACEHOLDERS.contains(&bare.as_str())
        || VIRTUAL.iter().any(|it| bare.starts_with(it));
    (!is_worthless).then_some(bare)
}

/// UUIDs that whole series of boards were shipped with.
const SHIPPED_IN_SERIES: [u128; 3] = [
    0x0300_0200_0400_0500_0006_0007_0008_0009,
    0x0002_0003_0004_0005_0006_0007_0008_0009,
    0x1234_5678_1234_1234_1234_1234_5678_90ab,
];

/// The UUID of a board as a number; `None` when it is none, or one that proves nothing.
pub fn board(text: &str) -> Option<u128> {
    let digits: String = text.chars().filter(char::is_ascii_hexdigit).collect();
    let plain = text.trim().trim_matches(['{', '}']);
    let is_uuid = digits.len() == 32 && plain.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    let number = u128::from_str_radix(&digits, 16).ok().filter(|_| is_uuid)?;
    let first = number & 0xff;
    let repeats = (0..16).all(|byte| number >> (8 * byte) & 0xff == first);
    (!repeats && !SHIPPED_IN_SERIES.contains(&number)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_prove_nothing() {
        for text in [
            "",
            "0",
            "  ",
            "None",
            "N/A",
            "00000000",
            "xxxxxxx",
            "123",
            "To be filled by O.E.M.",
            "TO BE FILLED BY O.E.M",
            "Default string",
            "System Serial Number",
            "Not Specified",
            "0123456789",
            "VMware-56 4d 8f 1c 3a 90 7e 11-22 33 44 55 66 77 88 99",
            "Parallels-0A 1B",
        ] {
            assert_eq!(serial(text), None, "{text}");
        }
        assert_eq!(serial(" pf3-abcde "), Some("pf3abcde".into()));
        assert_eq!(serial("8F3K2L1"), Some("8f3k2l1".into()));
        // Hyper-V numbers its machines.
        assert!(serial("5234-7717-0090-1245-6688-1234-55").is_some());
    }

    #[test]
    fn boards_of_a_series_prove_nothing() {
        for text in [
            "",
            "00000000-0000-0000-0000-000000000000",
            "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF",
            "03000200-0400-0500-0006-000700080009",
            "4c4c4544-0031",
            "not a board at all, sorry",
        ] {
            assert_eq!(board(text), None, "{text}");
        }
        let dell = board("{4C4C4544-0031-3010-8051-B4C04F564433}");
        assert!(dell.is_some());
        assert_eq!(board("4c4c45440031301080 51b4c04f564433"), None);
        assert_eq!(board("4c4c4544003130108051b4c04f564433"), dell);
    }
}
