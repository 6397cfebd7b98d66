//! One customer's link: read by itself, with a grant of its own.

use std::{fmt, sync::Arc, time::Duration};

use rand::Rng;
use regulars_kernel::{PersonId, Timestamp};
use regulars_source::record::{Record, RecordKey};

use super::{Spotify, grant, trouble};
use crate::connector::{Credentials, Fault};

/// How often a link is read, before it is jittered.
pub const POLL_EVERY: Duration = Duration::from_hours(24);
/// Waits are this many thousandths of a day: links that were made at one moment drift apart.
const JITTER: std::ops::RangeInclusive<u32> = 900..=1100;

/// When a link that was read at an instant is read again.
pub fn next_poll(polled_at: Timestamp, rng: &mut impl Rng) -> Timestamp {
    polled_at.plus(POLL_EVERY * rng.random_range(JITTER) / 1000)
}

/// A link as it is held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// What the account is known by.
    pub key: RecordKey,
    /// What the last record had as `extraInfo.spotify`: what Spotify does not tell any more stays.
    pub extra: Option<String>,
}

/// What a poll gives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polled {
    /// What is told of the customer.
    pub record: Record,
    /// By what else the account may be known from before it had an `account_id`: to be looked for too, when it is linked.
    pub older_key: Option<RecordKey>,
    /// The key under which the link was held, where it is another one from now on: the link is rewritten in place.
    pub rewritten_from: Option<RecordKey>,
    /// When the grant ends, whatever is done: the customer can be asked before.
    pub relink_by: Option<Timestamp>,
}

/// What linking an account to a customer comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Linking {
    /// It is linked to nobody, and they have no other: a new link.
    New,
    /// It is linked to them already: the new grant replaces the former one.
    Again,
    /// It is linked to another customer of this merchant: shown as a conflict, never moved in silence.
    Taken,
    /// They have linked another account, which is to be unlinked first.
    HasOther(RecordKey),
}

/// What linking an account to a customer comes to. `owner` is whose it is at this merchant by its key or its older key, `held` what the customer
/// has linked.
pub fn judge(
    polled: &Polled,
    person: PersonId,
    owner: Option<PersonId>,
    held: Option<&RecordKey>,
) -> Linking {
    match (owner, held) {
        (Some(owner), _) if owner != person => Linking::Taken,
        (Some(_), _) => Linking::Again,
        (None, Some(held)) if *held != polled.record.key => Linking::HasOther(held.clone()),
        (None, _) => Linking::New,
    }
}

impl Linking {
    /// What the customer is told where nothing is linked. It does not say who else they are.
    pub const fn refusal(&self) -> Option<&'static str> {
        match self {
            Self::New | Self::Again => None,
            Self::Taken => Some(
                "This Spotify account is linked to another customer here. Unlink it there first, or ask the merchant.",
            ),
            Self::HasOther(_) => {
                Some("You have linked another Spotify account. Unlink that one first.")
            }
        }
    }
}

/// A link, with the credentials of its customer.
pub struct SpotifyLink<'a> {
    app: &'a Spotify,
    credentials: Arc<dyn Credentials>,
}

impl fmt::Debug for SpotifyLink<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SpotifyLink").field("app", self.app).finish_non_exhaustive()
    }
}

impl<'a> SpotifyLink<'a> {
    pub(super) fn new(app: &'a Spotify, credentials: Arc<dyn Credentials>) -> Self {
        Self { app, credentials }
    }

    /// Reads the account as it is now.
    ///
    /// # Errors
    /// [`Fault::NeedsAuth`], with a sentence for the customer, where the grant ended: its tokens are gone from the credentials by then, and Spotify
    /// is not asked with them again.
    pub fn poll(&self, held: &Held) -> Result<Polled, Fault> {
        let now = self.app.clock.now();
        let token = self.token(None)?;
        let found = match self.app.profile(&token, now)? {
            Some(profile) => Some(profile),
            // It was taken back, or ended early: one renewal, one more try, and no third.
            None => self.app.profile(&self.token(Some(&token))?, now)?,
        };
        let profile = found.ok_or_else(trouble::dead)?;
        profile.polled(Some(held), now, grant::relink_by(&self.credentials.load()?))
    }

    /// A token to ask with: the stored one, unless it ends soon or was refused.
    fn token(&self, refused: Option<&str>) -> Result<String, Fault> {
        let now = self.app.clock.now();
        let soon = now.plus(grant::MARGIN);
        if let Some(token) = grant::usable(&self.credentials.load()?, refused, soon) {
            return Ok(token.to_owned());
        }
        let renewed = self.credentials.renew(&mut |stored| {
            // Somebody else may have renewed it meanwhile, and the token that we know of is dead by that.
            match grant::usable(stored, refused, soon) {
                Some(_) => Ok(stored.clone()),
                None => self.app.grants().renew(stored),
            }
        })?;
        // A new one is used however short it lives.
        grant::usable(&renewed, refused, now).map(str::to_owned).ok_or_else(trouble::dead)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha8Rng;
    use regulars_source::record::{Body, SourceVersion};

    use super::*;

    #[test]
    fn a_link_is_read_once_a_day_and_not_all_at_one_moment() {
        let (mut rng, at) = (ChaCha8Rng::seed_from_u64(1), Timestamp::from_seconds(1_800_000_000));
        let mut seen = std::collections::BTreeSet::new();
        for _ in 0..100 {
            let next = next_poll(at, &mut rng);
            assert!(next >= at.plus(POLL_EVERY * 9 / 10) && next <= at.plus(POLL_EVERY * 11 / 10));
            seen.insert(next);
        }
        assert!(seen.len() > 50);
    }

    #[test]
    fn rule_15_an_account_of_another_customer_is_a_conflict_and_never_moved() {
        let key = |id: &str| RecordKey::new("user", id);
        let body = Body::Customer(Box::default());
        let record = Record { key: key("aB3"), version: SourceVersion::default(), body };
        let polled = Polled { record, older_key: None, rewritten_from: None, relink_by: None };
        let (ada, eve) = (PersonId::new(1), PersonId::new(2));
        let judged = |owner, held: Option<&RecordKey>| judge(&polled, ada, owner, held);
        assert_eq!(judged(None, None), Linking::New);
        assert_eq!(judged(Some(ada), Some(&key("aB3"))), Linking::Again);
        assert_eq!(judged(Some(eve), None), Linking::Taken);
        assert_eq!(judged(Some(eve), Some(&key("aB3"))), Linking::Taken);
        assert_eq!(judged(None, Some(&key("old"))), Linking::HasOther(key("old")));
        assert!(Linking::Taken.refusal().is_some() && Linking::New.refusal().is_none());
    }
}
