//! Where a webhook may go: never to private, loopback or link-local addresses unless the receiver allows it, checked after
//! name resolution on every try, so that a name cannot be pointed elsewhere between check and connection.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// What to do about a refusal.
const PERMITTED_BY: &str = "`allow_private_webhooks: true` in the configuration permits such";

/// Whether an address belongs to the public internet.
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
    let [first, second, ..] = address.octets();
    let shared = first == 100 && (64..128).contains(&second);
    let benchmarking = first == 198 && (18..20).contains(&second);
    let special = first == 0 || first >= 240;
    !(shared
        || benchmarking
        || special
        || address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_broadcast()
        || address.is_documentation())
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    let [first, second, ..] = address.segments();
    let unique_local = first & 0xfe00 == 0xfc00;
    let link_local = first & 0xffc0 == 0xfe80;
    let documentation = first == 0x2001 && second == 0x0db8;
    let translated = first == 0x0064 && second == 0xff9b;
    !(unique_local
        || link_local
        || documentation
        || translated
        || address.is_loopback()
        || address.is_unspecified()
        || address.is_multicast())
}

/// Resolves names and keeps public addresses only.
#[derive(Clone, Copy, Debug, Default)]
pub struct PublicOnly;

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((host.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> = found.iter().copied().filter(|address| is_public(address.ip())).collect();
            if allowed.is_empty() {
                return Err(format!(
                    "{host} resolves to {} private or local addresses only; {PERMITTED_BY}",
                    found.len()
                )
                .into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}

/// Checks a target whose host is written as an address, which no resolver sees.
///
/// # Errors
/// A sentence for the attempt's log.
pub fn check_literal(url: &reqwest::Url) -> Result<(), String> {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    match bare.parse::<IpAddr>() {
        Ok(address) if !is_public(address) => Err(format!("{address} is private or local; {PERMITTED_BY}")),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn private_and_local_addresses_are_refused() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fd00::1",
            "fe80::1",
            "::ffff:10.0.0.1",
            "64:ff9b::a00:1",
        ] {
            assert!(!is_public(text.parse().unwrap()), "{text}");
        }
        for text in ["1.1.1.1", "93.184.216.34", "2606:4700::1111"] {
            assert!(is_public(text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn what_is_advised_is_an_option() {
        let refused = check_literal(&"http://127.0.0.1:8410/alerts".parse().unwrap()).unwrap_err();
        let advised = refused.split('`').nth(1).and_then(|option| option.strip_suffix(": true")).unwrap();
        let schema: serde_json::Value =
            serde_json::from_str(include_str!("../../../../docs/plumbline.schema.json")).unwrap();
        assert_eq!(schema["properties"][advised]["type"], "boolean", "{refused}");
    }
}
