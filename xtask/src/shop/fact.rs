//! What the shop's systems tell of themselves: CloudEvents (domain events, and rows as change capture would give them) and
//! spans. Times are microseconds since 1970.

use serde_json::{Value, json};

use crate::clock::rfc3339;

/// A place in the shop that tells of itself by a sender of its own, to a path of its own.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Feed {
    Events,
    OrdersDb,
    OrderView,
    OrderCache,
    ShippingDb,
    StockDb,
    StockView,
    Traces,
}

impl Feed {
    pub const ALL: [Self; 8] = [
        Self::Events,
        Self::OrdersDb,
        Self::OrderView,
        Self::OrderCache,
        Self::ShippingDb,
        Self::StockDb,
        Self::StockView,
        Self::Traces,
    ];

    /// The source's name in the configuration, and the last part of its path.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Events => "shop-events",
            Self::OrdersDb => "orders-db",
            Self::OrderView => "order-view",
            Self::OrderCache => "order-cache",
            Self::ShippingDb => "shipping-db",
            Self::StockDb => "stock-db",
            Self::StockView => "stock-view",
            Self::Traces => "traces",
        }
    }
}

/// Something that happened and is told by `feed`.
#[derive(Clone, PartialEq, Debug)]
pub struct Fact {
    pub feed: Feed,
    pub at: i64,
    pub told: Told,
}

#[derive(Clone, PartialEq, Debug)]
pub enum Told {
    Cloud(CloudEvent),
    Span(Span),
}

/// The attributes of CloudEvents 1.0 with the extensions for correlation, causation and trace context.
#[derive(Clone, PartialEq, Debug)]
pub struct CloudEvent {
    pub id: String,
    pub kind: &'static str,
    pub subject: String,
    pub correlation: Option<String>,
    pub causation: Option<String>,
    pub context: Option<Context>,
    pub data: Value,
}

/// Trace and span that a thing happened in (W3C trace context).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Context {
    pub trace: u128,
    pub span: u64,
}

impl CloudEvent {
    /// The event in the JSON format of CloudEvents.
    pub fn json(&self, feed: Feed, at: i64) -> Value {
        let mut event = json!({
            "specversion": "1.0",
            "id": self.id,
            "source": format!("/shop/{}", feed.name()),
            "type": self.kind,
            "subject": self.subject,
            "time": rfc3339(at),
            "datacontenttype": "application/json",
            "data": self.data,
        });
        let mut extend = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                event[name] = json!(value);
            }
        };
        extend("correlationid", self.correlation.clone());
        extend("causationid", self.causation.clone());
        extend("traceparent", self.context.map(|it| format!("00-{:032x}-{:016x}-01", it.trace, it.span)));
        event
    }
}

/// OpenTelemetry's span kinds, by their numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    Internal = 1,
    Server = 2,
    Client = 3,
    Producer = 4,
    Consumer = 5,
}

#[derive(Clone, PartialEq, Debug)]
pub struct Span {
    pub context: Context,
    pub parent: Option<u64>,
    pub service: &'static str,
    pub name: String,
    pub kind: Kind,
    pub start: i64,
    pub end: i64,
    pub attributes: Vec<(&'static str, String)>,
    pub error: Option<&'static str>,
}

impl Span {
    /// A root; its times are from and to.
    pub fn new(service: &'static str, name: &str, kind: Kind, context: Context, (start, end): (i64, i64)) -> Self {
        Self {
            context,
            parent: None,
            service,
            name: name.to_owned(),
            kind,
            start,
            end,
            attributes: Vec::new(),
            error: None,
        }
    }

    pub fn under(mut self, parent: Context) -> Self {
        self.parent = Some(parent.span);
        self
    }

    pub fn with(mut self, attributes: &[(&'static str, &str)]) -> Self {
        self.attributes.extend(attributes.iter().map(|(key, value)| (*key, (*value).to_owned())));
        self
    }

    pub fn failed(mut self, error: Option<&'static str>) -> Self {
        self.error = error;
        self
    }

    /// The span in OTLP/JSON: ids in hexadecimal, 64-bit numbers as text, enums as numbers.
    pub fn json(&self) -> Value {
        let attributes: Vec<Value> = self.attributes.iter().map(|(key, value)| attribute(key, value)).collect();
        let mut span = json!({
            "traceId": format!("{:032x}", self.context.trace),
            "spanId": format!("{:016x}", self.context.span),
            "name": self.name,
            "kind": self.kind as u8,
            "startTimeUnixNano": (self.start * 1000).to_string(),
            "endTimeUnixNano": (self.end * 1000).to_string(),
            "attributes": attributes,
            "status": {},
        });
        if let Some(parent) = self.parent {
            span["parentSpanId"] = json!(format!("{parent:016x}"));
        }
        if let Some(message) = self.error {
            span["status"] = json!({ "code": 2, "message": message });
        }
        span
    }
}

/// A text attribute in OTLP/JSON.
pub fn attribute(key: &str, value: &str) -> Value {
    json!({ "key": key, "value": { "stringValue": value } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cloud_event_carries_its_extensions() {
        let event = CloudEvent {
            id: "e-1".into(),
            kind: "order.placed",
            subject: "o-1".into(),
            correlation: Some("c-1".into()),
            causation: None,
            context: Some(Context { trace: 0xab, span: 0xcd }),
            data: json!({ "order": "o-1" }),
        };
        let json = event.json(Feed::Events, 1_700_000_000_000_000);
        assert_eq!(json["correlationid"], "c-1");
        assert_eq!(json["time"], "2023-11-14T22:13:20.000Z");
        assert_eq!(json["traceparent"], "00-000000000000000000000000000000ab-00000000000000cd-01");
        assert!(json.get("causationid").is_none());
    }
}
