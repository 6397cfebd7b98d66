//! A membership: what one merchant has of one person (rule 1).

use regulars_kernel::{MerchantId, PersonId, Rule, Timestamp, text};
use regulars_merchant::EntitySource;

use crate::{
    Change, ExtraInfo,
    card::CardNumber,
    choice::Sharing,
    loyalty_id::LoyaltyId,
    person::{Kind, Person},
    profile::Profile,
    search::{SearchText, cards_text, phone_text},
};

/// Whether a membership counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Live,
    /// The merchant archived it; a sale, or the person joining, revives it.
    Archived(Timestamp),
    /// The person left; only they come back (rule 7).
    Left(Timestamp),
    /// It was erased: nothing of the person is left in it, and the books that hang on it stay (rule 30). A registered person
    /// comes back by joining, as one who left; a managed customer never does.
    Erased(Timestamp),
    /// It was merged into another customer of the merchant's, by whom everything that names this one is meant (rule 27). Always
    /// the one at the end, however many merges led there.
    Merged(PersonId, Timestamp),
}

impl Standing {
    /// Whether it is hidden from lists that do not ask for archived rows.
    pub const fn is_archived(self) -> bool {
        !matches!(self, Self::Live)
    }

    /// Whether the merchant has no hold on the person any more: nobody but themselves brings them back.
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::Left(_) | Self::Erased(_))
    }

    /// What it becomes where a merchant says whether it is archived; said again it keeps its time. Who left comes back by
    /// themselves alone (rule 7): false is refused then.
    pub(crate) fn changed(self, archived: &Change<bool>, now: Timestamp) -> Result<Self, Rule> {
        let archived = match archived {
            Change::Keep => return Ok(self),
            Change::Clear => false,
            Change::Set(archived) => *archived,
        };
        match self {
            Self::Live if archived => Ok(Self::Archived(now)),
            Self::Archived(_) if !archived => Ok(Self::Live),
            Self::Left(_) | Self::Erased(_) if !archived => {
                let sentence =
                    "This customer left. Only they themselves can come back, by joining again.";
                Err(Rule::Invalid(sentence.to_owned()))
            }
            Self::Merged(into, _) if !archived => {
                let sentence = format!(
                    "This customer was merged into customer {into}: change that one, or undo the merge \
                     (unmergeConsumers)."
                );
                Err(Rule::Invalid(sentence))
            }
            same => Ok(same),
        }
    }

    /// The customer by whom it is meant, where it was merged.
    pub const fn merged_into(self) -> Option<PersonId> {
        match self {
            Self::Merged(into, _) => Some(into),
            Self::Live | Self::Archived(_) | Self::Left(_) | Self::Erased(_) => None,
        }
    }

    /// Since when it has been archived, gone or merged.
    pub const fn since(self) -> Option<Timestamp> {
        match self {
            Self::Live => None,
            Self::Archived(at) | Self::Left(at) | Self::Erased(at) | Self::Merged(_, at) => {
                Some(at)
            }
        }
    }
}

/// What a merchant has of a person. Everything that a customer owns at a merchant hangs on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Membership {
    /// The merchant.
    pub merchant: MerchantId,
    /// The person.
    pub person: PersonId,
    /// Who keeps the profile.
    pub kind: Kind,
    /// How much of a registered person's account is shown; none for managed people.
    pub sharing: Option<Sharing>,
    /// The person's loyalty id; none once they left.
    pub loyalty_id: Option<LoyaltyId>,
    /// The merchant's own profile of a managed person, or the copy of what sharing shows of a registered one.
    pub profile: Profile,
    /// Whether the e-mail address that is shown was proved.
    pub verified: bool,
    /// The merchant's own card numbers of the person, oldest first.
    pub cards: Vec<CardNumber>,
    /// Fields of the merchant's own.
    pub extra_info: Option<ExtraInfo>,
    /// How many discounts an order of this person may have; 0 is the merchant's own number. Never negative.
    pub num_of_order_discounts_allowed: i32,
    /// The system that the record came from; none where it was made here.
    pub entity_source: Option<EntitySource>,
    /// Its id there; the pair is unique per merchant.
    pub entity_source_id: Option<String>,
    /// Whether it counts.
    pub standing: Standing,
    /// The person's last login, copied without moving `updated_at`; none once they left.
    pub last_login: Option<Timestamp>,
    /// When the person became this merchant's customer.
    pub created_at: Timestamp,
    /// When anything that the merchant can see changed.
    pub updated_at: Timestamp,
}

impl Membership {
    /// A registered person's first membership at a merchant.
    pub fn of_account(
        account: &Person,
        merchant: MerchantId,
        sharing: Sharing,
        now: Timestamp,
    ) -> Self {
        let mut membership = Self {
            merchant,
            person: account.id,
            kind: Kind::Registered,
            sharing: Some(sharing),
            loyalty_id: None,
            profile: Profile::default(),
            verified: false,
            cards: Vec::new(),
            extra_info: None,
            num_of_order_discounts_allowed: 0,
            entity_source: None,
            entity_source_id: None,
            standing: Standing::Live,
            last_login: None,
            created_at: now,
            updated_at: now,
        };
        membership.copy(account);
        membership
    }

    /// The account that keeps a managed customer: the merchant's founder.
    pub const fn creator(&self) -> Option<PersonId> {
        match self.kind {
            Kind::Managed => Some(self.merchant.founder()),
            Kind::Registered => None,
        }
    }

    /// Brings the copy of a registered person's account up to exactly what sharing shows (rule 7): all of it, the name and
    /// city, or after leaving nothing.
    pub fn copy(&mut self, account: &Person) {
        let Some(sharing) = self.sharing else {
            return;
        };
        if self.standing.is_gone() {
            self.loyalty_id = None;
            self.profile = Profile::default();
            self.verified = false;
            self.last_login = None;
        } else {
            self.loyalty_id.clone_from(&account.loyalty_id);
            self.profile = account.profile.shown(sharing);
            self.verified = account.verified && self.profile.email.is_some();
            self.last_login = account.last_login;
        }
    }

    /// The same membership with nothing of the person in it, and how many values went (rule 30). Its number, its kind and
    /// since when it is there stay: the books name it.
    #[must_use]
    pub fn erased(self, now: Timestamp) -> (Self, u64) {
        let given = [
            self.loyalty_id.is_some(),
            self.extra_info.is_some(),
            self.entity_source_id.is_some(),
            self.last_login.is_some(),
            self.num_of_order_discounts_allowed != 0,
        ];
        let given = given.into_iter().filter(|given| *given).count();
        let values = self.profile.filled().saturating_add(u64::try_from(given).unwrap_or(u64::MAX));
        let empty = Self {
            merchant: self.merchant,
            person: self.person,
            kind: self.kind,
            sharing: self.sharing,
            loyalty_id: None,
            profile: Profile::default(),
            verified: false,
            cards: Vec::new(),
            extra_info: None,
            num_of_order_discounts_allowed: 0,
            entity_source: None,
            entity_source_id: None,
            standing: Standing::Erased(now),
            last_login: None,
            created_at: self.created_at,
            updated_at: now,
        };
        (empty, values)
    }

    /// What searches look through.
    pub fn search_text(&self) -> SearchText {
        let profile = &self.profile;
        SearchText {
            firstname: text::fold(&profile.firstname),
            lastname: text::fold(&profile.lastname),
            city: text::fold(profile.city.as_deref().unwrap_or_default()),
            email: profile.email.as_ref().map(crate::EmailAddress::key).unwrap_or_default(),
            phone: profile.phone_number.as_ref().map(phone_text).unwrap_or_default(),
            loyalty_id: self.loyalty_id.clone().map(LoyaltyId::into_string).unwrap_or_default(),
            cards: cards_text(&self.cards),
        }
    }
}
