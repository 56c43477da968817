"""Sends traces by OpenTelemetry's SDK: a request that calls another service, which writes to a topic and takes from it.

usage: otel_spans.py grpc|http ENDPOINT COUNT
Prints {"traces": [hex trace ids], "spans": n}.
"""

import json
import sys

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExportResult
from opentelemetry.trace import SpanKind, Status, StatusCode


class Checked:
    """An exporter that remembers whether everything was taken: the SDK itself only logs it."""

    def __init__(self, inner):
        self.inner = inner
        self.failed = 0

    def export(self, spans):
        result = self.inner.export(spans)
        self.failed += result is not SpanExportResult.SUCCESS
        return result

    def __getattr__(self, name):
        return getattr(self.inner, name)


def exporter(protocol, endpoint):
    if protocol == "grpc":
        return GrpcExporter(endpoint=endpoint, insecure=True)
    return HttpExporter(endpoint=f"{endpoint}/v1/traces", compression=Compression.Gzip)


def main():
    protocol, endpoint, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    checked = Checked(exporter(protocol, endpoint))
    tracers = {}
    for service in ("front", "back"):
        resource = Resource.create({"service.name": service, "service.version": "1.2.3"})
        provider = TracerProvider(resource=resource)
        provider.add_span_processor(SimpleSpanProcessor(checked))
        tracers[service] = provider.get_tracer("foreign")

    traces, spans = [], 0
    for number in range(count):
        with tracers["front"].start_as_current_span("GET /cart", kind=SpanKind.SERVER) as root:
            traces.append(f"{root.get_span_context().trace_id:032x}")
            with tracers["front"].start_as_current_span("GET /items", kind=SpanKind.CLIENT):
                with tracers["back"].start_as_current_span("GET /items", kind=SpanKind.SERVER) as served:
                    served.set_attribute("shop.number", number)
                    served.add_event("looked up")
                    if number % 5 == 4:
                        served.set_status(Status(StatusCode.ERROR, "no such item"))
            with tracers["front"].start_as_current_span("send visits", kind=SpanKind.PRODUCER) as sent:
                sent.set_attribute("messaging.system", "kafka")
                sent.set_attribute("messaging.destination.name", "visits")
            link = trace.Link(sent.get_span_context())
        with tracers["back"].start_as_current_span("process visits", kind=SpanKind.CONSUMER, links=[link]):
            pass
        spans += 5
    checked.shutdown()
    if checked.failed:
        sys.exit(f"{checked.failed} exports failed")
    print(json.dumps({"traces": traces, "spans": spans}))


main()
