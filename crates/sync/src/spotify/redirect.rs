//! Where Spotify sends people back to.

use std::fmt;

use url::{Host, Url};

const MOST_CHARS: usize = 512;

/// Why Spotify refuses an address to send people back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RedirectFault {
    /// It is no address, or too long to be one.
    #[error(
        "Enter the redirect URI as it is in Spotify's dashboard: https://…, at most 512 characters."
    )]
    Address,
    /// Spotify compares it letter by letter, and browsers write it otherwise.
    #[error("Write the redirect URI as browsers do: lower-case host, no default port, no blanks.")]
    Spelling,
    /// It is not by https.
    #[error(
        "The redirect URI begins with https://; only http://127.0.0.1 and http://[::1] may do without."
    )]
    Scheme,
    /// Names lead anywhere.
    #[error("Spotify refuses localhost: write http://127.0.0.1 and the port.")]
    Localhost,
    /// It has what no redirect URI has.
    #[error("A redirect URI has no user name, no password and no part after #.")]
    Parts,
}

/// An address that Spotify sends people back to: by https, or a loopback address in figures. Kept as it was typed, because Spotify
/// compares it exactly.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedirectUri(String);

impl RedirectUri {
    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, RedirectFault> {
        let text = text.trim();
        if text.len() > MOST_CHARS {
            return Err(RedirectFault::Address);
        }
        let url = Url::parse(text).map_err(|_none| RedirectFault::Address)?;
        if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
            return Err(RedirectFault::Parts);
        }
        let is_loopback = match url.host() {
            None => return Err(RedirectFault::Address),
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                if name == "localhost" || name.ends_with(".localhost") {
                    return Err(RedirectFault::Localhost);
                }
                false
            }
            Some(Host::Ipv4(address)) => address.octets() == [127, 0, 0, 1],
            Some(Host::Ipv6(address)) => address.is_loopback(),
        };
        if url.scheme() != "https" && !(url.scheme() == "http" && is_loopback) {
            return Err(RedirectFault::Scheme);
        }
        let written = url.as_str();
        // A host alone may be written without the slash that follows it.
        if text != written && Some(text) != written.strip_suffix('/') {
            return Err(RedirectFault::Spelling);
        }
        Ok(Self(text.to_owned()))
    }

    /// As it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RedirectUri {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_go_by_https_or_to_a_loopback_address_in_figures() {
        for good in [
            "https://shop.example/spotify",
            "https://shop.example",
            "https://shop.example:8443/a?b=c",
            "http://127.0.0.1:4000/callback",
            "http://127.0.0.1",
            "http://[::1]:4000/callback",
        ] {
            assert_eq!(RedirectUri::parse(good).unwrap().as_str(), good);
        }
        for (bad, fault) in [
            ("", RedirectFault::Address),
            ("shop.example/spotify", RedirectFault::Address),
            ("http://shop.example/spotify", RedirectFault::Scheme),
            ("http://10.0.0.1/spotify", RedirectFault::Scheme),
            ("http://127.0.0.2:4000/", RedirectFault::Scheme),
            ("myapp://callback", RedirectFault::Scheme),
            ("http://localhost:4000/callback", RedirectFault::Localhost),
            ("https://localhost/callback", RedirectFault::Localhost),
            ("http://a.localhost./", RedirectFault::Localhost),
            ("https://me:pw@shop.example/", RedirectFault::Parts),
            ("https://shop.example/#top", RedirectFault::Parts),
            ("HTTPS://Shop.example/spotify", RedirectFault::Spelling),
            ("http://127.1:4000/callback", RedirectFault::Spelling),
            ("https://shop.example:443/spotify", RedirectFault::Spelling),
            ("https://shop.example/a/../b", RedirectFault::Spelling),
        ] {
            assert_eq!(RedirectUri::parse(bad).unwrap_err(), fault, "{bad}");
        }
    }
}
