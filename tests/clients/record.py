#!/usr/bin/env python3
"""Stands between a client and the emulator and writes down every request with its answer.

Usage: record.py http://127.0.0.1:4600 PORT FILE
       record.py --normalise FILE TRANSCRIPT

One request at a time is passed on, so that the order of the file is the order in which the emulator saw them. What
is of no use to a replay, or would change with every run, is left out: signatures, agents, request ids. A transcript
has ids numbered as they appear and times masked, and says an answer that was given before by its line number.
"""
import email.utils
import http.client
import http.server
import json
import re
import sys
import threading
import urllib.parse

KEPT_OF_REQUESTS = ("content-type", "x-amz-target", "smithy-protocol")
LOCK = threading.Lock()


def scope(authorization):
    """The account's key, the region and the service of a signature, without the signature."""
    credential = authorization.partition("Credential=")[2].partition(",")[0]
    return "AWS4-HMAC-SHA256 Credential=%s, SignedHeaders=host, Signature=0" % credential


class Recorder(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    target = ""
    out = None

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        with LOCK:
            host = urllib.parse.urlsplit(self.target).netloc
            connection = http.client.HTTPConnection(host)
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            text = answer.read()
            headers = answer.getheaders()
            connection.close()
            self.note(body, answer, text)
        self.send_response_only(answer.status)
        for name, value in headers:
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_PUT = do_DELETE = do_POST

    def note(self, body, answer, text):
        headers = {name: self.headers[name] for name in KEPT_OF_REQUESTS if self.headers[name]}
        if self.headers["authorization"]:
            headers["authorization"] = scope(self.headers["authorization"])
        row = {
            "at": answer.getheader("Date"), "method": self.command, "path": self.path, "headers": headers,
            "body": body.decode("utf-8", "backslashreplace"), "status": answer.status,
            "answer": text.decode("utf-8", "backslashreplace"),
        }
        self.out.write(json.dumps(row) + "\n")
        self.out.flush()

    def log_message(self, *_):
        pass


ID = re.compile(r"\b([a-z]+(?:-[a-z]+)*)-0[0-9a-f]{16}\b")
MASKS = [
    (re.compile(r"<(requestId|RequestId|RequestID)>[^<]*<"), r"<\1><"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r'("\w*(?:Timestamp|Time|Date)": ?)[\d.]+'), r"\1TIME"),
]


def normalise(source, target):
    """Writes a record as a transcript."""
    ids, answers = {}, {}

    def number(match):
        if match.group() not in ids:
            ids[match.group()] = "%s-0%016x" % (match.group(1), len(ids) + 1)
        return ids[match.group()]

    with open(target, "w") as out:
        for line, text in enumerate(open(source)):
            row = json.loads(text)
            answer = row["answer"]
            for pattern, mask in MASKS:
                answer = pattern.sub(mask, answer)
            row["at"] = int(email.utils.parsedate_to_datetime(row["at"]).timestamp())
            row["body"], row["answer"] = ID.sub(number, row["body"]), ID.sub(number, answer)
            if row["answer"] in answers:
                row["answer"] = answers[row["answer"]]
            else:
                answers[row["answer"]] = line
            out.write(json.dumps(row, separators=(",", ":")) + "\n")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128


def start(target, port, path):
    """Starts recording; returns the server, whose port is the one asked for or a free one for 0."""
    Recorder.target = target
    Recorder.out = open(path, "w")
    server = Server(("127.0.0.1", port), Recorder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__" and sys.argv[1] == "--normalise":
    normalise(*sys.argv[2:])
elif __name__ == "__main__":
    start(sys.argv[1], int(sys.argv[2]), sys.argv[3])
    threading.Event().wait()
