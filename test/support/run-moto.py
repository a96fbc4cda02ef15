"""Runs moto on a free port of loopback, and says which on standard output. Ends with the process that started it.

What Amazon does and moto does not: a body that is cut short or does not fit its Content-MD5 is refused, and requests for
one object do not get in each other's way. What policies say is enforced when a test wants it; see moto_policies.py.
"""
import base64
import ctypes
import hashlib
import io
import os
import signal
import threading

import moto
import moto_policies
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

PR_SET_PDEATHSIG = 1
NOBODY = 65534


class KeepAlive(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code="-", size="-"):
        pass


def main():
    give_up_root()
    moto_policies.install()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    app = one_at_a_time(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=KeepAlive)
    os.environ["MOTO_PORT"] = str(server.server_port)
    print(server.server_port, flush=True)
    server.serve_forever()


def one_at_a_time(app):
    lock = threading.Lock()

    def guarded(environ, start_response):
        length = int(environ.get("CONTENT_LENGTH") or 0)
        body = environ["wsgi.input"].read(length) if length > 0 else b""
        if len(body) < length:
            return refuse(start_response, "IncompleteBody")
        if not fits(body, environ):
            return refuse(start_response, "BadDigest")
        if length > 0:
            environ["wsgi.input"] = io.BytesIO(body)
        with lock:
            moto_policies.remember(environ, body)
            return list(app(environ, start_response))

    return guarded


def fits(body, environ):
    said = environ.get("HTTP_CONTENT_MD5")
    is_chunked = environ.get("HTTP_X_AMZ_CONTENT_SHA256", "").startswith("STREAMING-")
    return said is None or is_chunked or base64.b64encode(hashlib.md5(body).digest()).decode() == said


def refuse(start_response, code):
    start_response("400 Bad Request", [("Content-Type", "application/xml"), ("Connection", "close")])
    return [f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()]


def give_up_root():
    """Unless only root can read the modules, which are loaded as they are needed."""
    if os.geteuid() != 0:
        return
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    is_readable = os.access(moto.__file__, os.R_OK, effective_ids=True)
    os.seteuid(0)
    os.setegid(0)
    if is_readable:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)


main()
