//! When and where something runs, judged together: within its window, on its days, in its stores and within its campaign
//! there has to be an instant at which somebody could use it.

use std::collections::BTreeSet;

use chrono::NaiveTime;
use regulars_kernel::{
    Actor, Denied, MerchantId, Rule, StoreAccess, StoreGroupId, StoreId, Timestamp, Violations,
};
use regulars_merchant::{
    Hours, Merchant, MerchantStore, Store, Tz, Weekdays, schedule::is_open_within,
};

use super::{Places, Terms};
use crate::{Campaign, PromotionError, PromotionStore};

/// What terms are judged in.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// Whose they are.
    pub merchant: &'a Merchant,
    /// The campaign that narrows them afterwards.
    pub campaign: Option<&'a Campaign>,
    /// Whether that is another one than before.
    pub is_moved: bool,
    /// What the API calls start and end.
    pub window: [&'static str; 2],
    /// The moment.
    pub now: Timestamp,
}

impl<'a> Setting<'a> {
    /// The setting of terms that no campaign narrows.
    pub const fn of(merchant: &'a Merchant, now: Timestamp) -> Self {
        let window = ["startTime", "endTime"];
        Self { merchant, campaign: None, is_moved: false, window, now }
    }
}

/// When and where something runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run<'a> {
    pub(crate) start: Option<Timestamp>,
    pub(crate) end: Option<Timestamp>,
    pub(crate) weekdays: Weekdays,
    pub(crate) hours: Option<Hours>,
    pub(crate) places: &'a Places,
    pub(crate) archived: bool,
}

impl<'a> Run<'a> {
    pub(crate) fn of(terms: &'a Terms) -> Self {
        Self {
            start: terms.start_time,
            end: terms.end_time,
            weekdays: terms.weekdays,
            hours: terms.hours(),
            places: &terms.places,
            archived: terms.archived,
        }
    }

    /// Of a campaign, which has neither days nor hours.
    pub(crate) fn of_campaign(campaign: &'a Campaign) -> Self {
        Self {
            start: campaign.start_time,
            end: campaign.end_time,
            weekdays: Weekdays::EVERY_DAY,
            hours: None,
            places: &campaign.places,
            archived: campaign.archived,
        }
    }
}

/// The merchant in whose name somebody writes.
pub(crate) fn own_merchant(
    tx: &mut impl MerchantStore,
    id: MerchantId,
) -> Result<Merchant, PromotionError> {
    tx.merchants(&[id])?.pop().ok_or(PromotionError::MerchantNotFound)
}

/// Judges what was changed, and what that touches.
pub(crate) fn judge<S: PromotionStore + MerchantStore>(
    tx: &mut S,
    actor: &Actor,
    setting: &Setting<'_>,
    before: Option<&Run<'_>>,
    after: &Run<'_>,
    wrong: &mut Violations,
) -> Result<(), PromotionError> {
    if before.is_some_and(|before| !is_within_reach(actor, before.places)) {
        return Err(Denied.into());
    }
    if !is_within_reach(actor, after.places) {
        let sentence =
            "You work in some stores alone: name those of yours in which it runs, and no group.";
        wrong.add("stores", Rule::Invalid(sentence.to_owned()));
    }
    let named =
        Named::find(tx, setting.merchant, before.map(|run| run.places), after.places, wrong)?;
    if after.archived || (before == Some(after) && !setting.is_moved) {
        return Ok(());
    }
    let is_fresh = before.is_none_or(|before| before.archived);
    let holds = judge_window(setting, is_fresh, after, wrong);
    let Some(named) = named else { return Ok(()) };
    let Some(stores) = judge_places(tx, setting, named, after, wrong)? else { return Ok(()) };
    if let Some((from, until)) = holds
        && (after.weekdays != Weekdays::EVERY_DAY || after.hours.is_some())
        && !clocks(tx, setting.merchant, stores)?.into_iter().any(|(zone, starts)| {
            is_open_within(after.weekdays, after.hours, zone, starts, from, until)
        })
    {
        let sentence = "No such day, at no such time, lies between its start and its end: choose others, or a longer time.";
        wrong.add("daysOfWeek", Rule::Invalid(sentence.to_owned()));
    }
    Ok(())
}

/// Whoever works in some stores alone has to do with what runs in those alone, as far as can be told for ever: what is in
/// a group, or everywhere, is other people's decision.
pub fn is_within_reach(actor: &Actor, places: &Places) -> bool {
    match actor.stores() {
        None | Some(StoreAccess::All) => true,
        Some(StoreAccess::Only(own)) => {
            let named = !places.stores.is_empty() && places.groups.is_empty();
            named && places.stores.iter().all(|store| own.contains(store))
        }
    }
}

/// The instants between which it runs, its campaign's considered; none where there are none.
fn judge_window(
    setting: &Setting<'_>,
    is_fresh: bool,
    run: &Run<'_>,
    wrong: &mut Violations,
) -> Option<(Timestamp, Timestamp)> {
    let [_, end_argument] = setting.window;
    let (start, end) = (run.start.unwrap_or(Timestamp::MIN), run.end.unwrap_or(Timestamp::MAX));
    if end <= start {
        let sentence = "It would end before it starts: choose an end after its start.";
        wrong.add(end_argument, Rule::Invalid(sentence.to_owned()));
        return None;
    }
    // What has run may be over; what nobody could use yet may not.
    let start = if is_fresh { start.max(setting.now) } else { start };
    if end <= start {
        let sentence =
            "This has passed, nobody could use it any more: choose an end that lies ahead.";
        wrong.add(end_argument, Rule::Invalid(sentence.to_owned()));
        return None;
    }
    let Some(campaign) = setting.campaign else { return Some((start, end)) };
    let start = start.max(campaign.start_time.unwrap_or(Timestamp::MIN));
    let end = end.min(campaign.end_time.unwrap_or(Timestamp::MAX));
    if end <= start {
        let sentence = "At no time this and its campaign run together: change the start or the end, or choose another campaign.";
        wrong.add("campaignId", Rule::Invalid(sentence.to_owned()));
        return None;
    }
    Some((start, end))
}

/// The stores that places name, those of groups included and archived ones not; none: everywhere.
type Stores = Option<Vec<Store>>;

/// The stores in which it runs, its campaign's considered; none where it runs nowhere.
fn judge_places<S: MerchantStore>(
    tx: &mut S,
    setting: &Setting<'_>,
    Named(own): Named,
    run: &Run<'_>,
    wrong: &mut Violations,
) -> Result<Option<Stores>, PromotionError> {
    let argument = if run.places.stores.is_empty() { "storeGroups" } else { "stores" };
    if own.as_ref().is_some_and(Vec::is_empty) {
        let sentence = "In none of these is a store that is in use: name others, or put a store into the group.";
        wrong.add(argument, Rule::Invalid(sentence.to_owned()));
        return Ok(None);
    }
    let frame = match setting.campaign {
        Some(campaign) => Named::known(tx, setting.merchant, &campaign.places)?.0,
        None => None,
    };
    let stores = match (own, frame) {
        (None, stores) | (stores, None) => stores,
        (Some(mut own), Some(frame)) => {
            own.retain(|store| frame.iter().any(|other| other.id == store.id));
            Some(own)
        }
    };
    if stores.as_ref().is_some_and(Vec::is_empty) {
        let sentence = "Its campaign runs in none of its stores: name stores of the campaign, or choose another campaign.";
        // What runs everywhere names no store: then it is the campaign that runs nowhere.
        let argument = if run.places.is_everywhere() { "campaignId" } else { argument };
        wrong.add(argument, Rule::Invalid(sentence.to_owned()));
        return Ok(None);
    }
    Ok(Some(stores))
}

/// The clocks by which something runs: of its stores, or, where it runs everywhere, of every live one; of a merchant
/// without a store its own.
fn clocks<S: PromotionStore>(
    tx: &mut S,
    merchant: &Merchant,
    stores: Stores,
) -> Result<Vec<(Tz, NaiveTime)>, PromotionError> {
    let mut clocks: Vec<(Tz, NaiveTime)> = if let Some(stores) = stores {
        stores.iter().map(|store| (store.zone(merchant), store.day_starts_at)).collect()
    } else {
        let places = tx.places_per_merchant(&[merchant.id], &StoreAccess::All)?;
        places.into_iter().map(|(_, place)| (place.zone, place.day_starts_at)).collect()
    };
    if clocks.is_empty() {
        clocks.push((merchant.time_zone, NaiveTime::MIN));
    }
    Ok(clocks)
}

/// The stores that places name.
struct Named(Stores);

impl Named {
    /// Looks up what places name. Notes what there is not, and archived stores that were not named before; none where
    /// something is noted.
    fn find<S: MerchantStore>(
        tx: &mut S,
        merchant: &Merchant,
        before: Option<&Places>,
        after: &Places,
        wrong: &mut Violations,
    ) -> Result<Option<Self>, PromotionError> {
        let groups = groups_of(tx, merchant, &after.groups)?;
        let members = groups.iter().flat_map(|(_, stores)| stores.iter().copied());
        let stores = stores_of(tx, merchant, after.stores.iter().copied().chain(members))?;
        let found = |id: &StoreId| stores.iter().find(|store| store.id == *id);
        let is_new = |id: &StoreId| before.is_none_or(|before| !before.stores.contains(id));
        let is_archived =
            |id: &StoreId| is_new(id) && found(id).is_some_and(|store| store.archived);
        let is_group = |id: &StoreGroupId| groups.iter().any(|(group, _)| group == id);
        let no_store = numbers(after.stores.iter().filter(|id| found(id).is_none()));
        let no_group = numbers(after.groups.iter().filter(|id| !is_group(id)));
        let archived = numbers(after.stores.iter().filter(|id| is_archived(id)));
        let all_found = no_store.is_none() && no_group.is_none() && archived.is_none();
        if let Some(numbers) = no_store {
            wrong.add("stores", Rule::Absent(format!("No store has the number {numbers}.")));
        }
        if let Some(numbers) = no_group {
            let sentence = format!("No store group has the number {numbers}.");
            wrong.add("storeGroups", Rule::Absent(sentence));
        }
        if let Some(numbers) = archived {
            let sentence =
                format!("Archived: {numbers}. Bring them back first, or leave them out.");
            wrong.add("stores", Rule::Invalid(sentence));
        }
        let stores = stores.into_iter().filter(|store| !store.archived).collect();
        Ok(all_found.then_some(Self((!after.is_everywhere()).then_some(stores))))
    }

    /// Looks up what places name that there are.
    fn known<S: MerchantStore>(
        tx: &mut S,
        merchant: &Merchant,
        places: &Places,
    ) -> Result<Self, PromotionError> {
        let named = Self::find(tx, merchant, Some(places), places, &mut Violations::new())?;
        Ok(named.unwrap_or(Self(None)))
    }
}

/// The first of some numbers, for a message, and how many there are beside; none where there are none.
pub(crate) fn numbers(ids: impl Iterator<Item = impl ToString>) -> Option<String> {
    const SHOWN: usize = 5;
    let all: Vec<_> = ids.map(|id| id.to_string()).collect();
    let shown = all.get(..SHOWN).filter(|_| all.len() > SHOWN).unwrap_or(&all).join(", ");
    match all.len().checked_sub(SHOWN) {
        Some(more) if more > 0 => Some(format!("{shown} (and {more} more)")),
        _ => (!all.is_empty()).then_some(shown),
    }
}

fn groups_of<S: MerchantStore>(
    tx: &mut S,
    merchant: &Merchant,
    ids: &[StoreGroupId],
) -> Result<Vec<(StoreGroupId, Vec<StoreId>)>, PromotionError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let groups = tx.store_groups(ids)?.into_iter().filter(|group| group.merchant == merchant.id);
    Ok(groups.map(|group| (group.id, group.stores)).collect())
}

fn stores_of<S: MerchantStore>(
    tx: &mut S,
    merchant: &Merchant,
    ids: impl Iterator<Item = StoreId>,
) -> Result<Vec<Store>, PromotionError> {
    let ids: Vec<_> = ids.collect::<BTreeSet<_>>().into_iter().collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    Ok(tx.stores(&ids)?.into_iter().filter(|store| store.merchant == merchant.id).collect())
}
