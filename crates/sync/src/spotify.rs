//! Spotify: accounts that customers link themselves, each polled once a day.
//!
//! There is no list of customers to be read: a connection is an app at Spotify, and each customer who allows it brings a grant of their
//! own. So the app is a [`Connector`] without streams, which can be tested, and what is read are its links:
//!
//! 1. [`Spotify::begin`] gives an address to send the customer to, and an [`Attempt`] to be kept for ten minutes.
//! 2. Spotify sends them back with a [`Callback`]; [`Attempt::accept`] says whether it is theirs, [`Spotify::exchange`] gives the
//!    [`Grant`], [`Spotify::introduce`] says whose account it is, and [`judge`] whether it may be linked.
//! 3. [`Spotify::link`] opens a link with the credentials that the grant became, and [`SpotifyLink::poll`] reads it.
//!
//! Picture and country are only to be filled where they are empty: [`FILLS`].

pub mod attempt;
mod grant;
mod link;
mod profile;
pub mod quota;
pub mod redirect;
mod trouble;
mod verifier;

use std::{fmt, sync::Arc};

use rand::CryptoRng;
use regulars_customer::merge::MergeField;
use regulars_kernel::{Clock, MerchantId, PersonId, Timestamp};
use regulars_merchant::EntitySource;
use regulars_source::record::Item;

pub use attempt::{Attempt, Begun, Callback, Unlinked};
pub use grant::Grant;
pub use link::{Held, Linking, POLL_EVERY, Polled, SpotifyLink, judge, next_poll};
pub use redirect::{RedirectFault, RedirectUri};
pub use verifier::Verifier;

use self::{attempt::Way, grant::Accounts, profile::Profile, quota::Mode};
use crate::{
    connector::{Ask, Batch, Connector, Credentials, Fault, StreamSpec, Tested},
    kind::{Opening, Setting, SettingType, SourceKind},
    outgoing::{Client, Outgoing, Reach},
};

/// The word for accounts in keys.
pub const OBJECT: &str = "user";
/// The fields that a link only fills where the customer has nothing: it never replaces what anybody else said, and takes back with the link
/// what it filled.
pub const FILLS: &[MergeField] = &[MergeField::Picture, MergeField::Country];
/// Where people take back what they allowed an app: an unlinking here cannot do it for them.
pub const APPS_PAGE: &str = "https://www.spotify.com/account/apps/";
const SCOPE: &str = "user-read-private user-read-email";

/// The source as merchants connect it.
pub static KIND: SourceKind = SourceKind {
    source: EntitySource::Spotify,
    name: "Spotify",
    description: "Customers link their own Spotify account when they are signed in; their name there, their picture and their kind of subscription are read once a day. Make an app in Spotify's dashboard for developers, enter the redirect URI there exactly as here, and enter the app's client id here; its secret is not needed. A new app is in development mode: five people at most, each of whom you enter in the dashboard, and you need Spotify Premium.",
    settings: &[
        Setting {
            name: "clientId",
            description: "The app's client id, from Spotify's dashboard for developers.",
            kind: SettingType::Text,
            required: true,
            default: None,
            secret: false,
        },
        Setting {
            name: "redirectUri",
            description: "Where Spotify sends customers back to: the address of your app or site that ends a link, exactly as it is entered in Spotify's dashboard. It begins with https://, or, for tests on one machine, with http://127.0.0.1 and a port.",
            kind: SettingType::Text,
            required: true,
            default: None,
            secret: false,
        },
        Setting {
            name: "mode",
            description: "development: five people at most; extended: as many as there are, which Spotify grants to businesses with 250,000 users.",
            kind: SettingType::Choice(Mode::NAMES),
            required: false,
            default: Some("development"),
            secret: false,
        },
        Setting {
            name: "endpoint",
            description: "Another address in place of Spotify's two hosts: for tests against a fake.",
            kind: SettingType::Text,
            required: false,
            default: None,
            secret: false,
        },
    ],
    open: |opening| Ok(Box::new(Spotify::open(&opening)?)),
};

/// An app at Spotify.
pub struct Spotify {
    client: Client,
    clock: Arc<dyn Clock>,
    client_id: String,
    redirect: RedirectUri,
    mode: Mode,
    /// The host of grants, without a slash at its end.
    accounts: String,
    /// The host of profiles.
    api: String,
}

impl fmt::Debug for Spotify {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spotify").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl Spotify {
    /// Opens a connection; nothing is asked yet.
    ///
    /// # Errors
    /// [`Fault::Settings`] for a client id that is none, or a redirect URI that Spotify refuses.
    pub fn open(opening: &Opening) -> Result<Self, Fault> {
        let client_id = opening.text("clientId").unwrap_or_default().trim();
        if client_id.is_empty() || !client_id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            let sentence =
                "Enter the app's client id: letters and digits, from Spotify's dashboard.";
            return Err(Fault::Settings(sentence.to_owned()));
        }
        let redirect = RedirectUri::parse(opening.text("redirectUri").unwrap_or_default())
            .map_err(|fault| Fault::Settings(fault.to_string()))?;
        let mode = opening.text("mode").map_or(Some(Mode::Development), Mode::from_name);
        let mode = mode.ok_or_else(|| {
            Fault::Settings("An app's mode is development or extended.".to_owned())
        })?;
        let fake = match opening.reach {
            Reach::Anywhere => opening.text("endpoint").map(|text| text.trim_end_matches('/')),
            Reach::Public => None,
        };
        Ok(Self {
            client: opening.client.clone(),
            clock: Arc::clone(&opening.clock),
            client_id: client_id.to_owned(),
            redirect,
            mode,
            accounts: fake.unwrap_or("https://accounts.spotify.com").to_owned(),
            api: fake.unwrap_or("https://api.spotify.com").to_owned(),
        })
    }

    /// In which mode the app is, as the merchant said.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// Begins to link an account to a merchant's customer: where to send them, and what to keep until they come back.
    pub fn begin(
        &self,
        merchant: MerchantId,
        person: PersonId,
        rng: &mut impl CryptoRng,
    ) -> Result<Begun, Fault> {
        let address = &format!("{}/authorize", self.accounts);
        let way = Way { address, client_id: &self.client_id, redirect: &self.redirect };
        attempt::begin(merchant, person, way, self.clock.now(), rng)
    }

    /// Exchanges the code that a customer came back with. It is good once, and only for who began.
    ///
    /// # Errors
    /// [`Fault::NeedsAuth`] for a code that is not good any more: the customer begins anew.
    pub fn exchange(&self, attempt: &Attempt, code: &str) -> Result<Grant, Fault> {
        self.grants().exchange(attempt, code)
    }

    /// Whose account a new grant is of, before there is a link.
    pub fn introduce(&self, grant: &Grant) -> Result<Polled, Fault> {
        let now = self.clock.now();
        match self.profile(grant.access_token(), now)? {
            Some(profile) => profile.polled(None, now, Some(grant.relink_by())),
            None => Err(trouble::dead()),
        }
    }

    /// A link, with the credentials that its [`Grant`] became.
    pub fn link(&self, credentials: Arc<dyn Credentials>) -> SpotifyLink<'_> {
        SpotifyLink::new(self, credentials)
    }

    fn grants(&self) -> Accounts<'_> {
        Accounts {
            client: &self.client,
            clock: self.clock.as_ref(),
            client_id: &self.client_id,
            host: &self.accounts,
        }
    }

    /// The profile that a token is for; none where the token is not good any more.
    fn profile(&self, token: &str, now: Timestamp) -> Result<Option<Profile>, Fault> {
        let authorization = format!("Bearer {token}");
        let answer = self.client.send(&Outgoing {
            method: "GET",
            url: &format!("{}/v1/me", self.api),
            headers: &[("authorization", &authorization), ("accept", "application/json")],
            body: &[],
        })?;
        match answer.status {
            200 => Profile::read(&answer.json()?).map(Some),
            401 => Ok(None),
            _ => Err(trouble::of_api(&answer, self.mode, now)),
        }
    }
}

impl Connector for Spotify {
    /// None: see [`SpotifyLink`].
    fn streams(&self) -> &'static [StreamSpec] {
        &[]
    }

    fn test(&mut self) -> Result<Tested, Fault> {
        let mut tested = Tested::default();
        match self.grants().is_known() {
            Ok(()) => tested.fine.push("Spotify knows the app.".to_owned()),
            Err(Fault::Settings(sentence)) => tested.wrong.push(sentence),
            Err(fault) => return Err(fault),
        }
        tested.fine.push(self.mode.told().to_owned());
        Ok(tested)
    }

    fn read(&mut self, _ask: &Ask<'_>) -> Result<Batch, Fault> {
        Err(nothing_to_read())
    }

    fn reread(&mut self, _object: &str, _ids: &[String]) -> Result<Vec<Item>, Fault> {
        Err(nothing_to_read())
    }
}

fn nothing_to_read() -> Fault {
    Fault::Settings("Spotify has no list of customers: each link is read by itself.".to_owned())
}
