//! Where the reader is: path and query of the URL, which hold the whole view (range, clock, filters, selection). Every link
//! is made here, so that range and clock survive each step. Nothing is validated: the API says what is wrong with a range.

use leptos::prelude::*;
use leptos_router::hooks::use_location;

/// The range where the URL names none.
pub const DEFAULT_LAST: &str = "1h";

/// Parameters that go along to every other page.
const KEPT: [&str; 4] = ["last", "from", "to", "utc"];

/// The present URL, decoded.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Place {
    pub path: String,
    pub query: Vec<(String, String)>,
}

impl Place {
    /// Reads path and query as a URL holds them; `?` may lead the query.
    pub fn parse(path: &str, query: &str) -> Self {
        let pairs = query.trim_start_matches('?').split('&').filter(|pair| !pair.is_empty());
        let query = pairs.map(|pair| pair.split_once('=').unwrap_or((pair, ""))).map(|(k, v)| (decode(k), decode(v)));
        Self { path: path.to_owned(), query: query.collect() }
    }

    /// The value of a parameter; `None` where it is missing or empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.query.iter().rfind(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }

    pub fn has(&self, name: &str) -> bool {
        self.query.iter().any(|(key, _)| key == name)
    }

    /// This page with some parameters changed; an empty value removes one.
    pub fn with(&self, changes: &[(&str, &str)]) -> String {
        let kept = self.query.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let kept = kept.filter(|(key, _)| changes.iter().all(|(changed, _)| changed != key));
        let added = changes.iter().copied().filter(|(_, value)| !value.is_empty());
        url(&self.path, kept.chain(added))
    }

    /// Another page in the same range and clock. `path` is encoded already and may bring a query of its own.
    pub fn to(&self, path: &str) -> String {
        self.to_with(path, &[])
    }

    /// Another page in the same range and clock, with parameters; empty ones are left out.
    pub fn to_with(&self, path: &str, more: &[(&str, &str)]) -> String {
        let (path, own) = path.split_once('?').unwrap_or((path, ""));
        let own = Self::parse(path, own);
        let fixed = own.has("from") || own.has("last");
        let kept = self.query.iter().filter(|(key, _)| KEPT.contains(&key.as_str()) && !own.has(key));
        let kept = kept.filter(|(key, _)| !fixed || key == "utc");
        let pairs = own.query.iter().chain(kept).map(|(key, value)| (key.as_str(), value.as_str()));
        url(path, pairs.chain(more.iter().copied().filter(|(_, value)| !value.is_empty())))
    }

    /// A path of the API in this range, with those parameters of this page that are named.
    pub fn api(&self, path: &str, pass: &[&str]) -> String {
        let range = match (self.get("from"), self.get("to")) {
            (None, None) => vec![("last", self.get("last").unwrap_or(DEFAULT_LAST).to_owned())],
            (from, to) => [("from", from), ("to", to)]
                .into_iter()
                .filter_map(|(key, value)| Some((key, instant(value?))))
                .collect(),
        };
        let passed = pass.iter().filter_map(|name| Some((*name, self.get(name)?)));
        let range = range.iter().map(|(key, value)| (*key, value.as_str()));
        url(&format!("/api/v1{path}"), range.chain(passed))
    }

    /// A path of the API that knows no range, with those parameters of this page that are named.
    pub fn api_whole(&self, path: &str, pass: &[&str]) -> String {
        url(&format!("/api/v1{path}"), pass.iter().filter_map(|name| Some((*name, self.get(name)?))))
    }

    /// Whether the range has fixed ends, so that time does not move it.
    pub fn is_fixed(&self) -> bool {
        self.get("from").is_some() || self.get("to").is_some()
    }
}

/// The present URL as a signal; the frame provides it.
pub fn use_place() -> Memo<Place> {
    use_context::<Memo<Place>>().unwrap_or_else(|| Memo::new(|_| Place::default()))
}

/// Provides [`use_place`]; inside the router.
pub fn provide_place() {
    let location = use_location();
    provide_context(Memo::new(move |_| Place::parse(&location.pathname.get(), &location.search.get())));
}

/// One encoded segment of a path.
pub fn segment(text: &str) -> String {
    encode(text)
}

fn url<'a>(path: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let mut out = path.to_owned();
    for (key, value) in pairs {
        out.push(if out.contains('?') { '&' } else { '?' });
        out.push_str(&encode(key));
        if !value.is_empty() {
            out.push('=');
            out.push_str(&encode(value));
        }
    }
    out
}

/// `2026-11-21T10:00`, as a date-time field gives it, is meant in UTC.
fn instant(text: &str) -> String {
    let bare = text.len() >= 16
        && text.as_bytes()[10] == b'T'
        && !text.ends_with(['Z', 'z'])
        && !text[11..].contains(['+', '-']);
    match (bare, text.len()) {
        (true, 16) => format!("{text}:00Z"),
        (true, _) => format!("{text}Z"),
        _ => text.to_owned(),
    }
}

/// Percent-encodes all but the unreserved characters (RFC 3986, 2.3) and a few that are harmless and common in keys.
fn encode(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b':' | b'@' | b',' => {
                out.push(byte as char)
            }
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}

fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let hex = |i: usize| bytes.get(i).and_then(|b| (*b as char).to_digit(16));
        match (bytes[at], hex(at + 1), hex(at + 2)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high * 16 + low) as u8);
                at += 2;
            }
            (b'+', ..) => out.push(b' '),
            (byte, ..) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_keep_range_and_clock_and_nothing_else() {
        let here = Place::parse("/replicas", "?last=6h&utc&state=open");
        assert_eq!(here.to("/sagas"), "/sagas?last=6h&utc");
        assert_eq!(here.to("/lineage/order/o-1?at=5"), "/lineage/order/o-1?at=5&last=6h&utc");
        assert_eq!(here.to("/latency?from=1&to=2"), "/latency?from=1&to=2&utc", "a link's own range wins");
        assert_eq!(here.with(&[("state", "all"), ("last", "")]), "/replicas?utc&state=all");
    }

    #[test]
    fn the_api_is_asked_for_the_same_range() {
        assert_eq!(Place::default().api("/overview", &[]), "/api/v1/overview?last=1h");
        assert_eq!(Place::parse("/", "?last=6h&cursor=1f").api_whole("/keys", &["cursor"]), "/api/v1/keys?cursor=1f");
        let fixed = Place::parse("/", "from=2026-11-21T10:00&to=2026-11-21T11:00:00Z&q=a%2Fb&x=1");
        assert_eq!(
            fixed.api("/findings", &["q", "none"]),
            "/api/v1/findings?from=2026-11-21T10:00:00Z&to=2026-11-21T11:00:00Z&q=a%2Fb"
        );
    }

    #[test]
    fn a_path_of_the_api_may_bring_parameters() {
        assert_eq!(Place::default().api("/report?format=json", &[]), "/api/v1/report?format=json&last=1h");
    }

    #[test]
    fn any_key_survives_a_url() {
        for key in ["o-1", "a/b?c=d&e", "100 %", "ключ", "a+b"] {
            let link = Place::default().to_with("/lineage", &[("q", key)]);
            let (path, query) = link.split_once('?').unwrap();
            assert_eq!(Place::parse(path, query).get("q"), Some(key));
        }
    }
}
