//! Tests that span crates. One library, so that they are linked once; each suite is a module of its own. Holds no code of
//! the product.

#[cfg(test)]
mod answers;
#[cfg(test)]
mod browser;
#[cfg(test)]
mod deploy;
#[cfg(test)]
mod ending;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod input;
#[cfg(test)]
mod product;
pub mod services;
#[cfg(test)]
mod simulation;
#[cfg(test)]
mod telemetry;
