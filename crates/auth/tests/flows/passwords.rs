//! A forgotten password, a first one, and another one.

use regulars_auth::{
    password_change,
    password_reset::{self, Way},
};

use super::*;

const NEW: &str = "coffee with 4 jays";

impl House {
    fn forget(&mut self, email: &str, now: Timestamp) -> Result<(), AuthError> {
        let seed = self.seed();
        password_reset::send(&mut self.tx(), email, &seed, now)
    }

    fn set(
        &self,
        way: Way,
        token: &str,
        passwords: [&str; 2],
        now: Timestamp,
    ) -> Result<PersonId, AuthError> {
        let candidate = password_reset::candidate(&mut self.tx(), way, token.to_owned(), now)?;
        let [first, second] = passwords.map(Password::from);
        let prepared =
            password_reset::prepare(&self.authority, candidate, (&first, &second), soon())?;
        password_reset::commit(&mut self.tx(), &prepared, now)
    }

    fn reset(&self, token: &str, password: &str, now: Timestamp) -> Result<PersonId, AuthError> {
        self.set(Way::Reset, token, [password; 2], now)
    }

    fn change(
        &mut self,
        actor: &Actor,
        old: &str,
        passwords: [&str; 2],
        now: Timestamp,
    ) -> Result<Grant, AuthError> {
        let asking = confirmation::ask(&mut self.tx(), actor)?;
        let [first, second] = passwords.map(Password::from);
        let typed = (Password::from(old), (&first, &second));
        let prepared =
            password_change::prepare(&self.authority, &asking, typed, &mut self.rng, soon())?;
        password_change::commit(&mut self.tx(), &self.authority, &prepared, now)
    }
}

#[test]
fn a_forgotten_password_is_replaced_and_every_session_ends() {
    let mut house = House::new();
    let grant = house.ada();
    let activation = house.token(NOW);
    house.forget("ada@EXAMPLE.com", NOW).unwrap();
    let sent = house.sent(NOW);
    let [(MailKind::PasswordReset, address, token)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(address, "Ada@Example.com");
    assert_eq!(house.reset(token, NEW, after(60)).unwrap(), grant.person);
    assert!(house.person(grant.person).verified, "whoever reads the mailbox has proved it");
    assert_eq!(house.actor(&grant, after(60)), Actor::Anonymous);
    let refused = house.renew(&grant.refresh.to_hex(), after(60)).unwrap_err();
    assert_eq!(listed(&refused), vec![(None, Rule::InvalidToken)]);
    assert!(house.log_in("ada@example.com", PASSWORD, after(61)).is_err());
    assert!(house.log_in("ada@example.com", NEW, after(61)).is_ok());
    // One use, and what was mailed before is void.
    let again = house.reset(token, "a third one of 9 wrens", after(62));
    assert_eq!(wrong(again), vec![(None, Rule::InvalidToken)]);
    let late = verification::verify(&mut house.tx(), &activation, after(63));
    assert_eq!(wrong(late), vec![(None, Rule::AlreadyVerified)]);
}

#[test]
fn one_reset_voids_the_other_tokens() {
    let mut house = House::new();
    house.ada();
    house.sent(NOW);
    let tokens = [1, 2, 3].map(|second| {
        house.forget("ada@example.com", after(second)).unwrap();
        house.token(after(second))
    });
    house.forget("ada@example.com", after(4)).unwrap();
    house.reset(&tokens[1], NEW, after(5)).unwrap();
    for token in tokens {
        assert_eq!(wrong(house.reset(&token, NEW, after(6))), vec![(None, Rule::InvalidToken)]);
    }
    assert_eq!(house.sent(after(7)), vec![], "what waited is not sent");
}

#[test]
fn a_token_serves_one_action_for_an_hour() {
    let mut house = House::new();
    house.ada();
    let activation = house.token(NOW);
    house.forget("ada@example.com", NOW).unwrap();
    let token = house.token(NOW);
    let invalid = vec![(None, Rule::InvalidToken)];
    assert_eq!(wrong(house.reset(&activation, NEW, NOW)), invalid);
    assert_eq!(wrong(house.set(Way::Set, &token, [NEW; 2], NOW)), invalid);
    assert_eq!(wrong(verification::verify(&mut house.tx(), &token, NOW)), invalid);
    let expired = vec![(None, Rule::ExpiredToken)];
    assert_eq!(wrong(house.reset(&token, NEW, after(3_600))), expired);
    let hashed = house.authority.hasher().finished();
    let weak = house.set(Way::Reset, &token, ["lovelace1", "lovelace1"], NOW);
    assert_eq!(wrong(weak), vec![(Some("newPassword2"), Rule::PasswordTooSimilar("last name"))]);
    let apart = house.set(Way::Reset, &token, [NEW, PASSWORD], NOW);
    assert_eq!(wrong(apart), vec![(Some("newPassword2"), Rule::PasswordMismatch)]);
    assert_eq!(house.authority.hasher().finished(), hashed, "nothing is hashed for a refusal");
    assert!(house.reset(&token, NEW, after(3_599)).is_ok(), "a refusal uses nothing up");
}

#[test]
fn a_token_belongs_to_the_account_and_not_to_the_address() {
    let mut house = House::new();
    let person = house.ada().person;
    house.sent(NOW);
    house.forget("ada@example.com", NOW).unwrap();
    let token = house.token(NOW);
    // The address goes to somebody else.
    let mut account = house.person(person);
    account.profile.email = EmailAddress::parse("lady@example.org").ok();
    house.tx().update_person(&account).unwrap();
    let other = house.ada().person;
    assert_eq!(house.reset(&token, NEW, NOW).unwrap(), person);
    assert!(!house.person(other).verified && !house.person(person).verified);
    assert!(house.log_in("ada@example.com", NEW, NOW).is_err());
}

#[test]
fn deleted_accounts_and_nobody_get_no_mail() {
    let mut house = House::new();
    let person = house.ada().person;
    house.sent(NOW);
    house.forget("nobody@example.com", NOW).unwrap();
    let deleted = Person { active: false, ..house.person(person) };
    house.tx().update_person(&deleted).unwrap();
    house.forget("ada@example.com", NOW).unwrap();
    assert_eq!(house.sent(NOW), vec![]);
    assert_eq!(wrong(house.forget("", NOW)), vec![(Some("email"), Rule::Required)]);
}

#[test]
fn a_reset_for_another_version_is_void() {
    let mut house = House::new();
    let person = house.ada().person;
    house.sent(NOW);
    house.forget("ada@example.com", NOW).unwrap();
    let token = house.token(NOW);
    house.memory.raise_token_version(person);
    assert_eq!(wrong(house.reset(&token, NEW, NOW)), vec![(None, Rule::InvalidToken)]);
}

#[test]
fn whoever_was_taken_on_sets_the_first_password_and_only_that() {
    let shop = staffing::Shop::open();
    let person = shop.hire_cashier("carla");
    let sent = shop.house.sent(NOW);
    let (kind, address, token) =
        sent.iter().find(|(kind, ..)| *kind == MailKind::Invitation).unwrap();
    assert_eq!((*kind, address.as_str()), (MailKind::Invitation, "carla@shop.example"));
    let set = |now| shop.house.set(Way::Set, token, [NEW; 2], now);
    let week = 7 * 24 * 60 * 60;
    assert_eq!(wrong(set(after(week))), vec![(None, Rule::ExpiredToken)]);
    assert_eq!(set(after(week - 1)).unwrap(), person);
    assert!(shop.house.person(person).verified);
    assert_eq!(wrong(set(after(60))), vec![(None, Rule::PasswordAlreadySet)]);
}

#[test]
fn another_password_ends_every_session_but_begins_one() {
    let mut house = House::new();
    let grant = house.ada();
    let token = house.token(NOW);
    let actor = house.actor(&grant, NOW);
    let early = house.change(&actor, PASSWORD, [NEW; 2], NOW);
    assert_eq!(wrong(early), vec![(None, Rule::NotVerified)]);
    verification::verify(&mut house.tx(), &token, NOW).unwrap();
    house.forget("ada@example.com", NOW).unwrap();
    let reset = house.token(NOW);

    let refused = house.change(&actor, NEW, ["123456", "123456"], NOW);
    let rules = vec![
        (Some("oldPassword"), Rule::InvalidPassword),
        (Some("newPassword2"), Rule::PasswordTooShort(8)),
        (Some("newPassword2"), Rule::PasswordTooCommon),
        (Some("newPassword2"), Rule::PasswordEntirelyNumeric),
    ];
    assert_eq!(wrong(refused), rules);
    let next = house.change(&actor, PASSWORD, [NEW; 2], after(60)).unwrap();
    assert_eq!(house.actor(&grant, after(60)), Actor::Anonymous);
    assert_eq!(house.actor(&next, after(60)), actor);
    assert!(house.renew(&next.refresh.to_hex(), after(61)).is_ok());
    assert!(house.renew(&grant.refresh.to_hex(), after(61)).is_err());
    assert_eq!(wrong(house.reset(&reset, NEW, after(61))), vec![(None, Rule::InvalidToken)]);
    assert!(house.log_in("ada@example.com", NEW, after(62)).is_ok());
    let nobody = house.change(&Actor::Anonymous, PASSWORD, [NEW; 2], NOW);
    assert_eq!(wrong(nobody), vec![(None, Rule::Unauthenticated)]);
}

#[test]
fn of_two_changes_at_once_the_first_wins() {
    let mut house = House::new();
    let actor = house.proved_ada();
    let asking = confirmation::ask(&mut house.tx(), &actor).unwrap();
    let new = Password::from(NEW);
    let typed = (Password::from(PASSWORD), (&new, &new));
    let slow =
        password_change::prepare(&house.authority, &asking, typed, &mut house.rng, soon()).unwrap();
    house.change(&actor, PASSWORD, ["a third one of 9 wrens"; 2], NOW).unwrap();
    let late = password_change::commit(&mut house.tx(), &house.authority, &slow, NOW);
    assert_eq!(wrong(late), vec![(None, Rule::Unauthenticated)]);
}
