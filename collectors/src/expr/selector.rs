//! A selector, compiled: finds one value in a record, by path or by expression.

use std::{borrow::Cow, sync::Arc};

use serde_json::Value;

use super::{Cel, Found, Names, Path, Scope};
use crate::{config::Selector, spec::Wrong};

#[derive(Debug)]
pub(crate) enum Find {
    Path(Path),
    Cel(Cel),
}

/// A selector that could not give a value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    pub selector: String,
    pub reason: String,
}

impl Find {
    pub fn compile(selector: &Selector, env: &Arc<::cel::Env>) -> Result<Self, Wrong> {
        match selector {
            Selector::Path(text) => Path::parse(text).map(Self::Path),
            Selector::Cel(text) => Cel::parse(text, env).map(Self::Cel),
        }
    }

    pub fn text(&self) -> &str {
        match self {
            Self::Path(path) => path.text(),
            Self::Cel(cel) => cel.text(),
        }
    }

    /// What its names leave in doubt; a path names only what records have.
    pub fn doubts(&self, names: &Names<'_>) -> Vec<Wrong> {
        match self {
            Self::Path(_) => Vec::new(),
            Self::Cel(cel) => cel.doubts(names),
        }
    }

    pub const fn is_path(&self) -> bool {
        matches!(self, Self::Path(_))
    }

    /// The value; `None` where the record does not have it.
    pub fn find<'a>(&self, scope: &Scope<'a>) -> Result<Option<Cow<'a, Value>>, Failure> {
        match self {
            Self::Path(path) => match path.find(scope.view) {
                Found::Nothing => Ok(None),
                Found::One(value) => Ok(Some(Cow::Borrowed(value))),
                Found::Many(many) => {
                    Err(Failure { selector: path.text().to_owned(), reason: format!("selects {many} values") })
                }
            },
            Self::Cel(cel) => Ok(cel.evaluate(scope)?.map(Cow::Owned)),
        }
    }
}
