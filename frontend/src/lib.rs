//! The dashboard. Pages are rendered by the server with their data (feature `ssr`) and then hydrated as wasm (feature
//! `hydrate`), from the same code. It draws what `/api/v1` answers and computes no verdict (UI-1).
//!
//! Way in: [`shell`] is the document, [`app`] the routes, `pages` one module a page, `frame` what stands around them,
//! `components` and `charts` what they are made of. [`api`] is the only way to data, [`place`] the only maker of links.

#[cfg(all(any(feature = "ssr", feature = "hydrate"), not(erase_components)))]
compile_error!(
    "build with `--cfg erase_components` (.cargo/config.toml; RUSTFLAGS replaces it): the browser takes over only what a \
     server built like it sends"
);

pub mod answer;
pub mod api;
pub mod app;
mod browser;
pub mod charts;
pub mod clock;
pub mod components;
mod decode;
pub mod format;
pub mod frame;
pub mod live;
pub mod pages;
pub mod place;
mod shell;

pub use app::App;
pub use shell::{Assets, StatusSink, shell};

/// The style sheet, served as `/assets/plumbline-HASH.css` ([`Assets::css_hash`]).
pub const CSS: &str = concat!(
    include_str!("../style/tokens.css"),
    include_str!("../style/frame.css"),
    include_str!("../style/components.css"),
    include_str!("../style/charts.css"),
    include_str!("../style/pages.css"),
);

/// Takes over the page that the server rendered, and says so on the document (`data-hydrated`).
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen(start)]
pub fn hydrate() {
    console_error_panic_hook::set_once();
    leptos::mount::hydrate_body(App);
    if let Some(root) = leptos::prelude::document().document_element() {
        let _ = root.set_attribute("data-hydrated", "");
    }
}
