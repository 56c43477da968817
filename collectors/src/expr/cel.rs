//! A CEL expression, compiled: bounded in length and depth, given only the variables that it names, and never trusted not to
//! panic (the interpreter is not ours, and decoding is total: COL-1).

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use ::cel::{Context, Env, ExecutionError, IdedExpr, Value as CelValue, objects::Key, parser::Parser};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::Value;

use super::{depth::depth, path::nesting, scope::Scope, selector::Failure};

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
    variables: Vec<String>,
    env: Arc<Env>,
}

impl std::fmt::Debug for Cel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Cel").field(&self.text).finish()
    }
}

impl Cel {
    /// Compiles an expression for the standard environment.
    pub fn parse(text: &str, env: &Arc<Env>) -> Result<Self, String> {
        if text.len() > MAX_LENGTH || nesting(text) > usize::from(MAX_NESTING) {
            return Err(format!(
                "the expression is longer than {MAX_LENGTH} bytes or nested more than {MAX_NESTING} deep"
            ));
        }
        let expression = std::thread::scope(|scope| {
            let parser = env.parser().max_recursion_depth(MAX_NESTING);
            let worker = std::thread::Builder::new().stack_size(PARSER_STACK_BYTES);
            let parsing = worker.spawn_scoped(scope, move || parse(parser, text)).map_err(|error| error.to_string())?;
            parsing.join().unwrap_or_else(|_| Err(format!("`{text}` cannot be read as CEL")))
        })?;
        let variables = expression.references().variables().into_iter().map(str::to_owned).collect();
        Ok(Self { text: text.to_owned(), expression, variables, env: Arc::clone(env) })
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// The value of the expression; `None` where it speaks of something that the record does not have.
    pub fn evaluate(&self, scope: &Scope<'_>) -> Result<Option<Value>, Failure> {
        let resolved = catch_unwind(AssertUnwindSafe(|| {
            let mut context = Context::with_env(Arc::clone(&self.env));
            for name in &self.variables {
                if let Some(value) = scope.variable(name) {
                    context.add_variable_from_value(name.as_str(), value);
                }
            }
            context.resolve(&self.expression)
        }));
        match resolved {
            Ok(Ok(value)) => to_json(&value).map(Some).ok_or_else(|| self.failure("its value has no JSON form")),
            Ok(Err(ExecutionError::NoSuchKey(_))) => Ok(None),
            // What a record does not have is a variable; a function that is not there is a mistake, and is said with each.
            Ok(Err(ExecutionError::UndeclaredReference(name))) if !self.variables.contains(&name) => {
                Err(self.failure(&format!("`{name}` is no function")))
            }
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

fn parse(parser: Parser, text: &str) -> Result<IdedExpr, String> {
    let expression = parser.parse(text).map_err(|errors| {
        let said = errors.to_string();
        let first = said.lines().next().unwrap_or_default();
        // `ERROR: <input>:1:8: Syntax error: mismatched input … expecting {a list of all tokens}`
        let plain = first.rsplit_once("<input>:").map_or(first, |(_, plain)| plain);
        let plain = plain.split(" expecting ").next().unwrap_or(plain);
        format!("`{text}` is not CEL (line:column: what is wrong): {plain}")
    })?;
    match depth(&expression) {
        0..=MAX_DEPTH => Ok(expression),
        deep => Err(format!("the expression is {deep} levels deep; {MAX_DEPTH} are allowed")),
    }
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
