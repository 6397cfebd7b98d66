//! What several who present a token, ask for a mail or send some at once can show.

use std::collections::HashSet;

use regulars_auth::{
    MailStore, confirmation,
    mail::{
        MOST_PER_HOUR, MailKind,
        delivery::{self, Outcome},
    },
    password_reset::{self, Way},
    secondary_email, verification,
};

use super::*;

const NEW: &str = "coffee with 4 jays";

impl House {
    fn seed(&self) -> MailSeed {
        MailSeed::draw(&self.authority, &mut rand::rng())
    }

    /// Sends what waits, and answers the tokens of it.
    fn sent(&self) -> Vec<(MailKind, String)> {
        self.write(|tx, authority| {
            let due = delivery::claim(tx, Duration::from_mins(1), 1_000, NOW)?;
            let mut sent = Vec::new();
            for mail in due {
                delivery::settle(tx, &mail, Outcome::Sent, NOW)?.unwrap();
                sent.push((mail.kind, mail.token(authority).unwrap().to_hex()));
            }
            Ok::<_, StoreError>(sent)
        })
        .unwrap()
    }

    fn token(&self, kind: MailKind) -> String {
        let mut sent = self.sent();
        sent.retain(|(sent, _)| *sent == kind);
        sent.pop().unwrap().1
    }

    fn forget(&self, email: &str) {
        let (email, seed) = (email.to_owned(), self.seed());
        self.write(move |tx, _| password_reset::send(tx, &email, &seed, NOW)).unwrap();
    }
}

#[test]
fn a_token_that_many_present_at_once_resets_one_password() {
    each_house(Duration::ZERO, |house| {
        let ada = house.register(&registration("ada@example.com", "CONSUMER")).unwrap();
        house.forget("ada@example.com");
        let token = house.token(MailKind::PasswordReset);
        let outcomes = at_once(|| {
            let candidate = house.db.read(Scope::Platform, |tx| {
                password_reset::candidate(tx, Way::Reset, token.clone(), NOW)
            })?;
            let new = Password::from(NEW);
            let prepared =
                password_reset::prepare(&house.authority, candidate, (&new, &new), soon())?;
            house.write(move |tx, _| password_reset::commit(tx, &prepared, NOW))
        });
        let done = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
        assert_eq!(done, 1, "{outcomes:?}");
        assert_eq!(house.actor(&ada), Actor::Anonymous);
        assert!(house.log_in("ada@example.com").is_err(), "by the password of before");
        let again = house.write(move |tx, _| {
            password_reset::candidate(tx, Way::Reset, token.clone(), NOW).map(drop)
        });
        assert!(matches!(again, Err(AuthError::Invalid(_))), "{again:?}");
    });
}

#[test]
fn no_more_than_a_handful_of_mails_whoever_asks_at_once() {
    each_house(Duration::ZERO, |house| {
        let ada = house.register(&registration("ada@example.com", "CONSUMER")).unwrap().person;
        at_once(|| {
            house.forget("ada@example.com");
            house.forget("nobody@example.com");
        });
        let count = |tx: &mut Tx<'_>| tx.count_mails(Some(ada), MailKind::PasswordReset, NOW);
        assert_eq!(house.db.read(Scope::Platform, count).unwrap(), MOST_PER_HOUR);
        let sent = house.sent();
        let resets = sent.iter().filter(|(kind, _)| *kind == MailKind::PasswordReset).count();
        assert_eq!(resets, 1, "those that waited are not sent: the newest is enough");
        let rows = |tx: &mut Tx<'_>| {
            use crate::schema::mail;
            Ok::<i64, StoreError>(mail::table.count().get_result(tx.connection).unwrap())
        };
        let rows = house.db.read(Scope::Platform, rows).unwrap();
        assert_eq!(
            u64::try_from(rows).unwrap(),
            MOST_PER_HOUR + 1,
            "nothing is left of the others"
        );
    });
}

#[test]
fn rule_2_an_address_is_one_accounts_whoever_takes_it_at_once() {
    each_house(Duration::ZERO, |house| {
        let mut tokens = Vec::new();
        for number in 0..AT_ONCE / 2 {
            let email = format!("{number}@example.com");
            let grant = house.register(&registration(&email, "CONSUMER")).unwrap();
            let token = house.token(MailKind::Activation);
            house.write(move |tx, _| verification::verify(tx, &token, NOW)).unwrap();
            let actor = house.actor(&grant);
            let (asking, wish) = house
                .db
                .read(Scope::Platform, |tx| {
                    let asking = confirmation::ask(tx, &actor)?;
                    Ok::<_, AuthError>((asking, secondary_email::wish(tx, "one@example.org")?))
                })
                .unwrap();
            let password = Password::from(PASSWORD);
            let confirmation =
                secondary_email::prepare(&house.authority, &asking, wish, password, soon());
            let (confirmation, seed) = (confirmation.unwrap(), house.seed());
            house.write(move |tx, _| secondary_email::send(tx, &confirmation, &seed, NOW)).unwrap();
            tokens.push(house.token(MailKind::SecondaryEmail));
        }
        let next = AtomicUsize::new(0);
        let outcomes = at_once(|| {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if let Some(token) = tokens.get(number).cloned() {
                return house.write(move |tx, _| secondary_email::verify(tx, &token, NOW));
            }
            let new = registration("ONE@example.org", "CONSUMER");
            house.register(&new).map(|grant| grant.person)
        });
        let done: Vec<_> = outcomes.iter().flatten().collect();
        assert_eq!(done.len(), 1, "{outcomes:?}");
        assert_eq!(house.log_in("one@example.org").unwrap().grant.person, *done[0]);
    });
}

#[test]
fn workers_at_once_send_each_mail_once() {
    each_house(Duration::ZERO, |house| {
        for number in 0..30 {
            let email = format!("{number}@example.com");
            house.register(&registration(&email, "CONSUMER")).unwrap();
        }
        let claims = at_once(|| {
            house
                .write(|tx, _| delivery::claim(tx, Duration::from_mins(1), 4, NOW))
                .unwrap()
                .into_iter()
                .map(|mail| mail.id)
                .collect::<Vec<_>>()
        });
        let claimed: Vec<_> = claims.into_iter().flatten().collect();
        let different: HashSet<_> = claimed.iter().collect();
        assert_eq!((claimed.len(), different.len()), (30, 30));
    });
}
