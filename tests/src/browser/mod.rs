//! The dashboard in Chromium, served by the real product: what its pages do once their scripts run, and that they read
//! without them. Every test waits for conditions and for nothing else; what a page writes into the console fails it.

mod actions;
mod empty;
mod hydration;
mod keyboard;
mod live;
mod look;
mod navigation;
mod pages;
pub(crate) mod pair;
mod shop;
mod still;
mod tab;
