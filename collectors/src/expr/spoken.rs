//! What an expression speaks of: the names that a record must give it, and whether the functions that it calls, and what it
//! asks of `record`, are there at all. Which names records have is not decided here.

use std::{
    ops::Range,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use ::cel::{
    Context, Env, ExecutionError, IdedExpr,
    common::ast::{CallExpr, EntryExpr, Expr, LiteralValue, SourceInfo, operators},
};

use super::scope::{OPERATIONS, RECORD};
use crate::spec::{Wrong, did_you_mean, near};

/// The functions that people use, to suggest one; which ones there are the environment alone knows.
pub(super) const FUNCTIONS: [&str; 34] = [
    "all",
    "bool",
    "bytes",
    "contains",
    "double",
    "duration",
    "dyn",
    "endsWith",
    "exists",
    "exists_one",
    "filter",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getFullYear",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getSeconds",
    "has",
    "int",
    "map",
    "matches",
    "optional.none",
    "optional.of",
    "size",
    "startsWith",
    "string",
    "timestamp",
    "type",
    "uint",
    "value",
];
/// Those that are written out while the expression is read; with other arguments they stay calls, of what is not there.
pub(super) const MACROS: [&str; 7] = ["has", "all", "exists", "exists_one", "existsOne", "map", "filter"];

/// A name that stands for something of the record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Variable {
    pub name: String,
    /// Where it stands first.
    pub part: Option<Range<usize>>,
    /// A member of it is asked for: `name.member`.
    pub selected: bool,
}

/// The variables, each once.
pub(super) fn look(
    text: &str,
    expression: &IdedExpr,
    source: &SourceInfo,
    env: &Arc<Env>,
) -> Result<Vec<Variable>, Wrong> {
    let mut look = Look { text, source, env, bound: Vec::new(), variables: Vec::new() };
    look.walk(expression)?;
    Ok(look.variables)
}

struct Look<'e> {
    text: &'e str,
    source: &'e SourceInfo,
    env: &'e Arc<Env>,
    /// Names that macros around this place bind.
    bound: Vec<&'e str>,
    variables: Vec<Variable>,
}

impl<'e> Look<'e> {
    fn walk(&mut self, it: &'e IdedExpr) -> Result<(), Wrong> {
        match &it.expr {
            Expr::Unspecified | Expr::Literal(_) => Ok(()),
            Expr::Ident(name) => {
                self.variable(it.id, name, false);
                Ok(())
            }
            Expr::Select(select) => {
                if let Expr::Ident(name) = &select.operand.expr {
                    if name == "record" && self.is_free(name) {
                        self.member(it.id, &select.field)?;
                    }
                    self.variable(select.operand.id, name, true);
                    return Ok(());
                }
                self.walk(&select.operand)
            }
            Expr::Call(call) => self.call(it.id, call),
            Expr::List(list) => list.elements.iter().try_for_each(|it| self.walk(it)),
            Expr::Map(map) => map.entries.iter().try_for_each(|it| self.entry(&it.expr)),
            Expr::Struct(it) => it.entries.iter().try_for_each(|it| self.entry(&it.expr)),
            Expr::Comprehension(it) => {
                self.walk(&it.iter_range)?;
                self.walk(&it.accu_init)?;
                let before = self.bound.len();
                self.bound.extend([it.iter_var.as_str(), it.accu_var.as_str()]);
                self.bound.extend(it.iter_var2.as_deref());
                let inner = [&it.loop_cond, &it.loop_step, &it.result].into_iter().try_for_each(|it| self.walk(it));
                self.bound.truncate(before);
                inner
            }
        }
    }

    fn entry(&mut self, entry: &'e EntryExpr) -> Result<(), Wrong> {
        match entry {
            EntryExpr::StructField(field) => self.walk(&field.value),
            EntryExpr::MapEntry(entry) => self.walk(&entry.key).and_then(|()| self.walk(&entry.value)),
        }
    }

    fn call(&mut self, id: u64, call: &'e CallExpr) -> Result<(), Wrong> {
        let name = call.func_name.as_str();
        let is_operator = !name.chars().all(|letter| letter.is_alphanumeric() || matches!(letter, '_' | '.'));
        let mut namespace = false;
        if !is_operator {
            let null = || Box::new(IdedExpr { id: 0, expr: Expr::Literal(LiteralValue::Null) });
            if !self.is_there(call, call.target.is_some().then(null)) {
                // `optional.of(1)`: what looks like a variable is a part of the name.
                namespace = call.target.as_deref().is_some_and(|it| matches!(it.expr, Expr::Ident(_)))
                    && self.is_there(call, call.target.clone());
                if !namespace {
                    return Err(self.no_function(id, name));
                }
            }
        }
        match (name, call.args.as_slice()) {
            (operators::INDEX, [operand, index]) => self.index(operand, index)?,
            (operators::EQUALS | operators::NOT_EQUALS, [left, right]) => {
                self.operation(left, right)?;
                self.operation(right, left)?;
            }
            (operators::IN, [left, IdedExpr { expr: Expr::List(list), .. }]) => {
                list.elements.iter().try_for_each(|it| self.operation(left, it))?;
            }
            _ => {}
        }
        if let Some(target) = call.target.as_deref().filter(|_| !namespace) {
            self.walk(target)?;
        }
        call.args.iter().try_for_each(|it| self.walk(it))
    }

    /// Whether the environment has a function of this name: what it is called with is not looked at.
    fn is_there(&self, call: &CallExpr, target: Option<Box<IdedExpr>>) -> bool {
        let bare = CallExpr { func_name: call.func_name.clone(), target, args: Vec::new() };
        !matches!(
            self.evaluate(IdedExpr { id: 0, expr: Expr::Call(bare) }),
            Some(Err(ExecutionError::UndeclaredReference(_)))
        )
    }

    /// Of what names nothing of a record.
    fn evaluate(&self, expression: IdedExpr) -> Option<Result<(), ExecutionError>> {
        let context = Context::with_env(Arc::clone(self.env));
        catch_unwind(AssertUnwindSafe(|| context.resolve(&expression).map(|_| ()))).ok()
    }

    fn no_function(&self, id: u64, name: &str) -> Wrong {
        let part = self.locate(id, name);
        if MACROS.contains(&name) {
            return Wrong::new(format!("`{name}` is not written like that")).at(part).expected(
                "`has(value.member)`, or `list.all(it, condition)` and so `exists`, `exists_one`, `filter`, `map`",
            );
        }
        Wrong::new(format!("there is no function `{name}`{}", did_you_mean(near(name, FUNCTIONS))))
            .at(part)
            .expected("a function of CEL, such as `size`, `contains`, `startsWith`, `endsWith`, `matches`")
    }

    /// A name is none of the record where it names a type, such as `int`.
    fn variable(&mut self, id: u64, name: &'e str, selected: bool) {
        if !self.is_free(name) {
            return;
        }
        if let Some(known) = self.variables.iter_mut().find(|it| it.name == name) {
            known.selected |= selected;
            return;
        }
        let part = self.locate(id, name);
        self.variables.push(Variable { name: name.to_owned(), part, selected });
    }

    fn is_free(&self, name: &str) -> bool {
        !name.starts_with('@') && !self.bound.contains(&name)
    }

    /// `record` has the same members whatever the record is.
    fn member(&self, id: u64, name: &str) -> Result<(), Wrong> {
        if RECORD.contains(&name) {
            return Ok(());
        }
        Err(Wrong::new(format!("`record` has no member `{name}`{}", did_you_mean(near(name, RECORD))))
            .at(self.locate(id, name))
            .expected(format!("one of `{}`; what the record itself says is `value`", RECORD.join("`, `"))))
    }

    fn index(&self, operand: &IdedExpr, index: &IdedExpr) -> Result<(), Wrong> {
        match (&operand.expr, &index.expr) {
            (Expr::Ident(name), Expr::Literal(LiteralValue::String(member)))
                if name == "record" && self.is_free(name) =>
            {
                self.member(index.id, member.inner())
            }
            _ => Ok(()),
        }
    }

    /// `record.op` compared with what it never is.
    fn operation(&self, left: &IdedExpr, right: &IdedExpr) -> Result<(), Wrong> {
        let (Expr::Select(select), Expr::Literal(LiteralValue::String(text))) = (&left.expr, &right.expr) else {
            return Ok(());
        };
        let of_record = matches!(&select.operand.expr, Expr::Ident(name) if name == "record" && self.is_free(name));
        let text = text.inner();
        if select.test || !of_record || select.field != "op" || OPERATIONS.contains(&text) {
            return Ok(());
        }
        let near =
            OPERATIONS.into_iter().find(|it| !text.is_empty() && it.starts_with(text)).or(near(text, OPERATIONS));
        Err(Wrong::new(format!("`record.op` is never `{text}`{}", did_you_mean(near)))
            .at(self.locate(right.id, text))
            .expected(format!("one of `{}`", OPERATIONS.join("`, `"))))
    }

    /// Where a name stands: the whole word that is nearest to what the parser says of it.
    fn locate(&self, id: u64, name: &str) -> Option<Range<usize>> {
        let text = self.text;
        let start = usize::try_from(self.source.offset_for(id)?.0).ok()?;
        let start = text.char_indices().nth(start).map_or(text.len(), |(at, _)| at);
        let part_of_word = |letter: Option<char>| letter.is_some_and(|it| it.is_alphanumeric() || it == '_');
        let whole = |at: &usize| {
            !part_of_word(text[..*at].chars().next_back()) && !part_of_word(text[at + name.len()..].chars().next())
        };
        let found = text.match_indices(name).map(|(at, _)| at).filter(whole);
        found.min_by_key(|at| at.abs_diff(start)).map(|at| at..at + name.len())
    }
}
