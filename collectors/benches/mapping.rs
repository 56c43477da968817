//! How fast mapped records become observations on one core: a CloudEvent that is an event of a saga and a state of a replica,
//! and a Debezium row.

#![allow(clippy::expect_used, reason = "a benchmark that cannot be set up should stop")]

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use plumbline_collectors::{
    Decoder, RawRecord,
    config::{EntityConfig, OrderedMap, SagaConfig, SourceConfig},
};
use plumbline_measure::ThreadTime;
use plumbline_model::ReceivedTime;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

fn read<T: DeserializeOwned>(value: Value) -> OrderedMap<T> {
    serde_json::from_value(value).expect("the configuration of the benchmark is valid")
}

fn decoder() -> Decoder {
    let sources: OrderedMap<SourceConfig> = read(json!({
        "events": { "kafka": { "brokers": ["b:1"], "topics": ["t"], "format": "cloudevents" } },
        "rows": { "kafka": { "brokers": ["b:1"], "topics": ["t"], "format": "debezium" } },
    }));
    let fields = json!({ "status": "$.status", "total": "$.total", "changed": "$.changed" });
    let entities: OrderedMap<EntityConfig> = read(json!({ "order": {
        "within": "5s",
        "compare": { "status": "text", "total": { "decimal": 2 }, "changed": { "timestamp": "ms" } },
        "replicas": {
            "orders": { "source": "rows", "match": { "table": "public.orders" }, "key": "$.id", "version": "$.version", "fields": fields },
            "view": { "source": "events", "match": { "type": "order.paid" }, "key": "$.subject", "fields": { "status": "$.data.status", "total": "$.data.total" } },
        },
    }}));
    let sagas: OrderedMap<SagaConfig> = read(json!({ "checkout": { "start": "order.placed" } }));
    Decoder::compile(&sources, &entities, &[], &sagas).expect("the configuration of the benchmark compiles")
}

fn record(source: &str, payload: Value) -> RawRecord {
    RawRecord {
        source: source.into(),
        partition: "t/0".into(),
        offset: Some(7),
        received: ReceivedTime::from_secs(1_795_262_400),
        topic: "t".into(),
        payload: Some(payload.to_string().into_bytes().into()),
        ..RawRecord::default()
    }
}

fn mapping(criterion: &mut Criterion<ThreadTime>) {
    let decoder = decoder();
    let event = record(
        "events",
        json!({ "specversion": "1.0", "id": "e1", "source": "/shop/orders", "type": "order.paid", "subject": "o-1", "correlationid": "c-1",
            "time": "2026-11-21T11:59:00Z", "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "data": { "status": "paid", "total": 10.5, "lines": [{ "sku": "a", "n": 1 }, { "sku": "b", "n": 2 }] } }),
    );
    let row = record(
        "rows",
        json!({ "op": "u", "before": null, "ts_ms": 1_795_262_340_500_i64,
            "after": { "id": 5, "version": 2, "status": "paid", "total": "BBo=", "changed": 1_795_262_339_123_456_i64 },
            "source": { "name": "shop-db", "ts_ms": 1_795_262_340_000_i64, "snapshot": "false", "db": "shop", "schema": "public", "table": "orders" } }),
    );
    let mut group = criterion.benchmark_group("mapping");
    group.throughput(Throughput::Elements(1));
    for (name, record, observations) in [("cloudevent", &event, 3), ("debezium row", &row, 1)] {
        assert_eq!(decoder.decode(record).observations.len(), observations, "{name}");
        group.bench_function(name, |bencher| bencher.iter(|| decoder.decode(record)));
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(ThreadTime::default());
    targets = mapping
}
criterion_main!(benches);
