//! `ExportMetricsServiceRequest`: of distributions only count and sum, which is what is kept of them.

use opentelemetry_proto::tonic::{
    collector::metrics::v1::ExportMetricsServiceRequest,
    metrics::v1::{self as proto, metric, number_data_point},
};
use serde::Deserialize;

use super::{
    common::Resource,
    scalar::{Double, Int, Unsigned, nullable},
};

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
pub(in crate::otlp) struct Metrics {
    #[serde(deserialize_with = "nullable")]
    resource_metrics: Vec<ResourceMetrics>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ResourceMetrics {
    resource: Option<Resource>,
    #[serde(deserialize_with = "nullable")]
    scope_metrics: Vec<ScopeMetrics>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ScopeMetrics {
    #[serde(deserialize_with = "nullable")]
    metrics: Vec<Metric>,
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
    #[serde(deserialize_with = "nullable")]
    data_points: Vec<Point>,
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

impl From<Metrics> for ExportMetricsServiceRequest {
    fn from(metrics: Metrics) -> Self {
        Self { resource_metrics: metrics.resource_metrics.into_iter().map(Into::into).collect() }
    }
}

impl From<ResourceMetrics> for proto::ResourceMetrics {
    fn from(of_resource: ResourceMetrics) -> Self {
        let scopes = of_resource.scope_metrics.into_iter().map(|scope| proto::ScopeMetrics {
            metrics: scope.metrics.into_iter().map(Into::into).collect(),
            ..proto::ScopeMetrics::default()
        });
        Self { resource: of_resource.resource.map(Into::into), scope_metrics: scopes.collect(), ..Self::default() }
    }
}

impl From<Metric> for proto::Metric {
    fn from(metric: Metric) -> Self {
        let data = if let Some(points) = metric.gauge {
            Some(metric::Data::Gauge(proto::Gauge { data_points: points.numbers() }))
        } else if let Some(points) = metric.sum {
            Some(metric::Data::Sum(proto::Sum { data_points: points.numbers(), ..proto::Sum::default() }))
        } else {
            let points = metric.histogram.or(metric.exponential_histogram).or(metric.summary);
            points.map(|points| metric::Data::Histogram(points.distributions()))
        };
        Self { name: metric.name, unit: metric.unit, data, ..Self::default() }
    }
}

impl Points {
    fn numbers(self) -> Vec<proto::NumberDataPoint> {
        let number = |point: Point| {
            let double = point.as_double.map(|it| number_data_point::Value::AsDouble(it.0));
            let value = double.or(point.as_int.map(|it| number_data_point::Value::AsInt(it.0)));
            proto::NumberDataPoint {
                time_unix_nano: point.time_unix_nano.0,
                flags: point.flags,
                value,
                ..proto::NumberDataPoint::default()
            }
        };
        self.data_points.into_iter().map(number).collect()
    }

    fn distributions(self) -> proto::Histogram {
        let distribution = |point: Point| proto::HistogramDataPoint {
            time_unix_nano: point.time_unix_nano.0,
            flags: point.flags,
            count: point.count.0,
            sum: point.sum.map(|it| it.0),
            ..proto::HistogramDataPoint::default()
        };
        let data_points = self.data_points.into_iter().map(distribution).collect();
        proto::Histogram { data_points, ..proto::Histogram::default() }
    }
}
