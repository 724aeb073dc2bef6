#!/usr/bin/env python3
"""The ways out of a closed network: a proxy that has to be asked for every connection, and a certificate authority of one's own.

What AWS is called, with FIPS and dual-stack endpoints too, is seen in what the proxy is asked for: it leads every name to the
emulator, behind TLS with a certificate of an authority that nobody knows.

Usage: proxy_suite.py PROGRAM    (the built cachestack; exits non-zero where anything is wrong)
"""
import atexit
import datetime
import os
import re
import socket
import ssl
import subprocess
import sys
import tempfile
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

PROGRAM = os.path.abspath(sys.argv[1])
NAMES = ["localhost", "*.us-east-1.amazonaws.com", "*.us-east-1.api.aws", "*.amazonaws.com"]
# What AWS may be called: the emulator answers to no other names.
SERVICES = ["elasticache", "monitoring", "sts", "tagging", "ec2"]
HOSTS = [service + end for service in SERVICES
         for end in (".us-east-1.amazonaws.com", "-fips.us-east-1.amazonaws.com", ".us-east-1.api.aws", "-fips.us-east-1.api.aws")]
ALLOWED = [word for host in HOSTS for word in ("--allow-host", host)]

STACK = """
environment "dev" {
  region     = "us-east-1"
  account_id = "000000000000"
}

provider "aws" {
  region = "us-east-1"
  ARGUMENTS
}

parameter_group "p" {
  name   = "p"
  family = "redis7"
}

alarm "a" {
  alarm_name          = "a"
  namespace           = "AWS/ElastiCache"
  metric_name         = "CPUUtilization"
  comparison_operator = "GreaterThanThreshold"
  statistic           = "Average"
  threshold           = 90
  period              = 300
  evaluation_periods  = 2
  dimensions          = { CacheClusterId = "a" }
}
"""


def authority(folder):
    """A certificate authority and a certificate for every name; the files of its root, and of chain and key."""
    now = datetime.datetime.now(datetime.timezone.utc)

    def made(name, issuer, key, signer, is_root):
        made = x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
        made = made.serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(days=1))
        made = made.not_valid_after(now + datetime.timedelta(days=2))
        made = made.add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        if not is_root:
            names = x509.SubjectAlternativeName([x509.DNSName(each) for each in NAMES])
            made = made.add_extension(names, critical=False)
        return made.sign(signer, hashes.SHA256())

    pem = serialization.Encoding.PEM
    of = lambda name: x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    root_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    root = made(of("authority"), of("authority"), root_key, root_key, True)
    leaf = made(of("leaf"), of("authority"), key, root_key, False)
    files = [os.path.join(folder, name) for name in ("root.pem", "leaf.pem")]
    with open(files[0], "wb") as file:
        file.write(root.public_bytes(pem))
    with open(files[1], "wb") as file:
        file.write(leaf.public_bytes(pem) + key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    return files


def pump(one, other):
    try:
        while data := one.recv(65536):
            other.sendall(data)
    except OSError:
        pass
    for end in (one, other):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def join(one, other):
    threading.Thread(target=pump, args=(one, other), daemon=True).start()
    pump(other, one)


def serve(handle):
    """A port on which each connection is handled by a thread."""
    server = socket.create_server(("127.0.0.1", 0))

    def accept():
        while True:
            connection, _ = server.accept()
            threading.Thread(target=guarded, args=(handle, connection), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return server.getsockname()[1]


def guarded(handle, connection):
    try:
        handle(connection)
    except OSError:
        connection.close()


def with_tls(chain, emulator):
    """The emulator behind TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(chain)

    def handle(connection):
        inner = context.wrap_socket(connection, server_side=True)
        join(inner, socket.create_connection(emulator))

    return serve(handle)


class Proxy:
    """Leads every CONNECT to one port, and keeps the names."""

    def __init__(self, port, credentials=None):
        self.asked = []
        self.target = port
        self.credentials = credentials
        self.port = serve(self.handle)

    def handle(self, connection):
        head = b""
        while b"\r\n\r\n" not in head:
            data = connection.recv(4096)
            if not data:
                return
            head += data
        text = head.decode()
        if self.credentials and self.credentials not in text:
            connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n")
            connection.close()
            return
        self.asked.append(text.split()[1])
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        join(connection, socket.create_connection(("127.0.0.1", self.target)))


class Place:
    def __init__(self, root, port):
        self.folder = tempfile.mkdtemp()
        kept = {name: value for name, value in os.environ.items()
                if not name.upper().startswith(("AWS_", "CACHESTACK_")) and not name.upper().endswith("_PROXY")}
        self.env = kept | {"HOME": self.folder, "AWS_ACCESS_KEY_ID": "000000000000", "AWS_SECRET_ACCESS_KEY": "x",
                           "AWS_EC2_METADATA_DISABLED": "true"}
        self.root, self.port = root, port

    def run(self, *args, arguments="", expect=0, **env):
        with open(os.path.join(self.folder, "main.hcl"), "w") as file:
            file.write(STACK.replace("ARGUMENTS", arguments))
        done = subprocess.run([PROGRAM, *args], cwd=self.folder, env=self.env | env, text=True, capture_output=True,
                              stdin=subprocess.DEVNULL, timeout=120)
        text = done.stdout + done.stderr
        assert done.returncode == expect, "%s %s: exit %s\n%s" % (args, env, done.returncode, text)
        return text


def main():
    emulator = subprocess.Popen([PROGRAM, "emulate", "--listen", "127.0.0.1:0", "--speed", "instant", *ALLOWED],
                                stdout=subprocess.PIPE, text=True)
    atexit.register(emulator.kill)
    address = re.search(r"http://([\d.]+):(\d+)", emulator.stdout.readline())
    folder = tempfile.mkdtemp()
    root, chain = authority(folder)
    port = with_tls(chain, (address.group(1), int(address.group(2))))
    place = Place(root, port)

    # An endpoint behind a private authority: without its root nothing is sent, with it everything goes.
    url = "https://localhost:%d" % port
    told = place.run("plan", expect=1, AWS_ENDPOINT_URL=url, AWS_MAX_ATTEMPTS="1")
    assert "certificate" in told.lower() and "AWS_CA_BUNDLE" in told, told
    place.run("apply", "--auto-approve", AWS_ENDPOINT_URL=url, AWS_CA_BUNDLE=root)
    assert "No changes" in place.run("plan", AWS_ENDPOINT_URL=url, AWS_CA_BUNDLE=root)
    place.run("destroy", "--auto-approve", AWS_ENDPOINT_URL=url, arguments='custom_ca_bundle = "%s"' % root)
    told = place.run("plan", expect=1, AWS_ENDPOINT_URL=url, AWS_CA_BUNDLE=os.path.join(folder, "none.pem"))
    assert "none.pem" in told, told

    # AWS itself through a proxy, by its names.
    def asked(arguments="", **env):
        proxy = Proxy(port)
        way = {"HTTPS_PROXY": "http://127.0.0.1:%d" % proxy.port, "AWS_CA_BUNDLE": root} | env
        place.run("plan", "--state", tempfile.mkdtemp(), arguments=arguments, **way)
        return {name.removesuffix(":443") for name in proxy.asked}

    plain = asked()
    assert {"elasticache.us-east-1.amazonaws.com", "monitoring.us-east-1.amazonaws.com"} <= plain, plain
    fips = asked("use_fips_endpoint = true")
    assert "elasticache-fips.us-east-1.amazonaws.com" in fips and not fips & plain, fips
    assert asked(AWS_USE_FIPS_ENDPOINT="true") == fips
    dual = asked("use_dualstack_endpoint = true")
    assert any(name.endswith(".api.aws") for name in dual), dual
    assert asked(AWS_USE_DUALSTACK_ENDPOINT="true") == dual
    argument = Proxy(port)
    assert asked('https_proxy = "http://127.0.0.1:%d"' % argument.port, HTTPS_PROXY="") == set()
    assert {name.removesuffix(":443") for name in argument.asked} == plain, argument.asked

    # A name that NO_PROXY has goes its own way.
    proxy = Proxy(port)
    way = {"HTTPS_PROXY": "http://127.0.0.1:%d" % proxy.port, "AWS_CA_BUNDLE": root, "AWS_ENDPOINT_URL": url}
    place.run("plan", NO_PROXY="localhost", **way)
    assert not proxy.asked, proxy.asked
    place.run("plan", **way)
    assert proxy.asked, "the proxy was not asked"

    # A proxy that wants to know who asks; its password is told nowhere.
    proxy = Proxy(port, "Proxy-Authorization: Basic dXNlcjpzZWNyZXQtd29yZA==".split(": ")[1])
    way = {"AWS_CA_BUNDLE": root, "AWS_ENDPOINT_URL": url, "AWS_MAX_ATTEMPTS": "1"}
    told = place.run("plan", HTTPS_PROXY="http://user:secret-word@127.0.0.1:%d" % proxy.port, **way)
    assert proxy.asked and "secret-word" not in told, told
    told = place.run("plan", expect=1, HTTPS_PROXY="http://user:wrong-word@127.0.0.1:%d" % proxy.port, **way)
    assert "wrong-word" not in told and ("407" in told or "proxy" in told.lower()), told
    told = place.run("plan", expect=1, HTTPS_PROXY="http://127.0.0.1:1", **way)
    assert "127.0.0.1:1" in told or "proxy" in told.lower(), told

    print("closed networks are left by their doors")


main()
