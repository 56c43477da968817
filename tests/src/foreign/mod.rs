//! Input from clients that nobody here wrote, through the whole product: what others' SDKs send is on the pages.

mod cloudevents;
mod debezium;
mod kafka;
mod otel;

use serde_json::Value;

/// The open findings of a replica's key.
fn finding_of<'a>(findings: &'a Value, replica: &str, key: &str) -> Option<&'a Value> {
    let items = findings["items"].as_array()?;
    items.iter().find(|it| it["subject"]["replica"] == replica && it["subject"]["key"] == key)
}
