//! The merchants of the demo world: their stores, staff, products, offers and cards.

use chrono::{NaiveDate, NaiveTime};
use regulars_kernel::{Currency, SystemRole, Timestamp, text::fold};
use regulars_merchant::{Tz, business_date};

use super::{
    names::Land,
    offers,
    row::{
        Batch, LoyaltyCardRow, LoyaltyRewardRow, MerchantRow, ProductRow, StaffStoreRow,
        StoreGroupMemberRow, StoreGroupRow, StoreRow,
    },
    staff::Roles,
    world::{Account, DAY, Plan, Sequences},
};

/// What the rest of the world needs to know of a merchant.
#[derive(Clone, Debug)]
pub(super) struct Tenant {
    pub(super) id: i64,
    pub(super) land: Land,
    pub(super) zone: Tz,
    pub(super) currency: Currency,
    /// Microseconds by which its opening hours are later than Europe's.
    pub(super) later: i64,
    pub(super) tax: i64,
    pub(super) stores: Vec<Place>,
    pub(super) products: Vec<Article>,
    pub(super) points: PointsCard,
    pub(super) stamps: StampsCard,
    pub(super) offers: offers::Used,
}

/// A store.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) id: i64,
    pub(super) zone: Tz,
    pub(super) day_starts_at: NaiveTime,
    pub(super) cashier: i64,
}

impl Place {
    /// The business date of an instant.
    pub(super) fn date(&self, at: i64) -> NaiveDate {
        business_date(self.zone, self.day_starts_at, Timestamp::from_micros(at))
    }
}

/// A product.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Article {
    pub(super) id: i64,
    pub(super) name: &'static str,
    pub(super) price: i64,
}

/// The card on which sales earn points.
#[derive(Clone, Debug)]
pub(super) struct PointsCard {
    pub(super) id: i64,
    /// In millionths of a point for each unit of currency.
    pub(super) dollar_worth: i64,
    pub(super) initial_points: i64,
    pub(super) months: u32,
    pub(super) delay_days: i64,
    pub(super) spending: Spending,
}

/// What points are good for.
#[derive(Clone, Debug)]
pub(super) enum Spending {
    /// They pay; `worth` in minor units for a point.
    Flat { needed: i64, step: i64, worth: i64 },
    /// They buy rewards: id and price in points, the cheapest first.
    Rewards(Vec<(i64, i64)>),
}

/// The card that every sale stamps.
#[derive(Clone, Copy, Debug)]
pub(super) struct StampsCard {
    pub(super) id: i64,
    pub(super) needed: i64,
    pub(super) per_day: i64,
    pub(super) days: u32,
}

struct Template {
    name: &'static str,
    trade: &'static str,
    land: Land,
    zone: Tz,
    currency: Currency,
    tax: i64,
    stores: &'static [Site],
    products: &'static [(&'static str, i64, &'static str)],
    points: &'static str,
    stamps: &'static str,
}

struct Site {
    name: &'static str,
    country: &'static str,
    city: &'static str,
    street: &'static str,
    zip: &'static str,
    /// Where it is not the merchant's.
    zone: Option<Tz>,
    day_starts_at: &'static str,
}

const fn site(
    name: &'static str,
    place: [&'static str; 4],
    zone: Option<Tz>,
    day_starts_at: &'static str,
) -> Site {
    let [country, city, street, zip] = place;
    Site { name, country, city, street, zip, zone, day_starts_at }
}

const CAFE: Template = Template {
    name: "Café Morgenrot",
    trade: "CAFE",
    land: Land::Germany,
    zone: Tz::Europe__Berlin,
    currency: Currency::EUR,
    tax: 190_000,
    stores: &[
        site("Mitte", ["DE", "Berlin", "Lindenstraße 4", "10115"], None, "00:00:00"),
        site("Kreuzberg Bar", ["DE", "Berlin", "Hauptstraße 81", "10999"], None, "04:00:00"),
        site(
            "Baixa",
            ["PT", "Lisboa", "Rua Augusta 12", "1100-048"],
            Some(Tz::Europe__Lisbon),
            "00:00:00",
        ),
        site(
            "Soho",
            ["GB", "London", "5 Mill Lane", "W1D 1BS"],
            Some(Tz::Europe__London),
            "00:00:00",
        ),
    ],
    products: &[
        ("Espresso", 240, "Coffee"),
        ("Cappuccino", 380, "Coffee"),
        ("Flat White", 420, "Coffee"),
        ("Filter Coffee", 310, "Coffee"),
        ("Green Tea", 350, "Tea"),
        ("Hot Chocolate", 430, "Other drinks"),
        ("Croissant", 290, "Bakery"),
        ("Cinnamon Roll", 360, "Bakery"),
        ("Cheesecake", 490, "Bakery"),
        ("Avocado Toast", 890, "Kitchen"),
        ("Breakfast for Two", 2_450, "Kitchen"),
        ("House Blend 250 g", 1_290, "Shop"),
    ],
    points: "Morgenrot Points",
    stamps: "Ten Coffees",
};

const BOOKS: Template = Template {
    name: "Harbor Books",
    trade: "RETAIL",
    land: Land::America,
    zone: Tz::America__New_York,
    currency: Currency::USD,
    tax: 88_750,
    stores: &[
        site("Harbor Street", ["US", "New York", "12 Harbor Road", "10004"], None, "00:00:00"),
        site(
            "Lakeview",
            ["US", "Chicago", "340 Park Place", "60657"],
            Some(Tz::America__Chicago),
            "00:00:00",
        ),
        site(
            "Mission",
            ["US", "San Francisco", "77 Oak Avenue", "94110"],
            Some(Tz::America__Los_Angeles),
            "00:00:00",
        ),
    ],
    products: &[
        ("Paperback", 1_499, "Books"),
        ("Hardcover", 2_899, "Books"),
        ("Picture Book", 1_799, "Children"),
        ("Comic", 999, "Comics"),
        ("Magazine", 799, "Press"),
        ("Notebook", 1_250, "Paper"),
        ("Fountain Pen", 3_900, "Paper"),
        ("Bookmark", 350, "Paper"),
        ("Tote Bag", 1_800, "Gifts"),
        ("Board Game", 4_499, "Games"),
    ],
    points: "Harbor Club",
    stamps: "Reader's Pass",
};

const CORNER: Template = Template {
    name: "Corner Bakery",
    trade: "GROCERY",
    land: Land::Britain,
    zone: Tz::Europe__London,
    currency: Currency::GBP,
    tax: 0,
    stores: &[
        site("High Street", ["GB", "Leeds", "18 High Street", "LS1 4DT"], None, "00:00:00"),
        site("Mill Lane", ["GB", "Bristol", "2 Mill Lane", "BS1 5TR"], None, "00:00:00"),
    ],
    products: &[
        ("Sourdough", 420, "Bread"),
        ("Bagel", 160, "Bread"),
        ("Scone", 220, "Cakes"),
        ("Pasty", 380, "Savoury"),
        ("Birthday Cake", 2_600, "Cakes"),
        ("Tea", 210, "Drinks"),
    ],
    points: "Crumbs",
    stamps: "Baker's Dozen",
};

/// Makes the merchant of that number, counted from 0, and its rows.
pub(super) fn make(plan: &Plan, number: usize, ids: &mut Sequences, out: &mut Batch) -> Tenant {
    let template = match number {
        0 => &CAFE,
        1 => &BOOKS,
        _ => &CORNER,
    };
    let id = Plan::owner(number);
    let founded = plan.now - 900 * DAY;
    let name = if number < 3 {
        template.name.to_owned()
    } else {
        format!("{} {}", template.name, number + 1)
    };
    let email = if number == 0 {
        "merchant@example.com".to_owned()
    } else {
        format!("merchant{}@example.com", number + 1)
    };
    Account {
        id,
        email,
        name: ("Olga", "Owner"),
        merchant_type: Some(template.trade),
        created_at: founded,
    }
    .add(plan, out);
    out.merchant.push(MerchantRow {
        id,
        name,
        merchant_type: template.trade,
        time_zone: template.zone.name(),
        currency: template.currency.code(),
        created_at: founded,
        updated_at: founded,
    });
    let roles = Roles::make(id, founded, ids, out);
    roles.give(SystemRole::Owner, id, true, founded, out);
    let later = if template.land == Land::America { 6 * 3_600_000_000 } else { 0 };
    let stores = stores(plan, template, &roles, number, ids, out);
    let products = products(template, id, founded, ids, out);
    let mut tenant = Tenant {
        id,
        land: template.land,
        zone: template.zone,
        currency: template.currency,
        later,
        tax: template.tax,
        stores,
        products,
        points: points_card(template, id, number, founded, ids, out),
        stamps: stamps_card(template, id, founded, ids, out),
        offers: offers::Used::default(),
    };
    rewards(&mut tenant, founded, ids, out);
    tenant.offers = offers::make(plan, number, &tenant, ids, out);
    tenant
}

fn stores(
    plan: &Plan,
    template: &Template,
    roles: &Roles,
    number: usize,
    ids: &mut Sequences,
    out: &mut Batch,
) -> Vec<Place> {
    let merchant = roles.merchant();
    let since = plan.now - 880 * DAY;
    let mut places = Vec::new();
    for site in template.stores {
        let (id, cashier) = (ids.store(), ids.staff());
        out.store.push(StoreRow {
            id,
            merchant_id: merchant,
            name: site.name.to_owned(),
            name_key: fold(site.name),
            phone_number: None,
            country: site.country,
            city: site.city,
            city_key: fold(site.city),
            street: site.street.to_owned(),
            zip_code: site.zip,
            tax_rate: template.tax,
            time_zone: site.zone.map(Tz::name),
            day_starts_at: site.day_starts_at,
            created_at: since,
            updated_at: since,
        });
        let email = match number {
            0 if places.is_empty() => "cashier@example.com".to_owned(),
            1 if places.is_empty() => "cashier2@example.com".to_owned(),
            _ => format!("cashier-store-{id}@example.com"),
        };
        Account {
            id: cashier,
            email,
            name: ("Casey", "Cashier"),
            merchant_type: None,
            created_at: since,
        }
        .add(plan, out);
        roles.give(SystemRole::Cashier, cashier, false, since, out);
        out.staff_store.push(StaffStoreRow {
            merchant_id: merchant,
            person_id: cashier,
            store_id: id,
        });
        let zone = site.zone.unwrap_or(template.zone);
        let day_starts_at = site.day_starts_at.parse().unwrap_or(NaiveTime::MIN);
        places.push(Place { id, zone, day_starts_at, cashier });
    }
    if number == 0 {
        roles.hire_office(plan, since, ids, out);
    }
    let group = ids.store_group();
    let (name, members) = ("Home town", places.iter().take(2));
    out.store_group.push(StoreGroupRow {
        id: group,
        merchant_id: merchant,
        name,
        created_at: since,
        updated_at: since,
    });
    out.store_group_member.extend(members.map(|place| StoreGroupMemberRow {
        merchant_id: merchant,
        store_group_id: group,
        store_id: place.id,
    }));
    places
}

fn products(
    template: &Template,
    merchant: i64,
    founded: i64,
    ids: &mut Sequences,
    out: &mut Batch,
) -> Vec<Article> {
    let mut articles = Vec::new();
    for (name, price, category) in template.products.iter().copied() {
        let id = ids.product();
        out.product.push(ProductRow {
            id,
            merchant_id: merchant,
            name,
            name_key: fold(name),
            price,
            currency: template.currency.code(),
            category,
            category_key: fold(category),
            entity_source: Some("POS"),
            entity_source_id: Some(format!("item-{id}")),
            created_at: founded,
            updated_at: founded,
        });
        articles.push(Article { id, name, price });
    }
    articles
}

/// The first merchant's points pay, everybody else's buy rewards; the second's need a day until they can be spent.
fn points_card(
    template: &Template,
    merchant: i64,
    number: usize,
    founded: i64,
    ids: &mut Sequences,
    out: &mut Batch,
) -> PointsCard {
    let pays = number == 0;
    let card = PointsCard {
        id: ids.card(),
        dollar_worth: if pays { 1_000_000 } else { 2_000_000 },
        initial_points: if pays { 50 } else { 0 },
        months: 12,
        delay_days: i64::from(number == 1),
        spending: if pays {
            Spending::Flat { needed: 100, step: 50, worth: 5 }
        } else {
            Spending::Rewards(Vec::new())
        },
    };
    let base = LoyaltyCardRow {
        id: card.id,
        merchant_id: merchant,
        name: template.points,
        name_key: fold(template.points),
        short_description: "Points for everything you buy.",
        loyalty_type: "POINTS",
        points_loyalty_type: Some(if pays { "FLAT" } else { "PRODUCT" }),
        dollar_worth: Some(card.dollar_worth),
        initial_points: Some(card.initial_points),
        points_needed: pays.then_some(100),
        incremental_points: pays.then_some(50),
        point_worth: pays.then_some(5_000_000),
        validity_in_months: Some(i64::from(card.months)),
        activation_delay_days: Some(card.delay_days),
        stamps_needed: None,
        max_stamps_per_day: None,
        stamp_expiration_days: None,
        redemption_expiration_days: Some(7),
        currency: template.currency.code(),
        status: "ACTIVE",
        segmentation_rules: None,
        created_at: founded,
        updated_at: founded,
    };
    if number == 0 {
        let name = "Gold Points";
        out.loyalty_card.push(LoyaltyCardRow {
            id: ids.card(),
            name,
            name_key: fold(name),
            short_description: "Double points for our best customers. Paused until spring.",
            dollar_worth: Some(2_000_000),
            status: "PAUSED",
            segmentation_rules: Some(r#"[["pointsEarned","gte",500]]"#),
            ..base.clone()
        });
    }
    out.loyalty_card.push(base);
    card
}

fn stamps_card(
    template: &Template,
    merchant: i64,
    founded: i64,
    ids: &mut Sequences,
    out: &mut Batch,
) -> StampsCard {
    let card = StampsCard { id: ids.card(), needed: 10, per_day: 2, days: 365 };
    out.loyalty_card.push(LoyaltyCardRow {
        id: card.id,
        merchant_id: merchant,
        name: template.stamps,
        name_key: fold(template.stamps),
        short_description: "A stamp for every purchase; ten stamps are a present.",
        loyalty_type: "STAMPS",
        points_loyalty_type: None,
        dollar_worth: None,
        initial_points: None,
        points_needed: None,
        incremental_points: None,
        point_worth: None,
        validity_in_months: None,
        activation_delay_days: None,
        stamps_needed: Some(card.needed),
        max_stamps_per_day: Some(card.per_day),
        stamp_expiration_days: Some(i64::from(card.days)),
        redemption_expiration_days: Some(7),
        currency: template.currency.code(),
        status: "ACTIVE",
        segmentation_rules: None,
        created_at: founded,
        updated_at: founded,
    });
    card
}

fn rewards(tenant: &mut Tenant, founded: i64, ids: &mut Sequences, out: &mut Batch) {
    let Spending::Rewards(rewards) = &mut tenant.points.spending else { return };
    for (product, points) in tenant.products.iter().zip([60, 120, 200]) {
        let id = ids.reward();
        out.loyalty_reward.push(LoyaltyRewardRow {
            id,
            merchant_id: tenant.id,
            loyalty_card_id: tenant.points.id,
            product_id: product.id,
            points,
            stock: None,
            expiry: None,
            created_at: founded,
            updated_at: founded,
        });
        rewards.push((id, points));
    }
}
