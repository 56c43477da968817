//! The same report for programs: as files, with curl, and as a gate in CI.

use leptos::prelude::*;

use crate::{
    components::{Panel, copy},
    place::Place,
};

const FORMATS: [(&str, &str); 5] =
    [("json", "JSON"), ("html", "HTML"), ("svg", "SVG"), ("md", "Markdown"), ("csv", "CSV")];

/// The path of the report in a format.
fn path(place: &Place, format: &str) -> String {
    place.api(&format!("/report?format={format}"), &["entity", "replica"])
}

pub fn links(place: &Place) -> AnyView {
    let links: Vec<AnyView> = FORMATS
        .iter()
        .map(|(format, words)| view! { <a class="btn" rel="external" href=path(place, format)>{*words}</a> }.into_any())
        .collect();
    links.into_any()
}

pub fn commands(place: &Place) -> AnyView {
    let curl = format!("curl -fsS \"$PLUMBLINE_URL{}\"", path(place, "json"));
    let since = place.get("last").filter(|_| !place.is_fixed()).unwrap_or("1h");
    let gate = format!("plumbline report --since {since} --fail-on diverged,stuck");
    let check = "plumbline check --config plumbline.yaml events.jsonl".to_owned();
    Panel::new("For programs").class("no-print").body(
        view! {
            <div class="stacked">
                {line("With curl", curl)}
                {line("As a gate in CI: exit code 1 if anything diverges or is stuck", gate)}
                {line("Over recorded files, without a server", check)}
            </div>
        }
        .into_any(),
    )
}

fn line(words: &'static str, command: String) -> AnyView {
    view! { <div><div class="dim t12">{words}" "{copy(command.clone())}</div><pre class="code wrap" tabindex="0">{command}</pre></div> }.into_any()
}
