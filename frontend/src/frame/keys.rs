//! The keyboard: `/` searches, `g` and a letter goes, `j` and `k` walk the rows, `esc` closes, `?` lists. Typing into a field
//! is never taken for a key, nor is anything with ctrl, alt or meta.

/// Listens from now on; nothing on the server.
pub fn listen() {
    #[cfg(feature = "hydrate")]
    browser::listen();
}

#[cfg(feature = "hydrate")]
mod browser {
    use leptos::{ev, prelude::*};
    use leptos_router::hooks::use_navigate;
    use wasm_bindgen::{JsCast, JsValue};
    use web_sys::{HtmlElement, KeyboardEvent};

    use crate::{
        browser::find,
        frame::{menus, rail::ENTRIES},
        live::use_live,
        place::use_place,
    };

    /// How long `g` waits for its letter.
    const CHORD: std::time::Duration = std::time::Duration::from_millis(1500);

    pub fn listen() {
        let place = use_place();
        let live = use_live();
        let navigate = use_navigate();
        let chord = StoredValue::new(false);
        let handle = window_event_listener(ev::keydown, move |event| {
            if event.ctrl_key() || event.alt_key() || event.meta_key() {
                return;
            }
            let key = event.key();
            if key == "Escape" {
                return close();
            }
            if is_typing(&event) {
                return;
            }
            let mut letters = key.chars();
            let letter = letters.next().filter(|_| letters.next().is_none());
            if chord.get_value() {
                chord.set_value(false);
                if let Some(entry) = ENTRIES.iter().find(|entry| letter == Some(entry.key)) {
                    event.prevent_default();
                    navigate(&place.read_untracked().to(entry.path), Default::default());
                }
                return;
            }
            let done = match key.as_str() {
                "g" => {
                    chord.set_value(true);
                    set_timeout(move || chord.try_set_value(false).map_or((), |_| ()), CHORD);
                    true
                }
                "/" => focus(find("#search")),
                "ArrowLeft" if !on_control(&event) => click("main [data-prev]"),
                "ArrowRight" if !on_control(&event) => click("main [data-next]"),
                "j" => step(1),
                "k" => step(-1),
                "?" => call("#help", "showModal"),
                " " if !on_control(&event) => {
                    live.toggle();
                    true
                }
                _ => false,
            };
            if done {
                event.prevent_default();
            }
        });
        on_cleanup(move || handle.remove());
    }

    fn target(event: &KeyboardEvent) -> Option<HtmlElement> {
        event.target()?.dyn_into().ok()
    }

    fn is_typing(event: &KeyboardEvent) -> bool {
        target(event).is_some_and(|element| ["INPUT", "TEXTAREA", "SELECT"].contains(&element.tag_name().as_str()))
    }

    fn on_control(event: &KeyboardEvent) -> bool {
        target(event).is_some_and(|element| ["A", "BUTTON", "SUMMARY"].contains(&element.tag_name().as_str()))
    }

    fn focus(element: Option<HtmlElement>) -> bool {
        element.is_some_and(|element| element.focus().is_ok())
    }

    /// Moves the focus by one row of the page's list.
    fn step(by: i32) -> bool {
        let Ok(rows) = document().query_selector_all("main [data-row]") else { return false };
        let rows: Vec<HtmlElement> = (0..rows.length()).filter_map(|at| rows.item(at)?.dyn_into().ok()).collect();
        let active: Option<HtmlElement> = document().active_element().and_then(|element| element.dyn_into().ok());
        let present = rows.iter().position(|row| Some(row) == active.as_ref());
        let selected = || rows.iter().position(|row| row.closest("[aria-selected=true]").ok().flatten().is_some());
        let next = match present.or_else(selected) {
            Some(at) => (at as i32 + by).clamp(0, rows.len() as i32 - 1) as usize,
            None if by > 0 => 0,
            None => rows.len().saturating_sub(1),
        };
        focus(rows.into_iter().nth(next))
    }

    fn click(selector: &str) -> bool {
        find(selector).inspect(|element| element.click()).is_some()
    }

    /// Closes what is open: a menu, the panel at the side, or the search.
    fn close() {
        if menus::close() {
            return;
        }
        if let Some(close) = find("main [data-close]") {
            close.click();
        } else if let Some(active) =
            document().active_element().and_then(|element| element.dyn_into::<HtmlElement>().ok())
        {
            let _ = active.blur();
        }
    }

    /// Calls a method of an element that has no binding of its own.
    fn call(selector: &str, method: &str) -> bool {
        let Some(element) = find(selector) else { return false };
        let method = js_sys::Reflect::get(&element, &JsValue::from_str(method)).ok();
        method
            .and_then(|method| method.dyn_into::<js_sys::Function>().ok())
            .is_some_and(|method| method.call0(&element).is_ok())
    }
}
