//! What stands around every page: the rail with the ten pages and what is wrong in them, the bar with search, range, live
//! and clock, the keyboard. It shows the status and holds nothing but the reader's choices.

mod help;
mod icons;
mod keys;
mod live_button;
mod menus;
pub mod rail;
mod range;
mod search;
mod theme;
mod top;

use leptos::prelude::*;

pub use help::help;
pub use top::top;

/// Where the keyboard lands first.
pub fn skip_link() -> AnyView {
    view! { <a class="skip" href="#main">"Skip to the page"</a> }.into_any()
}
