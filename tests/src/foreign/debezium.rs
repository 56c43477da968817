//! Debezium itself: Kafka Connect captures a real PostgreSQL into a real Kafka, and a read model that loses an update is found.

use std::time::Duration;

use serde_json::json;

use super::finding_of;
use crate::{product::Product, services::Services};

const SCHEMA: &str = "
create table orders (id text primary key, status text not null, total numeric(10,2) not null, version int not null);
create table order_view (order_id text primary key, state text not null, total_cents int not null);
create table heartbeat (id int primary key, at timestamptz not null);
insert into heartbeat values (1, now());
";
/// A row that the relay itself writes and captures: only that proves up to when it has seen the log (SEM-2).
const HEARTBEAT: [(&str, &str); 2] =
    [("heartbeat.interval.ms", "500"), ("heartbeat.action.query", "update heartbeat set at = now() where id = 1")];

#[tokio::test(flavor = "multi_thread")]
async fn a_captured_database_is_watched() {
    let (Some(kafka), Some(postgres)) = (Services::kafka().await, Services::postgres().await) else { return };
    let Some(connect) = Services::debezium().await else { return };
    let shop = postgres.create_database("foreign_debezium").unwrap();
    shop.execute(SCHEMA).unwrap();
    let tables = ["public.orders", "public.order_view", "public.heartbeat"];
    connect.capture(&shop, "foreign", &tables, &HEARTBEAT).unwrap();
    // The first rows make the topics.
    shop.execute("insert into orders values ('o-1', 'placed', 10.50, 1), ('o-2', 'placed', 7.00, 1)").unwrap();
    shop.execute("insert into order_view values ('o-1', 'placed', 1050), ('o-2', 'placed', 700)").unwrap();
    let bootstrap = &kafka.bootstrap;
    let configuration = format!(
        "
sources:
  shop:
    kafka:
      brokers: [\"{bootstrap}\"]
      topics: [foreign.public.orders, foreign.public.order_view, foreign.public.heartbeat]
      format: debezium
entities:
  order:
    within: 2s
    compare: {{ status: text, total: {{ decimal: 2 }} }}
    replicas:
      orders:
        source: shop
        match: {{ table: public.orders }}
        key: $.id
        version: $.version
        fields: {{ status: $.status, total: {{ path: $.total, scale: 2 }} }}
      order-view:
        source: shop
        match: {{ table: public.order_view }}
        key: $.order_id
        fields: {{ status: $.state, total: {{ cel: \"double(total_cents) / 100.0\" }} }}
"
    );
    let product = Product::start(&configuration).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    // One update arrives in the read model, the other is lost.
    shop.execute("update orders set status = 'paid', version = 2").unwrap();
    shop.execute("update order_view set state = 'paid' where order_id = 'o-1'").unwrap();
    let findings = product.until("/findings", |page| finding_of(page, "order-view", "o-2").is_some()).await.unwrap();
    let finding = finding_of(&findings, "order-view", "o-2").unwrap();
    assert_eq!(finding["reason"], "stale", "{finding}");
    assert_eq!(finding["subject"]["fields"], json!([{ "field": "status", "expected": "paid", "held": "placed" }]));
    assert!(finding_of(&findings, "order-view", "o-1").is_none(), "{findings}");
    // The read model catches up, and the finding ends.
    shop.execute("update order_view set state = 'paid' where order_id = 'o-2'").unwrap();
    product.until("/findings", |page| finding_of(page, "order-view", "o-2").is_none()).await.unwrap();
    product.stop();
}
