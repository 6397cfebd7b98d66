//! Where messages go.

use std::fmt;

use url::{Host, Url};

use super::Secret;
use crate::outgoing::{Reach, is_public};

/// The ports that may be spoken to: those of https.
pub const PORTS: [u16; 2] = [443, 8443];
/// The most secrets that are good at one time.
pub const MOST_SECRETS: usize = 5;
const MOST_CHARS: usize = 2_000;

/// Why messages cannot go there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EndpointFault {
    /// It is no address, or not one of https.
    #[error("An endpoint's address begins with https://.")]
    Address,
    /// It is too long.
    #[error("An endpoint's address has at most 2000 characters.")]
    Length,
    /// It has a user's name or a password in it, which would be shown wherever the address is.
    #[error("An endpoint's address has no user name or password: messages are signed instead.")]
    Login,
    /// It has a part that is never sent.
    #[error("An endpoint's address has no part after #.")]
    Fragment,
    /// Another port.
    #[error("An endpoint listens at port 443 or 8443.")]
    Port,
    /// It stands in the server's own network.
    #[error("An endpoint has a public address.")]
    Inside,
    /// There is nothing to sign with, or too much.
    #[error("An endpoint has 1 to 5 secrets.")]
    Secrets,
}

/// A merchant's endpoint.
#[derive(Clone)]
pub struct Endpoint {
    url: Url,
    secrets: Vec<Secret>,
}

impl Endpoint {
    /// One at an address, with the secrets that are good at the moment: one, and during a rotation the former ones too.
    ///
    /// Whether the host's name leads into the server's own network is known only when it is looked up, which the client does anew at each
    /// attempt; an address that says so itself is refused here.
    pub fn new(url: &str, secrets: Vec<Secret>, reach: Reach) -> Result<Self, EndpointFault> {
        if url.len() > MOST_CHARS {
            return Err(EndpointFault::Length);
        }
        let url = Url::parse(url.trim()).map_err(|_none| EndpointFault::Address)?;
        let is_web =
            url.scheme() == "https" || (url.scheme() == "http" && reach == Reach::Anywhere);
        if !is_web || url.host().is_none() {
            return Err(EndpointFault::Address);
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(EndpointFault::Login);
        }
        if url.fragment().is_some() {
            return Err(EndpointFault::Fragment);
        }
        if reach == Reach::Public {
            if !url.port_or_known_default().is_some_and(|port| PORTS.contains(&port)) {
                return Err(EndpointFault::Port);
            }
            if !url.host().is_some_and(|host| may_be_public(&host)) {
                return Err(EndpointFault::Inside);
            }
        }
        if secrets.is_empty() || secrets.len() > MOST_SECRETS {
            return Err(EndpointFault::Secrets);
        }
        Ok(Self { url, secrets })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// What messages are signed with.
    pub(super) fn secrets(&self) -> &[Secret] {
        &self.secrets
    }
}

fn may_be_public(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.trim_end_matches('.');
            name.contains('.') && !name.ends_with(".localhost")
        }
        Host::Ipv4(address) => is_public((*address).into()),
        Host::Ipv6(address) => is_public((*address).into()),
    }
}

impl fmt::Debug for Endpoint {
    /// Without the path, in which some receivers keep secrets of their own.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Endpoint({}, {} secrets)",
            self.url.host_str().unwrap_or_default(),
            self.secrets.len()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(url: &str, reach: Reach) -> Result<Endpoint, EndpointFault> {
        Endpoint::new(url, vec![Secret::draw(&mut rand::rng())], reach)
    }

    #[test]
    fn messages_go_to_public_addresses_of_https_alone() {
        for good in [
            "https://shop.example/hooks?key=1",
            "https://shop.example:8443/",
            "https://8.8.8.8/hooks",
            "https://[2606:4700::1111]/",
        ] {
            assert!(at(good, Reach::Public).is_ok(), "{good}");
        }
        for (bad, fault) in [
            ("shop.example", EndpointFault::Address),
            ("http://shop.example/", EndpointFault::Address),
            ("ftp://shop.example/", EndpointFault::Address),
            ("https://", EndpointFault::Address),
            ("https://me:secret@shop.example/", EndpointFault::Login),
            ("https://me@shop.example/", EndpointFault::Login),
            ("https://shop.example/#top", EndpointFault::Fragment),
            ("https://shop.example:22/", EndpointFault::Port),
            ("https://localhost/", EndpointFault::Inside),
            ("https://db.localhost./", EndpointFault::Inside),
            ("https://intranet/", EndpointFault::Inside),
            ("https://127.1/", EndpointFault::Inside),
            ("https://0x7f000001/", EndpointFault::Inside),
            ("https://169.254.169.254/latest", EndpointFault::Inside),
            ("https://[::ffff:10.0.0.1]/", EndpointFault::Inside),
        ] {
            assert_eq!(at(bad, Reach::Public).unwrap_err(), fault, "{bad}");
        }
        assert!(at("http://127.0.0.1:4000/hook", Reach::Anywhere).is_ok());
        assert_eq!(at(&"x".repeat(2_001), Reach::Public).unwrap_err(), EndpointFault::Length);
    }

    #[test]
    fn an_endpoint_has_one_to_five_secrets_and_prints_none() {
        let with = |count: usize| {
            let secrets = (0..count).map(|_| Secret::draw(&mut rand::rng())).collect();
            Endpoint::new("https://shop.example/T0/secret", secrets, Reach::Public)
        };
        assert_eq!(with(0).unwrap_err(), EndpointFault::Secrets);
        assert_eq!(with(6).unwrap_err(), EndpointFault::Secrets);
        assert_eq!(format!("{:?}", with(2).unwrap()), "Endpoint(shop.example, 2 secrets)");
    }
}
