//! What whoever asks sees of a person, and reading it.

use chrono::NaiveTime;
use regulars_kernel::{
    Actor, MerchantId, Page, PageRequest, Permission, PersonId, Timestamp,
    page::{KeyKind, Keyed, Order, SortField, SortKey},
    text,
};
use regulars_merchant::{EntitySource, MerchantStore, business_date};

use crate::{
    CustomerError, CustomerStore, ExtraInfo, LoyaltyId, Membership, Person, Profile, Sharing,
    card::CardNumber,
    choice::{MerchantType, UserType},
    filter::{Audience, ConsumerFilter, FilterArguments},
    person::Kind,
};

/// A person as the asker sees them: through a membership (merchants), or through the account (oneself). What only
/// memberships have is empty, 0 or false for an account (rule 1). What points the person has earned is not known here.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(clippy::struct_excessive_bools, reason = "they are the fields of the API")]
pub struct Consumer {
    /// The person.
    pub id: PersonId,
    /// Whose membership this is; none for an account.
    pub merchant: Option<MerchantId>,
    /// Who keeps the profile.
    pub kind: Kind,
    /// Which side of the counter.
    pub user_type: UserType,
    /// Name, contacts and address, as far as the asker sees them.
    pub profile: Profile,
    /// Whether the e-mail address that is shown was proved.
    pub verified: bool,
    /// By which tills know the person; none for merchants and for people who left.
    pub loyalty_id: Option<LoyaltyId>,
    /// The business of a tenant's founder.
    pub merchant_type: Option<MerchantType>,
    /// A merchant's logo.
    pub logo: Option<String>,
    /// The account that keeps a managed customer; none for others.
    pub creator: Option<PersonId>,
    /// How much a registered person's merchant sees; none for managed people and accounts.
    pub sharing: Option<Sharing>,
    /// Fields of the merchant's own.
    pub extra_info: Option<ExtraInfo>,
    /// How many discounts an order of this person may have; 0 is the merchant's own number.
    pub num_of_order_discounts_allowed: i32,
    /// The system that the record came from; none where it was made here.
    pub entity_source: Option<EntitySource>,
    /// Its id there.
    pub entity_source_id: Option<String>,
    /// One of the platform's own people.
    pub staff: bool,
    /// One of the platform's own people who may everything.
    pub admin: bool,
    /// For a membership the opposite of `archived`; false for a deleted account.
    pub active: bool,
    /// Whether the membership, or the account, is put away.
    pub archived: bool,
    /// Whether the person left by themselves: nobody else brings them back (rule 7).
    pub left: bool,
    /// The customer by whom this one is meant since they were merged (rule 27).
    pub merged_into: Option<PersonId>,
    /// Where somebody was looked for by what names a customer who was merged into this one: that customer (rule 28).
    pub named_as: Option<PersonId>,
    /// Since when it has not been active.
    pub deleted_at: Option<Timestamp>,
    /// The last time the person logged in.
    pub last_login: Option<Timestamp>,
    /// When the person became a customer, or signed up.
    pub created_at: Timestamp,
    /// When anything that the asker can see changed, the last login left out.
    pub updated_at: Timestamp,
}

impl From<Membership> for Consumer {
    fn from(membership: Membership) -> Self {
        let archived = membership.standing.is_archived();
        Self {
            id: membership.person,
            merchant: Some(membership.merchant),
            kind: membership.kind,
            user_type: UserType::Consumer,
            creator: membership.creator(),
            profile: membership.profile,
            verified: membership.verified,
            loyalty_id: membership.loyalty_id,
            merchant_type: None,
            logo: None,
            sharing: membership.sharing,
            extra_info: membership.extra_info,
            num_of_order_discounts_allowed: membership.num_of_order_discounts_allowed,
            entity_source: membership.entity_source,
            entity_source_id: membership.entity_source_id,
            staff: false,
            admin: false,
            active: !archived,
            archived,
            left: membership.standing.is_gone(),
            merged_into: membership.standing.merged_into(),
            named_as: None,
            deleted_at: membership.standing.since(),
            last_login: membership.last_login,
            created_at: membership.created_at,
            updated_at: membership.updated_at,
        }
    }
}

impl From<Person> for Consumer {
    fn from(person: Person) -> Self {
        Self {
            id: person.id,
            merchant: None,
            kind: person.kind,
            user_type: person.user_type,
            creator: None,
            profile: person.profile,
            verified: person.verified,
            loyalty_id: person.loyalty_id,
            merchant_type: person.merchant_type,
            logo: person.logo,
            sharing: None,
            extra_info: None,
            num_of_order_discounts_allowed: 0,
            entity_source: None,
            entity_source_id: None,
            staff: person.staff,
            admin: person.admin,
            active: person.active,
            archived: person.archived,
            left: false,
            merged_into: None,
            named_as: None,
            deleted_at: person.deleted_at,
            last_login: person.last_login,
            created_at: person.created_at,
            updated_at: person.updated_at,
        }
    }
}

impl Consumer {
    /// See [`Profile::address`].
    pub fn address(&self) -> Option<String> {
        self.profile.address()
    }
}

/// What a list of customers can be ordered by; pk unless told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConsumerSort {
    /// When the person became a customer.
    CreatedAt,
    /// When the membership changed last.
    UpdatedAt,
    /// The folded first name.
    Firstname,
    /// The folded last name.
    Lastname,
    /// The e-mail address's key; absent first.
    Email,
    /// The folded city; absent first.
    City,
    /// The last login; never counts as 1970.
    LastLogin,
}

impl SortField for ConsumerSort {
    const LIST: &'static str = "consumers";

    fn from_name(name: &str) -> Option<Self> {
        Self::all().iter().find(|field| field.name() == name).copied()
    }

    fn name(self) -> &'static str {
        match self {
            Self::CreatedAt => "createdAt",
            Self::UpdatedAt => "updatedAt",
            Self::Firstname => "firstname",
            Self::Lastname => "lastname",
            Self::Email => "email",
            Self::City => "city",
            Self::LastLogin => "lastLogin",
        }
    }

    fn kind(self) -> KeyKind {
        match self {
            Self::Firstname | Self::Lastname | Self::Email | Self::City => KeyKind::Text,
            Self::CreatedAt | Self::UpdatedAt | Self::LastLogin => KeyKind::Int,
        }
    }

    fn all() -> &'static [Self] {
        &[
            Self::CreatedAt,
            Self::UpdatedAt,
            Self::Firstname,
            Self::Lastname,
            Self::Email,
            Self::City,
            Self::LastLogin,
        ]
    }

    fn default_order() -> Order<Self> {
        Order { terms: Vec::new(), pk_descending: false }
    }
}

impl Keyed<ConsumerSort> for Consumer {
    fn sort_key(&self, field: ConsumerSort) -> SortKey {
        let text = |text: &str| SortKey::Text(text::fold(text));
        match field {
            ConsumerSort::CreatedAt => SortKey::Int(self.created_at.micros()),
            ConsumerSort::UpdatedAt => SortKey::Int(self.updated_at.micros()),
            ConsumerSort::Firstname => text(&self.profile.firstname),
            ConsumerSort::Lastname => text(&self.profile.lastname),
            ConsumerSort::Email => {
                let key = self.profile.email.as_ref().map(crate::EmailAddress::key);
                SortKey::Text(key.unwrap_or_default())
            }
            ConsumerSort::City => text(self.profile.city.as_deref().unwrap_or_default()),
            ConsumerSort::LastLogin => SortKey::Int(self.last_login.map_or(0, Timestamp::micros)),
        }
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}

/// Checks the filters of a list, as they came in. Needs [`Permission::ViewConsumer`], as the list does. A segment is
/// judged by the merchant's currency and its date of `now`.
pub fn filter<S: CustomerStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    mut arguments: FilterArguments,
    now: Timestamp,
) -> Result<ConsumerFilter, CustomerError> {
    let merchant = actor.require(Permission::ViewConsumer)?;
    let segment = arguments.segment.take();
    let mut filter = ConsumerFilter::parse(arguments)?;
    if let Some(segment) = segment {
        let merchant = regulars_merchant::merchant::get(tx, actor, merchant)?;
        let today = business_date(merchant.time_zone, NaiveTime::MIN, now);
        filter.segment = Some(Audience { segment, currency: merchant.currency, today });
    }
    Ok(filter)
}

/// A page of the asker's customers. Needs [`Permission::ViewConsumer`].
pub fn list(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    filter: &ConsumerFilter,
    page: &PageRequest<ConsumerSort>,
) -> Result<Page<Consumer>, CustomerError> {
    actor.require(Permission::ViewConsumer)?;
    Ok(tx.list_consumers(filter, page)?)
}

/// How many customers all pages of [`list`] have.
pub fn count(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    filter: &ConsumerFilter,
) -> Result<u64, CustomerError> {
    actor.require(Permission::ViewConsumer)?;
    Ok(tx.count_consumers(filter)?)
}

/// One customer: consumers get themselves, a merchant's people (with [`Permission::ViewConsumer`]) their merchant's
/// customers, archived ones included. The number of one who was merged means the other (rule 27).
pub fn get(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    id: PersonId,
) -> Result<Consumer, CustomerError> {
    let mut found = list_by_ids(tx, actor, &[id])?.pop();
    if let Some(into) = found.as_ref().and_then(|found| found.merged_into) {
        found = list_by_ids(tx, actor, &[into])?.pop();
    }
    found.ok_or(CustomerError::ConsumerNotFound)
}

/// The customers of those ids that the asker sees, in no order; the same reach as [`get`].
pub fn list_by_ids(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    ids: &[PersonId],
) -> Result<Vec<Consumer>, CustomerError> {
    if let Actor::Consumer { person } = actor {
        return if ids.contains(person) {
            Ok(tx.people(&[*person])?.into_iter().map(Consumer::from).collect())
        } else {
            Ok(Vec::new())
        };
    }
    actor.require(Permission::ViewConsumer)?;
    Ok(tx.consumers(ids)?)
}

/// The cards of each of the customers, oldest first. Consumers have none to see: cards are a merchant's own records.
pub fn cards(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    ids: &[PersonId],
) -> Result<Vec<(PersonId, Vec<CardNumber>)>, CustomerError> {
    if actor.require_consumer().is_ok() {
        return Ok(Vec::new());
    }
    actor.require(Permission::ViewConsumer)?;
    Ok(tx.cards_per_consumer(ids)?)
}

/// The account of whoever asks; none for callers who are nobody.
pub fn me(tx: &mut impl CustomerStore, actor: &Actor) -> Result<Option<Consumer>, CustomerError> {
    let Some(person) = actor.person() else {
        return Ok(None);
    };
    Ok(tx.people(&[person])?.pop().map(Consumer::from))
}

/// The accounts among those ids that the asker sees, in no order: a merchant's people see its founder and staff (who
/// `creator` and `waiter` name), platform staff see all, consumers themselves.
///
/// Who works for the same merchant is known by name and picture; how a colleague is reached, where they live and when
/// they logged in is shown to themselves and to whoever may change staff.
pub fn accounts(
    tx: &mut impl CustomerStore,
    actor: &Actor,
    ids: &[PersonId],
) -> Result<Vec<Consumer>, CustomerError> {
    actor.require_known()?;
    let accounts = tx.people(ids)?.into_iter().map(Consumer::from);
    let sees_all = match actor {
        Actor::Staff { permissions, .. } | Actor::App { permissions, .. } => {
            permissions.contains(Permission::ChangeStaff)
        }
        _ => true,
    };
    let shown = |account: Consumer| {
        let own = actor.person() == Some(account.id);
        if sees_all || own { account } else { as_colleague(account) }
    };
    Ok(accounts.map(shown).collect())
}

/// What colleagues see of each other.
fn as_colleague(account: Consumer) -> Consumer {
    let Profile { firstname, lastname, picture, .. } = account.profile;
    Consumer {
        profile: Profile { firstname, lastname, picture, ..Profile::default() },
        verified: false,
        loyalty_id: None,
        last_login: None,
        ..account
    }
}
