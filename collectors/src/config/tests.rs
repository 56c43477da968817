//! Proves that the configuration people are shown parses into these types, in order, and that mistakes are named.

use serde::Deserialize;

use super::*;

#[derive(Deserialize, Debug)]
struct File {
    sources: OrderedMap<SourceConfig>,
    entities: OrderedMap<EntityConfig>,
    events: Vec<EventConfig>,
    sagas: OrderedMap<SagaConfig>,
}

const SHOP: &str = r#"
sources:
  shop-events:
    kafka:
      brokers: [localhost:9092]
      topics: [shop.orders, shop.payments]
      format: cloudevents
      watch_groups: [order-view-builder]
    clock_error: 200ms
  orders-db:
    postgres: { url: "postgres://orders", tables: [public.orders] }
  functions:
    http: { path: /ingest/functions, token_file: /run/secrets/functions-token }
    lateness: 30s
  traces:
    otlp: {}
entities:
  order:
    within: 5s
    compare:
      status: text
      total: { decimal: 2 }
      updated_at: { timestamp: ms }
    values: store
    authority: orders
    replicas:
      orders:
        source: orders-db
        match: { table: public.orders }
        key: $.id
        version: $.version
        fields: { status: $.status, total: { path: $.total, scale: 4 }, updated_at: { path: $.updated_at, unit: us } }
      order-view:
        source: shop-events
        within: 10s
        key: $.order_id
        fields: { status: $.state, total: { cel: "double(value.total_cents) / 100.0" } }
      order-cache:
        source: functions
        probe: { key: "order:{key}" }
        may_be_missing: true
      shipping-copy:
        source: shop-events
        match: { topic: shop.payments, when: "type.startsWith('shipping.order-')" }
        key: $.data.order
        holds: "status != 'placed'"
        deleted: "type == 'shipping.order-forgotten'"
events:
  - { source: shop-events, type: $.type, subject: $.subject, correlation: $.correlationid, causation: $.causationid }
sagas:
  checkout:
    correlate: [$.correlationid, $.data.order]
    start: order.placed
    within: 48h
    steps:
      - { event: stock.reserved, owner: stock, within: 30s, compensate: stock.released }
      - { event: parcel.shipped, owner: shipping, within: 24h, from: shop-events }
    ends: { completed: order.completed, failed: [order.cancelled, order.expired] }
    compensation: { within: 10m }
"#;

#[test]
fn the_shop_parses_in_its_declared_order() {
    let file: File = serde_saphyr::from_str(SHOP).unwrap();
    assert_eq!(file.sources.keys().collect::<Vec<_>>(), ["shop-events", "orders-db", "functions", "traces"]);
    assert_eq!(file.sources["shop-events"].clock_error, Some(Duration::from_millis(200)));
    assert!(file.sources["orders-db"].postgres.is_some());
    assert_eq!(file.sources["traces"].otlp, Some(OtlpConfig {}));
    let order = &file.entities["order"];
    assert_eq!(order.authority, Some(AuthorityConfig::Replica("orders".into())));
    let compare = order.compare.as_ref().unwrap();
    assert_eq!(
        compare.values().collect::<Vec<_>>(),
        [&FieldType::Text, &FieldType::Decimal(2), &FieldType::Timestamp(Precision::Ms)]
    );
    let orders = &order.replicas["orders"];
    assert_eq!(orders.fields["updated_at"].unit, Some(TimeUnit::Us));
    assert_eq!(orders.fields["total"].scale, Some(4));
    let total = &order.replicas["order-view"].fields["total"].selector;
    assert_eq!(*total, Selector::Cel("double(value.total_cents) / 100.0".into()));
    assert_eq!(file.events[0].event_type, Some(Selector::path("$.type")));
    let checkout = &file.sagas["checkout"];
    assert_eq!(checkout.correlate.as_ref().unwrap().as_slice().len(), 2);
    assert_eq!(checkout.ends.failed.as_slice(), ["order.cancelled", "order.expired"]);
    assert_eq!(checkout.steps[1].from.as_slice(), ["shop-events"]);
}

#[test]
fn mistakes_are_named() {
    fn error<T: for<'de> Deserialize<'de> + std::fmt::Debug>(yaml: &str) -> String {
        serde_saphyr::from_str::<T>(yaml).unwrap_err().to_string()
    }
    for (said, expected) in [
        (error::<SourceConfig>("{ otlp: {}, latenes: 30s }"), "latenes"),
        (error::<SourceConfig>("{ otlp: {}, lateness: 30 }"), "a duration needs a number and a unit"),
        (error::<FieldType>("txt"), "text"),
        (error::<FieldSelector>("{ path: $.a, cel: b }"), "exactly one of `path` and `cel`"),
        (error::<Selector>("{ path: $.a, unit: ms }"), "belong to compared fields only"),
        (error::<Selector>("5"), "a JSONPath such as"),
    ] {
        assert!(said.contains(expected), "{said}");
    }
}

#[test]
fn what_was_parsed_is_written_so_that_it_parses_again() {
    let file: File = serde_saphyr::from_str(SHOP).unwrap();
    for entity in file.entities.values() {
        let json = serde_json::to_string(entity).unwrap();
        assert_eq!(serde_json::from_str::<EntityConfig>(&json).unwrap(), *entity);
    }
    for source in file.sources.values() {
        let json = serde_json::to_string(source).unwrap();
        assert_eq!(serde_json::from_str::<SourceConfig>(&json).unwrap(), *source);
    }
}

#[test]
fn passwords_are_not_in_debug_output() {
    let config: KafkaConfig =
        serde_saphyr::from_str("{ brokers: [b], topics: [t], format: json, properties: { sasl.password: hunter2 } }")
            .unwrap();
    let said = format!("{config:?}");
    assert!(said.contains("sasl.password") && !said.contains("hunter2"), "{said}");
}

#[test]
fn every_type_has_a_schema() {
    let schema = serde_json::to_value(schemars::schema_for!(SourceConfig)).unwrap();
    assert!(schema["properties"]["kafka"].is_object(), "{schema}");
    let schema = serde_json::to_value(schemars::schema_for!(EntityConfig)).unwrap();
    assert_eq!(schema["required"], serde_json::json!(["within", "replicas"]));
    let schema = serde_json::to_value(schemars::schema_for!(SagaConfig)).unwrap();
    assert_eq!(schema["required"], serde_json::json!(["start"]));
    assert!(serde_json::to_value(schemars::schema_for!(EventConfig)).is_ok());
}
