//! The ways to run the product (compose project, image, demo) agree with one another and with the configuration: names,
//! ports, variables, images.

use std::{collections::BTreeMap, fs, path::PathBuf};

use plumbline::config::{self, Config, Purpose};
use serde_json::Value;
use xtask::{services::images, shop::Feed, workspace};

use crate::services::Services;

type Variables = BTreeMap<String, String>;

fn path(name: &str) -> PathBuf {
    workspace::root().unwrap().join(name)
}

fn text(name: &str) -> String {
    fs::read_to_string(path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn variables(name: &str) -> Variables {
    let text = text(name);
    let lines = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines
        .map(|line| line.split_once('=').unwrap_or_else(|| panic!("{name}: {line}")))
        .map(|(key, value)| (key.into(), value.into()))
        .collect()
}

fn compose() -> Value {
    serde_saphyr::from_str(&text("docker-compose.yml")).unwrap()
}

fn configuration(variables: &Variables) -> Config {
    let env = |name: &str| variables.get(name).cloned();
    config::load(&path("deploy/plumbline.yaml"), &env, Purpose::Serve).unwrap_or_else(|error| panic!("{error:?}"))
}

fn texts(value: &Value) -> Vec<&str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// `http://host:port/…` taken apart.
fn host_and_port(url: &str) -> (String, u16) {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let (host, port) = rest.split('/').next().unwrap().rsplit_once(':').unwrap();
    (host.to_owned(), port.parse().unwrap())
}

#[test]
fn the_configuration_is_right_without_variables_but_for_the_secret() {
    let secret = variables("deploy/plumbline.env").remove_entry("PLUMBLINE_WEBHOOK_SECRET").unwrap();
    let config = configuration(&Variables::from([secret]));
    assert!(config.file.simulated, "the pages say that the shop is simulated");
}

#[test]
fn what_is_published_is_listened_on() {
    let variables = variables("deploy/plumbline.env");
    let file = configuration(&variables).file;
    let otlp = file.otlp.unwrap();
    let mut listened = vec![file.listen.port, otlp.grpc.unwrap().port, otlp.http.unwrap().port];
    listened.sort_unstable();

    let compose = compose();
    let published: Vec<u16> = texts(&compose["services"]["plumbline"]["ports"])
        .iter()
        .map(|port| {
            assert!(port.starts_with("127.0.0.1:"), "{port}: nobody is asked who they are");
            port.rsplit(':').next().unwrap().parse().unwrap()
        })
        .collect();
    let mut sorted = published;
    sorted.sort_unstable();
    assert_eq!(sorted, listened);

    let image = text("Dockerfile");
    let exposed = image.lines().find_map(|line| line.strip_prefix("EXPOSE ")).unwrap();
    let mut exposed: Vec<u16> = exposed.split(' ').map(|port| port.parse().unwrap()).collect();
    exposed.sort_unstable();
    assert_eq!(exposed, listened);
    assert!(image.contains(&format!("/dev/tcp/127.0.0.1/{}", file.listen.port)), "the health check asks that port");
}

#[test]
fn the_shop_and_the_product_find_each_other() {
    let (product, shop) = (variables("deploy/plumbline.env"), variables("deploy/shop.env"));
    let file = configuration(&product).file;
    let otlp = file.otlp.unwrap();
    assert_eq!(host_and_port(&shop["SHOP_TO"]), ("plumbline".to_owned(), file.listen.port));
    assert_eq!(host_and_port(&shop["SHOP_OTLP"]), ("plumbline".to_owned(), otlp.http.unwrap().port));
    let (host, port) = host_and_port(&product["PLUMBLINE_WEBHOOK"]);
    assert_eq!((host.as_str(), port), ("shop", host_and_port(&shop["SHOP_WEBHOOKS"]).1));
    assert_eq!(product["PLUMBLINE_WEBHOOK_SECRET"], shop["SHOP_WEBHOOK_SECRET"]);
    let services = compose()["services"].clone();
    assert!(services.get("plumbline").is_some() && services.get("shop").is_some());
}

#[test]
fn every_feed_of_the_shop_is_a_source_and_every_source_is_fed() {
    let file = configuration(&variables("deploy/plumbline.env")).file;
    let mut fed: Vec<&str> = Feed::ALL.iter().map(|feed| feed.name()).collect();
    let mut sources: Vec<&str> = file.sources.keys().map(String::as_str).collect();
    fed.sort_unstable();
    sources.sort_unstable();
    assert_eq!(fed, sources);
    for (name, source) in &file.sources {
        if let Some(http) = &source.http {
            assert_eq!(http.path, format!("/ingest/{name}"));
        }
    }
}

#[test]
fn every_variable_is_read_by_somebody() {
    let configuration = text("deploy/plumbline.yaml");
    for name in variables("deploy/plumbline.env").keys() {
        assert!(configuration.contains(&format!("${{{name}")), "deploy/plumbline.yaml does not read {name}");
    }
    let shop = text("xtask/src/bin/shop.rs");
    for name in variables("deploy/shop.env").keys() {
        assert!(shop.contains(&format!("\"{name}\"")), "the shop does not read {name}");
    }
}

#[test]
fn images_are_pinned_and_the_same_as_in_tests() {
    let compose = compose();
    let services = compose["services"].as_object().unwrap();
    let used: Vec<&str> = services.values().map(|service| service["image"].as_str().unwrap()).collect();
    for image in &used {
        let tag = image.split_once(':').map_or("", |(_, tag)| tag);
        assert!(tag.contains('.') && tag.starts_with(|first: char| first.is_ascii_digit()), "{image} is not pinned");
    }
    for image in images() {
        assert!(used.contains(&image), "{image} is what tests use: {used:?}");
    }
    for image in text("Dockerfile").lines().filter_map(|line| line.strip_prefix("FROM ")) {
        let name = image.split(' ').next().unwrap();
        assert!(name == "base" || name.split_once(':').is_some_and(|(_, tag)| tag.contains('.')), "{image}");
    }
}

#[test]
fn the_product_runs_without_rights_that_it_does_not_need() {
    let compose = compose();
    for name in ["plumbline", "shop"] {
        let service = &compose["services"][name];
        assert_eq!(service["read_only"], true, "{name}");
        assert_eq!(texts(&service["cap_drop"]), ["ALL"], "{name}");
    }
    assert!(text("Dockerfile").lines().any(|line| line == "USER plumbline"));
}

#[tokio::test]
async fn compose_reads_the_project() {
    let Some(program) = Services::compose().await else { return };
    let read: Value = serde_saphyr::from_str(&program.config(&path("docker-compose.yml")).unwrap()).unwrap();
    assert_eq!(read["services"]["plumbline"]["environment"]["PLUMBLINE_DATA"], "/data");
    assert_eq!(read["services"].as_object().unwrap().len(), compose()["services"].as_object().unwrap().len());
}
