//! How deep an expression is nested: evaluation recurses as deep, on the stack of whoever decodes.

use ::cel::{
    IdedExpr,
    common::ast::{EntryExpr, Expr},
};

/// Levels from the root to the deepest leaf, both counted.
pub(super) fn depth(expression: &IdedExpr) -> usize {
    let entry = |entry: &EntryExpr| match entry {
        EntryExpr::StructField(field) => depth(&field.value),
        EntryExpr::MapEntry(entry) => depth(&entry.key).max(depth(&entry.value)),
    };
    let below = match &expression.expr {
        Expr::Unspecified | Expr::Ident(_) | Expr::Literal(_) => 0,
        Expr::Call(call) => {
            let target = call.target.as_deref().map_or(0, depth);
            call.args.iter().map(depth).max().unwrap_or(0).max(target)
        }
        Expr::Select(select) => depth(&select.operand),
        Expr::List(list) => list.elements.iter().map(depth).max().unwrap_or(0),
        Expr::Map(map) => map.entries.iter().map(|it| entry(&it.expr)).max().unwrap_or(0),
        Expr::Struct(it) => it.entries.iter().map(|it| entry(&it.expr)).max().unwrap_or(0),
        Expr::Comprehension(it) => [&it.iter_range, &it.accu_init, &it.loop_cond, &it.loop_step, &it.result]
            .into_iter()
            .map(depth)
            .max()
            .unwrap_or(0),
    };
    below + 1
}
