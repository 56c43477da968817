//! `alerts:` and `latency:`.

use super::{Look, listen};
use crate::config::{
    Purpose, compile,
    file::{ReceiverFile, WebhookFile},
    later,
    yaml::Path,
};

pub fn look(look: &mut Look<'_>) {
    let file = look.file;
    let path = Path::of(&["alerts"]);
    for (name, receiver) in &file.alerts.receivers {
        self::receiver(look, &path.key("receivers").key(name), receiver);
    }
    route(look, &path);
    objectives(look, &path);
    let baseline = file.latency.baseline.lag();
    if baseline < plumbline_model::Lag::from_secs(60) {
        let message = format!("a baseline of {baseline} is shorter than the minute by which figures are kept");
        look.error(&Path::of(&["latency", "baseline"]), message, "expected at least `1m`");
    }
}

fn receiver(look: &mut Look<'_>, path: &Path, receiver: &ReceiverFile) {
    let kinds = [
        ("webhook", receiver.webhook.is_some()),
        ("slack", receiver.slack.is_some()),
        ("pagerduty", receiver.pagerduty.is_some()),
        ("alertmanager", receiver.alertmanager.is_some()),
        ("cloudevents", receiver.cloudevents.is_some()),
    ];
    let named: Vec<_> = kinds.into_iter().filter(|(_, there)| *there).map(|(kind, _)| kind).collect();
    match named.as_slice() {
        [] => {
            let help = format!("expected one of {}", later::RECEIVERS_BUILT);
            look.error(path, "the receiver does not say what it is", help);
        }
        // Offline nobody is told.
        [kind] if later::RECEIVERS.contains(kind) && look.purpose == Purpose::Offline => {}
        [kind] if later::RECEIVERS.contains(kind) => {
            let message = format!("the receiver kind `{kind}` is not built into this version");
            look.key_error(&path.key(*kind), message, format!("built: {}", later::RECEIVERS_BUILT));
        }
        [_] => {}
        [first, second, ..] => {
            let message = format!("a receiver is one thing, this one is `{first}` and `{second}`");
            look.key_error(&path.key(*second), message, "make two receivers of it");
        }
    }
    if let Some(webhook) = &receiver.webhook {
        self::webhook(look, &path.key("webhook"), webhook);
    }
}

fn webhook(look: &mut Look<'_>, path: &Path, webhook: &WebhookFile) {
    // A variable that is not set was kept where nobody will be told.
    if !webhook.url.contains("${") {
        listen::web_url(look, &path.key("url"), &webhook.url);
    }
    match (&webhook.secret, &webhook.secret_file) {
        (Some(_), Some(_)) => {
            look.key_error(&path.key("secret_file"), "the secret is given twice", "give `secret` or `secret_file`");
        }
        (Some(secret), None) if !secret.expose().contains("${") => {
            if let Err(error) = crate::notify::sign::Secret::parse(secret.expose()) {
                look.error(&path.key("secret"), "the secret cannot sign messages", error.to_string());
            }
        }
        (None, None) => {
            let help = "add `secret`, so that the receiver can know that a message is genuine";
            look.warn(path, "messages to this receiver are not signed", help);
        }
        _ => {}
    }
}

fn route(look: &mut Look<'_>, path: &Path) {
    let file = look.file;
    let receivers: Vec<_> = file.alerts.receivers.keys().map(String::as_str).collect();
    let Some(route) = &file.alerts.route else {
        if !receivers.is_empty() {
            look.warn(
                &path.key("receivers"),
                "no route leads to a receiver, so nobody is told",
                "add `alerts.route.receiver`",
            );
        }
        return;
    };
    let path = path.key("route");
    look.known(&path.key("receiver"), "receiver", &route.receiver, &receivers);
    for (at, sub) in route.routes.iter().enumerate() {
        let path = path.key("routes").index(at);
        look.known(&path.key("receiver"), "receiver", &sub.receiver, &receivers);
        if let Err(error) = compile::matchers(&sub.matches) {
            look.error(&path.key("match"), error.message, error.expected);
        }
    }
}

fn objectives(look: &mut Look<'_>, path: &Path) {
    let file = look.file;
    let entities: Vec<_> = file.entities.keys().map(String::as_str).collect();
    for (at, objective) in file.alerts.objectives.iter().enumerate() {
        let path = path.key("objectives").index(at);
        if look.known(&path.key("entity"), "entity", &objective.entity, &entities) {
            let entity = &file.entities[&objective.entity];
            let names = entity.replicas.keys().map(String::as_str);
            // The authority is a copy of what has an authority of its own.
            let copied = |field: &str| entity.field_authority(field).is_some_and(|it| Some(it) != entity.authority());
            let is_copy = |name: &&str| {
                Some(*name) != entity.authority() || entity.replicas[*name].fields.keys().any(|field| copied(field))
            };
            let copies: Vec<_> = names.filter(is_copy).collect();
            look.known(
                &path.key("replica"),
                &format!("copy of `{}` called", objective.entity),
                &objective.replica,
                &copies,
            );
        }
        if objective.consistent.ppm() == 0 || objective.consistent.ratio() >= 1.0 {
            let message = format!("{} cannot be an objective", objective.consistent);
            look.error(&path.key("consistent"), message, "expected a share between 0% and 100%, such as `99.9%`");
        }
    }
}
