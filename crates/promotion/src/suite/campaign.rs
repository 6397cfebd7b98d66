//! Campaigns are listed and written.

use std::sync::Arc;

use regulars_kernel::{
    CampaignId, OfferId, PageRequest, PersonId, Scope, StoreError, StoreGroupId, StoreId,
    page::{PageArguments, cut},
};
use regulars_merchant::Archived;

use super::{Fixture, Ports, World, at, by_id};
use crate::{Campaign, CampaignFilter, Offer, Places, Status};

/// Every filter in every order, in steps that do not fit the rows.
pub(super) fn lists(store: &mut dyn Ports, world: &World) {
    let scope = crate::PromotionStore::scope(store);
    let near = |row: &&Arc<Campaign>| match scope {
        Scope::Merchant(own) => row.merchant == own,
        Scope::Person(_) => false,
        Scope::Platform => true,
    };
    let mut listed: Vec<Campaign> =
        world.campaigns.iter().filter(near).map(|row| Campaign::clone(row)).collect();
    listed.sort_by_key(|row| row.id);
    let mut ids: Vec<_> = world.campaigns.iter().map(|row| row.id).collect();
    ids.extend([CampaignId::new(999_999), CampaignId::new(501)]);
    let mut found = store.campaigns(&ids).unwrap();
    found.sort_by_key(|row| row.id);
    assert_eq!(found, listed, "{scope:?}");
    assert_eq!(store.campaigns(&[]).unwrap(), []);
    for filter in filters() {
        let mut rows = listed.clone();
        rows.retain(|row| filter.admits(row));
        let count = store.count_campaigns(&filter).unwrap();
        assert_eq!(count, u64::try_from(rows.len()).unwrap(), "{scope:?} {filter:?}");
        for order in ["", "-pk", "name,-start", "-name", "start", "-createdAt"] {
            for (first, offset) in [(1, None), (2, Some(1)), (100, None)] {
                let order_by = Some(order.to_owned());
                let arguments = PageArguments {
                    first: Some(first),
                    offset,
                    order_by,
                    ..PageArguments::default()
                };
                let request = PageRequest::parse(&arguments, "campaigns").unwrap();
                let page = store.list_campaigns(&filter, &request).unwrap();
                assert_eq!(page, cut(rows.clone(), &request), "{scope:?} {filter:?} {arguments:?}");
            }
        }
    }
}

fn filters() -> Vec<CampaignFilter> {
    let text = |text: &str| Some(text.to_owned());
    let all = CampaignFilter { archived: Archived::Included, ..CampaignFilter::default() };
    let mut filters = vec![
        CampaignFilter::default(),
        all.clone(),
        CampaignFilter { archived: Archived::Only, ..CampaignFilter::default() },
        CampaignFilter { name: text("Sommer"), ..all.clone() },
        CampaignFilter { name: text("sommer"), ..all.clone() },
        CampaignFilter { name_icontains: text("OMM"), ..all.clone() },
        CampaignFilter { name_icontains: text("%"), ..all.clone() },
    ];
    filters
        .extend(Status::ALL.map(|status| CampaignFilter { status: Some(status), ..all.clone() }));
    filters
}

/// Campaigns are written within the merchant's own reach, and nowhere else; their offers run in them as they are.
pub(super) fn writing(fixture: &mut impl Fixture, world: &World) {
    let narrow = world.campaigns.iter().find(|row| row.id == CampaignId::new(502)).unwrap();
    let theirs = Campaign::clone(
        world.campaigns.iter().find(|row| row.merchant != narrow.merchant).unwrap(),
    );
    let (own, other) = (narrow.merchant, theirs.merchant);
    let draft = Campaign { name: "Öffnung".to_owned(), ..Campaign::clone(narrow) };
    let (outside, kept) = (draft.clone(), Campaign::clone(narrow));
    fixture.write(Scope::Merchant(own), move |store| {
        let mut made = draft.clone();
        made.id = store.insert_campaign(&made).unwrap();
        assert_eq!(store.find_campaign(own, made.id).unwrap(), Some(made.clone()));
        let searched =
            CampaignFilter { name_icontains: Some("ÖFF".to_owned()), ..CampaignFilter::default() };
        assert_eq!(store.count_campaigns(&searched).unwrap(), 1);
        made = Campaign {
            name: "Schluss".to_owned(),
            status: Status::Ended,
            start_time: None,
            end_time: Some(at(7)),
            places: Places {
                stores: vec![StoreId::new(101), StoreId::new(102)],
                groups: Vec::new(),
            },
            extra_info: None,
            archived: true,
            updated_at: at(8),
            ..made
        };
        store.update_campaign(&made).unwrap();
        assert_eq!(store.campaigns(&[made.id]).unwrap(), [made.clone()]);
        assert_eq!(store.count_campaigns(&searched).unwrap(), 0);
        // The offers of a campaign run in what it has become.
        let offers: Vec<OfferId> = [601, 612, 613].map(OfferId::new).into();
        let become_this =
            Campaign { status: Status::Paused, places: Places::default(), ..kept.clone() };
        store.update_campaign(&become_this).unwrap();
        let campaigns = |offers: Vec<Offer>| -> Vec<_> {
            by_id(offers)
                .into_iter()
                .map(|offer| Campaign::clone(&offer.campaign.unwrap()))
                .collect()
        };
        let seen = campaigns(store.offers(&offers).unwrap());
        assert_eq!(seen, vec![become_this; 3]);
        store.update_campaign(&kept).unwrap();
        assert_eq!(campaigns(store.offers(&offers).unwrap()), vec![kept.clone(); 3]);
        assert_eq!(store.find_campaign(own, theirs.id).unwrap(), None);
        let refused = |result: Result<(), StoreError>| {
            assert!(matches!(result, Err(StoreError::OutOfScope(_))), "{result:?}");
        };
        refused(store.find_campaign(other, theirs.id).map(drop));
        refused(store.insert_campaign(&theirs).map(drop));
        refused(store.update_campaign(&theirs));
        refused(store.update_campaign(&Campaign { id: CampaignId::new(999_999), ..made }));
    });
    fixture.with(Scope::Person(PersonId::new(71)), &mut |store| {
        assert!(store.find_campaign(own, outside.id).is_err());
        let groups = vec![StoreGroupId::new(301)];
        let places = Places { stores: Vec::new(), groups };
        assert!(store.insert_campaign(&Campaign { places, ..outside.clone() }).is_err());
    });
}
