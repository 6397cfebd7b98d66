//! `[http]`: how long and how much a client may send, who may call from a browser, and what is offered to people.

use std::{net::IpAddr, time::Duration};

use ipnet::IpNet;
use serde::Deserialize;

use super::check::{Check, Section, seconds};

/// The section `[http]`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Http {
    pub(crate) body_limit: usize,
    pub(crate) long_body_limit: usize,
    pub(crate) body_memory: usize,
    #[serde(with = "humantime_serde")]
    pub(crate) head_timeout: Duration,
    #[serde(with = "humantime_serde")]
    pub(crate) body_timeout: Duration,
    #[serde(with = "humantime_serde")]
    pub(crate) request_timeout: Duration,
    #[serde(with = "humantime_serde")]
    pub(crate) keep_alive: Duration,
    pub(crate) max_connections: usize,
    pub(crate) max_in_flight: usize,
    pub(crate) query_threads: usize,
    pub(crate) query_queue: usize,
    pub(crate) mutation_threads: usize,
    pub(crate) mutation_queue: usize,
    pub(crate) batch_limit: usize,
    pub(crate) graphiql: Graphiql,
    pub(crate) introspection: bool,
    pub(crate) cors_origins: Vec<String>,
    pub(crate) statement_header: bool,
    pub(crate) trusted_proxies: Vec<String>,
}

impl Http {
    /// The proxies that are trusted; what is none was refused.
    pub(crate) fn trusted_proxies(&self) -> Vec<IpNet> {
        self.trusted_proxies.iter().filter_map(|net| network(net)).collect()
    }
}

/// A network, or a single address.
fn network(text: &str) -> Option<IpNet> {
    text.parse().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))
}

/// Whether the explorer is served at `/graphiql`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Graphiql {
    /// With `--demo`.
    Demo,
    /// Always.
    On,
    /// Never.
    Off,
}

impl Section for Http {
    const NAME: &'static str = "http";

    fn check(&self, check: &mut Check) {
        check.number("body_limit", self.body_limit, 1_024..=16_777_216);
        check.number("long_body_limit", self.long_body_limit, 1_024..=16_777_216);
        // Never less than the longest body.
        check.number("body_memory", self.body_memory, 16_777_216..=1_073_741_824);
        check.time("head_timeout", self.head_timeout, seconds(1)..=seconds(60));
        check.time("body_timeout", self.body_timeout, seconds(1)..=seconds(120));
        check.time("request_timeout", self.request_timeout, seconds(1)..=seconds(300));
        check.time("keep_alive", self.keep_alive, seconds(1)..=seconds(600));
        check.number("max_connections", self.max_connections, 16..=1_000_000);
        check.number_or_auto("max_in_flight", self.max_in_flight, 1..=100_000);
        check.number_or_auto("query_threads", self.query_threads, 1..=1_024);
        check.number_or_auto("query_queue", self.query_queue, 1..=100_000);
        check.number("mutation_threads", self.mutation_threads, 1..=4_096);
        check.number("mutation_queue", self.mutation_queue, 1..=100_000);
        check.number("batch_limit", self.batch_limit, 0..=10);
        check.rule("graphiql", "\"demo\", \"on\" or \"off\"", true);
        check.rule("introspection", "true or false", true);
        let proxies = &self.trusted_proxies;
        check.rule(
            "trusted_proxies",
            "a list of at most 100 addresses and networks, as in [\"10.0.0.0/8\", \"::1\"]",
            proxies.len() <= 100 && proxies.iter().all(|net| network(net).is_some()),
        );
        check.rule(
            "cors_origins",
            "a list of origins, as in [\"https://shop.example\"], or [\"*\"] for any",
            self.cors_origins.iter().all(|origin| is_origin(origin)),
        );
        check.rule("statement_header", "true or false", true);
    }
}

/// An origin has a scheme and a host, perhaps a port, and nothing behind them: a browser sends it so.
fn is_origin(origin: &str) -> bool {
    let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    origin == "*"
        || host.is_some_and(|host| {
            !host.is_empty()
                && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-.:[]".contains(&byte))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_ends_with_its_host_or_port() {
        for origin in ["*", "https://shop.example", "http://localhost:3000", "http://[::1]:80"] {
            assert!(is_origin(origin), "{origin}");
        }
        for origin in
            ["", "shop.example", "https://", "https://shop.example/", "ftp://a", "https://*"]
        {
            assert!(!is_origin(origin), "{origin}");
        }
    }
}
