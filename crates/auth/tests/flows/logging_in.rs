//! Logging in.

use super::*;

#[test]
fn a_log_in_is_noted_and_moves_nothing_else() {
    let mut house = House::new();
    let person = house.ada().person;
    let login = house.log_in("ada@example.com", PASSWORD, after(60)).unwrap();
    assert!(!login.unarchiving);
    assert_eq!(login.grant.claims.issued_at, after(60).seconds());
    assert_eq!(login.grant.claims.expires_at, after(60 + 900).seconds());
    assert_eq!(login.grant.claims.email, "Ada@Example.com");
    let account = house.person(person);
    assert_eq!((account.last_login, account.updated_at), (Some(after(60)), NOW));
}

#[test]
fn a_second_address_logs_in() {
    let mut house = House::new();
    let person = house.ada().person;
    let mut account = house.person(person);
    account.profile.secondary_email = EmailAddress::parse("lady@example.org").ok();
    house.tx().update_person(&account).unwrap();
    let login = house.log_in("LADY@example.org", PASSWORD, NOW).unwrap();
    assert_eq!(login.grant.person, person);
    assert_eq!(login.grant.claims.email, "Ada@Example.com");
}

#[test]
fn whoever_cannot_log_in_is_told_the_same_after_the_same_work() {
    let mut house = House::new();
    let person = house.ada().person;
    let refusal = vec![(None, Rule::InvalidCredentials)];
    let before = house.authority.hasher().finished();
    let tries = [
        ("ada@example.com", "tea with 4 crows"),
        ("ada@example.com", ""),
        ("nobody@example.com", PASSWORD),
        ("", PASSWORD),
        ("no address", PASSWORD),
        ("ada@example.com\0", PASSWORD),
    ];
    for (number, (email, password)) in (1..).zip(tries) {
        assert_eq!(wrong(house.log_in(email, password, NOW)), refusal, "{email}");
        assert_eq!(house.authority.hasher().finished(), before + number, "{email}");
    }
    let deleted = Person { active: false, ..house.person(person) };
    house.tx().update_person(&deleted).unwrap();
    let before = house.authority.hasher().finished();
    assert_eq!(wrong(house.log_in("ada@example.com", PASSWORD, NOW)), refusal);
    assert_eq!(house.authority.hasher().finished(), before + 1);
}

#[test]
fn another_cost_hashes_anew_at_the_next_log_in() {
    let mut house = House::new();
    let keys = Keys::generate(&mut house.rng);
    house.authority = authority(&keys, |_| ());
    let person = house.ada().person;
    let kept = |house: &House| house.tx().find_credentials(person).unwrap().unwrap().password;
    let old = kept(&house);
    house.log_in("ada@example.com", PASSWORD, NOW).unwrap();
    assert_eq!(kept(&house), old);
    house.authority = authority(&keys, |settings| settings.password_cost = 5);
    house.log_in("ada@example.com", PASSWORD, NOW).unwrap();
    let new = kept(&house);
    assert_ne!(new, old);
    house.log_in("ada@example.com", PASSWORD, NOW).unwrap();
    assert_eq!(kept(&house), new);
}

#[test]
fn a_password_changed_during_the_log_in_wins() {
    let mut house = House::new();
    let person = house.ada().person;
    let candidate = login::candidate(&mut house.tx(), "ada@example.com").unwrap();
    let proof =
        login::prove(&house.authority, candidate, PASSWORD.into(), &mut house.rng, soon()).unwrap();
    house.memory.raise_token_version(person);
    let late = login::commit(&mut house.tx(), &house.authority, &proof, after(60));
    assert_eq!(wrong(late), vec![(None, Rule::InvalidCredentials)]);
    assert_eq!(house.person(person).last_login, None);
}

#[test]
fn rule_3_logging_in_takes_the_account_out_of_the_archive() {
    let mut house = House::new();
    let grant = house.ada();
    let archived = Person { archived: true, deleted_at: Some(NOW), ..house.person(grant.person) };
    house.tx().update_person(&archived).unwrap();
    assert_eq!(house.actor(&grant, NOW), Actor::Anonymous);
    let refused = house.renew(&grant.refresh.to_hex(), NOW).unwrap_err();
    assert_eq!(listed(&refused), vec![(None, Rule::InvalidToken)]);
    assert!(house.log_in("ada@example.com", PASSWORD, after(60)).unwrap().unarchiving);
    let account = house.person(grant.person);
    assert_eq!((account.archived, account.deleted_at), (false, None));
    assert!(!house.log_in("ada@example.com", PASSWORD, after(61)).unwrap().unarchiving);
}

#[test]
fn a_busy_pool_is_unavailable_and_no_wrong_password() {
    let mut house = House::new();
    house.ada();
    let candidate = login::candidate(&mut house.tx(), "ada@example.com").unwrap();
    let late = Instant::now();
    let answer = login::prove(&house.authority, candidate, PASSWORD.into(), &mut house.rng, late);
    assert_eq!(answer.unwrap_err().kind(), ErrorKind::Unavailable);
}
