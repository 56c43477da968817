"""Sends CloudEvents by the CloudEvents SDK in the three modes of the HTTP binding.

usage: cloudevents_send.py URL binary|structured|batched [TOKEN]     with the events on standard input:
a JSON array of {"attributes": {…}, "data": …}. Prints {"status": n, "sent": n}.
"""

import json
import sys
from datetime import datetime

import requests
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent


def read(given):
    attributes = dict(given["attributes"])
    if "time" in attributes:
        attributes["time"] = datetime.fromisoformat(attributes["time"].replace("Z", "+00:00"))
    attributes.setdefault("datacontenttype", "application/json")
    return CloudEvent(attributes=attributes, data=given["data"])


def main():
    url, mode = sys.argv[1], sys.argv[2]
    authorization = {"authorization": f"Bearer {sys.argv[3]}"} if len(sys.argv) > 3 else {}
    events = [read(given) for given in json.load(sys.stdin)]
    if mode == "batched":
        bodies = [to_structured_event(event).body.decode() for event in events]
        kind = {"content-type": "application/cloudevents-batch+json"}
        requests_to_send = [(kind, ("[" + ",".join(bodies) + "]").encode())]
    else:
        to_message = to_binary_event if mode == "binary" else to_structured_event
        messages = [to_message(event) for event in events]
        requests_to_send = [(dict(message.headers), message.body) for message in messages]
    status = 0
    for headers, body in requests_to_send:
        response = requests.post(url, headers={**headers, **authorization}, data=body, timeout=30)
        if not response.ok:
            sys.exit(f"{response.status_code}: {response.text}")
        status = response.status_code
    print(json.dumps({"status": status, "sent": len(events)}))


main()
