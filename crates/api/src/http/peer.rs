//! Who connected, behind proxies that are trusted.

use std::net::{IpAddr, SocketAddr};

use ipnet::IpNet;

/// The header to which each proxy adds by whom it was asked.
pub(super) const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address that a request comes from: who connected, or, where that is a proxy that is trusted, whoever it says to
/// have been asked by; and so on, from the last proxy to the first. What others say of themselves counts for nothing.
pub(super) fn peer<'a>(
    connected: Option<IpAddr>,
    forwarded_for: impl DoubleEndedIterator<Item = &'a str>,
    trusted: &[IpNet],
) -> Option<IpAddr> {
    let mut peer = connected?.to_canonical();
    for hop in forwarded_for.rev().flat_map(|line| line.rsplit(',')) {
        if !is_trusted(Some(peer), trusted) {
            break;
        }
        let Some(next) = address(hop.trim()) else { break };
        peer = next;
    }
    Some(peer)
}

/// Whether somebody's word of others counts.
pub(super) fn is_trusted(connected: Option<IpAddr>, trusted: &[IpNet]) -> bool {
    let connected = connected.map(|address| address.to_canonical());
    connected.is_some_and(|address| trusted.iter().any(|net| net.contains(&address)))
}

/// An address, perhaps with a port.
fn address(text: &str) -> Option<IpAddr> {
    let bare = text.parse::<IpAddr>().ok();
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    bare.or_else(with_port).map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_trusted_proxies_say_whom_they_were_asked_by() {
        let trusted: Vec<IpNet> =
            ["10.0.0.0/8", "::1/128"].iter().map(|net| net.parse().unwrap()).collect();
        for (connected, lines, from) in [
            ("192.0.2.1", vec![], "192.0.2.1"),
            ("192.0.2.1", vec!["198.51.100.7"], "192.0.2.1"),
            ("10.0.0.1", vec!["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", vec!["203.0.113.9, 198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", vec!["203.0.113.9, 198.51.100.7, 10.0.0.2"], "198.51.100.7"),
            ("10.0.0.1", vec!["203.0.113.9", "198.51.100.7 ,10.0.0.2"], "198.51.100.7"),
            ("10.0.0.1", vec!["198.51.100.7:4711"], "198.51.100.7"),
            ("::1", vec!["[2001:db8::1]:443"], "2001:db8::1"),
            ("::ffff:10.0.0.1", vec!["198.51.100.7"], "198.51.100.7"),
            ("10.0.0.1", vec!["nonsense"], "10.0.0.1"),
            ("10.0.0.1", vec!["198.51.100.7, nonsense, 10.0.0.2"], "10.0.0.2"),
            ("10.0.0.1", vec![], "10.0.0.1"),
            ("10.0.0.1", vec!["10.0.0.3"], "10.0.0.3"),
        ] {
            let found = peer(connected.parse().ok(), lines.iter().copied(), &trusted);
            assert_eq!(found, from.parse().ok(), "{connected} {lines:?}");
        }
        assert_eq!(peer(None, ["192.0.2.1"].into_iter(), &trusted), None);
    }
}
