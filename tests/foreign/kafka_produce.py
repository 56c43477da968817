"""Produces to Kafka by kafka-python, which shares no code with librdkafka.

usage: kafka_produce.py BOOTSTRAP TOPIC     with the records on standard input:
a JSON array of {"key": text|null, "value": any|null, "headers": {name: text}, "partition": n|null}.
Prints {"offsets": [[partition, offset], …]}.
"""

import json
import sys

from kafka import KafkaProducer


def main():
    bootstrap, topic = sys.argv[1], sys.argv[2]
    # lz4, snappy and zstd need libraries of their own; gzip is compressed by Python itself.
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all", compression_type="gzip", linger_ms=20)
    sent = []
    for record in json.load(sys.stdin):
        value = record.get("value")
        sent.append(
            producer.send(
                topic,
                key=record["key"].encode() if record.get("key") is not None else None,
                value=json.dumps(value).encode() if value is not None else None,
                headers=[(name, text.encode()) for name, text in record.get("headers", {}).items()],
                partition=record.get("partition"),
            )
        )
    producer.flush(30)
    offsets = [(done.partition, done.offset) for done in (future.get(30) for future in sent)]
    producer.close()
    print(json.dumps({"offsets": offsets}))


main()
