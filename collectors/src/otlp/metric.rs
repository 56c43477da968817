//! Points of metrics. Gauges and sums give their value; histograms and summaries give their count and sum, which is what
//! rates and means are made of.

use compact_str::{CompactString, format_compact};
use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    metrics::v1::{Metric, NumberDataPoint, metric::Data, number_data_point},
};
use plumbline_model::{
    SourceTime,
    observation::{Cause, Fact, MetricFact, Route},
};
use prost::Message;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::{
    Intake,
    attribute::{MAX_NAME_BYTES, Sender},
    value,
};
use crate::mapping::time::{EXPECTED, plausible};

/// The flag of a point that says that there was no value (OTLP `DataPointFlags`).
const NO_RECORDED_VALUE: u32 = 1;

/// The points of one request, numbered.
struct Points<'a, 'b> {
    intake: &'a mut Intake<'b>,
    request_hash: u64,
    ordinal: u64,
}

/// One metric, where its points stand, and who sent it.
struct Of<'a> {
    sender: &'a Sender,
    name: CompactString,
    unit: CompactString,
    place: &'a dyn Fn() -> String,
}

pub(super) fn take(request: ExportMetricsServiceRequest, body: &[u8], intake: &mut Intake<'_>) {
    let mut points = Points { intake, request_hash: xxh3_64(body), ordinal: 0 };
    for (of_resource, resource) in request.resource_metrics.into_iter().enumerate() {
        let sender = Sender::of(resource.resource.as_ref());
        for (of_scope, scope) in resource.scope_metrics.into_iter().enumerate() {
            for (index, metric) in scope.metrics.into_iter().enumerate() {
                let place = || format!("resourceMetrics[{of_resource}].scopeMetrics[{of_scope}].metrics[{index}]");
                if !points.intake.is_unreadable(place) {
                    one(metric, &sender, &place, &mut points);
                }
            }
        }
    }
}

fn one(metric: Metric, sender: &Sender, place: &dyn Fn() -> String, points: &mut Points<'_, '_>) {
    let name = value::cut(CompactString::from(metric.name), MAX_NAME_BYTES).0;
    let unit = value::cut(CompactString::from(metric.unit), MAX_NAME_BYTES).0;
    let of = Of { sender, name, unit, place };
    match metric.data {
        Some(Data::Gauge(gauge)) => gauge.data_points.iter().for_each(|it| points.number(&of, it)),
        Some(Data::Sum(sum)) => sum.data_points.iter().for_each(|it| points.number(&of, it)),
        Some(Data::Histogram(histogram)) => {
            let each = histogram.data_points.iter();
            each.for_each(|it| points.distribution(&of, it, it.time_unix_nano, it.flags, it.count, it.sum));
        }
        Some(Data::ExponentialHistogram(histogram)) => {
            let each = histogram.data_points.iter();
            each.for_each(|it| points.distribution(&of, it, it.time_unix_nano, it.flags, it.count, it.sum));
        }
        Some(Data::Summary(summary)) => {
            let each = summary.data_points.iter();
            each.for_each(|it| points.distribution(&of, it, it.time_unix_nano, it.flags, it.count, Some(it.sum)));
        }
        None => points.intake.reject(
            &Metric { name: of.name.to_string(), ..Metric::default() },
            place,
            "the metric has no data".to_owned(),
            "a gauge, sum, histogram or summary",
        ),
    }
}

impl Points<'_, '_> {
    fn number(&mut self, of: &Of<'_>, point: &NumberDataPoint) {
        let value = match point.value {
            Some(number_data_point::Value::AsDouble(value)) => value,
            Some(number_data_point::Value::AsInt(value)) => value as f64,
            None if point.flags & NO_RECORDED_VALUE != 0 => return,
            None => {
                return self.intake.reject(point, of.place, "a point has no value".to_owned(), "asDouble or asInt");
            }
        };
        self.point(of, point, point.time_unix_nano, of.name.clone(), value);
    }

    fn distribution(
        &mut self,
        of: &Of<'_>,
        part: &impl Message,
        time_ns: u64,
        flags: u32,
        count: u64,
        sum: Option<f64>,
    ) {
        if flags & NO_RECORDED_VALUE != 0 {
            return;
        }
        self.point(of, part, time_ns, format_compact!("{}.count", of.name), count as f64);
        if let Some(sum) = sum {
            self.point(of, part, time_ns, format_compact!("{}.sum", of.name), sum);
        }
    }

    fn point(&mut self, of: &Of<'_>, part: &impl Message, time_ns: u64, name: CompactString, value: f64) {
        if !value.is_finite() {
            return self.intake.reject(part, of.place, format!("a point has the value {value}"), "a finite number");
        }
        let ident = xxh3_64_with_seed(&self.ordinal.to_le_bytes(), self.request_hash);
        self.ordinal += 1;
        let told = SourceTime(i64::try_from(time_ns).unwrap_or(i64::MAX));
        let at = match plausible(told, self.intake.arrival.received) {
            Ok(at) => at,
            Err(reason) => {
                return self.intake.reject(part, || format!("{}.timeUnixNano", (of.place)()), reason, EXPECTED);
            }
        };
        let service = of.sender.service.clone();
        let cause = Cause { service: Some(service.clone()), ..Cause::default() };
        let fact = MetricFact { service, name, unit: of.unit.clone(), value };
        self.intake.accept(at, ident, Route::None, cause, Fact::Metric(Box::new(fact)));
    }
}
