//! The HTML document around the app, as the server sends it. The scripts' tags are written by hand, because the CSP nonce
//! must stand on each of them; without the wasm files the page is complete and readable, only not live.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use crate::app::App;

/// What the server can deliver beside the page; provided as context to every page.
#[derive(Clone, Default, Debug)]
pub struct Assets {
    /// Path of the glue script, e.g. `/assets/plumbline.4f1c.js`; `None` where the wasm was not built.
    pub js: Option<String>,
    /// Path of the wasm file.
    pub wasm: Option<String>,
    /// Hash of [`crate::CSS`]: the style sheet is asked for as `/assets/plumbline-HASH.css`, so the browser may keep it for good.
    pub css_hash: String,
}

/// Takes the HTTP status that a page should have (404 where the API knows no such thing). Optional context of the server.
#[derive(Clone)]
pub struct StatusSink(pub std::sync::Arc<dyn Fn(u16) + Send + Sync>);

/// Tells the server that the page is about a failure of this status; nothing in the browser.
pub(crate) fn told_status(status: u16) {
    if let Some(sink) = use_context::<StatusSink>() {
        (sink.0)(if status < 400 { 502 } else { status });
    }
}

/// Sets the theme before the first paint: the stored choice, else the system's.
const THEME: &str = "document.documentElement.dataset.theme=(()=>{try{return localStorage.getItem('plumbline.theme')}catch{}})()\
                     ||(matchMedia('(prefers-color-scheme: dark)').matches?'dark':'light')";

const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 18 18' fill='none' stroke='%230b766c' stroke-width='1.6' stroke-linecap='round'%3E%3Cpath d='M4 2h10M9 2v7'/%3E%3Cpath d='M9 9l2.6 3L9 16.5 6.4 12z' fill='%230b766c' stroke-linejoin='round'/%3E%3C/svg%3E";

/// The document. The server renders it once for every request, with [`Assets`] and the API's caller in the context.
pub fn shell() -> impl IntoView {
    let assets = use_context::<Assets>().unwrap_or_default();
    let nonce = use_nonce();
    let css = format!("/assets/plumbline-{}.css", assets.css_hash);
    let still = assets.js.is_none().then_some("not-live");
    let start = assets.js.zip(assets.wasm).map(|(js, wasm)| {
        let script = format!("import init from '{js}';init({{module_or_path:'{wasm}'}})");
        view! {
            <link rel="modulepreload" href=js nonce=nonce.clone() />
            <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="" />
            <script type="module" nonce=nonce.clone()>{script}</script>
        }
    });
    view! {
        <!DOCTYPE html>
        <html lang="en" class=still>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <script nonce=nonce.clone()>{THEME}</script>
                <link rel="stylesheet" href=css />
                <link rel="icon" href=ICON />
                <MetaTags />
                {start}
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}
