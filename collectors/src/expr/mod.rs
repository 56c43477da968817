//! How values are found in records: JSONPath and CEL, both compiled before any I/O and bounded in depth.

mod cel;
mod depth;
mod names;
mod path;
mod scope;
mod selector;
mod spoken;

#[cfg(test)]
mod tests;

pub(crate) use self::{
    cel::Cel,
    names::Names,
    path::{Found, Path},
    scope::Scope,
    selector::{Failure, Find},
};

#[cfg(test)]
pub(crate) use self::scope::RECORD;
