use regulars_customer::{EmailAddress, LoyaltyId, Person, PhoneNumber};
use regulars_kernel::{
    Classify, ErrorKind, PageRequest, Points, Scope, page::PageArguments, page::cut,
};
use regulars_merchant::Store;
use regulars_promotion::{Places, Status, Target};

use super::*;
use crate::{
    enrollment::enroll,
    memory::Memory,
    suite::{FIRST, SECOND, at, world},
};

const ADA: PersonId = PersonId::new(501);
const NOW: i64 = 5_000;

/// Two tenants, whose first has Ada as a customer; their stores are the suite's, their promotions plain.
struct Shop {
    memory: Memory,
    ada: Person,
}

impl Shop {
    fn open() -> Self {
        let memory = Memory::new();
        let ground = world().below.below;
        let merchants = memory.customers().merchants();
        ground.merchants.into_iter().for_each(|row| merchants.put_merchant(row));
        ground.stores.into_iter().for_each(|row| merchants.put_store(row));
        ground.store_groups.into_iter().for_each(|row| merchants.put_store_group(row));
        let mut ada = regulars_promotion::suite::person(ADA);
        ada.profile.email = EmailAddress::parse("ada@example.com").ok();
        ada.profile.phone_number = PhoneNumber::parse("+4915112345678", None).ok();
        ada.profile.city = Some("Bonn".to_owned());
        memory.customers().put_person(ada.clone());
        let shop = Self { memory, ada };
        shop.membership(FIRST, |_| {});
        shop
    }

    fn membership(&self, merchant: MerchantId, change: impl FnOnce(&mut Membership)) {
        let mut membership = Membership::of_account(&self.ada, merchant, Sharing::Full, at(0));
        change(&mut membership);
        self.memory.customers().put_membership(membership);
    }

    fn offer(&self, id: i64, merchant: MerchantId, change: impl FnOnce(&mut Terms)) {
        let mut offer = world().below.offers.pop().unwrap();
        offer.id = OfferId::new(id);
        offer.merchant = merchant;
        offer.campaign = None;
        offer.name = format!("offer {id}");
        offer.terms = Terms::open();
        change(&mut offer.terms);
        self.memory.promotions().put_offer(offer);
    }

    fn card(&self, id: i64, merchant: MerchantId, change: impl FnOnce(&mut Terms)) {
        let mut card = world().cards.pop().unwrap();
        card.id = LoyaltyCardId::new(id);
        card.merchant = merchant;
        card.name = format!("card {id}");
        card.terms = Terms::open();
        change(&mut card.terms);
        self.memory.put_card(card);
    }

    fn ask(&self, actor: &Actor, question: &Question) -> Result<Vec<Available>, LoyaltyError> {
        let scope = actor.require_known().unwrap_or(Scope::Person(ADA));
        promotions(&mut self.memory.scoped(scope), actor, question, at(NOW))
    }

    /// What is answered, each as `name` or `name!reason,reason`.
    fn answers(&self, actor: &Actor, question: &Question) -> Vec<String> {
        let spell = |one: Available| {
            let reasons: Vec<_> =
                one.eligibility.reasons.iter().map(|reason| reason.code()).collect();
            let name = one.promotion.name().to_owned();
            if reasons.is_empty() { name } else { format!("{name}!{}", reasons.join(",")) }
        };
        self.ask(actor, question).unwrap().into_iter().map(spell).collect()
    }
}

fn staff(merchant: MerchantId, stores: StoreAccess) -> Actor {
    Actor::cashier(merchant, PersonId::new(400), stores)
}

fn cashier() -> Actor {
    staff(FIRST, StoreAccess::All)
}

const fn ada() -> Actor {
    Actor::Consumer { person: ADA }
}

fn about(shop: &Shop) -> Question {
    let loyalty_id = shop.ada.loyalty_id.clone().map(LoyaltyId::into_string);
    Question { who: Identifier { loyalty_id, ..Identifier::default() }, ..Question::default() }
}

fn everything(question: Question) -> Question {
    Question { include_unavailable: true, ..question }
}

fn in_store(id: i64, question: Question) -> Question {
    Question { store: Some(StoreId::new(id)), ..question }
}

const NONE: Vec<String> = Vec::new();

#[test]
fn offers_come_by_pk_then_cards_by_pk_and_the_unavailable_on_request() {
    let shop = Shop::open();
    shop.card(1, FIRST, |_| {});
    shop.offer(9, FIRST, |_| {});
    shop.offer(2, FIRST, |terms| terms.end_time = Some(at(NOW)));
    shop.card(3, FIRST, |terms| terms.status = Status::Draft);
    shop.offer(4, FIRST, |terms| terms.archived = true);
    shop.offer(5, SECOND, |_| {});
    let question = about(&shop);
    assert_eq!(shop.answers(&cashier(), &question), ["offer 9", "card 1"]);
    let all = ["offer 2!ended", "offer 9", "card 1", "card 3!not_active"];
    assert_eq!(shop.answers(&cashier(), &everything(question.clone())), all);
    // Nobody but the merchant's people sees what is not in force.
    let own = ["offer 2!ended", "offer 9", "card 1"];
    assert_eq!(shop.answers(&ada(), &everything(Question::default())), own);
    // Judged at another instant, all else equal.
    let earlier = Question { at: Some(at(NOW - 1)), ..question };
    assert_eq!(shop.answers(&cashier(), &earlier), ["offer 2", "offer 9", "card 1"]);
}

#[test]
fn rule_6_whoever_has_not_joined_answers_as_a_newcomer() {
    let shop = Shop::open();
    let target =
        |rules: &'static str| move |terms: &mut Terms| terms.target = Target::parse(rules).ok();
    for merchant in [FIRST, SECOND] {
        let base = merchant.get() * 100;
        shop.offer(base, merchant, |_| {});
        shop.offer(base + 1, merchant, target(r#"[["city","exact","Bonn"]]"#));
        shop.offer(base + 2, merchant, target(r#"[["email","icontains","ada"]]"#));
        shop.offer(base + 3, merchant, target(r#"["NOT",["email","icontains","ada"]]"#));
    }
    let question = about(&shop);
    let member = ["offer 6100", "offer 6101", "offer 6102"];
    assert_eq!(shop.answers(&cashier(), &question), member);
    let newcomer = ["offer 6200", "offer 6201", "offer 6203"];
    assert_eq!(shop.answers(&staff(SECOND, StoreAccess::All), &question), newcomer);
    // The same, whoever asks: the second tenant's live store 200.
    assert_eq!(shop.answers(&ada(), &in_store(200, Question::default())), newcomer);
    // Without a store a consumer means the merchants they joined.
    assert_eq!(shop.answers(&ada(), &Question::default()), member);
    // Whoever left is a newcomer again.
    shop.membership(SECOND, |membership| {
        membership.standing = Standing::Left(at(1));
        membership.copy(&shop.ada);
    });
    assert_eq!(shop.answers(&staff(SECOND, StoreAccess::All), &question), newcomer);
    assert_eq!(shop.answers(&ada(), &Question::default()), member);
    shop.membership(SECOND, |_| {});
    let both = ["offer 6100", "offer 6101", "offer 6102", "offer 6200", "offer 6201", "offer 6202"];
    assert_eq!(shop.answers(&ada(), &Question::default()), both);
}

#[test]
fn rule_8_consumers_ask_for_themselves_alone_and_others_name_somebody() {
    let shop = Shop::open();
    shop.offer(1, FIRST, |_| {});
    let by_email = |email: &str| {
        let email = Some(email.to_owned());
        Question { who: Identifier { email, ..Identifier::default() }, ..Question::default() }
    };
    let by_phone = |phone: &str| {
        let phone_number = Some(phone.to_owned());
        Question {
            who: Identifier { phone_number, ..Identifier::default() },
            ..Question::default()
        }
    };
    for question in [about(&shop), by_email("ADA@example.com"), by_phone("+49 151 12345678")] {
        assert_eq!(shop.answers(&ada(), &question), ["offer 1"]);
        assert_eq!(shop.answers(&cashier(), &question), ["offer 1"]);
    }
    let other = LoyaltyId::from_entropy(7).into_string();
    let other = Identifier { loyalty_id: Some(other), ..Identifier::default() };
    let other = Question { who: other, ..Question::default() };
    for (actor, question, kind) in [
        (ada(), by_email("bob@example.com"), ErrorKind::DoesNotExist),
        (ada(), by_phone("+4915199999999"), ErrorKind::DoesNotExist),
        (ada(), other.clone(), ErrorKind::DoesNotExist),
        (cashier(), other, ErrorKind::DoesNotExist),
        (Actor::Platform { person: ADA }, about(&shop), ErrorKind::PermissionDenied),
        (Actor::Anonymous, about(&shop), ErrorKind::PermissionDenied),
    ] {
        let refusal = shop.ask(&actor, &question).unwrap_err();
        assert_eq!(refusal.kind(), kind, "{actor:?} {question:?}");
    }
    let nobody = shop.ask(&cashier(), &Question::default()).unwrap_err();
    assert!(matches!(nobody.kind(), ErrorKind::Invalid(_)));
}

#[test]
fn rule_26_the_stores_are_the_askers() {
    let shop = Shop::open();
    let places = |stores: &[i64]| Places {
        stores: stores.iter().copied().map(StoreId::new).collect(),
        groups: Vec::new(),
    };
    shop.offer(1, FIRST, |terms| terms.places = places(&[101]));
    shop.offer(2, FIRST, |_| {});
    let question = everything(about(&shop));
    let only = |ids: &[i64]| {
        staff(FIRST, StoreAccess::Only(ids.iter().copied().map(StoreId::new).collect()))
    };
    let here = ["offer 1", "offer 2"];
    let elsewhere = ["offer 1!wrong_store", "offer 2"];
    let nowhere = ["offer 1!wrong_store", "offer 2!wrong_store"];
    assert_eq!(shop.answers(&cashier(), &question), here);
    assert_eq!(shop.answers(&only(&[100, 101]), &question), here);
    assert_eq!(shop.answers(&only(&[100]), &question), elsewhere);
    assert_eq!(shop.answers(&only(&[]), &question), nowhere);
    assert_eq!(shop.answers(&cashier(), &in_store(101, question.clone())), here);
    assert_eq!(shop.answers(&cashier(), &in_store(100, question.clone())), elsewhere);
    assert_eq!(shop.answers(&ada(), &in_store(100, everything(Question::default()))), elsewhere);
    // Another cashier's store, a shut one, another tenant's, none: all the same to the asker.
    for (actor, store) in
        [(only(&[100]), 101), (cashier(), 103), (ada(), 103), (cashier(), 200), (ada(), 999_999)]
    {
        let question = if actor == ada() { Question::default() } else { about(&shop) };
        let refusal = shop.ask(&actor, &in_store(store, question)).unwrap_err();
        assert!(matches!(refusal, LoyaltyError::StoreNotFound), "{actor:?} {store}: {refusal:?}");
    }
}

#[test]
fn a_merchant_without_stores_sells_by_their_own_clock() {
    let shop = Shop::open();
    let merchants = shop.memory.customers().merchants();
    for store in world().below.below.stores {
        merchants.put_store(Store { archived: true, ..store });
    }
    shop.offer(1, FIRST, |terms| terms.day_start_time = NaiveTime::from_hms_opt(0, 0, 1));
    shop.offer(2, FIRST, |terms| terms.places.stores = vec![StoreId::new(100)]);
    let all = ["offer 1", "offer 2!wrong_store"];
    assert_eq!(shop.answers(&cashier(), &everything(about(&shop))), all);
    assert_eq!(shop.answers(&ada(), &everything(Question::default())), all);
}

#[test]
fn rule_23_what_was_redeemed_or_promised_counts() {
    let shop = Shop::open();
    shop.offer(1, FIRST, |terms| terms.enrollment_limit = Some(2));
    shop.offer(2, FIRST, |terms| terms.repeatable = false);
    shop.offer(3, FIRST, |terms| terms.repeat_delay_hours = Some(1));
    shop.card(4, FIRST, |terms| terms.repeatable = false);
    let template = world().intents.swap_remove(0);
    let promise = |id, offer, person, expires_at| {
        shop.memory.put_intent(crate::RedemptionIntent {
            id: regulars_kernel::IntentId::new(id),
            promised: crate::Promised::Offer(OfferId::new(offer)),
            person,
            expires_at: at(expires_at),
            ..template.clone()
        });
    };
    let redemption = world().redemptions.swap_remove(0);
    let redeem = |id, redeemed, person, created_at| {
        shop.memory.put_redemption(crate::Redemption {
            id: regulars_kernel::RedemptionId::new(id),
            redeemed,
            person,
            created_at: at(created_at),
            ..redemption.clone()
        });
    };
    let all = ["offer 1", "offer 2", "offer 3", "card 4"];
    let question = everything(about(&shop));
    assert_eq!(shop.answers(&cashier(), &question), all);
    let offer = |id| crate::Redeemed::Offer { offer: OfferId::new(id) };
    let stamps = crate::Redeemed::Stamps {
        card: LoyaltyCardId::new(4),
        reward: None,
        stamps: Points::new(5),
    };
    // Somebody else's count for the limit alone; what has lapsed counts nowhere.
    redeem(1, offer(1), None, 0);
    redeem(2, offer(2), Some(PersonId::new(9)), 0);
    promise(1, 1, None, NOW);
    promise(2, 2, Some(ADA), NOW);
    redeem(3, offer(3), Some(ADA), NOW - 3_600);
    assert_eq!(shop.answers(&cashier(), &question), all);
    promise(3, 1, None, NOW + 1);
    promise(4, 2, Some(ADA), NOW + 1);
    redeem(4, offer(3), Some(ADA), NOW - 3_599);
    redeem(5, stamps, Some(ADA), 0);
    let none = [
        "offer 1!enrollment_limit_reached",
        "offer 2!already_redeemed",
        "offer 3!repeat_too_soon",
        "card 4!already_redeemed",
    ];
    assert_eq!(shop.answers(&cashier(), &question), none);
    assert_eq!(shop.answers(&ada(), &everything(Question::default())), none);
    assert_eq!(shop.answers(&cashier(), &about(&shop)), NONE);
}

#[test]
fn segments_see_what_a_member_owns() {
    let shop = Shop::open();
    shop.card(1, FIRST, |_| {});
    let target =
        |terms: &mut Terms| terms.target = Target::parse(r#"[["loyaltyCard","exact",1]]"#).ok();
    shop.offer(1, FIRST, target);
    assert_eq!(shop.answers(&ada(), &Question::default()), ["card 1"]);
    let mut tx = shop.memory.scoped(Scope::Person(ADA));
    enroll(&mut tx, &ada(), LoyaltyCardId::new(1), at(NOW)).unwrap();
    assert_eq!(shop.answers(&ada(), &Question::default()), ["offer 1", "card 1"]);
    assert_eq!(shop.answers(&cashier(), &about(&shop)), ["offer 1", "card 1"]);
}

#[test]
fn the_list_is_cut_into_pages() {
    let shop = Shop::open();
    for id in [1, 2, 3] {
        shop.offer(id, FIRST, |terms| terms.start_time = Some(at(-id)));
        shop.card(id, FIRST, |terms| terms.start_time = Some(at(-id)));
    }
    let all = shop.ask(&ada(), &Question::default()).unwrap();
    for (order, expected) in [
        ("", "offer 1, offer 2, offer 3, card 1, card 2, card 3"),
        ("-kind", "card 3, card 2, card 1, offer 3, offer 2, offer 1"),
        ("pk", "offer 1, card 1, offer 2, card 2, offer 3, card 3"),
        ("name", "card 1, card 2, card 3, offer 1, offer 2, offer 3"),
        ("startTime", "offer 3, card 3, offer 2, card 2, offer 1, card 1"),
    ] {
        let mut names = Vec::new();
        let mut after = None;
        loop {
            let order_by = Some(order.to_owned());
            let arguments =
                PageArguments { first: Some(2), after, order_by, ..PageArguments::default() };
            let request = PageRequest::<AvailableSort>::parse(&arguments, "promotions").unwrap();
            let page = cut(all.clone(), &request);
            let last = page.items.last();
            after = last.map(|row| request.order.cursor(&request.order.position(row)));
            names.extend(page.items.into_iter().map(|row| row.promotion.name().to_owned()));
            if !page.has_next {
                break;
            }
        }
        assert_eq!(names.join(", "), expected, "{order:?}");
    }
}

/// What is refused, by the argument at fault.
fn refused(answer: Result<Vec<Available>, LoyaltyError>) -> Vec<Option<&'static str>> {
    match answer.unwrap_err().kind() {
        ErrorKind::Invalid(wrong) => wrong.iter().map(|violation| violation.field).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_is_over_crowds_out_nothing_and_too_much_is_refused_rather_than_cut() {
    let shop = Shop::open();
    let most = i64::from(MAX_PER_MERCHANT);
    // Years of old offers, then the one that counts.
    for id in 1..=most {
        shop.offer(id, FIRST, |terms| match id % 3 {
            0 => terms.status = Status::Ended,
            1 => terms.end_time = Some(at(NOW)),
            _ => terms.status = Status::Draft,
        });
    }
    shop.offer(5_000, FIRST, |_| {});
    let question = about(&shop);
    assert_eq!(shop.answers(&cashier(), &question), ["offer 5000"]);
    let whole = shop.ask(&cashier(), &everything(question.clone()));
    assert_eq!(refused(whole), [Some("includeUnavailable")]);
    for id in 1..=most {
        shop.offer(id, FIRST, |_| {});
    }
    assert_eq!(refused(shop.ask(&cashier(), &question)), [None]);
}

#[test]
fn a_consumer_of_very_many_merchants_names_a_store() {
    let shop = Shop::open();
    let many = i64::try_from(MAX_MERCHANTS).unwrap();
    for id in 0..=many {
        shop.membership(MerchantId::new(7_000 + id), |_| {});
    }
    assert_eq!(refused(shop.ask(&ada(), &Question::default())), [Some("storeId")]);
    assert!(shop.ask(&ada(), &in_store(100, Question::default())).is_ok());
}
