//! What people with an account tell about themselves, and change.

use chrono::NaiveDate;
use regulars_kernel::{Actor, Rule, Timestamp, Violations};

use crate::{
    Change, ConsumerPatch, Country, CustomerError, CustomerStore, Gender, Person, sharing,
};

/// Changes to one's own account, as they came in: texts, absent keeps, null and empty clear. The e-mail addresses have
/// operations of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(
    missing_docs,
    reason = "they are the arguments of the API's `updateAccount`, by their names"
)]
pub struct AccountPatch {
    pub firstname: Change<String>,
    pub lastname: Change<String>,
    pub phone_number: Change<String>,
    pub birthday: Change<String>,
    pub country: Change<String>,
    pub city: Change<String>,
    pub street: Change<String>,
    pub zip_code: Change<String>,
    pub gender: Change<String>,
    pub picture: Change<String>,
}

impl AccountPatch {
    /// The same with its texts read; what is wrong with them stands in `wrong`.
    fn read(&self, wrong: &mut Violations) -> ConsumerPatch {
        for (field, name) in [("firstname", &self.firstname), ("lastname", &self.lastname)] {
            let emptied = match name {
                Change::Keep => false,
                Change::Clear => true,
                Change::Set(text) => text.trim().is_empty(),
            };
            if emptied {
                wrong.add(field, Rule::Required);
            }
        }
        let date = |text: &str| text.trim().parse::<NaiveDate>().map_err(|_shape| Rule::Date);
        ConsumerPatch {
            firstname: self.firstname.clone(),
            lastname: self.lastname.clone(),
            phone_number: self.phone_number.clone(),
            birthday: read("birthday", &self.birthday, date, wrong),
            gender: read("gender", &self.gender, Gender::parse, wrong),
            country: read("country", &self.country, Country::parse, wrong),
            city: self.city.clone(),
            street: self.street.clone(),
            zip_code: self.zip_code.clone(),
            picture: self.picture.clone(),
            ..ConsumerPatch::default()
        }
    }
}

fn read<T>(
    field: &'static str,
    change: &Change<String>,
    parse: impl FnOnce(&str) -> Result<T, Rule>,
    wrong: &mut Violations,
) -> Change<T> {
    match change {
        Change::Keep => Change::Keep,
        Change::Clear => Change::Clear,
        Change::Set(text) if text.trim().is_empty() => Change::Clear,
        Change::Set(text) => wrong.check(field, parse(text)).map_or(Change::Keep, Change::Set),
    }
}

/// `updateAccount`: changes the account of whoever asks, and in the same transaction what memberships show of it (rule 1).
/// Runs in a scope that reaches the account. Refuses with `unauthenticated` who is nobody, with `not_verified` whose address was
/// not proved, and else with everything that is wrong. A patch that changes nothing leaves `updated_at` alone.
pub fn update(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    patch: &AccountPatch,
    now: Timestamp,
) -> Result<Person, CustomerError> {
    let unauthenticated = || CustomerError::from(Violations::of_input(Rule::Unauthenticated));
    let person = actor.account().ok_or_else(unauthenticated)?;
    let acts = |account: &Person| account.active && !account.archived;
    let before = tx.find_account(person)?.filter(acts).ok_or_else(unauthenticated)?;
    if !before.verified {
        return Err(Violations::of_input(Rule::NotVerified).into());
    }
    let mut wrong = Violations::new();
    let patch = patch.read(&mut wrong);
    let checked = patch.check(before.profile.country, now, &mut wrong);
    wrong.into_result()?;
    let mut after = before.clone();
    checked.apply_to(&mut after.profile);
    if after != before {
        after.updated_at = now;
        tx.update_person(&after)?;
        sharing::spread(tx, &after, now)?;
    }
    Ok(after)
}
