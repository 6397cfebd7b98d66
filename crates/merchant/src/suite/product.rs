//! Products are listed and written.

use regulars_kernel::{
    Currency, Money, PageRequest, ProductId, Scope, StoreError, Timestamp,
    page::{PageArguments, cut},
};

use super::{ADA, Fixture, World, kept};
use crate::{Archived, EntitySource, MerchantStore, Product, ProductFilter};

/// Every filter in every order, in steps that do not fit the rows.
pub(super) fn lists(store: &mut dyn MerchantStore, world: &World) {
    let scope = store.scope();
    let listed = kept(&world.products, |row| match scope {
        Scope::Merchant(merchant) => row.merchant == merchant,
        Scope::Person(_) => false,
        Scope::Platform => true,
    });
    for filter in filters() {
        let rows = kept(&listed, |row| filter.admits(row));
        let count = store.count_products(&filter).unwrap();
        assert_eq!(count, u64::try_from(rows.len()).unwrap(), "{scope:?} {filter:?}");
        for order in ["", "-pk", "name", "-name", "createdAt,-name", "-updatedAt"] {
            for (first, offset) in [(1, None), (2, Some(1)), (100, None)] {
                let order_by = Some(order.to_owned());
                let arguments = PageArguments {
                    first: Some(first),
                    offset,
                    order_by,
                    ..PageArguments::default()
                };
                let request = PageRequest::parse(&arguments, "products").unwrap();
                let page = store.list_products(&filter, &request).unwrap();
                assert_eq!(page, cut(rows.clone(), &request), "{scope:?} {filter:?} {arguments:?}");
            }
        }
    }
}

fn filters() -> Vec<ProductFilter> {
    let text = |text: &str| Some(text.to_owned());
    let all = ProductFilter { archived: Archived::Included, ..ProductFilter::default() };
    vec![
        ProductFilter::default(),
        all.clone(),
        ProductFilter { archived: Archived::Only, ..ProductFilter::default() },
        ProductFilter { name: text("Ware 401"), ..all.clone() },
        ProductFilter { name: text("ware 401"), ..all.clone() },
        ProductFilter { name_icontains: text("WARE 40"), ..all.clone() },
        ProductFilter { name_icontains: text("%"), ..all.clone() },
        ProductFilter { category: text("Bohnen"), ..all.clone() },
        ProductFilter { category: text("bohnen"), ..all.clone() },
        ProductFilter { category_icontains: text("BOHN"), ..all.clone() },
        ProductFilter { entity_source: Some(EntitySource::Shopify), ..all.clone() },
        ProductFilter { entity_source: Some(EntitySource::Square), ..all.clone() },
        ProductFilter { entity_source_id: text("gid://1"), ..all },
    ]
}

/// Products are written within the merchant's own reach, and nowhere else.
pub(super) fn writing(fixture: &mut impl Fixture, world: &World) {
    let (own, other) = (world.merchants.first().unwrap().id, world.merchants.last().unwrap().id);
    let theirs = world.products.iter().find(|row| row.merchant == other).unwrap().clone();
    let new = Product {
        merchant: own,
        name: "Öl \u{fb01}n".to_owned(),
        price: Money::new(1_234, Currency::KWD),
        category: Some("Öle".to_owned()),
        entity_source: Some(EntitySource::Square),
        entity_source_id: Some("SQ-1".to_owned()),
        extra_info: Some("{\"a\":1}".to_owned()),
        ..theirs.clone()
    };
    let draft = new.clone();
    fixture.write(Scope::Merchant(own), move |store| {
        let mut made = draft.clone();
        made.id = store.insert_product(&made).unwrap();
        assert_eq!(store.find_product(own, made.id).unwrap(), Some(made.clone()));
        assert_eq!(store.products(&[made.id]).unwrap(), [made.clone()]);
        let by_source = |store: &mut dyn MerchantStore, id: &str| {
            store.find_product_by_source(own, EntitySource::Square, id).unwrap()
        };
        assert_eq!(by_source(store, "SQ-1"), Some(made.id));
        assert_eq!(by_source(store, "sq-1"), None);
        let searched = |name: &str, category: &str| ProductFilter {
            name_icontains: Some(name.to_owned()),
            category_icontains: Some(category.to_owned()),
            ..ProductFilter::default()
        };
        assert_eq!(store.count_products(&searched("öL FIN", "ÖLE")).unwrap(), 1);
        made = Product {
            name: "Essig".to_owned(),
            price: Money::new(0, Currency::EUR),
            category: None,
            entity_source: None,
            entity_source_id: None,
            extra_info: None,
            archived: true,
            updated_at: Timestamp::from_seconds(77),
            ..made
        };
        store.update_product(&made).unwrap();
        assert_eq!(store.find_product(own, made.id).unwrap(), Some(made.clone()));
        assert_eq!(store.count_products(&searched("öL", "")).unwrap(), 0);
        assert_eq!(by_source(store, "SQ-1"), None);
        assert_eq!(store.find_product(own, theirs.id).unwrap(), None);
        let refused = |result: Result<(), StoreError>| {
            assert!(matches!(result, Err(StoreError::OutOfScope(_))), "{result:?}");
        };
        let source = EntitySource::Square;
        refused(store.find_product(other, theirs.id).map(drop));
        refused(store.find_product_by_source(other, source, "SQ-1").map(drop));
        refused(store.insert_product(&theirs).map(drop));
        refused(store.update_product(&theirs));
        refused(store.update_product(&Product { id: ProductId::new(999_999), ..made }));
    });
    fixture.with(Scope::Person(ADA), &mut |store| {
        assert!(store.find_product(own, new.id).is_err());
        assert!(store.insert_product(&new).is_err());
    });
}
