//! `GET /openapi.json`: the API described as OpenAPI 3.1, whose schemas are JSON Schema and come from the shapes themselves.

use axum::Json;
use plumbline_model::{
    api::{
        CollectorsPage, FindingView, IncidentAction, IncidentPage, IncidentRow, IssueRow, KeyHit, LatencyPage,
        LineagePage, OverviewPage, Page, Problem, ReplicaPage, ReplicasPage, Report, SagaInstancePage, SagaRow,
        SagasPage, SearchHit, SettingsPage, SilenceEnd, SilenceRow, Status, StreamsPage, TraceRow,
    },
    trace::TraceView,
};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

pub async fn get() -> Json<Value> {
    Json(document())
}

/// The whole description. A test holds it against the router.
pub fn document() -> Value {
    let mut builder = Builder {
        generator: SchemaSettings::draft2020_12()
            .with(|it| it.definitions_path = "/components/schemas".into())
            .into_generator(),
        paths: Map::new(),
    };
    let range = ["from", "to", "last"];
    let with = |more: &[&'static str]| [&range[..], more].concat();
    builder.read::<Status>("/status", "Environment, clock, and what is wrong where", &[]);
    builder.read::<OverviewPage>("/overview", "Is my system consistent right now?", &range);
    builder.read::<ReplicasPage>("/replicas", "Every entity and its replicas", &range);
    builder.read::<ReplicaPage>("/replicas/{entity}/{replica}", "One replica: lag, verdicts, what differs", &range);
    let findings = [
        "state", "rule", "reason", "entity", "replica", "key", "saga", "instance", "step", "service", "sort", "cursor",
        "limit",
    ];
    builder.read::<Page<FindingView>>("/findings", "Findings", &with(&findings));
    builder.read::<FindingView>("/findings/{id}", "One finding", &[]);
    builder.read::<Page<KeyHit>>("/keys", "Keys of which a copy does not agree", &["q", "cursor", "limit"]);
    builder.read::<LineagePage>("/lineage/{entity}/{key}", "What happened to this key", &with(&["at", "at2"]));
    builder.read::<Vec<SearchHit>>("/search", "Keys, sagas, traces, incidents and replicas by name", &["q"]);
    builder.read::<SagasPage>("/sagas", "Saga types with their funnels", &range);
    builder.read::<Page<SagaRow>>(
        "/sagas/{saga}/instances",
        "Instances, worst first",
        &["state", "waiting_for", "q", "cursor", "limit"],
    );
    builder.read::<SagaInstancePage>("/sagas/{saga}/{instance}", "One instance against what was expected", &["run"]);
    builder.read::<LatencyPage>("/latency", "Hotspots, heat map and service map", &with(&["service", "operation"]));
    let traces = ["service", "operation", "min_seconds", "max_seconds", "errors", "sort", "cursor", "limit"];
    builder.read::<Page<TraceRow>>("/traces", "Traces", &with(&traces));
    builder.untyped::<TraceView>("/traces/{trace}", "One trace with its critical paths");
    builder.read::<StreamsPage>("/streams", "What has been read of each partition", &range);
    builder.read::<Page<IncidentRow>>("/incidents", "Incidents, newest first", &["state", "cursor", "limit"]);
    builder.read::<IncidentPage>("/incidents/{number}", "One incident with its story", &[]);
    builder
        .write::<IncidentAction>("/incidents/{number}/{action}", "acknowledge, resolve, note, silence or send-again");
    builder.read::<CollectorsPage>("/collectors", "What each source was seen to", &range);
    builder.read::<Page<IssueRow>>(
        "/issues",
        "Records that could not be read, with their bytes",
        &["source", "cursor", "limit"],
    );
    builder.read::<Report>(
        "/report",
        "The consistency report; `format` json, html, svg, md, csv or text",
        &with(&["since", "entity", "replica", "format"]),
    );
    builder.read::<SettingsPage>("/settings", "The configuration in force, secrets masked", &[]);
    builder.read::<Vec<SilenceRow>>("/silences", "What holds messages back, by whose word, until when", &[]);
    builder.write::<SilenceEnd>("/silences/end", "Ends a silence before its time");
    builder.events();
    let problem = builder.schema::<Problem>();
    let schemas = builder.generator.take_definitions(true);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Plumbline report API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Everything that the dashboard shows. Times are RFC 3339, durations seconds, shares between 0 and 1; errors are problem+json; lists continue with `cursor`.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/api/v1" }],
        "paths": builder.paths,
        "components": {
            "schemas": schemas,
            "responses": { "Problem": { "description": "What was wrong, and what was expected", "content": { "application/problem+json": { "schema": problem } } } },
        },
    })
}

struct Builder {
    generator: SchemaGenerator,
    paths: Map<String, Value>,
}

impl Builder {
    fn schema<T: JsonSchema>(&mut self) -> Value {
        self.generator.subschema_for::<T>().to_value()
    }

    fn read<T: JsonSchema>(&mut self, path: &str, summary: &str, query: &[&str]) {
        let schema = self.schema::<T>();
        self.add(path, "get", summary, query, schema, Value::Null);
    }

    /// A shape of the model that is not one of the API's own: described as an object.
    fn untyped<T>(&mut self, path: &str, summary: &str) {
        let title = std::any::type_name::<T>().rsplit("::").next().unwrap_or_default();
        self.add(path, "get", summary, &[], json!({ "type": "object", "title": title }), Value::Null);
    }

    fn write<T: JsonSchema>(&mut self, path: &str, summary: &str) {
        let schema = self.schema::<T>();
        let body = json!({ "content": { "application/json": { "schema": schema }, "application/x-www-form-urlencoded": { "schema": schema } } });
        self.add(path, "post", summary, &[], Value::Null, body);
    }

    fn events(&mut self) {
        let schema = self.schema::<plumbline_model::api::LiveMessage>();
        let answer = json!({ "description": "A snapshot, then deltas", "content": { "text/event-stream": { "schema": { "type": "string" }, "itemSchema": schema } } });
        self.paths.insert(
            "/events".to_owned(),
            json!({ "get": { "summary": "The live stream", "responses": { "200": answer } } }),
        );
    }

    fn add(&mut self, path: &str, method: &str, summary: &str, query: &[&str], schema: Value, body: Value) {
        let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameter = |name: &str, place: &str, kind: &str| json!({ "name": name, "in": place, "required": place == "path", "schema": { "type": kind } });
        let kind = |name: &str| match name {
            "limit" | "run" | "number" => "integer",
            "min_seconds" | "max_seconds" => "number",
            "errors" => "boolean",
            _ => "string",
        };
        let mut parameters: Vec<_> = in_path.map(|name| parameter(name, "path", kind(name))).collect();
        parameters.extend(query.iter().map(|name| parameter(name, "query", kind(name))));
        let done = if schema.is_null() {
            ("202", json!({ "description": "Taken" }))
        } else {
            ("200", json!({ "description": "The answer", "content": { "application/json": { "schema": schema } } }))
        };
        let problem = json!({ "$ref": "#/components/responses/Problem" });
        let mut operation = json!({
            "summary": summary,
            "parameters": parameters,
            "responses": { done.0: done.1, "4XX": problem, "5XX": problem },
        });
        if !body.is_null() {
            operation["requestBody"] = body;
        }
        self.paths.insert(path.to_owned(), json!({ method: operation }));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reference_leads_somewhere() {
        let document = document();
        let text = document.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
            assert!(document.pointer(reference).is_some(), "{reference}");
        }
        assert!(document.pointer("/paths/~1findings/get/responses/200").is_some());
    }
}
