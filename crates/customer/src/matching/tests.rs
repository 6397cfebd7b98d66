use super::*;

const EMAIL: &str = "ada@lovelace.org";
const PHONE: &str = "+491712345678";

fn signs() -> Signs {
    let name = ("Ada".to_owned(), "Lovelace".to_owned());
    Signs { email: Some(EMAIL.to_owned()), phone: Some(PHONE.to_owned()), name, birthday: None }
}

fn candidate(pk: i64) -> Candidate {
    let Signs { email, phone, name, birthday } = signs();
    Candidate { person: PersonId::new(pk), email, phone, name, birthday, is_linked: false }
}

fn without_email(mut one: Candidate) -> Candidate {
    one.email = None;
    one
}

#[test]
fn rule_13_an_address_that_counts_on_both_sides_goes_before_a_phone_number() {
    let by_phone = without_email(candidate(2));
    let by_email = Candidate { phone: None, ..candidate(1) };
    let found = decide(&signs(), &[by_phone.clone(), by_email], 3);
    assert_eq!(found, Match::One(PersonId::new(1), Sign::Email));
    assert_eq!(decide(&signs(), &[by_phone], 3), Match::One(PersonId::new(2), Sign::Phone));
    assert_eq!(decide(&signs(), &[], 3), Match::Nobody);
}

#[test]
fn rule_13_a_phone_number_alone_is_no_sign() {
    let stranger =
        Candidate { name: ("Charles".into(), "Babbage".into()), ..without_email(candidate(1)) };
    assert_eq!(decide(&signs(), std::slice::from_ref(&stranger), 3), Match::Nobody);
    let day = NaiveDate::from_ymd_opt(1815, 12, 10);
    let born = Signs { birthday: day, ..signs() };
    let same_day = Candidate { birthday: day, ..stranger };
    assert_eq!(decide(&born, &[same_day], 3), Match::One(PersonId::new(1), Sign::Phone));
    // Father and son of one name.
    let other_day =
        Candidate { birthday: NaiveDate::from_ymd_opt(1850, 1, 1), ..without_email(candidate(1)) };
    assert_eq!(decide(&born, &[other_day], 3), Match::Nobody);
    // A first name alone is nobody's own.
    let mut nameless = signs();
    nameless.name.1 = String::new();
    let half = Candidate { name: ("Ada".into(), String::new()), ..without_email(candidate(1)) };
    assert_eq!(decide(&nameless, &[half], 3), Match::Nobody);
}

#[test]
fn rule_14_what_several_share_is_no_sign() {
    let family = [without_email(candidate(1)), without_email(candidate(2))];
    assert_eq!(decide(&signs(), &family, 3), Match::Nobody);
    let office: Vec<_> = (1..=4).map(|pk| Candidate { phone: None, ..candidate(pk) }).collect();
    assert_eq!(decide(&signs(), &office, 3), Match::Nobody);
}

#[test]
fn rule_14_offices_and_made_up_addresses_are_no_sign() {
    for email in [
        "info@lovelace.org",
        "sales+ada@lovelace.org",
        "test@lovelace.org",
        "ada@nowhere.invalid",
        "ada@localhost",
        "ada",
    ] {
        assert!(!is_personal(email), "{email}");
        let signs = Signs { email: Some(email.to_owned()), phone: None, ..signs() };
        let shows = Candidate { email: Some(email.to_owned()), ..candidate(1) };
        assert_eq!(decide(&signs, &[shows], 3), Match::Nobody, "{email}");
    }
    assert!(is_personal("information@lovelace.org"));
}

#[test]
fn rule_15_between_two_nobody_is_chosen() {
    let two =
        [Candidate { phone: None, ..candidate(2) }, Candidate { phone: None, ..candidate(1) }];
    let both = vec![PersonId::new(1), PersonId::new(2)];
    assert_eq!(decide(&signs(), &two, 3), Match::Undecided(both));
}

#[test]
fn rule_15_who_has_another_record_there_is_not_given_a_second_by_guess() {
    let linked = Candidate { is_linked: true, ..candidate(1) };
    assert_eq!(
        decide(&signs(), std::slice::from_ref(&linked), 3),
        Match::Undecided(vec![PersonId::new(1)])
    );
    assert_eq!(
        decide(&signs(), &[without_email(linked)], 3),
        Match::Undecided(vec![PersonId::new(1)])
    );
}
