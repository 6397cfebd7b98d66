//! Signing up.

use super::*;

#[test]
fn a_consumer_signs_up_and_is_logged_in() {
    let mut house = House::new();
    let grant = house.ada();
    assert_eq!(house.actor(&grant, NOW), Actor::Consumer { person: grant.person });
    let person = house.person(grant.person);
    assert_eq!(person.user_type, UserType::Consumer);
    assert_eq!(person.merchant_type, None);
    assert!(person.loyalty_id.is_some());
    assert!(!person.verified && !person.staff && !person.admin);
    assert_eq!(person.last_login, None, "signing up is no log-in");
    assert_eq!(house.tx().memberships_of(grant.person).unwrap(), vec![]);
    assert!(house.log_in("ada@EXAMPLE.com ", PASSWORD, NOW).is_ok(), "in any case");
}

#[test]
fn a_merchant_founds_a_tenant_and_owns_it() {
    for (trade, kept) in [(None, "OTHER"), (Some(""), "OTHER"), (Some("cafe"), "CAFE")] {
        let mut house = House::with(|settings| {
            settings.merchant_currency = Currency::EUR;
            settings.merchant_time_zone = Tz::Europe__Berlin;
        });
        let grant = house.register(&seller(trade)).unwrap();
        let merchant = grant.person.founded();
        assert_eq!(house.actor(&grant, NOW), Actor::owner(merchant));
        let tenant = house.tx().merchants(&[merchant]).unwrap().pop().unwrap();
        assert_eq!(tenant.name, "Ada Lovelace");
        assert_eq!(tenant.merchant_type.as_deref(), Some(kept));
        assert_eq!((tenant.currency, tenant.time_zone), (Currency::EUR, Tz::Europe__Berlin));
        let person = house.person(grant.person);
        assert_eq!(person.merchant_type.map(MerchantType::name), Some(kept));
        assert_eq!(person.loyalty_id, None);
    }
}

#[test]
fn every_failing_field_is_reported_at_once() {
    let mut house = House::new();
    house.ada();
    let answer = house.register(&Registration {
        fields: AccountFields {
            email: "ADA@example.COM".to_owned(),
            firstname: String::new(),
            lastname: "x".repeat(151),
            phone_number: Some("12".to_owned()),
            birthday: Some("2000-02-30".to_owned()),
            country: Some("ZZ".to_owned()),
            gender: Some("robot".to_owned()),
            city: Some("a\0b".to_owned()),
            ..AccountFields::default()
        },
        password1: "XXXXXX".into(),
        password2: "XXXXXX".into(),
        user_type: "ADMIN".to_owned(),
        merchant_type: Some("zoo".to_owned()),
    });
    let mut fields: Vec<_> = wrong(answer);
    fields.sort_by_key(|(field, _)| *field);
    let rules: Vec<_> = fields.iter().map(|(field, rule)| (field.unwrap(), rule)).collect();
    let choice = |value: &str| Rule::InvalidChoice(value.to_owned());
    for expected in [
        ("birthday", &Rule::Date),
        ("country", &choice("ZZ")),
        ("email", &Rule::EmailTaken),
        ("firstname", &Rule::Required),
        ("gender", &choice("robot")),
        ("lastname", &Rule::MaxLength { max: 150, actual: 151 }),
        ("merchantType", &choice("zoo")),
        ("password2", &Rule::PasswordTooShort(8)),
        ("password2", &Rule::PasswordTooCommon),
        ("phoneNumber", &Rule::Phone),
        ("userType", &choice("ADMIN")),
    ] {
        assert!(rules.contains(&expected), "{expected:?} is not in {rules:?}");
    }
    assert!(rules.iter().any(|(field, _)| *field == "city"));
    assert_eq!(rules.len(), 12, "{rules:?}");
    assert_eq!(house.authority.hasher().finished(), 1, "nothing is hashed for a refusal");
}

#[test]
fn an_empty_registration_names_every_field_that_is_needed() {
    let mut fields: Vec<_> = wrong(House::new().register(&Registration::default()))
        .into_iter()
        .map(|(field, rule)| (field.unwrap(), rule))
        .collect();
    fields.sort_by_key(|(field, _)| *field);
    let needed = ["email", "firstname", "lastname", "password1", "password2", "userType"];
    assert_eq!(fields, needed.map(|field| (field, Rule::Required)));
}

#[test]
fn rule_2_an_address_taken_meanwhile_is_refused_all_the_same() {
    let mut house = House::new();
    let slow = house.prepare(&ada()).unwrap();
    let mut second = ada();
    second.fields.email = "ADA@EXAMPLE.COM".to_owned();
    house.register(&second).unwrap();
    let late = register::commit(&mut house.tx(), &house.authority, &slow, NOW);
    assert_eq!(wrong(late), vec![(Some("email"), Rule::EmailTaken)]);
}

#[test]
fn rule_7_a_sign_up_joins_the_default_merchant() {
    let merchant = MerchantId::new(900);
    let mut house = House::with(|settings| settings.default_merchant = Some(merchant));
    let refused = house.register(&ada()).unwrap_err();
    assert!(matches!(refused, AuthError::NoDefaultMerchant(id) if id == merchant));
    assert_eq!(refused.kind(), ErrorKind::Internal);

    let mut house = House::with(|settings| settings.default_merchant = Some(merchant));
    let cafe = Merchant::new(merchant, "Café", Tz::UTC, Currency::EUR, NOW);
    house.memory.customers().merchants().put_merchant(cafe);
    let grant = house.ada();
    let account = house.person(grant.person);
    let expected = Membership::of_account(&account, merchant, Sharing::Full, NOW);
    assert_eq!(house.tx().memberships_of(grant.person).unwrap(), vec![expected]);
    let mut other = seller(None);
    other.fields.email = "shop@example.com".to_owned();
    let seller = house.register(&other).unwrap();
    assert_eq!(house.tx().memberships_of(seller.person).unwrap(), vec![]);
    // A log-in is told to the membership too, and is no change of it.
    house.log_in("ada@example.com", PASSWORD, after(60)).unwrap();
    let membership = house.tx().memberships_of(grant.person).unwrap().pop().unwrap();
    assert_eq!((membership.last_login, membership.updated_at), (Some(after(60)), NOW));
}

#[test]
fn a_platform_admin_is_made_without_a_session() {
    let mut house = House::new();
    let mut fields = ada().fields;
    let weak = register::draft_admin(&fields, &"admin123".into(), NOW);
    assert!(register::review(&mut house.tx(), &weak).is_err());
    fields.email = "root@example.com".to_owned();
    let draft = register::draft_admin(&fields, &PASSWORD.into(), NOW);
    let accepted = register::review(&mut house.tx(), &draft).unwrap();
    let prepared = register::prepare(&house.authority, accepted, &mut house.rng, soon()).unwrap();
    let person = register::create(&mut house.tx(), &house.authority, &prepared, NOW).unwrap();
    let account = house.person(person);
    assert!(account.staff && account.admin && account.loyalty_id.is_none());
    let login = house.log_in("root@example.com", PASSWORD, NOW).unwrap();
    assert_eq!(house.actor(&login.grant, NOW), Actor::Platform { person });
}
