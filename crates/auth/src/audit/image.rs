//! What an entry may hold of a thing: fields of a closed list, each from a value of the domain.

use std::collections::BTreeMap;

use regulars_customer::{Consent, EmailAddress, Kind, Membership, Person, Profile};

use regulars_kernel::StoreAccess;
use regulars_merchant::{
    EntitySource, Merchant, Product, RefundPolicy, Store, StoreGroup, TillRedemption, Tz,
};

use super::Field;
use crate::{ApiKey, Application, Role, StaffMember};

/// The most characters of a value; what is longer is cut and ends with `…`.
pub const MAX_VALUE_CHARS: usize = 500;

/// A field that is different now. Made from images alone, and from addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    field: Field,
    before: Option<String>,
    after: Option<String>,
}

impl Change {
    /// The address that somebody named who proved nothing, where it is that of the person whom the entry is about.
    pub fn named(address: &EmailAddress) -> Self {
        let after = Some(cut(address.as_str()));
        Self { field: Field::Email, before: None, after }
    }

    /// A keyed hash of the address that somebody named who is nobody: [`crate::mark::Marker::digest`].
    pub fn digested(digest: &str) -> Self {
        Self { field: Field::EmailDigest, before: None, after: Some(cut(digest)) }
    }

    /// A yes-or-no that is the other one now.
    pub fn turned(field: Field, now: bool) -> Self {
        Self { field, before: Some((!now).to_string()), after: Some(now.to_string()) }
    }

    /// That it was a dry run, and nothing is different.
    pub fn dry_run() -> Self {
        Self { field: Field::DryRun, before: None, after: Some(true.to_string()) }
    }

    /// So many entries found no room.
    pub fn dropped(entries: u64) -> Self {
        Self { field: Field::Dropped, before: None, after: Some(entries.to_string()) }
    }

    /// The same happened so many times more within a minute.
    pub fn repeated(times: u64) -> Self {
        Self { field: Field::Repeated, before: None, after: Some(times.to_string()) }
    }

    /// Wraps what was written down.
    pub const fn from_stored(field: Field, before: Option<String>, after: Option<String>) -> Self {
        Self { field, before, after }
    }

    /// Which field.
    pub const fn field(&self) -> Field {
        self.field
    }

    /// What it was; none where it had no value.
    pub fn before(&self) -> Option<&str> {
        self.before.as_deref()
    }

    /// What it is; none where it has no value.
    pub fn after(&self) -> Option<&str> {
        self.after.as_deref()
    }
}

/// The fields of a thing at one moment. Absent is without a value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image(BTreeMap<Field, String>);

impl Image {
    /// What a merchant has of a customer. The profile of a registered person is their own: a merchant sees as much of it as
    /// they share at the moment, and its log holds none of it.
    pub fn of_membership(membership: &Membership) -> Self {
        let mut image = match membership.kind {
            Kind::Managed => Self::of_profile(&membership.profile),
            Kind::Registered => Self::default(),
        };
        if membership.kind == Kind::Managed {
            image.put(Field::LoyaltyId, membership.loyalty_id.as_ref());
        }
        image.put(Field::Sharing, membership.sharing);
        let cards = membership.cards.iter().map(ToString::to_string);
        image.put_list(Field::Cards, cards);
        let extra_info = membership.extra_info.as_ref();
        image.put(Field::ExtraInfo, extra_info.map(regulars_customer::ExtraInfo::as_str));
        let source = membership.entity_source.map(EntitySource::name);
        image.put(Field::EntitySource, source);
        image.put(Field::EntitySourceId, membership.entity_source_id.as_ref());
        let discounts = membership.num_of_order_discounts_allowed;
        image.put(Field::NumOfOrderDiscountsAllowed, Some(discounts));
        image.put(Field::Archived, Some(membership.standing.is_archived()));
        image.put(Field::MergedInto, membership.standing.merged_into());
        image
    }

    /// What a customer decided about being contacted: the decisions that stand.
    pub fn of_consents(stand: &[Consent]) -> Self {
        let mut image = Self::default();
        let words = stand.iter().map(|one| {
            let decision = &one.new.decision;
            format!("{} {}", decision.channel, decision.state)
        });
        image.put_list(Field::Consents, words);
        image
    }

    /// What a person has of themselves.
    pub fn of_account(account: &Person) -> Self {
        let mut image = Self::of_profile(&account.profile);
        image.put(Field::LoyaltyId, account.loyalty_id.as_ref());
        image.put(Field::Verified, Some(account.verified));
        image.put(Field::Archived, Some(account.archived));
        image.put(Field::Active, Some(account.active));
        image
    }

    /// What a member of staff was given.
    pub fn of_staff(member: &StaffMember) -> Self {
        let given = &member.assignment;
        let mut image = Self::default();
        image.put_list(Field::Roles, given.roles.iter().map(ToString::to_string));
        image.put_list(Field::Permissions, [given.permissions.to_codenames()].into_iter());
        image.put(Field::AllStores, Some(given.all_stores));
        image.put_list(Field::Stores, given.stores.iter().map(ToString::to_string));
        image.put_list(Field::StoreGroups, given.store_groups.iter().map(ToString::to_string));
        image
    }

    /// What a role is.
    pub fn of_role(role: &Role) -> Self {
        let mut image = Self::default();
        image.put(Field::DisplayName, Some(&role.display_name));
        image.put_list(Field::Permissions, [role.permissions.to_codenames()].into_iter());
        image
    }

    /// What an application is.
    pub fn of_application(application: &Application) -> Self {
        let mut image = Self::default();
        image.put(Field::DisplayName, Some(&application.name));
        image.put_list(Field::Permissions, [application.permissions.to_codenames()].into_iter());
        image.put(Field::AllStores, Some(application.stores == StoreAccess::All));
        if let StoreAccess::Only(stores) = &application.stores {
            image.put_list(Field::Stores, stores.iter().map(ToString::to_string));
        }
        image.put(Field::RequestsPerMinute, application.requests_per_minute);
        image
    }

    /// What a key is, nothing of what it opens with among it.
    pub fn of_api_key(key: &ApiKey) -> Self {
        let mut image = Self::default();
        image.put(Field::DisplayName, Some(&key.name));
        image.put(Field::Active, Some(key.revoked_at.is_none()));
        image
    }

    /// What a merchant has decided for all its stores.
    pub fn of_settings(merchant: &Merchant) -> Self {
        let mut image = Self::default();
        let discounts = merchant.num_of_order_discounts_allowed;
        image.put(Field::NumOfOrderDiscountsAllowed, Some(discounts));
        image.put(Field::RefundPolicy, Some(RefundPolicy::name(merchant.refund_policy)));
        image.put(Field::ClaimDays, Some(merchant.claim_days));
        image.put(Field::RefundGraceDays, Some(merchant.refund_grace_days));
        image
    }

    /// What a store is. It is nobody's home: its address is no personal value.
    pub fn of_store(store: &Store) -> Self {
        let mut image = Self::default();
        image.put(Field::Name, Some(&store.name));
        image.put(Field::Location, store.location.as_ref());
        let parts = [&store.state, &store.street, &store.zip_code, &store.city, &store.country];
        let parts = parts.into_iter().flatten().map(String::as_str);
        image.put(Field::Address, Some(parts.collect::<Vec<_>>().join(", ")));
        image.put(Field::Hotline, store.phone_number.as_ref());
        image.put(Field::TaxRate, store.tax_rate.map(per_cent));
        image.put(Field::TimeZone, store.time_zone.map(Tz::name));
        image.put(Field::DayStartsAt, Some(store.day_starts_at));
        image.put(Field::LateHours, Some(store.late_hours));
        image.put(Field::TillRedemption, store.till_redemption.map(TillRedemption::name));
        image.put(Field::IsActive, Some(store.is_active));
        image.put(Field::Archived, Some(store.archived));
        image.put(Field::ExtraInfo, store.extra_info.as_ref());
        image
    }

    /// What a store group is.
    pub fn of_store_group(group: &StoreGroup) -> Self {
        let mut image = Self::default();
        image.put(Field::Name, Some(&group.name));
        image.put_list(Field::Stores, group.stores.iter().map(ToString::to_string));
        image
    }

    /// What a product is.
    pub fn of_product(product: &Product) -> Self {
        let mut image = Self::default();
        image.put(Field::Name, Some(&product.name));
        let price = product.price;
        image.put(Field::Price, Some(format!("{price} {}", price.currency().code())));
        image.put(Field::Category, product.category.as_ref());
        image.put(Field::EntitySource, product.entity_source.map(EntitySource::name));
        image.put(Field::EntitySourceId, product.entity_source_id.as_ref());
        image.put(Field::Archived, Some(product.archived));
        image.put(Field::ExtraInfo, product.extra_info.as_ref());
        image
    }

    /// Of a thing that a crate above this one knows: fields with their values, absent where there is none. The values come from
    /// the types of its domain; personal ones are the person's whom the entry is about, and nobody else's.
    pub fn of_fields(fields: impl IntoIterator<Item = (Field, Option<String>)>) -> Self {
        let mut image = Self::default();
        for (field, value) in fields {
            image.put(field, value);
        }
        image
    }

    /// The fields of both.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }

    /// What is different in the other one, field by field.
    pub fn changes_to(&self, after: &Self) -> Vec<Change> {
        let changed = |field: &Field| {
            let (before, after) = (self.0.get(field).cloned(), after.0.get(field).cloned());
            // Long values may differ past what is kept of them: the change is told all the same.
            let kept = |value: Option<String>| value.map(|value| cut(&value));
            (before != after).then(|| Change {
                field: *field,
                before: kept(before),
                after: kept(after),
            })
        };
        Field::ALL.iter().filter_map(changed).collect()
    }

    fn of_profile(profile: &Profile) -> Self {
        let mut image = Self::default();
        let address =
            |email: &Option<EmailAddress>| email.as_ref().map(|email| email.as_str().to_owned());
        image.put(Field::Email, address(&profile.email));
        image.put(Field::SecondaryEmail, address(&profile.secondary_email));
        image.put(Field::Firstname, Some(&profile.firstname));
        image.put(Field::Lastname, Some(&profile.lastname));
        image.put(Field::PhoneNumber, profile.phone_number.as_ref());
        image.put(Field::Birthday, profile.birthday);
        image.put(Field::Gender, profile.gender);
        image.put(Field::Country, profile.country.map(regulars_customer::Country::alpha2));
        image.put(Field::City, profile.city.as_ref());
        image.put(Field::Street, profile.street.as_ref());
        image.put(Field::ZipCode, profile.zip_code.as_ref());
        image.put(Field::Picture, profile.picture.as_ref());
        image
    }

    fn put(&mut self, field: Field, value: Option<impl ToString>) {
        let text = value.map(|value| value.to_string()).filter(|text| !text.is_empty());
        if let Some(text) = text {
            self.0.insert(field, text);
        }
    }

    fn put_list(&mut self, field: Field, values: impl Iterator<Item = String>) {
        let values: Vec<_> = values.collect();
        self.put(field, Some(values.join(",")));
    }
}

/// Parts per million in per cent; two places where they suffice.
fn per_cent(parts: i64) -> String {
    let (whole, rest) = (parts.div_euclid(10_000), parts.rem_euclid(10_000));
    if rest % 100 == 0 {
        format!("{whole}.{:02}", rest / 100)
    } else {
        format!("{whole}.{rest:04}")
    }
}

fn cut(text: &str) -> String {
    if text.chars().nth(MAX_VALUE_CHARS).is_none() {
        return text.to_owned();
    }
    text.chars().take(MAX_VALUE_CHARS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_have_one_name_each() {
        for field in Field::ALL.iter().copied() {
            assert_eq!(Field::from_name(field.name()), Some(field));
            let secret = ["password", "token", "secret", "hash", "key"];
            assert!(secret.iter().all(|word| !field.name().to_lowercase().contains(word)));
        }
        assert_eq!(Field::from_name("password"), None);
    }

    #[test]
    fn rates_are_told_as_the_api_has_them() {
        for (parts, text) in [
            (0, "0.00"),
            (190_000, "19.00"),
            (70_500, "7.05"),
            (71_234, "7.1234"),
            (1_000_000, "100.00"),
            (5, "0.0005"),
        ] {
            assert_eq!(per_cent(parts), text);
        }
    }

    #[test]
    fn only_what_differs_is_a_change_and_long_values_are_cut() {
        let image = |firstname: &str, city: Option<&str>| {
            let profile = Profile {
                firstname: firstname.to_owned(),
                city: city.map(str::to_owned),
                ..Profile::default()
            };
            Image::of_profile(&profile)
        };
        let (before, after) = (image("Ada", Some("Köln")), image("Ada", None));
        assert_eq!(before.changes_to(&before), []);
        let gone = Change::from_stored(Field::City, Some("Köln".to_owned()), None);
        assert_eq!(before.changes_to(&after), [gone]);
        let long = image(&"é".repeat(MAX_VALUE_CHARS + 1), None);
        let changes = Image::default().changes_to(&long);
        let kept = changes.first().and_then(Change::after).unwrap_or_default();
        assert_eq!(kept.chars().count(), MAX_VALUE_CHARS);
        assert!(kept.ends_with('…'), "{kept}");
        let longer = image(&"é".repeat(MAX_VALUE_CHARS + 2), None);
        assert_eq!(long.changes_to(&longer).len(), 1, "a change past what is kept is one");
    }
}
