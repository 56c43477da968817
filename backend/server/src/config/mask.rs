//! The configuration's text as it may be shown: variables stay variables, and secrets written into the file are masked.

use super::{
    scalar::MASK,
    yaml::{Kind, Node, Path, Segment},
};

/// Words in the name of a key whose value is a secret, wherever it stands.
const SECRET_WORDS: [&str; 6] = ["secret", "password", "token", "credential", "api_key", "jaas"];

/// The text with what is secret replaced by a mask. `tree` is of this text, before variables were expanded.
pub fn mask(text: &str, tree: &Node) -> String {
    let mut hidden = Vec::new();
    collect(tree, &Path::default(), &mut hidden);
    hidden.sort_by_key(|range: &std::ops::Range<usize>| range.start);
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    for range in hidden {
        if range.start >= at && range.end <= text.len() {
            shown.push_str(&text[at..range.start]);
            shown.push_str(MASK);
            at = range.end;
        }
    }
    shown.push_str(&text[at..]);
    shown
}

fn collect(node: &Node, path: &Path, hidden: &mut Vec<std::ops::Range<usize>>) {
    match &node.kind {
        Kind::List(items) => items.iter().enumerate().for_each(|(at, item)| collect(item, &path.index(at), hidden)),
        Kind::Map(entries) => {
            entries.iter().for_each(|entry| collect(&entry.value, &path.key(&entry.key), hidden));
        }
        Kind::Text(text) if text.starts_with("${") && text.ends_with('}') && !text.contains(":-") => {}
        Kind::Text(text) if is_secret(path) || has_password(text) => hidden.push(node.place.bytes.clone()),
        Kind::Int(..) | Kind::Float(..) if is_secret(path) => hidden.push(node.place.bytes.clone()),
        _ => {}
    }
}

fn is_secret(path: &Path) -> bool {
    path.0.last().is_some_and(|last| match last {
        Segment::Key(key) => {
            let key = key.to_lowercase();
            !key.ends_with("_file") && SECRET_WORDS.iter().any(|word| key.contains(word))
        }
        Segment::Index(_) => is_secret(&path.parent()),
    })
}

/// `scheme://user:password@host`; a password that is a variable is none.
fn has_password(text: &str) -> bool {
    let Some((_, rest)) = text.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let password = authority.rsplit_once('@').and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password);
    password.is_some_and(|password| !(password.is_empty() || password.starts_with("${") && password.ends_with('}')))
}

#[cfg(test)]
mod tests {
    use super::{super::yaml::parse, *};

    #[test]
    fn secrets_are_masked_and_nothing_else() {
        let text = "\
a: { secret: \"whsec_abc\", secret_file: /run/s, url: \"http://u:p@h/x\" } # note
sasl.password: hunter2
token: ${TOKEN}
tokens: [one, 22]
url: postgres://u:${PW}@h/x
plain: http://h:80/a@b
";
        let shown = "\
a: { secret: •••, secret_file: /run/s, url: ••• } # note
sasl.password: •••
token: ${TOKEN}
tokens: [•••, •••]
url: postgres://u:${PW}@h/x
plain: http://h:80/a@b
";
        assert_eq!(mask(text, &parse(text).unwrap()), shown);
    }
}
