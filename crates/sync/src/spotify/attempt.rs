//! A customer on the way to Spotify and back.

use std::{fmt, time::Duration};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::CryptoRng;
use regulars_kernel::{MerchantId, PersonId, Timestamp};
use sha2::{Digest, Sha256};
use url::{Url, form_urlencoded};

use super::{RedirectUri, SCOPE, Verifier};
use crate::connector::Fault;

/// How long a customer has to come back.
pub const GOOD_FOR: Duration = Duration::from_mins(10);
const STATE_BYTES: usize = 32;
/// The most characters of what Spotify sends back with a customer.
const MOST_CHARS: usize = 2_000;

/// What is kept of a customer who was sent to Spotify, until they come back or [`Attempt::expires_at`]. The caller keeps it under
/// [`Attempt::state_hash`], which is unique, and marks it as used in the transaction that finds it: so each is used once, however often and
/// at once Spotify's answer is brought.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// SHA-256 of the state: who reads the table cannot end anybody's attempt.
    pub state_hash: [u8; 32],
    /// The merchant.
    pub merchant: MerchantId,
    /// The customer.
    pub person: PersonId,
    /// What proves to Spotify that it was us. To be kept encrypted.
    pub verifier: Verifier,
    /// Where they come back to.
    pub redirect: RedirectUri,
    /// From when on it is too late.
    pub expires_at: Timestamp,
    /// When they came back.
    pub used_at: Option<Timestamp>,
}

/// An attempt that was begun.
#[derive(Clone)]
pub struct Begun {
    /// Where to send the customer. It has the state in it, which is not kept.
    pub authorize: String,
    /// What to keep.
    pub attempt: Attempt,
}

impl fmt::Debug for Begun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Begun").field("attempt", &self.attempt).finish_non_exhaustive()
    }
}

/// Where an app sends people to, and has them come back to.
#[derive(Clone, Copy)]
pub(super) struct Way<'a> {
    pub(super) address: &'a str,
    pub(super) client_id: &'a str,
    pub(super) redirect: &'a RedirectUri,
}

/// Begins one.
pub(super) fn begin(
    merchant: MerchantId,
    person: PersonId,
    way: Way<'_>,
    now: Timestamp,
    rng: &mut impl CryptoRng,
) -> Result<Begun, Fault> {
    let mut bytes = [0; STATE_BYTES];
    rng.fill_bytes(&mut bytes);
    let state = URL_SAFE_NO_PAD.encode(bytes);
    let attempt = Attempt {
        state_hash: hash(&state),
        merchant,
        person,
        verifier: Verifier::draw(rng),
        redirect: way.redirect.clone(),
        expires_at: now.plus(GOOD_FOR),
        used_at: None,
    };
    let challenge = attempt.verifier.challenge();
    let parts = [
        ("client_id", way.client_id),
        ("response_type", "code"),
        ("redirect_uri", way.redirect.as_str()),
        ("scope", SCOPE),
        ("state", &state),
        ("code_challenge_method", "S256"),
        ("code_challenge", &challenge),
    ];
    let authorize = Url::parse_with_params(way.address, parts)
        .map_err(|_none| Fault::Settings("The endpoint is no address.".to_owned()))?;
    Ok(Begun { authorize: authorize.into(), attempt })
}

fn hash(state: &str) -> [u8; 32] {
    Sha256::digest(state).into()
}

/// Why a customer who came back is not linked, in a sentence for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unlinked {
    /// What they brought is nothing of Spotify's.
    #[error("This is not an answer of Spotify's. Please start linking your account again.")]
    Broken,
    /// Nothing is known of such an attempt, or it was another customer's: the two are not told apart.
    #[error("This link was not started here. Please start linking your account again.")]
    Unknown,
    /// It took too long.
    #[error("This took longer than ten minutes. Please start linking your account again.")]
    Expired,
    /// They said no.
    #[error("You did not allow the link, so nothing was linked.")]
    Denied,
    /// Spotify could not do it.
    #[error("Spotify could not link the account. Please try again later.")]
    Failed,
}

/// What a customer brings back from Spotify.
#[derive(Clone, PartialEq, Eq)]
pub struct Callback {
    /// Under which their attempt is kept.
    pub state_hash: [u8; 32],
    /// The code to exchange, or why there is none.
    outcome: Result<String, Unlinked>,
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback")
            .field("code", &self.outcome.as_ref().map(|_| "***"))
            .finish_non_exhaustive()
    }
}

impl Callback {
    /// Reads what follows `?` in the address that they came to.
    pub fn from_query(query: &str) -> Result<Self, Unlinked> {
        if query.len() > MOST_CHARS {
            return Err(Unlinked::Broken);
        }
        let (mut state, mut code, mut error) = (None, None, None);
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match name.as_ref() {
                "state" => &mut state,
                "code" => &mut code,
                "error" => &mut error,
                _ => continue,
            };
            // What stands twice was put together by somebody else.
            if value.is_empty() || place.replace(value.into_owned()).is_some() {
                return Err(Unlinked::Broken);
            }
        }
        let outcome = match (code, error.as_deref()) {
            (Some(code), None) if code.bytes().all(|byte| byte.is_ascii_graphic()) => Ok(code),
            (None, Some("access_denied")) => Err(Unlinked::Denied),
            (None, Some(_)) => Err(Unlinked::Failed),
            _ => return Err(Unlinked::Broken),
        };
        let state = state.ok_or(Unlinked::Broken)?;
        Ok(Self { state_hash: hash(&state), outcome })
    }
}

/// What a callback is to an attempt.
#[derive(Clone, PartialEq, Eq)]
pub enum Accepted<'a> {
    /// The first: the code is to be exchanged, the attempt to be marked as used before that.
    Code(&'a str),
    /// It was brought before: the answer is what became of the link then.
    Again,
}

impl fmt::Debug for Accepted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if *self == Self::Again { "Again" } else { "Code(***)" })
    }
}

impl Attempt {
    /// Whether a callback, brought by a signed-in customer of a merchant, ends this attempt.
    pub fn accept<'a>(
        &self,
        callback: &'a Callback,
        merchant: MerchantId,
        person: PersonId,
        now: Timestamp,
    ) -> Result<Accepted<'a>, Unlinked> {
        let is_theirs = self.state_hash == callback.state_hash
            && self.merchant == merchant
            && self.person == person;
        if !is_theirs {
            return Err(Unlinked::Unknown);
        }
        if now >= self.expires_at {
            return Err(Unlinked::Expired);
        }
        let code = callback.outcome.as_ref().map_err(|unlinked| *unlinked)?;
        Ok(if self.used_at.is_some() { Accepted::Again } else { Accepted::Code(code) })
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng as _;
    use rand_chacha::ChaCha20Rng;

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_795_780_800_000_000);
    const MERCHANT: MerchantId = MerchantId::new(1);
    const PERSON: PersonId = PersonId::new(177);

    fn begun(seed: u64) -> Begun {
        let redirect = RedirectUri::parse("https://shop.example/back").unwrap();
        let address = "https://accounts.spotify.com/authorize";
        let way = Way { address, client_id: "abc123", redirect: &redirect };
        begin(MERCHANT, PERSON, way, NOW, &mut ChaCha20Rng::seed_from_u64(seed)).unwrap()
    }

    fn state(begun: &Begun) -> String {
        let url = Url::parse(&begun.authorize).unwrap();
        url.query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned()
    }

    fn back(begun: &Begun, rest: &str) -> Callback {
        Callback::from_query(&format!("state={}&{rest}", state(begun))).unwrap()
    }

    #[test]
    fn the_address_has_what_spotify_wants() {
        let begun = begun(1);
        let address = &begun.authorize;
        let url = Url::parse(address).unwrap();
        assert!(address.starts_with("https://accounts.spotify.com/authorize?client_id=abc123&"));
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let expected = [
            ("client_id", "abc123"),
            ("response_type", "code"),
            ("redirect_uri", "https://shop.example/back"),
            ("scope", "user-read-private user-read-email"),
            ("state", &state(&begun)),
            ("code_challenge_method", "S256"),
            ("code_challenge", &begun.attempt.verifier.challenge()),
        ];
        assert_eq!(pairs, expected.map(|(name, value)| (name.to_owned(), value.to_owned())));
        assert!(!address.contains(begun.attempt.verifier.expose()));
        let printed = format!("{begun:?}");
        assert!(
            !printed.contains(&state(&begun)) && !printed.contains(begun.attempt.verifier.expose())
        );
    }

    #[test]
    fn a_state_is_random_and_kept_as_a_hash_alone() {
        let (one, other) = (begun(1), begun(2));
        assert_eq!(state(&one).len(), 43);
        assert_ne!(state(&one), state(&other));
        assert_ne!(one.attempt.verifier.expose(), other.attempt.verifier.expose());
        assert_eq!(one.attempt.state_hash, back(&one, "code=x").state_hash);
    }

    #[test]
    fn a_callback_is_for_who_began_within_ten_minutes_once() {
        let begun = begun(1);
        let callback = back(&begun, "code=AQD-x_1");
        let accept = |merchant, person, now| begun.attempt.accept(&callback, merchant, person, now);
        assert_eq!(accept(MERCHANT, PERSON, NOW), Ok(Accepted::Code("AQD-x_1")));
        let late = NOW.plus(GOOD_FOR);
        assert_eq!(accept(MERCHANT, PERSON, late), Err(Unlinked::Expired));
        assert!(accept(MERCHANT, PERSON, late.minus(Duration::from_micros(1))).is_ok());
        assert_eq!(accept(MerchantId::new(2), PERSON, NOW), Err(Unlinked::Unknown));
        assert_eq!(accept(MERCHANT, PersonId::new(178), NOW), Err(Unlinked::Unknown));

        let other = Callback::from_query("state=forged&code=x").unwrap();
        assert_eq!(begun.attempt.accept(&other, MERCHANT, PERSON, NOW), Err(Unlinked::Unknown));
        let used = Attempt { used_at: Some(NOW), ..begun.attempt.clone() };
        assert_eq!(used.accept(&callback, MERCHANT, PERSON, NOW), Ok(Accepted::Again));
        assert!(!format!("{callback:?}{:?}", accept(MERCHANT, PERSON, NOW)).contains("AQD"));
    }

    #[test]
    fn a_no_is_told_to_who_said_it() {
        let begun = begun(1);
        for (rest, unlinked) in
            [("error=access_denied", Unlinked::Denied), ("error=server_error", Unlinked::Failed)]
        {
            let callback = back(&begun, rest);
            assert_eq!(begun.attempt.accept(&callback, MERCHANT, PERSON, NOW), Err(unlinked));
            assert_eq!(
                begun.attempt.accept(&callback, MERCHANT, PersonId::new(9), NOW),
                Err(Unlinked::Unknown)
            );
        }
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for query in [
            "",
            "code=x",
            "state=s",
            "state=&code=x",
            "state=s&code=",
            "state=s&code=x&code=y",
            "state=s&state=t&code=x",
            "state=s&code=x&error=access_denied",
            "state=s&code=a%20b",
            "state=s&code=%C3%A4",
        ] {
            assert_eq!(Callback::from_query(query), Err(Unlinked::Broken), "{query}");
        }
        assert_eq!(Callback::from_query(&"x".repeat(2_001)), Err(Unlinked::Broken));
        assert!(Callback::from_query("state=s&code=x&utm=1").is_ok());
    }
}
