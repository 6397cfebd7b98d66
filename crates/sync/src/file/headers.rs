//! What columns are called in the files of others: in English and German, by Shopify's and by Salesforce's own exports.

mod goods;

use self::goods::{BALANCES, ORDERS, OWNER, PRODUCTS};
use super::settings::Kind;

/// Fields with the headers that mean them, the surest first; folded as [`folded`] does it.
type Known = &'static [(&'static str, &'static [&'static str])];

/// The columns that our own reject file adds.
pub(super) const REJECT: [&str; 6] =
    ["rejectLine", "rejectColumn", "rejectCode", "rejectValue", "rejectMessage", "rejectRaw"];

const EMAIL: &[&str] = &[
    "email",
    "emailaddress",
    "mail",
    "mailadresse",
    "emailadresse",
    "personemail",
    "personaccountemail",
];
/// A switchboard's number is taken only where there is none of a mobile phone.
const PHONE: &[&str] = &[
    "phonenumber",
    "mobilephone",
    "mobile",
    "mobilenumber",
    "mobil",
    "mobiltelefon",
    "mobilnummer",
    "handy",
    "handynummer",
    "cellphone",
    "cell",
    "personmobilephone",
    "personaccountmobile",
    "phone",
    "telephone",
    "telefon",
    "telefonnummer",
    "telefonnr",
    "tel",
    "defaultaddressphone",
];
const CARDS: &[&str] = &[
    "cards",
    "card",
    "cardnumber",
    "cardnumbers",
    "cardno",
    "loyaltycardnumber",
    "membershipcard",
    "kartennummer",
    "kartennummern",
    "kartennr",
    "kundenkarte",
    "kundenkartennummer",
];
const UPDATED: &[&str] = &[
    "updatedat",
    "systemmodstamp",
    "lastmodifieddate",
    "lastmodified",
    "modifiedat",
    "geaendertam",
    "aktualisiertam",
    "aenderungsdatum",
];

const CUSTOMERS: Known = &[
    (
        "sourceId",
        &[
            "sourceid",
            "customerid",
            "contactid",
            "kundennummer",
            "kundennr",
            "kundenid",
            "customernumber",
            "customerno",
            "memberid",
            "membernumber",
            "mitgliedsnummer",
            "externalid",
            "entitysourceid",
            "id",
        ],
    ),
    ("updatedAt", UPDATED),
    (
        "createdAt",
        &[
            "createdat",
            "createddate",
            "registeredat",
            "membersince",
            "angelegtam",
            "erstelltam",
            "kundeseit",
        ],
    ),
    ("loyaltyId", &["loyaltyid", "consumerloyaltyid"]),
    ("cards", CARDS),
    ("email", EMAIL),
    ("emailVerified", &["emailverified", "verifiedemail"]),
    ("firstname", &["firstname", "vorname", "givenname", "forename"]),
    ("lastname", &["lastname", "nachname", "surname", "familyname", "familienname", "zuname"]),
    ("phoneNumber", PHONE),
    (
        "birthday",
        &[
            "birthday",
            "birthdate",
            "dateofbirth",
            "dob",
            "geburtstag",
            "geburtsdatum",
            "gebdatum",
            "personbirthdate",
        ],
    ),
    ("gender", &["gender", "sex", "geschlecht"]),
    (
        "country",
        &[
            "countrycode",
            "country",
            "land",
            "laendercode",
            "landcode",
            "defaultaddresscountrycode",
            "mailingcountrycode",
            "mailingcountry",
            "defaultaddresscountry",
            "personmailingcountry",
        ],
    ),
    (
        "city",
        &[
            "city",
            "town",
            "ort",
            "stadt",
            "wohnort",
            "defaultaddresscity",
            "mailingcity",
            "personmailingcity",
        ],
    ),
    (
        "street",
        &[
            "street",
            "streetaddress",
            "address",
            "address1",
            "addressline1",
            "strasse",
            "strassehausnummer",
            "strasseundhausnummer",
            "strassenr",
            "anschrift",
            "adresse",
            "defaultaddressaddress1",
            "mailingstreet",
            "personmailingstreet",
        ],
    ),
    (
        "zipCode",
        &[
            "zipcode",
            "zip",
            "postalcode",
            "postcode",
            "plz",
            "postleitzahl",
            "defaultaddresszip",
            "mailingzippostalcode",
            "mailingpostalcode",
            "personmailingpostalcode",
        ],
    ),
    ("picture", &["picture", "pictureurl", "photourl", "avatar", "bild"]),
    ("numOfOrderDiscountsAllowed", &["numoforderdiscountsallowed"]),
    ("extraInfo", &["extrainfo"]),
    (
        "emailConsent",
        &["emailconsent", "acceptsemailmarketing", "acceptsmarketing", "emailoptin", "newsletter"],
    ),
    ("emailOptOut", &["emailoptout", "hasoptedoutofemail"]),
    ("smsConsent", &["smsconsent", "acceptssmsmarketing", "smsoptin"]),
    ("smsOptOut", &["smsoptout"]),
    ("phoneOptOut", &["phoneoptout", "donotcall"]),
];

const CARD_FILE: Known = &[
    (
        "sourceId",
        &[
            "sourceid",
            "customerid",
            "contactid",
            "kundennummer",
            "kundennr",
            "kundenid",
            "customernumber",
        ],
    ),
    ("updatedAt", UPDATED),
    ("loyaltyId", &["loyaltyid", "consumerloyaltyid"]),
    ("cards", CARDS),
    ("email", EMAIL),
    ("phoneNumber", PHONE),
];

/// A header without case, blanks, signs and umlauts: `E-Mail-Adresse` is `emailadresse`.
pub(super) fn folded(header: &str) -> String {
    let mut folded = String::with_capacity(header.len());
    for sign in header.chars().flat_map(char::to_lowercase) {
        match sign {
            'ä' => folded.push_str("ae"),
            'ö' => folded.push_str("oe"),
            'ü' => folded.push_str("ue"),
            'ß' => folded.push_str("ss"),
            'a'..='z' | '0'..='9' => folded.push(sign),
            _ => {}
        }
    }
    folded
}

/// What a header means in files of a kind, and how sure that is: the lower, the surer.
pub(super) fn recognised(kind: Kind, header: &str) -> Option<(&'static str, usize)> {
    let folded = folded(header);
    let known: [Known; 2] = match kind {
        Kind::Customers => [CUSTOMERS, &[]],
        Kind::Cards => [CARD_FILE, &[]],
        Kind::Balances => [BALANCES, OWNER],
        Kind::Orders => [ORDERS, OWNER],
        Kind::Products => [PRODUCTS, &[]],
    };
    known.into_iter().flatten().find_map(|(field, headers)| {
        let rank = headers.iter().position(|header| *header == folded)?;
        Some((*field, rank + 1))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::target::Target;

    #[test]
    fn every_field_is_one_and_every_header_means_one_field_of_a_kind() {
        for kind in Kind::ALL {
            let known: [Known; 2] = match kind {
                Kind::Customers => [CUSTOMERS, &[]],
                Kind::Cards => [CARD_FILE, &[]],
                Kind::Balances => [BALANCES, OWNER],
                Kind::Orders => [ORDERS, OWNER],
                Kind::Products => [PRODUCTS, &[]],
            };
            let mut seen = Vec::new();
            for (field, headers) in known.into_iter().flatten() {
                assert!(Target::from_name(kind, field).is_some(), "{kind:?} {field}");
                for header in *headers {
                    assert_eq!(folded(header), *header);
                    assert!(!seen.contains(header), "{kind:?}: {header} means two fields");
                    seen.push(header);
                }
            }
        }
    }
}
