//! Renewing, revoking, and who the bearer of a token is.

use super::*;

#[test]
fn a_refresh_token_is_good_once_and_its_family_ends_with_its_second_use() {
    let mut house = House::new();
    let first = house.ada();
    let second = house.renew(&first.refresh.to_hex(), after(60)).unwrap();
    assert_eq!(second.claims.session, first.claims.session);
    assert_ne!(second.claims.token_id, first.claims.token_id);
    assert_ne!(second.refresh.to_hex(), first.refresh.to_hex());
    let third = house.renew(&second.refresh.to_hex(), after(120)).unwrap();
    assert_ne!(house.actor(&third, after(120)), Actor::Anonymous);
    let elsewhere = house.log_in("ada@example.com", PASSWORD, after(120)).unwrap().grant;
    for stale in [&first, &second, &third] {
        let refused = house.renew(&stale.refresh.to_hex(), after(120)).unwrap_err();
        assert_eq!(listed(&refused), vec![(None, Rule::InvalidToken)]);
        assert_eq!(house.actor(stale, after(120)), Actor::Anonymous, "its access ends too");
    }
    assert_ne!(house.actor(&elsewhere, after(120)), Actor::Anonymous, "other log-ins go on");
}

#[test]
fn an_answer_that_was_lost_is_given_again_for_some_seconds() {
    let mut house = House::with(|settings| settings.refresh_grace = Duration::from_secs(10));
    let first = house.ada();
    let second = house.renew(&first.refresh.to_hex(), after(60)).unwrap();
    let again = house.renew(&first.refresh.to_hex(), after(69)).unwrap();
    assert_eq!(again.refresh.to_hex(), second.refresh.to_hex(), "the same successor");
    // Only the token used last: once its successor was used, it is a replay.
    house.renew(&again.refresh.to_hex(), after(69)).unwrap();
    assert!(house.renew(&first.refresh.to_hex(), after(69)).is_err());
    assert_eq!(house.actor(&second, after(69)), Actor::Anonymous);
    // And only in time.
    let other = house.log_in("ada@example.com", PASSWORD, NOW).unwrap().grant;
    house.renew(&other.refresh.to_hex(), after(60)).unwrap();
    assert!(house.renew(&other.refresh.to_hex(), after(70)).is_err());
}

#[test]
fn the_same_successor_is_found_after_the_key_was_rotated() {
    let mut house = House::new();
    let mut keys = Keys::generate(&mut house.rng);
    let grace = |settings: &mut Settings| settings.refresh_grace = Duration::from_secs(10);
    house.authority = authority(&keys, grace);
    let first = house.ada();
    let second = house.renew(&first.refresh.to_hex(), NOW).unwrap();
    keys.refresh.rotate(regulars_auth::Key::generate(&mut house.rng));
    house.authority = authority(&keys, grace);
    let again = house.renew(&first.refresh.to_hex(), after(1)).unwrap();
    assert_eq!(again.refresh.to_hex(), second.refresh.to_hex());
}

#[test]
fn a_server_that_lacks_the_key_of_a_successor_refuses_and_ends_nothing() {
    let mut house = House::new();
    let old = Keys::generate(&mut house.rng);
    let mut new = Keys::parse(old.to_text().expose()).unwrap();
    new.refresh.rotate(regulars_auth::Key::generate(&mut house.rng));
    let grace = |settings: &mut Settings| settings.refresh_grace = Duration::from_secs(10);
    house.authority = authority(&new, grace);
    let first = house.ada();
    let second = house.renew(&first.refresh.to_hex(), NOW).unwrap();
    house.authority = authority(&old, grace);
    let refused = house.renew(&first.refresh.to_hex(), after(1)).unwrap_err();
    assert_eq!(listed(&refused), vec![(None, Rule::InvalidToken)]);
    assert_ne!(house.actor(&second, after(1)), Actor::Anonymous, "no thief was at work");
    // Once its time is over it is a replay, whatever the keys.
    assert!(house.renew(&first.refresh.to_hex(), after(10)).is_err());
    assert_eq!(house.actor(&second, after(10)), Actor::Anonymous);
}

#[test]
fn refresh_tokens_that_are_no_good() {
    let mut house = House::new();
    let grant = house.ada();
    let token = grant.refresh.to_hex();
    for text in ["", "XXXXXX", &token.to_uppercase(), &"0".repeat(40), grant.access.expose()] {
        let refused = house.renew(text, NOW).unwrap_err();
        assert_eq!(listed(&refused), vec![(None, Rule::InvalidToken)], "{text}");
    }
    let days = 90 * 24 * 3600;
    let refused = house.renew(&token, after(days)).unwrap_err();
    assert_eq!(listed(&refused), vec![(None, Rule::ExpiredToken)]);
    let next = house.renew(&token, after(days - 1)).unwrap();
    let deleted = Person { active: false, ..house.person(grant.person) };
    house.tx().update_person(&deleted).unwrap();
    assert!(house.renew(&next.refresh.to_hex(), after(days)).is_err());
}

#[test]
fn of_many_at_once_one_is_granted() {
    let mut house = House::new();
    let token = house.ada().refresh.to_hex();
    let seeds: Vec<_> = (0..24).map(|_| TokenId::draw(&mut house.rng)).collect();
    let house = &house;
    let granted = thread::scope(|threads| {
        let tries: Vec<_> = seeds
            .into_iter()
            .map(|id| {
                let token = &token;
                threads.spawn(move || {
                    let tx = &mut house.tx();
                    refresh::renew(tx, &house.authority, token, id, NOW).unwrap()
                })
            })
            .collect();
        let answers = tries.into_iter().map(|one| one.join().unwrap());
        answers.filter(|answer| matches!(answer, Renewal::Granted(_))).count()
    });
    assert_eq!(granted, 1);
}

#[test]
fn revoking_ends_the_session_once() {
    let mut house = House::new();
    let first = house.ada();
    let second = house.renew(&first.refresh.to_hex(), NOW).unwrap();
    let token = second.refresh.to_hex();
    assert_eq!(refresh::revoke(&mut house.tx(), &token, after(60)).unwrap(), after(60));
    assert_eq!(house.actor(&second, after(60)), Actor::Anonymous);
    assert!(house.renew(&token, after(60)).is_err());
    for text in [token.as_str(), &first.refresh.to_hex(), "XXXXXX", ""] {
        let answer = refresh::revoke(&mut house.tx(), text, after(61));
        assert_eq!(wrong(answer), vec![(None, Rule::InvalidToken)], "{text}");
    }
}

#[test]
fn an_access_token_is_checked_with_its_account_and_its_session() {
    let mut house = House::new();
    let grant = house.ada();
    let token = grant.access.expose();
    let verify =
        |house: &House, now| session::verify(&mut house.tx(), &house.authority, token, now);
    assert_eq!(verify(&house, NOW).unwrap(), grant.claims);
    assert_eq!(wrong(verify(&house, after(903))), vec![(None, Rule::ExpiredToken)]);
    assert_eq!(house.authority.read(token, after(903)), Err(TokenError::Expired));
    assert_eq!(house.actor(&grant, after(903)), Actor::Anonymous);
    house.memory.raise_token_version(grant.person);
    assert_eq!(wrong(verify(&house, NOW)), vec![(None, Rule::InvalidToken)]);
    assert_eq!(house.actor(&grant, NOW), Actor::Anonymous);
    let login = house.log_in("ada@example.com", PASSWORD, NOW).unwrap();
    assert_eq!(house.actor(&login.grant, NOW), Actor::Consumer { person: grant.person });
}

#[test]
fn the_address_in_a_token_opens_nothing() {
    let mut house = House::new();
    let old = house.ada();
    let mut account = house.person(old.person);
    account.profile.email = EmailAddress::parse("countess@example.com").ok();
    house.tx().update_person(&account).unwrap();
    let heir = house.ada();
    assert_ne!(heir.person, old.person);
    assert_eq!(house.actor(&old, NOW), Actor::Consumer { person: old.person });
}
