//! Loyalty cards: programs of points or of stamps.

pub mod change;
pub mod program;

use regulars_kernel::{
    Actor, Currency, LoyaltyCardId, MerchantId, Page, PageRequest, ProductId, StoreGroupId,
    StoreId, Timestamp, Violations,
    page::{KeyKind, Keyed, Order, SortField, SortKey},
    text::{MAX_CHARS, clean, fold},
};
use regulars_merchant::Archived;
use regulars_promotion::{Status, Terms};

use crate::{LoyaltyError, LoyaltyStore, Program};

/// A loyalty card: a program that customers enrol in.
#[derive(Clone, Debug, PartialEq)]
pub struct LoyaltyCard {
    /// The key.
    pub id: LoyaltyCardId,
    /// Whose it is.
    pub merchant: MerchantId,
    /// What people call it.
    pub name: String,
    /// A line about it.
    pub short_description: Option<String>,
    /// All about it.
    pub long_description: Option<String>,
    /// The small print.
    pub terms_and_conditions: Option<String>,
    /// Where a shop front shows it.
    pub placement: Option<String>,
    /// What it counts in; sales in another currency earn nothing (rule 14).
    pub currency: Currency,
    /// What it collects.
    pub program: Program,
    /// How many days a code lives (rule 21).
    pub redemption_expiration_days: Option<i32>,
    /// Where, when, to whom and how often.
    pub terms: Terms,
    /// The products it is about, by ascending id; none: all.
    pub products: Vec<ProductId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl LoyaltyCard {
    /// What an asker sees of it: what a merchant notes of a card is not for consumers.
    #[must_use]
    pub fn shown_to(mut self, actor: &Actor) -> Self {
        if actor.require_consumer().is_ok() {
            self.terms.extra_info = None;
        }
        self
    }

    /// A card about everything that refuses nobody ([`Terms::open`]), of which no more is known.
    pub fn new(
        id: LoyaltyCardId,
        merchant: MerchantId,
        name: &str,
        currency: Currency,
        program: Program,
        now: Timestamp,
    ) -> Self {
        Self {
            id,
            merchant,
            name: name.to_owned(),
            short_description: None,
            long_description: None,
            terms_and_conditions: None,
            placement: None,
            currency,
            program,
            redemption_expiration_days: None,
            terms: Terms::open(),
            products: Vec::new(),
            created_at: now,
            updated_at: now,
        }
    }
}

/// Which cards. Absent is no filter; so is an empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LoyaltyCardFilter {
    /// Exactly this name.
    pub name: Option<String>,
    /// This within the name, whatever the case.
    pub name_icontains: Option<String>,
    /// In this state.
    pub status: Option<Status>,
    /// Of this kind: one of [`Program::TYPES`].
    pub loyalty_type: Option<String>,
    /// Of this merchant.
    pub merchant: Option<MerchantId>,
    /// Those that run in this store.
    pub store: Option<StoreId>,
    /// In use, archived, or both.
    pub archived: Archived,
}

impl LoyaltyCardFilter {
    /// The same filter without what filters nothing: empty texts, and spaces around them. Refuses control characters and
    /// over-long texts.
    pub fn checked(mut self) -> Result<Self, Violations> {
        let mut wrong = Violations::new();
        for (argument, text) in [
            ("name", &mut self.name),
            ("name_Icontains", &mut self.name_icontains),
            ("loyaltyType", &mut self.loyalty_type),
        ] {
            if let Some(typed) = text.take() {
                *text = wrong.check(argument, clean(&typed, MAX_CHARS)).flatten();
            }
        }
        wrong.into_result()?;
        Ok(self)
    }

    /// Whether a card passes, given the merchant and the groups of [`Self::store`] (`None`: no such store). What a port
    /// answers is defined by this.
    pub fn admits(&self, card: &LoyaltyCard, place: Option<(MerchantId, &[StoreGroupId])>) -> bool {
        let in_store = |store: StoreId| {
            place.is_some_and(|(merchant, groups)| {
                card.merchant == merchant && card.terms.places.include(Some(store), groups)
            })
        };
        let kind = card.program.type_name();
        self.name.as_ref().is_none_or(|name| *name == card.name)
            && self
                .name_icontains
                .as_deref()
                .is_none_or(|term| fold(&card.name).contains(&fold(term)))
            && self.status.is_none_or(|status| status == card.terms.status)
            && self.loyalty_type.as_deref().is_none_or(|wanted| wanted == kind)
            && self.merchant.is_none_or(|merchant| merchant == card.merchant)
            && self.store.is_none_or(in_store)
            && self.archived.admits(card.terms.archived)
    }
}

/// What a list of cards can be ordered by, beside the pk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LoyaltyCardSort {
    /// By name, whatever the case.
    Name,
    /// By the instant it begins; one without such an instant comes first.
    StartTime,
    /// By the instant it was made.
    CreatedAt,
}

impl SortField for LoyaltyCardSort {
    const LIST: &'static str = "loyaltyCards";

    fn from_name(name: &str) -> Option<Self> {
        Self::all().iter().copied().find(|field| field.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::StartTime => "startTime",
            Self::CreatedAt => "createdAt",
        }
    }

    fn kind(self) -> KeyKind {
        match self {
            Self::Name => KeyKind::Text,
            Self::StartTime | Self::CreatedAt => KeyKind::Int,
        }
    }

    fn all() -> &'static [Self] {
        &[Self::Name, Self::StartTime, Self::CreatedAt]
    }

    fn default_order() -> Order<Self> {
        Order { terms: Vec::new(), pk_descending: false }
    }
}

impl Keyed<LoyaltyCardSort> for LoyaltyCard {
    fn sort_key(&self, field: LoyaltyCardSort) -> SortKey {
        match field {
            LoyaltyCardSort::Name => SortKey::Text(fold(&self.name)),
            LoyaltyCardSort::StartTime => {
                SortKey::Int(self.terms.start_time.map_or(i64::MIN, Timestamp::micros))
            }
            LoyaltyCardSort::CreatedAt => SortKey::Int(self.created_at.micros()),
        }
    }

    fn pk(&self) -> i64 {
        self.id.get()
    }
}

/// A page of the cards that the asker lists.
pub fn list(
    tx: &mut impl LoyaltyStore,
    actor: &Actor,
    filter: LoyaltyCardFilter,
    page: &PageRequest<LoyaltyCardSort>,
) -> Result<Page<LoyaltyCard>, LoyaltyError> {
    actor.require_lister()?;
    let page = tx.list_loyalty_cards(&filter.checked()?, page)?;
    Ok(page.map(|card| card.shown_to(actor)))
}

/// How many cards [`list`] has on all its pages.
pub fn count(
    tx: &mut impl LoyaltyStore,
    actor: &Actor,
    filter: LoyaltyCardFilter,
) -> Result<u64, LoyaltyError> {
    actor.require_lister()?;
    Ok(tx.count_loyalty_cards(&filter.checked()?)?)
}

/// The cards of those ids that the asker sees, in no order: their own merchant's for a merchant's people; for consumers
/// the live ones of any merchant, and those published by merchants they joined (their accounts name them); all for
/// platform staff.
pub fn list_by_ids(
    tx: &mut impl LoyaltyStore,
    actor: &Actor,
    ids: &[LoyaltyCardId],
) -> Result<Vec<LoyaltyCard>, LoyaltyError> {
    actor.require_known()?;
    Ok(tx.loyalty_cards(ids)?.into_iter().map(|card| card.shown_to(actor)).collect())
}

/// One card. A consumer gets live ones alone, of any merchant.
pub fn get(
    tx: &mut impl LoyaltyStore,
    actor: &Actor,
    id: LoyaltyCardId,
) -> Result<LoyaltyCard, LoyaltyError> {
    let card = list_by_ids(tx, actor, &[id])?.pop().ok_or(LoyaltyError::LoyaltyCardNotFound)?;
    let hidden = matches!(actor, Actor::Consumer { .. }) && !card.terms.is_live();
    if hidden { Err(LoyaltyError::LoyaltyCardNotFound) } else { Ok(card) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_surrounds_a_text_is_no_part_of_the_filter_and_blank_is_none() {
        let typed = |text: &str| LoyaltyCardFilter {
            name: Some(text.to_owned()),
            name_icontains: Some(text.to_owned()),
            loyalty_type: Some(text.to_owned()),
            ..LoyaltyCardFilter::default()
        };
        for blank in ["", " ", "\t\n"] {
            assert_eq!(typed(blank).checked().unwrap(), LoyaltyCardFilter::default());
        }
        assert_eq!(typed(" a\n").checked().unwrap(), typed("a"));
        assert_eq!(typed("a\nb").checked().unwrap_err().iter().count(), 3);
    }
}
