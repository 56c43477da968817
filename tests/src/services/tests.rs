//! The provider itself: each server starts here and answers a client.

use std::time::Duration;

use fantoccini::ClientBuilder;
use rdkafka::{
    ClientConfig, Message,
    consumer::{Consumer, StreamConsumer},
    producer::{FutureProducer, FutureRecord},
};
use serde_json::{Value, json};

use super::Services;

async fn consume(bootstrap: &str, topic: &str) -> Value {
    let consumer: StreamConsumer = ClientConfig::new()
        .set("bootstrap.servers", bootstrap)
        .set("group.id", format!("{topic}-reader"))
        .set("auto.offset.reset", "earliest")
        .set("topic.metadata.refresh.interval.ms", "500")
        .create()
        .unwrap();
    consumer.subscribe(&[topic]).unwrap();
    let first = async {
        loop {
            // Until the topic exists the consumer is told so, again and again.
            if let Ok(message) = consumer.recv().await {
                return serde_json::from_slice(message.payload().unwrap()).unwrap();
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(30), first).await.expect("no message within 30 s")
}

#[tokio::test]
async fn kafka_gives_back_what_was_produced() {
    let Some(kafka) = Services::kafka().await else { return };
    let producer: FutureProducer = ClientConfig::new().set("bootstrap.servers", &kafka.bootstrap).create().unwrap();
    let record = FutureRecord::to("provider.kafka").key("k").payload("{\"n\":7}");
    producer.send(record, Duration::from_secs(30)).await.map_err(|(error, _)| error).unwrap();
    assert_eq!(consume(&kafka.bootstrap, "provider.kafka").await["n"], 7);
}

#[tokio::test]
async fn postgres_decodes_its_log() {
    let Some(postgres) = Services::postgres().await else { return };
    let own = postgres.create_database("provider_postgres").unwrap();
    assert_eq!(own.execute("show wal_level").unwrap().trim(), "logical");
    own.execute("create table t (k int primary key); insert into t values (1), (2)").unwrap();
    assert_eq!(own.execute("select count(*) from t").unwrap().trim(), "2");
}

#[tokio::test]
async fn debezium_captures_a_write() {
    let (Some(kafka), Some(postgres)) = (Services::kafka().await, Services::postgres().await) else { return };
    let Some(connect) = Services::debezium().await else { return };
    let own = postgres.create_database("provider_debezium").unwrap();
    own.execute("create table orders (id text primary key, total numeric(10,2))").unwrap();
    connect.capture(&own, "provider", &["public.orders"], &[]).unwrap();
    own.execute("insert into orders values ('o-1', 10.50)").unwrap();
    let envelope = consume(&kafka.bootstrap, "provider.public.orders").await;
    assert_eq!(envelope["after"]["id"], "o-1");
    assert_eq!(envelope["after"]["total"], "BBo=", "a numeric is the base64 of its unscaled value: {envelope}");
}

#[tokio::test]
async fn the_browser_shows_a_page() {
    let Some(browser) = Services::browser().await else { return };
    let Value::Object(capabilities) = browser.capabilities("provider", 1440, 900, false) else { unreachable!() };
    let client = ClientBuilder::rustls().unwrap().capabilities(capabilities).connect(&browser.webdriver).await.unwrap();
    client.goto("data:text/html,<title>plumb</title><p>line").await.unwrap();
    assert_eq!(client.title().await.unwrap(), "plumb");
    client.close().await.unwrap();
}

#[tokio::test]
async fn a_foreign_client_produces_to_kafka() {
    let (Some(kafka), Some(foreign)) = (Services::kafka().await, Services::foreign().await) else { return };
    let records = json!([{ "key": "k", "value": { "n": 8 }, "headers": { "ce_type": "t" } }]);
    let sent = foreign.script("kafka_produce.py", &[&kafka.bootstrap, "provider.foreign"], &records).unwrap();
    assert_eq!(sent["offsets"], json!([[0, 0]]));
    assert_eq!(consume(&kafka.bootstrap, "provider.foreign").await["n"], 8);
}
