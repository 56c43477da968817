//! `ExportMetricsServiceRequest`: of distributions only count and sum, which is what is kept of them.

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    metrics::v1::{self as proto, metric, number_data_point},
};
use serde::Deserialize;

use super::{
    Bad, Export,
    common::Resource,
    each::{Each, PlaceOf},
    scalar::{Double, Int, Unsigned, nullable},
};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::otlp) struct Metrics {
    resource_metrics: Option<Each<ResourceMetrics>>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ResourceMetrics {
    resource: Option<Resource>,
    scope_metrics: Each<ScopeMetrics>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ScopeMetrics {
    metrics: Each<Metric>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Metric {
    #[serde(deserialize_with = "nullable")]
    name: String,
    #[serde(deserialize_with = "nullable")]
    unit: String,
    gauge: Option<Points>,
    sum: Option<Points>,
    histogram: Option<Points>,
    exponential_histogram: Option<Points>,
    summary: Option<Points>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Points {
    data_points: Each<Point>,
}

/// A point of any kind: each kind has its own members.
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Point {
    #[serde(deserialize_with = "nullable")]
    time_unix_nano: Unsigned,
    #[serde(deserialize_with = "nullable")]
    flags: u32,
    as_int: Option<Int>,
    as_double: Option<Double>,
    #[serde(deserialize_with = "nullable")]
    count: Unsigned,
    sum: Option<Double>,
}

impl Export for Metrics {
    type Binary = ExportMetricsServiceRequest;
    const MEMBER: &'static str = "resourceMetrics";

    fn binary(self, bad: &mut Vec<Bad>) -> Option<ExportMetricsServiceRequest> {
        let place = || Self::MEMBER.to_owned();
        let resource_metrics = self.resource_metrics?.turn(&place, bad, ResourceMetrics::binary);
        Some(ExportMetricsServiceRequest { resource_metrics })
    }
}

impl ResourceMetrics {
    fn binary(self, place: PlaceOf<'_>, bad: &mut Vec<Bad>) -> proto::ResourceMetrics {
        let scopes = || format!("{}.scopeMetrics", place());
        proto::ResourceMetrics {
            resource: self.resource.map(Into::into),
            scope_metrics: self.scope_metrics.turn(&scopes, bad, ScopeMetrics::binary),
            ..proto::ResourceMetrics::default()
        }
    }
}

impl ScopeMetrics {
    fn binary(self, place: PlaceOf<'_>, bad: &mut Vec<Bad>) -> proto::ScopeMetrics {
        let metrics = self.metrics.turn(&|| format!("{}.metrics", place()), bad, Metric::binary);
        proto::ScopeMetrics { metrics, ..proto::ScopeMetrics::default() }
    }
}

impl Metric {
    fn binary(self, place: PlaceOf<'_>, bad: &mut Vec<Bad>) -> proto::Metric {
        let data = if let Some(points) = self.gauge {
            Some(metric::Data::Gauge(proto::Gauge { data_points: points.numbers(place, bad) }))
        } else if let Some(points) = self.sum {
            let data_points = points.numbers(place, bad);
            Some(metric::Data::Sum(proto::Sum { data_points, ..proto::Sum::default() }))
        } else {
            let points = self.histogram.or(self.exponential_histogram).or(self.summary);
            points.map(|points| metric::Data::Histogram(points.distributions(place, bad)))
        };
        proto::Metric { name: self.name, unit: self.unit, data, ..proto::Metric::default() }
    }
}

impl Points {
    fn numbers(self, place: PlaceOf<'_>, bad: &mut Vec<Bad>) -> Vec<proto::NumberDataPoint> {
        self.read(place, bad, |point| {
            let double = point.as_double.map(|it| number_data_point::Value::AsDouble(it.0));
            let value = double.or(point.as_int.map(|it| number_data_point::Value::AsInt(it.0)));
            proto::NumberDataPoint {
                time_unix_nano: point.time_unix_nano.0,
                flags: point.flags,
                value,
                ..proto::NumberDataPoint::default()
            }
        })
    }

    fn distributions(self, place: PlaceOf<'_>, bad: &mut Vec<Bad>) -> proto::Histogram {
        let data_points = self.read(place, bad, |point| proto::HistogramDataPoint {
            time_unix_nano: point.time_unix_nano.0,
            flags: point.flags,
            count: point.count.0,
            sum: point.sum.map(|it| it.0),
            ..proto::HistogramDataPoint::default()
        });
        proto::Histogram { data_points, ..proto::Histogram::default() }
    }

    /// Those that can be read: points are told by their metric, so they need not keep their numbers.
    fn read<P>(self, place: PlaceOf<'_>, bad: &mut Vec<Bad>, turn: impl Fn(Point) -> P) -> Vec<P> {
        let points = || format!("{}.dataPoints", place());
        self.data_points.turn(&points, bad, |point, _, _| Some(turn(point))).into_iter().flatten().collect()
    }
}
