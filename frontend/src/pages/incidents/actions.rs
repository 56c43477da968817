//! What a person can do: one form whose buttons post to different actions, so that it works without scripts. The server
//! answers with a redirect back to the incident.

use leptos::prelude::*;
use plumbline_model::api::IncidentRow;

use crate::components::Panel;

/// How long a silence lasts.
const SPANS: [(&str, &str); 4] = [("1800", "30 m"), ("3600", "1 h"), ("14400", "4 h"), ("86400", "1 d")];

pub fn actions(row: &IncidentRow) -> AnyView {
    let to = |action: &str| format!("/api/v1/incidents/{}/{action}", row.number);
    let open = row.state != "resolved";
    let acknowledge = (open && row.state != "acknowledged").then(
        || view! { <button class="btn primary" type="submit" formaction=to("acknowledge")>"Acknowledge"</button> },
    );
    let resolve = open.then(|| view! { <button class="btn" type="submit" formaction=to("resolve")>"Resolve"</button> });
    let spans: Vec<AnyView> = SPANS
        .iter()
        .map(|(value, words)| view! { <option value=*value selected=*value == "3600">{*words}</option> }.into_any())
        .collect();
    let silence = open.then(|| {
        view! {
            <div class="silence">
                <label>"Silence for"<select name="for_seconds">{spans}</select></label>
                <button class="btn" type="submit" formaction=to("silence")>"Silence"</button>
            </div>
            <p class="dim t12">"A silence holds back messages about this place. What is found there is still shown."</p>
        }
    });
    let body = view! {
        <form class="f" method="post" action=to("note")>
            <label>"Who you are"<input name="by" required autocomplete="username" maxlength="80" /></label>
            <label>"Words, for the story"<textarea name="text" rows="2" maxlength="2000"></textarea></label>
            <div class="acts">
                {acknowledge}
                <button class="btn" type="submit" formaction=to("note")>"Note"</button>
                {resolve}
                <button class="btn" type="submit" formaction=to("send-again")>"Send again"</button>
            </div>
            {silence}
        </form>
    };
    Panel::new("Act on it").class("acting no-print").body(body.into_any())
}
