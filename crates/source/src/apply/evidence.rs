//! What speaks for whose a new record is, gathered once for the whole slice.

use std::collections::BTreeSet;

use regulars_customer::{
    EmailAddress, MergeField, PhoneNumber,
    matching::{Candidate, Signs},
};
use regulars_kernel::Country;

use super::Portion;
use crate::{
    SourceError, SourceStore,
    policy::TrustEmails,
    record::{Body, CustomerRecord, Field, Item},
};

/// Finds the customers who show an address or a number of one of the slice's new records.
pub(super) fn gather<S: SourceStore>(
    tx: &mut S,
    portion: &mut Portion<'_>,
    items: &[Item],
) -> Result<(), SourceError> {
    let (mut emails, mut phones, mut object) = (BTreeSet::new(), BTreeSet::new(), None);
    let policy = portion.task.policy;
    for item in items {
        let Item::Record(record) = item else { continue };
        let Body::Customer(customer) = &record.body else { continue };
        let linked = portion.known.get(&record.key).is_some_and(|known| known.subject.is_some());
        if linked {
            continue;
        }
        object.get_or_insert(record.key.object.clone());
        let signs = signs(customer, policy.trust_emails, policy.country);
        emails.extend(signs.email);
        if let Some(phone) = signs.phone
            && !phones.insert(phone.clone())
        {
            portion.shared_phones.insert(phone);
        }
    }
    let Some(object) = object else { return Ok(()) };
    if emails.is_empty() && phones.is_empty() {
        return Ok(());
    }
    let emails: Vec<String> = emails.into_iter().collect();
    let phones: Vec<String> = phones.into_iter().collect();
    let connection = portion.task.connection;
    portion.candidates = tx.candidates(
        connection.merchant,
        (&emails, &phones),
        (connection.id, &object),
        policy.trust_emails == TrustEmails::Always,
    )?;
    Ok(())
}

/// The record's own country, by whose rules its phone number is read.
pub(super) fn country_of(customer: &CustomerRecord) -> Option<Country> {
    let code = customer.fields.get(&Field::Own(MergeField::Country))?.as_deref()?;
    Country::from_alpha2(&code.trim().to_ascii_uppercase())
}

/// What a record says that tells who somebody is.
pub(super) fn signs(
    customer: &CustomerRecord,
    trust: TrustEmails,
    country: Option<Country>,
) -> Signs {
    let text =
        |field| customer.fields.get(&Field::Own(field)).and_then(Option::as_deref).map(str::trim);
    let counts = match trust {
        TrustEmails::Never => false,
        TrustEmails::Verified => customer.email_verified,
        TrustEmails::Always => true,
    };
    let country = country_of(customer).or(country);
    let name = |field| text(field).unwrap_or_default().to_owned();
    Signs {
        email: text(MergeField::Email)
            .filter(|_| counts)
            .and_then(|text| EmailAddress::parse(text).ok())
            .map(|address| address.key()),
        phone: text(MergeField::PhoneNumber)
            .and_then(|text| PhoneNumber::parse(text, country).ok())
            .map(|number| number.to_string()),
        name: (name(MergeField::Firstname), name(MergeField::Lastname)),
        birthday: text(MergeField::Birthday).and_then(|day| day.parse().ok()),
    }
}

/// A customer whom the slice has made is a candidate for its other records.
pub(super) fn note_new(portion: &mut Portion<'_>, signs: Signs, person: regulars_kernel::PersonId) {
    let Signs { email, phone, name, birthday } = signs;
    portion.candidates.push(Candidate { person, email, phone, name, birthday, is_linked: true });
}
