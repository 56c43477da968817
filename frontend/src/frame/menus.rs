//! Menus are `<details>`, which open without scripts; with them they close when something in them was chosen, and on a
//! click elsewhere. `esc` is the keyboard's (`keys`).

/// Listens from now on; nothing on the server.
pub fn listen() {
    #[cfg(feature = "hydrate")]
    {
        use leptos::prelude::*;
        use wasm_bindgen::JsCast;

        let place = crate::place::use_place();
        Effect::new(move |_| {
            place.track();
            close();
        });
        let handle = window_event_listener(leptos::ev::click, |event| {
            let target = event.target().and_then(|target| target.dyn_into::<web_sys::Element>().ok());
            let inside = target.and_then(|target| target.closest("details.menu").ok().flatten()).is_some();
            if !inside {
                close();
            }
        });
        on_cleanup(move || handle.remove());
    }
}

/// Closes the open menu; whether there was one.
#[cfg(feature = "hydrate")]
pub fn close() -> bool {
    crate::browser::find("details.menu[open]").is_some_and(|menu| menu.remove_attribute("open").is_ok())
}
