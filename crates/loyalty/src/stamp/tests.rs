use regulars_customer::{LoyaltyId, Membership, NewPerson, Profile, Sharing, Standing};
use regulars_kernel::{Classify as _, Currency, ErrorKind, Points, Scope};
use regulars_merchant::{Store, Tz};

use super::*;
use crate::{
    LoyaltyStore, Millionths, PointsProgram, Spending, ledger,
    memory::{Memory, MemoryStore},
    suite::at,
};

const MERCHANT: MerchantId = MerchantId::new(61);
const ADA: PersonId = PersonId::new(71);
const SHOP: StoreId = StoreId::new(100);
const DAY: i64 = 86_400;

fn card(id: i64, program: Program) -> LoyaltyCard {
    let id = LoyaltyCardId::new(id);
    LoyaltyCard::new(id, MERCHANT, &format!("Card {id}"), Currency::EUR, program, at(0))
}

fn stamps(most: Option<u32>) -> Program {
    Program::Stamps(StampsProgram {
        stamps_needed: 5,
        max_stamps_per_day: most,
        stamp_expiration_days: Some(30),
    })
}

fn number() -> String {
    LoyaltyId::from_entropy(7).as_str().to_owned()
}

/// A shop with those cards, and Ada, who has an account and was never here.
fn memory(cards: Vec<LoyaltyCard>) -> Memory {
    let memory = Memory::new();
    let merchants = memory.customers().merchants();
    merchants.put_merchant(Merchant::new(
        MERCHANT,
        "Shop",
        Tz::Europe__Berlin,
        Currency::EUR,
        at(0),
    ));
    merchants.put_store(Store::new(SHOP, MERCHANT, "Mitte", at(0)));
    let profile = Profile { firstname: "Ada".to_owned(), ..Profile::default() };
    let account = NewPerson::consumer(profile, LoyaltyId::from_entropy(7), at(0)).with_id(ADA);
    memory.customers().put_person(account);
    for card in cards {
        memory.put_card(card);
    }
    memory
}

fn own(memory: &Memory) -> MemoryStore {
    memory.scoped(Scope::Merchant(MERCHANT))
}

fn new(card: Option<i64>) -> NewStamp {
    let who = Identifier { loyalty_id: Some(number()), ..Identifier::default() };
    NewStamp { who, card: card.map(LoyaltyCardId::new), store: SHOP }
}

fn stamped(memory: &Memory, card: Option<i64>, seconds: i64) -> Result<i64, LoyaltyError> {
    let done = stamp(&mut own(memory), &Actor::owner(MERCHANT), &new(card), at(seconds))?;
    Ok(done.card.get())
}

fn balance(memory: &Memory) -> Points {
    let books = own(memory).books(None, 100).unwrap();
    assert!(books.iter().all(|book| ledger::check(book).is_empty()));
    books.first().map_or(Points::ZERO, |book| book.account.balance)
}

fn sentence(refused: Result<i64, LoyaltyError>) -> String {
    match refused.unwrap_err() {
        LoyaltyError::Invalid(wrong) => {
            let one = wrong.iter().next().unwrap();
            assert_eq!(one.field, Some("loyaltyCardId"));
            one.rule.to_string()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn rule_7_the_first_stamp_joins_and_enrols_and_a_day_has_its_number() {
    let memory = memory(vec![card(801, stamps(Some(2)))]);
    assert_eq!(stamped(&memory, None, 0).unwrap(), 801);
    let member = own(&memory).find_membership(MERCHANT, ADA).unwrap().unwrap();
    assert_eq!((member.standing, member.sharing), (Standing::Live, Some(Sharing::Name)));
    stamped(&memory, Some(801), 60).unwrap();
    assert!(sentence(stamped(&memory, None, 120)).contains("today"));
    assert_eq!(balance(&memory), Points::new(2));
    stamped(&memory, None, DAY).unwrap();
    assert_eq!(balance(&memory), Points::new(3));
    let books = own(&memory).books(None, 1).unwrap();
    let ends: Vec<_> = books.iter().flat_map(|book| &book.lots).map(|lot| lot.expires_at).collect();
    assert!(ends.iter().all(Option::is_some), "{ends:?}");
}

#[test]
fn a_card_is_named_where_several_fit() {
    let points = PointsProgram::new(Spending::Product, Millionths::new(Millionths::ONE));
    let all =
        vec![card(801, stamps(None)), card(802, Program::Points(points)), card(803, stamps(None))];
    let memory = memory(all);
    let several = sentence(stamped(&memory, None, 0));
    assert!(several.contains("801 (Card 801), 803 (Card 803)"), "{several}");
    assert_eq!(stamped(&memory, Some(803), 0).unwrap(), 803);
    for named in [802, 999] {
        sentence(stamped(&memory, Some(named), 0));
    }
    let none = self::memory(vec![]);
    sentence(stamped(&none, None, 0));
}

#[test]
fn stamps_are_given_where_one_may_and_to_whom_one_may() {
    let memory = memory(vec![card(801, stamps(None))]);
    let elsewhere =
        Actor::cashier(MERCHANT, PersonId::new(63), StoreAccess::Only(vec![StoreId::new(101)]));
    let refused = stamp(&mut own(&memory), &elsewhere, &new(None), at(0)).unwrap_err();
    assert_eq!((refused.kind(), refused.argument()), (ErrorKind::DoesNotExist, Some("storeId")));
    for actor in [Actor::Consumer { person: ADA }, Actor::Anonymous] {
        let refused = stamp(&mut own(&memory), &actor, &new(None), at(0)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
    }
    let account = own(&memory).people(&[ADA]).unwrap().pop();
    let profile = Profile::default();
    let account = account.unwrap_or_else(|| {
        NewPerson::consumer(profile, LoyaltyId::from_entropy(7), at(0)).with_id(ADA)
    });
    let mut gone = Membership::of_account(&account, MERCHANT, Sharing::Full, at(0));
    gone.standing = Standing::Left(at(1));
    gone.copy(&account);
    memory.customers().put_membership(gone);
    let refused = stamp(&mut own(&memory), &Actor::owner(MERCHANT), &new(None), at(2));
    assert!(matches!(refused.unwrap_err().kind(), ErrorKind::Invalid(_)));
    assert_eq!(balance(&memory), Points::ZERO);
}
