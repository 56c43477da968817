//! Proves that what is right is understood, and that what is wrong is told with line, column, what was expected and the
//! nearest name. Each case is a file and the lines that are said of it.

use super::*;

fn env(name: &str) -> Option<String> {
    (name == "SET").then(|| "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz".to_owned())
}

/// What is said of a file, errors or else warnings.
fn said(text: &str) -> Vec<String> {
    let problems = match parse("f", text, &env, Purpose::Serve) {
        Ok(config) => config.warnings,
        Err(problems) => problems,
    };
    problems.to_string().lines().map(str::to_owned).collect()
}

/// A right file in which `was` is replaced.
fn with(was: &str, by: &str) -> String {
    assert!(SMALL.contains(was), "{was}");
    SMALL.replacen(was, by, 1)
}

const SMALL: &str = "\
sources:
  shop:
    kafka: { brokers: [localhost:9092], topics: [orders, views], format: cloudevents }
entities:
  order:
    within: 5s
    replicas:
      orders: { source: shop, match: { topic: orders }, key: $.id, fields: { status: $.status } }
      view: { source: shop, match: { topic: views }, key: $.id, fields: { status: $.state } }
";

#[test]
fn a_source_an_entity_and_within_are_a_complete_file() {
    let config = parse("f", SMALL, &env, Purpose::Serve).unwrap();
    assert_eq!(config.warnings.list, []);
    let order = &config.rules.entities[0];
    assert_eq!(order.authority.as_str(), "orders", "the first replica");
    assert_eq!(order.replicas[1].within, plumbline_model::Lag::from_secs(5));
    assert_eq!(order.fields.iter().map(|field| field.name.as_str()).collect::<Vec<_>>(), ["status"]);
}

#[test]
fn what_is_decoded_otherwise_starts_an_epoch_and_what_is_judged_otherwise_does_not() {
    let decode = |text: &str| parse("f", text, &env, Purpose::Serve).unwrap().rules.entities[0].decode;
    let view = "view: { source: shop, match: { topic: views }, key: $.id,";
    let changed = [
        with("within: 5s", "within: 5s\n    compare: { status: { decimal: 1 } }"),
        with("within: 5s", "within: 5s\n    values: hash"),
        with(view, &view.replace("$.id", "$.order_id")),
        with(view, &view.replace("views", "orders")),
        with("$.state", "$.status"),
        with(view, &format!("{view} version: $.v,")),
        with(view, &format!("{view} deleted: 'value.gone',")),
        with(view, &format!("{view} holds: \"status == 'paid'\",")),
        with("topics: [orders, views], format: cloudevents", "topics: [orders, views], format: json"),
    ];
    for text in &changed {
        assert_ne!(decode(text), decode(SMALL), "{text}");
    }
    let same = [
        with("within: 5s", "within: 9s\n    history: 20"),
        with(view, &format!("{view} within: 1s, baseline: empty,")),
        with("brokers: [localhost:9092]", "brokers: [kafka:9092]"),
    ];
    for text in &same {
        assert_eq!(decode(text), decode(SMALL), "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_place() {
    let cases: &[(&str, &str, &[&str])] = &[
        (
            "key: $.id",
            "key: \"$.[\"",
            &[
                "f:8:65: `$.[` is not a JSONPath: in dot member name, must start with lowercase alpha or '_', at its character 3 (expected a JSONPath (RFC 9535) such as `$.data.id`, or `{ cel: \"…\" }`)",
            ],
        ),
        (
            "key: $.id",
            "key: { cel: \"type ==\" }",
            &[
                "f:8:77: `type ==` is not CEL: it ends too early (at its character 8) (expected a JSONPath (RFC 9535) such as `$.data.id`, or `{ cel: \"…\" }`)",
            ],
        ),
        (
            "topic: orders",
            "when: \"type.startWith('x')\"",
            &[
                "f:8:52: there is no function `startWith` (did you mean `startsWith`? expected a function of CEL, such as `size`, `contains`, `startsWith`, `endsWith`, `matches`)",
            ],
        ),
        (
            "topic: orders",
            "when: \"true && typ == 'x'\"",
            &[
                "f:8:55: `typ` is no attribute of CloudEvents: without it nothing is found (did you mean `type`? expected `data.typ` for what the event carries, or `value.typ` for an extension attribute)",
            ],
        ),
        (
            "key: $.id",
            "key: { cel: \"string(record.ofset)\" }",
            &[
                "f:8:84: `record` has no member `ofset` (did you mean `offset`? expected one of `topic`, `partition`, `offset`, `timestamp`, `key`, `headers`, `table`, `op`; what the record itself says is `value`)",
            ],
        ),
        (
            "key: $.id",
            "key: $.order-id",
            &[
                "f:8:69: `$.order-id` is not a JSONPath: `-id` cannot be read, from its character 8 on (did you mean `$['order-id']`? expected a JSONPath (RFC 9535) such as `$.data.id`, or `{ cel: \"…\" }`)",
            ],
        ),
        ("topic: orders", "topic: { a: b }", &["f:8:40: expected one value, or a list of them"]),
        (
            "topic: orders",
            "topic: orders, wen: x",
            &[
                "f:8:55: the key `wen` is not known here (did you mean `when`? expected one of `topic`, `table`, `type`, `when`)",
            ],
        ),
        ("key: $.id", "key: $.id, version: { path: a, cel: b }", &["f:8:68: expected exactly one of `path` and `cel`"]),
        (
            "within: 5s",
            "within: 100ms",
            &[
                "f:8:7: the clock error of `shop` (500 ms) is larger than `within` (100 ms) (no difference can be decided and no write counted as in time: raise `within`, or declare a smaller `clock_error`)",
                "f:9:7: the clock error of `shop` (500 ms) is larger than `within` (100 ms) (no difference can be decided and no write counted as in time: raise `within`, or declare a smaller `clock_error`)",
            ],
        ),
        (
            "topic: orders",
            "topic: order",
            &["f:8:47: there is no topic `order` (did you mean `orders`? expected one of `orders`, `views`)"],
        ),
        (
            "within: 5s",
            "within: 5",
            &[
                "f:6:13: a duration needs a number and a unit (ns, us, ms, s, m, h, d), such as `5s` or `1h30m`; found `5`",
            ],
        ),
        (
            "within: 5s",
            "withn: 5s",
            &[
                "f:6:5: the key `withn` is not known here (did you mean `within`? expected one of `within`, `compare`, `values`, `authority`, `history`, `replicas`)",
            ],
        ),
        (
            "source: shop",
            "source: shpo",
            &["f:8:25: there is no source `shpo` (did you mean `shop`? expected one of `shop`)"],
        ),
        (
            "within: 5s",
            "within: 5s\n    authority: order",
            &["f:7:16: there is no replica `order` (did you mean `orders`? expected one of `orders`, `view`)"],
        ),
        (
            "within: 5s",
            "within: 5s\n    compare: { state: text }",
            &["f:7:23: there is no mapped field `state` (did you mean `status`? expected one of `status`)"],
        ),
        (
            "fields: { status: $.status }",
            "fields: {}",
            &[
                "f:9:75: the authority `orders` does not map `status`, so there is nothing to compare it with (add `status` to the fields of `orders`, or take it out here)",
            ],
        ),
        (
            "format: cloudevents",
            "format: cloudevent",
            &[
                "f:3:74: `cloudevent` is not known here (did you mean `cloudevents`? expected one of `json`, `cloudevents`, `debezium`)",
            ],
        ),
        ("[localhost:9092]", "[localhost]", &["f:3:24: `localhost` is not an address (expected `host:port`)"]),
        (
            "key: $.id, ",
            "",
            &["f:8:7: the replica has no `key` (expected `key: $.id`, or where else the key is found)"],
        ),
        (
            "sources:\n",
            "listen: 127.0.0.1:4317\notlp: {}\nsources:\n",
            &["f:2:1: `otlp.grpc` and `listen` cannot both listen on 127.0.0.1:4317 (give each one a port of its own)"],
        ),
        (
            "sources:\n",
            "listen: 8080\nsources:\n",
            &["f:1:9: expected an address such as `127.0.0.1:8080`, found the number 8080"],
        ),
        (
            "sources:\n",
            "data_dir: ${DIR}\nsources:\n",
            &["f:1:11: the environment variable `DIR` is not set (set it, or give a default: `${NAME:-value}`)"],
        ),
        (
            "entities:\n",
            "  cache:\n    redis: { url: \"${NONE}\" }\nentities:\n",
            &[
                "f:5:5: the source kind `redis` is not built into this version (built: kafka, http, otlp, file; a recording of it can be given to `plumbline check`)",
            ],
        ),
        (
            "entities:\n",
            "  a: { http: { path: /in } }\n  b: { http: { path: /in }, capture: relay }\nentities:\n",
            &[
                "f:5:22: the source `a` has the same path (expected a path of its own)",
                "f:5:38: nobody vouches for a pushed source (expected `lateness` and `silence`)",
            ],
        ),
        (
            "entities:\n",
            "  a: {}\n  b: { http: { path: in }, otlp: {} }\nentities:\n",
            &[
                "f:4:3: the source does not say what it is (expected one of kafka, http, otlp, file (`otlp: {}` if there is nothing to say))",
                "f:5:3: a source is one thing, this one is `http` and `otlp` (make two sources of it)",
            ],
        ),
    ];
    for (was, by, expected) in cases {
        assert_eq!(said(&with(was, by)), *expected, "{by}");
    }
}

#[test]
fn sections_that_are_commented_out_are_empty() {
    let nothing = "no source is declared, so there is nothing to watch (declare at least one under `sources`; `plumbline config init` writes a file to start from)";
    assert_eq!(said("environment: a\nsources:\n#  shop: { otlp: {} }\n"), [format!("f:2:1: {nothing}")]);
    let text = format!("{SMALL}events:\nsagas:\nalerts:\nlatency:\nlimits:\n");
    assert_eq!(said(&text), [""; 0]);
    let start = SMALL.find("      orders:").unwrap();
    assert_eq!(said(&SMALL[..start]), ["f:7:5: there is no replica (expected the authority and at least one copy)"]);
    let broker = with("brokers: [localhost:9092]", "brokers: ");
    assert_eq!(said(&broker), ["f:3:14: there is no broker (expected at least one `host:port`)"]);
}

#[test]
fn a_file_that_is_not_utf8_says_where() {
    let file = std::env::temp_dir().join(format!("plumbline-latin-{}.yaml", std::process::id()));
    std::fs::write(&file, b"listen: 127.0.0.1:1\nenvironment: \xc3\xbcb\xe4r\n").unwrap();
    let said = load(&file, &env, Purpose::Serve).unwrap_err().to_string();
    std::fs::write(&file, b"\xff\xfea\0:\0").unwrap();
    let wide = load(&file, &env, Purpose::Serve).unwrap_err().to_string();
    std::fs::remove_file(&file).unwrap();
    assert!(said.ends_with(".yaml:2:16: the byte 0xe4 here is not UTF-8 (save the file as UTF-8)"), "{said}");
    assert!(wide.ends_with(".yaml:1:1: the file is UTF-16, not UTF-8 (save the file as UTF-8)"), "{wide}");
}

#[test]
fn sagas_and_alerts_are_checked_too() {
    let cases: &[(&str, &[&str])] = &[
        ("sagas: { pay: { start: a, steps: [{ event: b, within: 1s }], ends: { completed: c } } }", &[]),
        (
            "sagas: { pay: { start: a } }",
            &[
                "f:10:10: the saga has neither steps nor an end, so nothing can be late (add `steps`, or `ends: { completed: … }` with `within`)",
            ],
        ),
        (
            "sagas: { pay: { start: a, within: 1m, steps: [{ event: a }, { event: b }, { event: b, compensate: x }] } }",
            &[
                "f:10:56: `a` begins the saga, so it is no step (leave the step out)",
                "f:10:84: `b` completes two steps (one event completes one step; a repeated one is told apart by its type)",
                "f:10:99: a saga that cannot fail owes no compensation (compensations are owed once the saga failed: add `ends: { failed: … }`)",
            ],
        ),
        (
            "sagas: { pay: { start: a, from: shp, within: 1m, ends: { completed: b } } }",
            &["f:10:33: there is no source `shp` (did you mean `shop`? expected one of `shop`)"],
        ),
        (
            "alerts: { route: { receiver: ops }, receivers: { op: { webhook: { url: \"ftp://x\" } } } }",
            &[
                "f:10:30: there is no receiver `ops` (did you mean `op`? expected `op`)",
                "f:10:72: `ftp:` is not a scheme that can be used here (expected a URL such as `https://plumbline.example`)",
            ],
        ),
        (
            "alerts: { receivers: { chat: { slack: { url: \"${NONE}\" } } }, route: { receiver: chat, routes: [{ match: 'severty == \"info\"', receiver: chat }] } }",
            &[
                "f:10:32: the receiver kind `slack` is not built into this version (built: webhook)",
                "f:10:106: incidents have no label `severty` (did you mean `severity`? expected one of `severity`, `rule`, `reason`, `entity`, `replica`, `saga`, `step`, `service`)",
            ],
        ),
        (
            "alerts: { objectives: [{ entity: order, replica: orders, consistent: 99.9% }, { entity: order, replica: view, consistent: 99 }] }",
            &["f:10:123: expected a percentage such as `99.9%`, with at most 7 decimals, found the number 99"],
        ),
        (
            "alerts: { objectives: [{ entity: order, replica: orders, consistent: 99.9% }] }",
            &["f:10:50: there is no copy of `order` called `orders` (expected `view`)"],
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(said(&format!("{SMALL}{text}\n")), *expected, "{text}");
    }
}

#[test]
fn a_secret_that_cannot_sign_is_told_and_not_shown() {
    let receivers = |secret: &str| {
        let webhook = format!("{{ url: \"https://h/x\", {secret} }}");
        said(&format!("{SMALL}alerts: {{ route: {{ receiver: a }}, receivers: {{ a: {{ webhook: {webhook} }} }} }}\n"))
    };
    let short = "the secret cannot sign messages (expected 24 to 64 bytes, got 5)";
    assert_eq!(receivers("secret: whsec_c2hvcnQ="), [format!("f:10:92: {short}")]);
    assert_eq!(receivers("secret: \"${SET}\""), [""; 0]);
    assert_eq!(receivers("secret: \"${SET}\", secret_file: x").len(), 1, "given twice");
}

#[test]
fn a_problem_shows_its_line() {
    let problems =
        parse("plumbline.yaml", &with("format: cloudevents", "fromat: cloudevents"), &env, Purpose::Serve).unwrap_err();
    let shown = problems.render(false, 100);
    for part in ["fromat: cloudevents", "plumbline.yaml:3:66", "──────", "did you mean `format`?"] {
        assert!(shown.contains(part), "{part} in\n{shown}");
    }
}

#[test]
fn a_long_line_is_shown_around_the_place() {
    let text = with("fields: { status: $.status }", &format!("fields: {{ a: $.{}, status: 7 }}", "x".repeat(100_000)));
    let shown = parse("f", &text, &env, Purpose::Serve).unwrap_err().render(false, 100);
    assert!(shown.len() < 3_000 && shown.contains("[f:8:100093]") && shown.contains("…x"), "{shown}");
}

#[test]
fn secrets_stay_secret() {
    let text = format!(
        "{SMALL}alerts:\n  route: {{ receiver: a }}\n  receivers: {{ a: {{ webhook: {{ url: \"https://h/x\", secret: \"${{SET}}\" }} }} }}\n"
    );
    let config = parse("f", &text, &env, Purpose::Serve).unwrap();
    let webhook = config.file.alerts.receivers["a"].webhook.as_ref().unwrap();
    assert!(webhook.secret.as_ref().unwrap().expose().starts_with("whsec_"));
    assert!(config.text.contains("${SET}") && !format!("{config:?}").contains("whsec_"), "{config:?}");
    assert!(parse("f", &text, &|_| None, Purpose::Offline).is_ok(), "nobody is told, so nobody must sign");
}

#[test]
fn the_shop_of_the_documentation_is_told_what_is_not_built() {
    let text = include_str!("../../../../docs/plumbline.example.yaml");
    let built = "is not built into this version (built: kafka, http, otlp, file; a recording of it can be given to `plumbline check`)";
    let expected = [
        "f:16:7: the lag of other groups is not built yet (expected no `watch_groups`)".into(),
        format!("f:19:5: the source kind `postgres` {built}"),
        format!("f:21:5: the source kind `postgres` {built}"),
        format!("f:23:5: the source kind `redis` {built}"),
        format!("f:25:5: the source kind `rabbitmq` {built}"),
        "f:97:66: the environment variable `WEBHOOK_SECRET` is not set (set it, or give a default: `${NAME:-value}`)"
            .into(),
        "f:99:7: the receiver kind `slack` is not built into this version (built: webhook)".into(),
    ];
    assert_eq!(said(text), expected);
}

#[test]
fn recordings_of_the_shop_of_the_documentation_can_be_checked() {
    let text = include_str!("../../../../docs/plumbline.example.yaml");
    let config = parse("f", text, &|_| None, Purpose::Offline).unwrap_or_else(|problems| panic!("{problems}"));
    assert!(config.file.sources.values().all(validate::is_built));
    let order = config.rules.entities.iter().find(|entity| entity.name.as_str() == "order").unwrap();
    let cache = order.replicas.iter().find(|replica| replica.name.as_str() == "order-cache").unwrap();
    assert!(cache.probed, "it can still only be asked, so nothing is held against it for want of an answer");
}
