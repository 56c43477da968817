//! `${NAME}` and `${NAME:-default}` in texts, from the environment that is passed in. What came from it is secret: errors
//! never repeat it. `$${` stands for `${` itself.

use std::borrow::Cow;

use super::{
    later,
    yaml::{Kind, Node, Path, Problem},
};

/// What is done about a variable that is not set.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Missing {
    /// It is an error that names the variable and the place.
    IsAnError,
    /// The text stays as it is: nobody will be asked or told (`check`, `replay`).
    IsKept,
}

/// Puts values in place of variables, everywhere but in sections that are not built yet.
pub fn expand(tree: &mut Node, env: &dyn Fn(&str) -> Option<String>, missing: Missing) -> Vec<Problem> {
    let mut problems = Vec::new();
    walk(tree, &Path::default(), &mut |node, path| {
        let Kind::Text(text) = &node.kind else { return };
        if !text.contains("${") {
            return;
        }
        match replace(text, env) {
            Ok(Cow::Borrowed(_)) => {}
            Ok(Cow::Owned(value)) => {
                node.kind = Kind::Text(value);
                node.secret = true;
            }
            Err(_) if missing == Missing::IsKept => {}
            Err(message) => {
                let problem = Problem::error(path.clone(), node.place.clone(), message);
                problems.push(problem.help("set it, or give a default: `${NAME:-value}`"));
            }
        }
    });
    problems
}

fn walk(node: &mut Node, path: &Path, visit: &mut impl FnMut(&mut Node, &Path)) {
    if later::contains(path) {
        return;
    }
    match &mut node.kind {
        Kind::List(items) => {
            items.iter_mut().enumerate().for_each(|(at, item)| walk(item, &path.index(at), visit));
        }
        Kind::Map(entries) => {
            entries.iter_mut().for_each(|entry| walk(&mut entry.value, &path.key(&entry.key), visit));
        }
        _ => visit(node, path),
    }
}

fn replace<'a>(text: &'a str, env: &dyn Fn(&str) -> Option<String>) -> Result<Cow<'a, str>, String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, tail) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            out.push_str(before);
            out.push_str("${");
            rest = &tail[2..];
            continue;
        }
        let Some(end) = tail.find('}') else {
            return Err(format!("`{}` is not closed: a `}}` is missing", tail.chars().take(24).collect::<String>()));
        };
        let inner = &tail[2..end];
        let (name, default) = inner.split_once(":-").map_or((inner, None), |(name, default)| (name, Some(default)));
        let fits = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
        if !fits {
            return Err(format!("`${{{inner}}}` does not name a variable"));
        }
        let value = env(name).filter(|value| default.is_none() || !value.is_empty()).or(default.map(str::to_owned));
        let Some(value) = value else { return Err(format!("the environment variable `{name}` is not set")) };
        out.push_str(before);
        out.push_str(&value);
        rest = &tail[end + 1..];
    }
    if rest.len() == text.len() {
        return Ok(Cow::Borrowed(text));
    }
    out.push_str(rest);
    Ok(Cow::Owned(out))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(name: &str) -> Option<String> {
        match name {
            "HOST" => Some("db.example".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        }
    }

    #[test]
    fn variables_defaults_and_escapes() {
        let table = [
            ("postgres://${HOST}/x", Ok("postgres://db.example/x")),
            ("${EMPTY}", Ok("")),
            ("${EMPTY:-none}${NONE:-a:b}", Ok("nonea:b")),
            ("$${HOST} ${HOST}", Ok("${HOST} db.example")),
            ("$HOST costs 5$", Ok("$HOST costs 5$")),
            ("${NONE}", Err("the environment variable `NONE` is not set")),
            ("${HOST", Err("`${HOST` is not closed: a `}` is missing")),
            ("${a b}", Err("`${a b}` does not name a variable")),
        ];
        for (text, expected) in table {
            let told = replace(text, &env);
            assert_eq!(told.as_deref().map_err(String::as_str), expected, "{text}");
        }
    }
}
