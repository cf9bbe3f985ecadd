"""paho against Nexo: both versions, every QoS, retained, properties, takeover. The port is the argument."""

import queue
import sys

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

PORT = int(sys.argv[1])
PATIENCE = 20


class Client:
    def __init__(self, name, version):
        # The constructor of paho 2 asks which callbacks it is to call.
        arguments = {"client_id": name, "protocol": version}
        if hasattr(mqtt, "CallbackAPIVersion"):
            arguments["callback_api_version"] = mqtt.CallbackAPIVersion.VERSION1
        self.paho = mqtt.Client(**arguments)
        self.messages = queue.Queue()
        self.events = queue.Queue()
        self.paho.on_message = lambda client, data, message: self.messages.put(message)
        self.paho.on_connect = lambda *_: self.events.put("connected")
        self.paho.on_subscribe = lambda *_: self.events.put("subscribed")
        self.paho.on_disconnect = lambda *_: self.events.put("disconnected")
        self.paho.connect("127.0.0.1", PORT, keepalive=30)
        self.paho.loop_start()
        self.expect("connected")

    def expect(self, event):
        while self.events.get(timeout=PATIENCE) != event:
            pass

    def subscribe(self, topic, quality):
        self.paho.subscribe(topic, quality)
        self.expect("subscribed")

    def publish(self, topic, body, quality, retain=False, properties=None):
        self.paho.publish(topic, body, quality, retain, properties).wait_for_publish()

    def receive(self):
        message = self.messages.get(timeout=PATIENCE)
        return message.topic, message.payload.decode(), message.qos, message.retain

    def end(self):
        self.paho.disconnect()
        self.paho.loop_stop()


for version in (mqtt.MQTTv311, mqtt.MQTTv5):
    subscriber = Client(f"subscriber-{version}", version)
    publisher = Client(f"publisher-{version}", version)
    subscriber.subscribe(f"p/{version}/#", 2)
    for i in range(300):
        publisher.publish(f"p/{version}/{i}", f"{i}", i % 3)
    received = sorted((subscriber.receive() for _ in range(300)), key=lambda message: int(message[1]))
    assert received == [(f"p/{version}/{i}", f"{i}", i % 3, False) for i in range(300)], received

    publisher.publish(f"kept/{version}", "here", 1, retain=True)
    subscriber.subscribe(f"kept/{version}", 2)
    assert subscriber.receive() == (f"kept/{version}", "here", 1, True)

    large = "x" * 1_000_000
    publisher.publish(f"p/{version}/large", large, 2)
    assert subscriber.receive() == (f"p/{version}/large", large, 2, False)

    again = Client(f"subscriber-{version}", version)
    subscriber.paho.reconnect_delay_set(60, 60)
    subscriber.expect("disconnected")
    subscriber.paho.loop_stop()
    again.end()
    publisher.end()

user = Client("user", mqtt.MQTTv5)
user.subscribe("properties", 1)
properties = Properties(PacketTypes.PUBLISH)
properties.ContentType = "text/plain"
properties.CorrelationData = b"\x00\xff"
properties.ResponseTopic = "answers"
properties.MessageExpiryInterval = 60
properties.UserProperty = [("a", "1"), ("a", "2")]
user.publish("properties", "body", 1, properties=properties)
got = user.messages.get(timeout=PATIENCE).properties
assert (got.ContentType, got.CorrelationData, got.ResponseTopic) == ("text/plain", b"\x00\xff", "answers")
assert got.UserProperty == [("a", "1"), ("a", "2")] and 50 <= got.MessageExpiryInterval <= 60
user.end()
