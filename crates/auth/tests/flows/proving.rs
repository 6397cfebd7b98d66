//! Proving the address that one signed up with.

use super::*;

impl House {
    fn resend(&mut self, email: &str, now: Timestamp) -> Result<(), AuthError> {
        let seed = self.seed();
        verification::resend(&mut self.tx(), email, &seed, now)
    }

    fn verify(&self, token: &str, now: Timestamp) -> Result<PersonId, AuthError> {
        verification::verify(&mut self.tx(), token, now)
    }
}

#[test]
fn signing_up_sends_a_token_that_proves_the_address_once() {
    let mut house = House::new();
    let person = house.ada().person;
    let sent = house.sent(NOW);
    let [(kind, address, token)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!((*kind, address.as_str()), (MailKind::Activation, "Ada@Example.com"));
    assert!(!house.person(person).verified);
    for other in ["", "x", &"0".repeat(40), &token.to_uppercase()] {
        assert_eq!(wrong(house.verify(other, NOW)), vec![(None, Rule::InvalidToken)], "{other}");
    }
    assert_eq!(house.verify(token, after(60)).unwrap(), person);
    let account = house.person(person);
    assert!(account.verified);
    assert_eq!(account.updated_at, after(60));
    let again = house.verify(token, after(61));
    assert_eq!(wrong(again), vec![(None, Rule::AlreadyVerified)]);
}

#[test]
fn a_token_is_good_for_seven_days() {
    let days = 7 * 24 * 60 * 60;
    let mut house = House::new();
    house.ada();
    let token = house.token(NOW);
    assert_eq!(wrong(house.verify(&token, after(days))), vec![(None, Rule::ExpiredToken)]);
    assert!(house.verify(&token, after(days - 1)).is_ok());
}

#[test]
fn rule_1_what_memberships_show_follows_the_account() {
    let merchant = MerchantId::new(900);
    let mut house = House::with(|settings| settings.default_merchant = Some(merchant));
    house.memory.customers().merchants().put_merchant(leaving::cafe(merchant));
    let person = house.ada().person;
    let token = house.token(NOW);
    let shown = |house: &House| house.tx().memberships_of(person).unwrap().pop().unwrap();
    assert!(!shown(&house).verified);
    house.verify(&token, after(60)).unwrap();
    assert!(shown(&house).verified);
    assert_eq!(shown(&house).updated_at, after(60));
}

#[test]
fn a_token_is_sent_again_and_the_one_that_waits_is_not() {
    let mut house = House::new();
    house.ada();
    assert!(house.resend(" ADA@example.com", after(1)).is_ok());
    let sent = house.sent(after(1));
    let [(MailKind::Activation, address, token)] = sent.as_slice() else { panic!("{sent:?}") };
    assert_eq!(address, "Ada@Example.com", "as it was signed up with");
    // What was sent before stays good: who asks for mails in another's name takes nothing from them.
    assert!(house.resend("ada@example.com", after(2)).is_ok());
    house.verify(token, after(3)).unwrap();
    let late = house.resend("ada@example.com", after(4));
    assert_eq!(wrong(late), vec![(Some("email"), Rule::AlreadyVerified)]);
}

#[test]
fn nobody_gets_a_mail_and_nobody_learns_that() {
    let mut house = House::new();
    house.ada();
    house.sent(NOW);
    assert!(house.resend("nobody@example.com", NOW).is_ok());
    assert_eq!(house.sent(NOW), vec![]);
    for (email, rule) in [("", Rule::Required), (" ", Rule::Required), ("nobody", Rule::Email)] {
        assert_eq!(wrong(house.resend(email, NOW)), vec![(Some("email"), rule)]);
    }
}

#[test]
fn an_account_gets_a_handful_of_mails_an_hour() {
    let mut house = House::new();
    house.ada();
    house.sent(NOW);
    // The one that signing up has sent counts.
    for (second, mails) in [(1, 1), (2, 1), (3, 1), (4, 1), (5, 0), (3_600, 0), (3_601, 1)] {
        assert!(house.resend("ada@example.com", after(second)).is_ok());
        assert_eq!(house.sent(after(second)).len(), mails, "{second}");
    }
}
