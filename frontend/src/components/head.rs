//! The head of a page: the finding in a sentence, with its mark, and where one is.

use leptos::prelude::*;
use leptos_meta::Title;
use plumbline_model::api::VerdictWord;

use super::{mark::mark, said::said};

/// The sentence that a page says first. `sub` is the line below, `acts` the buttons beside.
pub fn headline(
    title: impl Into<String>,
    verdict: Option<VerdictWord>,
    words: impl Into<String>,
    sub: AnyView,
    acts: AnyView,
) -> AnyView {
    let heard = verdict.map(|verdict| view! { <span class="sr">{format!("{}: ", verdict.word())}</span> });
    view! {
        {document_title(title.into())}
        <div class="head">
            <div>
                <h1>{verdict.map(mark)}{heard}{said(&words.into())}</h1>
                <div class="sub">{sub}</div>
            </div>
            <div class="acts">{acts}</div>
        </div>
    }
    .into_any()
}

/// Sets the title of the document; draws nothing.
pub fn document_title(text: String) -> AnyView {
    view! { <Title text /> }.into_any()
}

/// The way to this page: links, then where one is.
pub fn crumbs(way: Vec<(String, String)>, here: AnyView) -> AnyView {
    let way: Vec<AnyView> = way
        .into_iter()
        .map(|(href, name)| view! { <a class="link" href=href>{name}</a><span class="faint">"/"</span> }.into_any())
        .collect();
    view! { <nav class="crumbs" aria-label="Where you are">{way}{here}</nav> }.into_any()
}
