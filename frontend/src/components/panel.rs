//! A section of a page: a title with a note beside it, actions at its right end, and a body.

use leptos::prelude::*;

pub struct Panel {
    title: String,
    note: AnyView,
    aside: AnyView,
    class: &'static str,
    id: Option<&'static str>,
    ruled: bool,
}

impl Panel {
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), note: ().into_any(), aside: ().into_any(), class: "", id: None, ruled: false }
    }
    /// What the section is about, in faint words beside the title.
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = view! { <span class="faint">{note.into()}</span> }.into_any();
        self
    }
    /// Links, legends or switches at the right end of the header.
    pub fn aside(mut self, aside: AnyView) -> Self {
        self.aside = aside;
        self
    }
    pub fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }
    pub fn id(mut self, id: &'static str) -> Self {
        self.id = Some(id);
        self
    }
    /// With a hairline under the header, for rows and lists.
    pub fn ruled(mut self) -> Self {
        self.ruled = true;
        self
    }
    /// The section with a padded body.
    pub fn body(self, body: AnyView) -> AnyView {
        self.wide(view! { <div class="body">{body}</div> }.into_any())
    }
    /// The section with a body that reaches from edge to edge: tables and lists.
    pub fn wide(self, body: AnyView) -> AnyView {
        let header = if self.ruled { "ruled" } else { "" };
        view! {
            <section class=format!("panel {}", self.class) id=self.id aria-label=self.title>
                <header class=header><h2>{self.title.clone()}</h2>{self.note}<span class="spring"></span>{self.aside}</header>
                {body}
            </section>
        }
        .into_any()
    }
}
