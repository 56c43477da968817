//! The stock of each item: the owner's table and the copy that the gateway shows.

use serde_json::json;

use super::fact::{CloudEvent, Context};

const ITEMS: usize = 12;

/// A change of an item's quantity, and in what it happened.
#[derive(Clone, Debug)]
pub struct Move {
    pub item: usize,
    pub quantity: i64,
    pub context: Option<Context>,
    /// The id of the event that caused it.
    pub cause: Option<String>,
}

pub struct Stock {
    items: Vec<Item>,
}

struct Item {
    key: String,
    quantity: i64,
    version: i64,
    /// When the copy took over the last change: it takes them over in their order.
    copied: i64,
}

impl Stock {
    pub fn new(tag: &str) -> Self {
        let item = |number| Item { key: format!("sku-{number:02}.{tag}"), quantity: 0, version: 0, copied: 0 };
        Self { items: (1..=ITEMS).map(item).collect() }
    }

    pub fn items(&self) -> usize {
        self.items.len()
    }

    pub fn key(&self, item: usize) -> &str {
        &self.items[item].key
    }

    /// Changes the quantity; gives the row of the owner's table, and when and what the copy will hold, `lag` later or
    /// behind what it still has to take over.
    pub fn apply(&mut self, change: &Move, at: i64, lag: i64) -> (CloudEvent, (i64, CloudEvent)) {
        let item = &mut self.items[change.item];
        item.quantity += change.quantity;
        item.version += 1;
        item.copied = (at + lag).max(item.copied + 1);
        let copied = item.copied;
        let changed_ms = at / 1000;
        let event = |kind, place: &str| CloudEvent {
            id: format!("{place}/{}/{}", item.key, item.version),
            kind,
            subject: item.key.clone(),
            correlation: None,
            causation: change.cause.clone(),
            context: change.context,
            data: json!({ "sku": item.key, "version": item.version, "available": item.quantity, "changed": changed_ms }),
        };
        (event("stock.row", "stock-db"), (copied, event("stock-view.row", "stock-view")))
    }
}
