"""What a function calls besides the engines: Parameter Store, EventBridge, S3 for CloudFormation's answers, and a GMC
that listens elsewhere."""

import json
import socket
import ssl
import subprocess
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


class Answers:
    """Where CloudFormation is answered: takes what is put there over HTTPS, by a certificate of an authority of its own."""

    def __init__(self, host, work):
        self.answers = []
        self.authority = work / "authority.pem"
        certificate = _certificate(host, work, self.authority)
        server = ThreadingHTTPServer((host, 0), self._handler())
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        self.url = f"https://{host}:{server.server_port}/answer?signature=local"
        threading.Thread(target=server.serve_forever, daemon=True).start()

    def _handler(answers):
        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self):
                answers.answers.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *_):
                pass

        return Handler


def _certificate(host, work, authority):
    """A certificate for an address, and its key; whoever trusts `authority` trusts it."""
    key, certificate, asked, more = (work / name for name in ("tls.key", "tls.pem", "tls.csr", "tls.ext"))
    authority_key = work / "authority.key"
    more.write_text(f"subjectAltName=IP:{host}\nbasicConstraints=critical,CA:FALSE\n")
    new_key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    for command in (
        ["req", "-x509", *new_key, "-keyout", authority_key, "-out", authority, "-days", "2", "-subj", "/CN=sam-local"],
        ["req", *new_key, "-keyout", key, "-out", asked, "-subj", f"/CN={host}"],
        ["x509", "-req", "-in", asked, "-CA", authority, "-CAkey", authority_key, "-CAcreateserial", "-days", "2",
         "-extfile", more, "-out", certificate],
    ):  # fmt: skip
        subprocess.run(["openssl", *map(str, command)], check=True, capture_output=True)
    return certificate, key


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
