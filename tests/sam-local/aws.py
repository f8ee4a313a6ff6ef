"""What a function calls besides the engines: Parameter Store, EventBridge, and a GMC that listens elsewhere."""

import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Services:
    """Parameter Store and EventBridge with one rule, as JSON over HTTP; requests are not checked for who signed them."""

    def __init__(self, host, parameters):
        self.parameters = dict(parameters)
        self.as_deployed()
        server = ThreadingHTTPServer((host, 0), self._handler())
        self.url = f"http://{host}:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def as_deployed(self):
        """The rule as the template makes it."""
        self.rule = {"Name": "nightly", "ScheduleExpression": "cron(0 0 1 1 ? 2199)", "State": "DISABLED"}

    def answer(self, operation, request):
        """The status and the body that answer an operation."""
        match operation:
            case "AmazonSSM.GetParameter":
                name = request["Name"]
                if name not in self.parameters:
                    return 400, {"__type": "ParameterNotFound", "message": f"there is no parameter {name}"}
                return 200, {"Parameter": {"Name": name, "Type": "String", "Value": self.parameters[name]}}
            case "AWSEvents.DescribeRule":
                return 200, self.rule
            case "AWSEvents.PutRule":
                self.rule = {name: value for name, value in request.items() if value is not None}
                return 200, {"RuleArn": "arn:aws:events:eu-west-2:123456789012:rule/nightly"}
        return 400, {"__type": "UnknownOperationException", "message": operation}

    def _handler(services):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                request = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
                status, body = services.answer(self.headers.get("X-Amz-Target", ""), request)
                text = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Type", "application/x-amz-json-1.1")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_):
                pass

        return Handler


def forward(host, to):
    """Listens on a free port of `host` and passes every connection on to a port of 127.0.0.1; returns the port."""
    listener = socket.create_server((host, 0))

    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, sink):
                try:
                    end.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def accept():
        while True:
            client, _ = listener.accept()
            server = socket.create_connection(("127.0.0.1", to))
            for pair in ((client, server), (server, client)):
                threading.Thread(target=pump, args=pair, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return listener.getsockname()[1]
