//! Requests to outside systems: every one has a timeout and a bound, follows no redirect, and goes to no address of this
//! network (engine rule 23).

use std::{
    io::Read,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    time::Duration,
};

use chrono::{DateTime, Utc};
use regulars_kernel::Timestamp;
use ureq::{
    Agent, Body,
    config::Config,
    http::{HeaderMap, Request, Response as Head, Uri},
    unversioned::{
        resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver},
        transport::{DefaultConnector, NextTimeout},
    },
};

use crate::connector::Fault;

/// The most bytes of an answer that is held as a whole.
pub const MAX_ANSWER_BYTES: u64 = 16 * 1024 * 1024;
/// How long a source may ask us to wait, at most: past that it is asked again all the same.
pub const MAX_WAIT: Duration = Duration::from_hours(1);
/// What we say we are.
const AGENT: &str = concat!("regulars/", env!("CARGO_PKG_VERSION"));

/// How long the parts of a request may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Patience {
    /// To find the other side and to be connected to it.
    pub connect: Duration,
    /// Until its answer begins.
    pub answer: Duration,
    /// All of it: for a file that is read piece by piece, from one piece to the next.
    pub whole: Duration,
}

impl Default for Patience {
    /// Ten seconds to connect, a minute to answer, two minutes in all.
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            answer: Duration::from_mins(1),
            whole: Duration::from_mins(2),
        }
    }
}

/// Where requests may go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// To public addresses, by https.
    #[default]
    Public,
    /// Anywhere, by http too: for tests against a fake on this machine.
    Anywhere,
}

/// Something to ask.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// `GET`, `POST`, `PATCH`, …
    pub method: &'a str,
    /// Where: an absolute address.
    pub url: &'a str,
    /// Its headers. Their values are never logged.
    pub headers: &'a [(&'a str, &'a str)],
    /// What is sent; its kind is among the headers.
    pub body: &'a [u8],
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body, whole.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header's text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Whether the status says that it was done.
    pub const fn is_success(&self) -> bool {
        self.status >= 200 && self.status < 300
    }

    /// The body as JSON.
    ///
    /// # Errors
    /// [`Fault::Transient`]: a body that was cut, or the page of a proxy, is no answer of the source's.
    pub fn json(&self) -> Result<serde_json::Value, Fault> {
        serde_json::from_slice(&self.body).map_err(|_broken| Fault::Transient {
            message: format!("the source's answer ({}) is broken", self.status),
            after: None,
        })
    }

    /// How long the source wants us to wait ([`retry_after`]).
    pub fn retry_after(&self, now: Timestamp) -> Option<Duration> {
        self.header("retry-after").and_then(|text| retry_after(text, now))
    }

    /// What an answer that is none of the source's own words means, by its status (engine rule 23): later for 408, 425, 429 and 5xx; new
    /// credentials for 401; else wrong settings.
    pub fn fault(&self, now: Timestamp) -> Fault {
        let after = self.retry_after(now);
        match self.status {
            429 => Fault::Throttled { after },
            401 => Fault::NeedsAuth("The source does not accept the credentials.".to_owned()),
            408 | 425 | 500..=599 => {
                Fault::Transient { message: format!("the source answered {}", self.status), after }
            }
            status => Fault::Settings(format!("The source refused the request ({status}).")),
        }
    }
}

/// How long `Retry-After` says, in seconds or as a date, up to [`MAX_WAIT`].
pub fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let seconds = if let Ok(seconds) = text.parse::<u64>() {
        seconds
    } else {
        let at = DateTime::parse_from_rfc2822(text).ok()?.with_timezone(&Utc);
        u64::try_from(at.timestamp_micros().saturating_sub(now.micros()) / 1_000_000).unwrap_or(0)
    };
    Some(Duration::from_secs(seconds).min(MAX_WAIT))
}

/// Asks outside systems. Cheap to clone; connections are kept and used again.
#[derive(Clone, Debug)]
pub struct Client {
    agent: Agent,
}

impl Client {
    /// One that reaches so far.
    pub fn new(reach: Reach, patience: Patience) -> Self {
        let config = Config::builder()
            .http_status_as_error(false)
            .https_only(reach == Reach::Public)
            // The address was checked, and another one would not be.
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(AGENT)
            .timeout_resolve(Some(patience.connect))
            .timeout_connect(Some(patience.connect))
            .timeout_send_body(Some(patience.whole))
            .timeout_recv_response(Some(patience.answer))
            .timeout_recv_body(Some(patience.whole))
            .proxy(None)
            .build();
        let resolver = Guarded { reach, resolver: DefaultResolver::default() };
        Self { agent: Agent::with_parts(config, DefaultConnector::default(), resolver) }
    }

    /// Asks, and reads the answer whole.
    ///
    /// # Errors
    /// [`Fault::Transient`] where there is no answer, or it is larger than [`MAX_ANSWER_BYTES`]; [`Fault::Settings`] for an address
    /// that may not be reached. A status that is no success is no error here.
    pub fn send(&self, outgoing: &Outgoing<'_>) -> Result<Answer, Fault> {
        let (parts, body) = self.begin(outgoing)?.into_parts();
        let mut bytes = Vec::new();
        let mut reader = body.into_with_config().limit(MAX_ANSWER_BYTES).reader();
        reader.read_to_end(&mut bytes).map_err(|error| cut(&error))?;
        Ok(Answer { status: parts.status.as_u16(), headers: parts.headers, body: bytes })
    }

    /// Asks, and leaves the answer to be read piece by piece: for files of any length. Its status and headers, and its body.
    pub fn open(&self, outgoing: &Outgoing<'_>) -> Result<(Answer, Box<dyn Read + Send>), Fault> {
        let (parts, body) = self.begin(outgoing)?.into_parts();
        let head =
            Answer { status: parts.status.as_u16(), headers: parts.headers, body: Vec::new() };
        Ok((head, Box::new(body.into_with_config().limit(u64::MAX).reader())))
    }

    /// As [`Self::open`], with so much time for all of it, the looking up of the host and the reading of the answer included.
    pub fn open_within(
        &self,
        outgoing: &Outgoing<'_>,
        within: Duration,
    ) -> Result<(Answer, Box<dyn Read + Send>), Fault> {
        let request = asked(outgoing)?;
        let request = self.agent.configure_request(request).timeout_global(Some(within)).build();
        let (parts, body) = self.agent.run(request).map_err(|error| told(&error))?.into_parts();
        let head =
            Answer { status: parts.status.as_u16(), headers: parts.headers, body: Vec::new() };
        Ok((head, Box::new(body.into_with_config().limit(u64::MAX).reader())))
    }

    fn begin(&self, outgoing: &Outgoing<'_>) -> Result<Head<Body>, Fault> {
        self.agent.run(asked(outgoing)?).map_err(|error| told(&error))
    }
}

fn asked<'a>(outgoing: &Outgoing<'a>) -> Result<Request<&'a [u8]>, Fault> {
    let mut request = Request::builder().method(outgoing.method).uri(outgoing.url);
    for (name, value) in outgoing.headers {
        request = request.header(*name, *value);
    }
    request
        .body(outgoing.body)
        .map_err(|error| Fault::Settings(format!("This cannot be asked: {error}.")))
}

/// What it means that there is no answer.
fn told(error: &ureq::Error) -> Fault {
    match error {
        ureq::Error::RequireHttpsOnly(_) => {
            Fault::Settings("Addresses of sources begin with https://.".to_owned())
        }
        ureq::Error::BadUri(_) => Fault::Settings("This is no address.".to_owned()),
        ureq::Error::Other(inner) if inner.is::<Inside>() => Fault::Settings(Inside.to_string()),
        ureq::Error::HostNotFound => {
            Fault::Transient { message: "no such host is known".to_owned(), after: None }
        }
        error => Fault::Transient { message: error.to_string(), after: None },
    }
}

/// What it means that an answer ends before its end.
pub(crate) fn cut(error: &std::io::Error) -> Fault {
    Fault::Transient { message: format!("the source's answer was cut: {error}"), after: None }
}

/// Looks hosts up, and refuses those of this network: whoever may name an address to be asked could otherwise ask what stands
/// behind the wall. The address that was looked up is the one that is connected to.
#[derive(Debug)]
struct Guarded {
    reach: Reach,
    resolver: DefaultResolver,
}

#[derive(Debug, thiserror::Error)]
#[error("This host is within the server's own network, which sources are not.")]
struct Inside;

impl Resolver for Guarded {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        let found = self.resolver.resolve(uri, config, timeout)?;
        if self.reach == Reach::Public && found.iter().any(|address| !is_public(address.ip())) {
            return Err(ureq::Error::Other(Box::new(Inside)));
        }
        Ok(found)
    }
}

/// Whether an address is one of the public internet: neither this machine, nor a private network, nor kept for something else.
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_public_v4(address),
        IpAddr::V6(address) => match address.to_ipv4_mapped() {
            Some(mapped) => is_public_v4(mapped),
            None => is_public_v6(address),
        },
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [first, second, third, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_multicast()
        || address.is_documentation()
        || first == 0
        || first >= 240
        || (first == 100 && (64..128).contains(&second))
        || (first == 192 && second == 0 && third == 0)
        || (first == 198 && (18..20).contains(&second)))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    // Everything that is given out is in 2000::/3; of it, documentation and what carries an IPv4 address inside are not.
    first & 0xe000 == 0x2000
        && !(first == 0x2001 && (second == 0xdb8 || second == 0))
        && first != 0x2002
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_23_only_public_addresses_are_asked() {
        let is = |text: &str| is_public(text.parse().unwrap());
        for inside in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "0.0.0.0",
            "100.64.0.1",
            "192.0.0.8",
            "198.18.0.1",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fc00::1",
            "fd12::1",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "2001:db8::1",
            "2001:0:1::",
        ] {
            assert!(!is(inside), "{inside}");
        }
        for public in ["23.227.38.74", "8.8.8.8", "2606:4700::1111", "172.32.0.1", "100.128.0.1"] {
            assert!(is(public), "{public}");
        }
    }

    #[test]
    fn rule_23_what_stands_on_this_machine_is_not_asked() {
        let client = Client::new(Reach::Public, Patience::default());
        let ask = |url| {
            client.send(&Outgoing { method: "GET", url, headers: &[], body: &[] }).unwrap_err()
        };
        let inside = Fault::Settings(Inside.to_string());
        assert_eq!(ask("https://127.0.0.1:9/"), inside);
        assert_eq!(ask("https://localhost:9/"), inside);
        assert_eq!(ask("https://[::1]:9/"), inside);
        assert!(matches!(ask("http://127.0.0.1:9/"), Fault::Settings(_)));
    }

    #[test]
    fn rule_23_retry_after_is_seconds_or_a_date_up_to_an_hour() {
        let now = Timestamp::from_seconds(1_800_000_000);
        let wait = |text| retry_after(text, now).map(|wait| wait.as_secs());
        assert_eq!(wait("7"), Some(7));
        assert_eq!(wait(" 99999999 "), Some(3_600));
        assert_eq!(wait("Fri, 15 Jan 2027 08:00:30 GMT"), Some(30));
        assert_eq!(wait("Fri, 15 Jan 2021 08:00:30 GMT"), Some(0));
        assert_eq!(wait("soon"), None);
        assert_eq!(wait("-1"), None);
    }
}
