use serde_json::{Value, json};

use super::*;

fn options(kind: &str, mapping: &Value) -> Options {
    let settings = json!({"path": "a", "kind": kind, "mapping": mapping});
    Options::of(settings.as_object().unwrap()).unwrap()
}

fn proposed(kind: &str, mapping: &Value, headers: &[&str]) -> Vec<String> {
    let columns = resolve(&options(kind, mapping), headers).unwrap();
    columns
        .into_iter()
        .map(|column| column.target.map_or_else(String::new, |target| target.name()))
        .collect()
}

#[test]
fn english_and_german_headers_are_recognised() {
    let none = json!({});
    assert_eq!(
        proposed(
            "customers",
            &none,
            &[
                "Kundennummer",
                "Vorname",
                "Name",
                "E-Mail-Adresse",
                "Straße",
                "PLZ",
                "Ort",
                "Geburtsdatum",
                "Bemerkung"
            ]
        ),
        ["sourceId", "firstname", "lastname", "email", "street", "zipCode", "city", "birthday", ""]
    );
    assert_eq!(
        proposed(
            "customers",
            &none,
            &[
                "ID",
                "First name",
                "SURNAME",
                "e-mail",
                "Date of birth",
                "Card number",
                "card",
                "extraInfo.shoe",
                "Name"
            ]
        ),
        [
            "sourceId",
            "firstname",
            "lastname",
            "email",
            "birthday",
            "cards",
            "cards",
            "extraInfo.shoe",
            ""
        ]
    );
    assert_eq!(proposed("customers", &none, &["Name", "E-Mail"]), ["", "email"]);
    assert_eq!(
        proposed("balances", &none, &["Kartennummer", "Punkte", "gültig bis"]),
        ["loyaltyId", "amount", "expiresOn"]
    );
    assert_eq!(
        proposed("products", &none, &["Artikelnummer", "Bezeichnung", "Preis"]),
        ["sku", "name", "price"]
    );
}

#[test]
fn exports_of_shopify_and_salesforce_map_themselves() {
    let none = json!({});
    let shopify = [
        "Customer ID",
        "First Name",
        "Last Name",
        "Email",
        "Accepts Email Marketing",
        "Default Address Company",
        "Default Address Address1",
        "Default Address Address2",
        "Default Address City",
        "Default Address Province Code",
        "Default Address Country Code",
        "Default Address Zip",
        "Default Address Phone",
        "Phone",
        "Accepts SMS Marketing",
        "Total Spent",
        "Total Orders",
        "Note",
        "Tax Exempt",
        "Tags",
    ];
    assert_eq!(
        proposed("customers", &none, &shopify),
        [
            "sourceId",
            "firstname",
            "lastname",
            "email",
            "emailConsent",
            "",
            "street",
            "",
            "city",
            "",
            "country",
            "zipCode",
            "",
            "phoneNumber",
            "smsConsent",
            "",
            "",
            "",
            "",
            "",
        ]
    );
    let salesforce = [
        "Id",
        "FirstName",
        "LastName",
        "Phone",
        "MobilePhone",
        "Email",
        "MailingStreet",
        "MailingCity",
        "MailingPostalCode",
        "MailingCountry",
        "Birthdate",
        "HasOptedOutOfEmail",
        "SystemModstamp",
        "CreatedDate",
        "LastModifiedDate",
    ];
    assert_eq!(
        proposed("customers", &none, &salesforce),
        [
            "sourceId",
            "firstname",
            "lastname",
            "",
            "phoneNumber",
            "email",
            "street",
            "city",
            "zipCode",
            "country",
            "birthday",
            "emailOptOut",
            "updatedAt",
            "createdAt",
            "",
        ]
    );
}

#[test]
fn a_report_of_salesforce_and_orders_of_shopify_map_themselves() {
    let none = json!({});
    let report = [
        "Contact ID",
        "First Name",
        "Last Name",
        "Mailing Zip/Postal Code",
        "Mobile",
        "Email Opt Out",
    ];
    assert_eq!(
        proposed("customers", &none, &report),
        ["sourceId", "firstname", "lastname", "zipCode", "phoneNumber", "emailOptOut"]
    );
    let orders = [
        "Name",
        "Email",
        "Paid at",
        "Currency",
        "Shipping",
        "Total",
        "Discount Amount",
        "Created at",
        "Lineitem quantity",
        "Lineitem name",
        "Lineitem price",
        "Cancelled at",
        "Id",
    ];
    assert_eq!(
        proposed("orders", &none, &orders),
        [
            "number",
            "email",
            "completedAt",
            "currency",
            "extra",
            "total",
            "discount",
            "",
            "items.quantity",
            "items.name",
            "items.unitPrice",
            "cancelledAt",
            "sourceId"
        ]
    );
}

#[test]
fn the_mapping_goes_before_the_header() {
    let mapping = json!({"Email": null, "Contact": "email", "Size": "extraInfo.size"});
    let headers = ["Email", "Contact", "Size", "E-Mail"];
    assert_eq!(proposed("customers", &mapping, &headers), ["", "email", "extraInfo.size", ""]);
    let columns = resolve(&options("customers", &mapping), &headers).unwrap();
    let unknown: Vec<_> = columns.iter().filter(|column| column.is_unknown()).collect();
    assert_eq!(unknown.len(), 1, "{unknown:?}");
    let twice = json!({"A": "email", "B": "email"});
    let refusal = resolve(&options("customers", &twice), &["A", "B"]).unwrap_err();
    assert!(refusal.message.contains("both mapped to email"), "{refusal:?}");
}

#[test]
fn what_no_column_says_is_named() {
    let of = |kind: &str, headers: &[&str]| {
        let options = options(kind, &json!({}));
        missing(&options, &resolve(&options, headers).unwrap())
    };
    assert!(of("customers", &["email"]).is_empty());
    assert_eq!(of("customers", &["city"]).len(), 1);
    assert_eq!(of("cards", &["city"]).len(), 2);
    assert_eq!(of("balances", &["city"]).len(), 3);
    assert_eq!(of("orders", &["city"]).len(), 4);
    assert_eq!(of("products", &["city"]).len(), 2);
}
