//! Words that generated fleets are made of. People and companies are invented; places are Australian.

#[derive(Debug, PartialEq, Eq)]
pub struct Place {
    pub name: &'static str,
    pub state: &'static str,
    pub post_code: &'static str,
    pub time_zone: &'static str,
}

const fn place(
    name: &'static str,
    state: &'static str,
    post_code: &'static str,
    time_zone: &'static str,
) -> Place {
    Place { name, state, post_code, time_zone }
}

pub(crate) static PLACES: [Place; 14] = [
    place("Sydney CBD", "NSW", "2000", "Australia/Sydney"),
    place("Parramatta", "NSW", "2150", "Australia/Sydney"),
    place("Manly", "NSW", "2095", "Australia/Sydney"),
    place("Chatswood", "NSW", "2067", "Australia/Sydney"),
    place("Botany Warehouse", "NSW", "2019", "Australia/Sydney"),
    place("Head Office", "VIC", "3000", "Australia/Melbourne"),
    place("Richmond", "VIC", "3121", "Australia/Melbourne"),
    place("Geelong", "VIC", "3220", "Australia/Melbourne"),
    place("Brisbane", "QLD", "4000", "Australia/Brisbane"),
    place("Toowoomba", "QLD", "4350", "Australia/Brisbane"),
    place("Adelaide", "SA", "5000", "Australia/Adelaide"),
    place("Fremantle", "WA", "6160", "Australia/Perth"),
    place("Hobart", "TAS", "7000", "Australia/Hobart"),
    place("Canberra", "ACT", "2600", "Australia/Sydney"),
];

#[rustfmt::skip] // one name per line helps nobody
pub(crate) static FIRST: [&str; 62] = [
    "Alice", "Amir", "Anh", "Anna", "Aroha", "Ben", "Bianca", "Callum", "Carlos", "Chloe", "Claire", "Dan",
    "David", "Deepa", "Elena", "Ella", "Emily", "Ethan", "Fatima", "Finn", "George", "Grace", "Hannah",
    "Harry", "Hugo", "Isla", "Jack", "James", "Jasmine", "Joanne", "Josh", "Karen", "Kate", "Kevin", "Lachlan",
    "Laura", "Leo", "Linh", "Lucas", "Maria", "Mark", "Mei", "Mia", "Nadia", "Nick", "Noah", "Olivia", "Oscar",
    "Priya", "Rachel", "Raj", "Rosa", "Ruby", "Sam", "Sarah", "Sofia", "Steve", "Tom", "Valentina", "Will",
    "Yusuf", "Zoe",
];

#[rustfmt::skip] // one name per line helps nobody
pub(crate) static LAST: [&str; 56] = [
    "Adams", "Ahmed", "Anderson", "Baker", "Bell", "Brown", "Campbell", "Chan", "Clarke", "Cooper", "Costa",
    "Davies", "Dimitriou", "Edwards", "Evans", "Fernando", "Fisher", "Garcia", "Green", "Hall", "Harris",
    "Hughes", "Ivanov", "Jackson", "Jones", "Kaur", "Kelly", "Khan", "Kim", "King", "Lee", "Lewis", "Li",
    "Martin", "Mitchell", "Morris", "Murphy", "Nguyen", "O'Brien", "Palmer", "Patel", "Pham", "Phillips",
    "Roberts", "Robinson", "Rossi", "Scott", "Sharma", "Singh", "Smith", "Taylor", "Tran", "Turner", "Walker",
    "Wilson", "Wright",
];

#[rustfmt::skip] // one name per line helps nobody
pub(crate) static COMPANY_FIRST: [&str; 61] = [
    "Banksia", "Bayside", "Blue Gum", "Boronia", "Bright", "Broadwater", "Canopy", "Capital", "Cedar",
    "Coastal", "Compass", "Coral", "Corella", "Crescent", "Eastern", "Emu Creek", "Evergreen", "Fairway",
    "Federation", "Galah", "Golden", "Grevillea", "Highland", "Horizon", "Ironbark", "Jacaranda", "Karri",
    "Keystone", "Kookaburra", "Lighthouse", "Lorikeet", "Magpie", "Mallee", "Meridian", "Mulga", "Northern",
    "Oakvale", "Opal", "Outback", "Pacific", "Paperbark", "Parkside", "Pinnacle", "Quarry", "Redgum",
    "Riverbend", "Rosella", "Saltbush", "Sandstone", "Silverton", "Southern Cross", "Spinifex", "Summit",
    "Sunrise", "Tallow", "Tasman", "Valley", "Wattle", "Western", "Whitehaven", "Willow",
];

#[rustfmt::skip] // one name per line helps nobody
pub(crate) static COMPANY_LAST: [&str; 41] = [
    "Accounting", "Aged Care", "Architects", "Auto Repairs", "Bakery", "Building Supplies", "Cafe Group",
    "Childcare", "Civil", "Cleaning", "Conveyancing", "Dental", "Design", "Distribution", "Electrical",
    "Engineering", "Events", "Farms", "Finance", "Freight", "Furniture", "Gardens", "Homes", "Hotels",
    "Insurance", "Joinery", "Legal", "Logistics", "Medical", "Motors", "Optical", "Packaging", "Partners",
    "Pathology", "Physio", "Plumbing", "Realty", "Recruitment", "School", "Surveying", "Vet",
];

/// Host names as people really make them; they turn up now and then in generated fleets.
pub(crate) static ODD_HOSTS: [&str; 8] = [
    "BÜRO-PC",
    "Zoë's MacBook",
    "RECEPTION \"FRONT\"",
    "Søren-PC",
    "ŁAZIENKI-PC",
    "O'BRIEN-LT",
    "東京-PC",
    "lab & test <pc>",
];
