//! A CEL expression, compiled: bounded in length and depth, given only the variables that it names, and never trusted not to
//! panic (the interpreter is not ours, and decoding is total: COL-1).

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use ::cel::{
    Context, Env, ExecutionError, IdedExpr, Value as CelValue, common::ast::SourceInfo, objects::Key, parser::Parser,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{
    depth::depth,
    names::{Names, doubt},
    path::nesting,
    scope::Scope,
    selector::Failure,
    spoken::{self, Variable},
};
use crate::spec::Wrong;

/// Longer ones are programs.
const MAX_LENGTH: usize = 1024;
/// Nested brackets and calls, as written.
const MAX_NESTING: u16 = 32;
/// Levels of the expression. Evaluation recurses as deep, and takes some 20 KiB a level in a debug build: twice as many would
/// not fit on the 2 MiB stack of a runtime's worker.
const MAX_DEPTH: usize = 32;
/// The parser recurses several times as deep as the expression; it works on a stack of its own, once per expression.
const PARSER_STACK_BYTES: usize = 64 << 20;

pub(crate) struct Cel {
    text: String,
    expression: IdedExpr,
    variables: Vec<Variable>,
    env: Arc<Env>,
}

impl std::fmt::Debug for Cel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Cel").field(&self.text).finish()
    }
}

impl Cel {
    /// Compiles an expression for the standard environment. Functions that are not there are refused, and so is what `record`
    /// never has: a condition would silently not hold, or fail with each record.
    pub fn parse(text: &str, env: &Arc<Env>) -> Result<Self, Wrong> {
        if text.len() > MAX_LENGTH || nesting(text) > usize::from(MAX_NESTING) {
            return Err(Wrong::new(format!(
                "the expression is longer than {MAX_LENGTH} bytes or nested more than {MAX_NESTING} deep"
            )));
        }
        let (expression, source) = std::thread::scope(|scope| {
            let parser = env.parser().max_recursion_depth(MAX_NESTING);
            let worker = std::thread::Builder::new().stack_size(PARSER_STACK_BYTES);
            let parsing = worker
                .spawn_scoped(scope, move || parse(parser, text))
                .map_err(|error| Wrong::new(error.to_string()))?;
            parsing.join().unwrap_or_else(|_| Err(Wrong::new(format!("`{text}` cannot be read as CEL"))))
        })?;
        let variables = spoken::look(text, &expression, &source, env)?;
        Ok(Self { text: text.to_owned(), expression, variables, env: Arc::clone(env) })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The names that a record of this kind most likely does not have.
    pub fn doubts(&self, names: &Names<'_>) -> Vec<Wrong> {
        self.variables.iter().filter_map(|variable| doubt(names, variable)).collect()
    }

    /// The value of the expression; `None` where it speaks of something that the record does not have.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Option<Value>, Failure> {
        let resolved = catch_unwind(AssertUnwindSafe(|| {
            let mut context = Context::with_env(Arc::clone(&self.env));
            for variable in &self.variables {
                if let Some(value) = scope.variable(&variable.name) {
                    context.add_variable_from_value(variable.name.as_str(), value);
                }
            }
            context.resolve(&self.expression)
        }));
        match resolved {
            Ok(Ok(value)) => to_json(&value).map(Some).ok_or_else(|| self.failure("its value has no JSON form")),
            Ok(Err(ExecutionError::NoSuchKey(_))) => Ok(None),
            // What a record does not have: functions that are not there were refused.
            Ok(Err(ExecutionError::UndeclaredReference(_))) => Ok(None),
            Ok(Err(error)) => Err(self.failure(&error.to_string())),
            Err(_) => Err(self.failure("the interpreter gave up")),
        }
    }

    /// Whether it holds; an expression over something that the record does not have does not.
    pub fn holds(&self, scope: &Scope<'_>) -> Result<bool, Failure> {
        match self.evaluate(scope)? {
            None => Ok(false),
            Some(Value::Bool(held)) => Ok(held),
            Some(other) => Err(self.failure(&format!("it gives {other}, not true or false"))),
        }
    }

    fn failure(&self, reason: &str) -> Failure {
        Failure { selector: self.text.clone(), reason: reason.to_owned() }
    }
}

fn parse(parser: Parser, text: &str) -> Result<(IdedExpr, SourceInfo), Wrong> {
    let (expression, source) =
        parser.parse_with_source_info(text).map_err(|errors| unreadable(text, &errors.to_string()))?;
    match depth(&expression) {
        0..=MAX_DEPTH => Ok((expression, source)),
        deep => Err(Wrong::new(format!("the expression is {deep} levels deep; {MAX_DEPTH} are allowed"))),
    }
}

/// The first of the parser's errors: `ERROR: <input>:1:8: Syntax error: mismatched input 'x' expecting {all tokens}`.
fn unreadable(text: &str, said: &str) -> Wrong {
    let first = said.lines().next().unwrap_or_default();
    let (place, plain) = match first.rsplit_once("<input>:").map(|(_, plain)| plain.splitn(3, ':').collect::<Vec<_>>())
    {
        Some(parts) if parts.len() == 3 => (parts[0].parse().ok().zip(parts[1].parse().ok()), parts[2]),
        _ => (None, first),
    };
    let plain = plain.split(" expecting ").next().unwrap_or(plain).trim();
    let plain = plain.strip_prefix("Syntax error: ").unwrap_or(plain);
    if plain == "invalid argument to has() macro" {
        let message = format!("in `{text}`, `has` does not ask for a member");
        return Wrong::new(message).expected("a member of something: `has(value.name)`");
    }
    let quoted = || plain.split_once('\'')?.1.rsplit_once('\'').map(|(token, _)| token);
    let why = match quoted() {
        Some("<EOF>") => "it ends too early".to_owned(),
        Some(token) => format!("`{token}` is not expected there"),
        None => plain.to_owned(),
    };
    let start = place.and_then(|(line, column): (usize, usize)| {
        let before = text.split_inclusive('\n').take(line.checked_sub(1)?).map(str::len).sum::<usize>();
        let within = text[before..].char_indices().map(|(at, _)| at).nth(column.checked_sub(1)?);
        Some((before + within.unwrap_or(text.len() - before), line, column))
    });
    let where_ = match start {
        Some((_, 1, column)) => format!(" (at its character {column})"),
        Some((_, line, column)) => format!(" (at its line {line}, character {column})"),
        None => String::new(),
    };
    let part = start.map(|(at, ..)| at..text[at..].chars().next().map_or(at, |letter| at + letter.len_utf8()));
    Wrong::new(format!("`{text}` is not CEL: {why}{where_}")).at(part)
}

pub(super) fn from_json(value: &Value) -> CelValue {
    match value {
        Value::Null => CelValue::Null,
        Value::Bool(it) => CelValue::Bool(*it),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(it), _) => CelValue::Int(it),
            (None, Some(it)) => CelValue::UInt(it),
            (None, None) => CelValue::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => CelValue::String(Arc::new(text.clone())),
        Value::Array(items) => CelValue::List(Arc::new(items.iter().map(from_json).collect())),
        Value::Object(members) => {
            let map = members.iter().map(|(name, value)| (Key::String(Arc::new(name.clone())), from_json(value)));
            CelValue::Map(::cel::objects::Map { map: Arc::new(map.collect()) })
        }
    }
}

/// `None` for what JSON cannot say: functions, types, numbers that are not finite.
fn to_json(value: &CelValue) -> Option<Value> {
    Some(match value {
        CelValue::Null => Value::Null,
        CelValue::Bool(it) => Value::Bool(*it),
        CelValue::Int(it) => Value::from(*it),
        CelValue::UInt(it) => Value::from(*it),
        CelValue::Float(it) => Value::Number(serde_json::Number::from_f64(*it)?),
        CelValue::String(text) => Value::String(text.as_ref().clone()),
        CelValue::Bytes(bytes) => Value::String(STANDARD.encode(bytes.as_slice())),
        CelValue::Timestamp(time) => Value::String(time.to_rfc3339()),
        CelValue::Duration(length) => Value::String(length.to_string()),
        CelValue::List(items) => Value::Array(items.iter().map(to_json).collect::<Option<_>>()?),
        CelValue::Map(map) => {
            let members = map.map.iter().map(|(name, value)| Some((name.to_string(), to_json(value)?)));
            Value::Object(members.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}
