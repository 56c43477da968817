//! Where the program listens, and whether there is anything to do at all.

use super::Look;
use crate::config::yaml::Path;

pub fn look(look: &mut Look<'_>) {
    if look.file.sources.is_empty() && look.file.otlp.is_none() {
        let help = "declare at least one under `sources`; `plumbline config init` writes a file to start from";
        look.error(&Path::of(&["sources"]), "no source is declared, so there is nothing to watch", help);
    }
    if look.file.store.is_some() {
        let help = "leave `store` out: the embedded store keeps everything in `data_dir`";
        look.key_error(&Path::of(&["store"]), "a store of its own is not built into this version", help);
    }
    addresses(look);
    let urls = [(Path::of(&["public_url"]), look.file.public_url.clone()), {
        (Path::of(&["telemetry", "otlp"]), look.file.telemetry.otlp.clone())
    }];
    for (path, url) in urls {
        if let Some(url) = url {
            web_url(look, &path, &url);
        }
    }
    let (max_body, queue) = (look.file.limits.max_body, look.file.limits.queue);
    if max_body.bytes < 1024 {
        look.error(
            &Path::of(&["limits", "max_body"]),
            format!("{max_body} is too small for any request"),
            "expected at least 1KiB",
        );
    } else if queue < max_body {
        let message = format!("the queue of {queue} is smaller than one request of {max_body}");
        look.error(&Path::of(&["limits", "queue"]), message, "expected at least `limits.max_body`");
    }
    if look.file.limits.open_traces == 0 {
        look.error(&Path::of(&["limits", "open_traces"]), "no trace could be assembled", "expected at least 1");
    }
}

fn addresses(look: &mut Look<'_>) {
    let otlp = look.file.otlp.clone();
    let all = [
        ("listen", Path::of(&["listen"]), Some(look.file.listen.clone())),
        ("otlp.grpc", Path::of(&["otlp", "grpc"]), otlp.as_ref().and_then(|it| it.grpc.clone())),
        ("otlp.http", Path::of(&["otlp", "http"]), otlp.and_then(|it| it.http)),
    ];
    for (at, (name, path, address)) in all.iter().enumerate() {
        let Some(address) = address else { continue };
        let other = all[..at].iter().find(|(_, _, other)| other.as_ref().is_some_and(|other| other.clashes(address)));
        if let Some((other, _, _)) = other {
            let message = format!("`{name}` and `{other}` cannot both listen on {address}");
            look.error(path, message, "give each one a port of its own");
        }
    }
}

/// An absolute `http` or `https` URL with a host.
pub fn web_url(look: &mut Look<'_>, path: &Path, text: &str) -> bool {
    let secret = look.tree.at(path).is_some_and(|node| node.secret);
    let shown = if secret { "the value" } else { text };
    let help = "expected a URL such as `https://plumbline.example`";
    match reqwest::Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => return true,
        Ok(url) => look.error(path, format!("`{}:` is not a scheme that can be used here", url.scheme()), help),
        Err(error) => look.error(path, format!("{shown} is not a URL: {error}"), help),
    }
    false
}
