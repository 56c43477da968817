//! Tables: headers that sort by a link, keyset paging, rows that `j` and `k` walk through and that have a URL of their own.

use std::cmp::Ordering;

use leptos::prelude::*;

use crate::place::Place;

/// One column's header.
pub struct Column {
    title: &'static str,
    class: &'static str,
    sort: Option<&'static str>,
}

impl Column {
    pub const fn text(title: &'static str) -> Self {
        Self { title, class: "", sort: None }
    }
    pub const fn number(title: &'static str) -> Self {
        Self { title, class: "num", sort: None }
    }
    pub const fn class(mut self, class: &'static str) -> Self {
        self.class = class;
        self
    }
    /// Sorts by this name in the URL's `sort` parameter.
    pub const fn sort(mut self, name: &'static str) -> Self {
        self.sort = Some(name);
        self
    }
}

/// The header row. A sortable one links to itself, ascending first, descending when clicked again.
pub fn header(columns: &[Column], place: &Place) -> AnyView {
    let chosen = Sort::of(place);
    let cells: Vec<AnyView> = columns
        .iter()
        .map(|column| {
            let Some(name) = column.sort else {
                return view! { <th scope="col" class=column.class>{column.title}</th> }.into_any();
            };
            let mine = chosen.name == name;
            let (aria, arrow, next) = match (mine, chosen.descending) {
                (true, false) => ("ascending", " ↑", format!("-{name}")),
                (true, true) => ("descending", " ↓", String::new()),
                (false, _) => ("none", "", name.to_owned()),
            };
            let href = place.with(&[("sort", &next), ("cursor", "")]);
            view! { <th scope="col" class=column.class aria-sort=aria><a href=href>{column.title}{arrow}</a></th> }
                .into_any()
        })
        .collect();
    view! { <thead><tr>{cells}</tr></thead> }.into_any()
}

/// What `sort=` says: a column's name, with `-` before it descending.
pub struct Sort {
    pub name: String,
    pub descending: bool,
}

impl Sort {
    pub fn of(place: &Place) -> Self {
        let text = place.get("sort").unwrap_or_default();
        let name = text.trim_start_matches('-');
        Self { name: name.to_owned(), descending: text.len() > name.len() }
    }
    /// Sorts rows that are all here; an unknown or missing name keeps the order in which they came.
    pub fn apply<T>(&self, rows: &mut [T], by: impl Fn(&str, &T, &T) -> Option<Ordering>) {
        if rows.len() < 2 || by(&self.name, &rows[0], &rows[1]).is_none() {
            return;
        }
        rows.sort_by(|a, b| {
            let order = by(&self.name, a, b).unwrap_or(Ordering::Equal);
            if self.descending { order.reverse() } else { order }
        });
    }
}

/// Orders numbers that may be missing; missing ones come last in ascending order.
pub fn by_number(a: Option<f64>, b: Option<f64>) -> Ordering {
    a.unwrap_or(f64::INFINITY).total_cmp(&b.unwrap_or(f64::INFINITY))
}

/// The foot of a paged table: how many are shown, on to the next ones, back to the start.
pub fn pager(place: &Place, shown: usize, total: Option<u64>, next: Option<&str>) -> AnyView {
    let shown = shown as u64;
    let paged = place.get("cursor").is_some();
    let words = match total {
        Some(total) if !paged && total > shown => {
            format!("{} of {}", crate::format::count(shown), crate::format::count(total))
        }
        _ => crate::format::count(shown),
    };
    let back = paged.then(|| view! { <a class="link" href=place.with(&[("cursor", "")])>"From the start"</a> });
    let on = next.map(|cursor| view! { <a class="link" rel="next" href=place.with(&[("cursor", cursor)])>"Next"</a> });
    if !paged && next.is_none() {
        return ().into_any();
    }
    view! { <div class="foot pager"><span class="faint">{words}</span><span class="spring"></span>{back}{on}</div> }
        .into_any()
}

/// Links that choose one value of a parameter, with a count each.
pub fn chips(place: &Place, name: &str, chosen: &str, choices: Vec<Chip>) -> AnyView {
    let chips: Vec<AnyView> = choices
        .into_iter()
        .map(|chip| {
            let current = (chip.value == chosen).then_some("true");
            let href = place.with(&[(name, &chip.value), ("cursor", "")]);
            let count = chip.count.map(|count| view! { <span class="faint">{crate::format::count(count)}</span> });
            view! { <a class="chip" href=href aria-current=current>{chip.before}{chip.title}{count}</a> }.into_any()
        })
        .collect();
    view! { <div class="chips">{chips}</div> }.into_any()
}

/// One choice.
pub struct Chip {
    pub value: String,
    pub title: String,
    pub count: Option<u64>,
    /// A mark before the title.
    pub before: AnyView,
}

impl Chip {
    pub fn new(value: impl Into<String>, title: impl Into<String>, count: Option<u64>) -> Self {
        Self { value: value.into(), title: title.into(), count, before: ().into_any() }
    }
    pub fn marked(mut self, verdict: plumbline_model::api::VerdictWord) -> Self {
        self.before = super::mark(verdict);
        self
    }
}
