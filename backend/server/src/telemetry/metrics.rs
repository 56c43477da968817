//! What `/metrics` tells, exported by OTLP as well: the same figures under the same names, read when the exporter asks. A
//! histogram goes out as its count and its sum, because finished buckets cannot be handed to OpenTelemetry's SDK.

use std::sync::Arc;

use opentelemetry::{KeyValue, metrics::Meter};

use crate::metrics::{Figure, Kind, Metrics};

/// Lets the meter's exporter read the figures. Without an exporter nothing ever asks.
pub fn export(metrics: &Arc<Metrics>, meter: &Meter) {
    for figure in metrics.figures() {
        let name = figure.name.replacen('_', ".", 1);
        match figure.kind {
            Kind::Counter => counter(metrics, meter, name, figure, "_total"),
            Kind::Histogram => {
                counter(metrics, meter, format!("{name}.count"), figure, "_count");
                counter(metrics, meter, format!("{name}.sum"), figure, "_sum");
            }
            Kind::Gauge => {
                let (metrics, sample) = (Arc::clone(metrics), figure.name.clone());
                meter
                    .f64_observable_gauge(name)
                    .with_description(figure.help)
                    .with_callback(move |out| {
                        each(&metrics.text(), &sample, |value, labels| out.observe(value, labels));
                    })
                    .build();
            }
        }
    }
}

fn counter(metrics: &Arc<Metrics>, meter: &Meter, name: String, figure: &Figure, suffix: &str) {
    let (metrics, sample) = (Arc::clone(metrics), format!("{}{suffix}", figure.name));
    meter
        .f64_observable_counter(name)
        .with_description(figure.help)
        .with_callback(move |out| each(&metrics.text(), &sample, |value, labels| out.observe(value, labels)))
        .build();
}

/// The samples of one name in an exposition: `name{label="value",…} 1.5`.
fn each(text: &str, name: &str, mut tell: impl FnMut(f64, &[KeyValue])) {
    for line in text.lines() {
        let Some(rest) = line.strip_prefix(name) else { continue };
        let (labels, value) = match rest.strip_prefix('{').and_then(|rest| rest.rsplit_once("} ")) {
            Some((labels, value)) => (labels, value),
            None if rest.starts_with(' ') => ("", rest.trim_start()),
            None => continue,
        };
        let Ok(value) = value.parse() else { continue };
        tell(value, &read_labels(labels));
    }
}

/// Reads `source="a\"b",…`: backslashes hide quotes, backslashes and line ends.
fn read_labels(mut text: &str) -> Vec<KeyValue> {
    let mut labels = Vec::new();
    while let Some((name, rest)) = text.split_once("=\"") {
        let mut value = String::new();
        let mut letters = rest.chars();
        while let Some(letter) = letters.next() {
            match letter {
                '"' => break,
                '\\' => value.extend(letters.next().map(|hidden| if hidden == 'n' { '\n' } else { hidden })),
                plain => value.push(plain),
            }
        }
        labels.push(KeyValue::new(name.trim_start_matches(',').to_owned(), value));
        text = letters.as_str();
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_read_with_their_labels() {
        let text = "# TYPE a counter\na_total{source=\"x\"} 2\na_total{source=\"q\\\"\\\\,y\",b=\"z\"} 3.5\nab_total 9\n# EOF\n";
        let mut said = Vec::new();
        each(text, "a_total", |value, labels| {
            let labels: Vec<String> = labels.iter().map(|it| format!("{}={}", it.key, it.value)).collect();
            said.push(format!("{value} {}", labels.join(" ")));
        });
        assert_eq!(said, ["2 source=x", "3.5 source=q\"\\,y b=z"]);
        each(text, "ab_total", |value, labels| assert_eq!((value, labels.len()), (9.0, 0)));
    }

    #[test]
    fn every_figure_is_found_in_the_exposition() {
        let metrics = Metrics::default();
        metrics.deliveries.inc();
        metrics.step_seconds.observe(0.5);
        metrics.queue_fill.set(0.25);
        let text = metrics.text();
        let found = |sample: &str| {
            let mut values = Vec::new();
            each(&text, sample, |value, _| values.push(value));
            values
        };
        assert_eq!(found("plumbline_deliveries_total"), [1.0]);
        assert_eq!(
            (found("plumbline_step_seconds_count"), found("plumbline_step_seconds_sum")),
            (vec![1.0], vec![0.5])
        );
        assert_eq!(found("plumbline_queue_fill_ratios"), [0.25]);
        for figure in metrics.figures() {
            assert!(
                text.contains(&format!("# TYPE {} ", figure.name)) || figure.labelled,
                "{} is not told",
                figure.name
            );
        }
    }
}
