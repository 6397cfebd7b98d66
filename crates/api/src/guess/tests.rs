use super::*;

const ADA: Subject<'static> = Subject::Address("ada@example.com");
const BOB: Subject<'static> = Subject::Address("bob@example.com");

fn at(seconds: u64) -> Timestamp {
    Timestamp::from_micros(1_700_000_000_000_000).plus(Duration::from_secs(seconds))
}

fn network(number: u32) -> Origin {
    Origin::Network(Network::of(Some(IpAddr::V4((0x0a00_0000 + number).into()))))
}

fn guesses() -> Guesses {
    Guesses::new(GuessLimits::default())
}

#[test]
fn past_a_few_failures_a_pair_waits_ever_longer_and_no_other_does() {
    let guesses = guesses();
    let home = network(1);
    for _ in 0..5 {
        guesses.try_password(ADA, home, at(0)).unwrap();
    }
    let mut now = 0;
    for wait in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900] {
        let early = guesses.try_password(ADA, home, at(now)).unwrap_err();
        assert_eq!(early, TooOften(wait));
        // What has to wait is not counted: asking again makes nothing longer.
        assert_eq!(guesses.try_password(ADA, home, at(now)).unwrap_err(), early);
        now += u64::from(wait);
        guesses.try_password(ADA, home, at(now)).unwrap();
        assert!(guesses.try_password(BOB, home, at(now)).is_ok() || now > 60);
    }
    assert!(guesses.try_password(ADA, network(2), at(now)).is_ok(), "from elsewhere");
    for _ in 0..5 {
        guesses.try_password(ADA, home, at(now + 3_600)).unwrap();
    }
    assert!(guesses.try_password(ADA, home, at(now + 3_600)).is_err());
}

#[test]
fn the_right_password_begins_anew() {
    let guesses = guesses();
    for _ in 0..20 {
        for _ in 0..4 {
            guesses.try_password(ADA, network(1), at(0)).unwrap();
        }
        let right = guesses.try_password(ADA, network(1), at(0)).unwrap();
        guesses.was_right(right, at(0));
    }
}

#[test]
fn who_is_attacked_from_everywhere_still_logs_in() {
    let guesses = guesses();
    let home = network(1);
    let right = guesses.try_password(ADA, home, at(0)).unwrap();
    guesses.was_right(right, at(0));
    // A thousand networks, each with all the tries that it gets.
    let tried: usize = (100..1_100)
        .map(|number| {
            let tries = 0..10;
            tries.filter(|_| guesses.try_password(ADA, network(number), at(1)).is_ok()).count()
        })
        .sum();
    assert!(tried < 1_100, "{tried}: about one for each");
    // From home with all her tries, and from wherever she is with one.
    for _ in 0..5 {
        guesses.try_password(ADA, home, at(1)).unwrap();
    }
    let right = guesses.try_password(ADA, network(2), at(1)).unwrap();
    guesses.was_right(right, at(1));
    assert!(guesses.try_password(ADA, network(2), at(2)).is_ok(), "known from now on");
    assert!(guesses.try_password(BOB, network(3), at(1)).is_ok(), "another is not concerned");
}

#[test]
fn a_network_that_fails_with_many_addresses_waits_with_those_it_does_not_know() {
    let guesses = guesses();
    let cafe = network(1);
    let right = guesses.try_password(ADA, cafe, at(0)).unwrap();
    guesses.was_right(right, at(0));
    let spray = |number: usize, now| {
        let address = format!("someone{number}@example.com");
        guesses.try_password(Subject::Address(&address), cafe, now)
    };
    let tried = (0..1_000).filter(|number| spray(*number, at(1)).is_ok()).count();
    assert_eq!(tried, 100);
    assert_eq!(spray(1_000, at(1)).unwrap_err(), TooOften(36));
    assert!(spray(1_001, at(37)).is_ok(), "one comes back in 36 seconds");
    assert!(guesses.try_password(ADA, cafe, at(1)).is_ok(), "who logged in there before");
    assert!(guesses.try_password(BOB, network(2), at(1)).is_ok(), "another network");
}

#[test]
fn what_was_tried_without_end_is_forgotten_within_the_hour() {
    let guesses = guesses();
    for number in 0..1_000 {
        guesses.try_password(ADA, network(number), at(0)).unwrap();
    }
    for _ in 0..5 {
        guesses.try_password(ADA, network(2_000), at(3_600)).unwrap();
    }
}

#[test]
fn an_account_is_counted_alone() {
    let guesses = guesses();
    let cafe = network(1);
    for number in 0..100 {
        let address = format!("someone{number}@example.com");
        guesses.try_password(Subject::Address(&address), cafe, at(0)).unwrap();
    }
    assert!(guesses.try_password(BOB, cafe, at(0)).is_err());
    let own = Subject::Account(PersonId::new(7));
    for number in 1..6 {
        guesses.try_password(own, network(number), at(0)).unwrap();
    }
    assert!(guesses.try_password(own, network(6), at(0)).is_err(), "wherever it is tried");
}

#[test]
fn others_lock_nobody_out_of_an_app() {
    let guesses = guesses();
    let (app, other) = (Origin::App(7.into()), Origin::App(8.into()));
    for number in 0..1_000 {
        let address = format!("someone{number}@example.com");
        guesses.try_password(Subject::Address(&address), app, at(0)).unwrap();
    }
    for _ in 0..5 {
        guesses.try_password(ADA, app, at(0)).unwrap();
    }
    assert!(guesses.try_password(ADA, app, at(0)).is_err(), "an address waits there too");
    assert!(guesses.try_password(ADA, other, at(0)).is_ok());
    assert!(guesses.try_password(BOB, app, at(0)).is_ok());
}

#[test]
fn a_clock_that_steps_back_makes_nobody_wait_longer() {
    let guesses = guesses();
    for _ in 0..5 {
        guesses.try_password(ADA, network(1), at(86_400)).unwrap();
    }
    assert_eq!(guesses.try_password(ADA, network(1), at(0)).unwrap_err(), TooOften(1));
    for _ in 0..300 {
        guesses.identify(Asker::App(7.into()), at(86_400)).unwrap();
    }
    assert_eq!(guesses.identify(Asker::App(7.into()), at(0)), Err(TooOften(1)));
    assert!(guesses.identify(Asker::App(7.into()), at(1)).is_ok());
}

#[test]
fn look_ups_are_counted_for_each_who_asks() {
    let guesses = guesses();
    let (app, person) = (Asker::App(7.into()), Asker::Person(7.into()));
    for _ in 0..300 {
        guesses.identify(app, at(0)).unwrap();
    }
    assert_eq!(guesses.identify(app, at(0)), Err(TooOften(1)));
    assert!(guesses.identify(person, at(0)).is_ok());
    assert!(guesses.identify(app, at(1)).is_ok());
}

#[test]
fn a_household_is_one_network() {
    let of = |text: &str| Network::of(Some(text.parse().unwrap()));
    assert_eq!(of("2001:db8:1:2300::1"), of("2001:db8:1:23ff:1:2:3:4"));
    assert_ne!(of("2001:db8:1:2300::1"), of("2001:db8:1:2400::1"));
    assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
    assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
}

#[test]
fn no_network_fills_the_log() {
    let guesses = Guesses::new(GuessLimits::default());
    let (one, other) =
        (Network::of("192.0.2.1".parse().ok()), Network::of("192.0.2.2".parse().ok()));
    let now = Timestamp::from_seconds(1_000);
    for _ in 0..GuessLimits::default().noted_refusals {
        assert!(guesses.may_note_refusal(one, now));
    }
    assert!(!guesses.may_note_refusal(one, now));
    assert!(guesses.may_note_refusal(other, now));
    assert!(guesses.may_note_refusal(one, now.plus(MINUTE)));
}

#[test]
fn rule_22_codes_are_tried_in_vain_so_often_a_minute_by_each_and_at_each_store() {
    let guesses = guesses();
    let (app, person) = (Asker::App(ApplicationId::new(1)), Asker::Person(PersonId::new(1)));
    let (here, there) = (Some(StoreId::new(1)), Some(StoreId::new(2)));
    // Codes that are some cost nothing, however many they are.
    for _ in 0..100 {
        guesses.was_a_code(guesses.try_code(app, here, at(0)).unwrap());
    }
    for _ in 0..20 {
        guesses.try_code(app, here, at(0)).unwrap();
    }
    // One comes back in three seconds, and what has to wait is not counted.
    for _ in 0..2 {
        assert_eq!(guesses.try_code(app, here, at(0)).unwrap_err(), TooOften(3));
    }
    for (asker, store) in [(app, there), (app, None), (person, here)] {
        assert!(guesses.try_code(asker, store, at(0)).is_ok(), "{asker:?} {store:?}");
    }
    guesses.try_code(app, here, at(3)).unwrap();
    assert!(guesses.try_code(app, here, at(3)).is_err());
}
