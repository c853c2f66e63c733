//! What machines are made of: a short catalogue of models and operating systems.

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Laptop,
    Desktop,
    Server,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    Windows,
    Mac,
    Linux,
}

#[derive(Debug, PartialEq, Eq)]
pub struct Model {
    pub maker: &'static str,
    pub name: &'static str,
    pub processor: &'static str,
    pub cores: u8,
    pub memory_gib: u16,
    pub disk_gib: u16,
    /// Letters in a serial number of this maker.
    pub serial_length: u8,
}

const fn model(
    maker: &'static str,
    name: &'static str,
    processor: &'static str,
    sizes: (u8, u16, u16),
    serial_length: u8,
) -> Model {
    Model {
        maker,
        name,
        processor,
        cores: sizes.0,
        memory_gib: sizes.1,
        disk_gib: sizes.2,
        serial_length,
    }
}

pub(crate) static LATITUDE: Model =
    model("Dell Inc.", "Latitude 5440", "13th Gen Intel(R) Core(TM) i5-1345U", (10, 16, 476), 7);
pub(crate) static THINKPAD: Model = model(
    "LENOVO",
    "ThinkPad T14 Gen 4",
    "AMD Ryzen 7 PRO 7840U w/ Radeon 780M Graphics",
    (8, 32, 953),
    8,
);
pub(crate) static ELITEBOOK: Model =
    model("HP", "HP EliteBook 840 G10", "13th Gen Intel(R) Core(TM) i7-1355U", (10, 16, 476), 10);
pub(crate) static OPTIPLEX: Model =
    model("Dell Inc.", "OptiPlex 7010", "13th Gen Intel(R) Core(TM) i5-13500", (14, 16, 238), 7);
pub(crate) static PRODESK: Model =
    model("HP", "HP ProDesk 400 G9", "12th Gen Intel(R) Core(TM) i5-12500T", (6, 8, 238), 10);
pub(crate) static THINKCENTRE: Model =
    model("LENOVO", "ThinkCentre M70q", "12th Gen Intel(R) Core(TM) i3-12100T", (4, 8, 238), 8);
pub(crate) static POWEREDGE: Model =
    model("Dell Inc.", "PowerEdge T350", "Intel(R) Xeon(R) E-2336 CPU @ 2.90GHz", (6, 64, 1862), 7);
pub(crate) static PROLIANT: Model =
    model("HPE", "ProLiant ML30 Gen10", "Intel(R) Xeon(R) E-2314 CPU @ 2.80GHz", (4, 32, 931), 10);
pub(crate) static VIRTUAL: Model = model(
    "Microsoft Corporation",
    "Virtual Machine",
    "Intel(R) Xeon(R) Silver 4310 CPU @ 2.10GHz",
    (4, 16, 511),
    32,
);
pub(crate) static MACBOOK: Model =
    model("Apple Inc.", "MacBook Pro (14-inch, 2023)", "Apple M2 Pro", (10, 16, 460), 10);
pub(crate) static IMAC: Model =
    model("Apple Inc.", "iMac (24-inch, 2023)", "Apple M3", (8, 16, 460), 10);

pub(crate) static LAPTOPS: [&Model; 3] = [&LATITUDE, &THINKPAD, &ELITEBOOK];
pub(crate) static DESKTOPS: [&Model; 3] = [&OPTIPLEX, &PRODESK, &THINKCENTRE];
pub(crate) static SERVERS: [&Model; 3] = [&POWEREDGE, &PROLIANT, &VIRTUAL];

#[derive(Debug, PartialEq, Eq)]
pub struct Os {
    pub product: &'static str,
    pub family: Family,
    pub version: &'static str,
    pub arch: &'static str,
}

const fn os(
    product: &'static str,
    family: Family,
    version: &'static str,
    arch: &'static str,
) -> Os {
    Os { product, family, version, arch }
}

pub(crate) static WINDOWS_11: Os =
    os("Microsoft Windows 11 Pro", Family::Windows, "10.0.22631", "64-bit");
pub(crate) static WINDOWS_10: Os =
    os("Microsoft Windows 10 Pro", Family::Windows, "10.0.19045", "64-bit");
pub(crate) static SERVER_2019: Os =
    os("Microsoft Windows Server 2019 Standard", Family::Windows, "10.0.17763", "64-bit");
pub(crate) static SERVER_2022: Os =
    os("Microsoft Windows Server 2022 Standard", Family::Windows, "10.0.20348", "64-bit");
pub(crate) static SONOMA: Os = os("macOS Sonoma", Family::Mac, "14.6.1", "arm64");
pub(crate) static UBUNTU: Os =
    os("Ubuntu 22.04.5 LTS", Family::Linux, "5.15.0-122-generic", "x86_64");
