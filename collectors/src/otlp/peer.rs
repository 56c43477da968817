//! What a client or producer span talks to, from the semantic conventions: the stable ones first, then the names they had.
//! Without a span of the other side this is all that is known of it.

use compact_str::CompactString;
use plumbline_model::span::{EdgeKind, Peer, SpanKind};

/// Databases that are used as caches, by `db.system.name`.
const CACHES: [&str; 5] = ["redis", "memcached", "valkey", "hazelcast", "dragonfly"];

/// The values that tell a peer, found in one pass over the attributes.
#[derive(Default)]
struct Told<'a> {
    destination: Option<&'a str>,
    messaging: Option<&'a str>,
    database: Option<&'a str>,
    namespace: Option<&'a str>,
    peer: Option<&'a str>,
    address: Option<&'a str>,
    url: Option<&'a str>,
    rpc: Option<&'a str>,
}

/// The peer; `None` where the span is of another kind, or nothing is told.
pub(super) fn of(kind: SpanKind, attributes: &[(CompactString, CompactString)]) -> Option<Peer> {
    if !matches!(kind, SpanKind::Client | SpanKind::Producer) {
        return None;
    }
    let told = Told::read(attributes);
    let address = || told.peer.or(told.address).or_else(|| told.url.and_then(host));
    let (kind, name) = if let Some(system) = told.messaging.or(told.destination) {
        (EdgeKind::Topic, told.destination.unwrap_or(system))
    } else if let Some(system) = told.database {
        if CACHES.contains(&system) {
            // A cache's namespace is a number that says nothing.
            (EdgeKind::Cache, address().unwrap_or(system))
        } else {
            (EdgeKind::Database, told.namespace.or_else(address).unwrap_or(system))
        }
    } else {
        (EdgeKind::Network, address().or(told.rpc)?)
    };
    Some(Peer { kind, name: CompactString::new(name) })
}

impl<'a> Told<'a> {
    fn read(attributes: &'a [(CompactString, CompactString)]) -> Self {
        let mut told = Self::default();
        // The stable name wins over the older one, wherever it stands.
        let older = |slot: &mut Option<&'a str>, value| {
            slot.get_or_insert(value);
        };
        for (name, value) in attributes {
            if value.is_empty() {
                continue;
            }
            let value = value.as_str();
            match name.as_str() {
                "messaging.destination.name" => told.destination = Some(value),
                "messaging.destination" => older(&mut told.destination, value),
                "messaging.system" => told.messaging = Some(value),
                "db.system.name" => told.database = Some(value),
                "db.system" => older(&mut told.database, value),
                "db.namespace" => told.namespace = Some(value),
                "db.name" => older(&mut told.namespace, value),
                "peer.service" => told.peer = Some(value),
                "service.peer.name" => told.peer = Some(value),
                "server.address" => told.address = Some(value),
                "net.peer.name" | "http.host" => older(&mut told.address, value),
                "url.full" => told.url = Some(value),
                "http.url" => older(&mut told.url, value),
                "rpc.service" => told.rpc = Some(value),
                _ => {}
            }
        }
        told
    }
}

/// The host of `scheme://user@host:port/path`.
fn host(url: &str) -> Option<&str> {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let place = authority.rsplit('@').next()?;
    let name = match place.strip_prefix('[') {
        Some(rest) => rest.split(']').next()?,
        None => place.split(':').next()?,
    };
    (!name.is_empty()).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conventions_new_and_old_name_the_far_end() {
        for (attributes, expected) in [
            ("messaging.system=kafka messaging.destination.name=orders server.address=b1", "Topic orders"),
            ("messaging.destination=old messaging.destination.name=new", "Topic new"),
            ("messaging.destination=old messaging.system=rabbitmq", "Topic old"),
            ("messaging.system=sqs", "Topic sqs"),
            ("db.system.name=postgresql db.namespace=shop server.address=db1", "Database shop"),
            ("db.system=mysql db.name=shop", "Database shop"),
            ("db.system=mysql net.peer.name=db2", "Database db2"),
            ("db.system=sqlite", "Database sqlite"),
            ("db.system.name=redis db.namespace=0 server.address=cache1", "Cache cache1"),
            ("db.system=memcached", "Cache memcached"),
            ("peer.service=payment server.address=10.0.0.7", "Network payment"),
            ("server.address=stock url.full=http://other/", "Network stock"),
            ("url.full=https://user:pw@api.example:8443/v1?q=1", "Network api.example"),
            ("http.url=http://[::1]:80/", "Network ::1"),
            ("rpc.system=grpc rpc.service=shop.Cart", "Network shop.Cart"),
            ("url.full=:// thread.id=3", "-"),
            ("", "-"),
        ] {
            let attributes: Vec<(CompactString, CompactString)> = attributes
                .split_whitespace()
                .map(|it| it.split_once('=').unwrap())
                .map(|(name, value)| (name.into(), value.into()))
                .collect();
            let said = |kind| match of(kind, &attributes) {
                Some(peer) => format!("{:?} {}", peer.kind, peer.name),
                None => "-".to_owned(),
            };
            assert_eq!(said(SpanKind::Client), expected, "{attributes:?}");
            assert_eq!(said(SpanKind::Server), "-", "a server span has no far end of its own");
        }
    }
}
