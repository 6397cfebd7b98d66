//! What people, streets and towns of the demo world are called. Phone numbers are from the ranges that are kept free for
//! films as far as they go.

use rand::Rng as _;

use super::random::{Roll, percent, pick};

/// A town with the beginning of its postal codes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Town {
    pub(super) name: &'static str,
    zip: &'static str,
    zip_digits: u32,
}

/// Where a merchant's customers live and what they are called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Land {
    Germany,
    America,
    Britain,
}

const fn town(name: &'static str, zip: &'static str, zip_digits: u32) -> Town {
    Town { name, zip, zip_digits }
}

const GERMAN_TOWNS: &[Town] = &[
    town("Berlin", "10", 3),
    town("Berlin", "12", 3),
    town("Berlin", "13", 3),
    town("Potsdam", "144", 2),
    town("Hamburg", "20", 3),
    town("München", "80", 3),
    town("Köln", "50", 3),
    town("Leipzig", "04", 3),
    town("Düsseldorf", "40", 3),
    town("Münster", "48", 3),
];
const AMERICAN_TOWNS: &[Town] = &[
    town("New York", "100", 2),
    town("Brooklyn", "112", 2),
    town("Chicago", "606", 2),
    town("San Francisco", "941", 2),
    town("Boston", "021", 2),
    town("Portland", "972", 2),
];
const BRITISH_TOWNS: &[Town] =
    &[town("London", "EC1A 1B", 1), town("Leeds", "LS1 4D", 1), town("Bristol", "BS1 5T", 1)];

const GERMAN_WOMEN: &[&str] = &[
    "Anna",
    "Marie",
    "Sophie",
    "Emilia",
    "Lena",
    "Lea",
    "Clara",
    "Jana",
    "Katharina",
    "Zoë",
    "Jördis",
    "Antje",
    "Frieda",
    "Ida",
    "Mila",
    "Paula",
    "Greta",
    "Heike",
    "Sabine",
    "Ayşe",
    "Käthe",
    "Renée",
];
const GERMAN_MEN: &[&str] = &[
    "Jonas",
    "Paul",
    "Felix",
    "Lukas",
    "Maximilian",
    "Jürgen",
    "Jörg",
    "Björn",
    "Emil",
    "Anton",
    "Oskar",
    "Matteo",
    "Henry",
    "Karl",
    "Theo",
    "Moritz",
    "Mehmet",
    "Klaus",
    "Günther",
    "Sören",
    "Til",
    "André",
];
const GERMAN_FAMILIES: &[&str] = &[
    "Müller",
    "Schmidt",
    "Schneider",
    "Fischer",
    "Weber",
    "Meyer",
    "Wagner",
    "Becker",
    "Schulz",
    "Hoffmann",
    "Schäfer",
    "Koch",
    "Bauer",
    "Richter",
    "Klein",
    "Wolf",
    "Schröder",
    "Neumann",
    "Schwarz",
    "Zimmermann",
    "Krüger",
    "Hofmann",
    "Lange",
    "Köhler",
    "Yılmaz",
    "Nowak",
    "Groß",
    "von Hagen",
    "Weiß",
    "Jäger",
];
const ENGLISH_WOMEN: &[&str] = &[
    "Olivia",
    "Emma",
    "Charlotte",
    "Amelia",
    "Ava",
    "Grace",
    "Chloé",
    "Isabella",
    "Mia",
    "Evelyn",
    "Harper",
    "Ruth",
    "Abigail",
    "Nora",
    "Hazel",
    "Maria",
    "Guadalupe",
    "Aaliyah",
    "Mei",
    "Priya",
];
const ENGLISH_MEN: &[&str] = &[
    "Liam", "Noah", "James", "Elijah", "Mateo", "William", "Henry", "Lucas", "Benjamin",
    "Theodore", "John", "José", "Samuel", "David", "Owen", "Wei", "Arjun", "DeShawn", "Patrick",
    "Isaac",
];
const ENGLISH_FAMILIES: &[&str] = &[
    "Smith",
    "Johnson",
    "Williams",
    "Brown",
    "Jones",
    "García",
    "Miller",
    "Davis",
    "Martínez",
    "Hernández",
    "Wilson",
    "Anderson",
    "Taylor",
    "Moore",
    "Jackson",
    "Lee",
    "Thompson",
    "White",
    "O'Brien",
    "Clark",
    "Nguyen",
    "Walker",
    "Young",
    "King",
    "Wright",
    "Patel",
    "Kowalski",
    "Rivera",
    "Baker",
    "Hall",
];
const GERMAN_STREETS: &[&str] = &[
    "Lindenstraße",
    "Hauptstraße",
    "Bahnhofstraße",
    "Gartenweg",
    "Bergstraße",
    "Am Markt",
    "Kastanienallee",
];
const ENGLISH_STREETS: &[&str] = &[
    "Main Street",
    "Oak Avenue",
    "Maple Drive",
    "Mill Lane",
    "High Street",
    "Harbor Road",
    "Park Place",
];
const DOMAINS: &[&str] = &[
    "example.com",
    "example.com",
    "example.com",
    "example.org",
    "example.org",
    "example.net",
    "mail.example",
    "post.example",
    "company17.example",
];

/// A phone number, as it is stored and as it is dialled within its country.
pub(super) struct Phone {
    pub(super) e164: String,
    pub(super) national: String,
}

impl Land {
    pub(super) const fn country(self) -> &'static str {
        match self {
            Self::Germany => "DE",
            Self::America => "US",
            Self::Britain => "GB",
        }
    }

    pub(super) fn town(self, roll: &mut Roll) -> Town {
        pick(
            roll,
            match self {
                Self::Germany => GERMAN_TOWNS,
                Self::America => AMERICAN_TOWNS,
                Self::Britain => BRITISH_TOWNS,
            },
        )
    }

    /// First and last name.
    pub(super) fn name(self, roll: &mut Roll, woman: bool) -> (&'static str, &'static str) {
        let (women, men, families) = match self {
            Self::Germany => (GERMAN_WOMEN, GERMAN_MEN, GERMAN_FAMILIES),
            Self::America | Self::Britain => (ENGLISH_WOMEN, ENGLISH_MEN, ENGLISH_FAMILIES),
        };
        (pick(roll, if woman { women } else { men }), pick(roll, families))
    }

    pub(super) fn street(self, roll: &mut Roll) -> String {
        let number = roll.random_range(1..200_u32);
        match self {
            Self::Germany => format!("{} {number}", pick(roll, GERMAN_STREETS)),
            Self::America | Self::Britain => format!("{number} {}", pick(roll, ENGLISH_STREETS)),
        }
    }

    /// The free ranges hold some thousand numbers; in a world of `many` people others are used as well.
    pub(super) fn phone(self, roll: &mut Roll, many: bool) -> Phone {
        let (country, trunk, area, digits) = match self {
            Self::Germany if many => ("49", "0", "1520", 11),
            Self::Germany => {
                let areas = ["3023125", "6990009", "4066969", "2214710", "8999998"];
                ("49", "0", pick(roll, &areas), 10)
            }
            Self::America => {
                let areas = ["212555", "312555", "415555", "617555", "718555", "503555"];
                ("1", "", pick(roll, &areas), 10)
            }
            Self::Britain => {
                ("44", "0", pick(roll, &["2079460", "1134960", "1174960", "7700900"]), 10)
            }
        };
        let free = 0..usize::saturating_sub(digits, area.len());
        let rest: String =
            free.map(|_digit| char::from(b'0' + roll.random_range(0..10_u8))).collect();
        Phone { e164: format!("+{country}{area}{rest}"), national: format!("{trunk}{area}{rest}") }
    }
}

impl Town {
    pub(super) fn zip(self, roll: &mut Roll) -> String {
        let free = 10_u32.pow(self.zip_digits);
        let width = usize::try_from(self.zip_digits).unwrap_or_default();
        let number = roll.random_range(0..free);
        let end = if self.zip.contains(' ') { "D" } else { "" };
        format!("{}{number:0width$}{end}", self.zip)
    }
}

/// An address that nobody else has: the number is the person's.
pub(super) fn email(roll: &mut Roll, first: &str, last: &str, number: i64) -> String {
    let separator = if percent(roll, 70) { "." } else { "_" };
    format!("{}{separator}{}{number}@{}", ascii(first), ascii(last), pick(roll, DOMAINS))
}

fn ascii(name: &str) -> String {
    let mut plain = String::with_capacity(name.len() + 2);
    for letter in name.to_lowercase().chars() {
        match letter {
            'a'..='z' => plain.push(letter),
            'ä' => plain.push_str("ae"),
            'ö' => plain.push_str("oe"),
            'ü' => plain.push_str("ue"),
            'ß' => plain.push_str("ss"),
            'á' | 'à' => plain.push('a'),
            'é' | 'ë' => plain.push('e'),
            'í' | 'ı' => plain.push('i'),
            'ş' => plain.push('s'),
            _ => {}
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use regulars_customer::{EmailAddress, PhoneNumber, search::phone_text};

    use super::*;
    use crate::demo::random::{Dice, Stream};

    #[test]
    fn addresses_and_numbers_are_such_as_people_could_type() {
        let dice = Dice::new(3);
        for number in 0..600 {
            let mut roll = dice.roll(Stream::Person, number);
            for land in [Land::Germany, Land::America, Land::Britain] {
                let phone = land.phone(&mut roll, number % 3 == 0);
                let parsed = PhoneNumber::parse(&phone.e164, None).unwrap();
                assert_eq!(parsed.as_str(), phone.e164);
                let digits = phone.e164.trim_start_matches('+');
                assert_eq!(phone_text(&parsed), format!(" 00{digits} {} ", phone.national));
                let (first, last) = land.name(&mut roll, number % 2 == 0);
                let email = email(&mut roll, first, last, 7);
                assert!(email.is_ascii(), "{email}");
                EmailAddress::parse(&email).unwrap();
                assert!(!land.town(&mut roll).zip(&mut roll).is_empty());
            }
        }
    }
}
