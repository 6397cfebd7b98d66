//! Two merchants, a few registered people, and words to act as each.

use regulars_customer::{
    Change, Consumer, ConsumerPatch, CustomerError, EmailAddress, LoyaltyId, NewConsumer,
    NewPerson, Person, PhoneNumber, Profile, create,
    memory::{Memory, MemoryStore},
};
use regulars_kernel::{
    Actor, Classify, Currency, ErrorKind, MerchantId, PersonId, Scope, StoreAccess, StoreId,
    Timestamp,
};
use regulars_merchant::{Merchant, Store, Tz};

pub(crate) const NEAR: MerchantId = MerchantId::new(1);
pub(crate) const FAR: MerchantId = MerchantId::new(2);
pub(crate) const NEAR_STORE: StoreId = StoreId::new(11);
pub(crate) const FAR_STORE: StoreId = StoreId::new(12);
pub(crate) const SHUT_STORE: StoreId = StoreId::new(13);
pub(crate) const ADA: PersonId = PersonId::new(71);
pub(crate) const BOB: PersonId = PersonId::new(72);

/// So many seconds into 2026.
pub(crate) const fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros((1_767_225_600 + seconds) * Timestamp::MICROS_PER_SECOND)
}

pub(crate) fn owner(merchant: MerchantId) -> Actor {
    Actor::owner(merchant)
}

pub(crate) fn cashier(merchant: MerchantId) -> Actor {
    Actor::cashier(merchant, PersonId::new(60), StoreAccess::Only(vec![NEAR_STORE]))
}

pub(crate) const fn consumer(person: PersonId) -> Actor {
    Actor::Consumer { person }
}

/// Everyone whom no merchant's permission is given.
pub(crate) fn outsiders() -> [Actor; 3] {
    let person = PersonId::new(99);
    [Actor::Anonymous, consumer(ADA), Actor::Platform { person }]
}

pub(crate) fn loyalty_id(number: u64) -> LoyaltyId {
    LoyaltyId::from_entropy(number)
}

pub(crate) fn set(text: &str) -> Change<String> {
    Change::Set(text.to_owned())
}

pub(crate) fn account(id: PersonId, name: &str) -> Person {
    let profile = Profile {
        firstname: name.to_owned(),
        lastname: "Smith".to_owned(),
        email: EmailAddress::parse(&format!("{name}@example.com")).ok(),
        secondary_email: EmailAddress::parse(&format!("{name}@second.example")).ok(),
        phone_number: PhoneNumber::parse(&format!("+49171000{}", 1000 + id.get()), None).ok(),
        city: Some("Bonn".to_owned()),
        street: Some("Ring 1".to_owned()),
        ..Profile::default()
    };
    let number = id.get().unsigned_abs();
    NewPerson::consumer(profile, loyalty_id(number), at(0)).with_id(id)
}

pub(crate) struct World(pub(crate) Memory);

impl World {
    pub(crate) fn new() -> Self {
        let memory = Memory::new();
        for (id, store, name) in [(NEAR, NEAR_STORE, "Near"), (FAR, FAR_STORE, "Far")] {
            memory.merchants().put_merchant(merchant(id, name));
            memory.merchants().put_store(place(store, id, true));
        }
        memory.merchants().put_store(place(SHUT_STORE, NEAR, false));
        memory.put_person(account(ADA, "Ada"));
        memory.put_person(account(BOB, "Bob"));
        Self(memory)
    }

    /// A transaction as this actor would open it.
    pub(crate) fn tx(&self, actor: &Actor) -> MemoryStore {
        self.0.scoped(actor.require_known().unwrap_or(Scope::Merchant(NEAR)))
    }

    pub(crate) fn at(&self, merchant: MerchantId) -> MemoryStore {
        self.0.scoped(Scope::Merchant(merchant))
    }

    /// A managed customer of a merchant.
    pub(crate) fn customer(
        &self,
        merchant: MerchantId,
        number: u64,
        fields: ConsumerPatch,
    ) -> Consumer {
        let new = NewConsumer { fields, ..NewConsumer::default() };
        let actor = owner(merchant);
        create::create(&mut self.at(merchant), &actor, &new, loyalty_id(number), at(100)).unwrap()
    }
}

pub(crate) fn merchant(id: MerchantId, name: &str) -> Merchant {
    Merchant::new(id, name, Tz::Europe__Berlin, Currency::EUR, at(0))
}

fn place(id: StoreId, merchant: MerchantId, is_active: bool) -> Store {
    Store {
        id,
        merchant,
        name: "Shop".to_owned(),
        location: None,
        phone_number: None,
        country: None,
        state: None,
        city: None,
        street: None,
        zip_code: None,
        tax_rate: None,
        time_zone: None,
        day_starts_at: chrono::NaiveTime::MIN,
        late_hours: Store::DEFAULT_LATE_HOURS,
        till_redemption: None,
        is_active,
        archived: false,
        extra_info: None,
        created_at: at(0),
        updated_at: at(0),
    }
}

/// The names of the arguments at fault; `-` for the input as a whole.
pub(crate) fn faults<T: std::fmt::Debug>(answer: Result<T, CustomerError>) -> Vec<&'static str> {
    match answer.unwrap_err().kind() {
        ErrorKind::Invalid(wrong) => {
            wrong.iter().map(|violation| violation.field.unwrap_or("-")).collect()
        }
        kind => panic!("{kind:?}"),
    }
}

pub(crate) fn is_denied<T: std::fmt::Debug>(answer: Result<T, CustomerError>) -> bool {
    answer.unwrap_err().kind() == ErrorKind::PermissionDenied
}

pub(crate) fn is_missing<T: std::fmt::Debug>(answer: Result<T, CustomerError>) -> bool {
    answer.unwrap_err().kind() == ErrorKind::DoesNotExist
}
