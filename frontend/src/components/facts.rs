//! The row of large figures under a headline: what is measured, the number with its unit, what it is made of.

use leptos::prelude::*;

/// One figure.
pub struct Fact {
    name: &'static str,
    number: AnyView,
    unit: String,
    detail: AnyView,
}

impl Fact {
    pub fn new(name: &'static str, number: impl Into<String>, unit: impl Into<String>) -> Self {
        Self::live(name, number.into().into_any(), unit)
    }
    /// A figure that changes by itself, such as an age.
    pub fn live(name: &'static str, number: AnyView, unit: impl Into<String>) -> Self {
        Self { name, number, unit: unit.into(), detail: ().into_any() }
    }
    /// A line or two below the number.
    pub fn detail(mut self, detail: AnyView) -> Self {
        self.detail = detail;
        self
    }
}

pub fn facts(facts: Vec<Fact>) -> AnyView {
    let count = facts.len();
    let facts: Vec<AnyView> = facts
        .into_iter()
        .map(|fact| {
            view! {
                <div>
                    <dt class="k">{fact.name}</dt>
                    <dd class="n"><span class="big">{fact.number}</span><span class="dim">{fact.unit}</span></dd>
                    <dd class="d">{fact.detail}</dd>
                </div>
            }
            .into_any()
        })
        .collect();
    view! { <dl class=format!("facts of{count}")>{facts}</dl> }.into_any()
}
