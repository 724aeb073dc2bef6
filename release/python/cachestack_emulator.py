"""The emulator of cachestack for tests in Python: a process of its own on a free port.

With pytest, ask for the fixture `elasticache`; it is a fresh, empty emulator for each test::

    def test_cache(elasticache):
        client = elasticache.client("elasticache")        # wants boto3
        client.create_cache_cluster(CacheClusterId="c", CacheNodeType="cache.t4g.micro", NumCacheNodes=1, Engine="memcached")

Without pytest::

    with Emulator(speed="instant") as emulator:
        print(emulator.url)
"""

import json
import os
import shutil
import subprocess
import sysconfig
import urllib.request


def program():
    """The program: that of this Python, else the one on the PATH."""
    own = os.path.join(sysconfig.get_path("scripts"), "cachestack")
    found = own if os.path.exists(own) else shutil.which("cachestack")
    if not found:
        raise FileNotFoundError("no program `cachestack`: pip install cachestack")
    return found


class Emulator:
    """A running emulator. `speed` is instant, fast, real or a factor; `world` a file that keeps what there is."""

    def __init__(self, speed="instant", world=None, faults=None):
        options = ["--listen", "127.0.0.1:0", "--speed", str(speed)]
        options += ["--world", str(world)] if world else []
        options += ["--faults", json.dumps(faults)] if faults else []
        self._process = subprocess.Popen([program(), "emulate", *options], stdout=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        urls = [word for word in line.split() if word.startswith("http://")]
        if not urls:
            self.close()
            raise RuntimeError(f"the emulator did not start: {line.strip()}")
        self.url = urls[0]

    def client(self, service, region="us-east-1"):
        """A client of boto3 for a service: elasticache, ec2, cloudwatch, logs, sns, sts and the others it has."""
        import boto3

        keys = {"aws_access_key_id": "000000000000", "aws_secret_access_key": "test"}
        return boto3.client(service, region_name=region, endpoint_url=self.url, **keys)

    def control(self, method, path, document=None):
        """Calls the emulator's own API, `/_cachestack/...`; answers its JSON."""
        request = urllib.request.Request(f"{self.url}/_cachestack/{path}", method=method)
        request.add_header("X-Cachestack-Control", "1")
        data = json.dumps(document).encode() if document is not None else None
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, data) as answer:
            text = answer.read().decode()
        return json.loads(text) if text.strip() else None

    def advance(self, seconds):
        """Lets time pass: creations come to their end, windows and daily snapshots follow."""
        return self.control("POST", "clock", {"advance_seconds": seconds})

    def close(self):
        self._process.kill()
        self._process.wait()
        self._process.stdout.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


try:
    import pytest
except ImportError:
    pass
else:

    @pytest.fixture
    def elasticache():
        """A fresh, empty emulator."""
        with Emulator() as emulator:
            yield emulator
