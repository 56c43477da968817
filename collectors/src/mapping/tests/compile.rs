//! Mistakes in a configuration: all of them are told, with their place and what was expected.

use super::*;

#[track_caller]
fn mistakes(yaml: &str, expected: &[&str]) {
    let errors = try_decoder(yaml).expect_err("the configuration has mistakes");
    let said: Vec<_> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(said, expected);
}

#[test]
fn a_small_configuration_is_a_complete_one() {
    decoder(
        "
sources: { events: { kafka: { brokers: ['b:1'], topics: [a, b], format: cloudevents } } }
entities:
  order:
    within: 5s
    replicas:
      orders: { source: events, match: { topic: a }, key: $.subject, fields: { status: $.data.status } }
      view: { source: events, match: { topic: b }, key: $.subject, fields: { status: $.data.status } }
",
    );
}

#[test]
fn sources_are_of_one_kind_that_is_built() {
    mistakes(
        "
sources:
  none: { clock_error: 1s }
  two: { otlp: {}, http: { path: /x } }
  later: { postgres: { url: x } }
  a/b: { file: { format: csv } }
  pushed: { http: { path: x }, capture: direct }
  twin: { http: { path: /y }, capture: direct }
  other-twin: { http: { path: /y } }
  read: { kafka: { brokers: [b, ':1'], topics: [t, t, 'x*'], format: json }, lateness: 1s }
  traces: { otlp: {} }
  more-traces: { otlp: {} }
  lags: { kafka: { brokers: ['b:1'], topics: [t], format: json, watch_groups: [g] } }
",
        &[
            "sources.none: the source has no kind; expected one of `kafka`, `http`, `otlp`, `file` (`otlp: {}` if there is nothing to say)",
            "sources.two: the source has several kinds: http, otlp; expected exactly one",
            "sources.later.postgres: `postgres` is not built yet; expected one of `kafka`, `http`, `otlp`, `file`",
            "sources.a/b: `a/b` cannot be the name of a source; expected a name without `/`, `@` and `#`: they separate the parts of an observation's id",
            "sources.pushed.http.path: `x` is not the path of an address; expected a path such as `/ingest/functions`",
            "sources.twin.capture: nobody vouches for a pushed source; expected `lateness` and `silence`",
            "sources.other-twin.http.path: the source `twin` has the same path; expected a path of its own",
            "sources.read.kafka.brokers[0]: `b` is not an address; expected `host:port`",
            "sources.read.kafka.brokers[1]: `:1` is not an address; expected `host:port`",
            "sources.read.kafka.topics[1]: `t` is listed twice; expected each topic once",
            "sources.read.kafka.topics[2]: `x*` is not the name of a topic; expected a whole name of letters, digits, `.`, `_` and `-`",
            "sources.more-traces.otlp: the source `traces` takes all that is sent by OTLP already; expected one `otlp` source",
            "sources.lags.kafka.watch_groups: the lag of other groups is not built yet; expected no `watch_groups`",
        ],
    );
}

#[test]
fn entities_name_what_exists() {
    mistakes(
        "
sources:
  events: { kafka: { brokers: ['b:1'], topics: [orders], format: cloudevents } }
  traces: { otlp: {} }
  push: { http: { path: /x } }
entities:
  order:
    within: 0s
    history: 0
    compare: { status: text, total: { decimal: 40 } }
    authority: { total: billing, state: orders }
    replicas:
      orders: { source: event, key: $.id, fields: { staus: $.x }, holds: 'true' }
      view: { source: traces, key: $.id }
      copy:
        source: events
        match: { topic: order, table: public.orders, when: 'type ==' }
        key: order.id
        fields: { status: { path: $.a, scale: 2 }, total: { cel: '1 +' } }
        deleted: ')'
      cache: { source: push, match: { topic: x }, probe: { key: 'order:{key}' } }
  empty: { within: 1s, replicas: {} }
",
        &[
            "entities.order.within: no time at all is given; expected a duration such as `5s`",
            "entities.order.history: so many writes cannot be remembered; expected a number from 1 to 10000",
            "entities.order.compare.total: the decimal has too many places; expected at most 28",
            "entities.order.authority: the authority of the other fields and of existence is not named; expected `default: REPLICA` beside the fields",
            "entities.order.authority.total: there is no replica `billing`; expected one of `orders`, `view`, `copy`, `cache`",
            "entities.order.authority.state: there is no field `state` (did you mean `status`?); expected one of `status`, `total`, `staus`",
            "entities.order.authority.state: `orders` does not map `state`; expected a replica that maps the field",
            "entities.order.replicas.orders.source: there is no source `event` (did you mean `events`?); expected one of `events`, `traces`, `push`",
            "entities.order.replicas.view.source: `traces` brings spans, logs and metrics only; expected a source of records with keys (kafka, http, file)",
            "entities.order.replicas.copy.match.topic: there is no topic `order` (did you mean `orders`?); expected one of `orders`",
            "entities.order.replicas.copy.match.table: records of `events` name no table; expected `topic`, `type` or `when`",
            "entities.order.replicas.copy.match.when: `type ==` is not CEL: it ends too early (at its character 8); expected a CEL expression that is true or false",
            "entities.order.replicas.copy.fields.status.scale: only decimals have a scale; expected a field of type `decimal`",
            "entities.order.replicas.copy.fields.total: `1 +` is not CEL: it ends too early (at its character 4); expected a JSONPath (RFC 9535) such as `$.data.id`, or `{ cel: \"…\" }`",
            "entities.order.replicas.copy.deleted: `)` is not CEL: `)` is not expected there (at its character 1); expected a CEL expression that is true or false",
            "entities.order.replicas.copy.key: `order.id` is not a JSONPath: it does not begin with `$` (did you mean `$.order.id`?); expected a JSONPath (RFC 9535) such as `$.data.id`, or `{ cel: \"…\" }`",
            "entities.order.replicas.cache.probe: `push` is no store that can be asked; expected a replica that is told of by its source's records",
            "entities.order.replicas.cache.match.topic: `push` has no topics; expected `type` or `when`",
            "entities.order.replicas.cache: the replica has no `key`; expected `key: $.id`, or where else the key is found",
            "entities.empty.replicas: there is no replica; expected the authority and at least one copy",
        ],
    );
}

#[test]
fn events_and_sagas_name_what_exists() {
    mistakes(
        "
sources:
  json: { kafka: { brokers: ['b:1'], topics: [t], format: json } }
  events: { http: { path: /x } }
events:
  - { source: jsn, type: $.t }
sagas:
  checkout: { start: '', from: json, correlate: [$.a, b], steps: [{ event: x, from: nobody }] }
",
        &[
            "events[0].source: there is no source `jsn` (did you mean `json`?); expected one of `json`, `events`",
            "sagas.checkout: an event of the saga has no name; expected the type of an event",
            "sagas.checkout.from: no record of `json` is an event; expected a source of CloudEvents, or one that `events` names",
            "sagas.checkout.steps[0].from: there is no source `nobody`; expected one of `json`, `events`",
            "sagas.checkout.correlate[1]: `b` is not a JSONPath: it does not begin with `$` (did you mean `$.b`?); expected a JSONPath (RFC 9535) such as `$.data.id`, or `{ cel: \"…\" }`",
        ],
    );
}

#[test]
fn what_hardly_matches_is_doubted_and_compiled() {
    let doubts: Vec<_> = decoder(
        "
sources:
  events: { http: { path: /x } }
  db: { kafka: { brokers: ['b:1'], topics: [t], format: debezium } }
entities:
  order:
    within: 5s
    replicas:
      orders: { source: db, match: { table: orders }, key: $.id, fields: { status: $.status } }
      copy:
        source: events
        match: { type: ['order.*', order.paid], when: tpye == 'x' }
        key: { cel: data.id }
        holds: statu == 'x'
        deleted: value.gone
        fields: { status: $.status }
",
    )
    .doubts()
    .iter()
    .map(ToString::to_string)
    .collect();
    let expected = [
        "entities.order.replicas.copy.holds: `statu` is read as a member of the record (did you mean `status`?); expected `status`, or `value.statu` for a member of the record",
        "entities.order.replicas.orders.match.table: `orders` is hardly the whole name of a table; expected the table with its schema or database (`public.orders`)",
        "entities.order.replicas.copy.match.type: `order.*` is compared whole, with its `*`; expected the whole name, or a `when` such as `type.startsWith('order.')`",
        "entities.order.replicas.copy.match.when: `tpye` is no attribute of CloudEvents: without it nothing is found (did you mean `type`?); expected `data.tpye` for what the event carries, or `value.tpye` for an extension attribute",
    ];
    assert_eq!(doubts, expected);
}

#[test]
fn a_decoder_can_be_shared_between_threads() {
    fn shared<T: Send + Sync>() {}
    shared::<Decoder>();
}
