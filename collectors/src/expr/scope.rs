//! What an expression sees: the record as `value`, its members by name, and its circumstances as `record`.

use serde_json::Value;

/// The members of `record`, whatever the record is.
pub(crate) const RECORD: [&str; 8] = ["topic", "partition", "offset", "timestamp", "key", "headers", "table", "op"];
/// What `record.op` may be.
pub(super) const OPERATIONS: [&str; 5] = ["create", "update", "write", "delete", "snapshot"];

/// The record under an expression. Names are looked up in this order: `value` and `record`, `extra`, members of the record.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    /// `$` of a JSONPath, `value` of an expression.
    pub view: &'a Value,
    /// Topic, key, headers and such: what is not in the view.
    pub record: &'a dyn Fn() -> Value,
    /// Names beside the members: the compared fields, for `holds`.
    pub extra: &'a [(&'a str, Value)],
}

impl Scope<'_> {
    pub fn variable(&self, name: &str) -> Option<::cel::Value> {
        match name {
            "value" => Some(super::cel::from_json(self.view)),
            "record" => Some(super::cel::from_json(&(self.record)())),
            _ => {
                let extra = self.extra.iter().find(|(known, _)| *known == name).map(|(_, value)| value);
                extra.or_else(|| self.view.as_object()?.get(name)).map(super::cel::from_json)
            }
        }
    }
}
