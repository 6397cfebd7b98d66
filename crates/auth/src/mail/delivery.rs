//! How the outbox is worked off: a worker claims what is due, sends it outside of every transaction, and settles it.
//!
//! A claim is a lease: until it ends nobody else claims the mail, and whoever settles after that settles nothing. A worker
//! that dies between sending and settling has a mail sent twice, with the same token.

use std::time::Duration;

use regulars_customer::EmailAddress;
use regulars_kernel::{StoreError, Timestamp};

use super::{MailId, MailKind, MailNonce, MailToken};
use crate::{MailStore, authority::Authority, opaque::TokenDigest};

/// How often a mail is tried before it is given up: for some three hours.
pub const MOST_ATTEMPTS: u32 = 9;

const FIRST_WAIT: Duration = Duration::from_secs(10);
const LONGEST_WAIT: Duration = Duration::from_hours(1);

/// A mail that is to be sent now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DueMail {
    /// Its number.
    pub id: MailId,
    /// What it asks for.
    pub kind: MailKind,
    /// Where it goes.
    pub address: EmailAddress,
    /// What to call the reader.
    pub firstname: String,
    /// Who the reader works for, if for anyone.
    pub merchant: Option<String>,
    /// What its token is derived from.
    pub nonce: MailNonce,
    /// What is kept of its token.
    pub digest: TokenDigest,
    /// Which attempt this is, the first being 1.
    pub attempt: u32,
    /// From when on the token is dead.
    pub expires_at: Timestamp,
}

impl DueMail {
    /// The token; none where the key that it was made with is not there any more.
    pub fn token(&self, authority: &Authority) -> Option<MailToken> {
        MailToken::find(authority.refresh_keys(), &self.nonce, &self.digest)
    }

    /// Whether there is no use in sending it: the token is dead, or workers died over it again and again.
    pub fn is_hopeless(&self, now: Timestamp) -> bool {
        now >= self.expires_at || self.attempt > MOST_ATTEMPTS
    }
}

/// What came of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// A server has taken it.
    Sent,
    /// Not now: the network, or the server is busy.
    Undelivered,
    /// Never: there is no such mailbox, or nothing to send.
    Refused,
}

/// What is written down of an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// It has gone out.
    Sent,
    /// It is given up.
    Failed,
    /// It is tried again from then on.
    Again(Timestamp),
}

/// Claims mails that are due for so long, the most overdue first and at most so many.
pub fn claim(
    tx: &mut impl MailStore,
    lease: Duration,
    most: u16,
    now: Timestamp,
) -> Result<Vec<DueMail>, StoreError> {
    tx.claim_mails(now, now.plus(lease), most)
}

/// Gives a claimed mail back that was not tried, for somebody else to claim at once; answers whether it was still one's own.
pub fn give_back(
    tx: &mut impl MailStore,
    mail: &DueMail,
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.settle_mail(mail.id, mail.attempt, Settlement::Again(now))
}

/// Writes down what came of an attempt, and answers it; none where the lease had ended and somebody else is at it.
pub fn settle(
    tx: &mut impl MailStore,
    mail: &DueMail,
    outcome: Outcome,
    now: Timestamp,
) -> Result<Option<Settlement>, StoreError> {
    let settlement = settlement(mail, outcome, now);
    let settled = tx.settle_mail(mail.id, mail.attempt, settlement)?;
    Ok(settled.then_some(settlement))
}

fn settlement(mail: &DueMail, outcome: Outcome, now: Timestamp) -> Settlement {
    let again = now.plus(wait(mail.attempt));
    match outcome {
        Outcome::Sent => Settlement::Sent,
        Outcome::Undelivered if mail.attempt < MOST_ATTEMPTS && again < mail.expires_at => {
            Settlement::Again(again)
        }
        Outcome::Undelivered | Outcome::Refused => Settlement::Failed,
    }
}

/// How long to wait after an attempt: four times as long as after the one before.
fn wait(attempt: u32) -> Duration {
    let times = 4_u32.saturating_pow(attempt.saturating_sub(1));
    FIRST_WAIT.saturating_mul(times).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(attempt: u32) -> DueMail {
        DueMail {
            id: MailId::new(1),
            kind: MailKind::Activation,
            address: EmailAddress::from_stored("ada@example.com".to_owned()),
            firstname: "Ada".to_owned(),
            merchant: None,
            nonce: MailNonce::from_stored([0; 32]),
            digest: TokenDigest::from_stored([0; 32]),
            attempt,
            expires_at: Timestamp::from_seconds(100_000),
        }
    }

    #[test]
    fn a_mail_is_tried_ever_more_rarely_and_then_given_up() {
        let now = Timestamp::from_seconds(0);
        let waits = [10, 40, 160, 640, 2_560, 3_600, 3_600, 3_600];
        for (attempt, seconds) in (1..).zip(waits) {
            let again = Settlement::Again(Timestamp::from_seconds(seconds));
            assert_eq!(settlement(&due(attempt), Outcome::Undelivered, now), again);
            assert_eq!(settlement(&due(attempt), Outcome::Sent, now), Settlement::Sent);
            assert_eq!(settlement(&due(attempt), Outcome::Refused, now), Settlement::Failed);
        }
        let last = settlement(&due(MOST_ATTEMPTS), Outcome::Undelivered, now);
        assert_eq!(last, Settlement::Failed);
        // Its token would be dead by then.
        let late = Timestamp::from_seconds(99_995);
        assert_eq!(settlement(&due(1), Outcome::Undelivered, late), Settlement::Failed);
    }

    #[test]
    fn what_cannot_help_any_more_is_not_sent() {
        let (now, late) = (Timestamp::from_seconds(0), Timestamp::from_seconds(100_000));
        assert!(!due(1).is_hopeless(now) && !due(MOST_ATTEMPTS).is_hopeless(now));
        assert!(due(MOST_ATTEMPTS + 1).is_hopeless(now));
        assert!(due(1).is_hopeless(late));
    }
}
