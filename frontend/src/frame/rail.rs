//! The rail: the ten pages, each with a count of what is wrong in it now. Links keep range and clock.

use leptos::prelude::*;
use plumbline_model::api::Counts;

use super::icons;
use crate::{format, live::use_live, place::use_place};

/// One page of the rail.
pub struct Entry {
    pub path: &'static str,
    pub name: &'static str,
    /// The letter after `g`.
    pub key: char,
    icon: &'static str,
    /// What is wrong there, and whether that is urgent.
    wrong: fn(&Counts) -> (u64, bool),
}

const fn entry(
    path: &'static str,
    name: &'static str,
    key: char,
    icon: &'static str,
    wrong: fn(&Counts) -> (u64, bool),
) -> Entry {
    Entry { path, name, key, icon, wrong }
}

/// The pages in the order of the rail.
pub const ENTRIES: [Entry; 10] = [
    entry("/", "Overview", 'o', "M2 8.5 8 3l6 5.5M4 7.5V13h8V7.5", |_| (0, false)),
    entry("/replicas", "Replicas", 'r', "M2.5 3.5h5v5h-5zM8.5 7.5h5v5h-5z", |counts| (counts.divergent_keys, true)),
    entry("/lineage", "Lineage", 'l', "M3 3v10M3 5h5a3 3 0 0 1 3 3v0a3 3 0 0 0 3 3", |_| (0, false)),
    entry("/sagas", "Sagas", 's', "M2 4h4M2 8h8M2 12h12", |counts| (counts.stuck_sagas, true)),
    entry("/latency", "Latency", 't', "M2 13V9M5.5 13V5M9 13V7.5M12.5 13V3", |counts| (counts.hotspots, false)),
    entry("/streams", "Streams", 'm', "M2 5c3-2 5 2 8 0 1.5-1 2.5-1 4 0M2 10c3-2 5 2 8 0 1.5-1 2.5-1 4 0", |counts| {
        (counts.streams, false)
    }),
    entry("/incidents", "Incidents", 'i', "M8 2.5 14 13H2zM8 6.5v3M8 11v.5", |counts| (counts.incidents, true)),
    entry("/report", "Report", 'p', "M4 2.5h6l2.5 2.5v8.5H4zM6 7h5M6 9.5h5", |_| (0, false)),
    entry("/collectors", "Collectors", 'c', "M6 8a2 2 0 1 0 4 0 2 2 0 1 0-4 0M8 2v3M8 11v3M2 8h3M11 8h3", |counts| {
        (counts.collectors, false)
    }),
    entry("/settings", "Settings", 'e', "M3 4.5h10M3 8h10M3 11.5h10M6 3v3M10.5 6.5v3M5 10v3", |_| (0, false)),
];

pub fn rail() -> AnyView {
    let upper: Vec<AnyView> = ENTRIES[..8].iter().map(item).collect();
    let lower: Vec<AnyView> = ENTRIES[8..].iter().map(item).collect();
    view! {
        <nav class="rail" aria-label="Pages">
            <span class="brand">{icons::brand()}<span class="name">"Plumbline"</span></span>
            {upper}
            <span class="gap"></span>
            {lower}
        </nav>
    }
    .into_any()
}

fn item(entry: &'static Entry) -> AnyView {
    let place = use_place();
    let href = move || place.read().to(entry.path);
    let here = move || is_within(&place.read().path, entry.path).then_some("page");
    let count = move || {
        let (count, urgent) = use_live().status().map(|status| (entry.wrong)(&status.counts)).unwrap_or_default();
        (count > 0).then(|| {
            let class = if urgent { "n bad" } else { "n" };
            view! { <span class=class>{format::short(count)}</span> }
        })
    };
    view! {
        <a href=href aria-current=here title=entry.name>
            {icons::icon(entry.icon)}
            <span class="name">{entry.name}</span>
            <Transition>{count}</Transition>
        </a>
    }
    .into_any()
}

/// The page of the rail that a path belongs to; the Overview where it belongs to none.
pub fn page_of(path: &str) -> &'static Entry {
    ENTRIES.iter().find(|entry| is_within(path, entry.path)).unwrap_or(&ENTRIES[0])
}

/// Whether a path belongs to a page of the rail; a trace belongs to Latency.
fn is_within(path: &str, page: &str) -> bool {
    match page {
        "/" => path == "/",
        "/latency" if path.starts_with("/traces/") => true,
        _ => path == page || path.strip_prefix(page).is_some_and(|rest| rest.starts_with('/')),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_lights_one_entry() {
        for (path, name) in
            [("/", "Overview"), ("/replicas/a/b", "Replicas"), ("/traces/1f", "Latency"), ("/report", "Report")]
        {
            let lit: Vec<_> =
                ENTRIES.iter().filter(|entry| is_within(path, entry.path)).map(|entry| entry.name).collect();
            assert_eq!(lit, [name]);
        }
    }

    #[test]
    fn each_letter_leads_to_one_page() {
        let mut letters = ENTRIES.map(|entry| entry.key);
        letters.sort_unstable();
        assert!(letters.windows(2).all(|pair| pair[0] != pair[1]));
    }
}
