//! A path that leads nowhere.

use leptos::prelude::*;

use crate::{components::document_title, place::use_place};

pub fn not_found() -> AnyView {
    crate::shell::told_status(404);
    let place = use_place();
    view! {
        {document_title("Not found".to_owned())}
        <section class="state failed">
            <h1>"There is no page at this address"</h1>
            <p><code>{move || place.read().path.clone()}</code></p>
            <p><a class="btn" href=move || place.read().to("/")>"To the Overview"</a></p>
        </section>
    }
    .into_any()
}
