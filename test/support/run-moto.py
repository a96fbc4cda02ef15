"""Runs moto on a free port of loopback, and says which on standard output. Ends with the process that started it."""
import ctypes
import os
import signal

import moto
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
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    app = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=KeepAlive)
    os.environ["MOTO_PORT"] = str(server.server_port)
    print(server.server_port, flush=True)
    server.serve_forever()


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
