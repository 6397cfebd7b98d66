//! What a connection to Salesforce is told.

use std::collections::BTreeSet;

use regulars_merchant::EntitySource;
use serde_json::Value;

use super::{
    Salesforce,
    caller::Caller,
    login::{Flow, Login, audience_of, base_of},
    mapping::{self, Mapping},
    write::WriteColumns,
};
use crate::{
    connector::{Connector, Fault},
    kind::{Opening, Setting, SettingType, SourceKind},
    outgoing::Reach,
};

const CLIENT_CREDENTIALS: &str = "clientCredentials";
const JWT_BEARER: &str = "jwtBearer";
/// Spring '26: old enough to be everywhere, and new enough to stay for years.
const VERSION: &str = "66.0";
/// The oldest version that has all that is asked for.
const OLDEST_VERSION: u32 = 60;
/// Salesforce's own advice: from so many rows on a bulk job is the cheaper way.
const BULK_FROM: u64 = 2_000;
const STOP_AT: u64 = 80;

const fn text(name: &'static str, required: bool, description: &'static str) -> Setting {
    Setting { name, description, kind: SettingType::Text, required, default: None, secret: false }
}

const fn secret(name: &'static str, description: &'static str) -> Setting {
    Setting { secret: true, ..text(name, false, description) }
}

const SETTINGS: &[Setting] = &[
    text(
        "domain",
        true,
        "Your My Domain, from Setup > My Domain: `mycompany.my.salesforce.com`, or `mycompany--dev.sandbox.my.salesforce.com`.",
    ),
    Setting {
        kind: SettingType::Choice(&[CLIENT_CREDENTIALS, JWT_BEARER]),
        default: Some(CLIENT_CREDENTIALS),
        ..text(
            "flow",
            false,
            "How we log in. `clientCredentials`: with the secret of an External Client App that has a run-as user. `jwtBearer`: as a named user, with a key whose \
             certificate the app has.",
        )
    },
    text("clientId", true, "The consumer key of the External Client App."),
    secret("clientSecret", "The consumer secret of the app; for `clientCredentials`."),
    text(
        "username",
        false,
        "The user as whom we log in, like `integration@mycompany.com`; for `jwtBearer`.",
    ),
    secret(
        "privateKey",
        "The private key to the app's certificate, as PEM text without password; for `jwtBearer`.",
    ),
    text(
        "audience",
        false,
        "For whom the signed token is meant; absent: https://login.salesforce.com, for sandboxes https://test.salesforce.com.",
    ),
    Setting {
        default: Some(VERSION),
        ..text("version", false, "The version of Salesforce's API, from 60.0 on.")
    },
    Setting {
        kind: SettingType::Mapping,
        ..text(
            mapping::SETTING,
            false,
            "Which column of Contact fills which field, where the usual ones do not fit: `{\"gender\": \"Gender__c\", \"phoneNumber\": [\"MobilePhone\", \
             \"HomePhone\"], \"birthday\": null, \"extraInfo.salesforce.shoeSize\": \"Shoe_Size__c\", \"consent.sms\": \"Sms_Ok__c\"}`. Of a list the first with a \
             value counts; null turns a usual one off; columns of the account are written `Account.Name`.",
        )
    },
    Setting {
        kind: SettingType::Bool,
        default: Some("false"),
        ..text(
            "agreedByDefault",
            false,
            "Whether a contact who has not opted out of e-mail has agreed to it. Leave it off unless you asked each of them: the box is empty for everybody.",
        )
    },
    text(
        "externalIdField",
        false,
        "The column of Contact that holds our number of the customer, like `Regulars_Id__c`: a unique external ID. Needed to write points back.",
    ),
    text(
        "pointsField",
        false,
        "The number column of Contact for points to spend, like `Regulars_Points__c`.",
    ),
    text("lifetimePointsField", false, "The number column of Contact for points earned so far."),
    text("loyaltyIdField", false, "The text column of Contact for the loyalty id."),
    Setting {
        kind: SettingType::Number(10, 100),
        default: Some("80"),
        ..text(
            "stopAtPercent",
            false,
            "At how many percent of your organisation's daily API requests we stop, so that your other apps go on.",
        )
    },
    Setting {
        kind: SettingType::Number(0, 1_000_000_000),
        default: Some("2000"),
        ..text("bulkFrom", false, "From how many contacts on all of them are read by a bulk job.")
    },
    text("endpoint", false, "Another address than Salesforce's, for tests against a fake."),
];

/// Salesforce.
pub const KIND: SourceKind = SourceKind {
    source: EntitySource::Salesforce,
    name: "Salesforce",
    description: "Contacts and person accounts, with their changes, merges and deletions; points can be written back. Needs an External Client App with the scope \
                  `api`, and an integration user who can read contacts (\"View All\"). New connected apps cannot be made since Spring '26.",
    settings: SETTINGS,
    open,
};

fn open(opening: Opening) -> Result<Box<dyn Connector>, Fault> {
    let endpoint = opening.text("endpoint").filter(|_| opening.reach == Reach::Anywhere);
    let base = match endpoint {
        Some(endpoint) => endpoint.trim_end_matches('/').to_owned(),
        None => base_of(opening.text("domain").unwrap_or_default())?,
    };
    let flow = match opening.text("flow") {
        None | Some(CLIENT_CREDENTIALS) => Flow::ClientCredentials,
        Some(JWT_BEARER) => Flow::JwtBearer,
        Some(other) => {
            return Err(Fault::Settings(format!(
                "There is no way to log in that is called `{other}`."
            )));
        }
    };
    let username = opening.text("username").unwrap_or_default().to_owned();
    if flow == Flow::JwtBearer && username.is_empty() {
        return Err(Fault::Settings("To log in with a key, name the user: `username`.".to_owned()));
    }
    let client_id = opening.text("clientId").unwrap_or_default().to_owned();
    if client_id.is_empty() {
        return Err(Fault::Settings(
            "The consumer key of the app is missing: `clientId`.".to_owned(),
        ));
    }
    let audience = opening.text("audience").unwrap_or_else(|| audience_of(&base)).to_owned();
    let writes = WriteColumns::read(&opening)?;
    let mapping =
        Mapping::read(opening.settings.get(mapping::SETTING), writes.external_id.as_deref())?;
    let version = version(opening.text("version").unwrap_or(VERSION))?;
    let number = |name: &str, usual: u64| {
        opening.settings.get(name).and_then(Value::as_u64).unwrap_or(usual)
    };
    let login = Login { flow, base, client_id, username, audience, reach: opening.reach };
    let stop_at = number("stopAtPercent", STOP_AT);
    Ok(Box::new(Salesforce {
        version,
        mapping,
        writes,
        agreed_by_default: opening.flag("agreedByDefault", false),
        bulk_from: number("bulkFrom", BULK_FROM),
        caller: Caller::new(opening.client, opening.credentials, login, stop_at),
        clock: opening.clock,
        described: None,
        columns: None,
        dropped: BTreeSet::new(),
        download: None,
    }))
}

/// `66`, `v66.0` and `66.0` are one version.
fn version(text: &str) -> Result<String, Fault> {
    let number = text.trim().trim_start_matches(['v', 'V']).trim_end_matches(".0").parse::<u32>();
    match number {
        Ok(number) if (OLDEST_VERSION..1_000).contains(&number) => Ok(format!("{number}.0")),
        _ => Err(Fault::Settings(format!(
            "`{text}` is no version of the API from {OLDEST_VERSION}.0 on."
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_people_write_them() {
        for written in ["66", "v66.0", "66.0"] {
            assert_eq!(version(written).unwrap(), "66.0");
        }
        for wrong in ["", "59.0", "latest", "66.0/../x", "1000"] {
            assert!(version(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn every_setting_is_described_and_secrets_are_marked() {
        let secrets: Vec<&str> =
            SETTINGS.iter().filter(|one| one.secret).map(|one| one.name).collect();
        assert_eq!(secrets, ["clientSecret", "privateKey"]);
        assert!(SETTINGS.iter().all(|setting| setting.description.len() > 20));
    }
}
