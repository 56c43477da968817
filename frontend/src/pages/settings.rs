//! Settings: what is in force. The effective configuration with secrets masked, receivers, silences, and the program's own
//! figures. It is changed in the file, not here.

use leptos::prelude::*;
use plumbline_model::api::{Gauge, ReceiverRow, SettingsPage, SilenceRow};

use crate::{
    answer::answer,
    clock,
    components::{Panel, copy, dotted, form::post_form, headline, none, state, text},
    format,
};

pub fn settings() -> AnyView {
    answer("settings", || "/api/v1/settings".to_owned(), draw)
}

fn draw(page: SettingsPage) -> AnyView {
    let since = page.since.map(|since| view! { "in force since "{clock::time(since)} }.into_any());
    let mut sub = vec![
        text(format!("Plumbline {}", page.version)),
        view! { "configuration "<code>{format::middle(&page.digest, 16)}</code> }.into_any(),
    ];
    sub.extend(since);
    view! {
        {headline("Settings", None, format!("What is in force in {}", page.environment), dotted(sub), none())}
        <div class="row wide-narrow">
            {configuration(page.configuration)}
            <div class="col">
                {receivers(page.receivers)}
                {silences(page.silences)}
                {telemetry(page.telemetry)}
            </div>
        </div>
    }
    .into_any()
}

fn configuration(yaml: String) -> AnyView {
    let panel = Panel::new("Configuration").note("as it is in force, secrets masked");
    if yaml.trim().is_empty() {
        return panel.wide(state::empty(
            "No configuration was given",
            "`plumbline config init` writes a file to start from.",
            none(),
        ));
    }
    panel.aside(copy(yaml.clone())).body(
        view! {
            <pre class="code" tabindex="0">{yaml}</pre>
            <p class="dim t12 more">"Change the file and check it with "<code>"plumbline config check"</code>"; what changed is named before it takes effect."</p>
        }
        .into_any(),
    )
}

fn receivers(rows: Vec<ReceiverRow>) -> AnyView {
    let panel = Panel::new("Receivers").note("who is told of incidents");
    if rows.is_empty() {
        return panel.wide(state::empty(
            "Nobody is told",
            "No receiver is configured. Add one under `alerts.receivers` and route to it.",
            none(),
        ));
    }
    let rows: Vec<AnyView> = rows
        .into_iter()
        .map(|row| {
            let dead = if row.dead > 0 { view! { <b>{format::count(row.dead)}</b> }.into_any() } else { "0".into_any() };
            view! {
                <tr>
                    <td><b>{row.receiver}</b><div class="dim t12 cut target" title=row.target.clone()>{format!("{} · {}", row.kind, row.target)}</div></td>
                    <td class="num">{format::count(row.delivered)}</td>
                    <td class="num">{format::count(row.waiting)}</td>
                    <td class="num">{dead}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    panel.wide(
        view! {
            <table class="tight">
                <thead><tr><th scope="col">"Receiver"</th><th scope="col" class="num">"Delivered"</th><th scope="col" class="num">"Waiting"</th><th scope="col" class="num">"Given up"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any(),
    )
}

fn silences(rows: Vec<SilenceRow>) -> AnyView {
    let panel = Panel::new("Silences").note("set on an incident’s page");
    if rows.is_empty() {
        return panel.wide(state::empty("None is in force", "Whoever is routed to is told of everything.", none()));
    }
    let rows: Vec<AnyView> = rows.into_iter().map(silence).collect();
    panel.wide(
        view! {
            <table>
                <thead><tr><th scope="col">"Matches"</th><th scope="col">"By"</th><th scope="col" class="num">"Until"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        }
        .into_any(),
    )
}

/// What is held back, why, and a form that ends it: whoever does says who they are, as on an incident.
fn silence(row: SilenceRow) -> AnyView {
    let why = (!row.why.is_empty()).then(|| view! { <div class="dim t12 wrap">{row.why}</div> });
    let fields = view! {
        <input type="hidden" name="matcher" value=row.matcher.clone() />
        <input name="by" required autocomplete="username" maxlength="80" aria-label="Who you are" placeholder="Who you are" />
    };
    view! {
        <tr class="tall">
            <td class="wrap"><code>{row.matcher.clone()}</code>{why}{post_form("/api/v1/silences/end".to_owned(), "End it", false, fields.into_any())}</td>
            <td>{row.by}</td>
            <td class="num">{clock::time(row.until)}</td>
        </tr>
    }
    .into_any()
}

fn telemetry(gauges: Vec<Gauge>) -> AnyView {
    if gauges.is_empty() {
        return none();
    }
    let rows: Vec<AnyView> = gauges
        .into_iter()
        .map(|gauge| {
            let value = if gauge.value.fract() == 0.0 && gauge.value >= 0.0 { format::count(gauge.value as u64) } else { format!("{:.1}", gauge.value) };
            view! { <tr><td title=gauge.help.clone()>{gauge.name}<div class="dim t12 wrap">{gauge.help.clone()}</div></td><td class="num">{value}" "<span class="faint">{gauge.unit}</span></td></tr> }.into_any()
        })
        .collect();
    let metrics = view! { <a class="link" rel="external" href="/metrics">"All metrics"</a> };
    Panel::new("The program itself")
        .aside(metrics.into_any())
        .wide(view! { <table><tbody>{rows}</tbody></table> }.into_any())
}
