//! How values are found in records: JSONPath and CEL, both compiled before any I/O and bounded in depth.

mod cel;
mod depth;
mod path;
mod scope;
mod selector;

#[cfg(test)]
mod tests;

pub(crate) use self::{
    cel::Cel,
    path::{Found, Path},
    scope::Scope,
    selector::{Failure, Find},
};
