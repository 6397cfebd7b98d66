//! What every implementation of the ports does that a merge needs: rows move and come back, set by set, and whoever names the one
//! who went is told the other.

use std::collections::BTreeSet;

use regulars_customer::{
    CustomerStore, EmailAddress, Identified, Identifier, LoyaltyId, Standing,
    identity::identify,
    merge::{MergeField, MoveKind, Named},
};
use regulars_kernel::{
    Actor, MerchantId, Money, OrderId, Page, PageRequest, PersonId, StoreAccess, StoreId,
    Timestamp, VisitId,
};
use regulars_merchant::Archived;

use super::world::{ADA, BEN, CLEO, at, loyalty_id};
use crate::{
    MergeStore, OrderFilter, OrderStore, Visit, VisitQuery, VisitStore,
    merge::{MergePorts, NewMerge, Which, merge, preview, undo, undo_preview},
};

/// Whose orders and visits are which.
type Owned = (BTreeSet<OrderId>, BTreeSet<VisitId>);

const FIRST: MerchantId = MerchantId::new(61);
const MITTE: StoreId = StoreId::new(100);

/// The orders and visits of somebody, by number.
fn owned<S: OrderStore + VisitStore>(
    tx: &mut S,
    person: PersonId,
) -> (BTreeSet<OrderId>, BTreeSet<VisitId>) {
    let every = OrderFilter { archived: Archived::Included, ..OrderFilter::default() };
    let query = every.query(StoreAccess::All, at(0)).unwrap();
    let orders = tx.orders_per_consumer(&[person], &query, &PageRequest::first(100)).unwrap();
    let orders = orders.into_iter().flat_map(|(_, page): (_, Page<_>)| page.items);
    let within = VisitQuery { within: StoreAccess::All };
    let visits = tx.visits_per_consumer(&[person], &within, &PageRequest::first(100)).unwrap();
    let visits = visits.into_iter().flat_map(|(_, page): (_, Page<Visit>)| page.items);
    (orders.map(|order| order.id).collect(), visits.map(|visit| visit.id).collect())
}

fn visit(who: PersonId, now: Timestamp) -> Visit {
    Visit {
        id: VisitId::new(0),
        merchant: FIRST,
        store: MITTE,
        consumer: who,
        order: None,
        amount: Money::new(500, regulars_kernel::Currency::EUR),
        occurred_at: now,
        business_date: now.to_utc().date_naive(),
        created_at: now,
    }
}

/// Whom something names.
fn named<S: CustomerStore>(tx: &mut S, who: &Identifier) -> (PersonId, Option<PersonId>) {
    let found: Identified = identify(tx, &Actor::system(FIRST), who).unwrap();
    (found.person(), found.named_as())
}

/// Merges Ben into Ada and undoes it, in one transaction of the merchant's scope over rows of [`super::world`].
///
/// # Panics
/// Where something is another's than the rules say.
pub fn story<S: MergePorts + OrderStore + VisitStore>(tx: &mut S) {
    let actor = Actor::system(FIRST);
    tx.insert_visit(&visit(BEN, at(50))).unwrap();
    let before = [owned(tx, ADA), owned(tx, BEN)];
    assert!(!before[1].0.is_empty() && !before[1].1.is_empty(), "Ben has something");
    let members = [ADA, BEN].map(|id| tx.find_membership(FIRST, id).unwrap().unwrap());
    let new = NewMerge { other: BEN, into: ADA, fields: vec![MergeField::Firstname] };
    let shown = preview(tx, &actor, &new, at(100)).unwrap();
    assert_eq!((shown.blockers.len(), shown.cards), (0, 1));
    let count = |kind| shown.rows.iter().find(|(of, _)| *of == kind).map_or(0, |(_, rows)| *rows);
    assert_eq!(count(MoveKind::Order), before[1].0.len() as u64);
    assert_eq!(count(MoveKind::Visit), 1);
    assert_eq!([owned(tx, ADA), owned(tx, BEN)], before, "a preview moves nothing");
    let done = merge(tx, &actor, &new, at(100)).unwrap();
    assert_eq!(merge(tx, &actor, &new, at(101)).unwrap(), done, "again it answers the first");
    // All of it is Ada's, whose profile is her own.
    let all =
        |side: fn(&Owned) -> BTreeSet<i64>| before.iter().flat_map(side).collect::<BTreeSet<i64>>();
    let now = owned(tx, ADA);
    let numbers =
        |rows: &BTreeSet<OrderId>| rows.iter().map(|id| id.get()).collect::<BTreeSet<_>>();
    assert_eq!(numbers(&now.0), all(|rows| rows.0.iter().map(|id| id.get()).collect()));
    assert_eq!(owned(tx, BEN), (BTreeSet::new(), BTreeSet::new()));
    let ada = tx.find_membership(FIRST, ADA).unwrap().unwrap();
    assert_eq!(ada.profile, members[0].profile);
    let cards: Vec<_> = ada.cards.iter().map(regulars_customer::CardNumber::as_str).collect();
    assert_eq!(cards, ["OLD-7", "OLD-8"]);
    let ben = tx.find_membership(FIRST, BEN).unwrap().unwrap();
    assert_eq!(ben.standing, Standing::Merged(ADA, at(100)));
    assert_eq!(tx.merged_into(FIRST, ADA).unwrap(), [BEN]);
    // Whatever names Ben means Ada.
    let number = |text: String| Identifier { loyalty_id: Some(text), ..Identifier::default() };
    let by_id = Identifier { id: Some(BEN), ..Identifier::default() };
    assert_eq!(named(tx, &by_id), (ADA, Some(BEN)));
    let ben_number = loyalty_id(BEN).as_str().to_owned();
    assert_eq!(named(tx, &number(ben_number)), (ADA, Some(BEN)));
    assert_eq!(named(tx, &number("old 8".to_owned())), (ADA, None));
    assert_eq!(named(tx, &number(LoyaltyId::into_string(loyalty_id(ADA)))), (ADA, None));
    // What comes by Ben's name goes back to him; what is Ada's stays.
    let (by_ben, by_ada) = (visit(ADA, at(110)), visit(ADA, at(120)));
    let by_ben = tx.insert_visit(&by_ben).unwrap();
    tx.note_named(FIRST, BEN, Named::Visit(by_ben)).unwrap();
    tx.note_named(FIRST, BEN, Named::Visit(by_ben)).unwrap();
    tx.note_named(FIRST, CLEO, Named::Visit(by_ben)).unwrap();
    let by_ada = tx.insert_visit(&by_ada).unwrap();
    let shown = undo_preview(tx, &actor, Which::Other(BEN), at(200)).unwrap();
    assert_eq!((shown.blockers.len(), shown.merge.id), (0, done.merge));
    let visits = shown.rows.iter().find(|(kind, _)| *kind == MoveKind::Visit);
    assert_eq!(visits, Some(&(MoveKind::Visit, 2)));
    undo(tx, &actor, Which::Merge(done.merge), at(200)).unwrap();
    assert!(undo(tx, &actor, Which::Merge(done.merge), at(201)).is_err(), "once");
    let [ada, ben] = [owned(tx, ADA), owned(tx, BEN)];
    assert_eq!((&ada.0, &ben.0), (&before[0].0, &before[1].0));
    assert!(ben.1.contains(&by_ben) && ada.1.contains(&by_ada));
    assert_eq!((ada.1.len(), ben.1.len()), (before[0].1.len() + 1, before[1].1.len() + 1));
    let again = [ADA, BEN].map(|id| tx.find_membership(FIRST, id).unwrap().unwrap());
    for (was, is) in members.iter().zip(&again) {
        assert_eq!((&was.profile, &was.cards, was.standing), (&is.profile, &is.cards, is.standing));
    }
    assert_eq!(named(tx, &by_id), (BEN, None));
    assert_eq!(tx.standing_merge(FIRST, BEN).unwrap(), None);
    let key = again[1].profile.email.as_ref().map(EmailAddress::key);
    assert_eq!(key.as_deref(), Some("ben@example.com"));
}

/// Whoever is none of the merchant's neither sees nor writes its merges.
///
/// # Panics
/// Where they do.
pub fn nobody_else<S: MergePorts>(tx: &mut S) {
    let new = regulars_customer::merge::Merge {
        id: regulars_kernel::MergeId::new(0),
        merchant: FIRST,
        other: BEN,
        survivor: ADA,
        taken: Vec::new(),
        cards: Vec::new(),
        archived_at: None,
        merged_at: at(0),
        merged_by: None,
        undone_at: None,
    };
    assert!(MergeStore::insert_merge(tx, &new).is_err());
    assert!(tx.move_rows(&new, MoveKind::Order).is_err());
    assert!(tx.move_rows_back(&new, MoveKind::Order, at(1)).is_err());
    assert!(tx.end_merge(&new, at(1)).is_err());
    assert!(tx.note_named(FIRST, BEN, Named::Order(OrderId::new(1))).is_err());
    assert_eq!(tx.standing_merge(FIRST, BEN).unwrap(), None);
    assert_eq!(tx.rows_to_move(FIRST, (BEN, ADA)).unwrap(), []);
}
