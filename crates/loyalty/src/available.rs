//! Which promotions are available to a customer (rules 6, 8, 26 and 32): facts are loaded in a fixed number of statements,
//! decided in memory and cut into pages there, because what is available has no order that an index knows.

use std::collections::BTreeMap;

use chrono::NaiveTime;
use regulars_customer::{
    CustomerStore, Identified, Identifier, Kind, LoyaltyId, Membership, Profile, Sharing, Standing,
    Stranger,
    identity::identify,
    segment::{Needs, SegmentFacts},
};
use regulars_kernel::{
    Actor, LoyaltyCardId, MerchantId, OfferId, PersonId, Rule, StoreAccess, StoreId, Timestamp,
    Violations,
    page::{KeyKind, Keyed, Order, SortField, SortKey, Term},
    text::fold,
};
use regulars_merchant::{Merchant, MerchantStore, business_date};
use regulars_promotion::{Eligibility, Facts, Offer, Place, PromotionStore, Terms, Uses, decide};

use crate::{LoyaltyCard, LoyaltyError, LoyaltyStore, OwnUses};

/// The most offers, and the most cards, of one merchant that are looked at.
pub const MAX_PER_MERCHANT: u16 = 1_000;
/// The most merchants that are looked at, where a consumer names no store.
pub const MAX_MERCHANTS: usize = 50;

/// Which promotion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PromotionId {
    /// An offer.
    Offer(OfferId),
    /// A loyalty card.
    Card(LoyaltyCardId),
}

impl PromotionId {
    /// The key in a list of both. Offers and cards have sequences of their own: doubled, and cards raised by one, no two
    /// are equal.
    pub const fn rank(self) -> i64 {
        match self {
            Self::Offer(id) => id.get().saturating_mul(2),
            Self::Card(id) => id.get().saturating_mul(2).saturating_add(1),
        }
    }

    /// The key that such a list is ordered by ([`AvailableSort`]), given what else it can be ordered by.
    pub fn sort_key(
        self,
        field: AvailableSort,
        name: &str,
        start_time: Option<Timestamp>,
    ) -> SortKey {
        match field {
            AvailableSort::Kind => SortKey::Int(match self {
                Self::Offer(_) => 0,
                Self::Card(_) => 1,
            }),
            AvailableSort::Name => SortKey::Text(fold(name)),
            AvailableSort::StartTime => {
                SortKey::Int(start_time.map_or(i64::MIN, Timestamp::micros))
            }
        }
    }
}

/// An offer or a loyalty card.
#[derive(Clone, Debug, PartialEq)]
pub enum Promotion {
    /// An offer.
    Offer(Offer),
    /// A loyalty card.
    Card(LoyaltyCard),
}

impl Promotion {
    /// Whether it is for customers who are known alone: it is meant for some, or counts what each has used.
    pub const fn needs_customer(&self) -> bool {
        let terms = self.terms();
        terms.target.is_some() || !terms.repeatable || terms.repeat_delay_hours.is_some()
    }

    /// Which one.
    pub const fn id(&self) -> PromotionId {
        match self {
            Self::Offer(offer) => PromotionId::Offer(offer.id),
            Self::Card(card) => PromotionId::Card(card.id),
        }
    }

    /// Whose it is.
    pub const fn merchant(&self) -> MerchantId {
        match self {
            Self::Offer(offer) => offer.merchant,
            Self::Card(card) => card.merchant,
        }
    }

    /// What people call it.
    pub fn name(&self) -> &str {
        match self {
            Self::Offer(offer) => &offer.name,
            Self::Card(card) => &card.name,
        }
    }

    /// Where, when, to whom and how often.
    pub const fn terms(&self) -> &Terms {
        match self {
            Self::Offer(offer) => &offer.terms,
            Self::Card(card) => &card.terms,
        }
    }

    fn shown_to(self, actor: &Actor) -> Self {
        match self {
            Self::Offer(offer) => Self::Offer(offer.shown_to(actor)),
            Self::Card(card) => Self::Card(card.shown_to(actor)),
        }
    }

    fn eligibility(&self, facts: &Facts<'_>) -> Eligibility {
        match self {
            Self::Offer(offer) => offer.eligibility(facts),
            Self::Card(card) => decide(&card.terms, facts),
        }
    }
}

/// A promotion and what was decided about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Available {
    /// The promotion.
    pub promotion: Promotion,
    /// The decision: available, or why not.
    pub eligibility: Eligibility,
}

/// What a list of available promotions can be ordered by. Offers come first unless told, then cards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AvailableSort {
    /// Offers before cards.
    Kind,
    /// By name, whatever the case.
    Name,
    /// By the instant it begins; one without such an instant comes first.
    StartTime,
}

impl SortField for AvailableSort {
    const LIST: &'static str = "consumerAvailablePromotions";

    fn from_name(name: &str) -> Option<Self> {
        Self::all().iter().copied().find(|field| field.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Kind => "kind",
            Self::Name => "name",
            Self::StartTime => "startTime",
        }
    }

    fn kind(self) -> KeyKind {
        match self {
            Self::Name => KeyKind::Text,
            Self::Kind | Self::StartTime => KeyKind::Int,
        }
    }

    fn all() -> &'static [Self] {
        &[Self::Kind, Self::Name, Self::StartTime]
    }

    fn default_order() -> Order<Self> {
        let by_kind = Term { field: Self::Kind, descending: false };
        Order { terms: vec![by_kind], pk_descending: false }
    }
}

impl Keyed<AvailableSort> for Available {
    fn sort_key(&self, field: AvailableSort) -> SortKey {
        let promotion = &self.promotion;
        promotion.id().sort_key(field, promotion.name(), promotion.terms().start_time)
    }

    fn pk(&self) -> i64 {
        self.promotion.id().rank()
    }
}

/// What is asked.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// About whom; a consumer who names nobody means themselves.
    pub who: Identifier,
    /// In which store; none: in any of the asker's (rule 26).
    pub store: Option<StoreId>,
    /// When; none: now.
    pub at: Option<Timestamp>,
    /// Whether what is not available is listed too, with the reasons.
    pub include_unavailable: bool,
}

/// The promotions of a question: for a merchant's people those of their merchant, for consumers those of the store's
/// merchant, joined or not, or of every merchant they joined. Offers by pk, then cards by pk, archived ones left out.
///
/// Who may be asked about, and what is refused, says [`identify`]. Someone who has not joined is judged as a newcomer: by
/// what rule 6 shows of them, by what they redeemed here if they once were a customer, and by nothing else.
///
/// # Errors
/// A store that the asker may not act in, or does not see, is [`LoyaltyError::StoreNotFound`]. What would be too much to
/// look at is refused rather than answered in part: more than [`MAX_PER_MERCHANT`] offers or cards of one merchant (only
/// those in force at the instant count, unless all are asked for), and more than [`MAX_MERCHANTS`] merchants.
pub fn promotions<S>(
    tx: &mut S,
    actor: &Actor,
    question: &Question,
    now: Timestamp,
) -> Result<Vec<Available>, LoyaltyError>
where
    S: LoyaltyStore + PromotionStore + CustomerStore + MerchantStore,
{
    let who = identify(tx, actor, &question.who)?;
    promotions_for(tx, actor, &who, question, now)
}

/// The same for somebody who was identified already, in the same transaction, whatever identifiers the question has.
///
/// # Errors
/// As of [`promotions`].
pub fn promotions_for<S>(
    tx: &mut S,
    actor: &Actor,
    who: &Identified,
    question: &Question,
    now: Timestamp,
) -> Result<Vec<Available>, LoyaltyError>
where
    S: LoyaltyStore + PromotionStore + CustomerStore + MerchantStore,
{
    let at = question.at.unwrap_or(now);
    let within = reach(tx, actor, question.store)?;
    let memberships = tx.memberships_of(who.person())?;
    let merchants = match within.merchant {
        Some(merchant) => vec![merchant],
        None => joined(&memberships),
    };
    if merchants.len() > MAX_MERCHANTS {
        let sentence =
            format!("You are a customer of more than {MAX_MERCHANTS} merchants: name a store.");
        return Err(Violations::of("storeId", Rule::Invalid(sentence)).into());
    }
    let promotions = load(tx, &merchants, (!question.include_unavailable).then_some(at))?;
    let merchants = tx.merchants(&merchants)?;
    let places = places(tx, &merchants, &within.stores)?;
    let customers = customers(tx, who, memberships, &merchants, &promotions, at)?;
    let uses = Usage::load(tx, who.person(), &merchants, &promotions, now)?;
    let nowhere = Vec::new();
    let decide = |promotion: Promotion| {
        let merchant = promotion.merchant();
        let facts = Facts {
            at,
            places: places.get(&merchant).unwrap_or(&nowhere),
            uses: uses.of(promotion.id()),
            customer: customers.get(&merchant)?,
        };
        let eligibility = promotion.eligibility(&facts);
        Some(Available { promotion: promotion.shown_to(actor), eligibility })
    };
    let decided = promotions.into_iter().filter_map(decide);
    let wanted = |one: &Available| question.include_unavailable || one.eligibility.available();
    Ok(decided.filter(wanted).collect())
}

/// The decision about one promotion of a merchant in one place: of somebody, or of nobody in particular, of whom segments and
/// customers' own limits are not asked. Its row is locked by the caller where the answer is acted upon.
pub(crate) fn judge<S: LoyaltyStore + ?Sized>(
    tx: &mut S,
    promotion: &Promotion,
    (merchant, place): (&Merchant, &Place),
    member: Option<&Membership>,
    (at, now): (Timestamp, Timestamp),
) -> Result<Eligibility, LoyaltyError> {
    let today = business_date(merchant.time_zone, NaiveTime::MIN, at);
    let terms = promotion.terms();
    let known = member.cloned().unwrap_or_else(|| nobody(merchant.id, at));
    let mut customer = [SegmentFacts::of(known, merchant.currency, today)];
    let needs = terms.target.as_ref().map(|target| target.segment().needs()).unwrap_or_default();
    if member.is_some() && !needs.is_nothing() {
        tx.complete_facts(&mut customer, needs)?;
    }
    let [customer] = customer;
    let mut uses = Uses::default();
    if terms.enrollment_limit.is_some() {
        let total = tx.total_uses(&[promotion.id()], now)?;
        uses.total = total.first().map_or(0, |(_, total)| *total);
    }
    if let Some(member) = member {
        let own = tx.own_uses(member.person, &[merchant.id], now)?;
        if let Some((_, own)) = own.into_iter().find(|(id, _)| *id == promotion.id()) {
            uses.own = own.count;
            uses.last = Some(own.last);
        }
    }
    let places = std::slice::from_ref(place);
    Ok(promotion.eligibility(&Facts { at, places, uses, customer: &customer }))
}

/// Who is nobody in particular.
fn nobody(merchant: MerchantId, at: Timestamp) -> Membership {
    let stranger = Stranger {
        id: PersonId::new(0),
        loyalty_id: LoyaltyId::from_entropy(0),
        firstname: String::new(),
        city: None,
    };
    Membership { loyalty_id: None, ..newcomer(&Identified::Newcomer(stranger), merchant, at) }
}

/// Where is asked.
struct Reach {
    /// At this merchant; none: at all that the consumer joined.
    merchant: Option<MerchantId>,
    /// In these stores.
    stores: StoreAccess,
}

fn reach(
    tx: &mut impl MerchantStore,
    actor: &Actor,
    store: Option<StoreId>,
) -> Result<Reach, LoyaltyError> {
    let access = actor.stores().cloned().unwrap_or(StoreAccess::All);
    let Some(store) = store else {
        return Ok(Reach { merchant: actor.merchant(), stores: access });
    };
    let found = regulars_merchant::store::list_by_ids(tx, actor, &[store])?.pop();
    let found = found.filter(|found| access.includes(found.id) && found.is_live());
    let found = found.ok_or(LoyaltyError::StoreNotFound)?;
    Ok(Reach { merchant: Some(found.merchant), stores: StoreAccess::Only(vec![found.id]) })
}

fn joined(memberships: &[Membership]) -> Vec<MerchantId> {
    let live = memberships.iter().filter(|member| member.standing == Standing::Live);
    live.map(|member| member.merchant).collect()
}

/// Offers by pk, then cards by pk.
fn load(
    tx: &mut (impl LoyaltyStore + PromotionStore),
    merchants: &[MerchantId],
    running_at: Option<Timestamp>,
) -> Result<Vec<Promotion>, LoyaltyError> {
    // One more than is looked at tells that there are more.
    let most = MAX_PER_MERCHANT.saturating_add(1);
    let offers = tx.offers_per_merchant(merchants, running_at, most)?;
    let cards = tx.loyalty_cards_per_merchant(merchants, running_at, most)?;
    if crowded(offers.iter().map(|offer| offer.merchant))
        || crowded(cards.iter().map(|card| card.merchant))
    {
        let wrong = if running_at.is_none() {
            let sentence = format!(
                "There are more than {MAX_PER_MERCHANT} offers or loyalty cards: ask for the available ones alone, \
                 or archive what is over."
            );
            Violations::of("includeUnavailable", Rule::Invalid(sentence))
        } else {
            let sentence = format!(
                "More than {MAX_PER_MERCHANT} offers or loyalty cards are in force: end or archive what is over."
            );
            Violations::of_input(Rule::Invalid(sentence))
        };
        return Err(wrong.into());
    }
    let offers = offers.into_iter().map(Promotion::Offer);
    Ok(offers.chain(cards.into_iter().map(Promotion::Card)).collect())
}

/// Whether some merchant has more than are looked at.
fn crowded(mut owners: impl Iterator<Item = MerchantId>) -> bool {
    let mut counts: BTreeMap<MerchantId, u16> = BTreeMap::new();
    owners.any(|merchant| {
        let count = counts.entry(merchant).or_default();
        *count = count.saturating_add(1);
        *count > MAX_PER_MERCHANT
    })
}

/// The places asked about, by merchant. A merchant who has not put a store down yet sells all the same: by their own
/// clock.
fn places(
    tx: &mut impl PromotionStore,
    merchants: &[Merchant],
    within: &StoreAccess,
) -> Result<BTreeMap<MerchantId, Vec<Place>>, LoyaltyError> {
    let ids: Vec<_> = merchants.iter().map(|merchant| merchant.id).collect();
    let mut places: BTreeMap<MerchantId, Vec<Place>> = BTreeMap::new();
    for (merchant, place) in tx.places_per_merchant(&ids, within)? {
        places.entry(merchant).or_default().push(place);
    }
    if *within == StoreAccess::All {
        for merchant in merchants {
            let anywhere = Place {
                store: None,
                groups: Vec::new(),
                zone: merchant.time_zone,
                day_starts_at: NaiveTime::MIN,
            };
            places.entry(merchant.id).or_insert_with(|| vec![anywhere]);
        }
    }
    Ok(places)
}

/// The customer as the segments of each merchant see them. What they own is loaded only as far as some segment asks.
fn customers(
    tx: &mut impl LoyaltyStore,
    who: &Identified,
    memberships: Vec<Membership>,
    merchants: &[Merchant],
    promotions: &[Promotion],
    at: Timestamp,
) -> Result<BTreeMap<MerchantId, SegmentFacts>, LoyaltyError> {
    let mut known: BTreeMap<MerchantId, Membership> =
        memberships.into_iter().map(|member| (member.merchant, member)).collect();
    let (mut members, mut newcomers) = (Vec::new(), Vec::new());
    for merchant in merchants {
        let today = business_date(merchant.time_zone, NaiveTime::MIN, at);
        let facts = |member| SegmentFacts::of(member, merchant.currency, today);
        let member = known.remove(&merchant.id);
        match member.filter(|member| !member.standing.is_gone()) {
            Some(member) => members.push(facts(member)),
            None => newcomers.push(facts(newcomer(who, merchant.id, at))),
        }
    }
    let segments = promotions.iter().filter_map(|promotion| promotion.terms().target.as_ref());
    let needs = segments.map(|target| target.segment().needs()).fold(Needs::default(), Needs::and);
    if !needs.is_nothing() && !members.is_empty() {
        tx.complete_facts(&mut members, needs)?;
    }
    let all = members.into_iter().chain(newcomers);
    Ok(all.map(|facts| (facts.membership.merchant, facts)).collect())
}

/// Someone who has not joined, or left: what rule 6 shows of them, whoever asks, as a membership that begins now.
fn newcomer(who: &Identified, merchant: MerchantId, at: Timestamp) -> Membership {
    let (person, loyalty_id, firstname, city) = match who {
        Identified::Newcomer(Stranger { id, loyalty_id, firstname, city }) => {
            (*id, Some(loyalty_id.clone()), firstname.clone(), city.clone())
        }
        Identified::Member(consumer) | Identified::Oneself(consumer) => {
            let profile = &consumer.profile;
            let city = profile.city.clone();
            (consumer.id, consumer.loyalty_id.clone(), profile.firstname.clone(), city)
        }
    };
    Membership {
        merchant,
        person,
        kind: Kind::Registered,
        sharing: Some(Sharing::Name),
        loyalty_id,
        profile: Profile { firstname, city, ..Profile::default() },
        verified: false,
        cards: Vec::new(),
        extra_info: None,
        num_of_order_discounts_allowed: 0,
        entity_source: None,
        entity_source_id: None,
        standing: Standing::Live,
        last_login: None,
        created_at: at,
        updated_at: at,
    }
}

/// How often the promotions were redeemed.
struct Usage {
    total: BTreeMap<PromotionId, i64>,
    own: BTreeMap<PromotionId, OwnUses>,
}

impl Usage {
    /// Totals are counted for promotions with a limit alone: the others may have been redeemed a million times.
    fn load(
        tx: &mut impl LoyaltyStore,
        person: PersonId,
        merchants: &[Merchant],
        promotions: &[Promotion],
        now: Timestamp,
    ) -> Result<Self, LoyaltyError> {
        let limited = promotions.iter().filter(|one| one.terms().enrollment_limit.is_some());
        let limited: Vec<_> = limited.map(Promotion::id).collect();
        let total = if limited.is_empty() { Vec::new() } else { tx.total_uses(&limited, now)? };
        let merchants: Vec<_> = merchants.iter().map(|merchant| merchant.id).collect();
        let own = tx.own_uses(person, &merchants, now)?;
        Ok(Self { total: total.into_iter().collect(), own: own.into_iter().collect() })
    }

    fn of(&self, promotion: PromotionId) -> Uses {
        let own = self.own.get(&promotion);
        Uses {
            total: self.total.get(&promotion).copied().unwrap_or_default(),
            own: own.map_or(0, |own| own.count),
            last: own.map(|own| own.last),
        }
    }
}

#[cfg(test)]
mod tests;
