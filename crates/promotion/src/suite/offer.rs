//! Offers are written.

use std::sync::Arc;

use regulars_kernel::{CampaignId, OfferId, PersonId, Scope, StoreError};

use super::{Fixture, Ports, World, at};
use crate::{Discount, FixedCode, Offer, RedemptionCode, Terms};

fn fixed(code: &str) -> FixedCode {
    FixedCode::parse(code).unwrap()
}

/// Offers are written with all they name, within the merchant's own reach, and nowhere else.
pub(super) fn writing(fixture: &mut impl Fixture, world: &World) {
    let of = |id| world.offers.iter().find(|row| row.id == OfferId::new(id)).unwrap().clone();
    let (full, bare, theirs) = (of(600), of(607), of(700));
    let narrow = world.campaigns.iter().find(|row| row.id == CampaignId::new(502)).unwrap();
    let (own, other, narrow) = (full.merchant, theirs.merchant, Arc::clone(narrow));
    let outside = full.clone();
    fixture.write(Scope::Merchant(own), move |store| {
        let code = RedemptionCode::Fixed("Winter-26".to_owned());
        let draft = Offer { name: "Öl".to_owned(), code, ..full.clone() };
        let mut made = draft.clone();
        made.id = store.insert_offer(&made).unwrap();
        assert_eq!(store.find_offer(own, made.id).unwrap(), Some(made.clone()));
        assert_eq!(store.offers(&[made.id]).unwrap(), [made.clone()]);
        let by_code = |store: &mut dyn Ports, code: &str| {
            store.find_offer_by_code(own, &fixed(code)).unwrap()
        };
        assert_eq!(by_code(store, "wINTER-26"), Some(made.id));
        assert_eq!(by_code(store, "win-ter26"), Some(made.id), "whatever its hyphens");
        assert_eq!(by_code(store, "summer"), Some(full.id));
        assert_eq!(by_code(store, "Winter"), None);
        // Everything is written, and what is not named any more is gone.
        made = Offer {
            id: made.id,
            name: "Essig".to_owned(),
            campaign: Some(Arc::clone(&narrow)),
            discount: Discount::Bogo(2),
            created_at: made.created_at,
            updated_at: at(99),
            ..bare.clone()
        };
        made.terms = Terms { archived: false, ..Terms::open() };
        store.update_offer(&made).unwrap();
        assert_eq!(store.find_offer(own, made.id).unwrap(), Some(made.clone()));
        assert_eq!(by_code(store, "winter-26"), None);
        // What is archived leaves its code to others.
        made = Offer { campaign: None, id: made.id, updated_at: at(100), ..draft };
        made.terms.archived = true;
        store.update_offer(&made).unwrap();
        assert_eq!(store.find_offer(own, made.id).unwrap(), Some(made.clone()));
        assert_eq!(by_code(store, "winter-26"), None);
        let mut next = made.clone();
        next.terms.archived = false;
        next.id = store.insert_offer(&next).unwrap();
        assert_eq!(by_code(store, "winter-26"), Some(next.id));
        next.terms.archived = true;
        store.update_offer(&next).unwrap();
        assert_eq!(store.find_offer(own, theirs.id).unwrap(), None);
        let refused = |result: Result<(), StoreError>| {
            assert!(matches!(result, Err(StoreError::OutOfScope(_))), "{result:?}");
        };
        refused(store.find_offer(other, theirs.id).map(drop));
        refused(store.find_offer_by_code(other, &fixed("SUMMER")).map(drop));
        refused(store.insert_offer(&theirs).map(drop));
        refused(store.update_offer(&theirs));
        refused(store.update_offer(&Offer { id: OfferId::new(999_999), ..made }));
    });
    fixture.with(Scope::Person(PersonId::new(71)), &mut |store| {
        assert!(store.find_offer(own, outside.id).is_err());
        assert!(store.insert_offer(&outside).is_err());
    });
}
