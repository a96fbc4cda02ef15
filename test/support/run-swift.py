"""Runs OpenStack Swift with its S3 interface, all its servers in one process, on free ports of loopback.

The first argument is the folder for everything it keeps. Says the port of the S3 interface on standard output, and
ends with the process that started it.
"""
import ctypes
import os
import signal
import sys
import time
from array import array

ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG

import eventlet  # noqa: E402

eventlet.patcher.monkey_patch(all=False, socket=True, select=True, thread=True)

from eventlet import wsgi  # noqa: E402
from swift.account import server as account_server  # noqa: E402
from swift.common import utils  # noqa: E402
from swift.common.ring import RingData  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402
from swift.container import server as container_server  # noqa: E402
from swift.obj import server as object_server  # noqa: E402

PROXY = """
[DEFAULT]
swift_dir = {folder}
log_name = proxy
[pipeline:main]
pipeline = catch_errors gatekeeper listing_formats s3api tempauth bulk slo dlo copy proxy-server
[app:proxy-server]
use = egg:swift#proxy
allow_account_management = true
account_autocreate = true
[filter:catch_errors]
use = egg:swift#catch_errors
[filter:gatekeeper]
use = egg:swift#gatekeeper
[filter:listing_formats]
use = egg:swift#listing_formats
[filter:s3api]
use = egg:swift#s3api
location = us-east-1
s3_acl = false
check_bucket_owner = false
min_segment_size = 1
[filter:tempauth]
use = egg:swift#tempauth
user_test_tester = a-secret-of-tests-that-no-output-may-show .admin
[filter:bulk]
use = egg:swift#bulk
[filter:slo]
use = egg:swift#slo
rate_limit_after_segment = 1000
[filter:dlo]
use = egg:swift#dlo
[filter:copy]
use = egg:swift#copy
"""


def main(folder):
    utils.HASH_PATH_SUFFIX = b"suffix"
    utils.HASH_PATH_PREFIX = b"prefix"
    utils.validate_hash_conf = lambda: None
    with open(os.path.join(folder, "swift.conf"), "w") as conf:
        conf.write("[swift-hash]\nswift_hash_path_suffix = suffix\nswift_hash_path_prefix = prefix\n")
        conf.write("[storage-policy:0]\nname = only\ndefault = yes\n")
    utils.SWIFT_CONF_FILE = os.path.join(folder, "swift.conf")
    os.makedirs(os.path.join(folder, "devices", "sda1"), exist_ok=True)
    listeners = {name: eventlet.listen(("127.0.0.1", 0)) for name in ("account", "container", "object")}
    for name, listener in listeners.items():
        write_ring(folder, name, listener.getsockname()[1])
    conf = {
        "devices": os.path.join(folder, "devices"),
        "swift_dir": folder,
        "mount_check": "false",
        "fallocate_reserve": "0",
        "disable_fallocate": "true",
        "bind_ip": "127.0.0.1",
    }
    quiet = {"log_output": False}
    serve(listeners["account"], account_server.AccountController(conf), quiet)
    serve(listeners["container"], container_server.ContainerController(conf), quiet)
    serve(listeners["object"], object_server.ObjectController(conf), quiet)
    with open(os.path.join(folder, "proxy-server.conf"), "w") as proxy:
        proxy.write(PROXY.format(folder=folder))
    front = eventlet.listen(("127.0.0.1", 0), backlog=128)
    app = loadapp(os.path.join(folder, "proxy-server.conf"))
    cache = Cache()

    def with_cache(env, start_response):
        env["swift.cache"] = cache
        return app(env, start_response)

    print(front.getsockname()[1], flush=True)
    wsgi.server(front, with_cache, **quiet, max_size=256)


class Cache:
    """What Swift asks of memcached, without one."""

    def __init__(self):
        self.entries = {}

    def get(self, key, **_):
        value, until = self.entries.get(key, (None, 0))
        return value if time.monotonic() < until else None

    def set(self, key, value, time=0, **_):
        self.entries[key] = (value, now() + (time or 60))

    def delete(self, key, **_):
        self.entries.pop(key, None)

    def incr(self, key, delta=1, time=0, **_):
        value = (self.get(key) or 0) + int(delta)
        self.set(key, value, time=time)
        return value

    def get_multi(self, keys, *_, **__):
        return [self.get(key) for key in keys]

    def set_multi(self, mapping, *_, time=0, **__):
        for key, value in mapping.items():
            self.set(key, value, time=time)


def now():
    return time.monotonic()


def write_ring(folder, name, port):
    device = {
        "id": 0, "zone": 0, "region": 1, "device": "sda1", "weight": 1.0,
        "ip": "127.0.0.1", "port": port, "replication_ip": "127.0.0.1", "replication_port": port, "meta": "",
    }
    RingData([array("H", [0, 0])], [device], 31).save(os.path.join(folder, name + ".ring.gz"))


def serve(listener, app, options):
    eventlet.spawn(wsgi.server, listener, app, **options, max_size=256)


main(sys.argv[1])
