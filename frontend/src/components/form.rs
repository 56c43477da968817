//! Actions are real forms: they work without scripts (POST, then the server redirects back) and need none with them.

use leptos::prelude::*;

/// A form that posts to the API with the fields given; `button` is the words on it.
pub fn post_form(action: String, button: &'static str, primary: bool, fields: AnyView) -> AnyView {
    let class = if primary { "btn primary" } else { "btn" };
    view! {
        <form method="post" action=action class="act">
            {fields}
            <button class=class type="submit">{button}</button>
        </form>
    }
    .into_any()
}
