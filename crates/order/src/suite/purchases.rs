//! What every implementation of [`PurchaseStore`] does: names of sales, refunds that came under them, what somebody has to look
//! at, and whose orders were said to be.

use regulars_kernel::{
    MerchantId, OrderId, OrderLinkId, OrderRefundId, PageRequest, Points, SaleRefundId, Scope,
    StoreAccess, StoreError, StoreId,
    page::{PageArguments, cut},
};
use regulars_merchant::EntitySource;

use super::{Fixture, World, world};
use crate::{
    Bill, OrderClaim, OrderLink, OrderRefund, OrderStore, PurchaseStore, ReviewState, Reviewed,
    SaleKey, SaleRefund, SaleReview, SaleReviewQuery, TimeFlag,
    link::Origin,
    purchase::{Answered, Fingerprint, PurchaseWarning, SourceVersion, Told, WarningKind},
};

/// What the suite works with: names, and the orders that have them.
pub trait Both: PurchaseStore + OrderStore {}

impl<S: PurchaseStore + OrderStore> Both for S {}

/// What the suite of whole sales needs of an implementation.
pub trait PurchaseFixture: Fixture {
    /// Opens a transaction that writes, and lets the suite work in it.
    fn write_purchases(&mut self, scope: Scope, work: impl Fn(&mut dyn Both) + Send + 'static);
}

const MITTE: StoreId = StoreId::new(100);
const NORD: StoreId = StoreId::new(101);
const SOLD: OrderId = OrderId::new(501);
const FULL: OrderId = OrderId::new(502);

/// Runs every check, over rows that were not loaded yet.
///
/// # Panics
/// Where the port answers anything else than the rows say.
pub fn run(fixture: &mut impl PurchaseFixture) {
    let world = world();
    fixture.load(&world);
    let ids: Vec<MerchantId> = world.places.merchants.iter().map(|one| one.id).collect();
    let (own, other) = (ids[0], ids[ids.len() - 1]);
    fixture.write_purchases(Scope::Merchant(own), move |store| names(store, own));
    fixture.write_purchases(Scope::Merchant(own), move |store| reviews(store, own));
    fixture.write_purchases(Scope::Merchant(own), move |store| claims(store, own));
    let stripped = world.clone();
    fixture.write_purchases(Scope::Merchant(own), move |store| strip(store, &stripped));
    fixture.write_purchases(Scope::Merchant(other), move |store| {
        nothing(store, own);
        refused(&store.insert_sale_reviews(&[review(own, SOLD, "late")]));
        refused(&store.insert_order_links(&[link(own, "9", None)]).map(drop));
        refused(&store.strip_order(own, SOLD));
    });
    fixture.write_purchases(Scope::Person(world::ADA), move |store| nothing(store, own));
}

fn key(id: &str) -> SaleKey {
    SaleKey { store: MITTE, source: EntitySource::Pos, source_id: id.to_owned() }
}

fn link(merchant: MerchantId, id: &str, order: Option<OrderId>) -> OrderLink {
    OrderLink::new((merchant, Origin::People), key(id), order, world::at(20))
}

fn sorted(mut links: Vec<OrderLink>) -> Vec<OrderLink> {
    links.sort_by_key(|link| link.id);
    links
}

fn names(store: &mut dyn Both, own: MerchantId) {
    let told = Told {
        fingerprint: Some(Fingerprint::from_bytes([7; 32])),
        source: SourceVersion { seq: Some(3), updated_at: Some(world::at(5)) },
        version: 2,
        answered: Answered {
            warnings: vec![PurchaseWarning::new(WarningKind::Time(TimeFlag::Late), "completedAt")],
            nothing: Vec::new(),
        },
    };
    let mut made = vec![
        OrderLink { told: Some(told.clone()), ..link(own, "a", Some(SOLD)) },
        link(own, "b", Some(SOLD)),
        link(own, "c", None),
    ];
    assert_eq!(store.insert_order_links(&[]).unwrap(), []);
    let ids = store.insert_order_links(&made).unwrap();
    for (link, id) in made.iter_mut().zip(&ids) {
        link.id = *id;
    }
    let find = |store: &mut dyn Both, origin, ids: &[&str]| {
        let keys: Vec<_> = ids.iter().map(|id| key(id)).collect();
        sorted(store.order_links(own, origin, &keys).unwrap())
    };
    // One name brings the others of its order along.
    assert_eq!(find(store, Origin::People, &["b"]), made[..2]);
    assert_eq!(find(store, Origin::People, &["c", "x"]), made[2..]);
    assert_eq!(find(store, Origin::People, &["a", "c"]), made);
    assert_eq!(find(store, Origin::App(7.into()), &["a"]), []);
    assert_eq!(find(store, Origin::People, &[]), []);
    let elsewhere = SaleKey { store: NORD, ..key("a") };
    assert_eq!(store.order_links(own, Origin::People, &[elsewhere]).unwrap(), []);
    // What is waited for comes.
    let filled = OrderLink {
        order: Some(FULL),
        told: Some(Told { fingerprint: None, source: SourceVersion::default(), ..told }),
        updated_at: world::at(21),
        ..made[2].clone()
    };
    store.update_order_link(&filled).unwrap();
    assert_eq!(store.lock_order_link(own, filled.id).unwrap(), Some(filled.clone()));
    let nobodys = OrderLink { id: OrderLinkId::new(999_999), ..filled.clone() };
    refused(&store.update_order_link(&nobodys));
    let mut refund = SaleRefund {
        id: SaleRefundId::new(0),
        merchant: own,
        link: filled.id,
        source_id: "r-1".to_owned(),
        amount: Some(250),
        is_cash: true,
        reason: Some("kalt".to_owned()),
        refund: None,
        created_at: world::at(22),
    };
    refund.id = store.insert_sale_refund(&refund).unwrap();
    let mut whole = SaleRefund { source_id: "r-2".to_owned(), amount: None, ..refund.clone() };
    whole.id = store.insert_sale_refund(&whole).unwrap();
    let all = [refund.clone(), whole.clone()];
    assert_eq!(store.sale_refunds(own, &[filled.id, made[0].id]).unwrap(), all);
    assert_eq!(store.sale_refunds(own, &[made[0].id]).unwrap(), []);
    assert_eq!(store.sale_refunds(own, &[]).unwrap(), []);
    store.update_sale_refund(&SaleRefund { reason: None, ..whole.clone() }).unwrap();
    let found = store.sale_refunds(own, &[filled.id]).unwrap();
    assert_eq!(found[1], SaleRefund { reason: None, ..whole });
    assert_eq!(store.names_of_order(own, SOLD).unwrap(), made[..2]);
    store.delete_order_links(own, &[]).unwrap();
    store.delete_order_links(own, &[made[0].id, made[1].id]).unwrap();
    assert_eq!(store.names_of_order(own, SOLD).unwrap(), []);
    assert_eq!(find(store, Origin::People, &["a", "b", "c"]), [filled]);
}

fn review(merchant: MerchantId, order: OrderId, code: &str) -> SaleReview {
    SaleReview::new((merchant, MITTE), Reviewed::Order(order), code, world::at(30))
}

fn everything() -> SaleReviewQuery {
    SaleReviewQuery { state: None, store: None, order: None, within: StoreAccess::All }
}

fn reviews(store: &mut dyn Both, own: MerchantId) {
    let north = SaleReview { store: NORD, ..review(own, FULL, "differs") };
    let new = [review(own, SOLD, "late"), review(own, SOLD, "differs"), north];
    store.insert_sale_reviews(&[]).unwrap();
    store.insert_sale_reviews(&new).unwrap();
    store.insert_sale_reviews(&new[..1]).unwrap();
    let ask = |arguments: PageArguments| PageRequest::parse(&arguments, "saleReviews").unwrap();
    let all = store.list_sale_reviews(&everything(), &ask(PageArguments::default())).unwrap().items;
    let essence = |one: &SaleReview| (one.store, one.about, one.code.clone(), one.state);
    let mut found: Vec<_> = all.iter().map(essence).collect();
    found.sort();
    let mut expected: Vec<_> = new.iter().map(essence).collect();
    expected.sort();
    assert_eq!(found, expected, "each once");
    let decided = SaleReview {
        state: ReviewState::Dismissed,
        resolved_at: Some(world::at(31)),
        resolved_by: Some(own.founder()),
        ..all[0].clone()
    };
    store.update_sale_review(&decided).unwrap();
    assert_eq!(store.find_sale_review(own, decided.id).unwrap(), Some(decided.clone()));
    let mut rows = all;
    rows[0] = decided;
    for query in [
        everything(),
        SaleReviewQuery { state: Some(ReviewState::Open), ..everything() },
        SaleReviewQuery { state: Some(ReviewState::Released), ..everything() },
        SaleReviewQuery { store: Some(NORD), ..everything() },
        SaleReviewQuery { order: Some(SOLD), ..everything() },
        SaleReviewQuery { within: StoreAccess::Only(vec![MITTE]), ..everything() },
        SaleReviewQuery { within: StoreAccess::Only(Vec::new()), ..everything() },
    ] {
        let fits = |row: &&SaleReview| {
            query.state.is_none_or(|state| state == row.state)
                && query.store.is_none_or(|store| store == row.store)
                && query.order.is_none_or(|order| row.about == Reviewed::Order(order))
                && query.within.includes(row.store)
        };
        let fitting: Vec<_> = rows.iter().filter(fits).cloned().collect();
        let count = u64::try_from(fitting.len()).unwrap();
        assert_eq!(store.count_sale_reviews(&query).unwrap(), count, "{query:?}");
        let order_by = Some("-pk".to_owned());
        for request in [
            ask(PageArguments::default()),
            ask(PageArguments { first: Some(1), ..PageArguments::default() }),
            ask(PageArguments { first: Some(2), order_by, ..PageArguments::default() }),
        ] {
            let page = store.list_sale_reviews(&query, &request).unwrap();
            assert_eq!(page, cut(fitting.clone(), &request), "{query:?}");
        }
    }
    let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
    let mut seen = store.sale_reviews(&ids, &StoreAccess::Only(vec![MITTE])).unwrap();
    seen.sort_by_key(|row| row.id);
    rows.retain(|row| row.store == MITTE);
    assert_eq!(seen, rows);
    assert_eq!(store.sale_reviews(&[], &StoreAccess::All).unwrap(), []);
}

fn claims(store: &mut dyn Both, own: MerchantId) {
    let day = world::at(0).to_utc().date_naive();
    let claim = OrderClaim {
        merchant: own,
        order: OrderId::new(507),
        person: world::ADA,
        business_date: day,
        actor: None,
        created_at: world::at(40),
    };
    assert_eq!(store.count_order_claims(own, world::ADA, day).unwrap(), 0);
    store.insert_order_claim(&claim).unwrap();
    // What counts is whose the order is now: it moves with a merge.
    let order = store.find_order(own, claim.order).unwrap().unwrap();
    store.update_order(&crate::Order { consumer: Some(world::ADA), ..order.clone() }).unwrap();
    assert_eq!(store.count_order_claims(own, world::ADA, day).unwrap(), 1);
    assert_eq!(store.count_order_claims(own, world::BEN, day).unwrap(), 0);
    let next = day.succ_opt().unwrap();
    assert_eq!(store.count_order_claims(own, world::ADA, next).unwrap(), 0);
    store.update_order(&order).unwrap();
}

fn strip(store: &mut dyn Both, world: &World) {
    let order = world.orders.iter().find(|order| order.id == SOLD).unwrap();
    let all = StoreAccess::All;
    let items = store.items_per_order(&[SOLD], &all).unwrap().pop().unwrap().1;
    let more: Vec<_> = items.iter().chain(&items).cloned().collect();
    let ids = store.insert_order_items(&more).unwrap();
    assert!(ids.is_sorted() && ids.len() == more.len());
    let found = store.order_items(&ids[..1], &all).unwrap();
    assert_eq!(found, [crate::OrderItem { id: ids[0], ..more[0].clone() }]);
    assert_eq!(store.insert_order_items(&[]).unwrap(), []);
    let item = Some(items[0].id);
    store.insert_order_tip(&super::writing::tip(order, 7)).unwrap();
    store.insert_order_discount(&super::writing::discount(order, item)).unwrap();
    let mut refund = super::writing::refund(order, item);
    refund.item = item;
    refund.id = store.insert_order_refund(&refund).unwrap();
    store.strip_order(order.merchant, SOLD).unwrap();
    let bill = store.bill(order.merchant, SOLD).unwrap();
    let left = Bill { lines: bill.lines, cost: bill.cost, ..Bill::default() };
    assert_eq!(bill, left, "neither tips nor discounts");
    let bare = OrderRefund { shares: Vec::new(), ..refund.clone() };
    assert_eq!(store.order_refunds(&[refund.id], &all).unwrap(), [bare]);
    let money = |minor| regulars_kernel::Money::new(minor, order.total.currency());
    let other = OrderRefund {
        item: None,
        amount: money(9),
        tips: money(2),
        points_value: money(0),
        points: Points::ZERO,
        ..refund
    };
    store.restate_order_refund(&other).unwrap();
    assert_eq!(store.order_refunds(&[other.id], &all).unwrap(), std::slice::from_ref(&other));
    let nobodys = OrderRefund { id: OrderRefundId::new(999_999), ..other };
    refused(&store.restate_order_refund(&nobodys));
}

fn nothing(store: &mut dyn Both, own: MerchantId) {
    assert_eq!(store.order_links(own, Origin::People, &[key("c")]).unwrap(), []);
    assert_eq!(store.count_sale_reviews(&everything()).unwrap(), 0);
    let day = world::at(0).to_utc().date_naive();
    assert_eq!(store.count_order_claims(own, world::ADA, day).unwrap(), 0);
}

fn refused(result: &Result<(), StoreError>) {
    assert!(matches!(result, Err(StoreError::OutOfScope(_))), "{result:?}");
}
