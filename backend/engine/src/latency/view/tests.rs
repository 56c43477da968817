//! The page of a trace: its rows in order, and sums that agree with one another.

use plumbline_model::{
    Lag,
    trace::{RowMark, TraceRow, TraceView},
};

use super::trace_view;
use crate::latency::notation::{cases, ms_text, place_text, spans};

const CHECKOUT: &str = "
gateway POST /checkout 0..100
  client gateway POST 10..90
    orders POST /orders 12..95 fails
      producer orders publish 40..50 -> topic shop.orders #p
        consumer view process 80..200
          client view UPSERT 90..190 -> db view-db
      client orders COMMIT 60..80 -> db orders-db
consumer mail process 70..120 trace=2 link=p
";

fn rows_text(view: &TraceView) -> Vec<String> {
    let row = |row: &TraceRow| match row {
        TraceRow::Span(it) => {
            let marks: Vec<_> = it
                .marks
                .iter()
                .map(|mark| match mark {
                    RowMark::Asynchronous => " async".to_owned(),
                    RowMark::Clamped { by } => format!(" clamped {}", ms_text(*by)),
                    RowMark::Overlap { by } => format!(" overlap {}", ms_text(*by)),
                    RowMark::Dropped => " dropped".to_owned(),
                    RowMark::MissingParent => " orphan".to_owned(),
                    RowMark::Cycle => " cycle".to_owned(),
                })
                .collect();
            format!(
                "row {} {} {} +{} {} request {} operation {} below {}{}{}",
                it.depth,
                it.service,
                it.operation,
                ms_text(it.offset),
                ms_text(it.duration),
                ms_text(it.on_request),
                ms_text(it.on_operation),
                it.descendants,
                if it.failed { " failed" } else { "" },
                marks.concat(),
            )
        }
        TraceRow::Topic(it) => format!(
            "row {} {} ~ {} +{} {} operation {}",
            it.depth,
            it.topic,
            it.to,
            ms_text(it.offset),
            ms_text(it.duration),
            ms_text(it.on_operation),
        ),
    };
    view.rows.iter().map(row).collect()
}

#[test]
fn rows_stand_below_what_set_them_off_with_topics_above_their_consumers() {
    let view = trace_view(&spans(CHECKOUT));
    assert_eq!(
        rows_text(&view),
        [
            "row 0 gateway POST /checkout +0 100 request 20 operation 10 below 9",
            "row 1 gateway POST +10 80 request 2 operation 2 below 8",
            "row 2 orders POST /orders +12 83 request 48 operation 28 below 7 failed clamped 5",
            "row 3 orders publish +40 10 request 10 operation 10 below 5",
            "row 4 shop.orders ~ mail +50 20 operation 0",
            "row 4 mail process +70 50 request 50 operation 0 below 0 async",
            "row 4 shop.orders ~ view +50 30 operation 30",
            "row 4 view process +80 120 request 20 operation 20 below 1 async",
            "row 5 view UPSERT +90 100 request 100 operation 100 below 0",
            "row 3 orders COMMIT +60 20 request 20 operation 0 below 0",
        ]
    );
}

#[test]
fn places_sum_to_the_path_and_are_sorted() {
    let view = trace_view(&spans(CHECKOUT));
    let operation = view.operation.as_ref().unwrap();
    let places: Vec<_> = operation
        .places
        .iter()
        .map(|it| format!("{} {} {}", place_text(&it.place), ms_text(it.time), it.share_ppm))
        .collect();
    assert_eq!(
        places,
        [
            "view -> db view-db 100 500000",
            "shop.orders -> topic view 30 150000",
            "orders POST /orders 28 140000",
            "view process 20 100000",
            "gateway POST /checkout 10 50000",
            "orders -> topic shop.orders 10 50000",
            "gateway -> orders 2 10000",
        ]
    );
    assert_eq!(operation.uncertain, Lag::from_millis(5), "the server stuck out of its client by 5 ms");
    for path in view.requests.iter().chain(&view.operation) {
        let sum: i64 = path.places.iter().map(|it| it.time.0).sum();
        assert_eq!(Lag(sum), path.end.since(path.start));
    }
}

#[test]
fn the_head_says_what_the_trace_is() {
    let view = trace_view(&spans(CHECKOUT));
    let services: Vec<_> = view.services.iter().map(|it| it.as_str()).collect();
    assert_eq!(services, ["gateway", "orders", "mail", "view"]);
    assert_eq!((view.spans, view.errors, view.incomplete), (8, 1, false));
    assert_eq!(view.end.since(view.start), Lag::from_millis(200));
    assert!(trace_view(&spans("orders GET / 0..9 parent=nobody")).incomplete);
    assert_eq!(trace_view(&[]), TraceView::default());
}

#[test]
fn every_span_of_every_case_has_its_row_and_its_time_once() {
    let tables = [
        include_str!("../path/cases/sequence.txt"),
        include_str!("../path/cases/clocks.txt"),
        include_str!("../path/cases/edges.txt"),
        include_str!("../path/cases/asynchronous.txt"),
        include_str!("../path/cases/broken.txt"),
        include_str!("../path/cases/operation.txt"),
    ];
    for case in tables.into_iter().flat_map(cases) {
        let view = trace_view(&case.spans);
        let rows: Vec<_> =
            view.rows.iter().filter_map(|row| if let TraceRow::Span(it) = row { Some(it) } else { None }).collect();
        assert_eq!(rows.len(), case.spans.len(), "{}", case.why);
        let on_requests: i64 = rows.iter().map(|row| row.on_request.0).sum();
        let requests: i64 = view.requests.iter().map(|path| path.end.since(path.start).0).sum();
        assert_eq!(on_requests, requests, "{}", case.why);
    }
}
