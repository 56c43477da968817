//! The few things that only a browser can do, each with a harmless answer on the server. No page logic lives here.

/// Minutes east of UTC of the browser's zone at a time.
pub fn offset_minutes(at_ns: i64) -> i32 {
    #[cfg(feature = "hydrate")]
    return -(js_sys::Date::new(&((at_ns / 1_000_000) as f64).into()).get_timezone_offset() as i32);
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = at_ns;
        0
    }
}

/// A choice that the reader made on this device.
pub fn stored(name: &str) -> Option<String> {
    #[cfg(feature = "hydrate")]
    return storage()?.get_item(&format!("plumbline.{name}")).ok()?;
    #[cfg(not(feature = "hydrate"))]
    {
        let _ = name;
        None
    }
}

/// Remembers a choice; where the browser forbids it, the choice lasts as long as the page.
pub fn store(name: &str, value: &str) {
    #[cfg(feature = "hydrate")]
    if let Some(storage) = storage() {
        let _ = storage.set_item(&format!("plumbline.{name}"), value);
    }
    #[cfg(not(feature = "hydrate"))]
    let _ = (name, value);
}

#[cfg(feature = "hydrate")]
fn storage() -> Option<web_sys::Storage> {
    leptos::prelude::window().local_storage().ok().flatten()
}

/// Puts text on the clipboard.
pub fn copy(text: &str) {
    #[cfg(feature = "hydrate")]
    let _ = leptos::prelude::window().navigator().clipboard().write_text(text);
    #[cfg(not(feature = "hydrate"))]
    let _ = text;
}

/// The first element that matches, as something that can be focused or clicked.
#[cfg(feature = "hydrate")]
pub fn find(selector: &str) -> Option<web_sys::HtmlElement> {
    use wasm_bindgen::JsCast;
    leptos::prelude::document().query_selector(selector).ok().flatten()?.dyn_into().ok()
}
