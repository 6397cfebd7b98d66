//! The rows that the suite works on: two tenants, three customers, orders that differ in everything a port reads or filters
//! by.

use regulars_customer::{
    CardNumber, EmailAddress, Kind, LoyaltyId, Membership, NewPerson, Person, PhoneNumber, Profile,
    Sharing, Standing,
};
use regulars_kernel::{
    Currency, MerchantId, Money, OrderId, OrderItemId, PersonId, ProductId, StoreId, Timestamp,
};
use regulars_merchant::{EntitySource, suite as places};

use crate::{Order, OrderItem, OrderState, OrderType, PaymentType};

/// Registered, a member of both merchants, shows everything to the first and her name to the second.
pub const ADA: PersonId = PersonId::new(71);
/// Managed by the first merchant; shares Ada's phone number.
pub const BEN: PersonId = PersonId::new(74);
/// Registered; was archived by the first merchant and left the second.
pub const CLEO: PersonId = PersonId::new(75);

const FIRST: MerchantId = MerchantId::new(61);
const SECOND: MerchantId = MerchantId::new(62);

/// The rows that a fixture puts down, ids included.
#[derive(Clone, Debug)]
pub struct World {
    /// Tenants, stores and products. Who joined whom follows from the memberships.
    pub places: places::World,
    /// The customers' account rows. The tenants' founders are the accounts of the merchants' numbers.
    pub people: Vec<Person>,
    /// What the tenants have of the customers.
    pub memberships: Vec<Membership>,
    /// Orders.
    pub orders: Vec<Order>,
    /// Their lines.
    pub items: Vec<OrderItem>,
}

/// An instant of the world; small numbers.
pub fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_770_000_000 + seconds)
}

/// The loyalty id of one of the customers.
pub fn loyalty_id(person: PersonId) -> LoyaltyId {
    LoyaltyId::from_entropy(person.get().unsigned_abs())
}

/// The rows.
pub fn world() -> World {
    let mut places = places::world();
    places.store_groups.clear();
    places.joined.clear();
    let (people, memberships) = customers();
    let orders = orders();
    let items = items(&orders);
    World { places, people, memberships, orders, items }
}

fn customers() -> (Vec<Person>, Vec<Membership>) {
    let profile = |firstname: &str, email: &str, phone: Option<&str>| Profile {
        firstname: firstname.to_owned(),
        lastname: "Probe".to_owned(),
        email: EmailAddress::parse(email).ok(),
        phone_number: phone.and_then(|phone| PhoneNumber::parse(phone, None).ok()),
        city: Some("Köln".to_owned()),
        ..Profile::default()
    };
    let registered = |id, profile| NewPerson::consumer(profile, loyalty_id(id), at(0)).with_id(id);
    let ada = registered(ADA, profile("Ada", "Ada@example.com", Some("+491712345678")));
    let cleo = registered(CLEO, profile("Cleo", "cleo@example.com", Some("+4930123450000")));
    let ben = NewPerson::managed(loyalty_id(BEN), at(0)).with_id(BEN);

    let card = |number| CardNumber::parse(number).ok();
    let member = |account: &Person, merchant, sharing, cards: [Option<CardNumber>; 1]| Membership {
        cards: cards.into_iter().flatten().collect(),
        ..Membership::of_account(account, merchant, sharing, at(0))
    };
    let managed = Membership {
        kind: Kind::Managed,
        sharing: None,
        loyalty_id: Some(loyalty_id(BEN)),
        profile: profile("Ben", "ben@example.com", Some("+491712345678")),
        cards: card("OLD-8").into_iter().collect(),
        ..Membership::of_account(&ben, FIRST, Sharing::Full, at(0))
    };
    let mut gone = member(&cleo, SECOND, Sharing::Full, [None]);
    gone.standing = Standing::Left(at(9));
    gone.copy(&cleo);
    let mut archived = member(&cleo, FIRST, Sharing::Full, [None]);
    archived.standing = Standing::Archived(at(9));
    let memberships = vec![
        member(&ada, FIRST, Sharing::Full, [card("OLD-7")]),
        // The same card number at another merchant.
        member(&ada, SECOND, Sharing::Name, [card("old 8")]),
        managed,
        archived,
        gone,
    ];
    (vec![ada, ben, cleo], memberships)
}

fn orders() -> Vec<Order> {
    let order = |id, merchant, store, consumer, total| Order {
        id: OrderId::new(id),
        merchant,
        number: format!("1922{id:07}"),
        store: StoreId::new(store),
        consumer,
        waiter: None,
        phone_number: None,
        order_type: OrderType::IN_STORE.0,
        state: OrderState::Completed,
        pickup_at: None,
        delivery_location: None,
        payment_type: Some(PaymentType::Cash),
        payments: Vec::new(),
        num_of_guests: None,
        cash_received: None,
        change: None,
        tax: None,
        total,
        refunded: Money::zero(total.currency()),
        completed: true,
        // Two of a kind each, so that orders have ties to break.
        completed_at: Some(at(id / 2 % 5)),
        business_date: at(0).to_utc().date_naive().into(),
        deleted_at: None,
        entity_source: None,
        entity_source_id: None,
        extra_info: None,
        created_at: at(id / 2 % 4),
        updated_at: at(10),
    };
    let euros = |cents| Money::new(cents, Currency::EUR);
    let yen = |yen| Money::new(yen, Currency::JPY);
    let open = |order: Order| Order {
        state: OrderState::Open,
        completed: false,
        completed_at: None,
        business_date: None,
        payment_type: None,
        ..order
    };
    vec![
        order(501, FIRST, 100, Some(ADA), euros(1230)),
        Order {
            waiter: Some(FIRST.founder()),
            phone_number: Some("+4922112345678".to_owned()),
            order_type: OrderType::ONLINE.0,
            pickup_at: Some(at(20)),
            delivery_location: Some("Tür 3".to_owned()),
            payment_type: Some(PaymentType::CreditCard),
            num_of_guests: Some(2),
            cash_received: Some(euros(2000)),
            change: Some(euros(770)),
            tax: Some(euros(196)),
            refunded: euros(230),
            entity_source: Some(EntitySource::Pos),
            entity_source_id: Some("till-1/7".to_owned()),
            extra_info: Some("{\"table\":4}".to_owned()),
            ..order(502, FIRST, 100, Some(ADA), euros(1230))
        },
        open(order(503, FIRST, 101, Some(ADA), euros(0))),
        order(504, FIRST, 101, Some(BEN), euros(500)),
        Order {
            state: OrderState::Refunded,
            refunded: euros(990),
            payment_type: Some(PaymentType::Paypal),
            ..order(505, FIRST, 100, Some(BEN), euros(990))
        },
        Order {
            state: OrderState::Voided,
            refunded: euros(100),
            deleted_at: Some(at(11)),
            ..order(506, FIRST, 100, Some(ADA), euros(100))
        },
        order(507, FIRST, 101, None, euros(720)),
        order(508, FIRST, 104, Some(CLEO), euros(720)),
        order(509, SECOND, 200, Some(ADA), yen(1230)),
        open(order(510, SECOND, 201, Some(ADA), yen(1))),
        order(511, SECOND, 200, Some(CLEO), yen(88)),
        order(512, SECOND, 200, None, yen(88)),
        order(513, FIRST, 102, Some(ADA), euros(-5)),
    ]
}

fn items(orders: &[Order]) -> Vec<OrderItem> {
    let item = |id, order: &Order, name: &str| OrderItem {
        id: OrderItemId::new(id),
        merchant: order.merchant,
        order: order.id,
        product: None,
        name: name.to_owned(),
        quantity: 1,
        num_of_discounted_units: 0,
        unit_price: None,
        modifiers: Vec::new(),
        cost: order.total,
        is_completed: order.completed,
        entity_source: None,
        entity_source_id: None,
        extra_info: None,
        created_at: order.created_at,
        updated_at: order.updated_at,
    };
    let mut items = Vec::new();
    // The fourth order of each four has no lines; the lines of two orders are laid down in turns.
    let with_lines = orders.iter().filter(|order| order.id.get() % 4 != 0);
    for (order, base) in with_lines.zip((600..).step_by(2)) {
        items.push(item(base, order, "Kaffee"));
        items.push(OrderItem {
            product: (order.merchant == FIRST).then_some(ProductId::new(401)),
            quantity: 3,
            num_of_discounted_units: 1,
            entity_source: order.entity_source,
            entity_source_id: order.entity_source_id.as_ref().map(|id| format!("{id}#2")),
            extra_info: Some("{}".to_owned()),
            ..item(base + 1001, order, "Röstung „Süd“")
        });
    }
    items
}
