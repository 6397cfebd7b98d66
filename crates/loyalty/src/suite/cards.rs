//! What the suite asks about cards.

use regulars_kernel::{
    LoyaltyCardId, MerchantId, PageRequest, Scope, StoreGroupId, StoreId, page::cut,
};
use regulars_merchant::Archived;
use regulars_promotion::Status;

use super::{FIRST, SECOND, World, at, joined, near, sorted, step};
use crate::{LoyaltyCard, LoyaltyCardFilter, LoyaltyStore, Program};

/// Cards by id and by merchant.
pub(super) fn cards(store: &mut dyn LoyaltyStore, world: &World) {
    let scope = store.scope();
    let mut ids: Vec<_> = world.cards.iter().map(|card| card.id).collect();
    ids.extend(ids.first().copied());
    ids.push(LoyaltyCardId::new(999_999));
    let mut expected = world.cards.clone();
    expected.retain(|card| match scope {
        Scope::Merchant(merchant) => card.merchant == merchant,
        Scope::Person(person) => {
            card.terms.is_live()
                || (card.terms.status != Status::Draft && joined(world, person, card.merchant))
        }
        Scope::Platform => true,
    });
    let answer = store.loyalty_cards(&ids).unwrap();
    assert_eq!(sorted(answer, |card| card.id), expected, "{scope:?}");
    let merchants = [FIRST, SECOND, MerchantId::new(999_999)];
    let windows = [None, Some(at(-2_000)), Some(at(0)), Some(at(999)), Some(at(1_000))];
    for (running_at, most) in windows.into_iter().flat_map(|at| [(at, 2), (at, 1_000)]) {
        let mut expected = Vec::new();
        for merchant in merchants {
            let own = world.cards.iter().filter(|card| {
                card.merchant == merchant
                    && near(store, merchant)
                    && !card.terms.archived
                    && (scope.person().is_none() || card.terms.is_live())
                    && running_at
                        .is_none_or(|at| card.terms.is_live() && card.terms.window_holds(at))
            });
            expected.extend(own.rev().take(usize::from(most)).cloned());
        }
        let expected = sorted(expected, |card| card.id);
        let answer = store.loyalty_cards_per_merchant(&merchants, running_at, most).unwrap();
        assert_eq!(answer, expected, "{scope:?} {running_at:?} {most}");
    }
}

/// Pages of cards, by filter and order.
pub(super) fn card_lists(store: &mut dyn LoyaltyStore, world: &World) {
    let scope = store.scope();
    let mut listed = world.cards.clone();
    listed.retain(|card| match scope {
        Scope::Merchant(merchant) => card.merchant == merchant,
        Scope::Person(person) => card.terms.is_live() && joined(world, person, card.merchant),
        Scope::Platform => true,
    });
    for filter in filters() {
        let place = filter.store.and_then(|id| place_of(world, id));
        let place = place.as_ref().map(|(merchant, groups)| (*merchant, groups.as_slice()));
        let mut rows = listed.clone();
        rows.retain(|card| filter.admits(card, place));
        let count = store.count_loyalty_cards(&filter).unwrap();
        assert_eq!(count, u64::try_from(rows.len()).unwrap(), "{scope:?} {filter:?}");
        for order in ["", "-pk", "name,-pk", "-startTime,name", "createdAt"] {
            card_pages(store, &filter, &rows, order);
        }
    }
}

fn card_pages(
    store: &mut dyn LoyaltyStore,
    filter: &LoyaltyCardFilter,
    rows: &[LoyaltyCard],
    order: &str,
) {
    for backward in [false, true] {
        let mut cursor = None;
        loop {
            let request = PageRequest::parse(&step(backward, cursor, order), "cards").unwrap();
            let page = store.list_loyalty_cards(filter, &request).unwrap();
            let expected = cut(rows.to_vec(), &request);
            assert_eq!(page, expected, "{:?} {filter:?} {request:?}", store.scope());
            let end = if backward { page.items.first() } else { page.items.last() };
            cursor = end.map(|row| request.order.cursor(&request.order.position(row)));
            if !page.has_next && !page.has_previous {
                break;
            }
        }
    }
}

fn place_of(world: &World, id: StoreId) -> Option<(MerchantId, Vec<StoreGroupId>)> {
    let ground = &world.below.below;
    let store = ground.stores.iter().find(|store| store.id == id)?;
    let groups = ground.store_groups.iter().filter(|group| group.stores.contains(&id));
    Some((store.merchant, groups.map(|group| group.id).collect()))
}

fn filters() -> Vec<LoyaltyCardFilter> {
    let text = |text: &str| Some(text.to_owned());
    let all = || LoyaltyCardFilter { archived: Archived::Included, ..LoyaltyCardFilter::default() };
    let in_store = |id| LoyaltyCardFilter { store: Some(StoreId::new(id)), ..all() };
    let mut filters = vec![
        LoyaltyCardFilter::default(),
        all(),
        LoyaltyCardFilter { archived: Archived::Only, ..all() },
        LoyaltyCardFilter { name: text("100% Süß"), ..all() },
        LoyaltyCardFilter { name: text("KAFFEE"), ..all() },
        LoyaltyCardFilter { name_icontains: text("KAFF"), ..all() },
        LoyaltyCardFilter { name_icontains: text("0% SÜ"), ..all() },
        LoyaltyCardFilter { name_icontains: text("a_b"), ..all() },
        LoyaltyCardFilter { merchant: Some(SECOND), ..all() },
    ];
    filters.extend(Status::ALL.map(|status| LoyaltyCardFilter { status: Some(status), ..all() }));
    filters
        .extend(Program::TYPES.map(|kind| LoyaltyCardFilter { loyalty_type: text(kind), ..all() }));
    filters.extend([100, 102, 200, 999_999].map(in_store));
    filters
}
