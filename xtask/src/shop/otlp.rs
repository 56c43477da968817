//! The body of an OTLP/HTTP request in JSON: spans grouped by the service that they are of.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::fact::{Span, attribute};

pub fn request<'a>(spans: impl IntoIterator<Item = &'a Span>) -> Value {
    let mut services: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
    for span in spans {
        services.entry(span.service).or_default().push(span.json());
    }
    let resource_spans: Vec<Value> = services
        .into_iter()
        .map(|(service, spans)| {
            let attributes = [attribute("service.name", service), attribute("service.version", "1.4.2")];
            json!({
                "resource": { "attributes": attributes },
                "scopeSpans": [{ "scope": { "name": "shop" }, "spans": spans }],
            })
        })
        .collect();
    json!({ "resourceSpans": resource_spans })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Context, Kind},
        *,
    };

    #[test]
    fn spans_are_grouped_and_written_strictly() {
        let span = |service| Span {
            context: Context { trace: 1, span: 2 },
            parent: Some(3),
            service,
            name: "POST /checkout".into(),
            kind: Kind::Server,
            start: 1_000_000,
            end: 1_000_500,
            attributes: vec![("http.route", "/checkout".into())],
            error: None,
        };
        let spans = [span("gateway"), span("orders"), span("gateway")];
        let body = request(&spans);
        let groups = body["resourceSpans"].as_array().unwrap();
        assert_eq!(groups.len(), 2);
        let first = &groups[0]["scopeSpans"][0]["spans"][0];
        assert_eq!(first["startTimeUnixNano"], "1000000000");
        assert_eq!((first["kind"].as_i64(), first["parentSpanId"].as_str()), (Some(2), Some("0000000000000003")));
    }
}
