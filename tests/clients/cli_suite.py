#!/usr/bin/env python3
"""Drives the emulator with the AWS CLI: every kind, and every operation that the CLI at hand knows.

Usage: cli_suite.py http://127.0.0.1:4600    (exits non-zero if anything is answered otherwise than cli.txt says)
"""
import collections
import contextlib
import io
import json
import multiprocessing
import os
import pathlib
import re
import shlex
import string
import sys
import time
import urllib.request

from awscli.clidriver import create_clidriver

ENDPOINT = sys.argv[1]
TABLE = pathlib.Path(__file__).with_name("cli.txt")
PATIENCE = 100  # looks at what is not so yet


def sections():
    """Titles with their rows, in the order of the file."""
    found = []
    for number, line in enumerate(TABLE.read_text().splitlines(), 1):
        if line.startswith("== "):
            found.append((line[3:], []))
        elif line and not line.startswith("#"):
            found[-1][1].append((number, line))
    return found


class Account:
    """An account of its own, in which a section's commands run one after the other.

    The CLI runs within this process: to start it anew for each of some hundred commands takes minutes.
    """

    def __init__(self, number):
        account = "%012d" % (111122220000 + number)
        self.names = {"account": account}
        self.drivers = collections.defaultdict(create_clidriver)  # by region: a driver keeps the last one
        self.unknown = []
        for name in [name for name in os.environ if name.startswith("AWS_") and name != "AWS_DATA_PATH"]:
            del os.environ[name]
        os.environ.update(AWS_ENDPOINT_URL=ENDPOINT, AWS_ACCESS_KEY_ID=account, AWS_SECRET_ACCESS_KEY="x",
                          AWS_DEFAULT_REGION="eu-west-1", AWS_PAGER="", AWS_EC2_METADATA_DISABLED="true",
                          AWS_MAX_ATTEMPTS="1", AWS_DEFAULT_OUTPUT="text")

    def aws(self, words):
        """One command: how it ends, what it prints, and what it complains of."""
        out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                region = words[words.index("--region") + 1] if "--region" in words else None
                code = self.drivers[region].main(words)
            except SystemExit as end:
                code = end.code
        text, error = (stream.buffer.getvalue().decode() for stream in (out, err))
        return code, " ".join(text.split()), error.strip()

    def row(self, number, line):
        """Runs a row; answers what is wrong with it."""
        parts = re.split(r" ([=~!-]>)(?: |$)", line, maxsplit=1)
        command, how, want = (parts + ["", ""])[:3]
        words = [string.Template(word).safe_substitute(self.names) for word in shlex.split(command)]
        want = string.Template(want.strip()).safe_substitute(self.names)
        code, text, error = self.aws(words)
        if code and "usage: aws" in error:
            self.unknown.append(" ".join(words[:2]))
            return None
        for _ in range(PATIENCE if how == "~>" else 0):
            if code or text == want:
                break
            time.sleep(0.2)
            code, text, error = self.aws(words)
        good = {
            "": code == 0, "=>": code == 0 and text.replace("None", "").strip() == want, "~>": text == want,
            "!>": code != 0 and "(%s)" % want in error, "->": code == 0 and text not in ("", "None"),
        }[how]
        if how == "->":
            self.names[want] = text
        return None if good else "%s:%d %s\n  printed: %s %s\n  wanted:  %s %s" % (
            TABLE.name, number, " ".join(words), text, error, how, want)


def run(numbered):
    number, (title, rows) = numbered
    account, started = Account(number), time.time()
    wrong = next(filter(None, (account.row(*row) for row in rows)), None)
    print("%-5s %-45s %3d commands %6.1f s" % ("WRONG" if wrong else "ok", title, len(rows), time.time() - started), flush=True)
    return wrong, account.unknown


def control(path, body=None):
    request = urllib.request.Request(ENDPOINT + "/_cachestack/" + path, data=body, headers={"X-Cachestack-Control": "1"})
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def main():
    control("reset", b"{}")
    all_of_them = sections()
    with multiprocessing.Pool(4) as pool:
        done = pool.map(run, enumerate(all_of_them, 1), chunksize=1)
    wrong = [text for text, _ in done if text]
    unknown = sorted({command for _, commands in done for command in commands})
    print("\n".join(wrong + ["this CLI does not know: " + command for command in unknown]))
    known = {(row["service"], row["operation"]) for row in control("operations")["operations"]}
    called = {tuple(name.split(":", 1)) for name in control("calls")}
    never = sorted(":".join(name) for name in known - called)
    print("%d sections, %d commands, %d of %d operations, %d wrong" % (
        len(all_of_them), sum(len(rows) for _, rows in all_of_them), len(known & called), len(known), len(wrong)))
    if len(never) > len(unknown):
        print("never asked: " + ", ".join(never))
    sys.exit(1 if wrong or len(never) > len(unknown) else 0)


main()
