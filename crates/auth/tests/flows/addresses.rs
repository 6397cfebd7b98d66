//! A second address.

use regulars_auth::secondary_email;

use super::*;

const SECOND: &str = "Lady@example.org";

impl House {
    fn add(
        &mut self,
        actor: &Actor,
        email: &str,
        password: &str,
        now: Timestamp,
    ) -> Result<PersonId, AuthError> {
        let asking = confirmation::ask(&mut self.tx(), actor)?;
        let wish = secondary_email::wish(&mut self.tx(), email)?;
        let confirmation =
            secondary_email::prepare(&self.authority, &asking, wish, password.into(), soon())?;
        let seed = self.seed();
        secondary_email::send(&mut self.tx(), &confirmation, &seed, now)
    }

    fn prove_second(&self, token: &str, now: Timestamp) -> Result<PersonId, AuthError> {
        secondary_email::verify(&mut self.tx(), token, now)
    }

    fn addresses(&self, person: PersonId) -> [Option<String>; 2] {
        let profile = self.person(person).profile;
        [profile.email, profile.secondary_email].map(|email| Some(email?.as_str().to_owned()))
    }
}

#[test]
fn a_second_address_is_kept_once_it_is_proved_and_then_logs_in() {
    let mut house = House::new();
    let actor = house.proved_ada();
    let person = actor.person().unwrap();
    house.add(&actor, SECOND, PASSWORD, NOW).unwrap();
    let sent = house.sent(NOW);
    let [(MailKind::SecondaryEmail, address, token)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(address, SECOND);
    assert_eq!(house.addresses(person)[1], None);
    assert!(house.log_in(SECOND, PASSWORD, NOW).is_err());
    assert_eq!(wrong(house.prove_second(token, after(3_600))), vec![(None, Rule::ExpiredToken)]);
    house.prove_second(token, after(60)).unwrap();
    assert_eq!(house.addresses(person), ["Ada@Example.com", SECOND].map(|e| Some(e.to_owned())));
    assert_eq!(house.log_in("LADY@EXAMPLE.ORG", PASSWORD, NOW).unwrap().grant.person, person);
    assert_eq!(wrong(house.prove_second(token, after(61))), vec![(None, Rule::InvalidToken)]);
}

#[test]
fn addresses_are_swapped_and_removed() {
    let mut house = House::new();
    let actor = house.proved_ada();
    let person = actor.person().unwrap();
    let confirmed = house.confirm(&actor, PASSWORD).unwrap();
    let none = vec![(None, Rule::SecondaryEmailRequired)];
    assert_eq!(wrong(secondary_email::swap(&mut house.tx(), &confirmed, NOW)), none);
    assert_eq!(wrong(secondary_email::remove(&mut house.tx(), &confirmed, NOW)), none);
    let asking = confirmation::ask(&mut house.tx(), &actor).unwrap();
    assert_eq!(wrong(secondary_email::require(&asking)), none);
    house.add(&actor, SECOND, PASSWORD, NOW).unwrap();
    let token = house.token(NOW);
    house.prove_second(&token, NOW).unwrap();
    let asking = confirmation::ask(&mut house.tx(), &actor).unwrap();
    assert!(secondary_email::require(&asking).is_ok());

    secondary_email::swap(&mut house.tx(), &confirmed, after(1)).unwrap();
    assert_eq!(house.addresses(person), [SECOND, "Ada@Example.com"].map(|e| Some(e.to_owned())));
    assert!(house.person(person).verified);
    for email in [SECOND, "ada@example.com"] {
        assert_eq!(house.log_in(email, PASSWORD, NOW).unwrap().grant.person, person);
    }
    let seed = house.seed();
    regulars_auth::password_reset::send(&mut house.tx(), "ada@example.com", &seed, NOW).unwrap();
    let reset = house.token(NOW);
    secondary_email::remove(&mut house.tx(), &confirmed, after(2)).unwrap();
    assert_eq!(house.addresses(person), [Some(SECOND.to_owned()), None]);
    assert!(house.log_in("ada@example.com", PASSWORD, NOW).is_err());
    let candidate = regulars_auth::password_reset::candidate(
        &mut house.tx(),
        regulars_auth::password_reset::Way::Reset,
        reset,
        NOW,
    );
    let void = vec![(None, Rule::InvalidToken)];
    assert_eq!(wrong(candidate), void, "what was mailed to the removed address is void");
    // The address is free again.
    assert!(house.register(&ada()).is_ok());
}

#[test]
fn rule_2_an_address_that_somebody_logs_in_by_is_taken() {
    let mut house = House::new();
    let actor = house.proved_ada();
    let mut other = seller(None);
    "lady@EXAMPLE.org".clone_into(&mut other.fields.email);
    for own in ["ada@example.com", "ADA@example.com"] {
        let refused = house.add(&actor, own, PASSWORD, NOW);
        assert_eq!(wrong(refused), vec![(Some("email"), Rule::SecondaryEmailTaken)]);
    }
    // Taken while the mail is on its way.
    house.add(&actor, SECOND, PASSWORD, NOW).unwrap();
    let token = house.token(NOW);
    house.register(&other).unwrap();
    assert_eq!(wrong(house.prove_second(&token, NOW)), vec![(None, Rule::SecondaryEmailTaken)]);
    let refused = house.add(&actor, SECOND, "wrong", NOW);
    let both =
        vec![(Some("email"), Rule::SecondaryEmailTaken), (Some("password"), Rule::InvalidPassword)];
    assert_eq!(wrong(refused), both);
    for (email, rule) in [("", Rule::Required), ("lady", Rule::Email)] {
        let refused = house.add(&actor, email, PASSWORD, NOW);
        assert_eq!(wrong(refused), vec![(Some("email"), rule)]);
    }
}

#[test]
fn rule_2_nobody_signs_up_with_anothers_second_address() {
    let mut house = House::new();
    let actor = house.proved_ada();
    house.add(&actor, SECOND, PASSWORD, NOW).unwrap();
    let token = house.token(NOW);
    house.prove_second(&token, NOW).unwrap();
    let mut other = seller(None);
    "lady@EXAMPLE.org".clone_into(&mut other.fields.email);
    assert_eq!(wrong(house.register(&other)), vec![(Some("email"), Rule::EmailTaken)]);
}

#[test]
fn a_changed_password_voids_a_second_address_under_way() {
    let mut house = House::new();
    let actor = house.proved_ada();
    house.add(&actor, SECOND, PASSWORD, NOW).unwrap();
    let token = house.token(NOW);
    house.memory.raise_token_version(actor.person().unwrap());
    assert_eq!(wrong(house.prove_second(&token, NOW)), vec![(None, Rule::InvalidToken)]);
}

#[test]
fn whoever_asks_for_too_many_mails_is_told() {
    let mut house = House::new();
    let actor = house.proved_ada();
    for number in 0..5 {
        house.add(&actor, &format!("lady{number}@example.org"), PASSWORD, NOW).unwrap();
    }
    let refused = wrong(house.add(&actor, SECOND, PASSWORD, NOW));
    assert!(matches!(refused.as_slice(), [(Some("email"), Rule::Invalid(_))]), "{refused:?}");
    assert!(house.add(&actor, SECOND, PASSWORD, after(3_601)).is_ok());
}

#[test]
fn only_whoever_proved_the_first_address_adds_a_second_one() {
    let mut house = House::new();
    let grant = house.ada();
    let actor = house.actor(&grant, NOW);
    let refused = house.add(&actor, SECOND, PASSWORD, NOW);
    assert_eq!(wrong(refused), vec![(None, Rule::NotVerified)]);
    let nobody = house.add(&Actor::Anonymous, SECOND, PASSWORD, NOW);
    assert_eq!(wrong(nobody), vec![(None, Rule::Unauthenticated)]);
}
