//! An address to listen on.

use std::{fmt, str::FromStr};

/// `host:port`; the host may be a name, an IPv4 address, or an IPv6 address in brackets.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Address {
    pub host: String,
    pub port: u16,
}

impl Address {
    pub fn local(port: u16) -> Self {
        Self { host: "127.0.0.1".to_owned(), port }
    }
    /// Whether both cannot be listened on at once.
    pub fn clashes(&self, other: &Self) -> bool {
        let everywhere = |host: &str| matches!(host, "0.0.0.0" | "[::]");
        self.port == other.port
            && self.port != 0
            && (self.host == other.host || everywhere(&self.host) || everywhere(&other.host))
    }
}

impl FromStr for Address {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (host, port) = text.trim().rsplit_once(':').ok_or(())?;
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let fits = match bare {
            Some(v6) => v6.parse::<std::net::Ipv6Addr>().is_ok(),
            None => !host.is_empty() && host.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_')),
        };
        let port = port.parse().map_err(|_| ())?;
        if fits { Ok(Self { host: host.to_owned(), port }) } else { Err(()) }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

super::by_text!(Address, "an address such as `127.0.0.1:8080`", {
    "type": "string",
    "description": "Host and port to listen on.",
    "pattern": "^(\\[[0-9a-fA-F:.]+\\]|[A-Za-z0-9._-]+):[0-9]{1,5}$",
    "examples": ["127.0.0.1:8080", "0.0.0.0:8080", "[::]:8080"],
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_an_address_and_what_is_none() {
        for text in ["127.0.0.1:8080", "localhost:0", "[::1]:4317", "my-host.example:65535"] {
            assert_eq!(text.parse::<Address>().map(|it| it.to_string()), Ok(text.to_owned()));
        }
        for text in
            ["8080", ":8080", "localhost", "localhost:65536", "[::1]", "::1:80x", "a b:1", "http://a:1", "[x]:1"]
        {
            assert_eq!(text.parse::<Address>(), Err(()), "{text}");
        }
    }

    #[test]
    fn everywhere_clashes_with_here() {
        let address = |text: &str| text.parse::<Address>().unwrap();
        assert!(address("0.0.0.0:80").clashes(&address("127.0.0.1:80")));
        assert!(!address("127.0.0.1:80").clashes(&address("127.0.0.1:81")));
        assert!(!address("127.0.0.1:0").clashes(&address("127.0.0.1:0")), "any free port");
    }
}
