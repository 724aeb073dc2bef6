#!/usr/bin/env python3
"""The example pipelines, from a clone to three environments with nothing left to do.

The shell steps are read out of the files of `examples/ci` and run as the system would run them, each job in a clone of
its own. What is no shell step (checkout, credentials, artifacts) is done here. The emulator has accounts and no roles: the
stack's `assume_role_arn` is left out, and the bucket is reached by a profile.

Usage: pipelines_suite.py PROGRAM    (the built cachestack; exits non-zero where anything is wrong)
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

import boto3
import yaml
from moto.server import ThreadedMotoServer

PROGRAM = os.path.abspath(sys.argv[1])
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
EXAMPLE = os.path.join(ROOT, "examples", "ci")
ENVIRONMENTS = ["dev", "staging", "prod"]

# What stands in for the programs that talk to a code host: it keeps what it was told.
STAND_IN = """#!/bin/sh
{ echo "$0 $*"; for word; do case "$last" in --body-file) cat "$word";; --json) cat;; esac; last=$word; done; } >> "$TOLD"
"""


class World:
    """A repository, an emulated AWS, a bucket, and a place for artifacts."""

    def __init__(self, system, bucket_url, speed="instant"):
        self.folder = tempfile.mkdtemp(prefix="pipeline-")
        self.repository = os.path.join(self.folder, "repository")
        shutil.copytree(EXAMPLE, self.repository)
        self.change("main.hcl", r"\n *assume_role_arn .*", "")
        self.change("main.hcl", "region=eu-west-1", "region=eu-west-1&profile=states")
        subprocess.run([PROGRAM, "fmt"], cwd=self.repository, check=True, stdout=subprocess.DEVNULL)
        os.mkdir(os.path.join(self.folder, ".aws"))
        with open(os.path.join(self.folder, ".aws", "credentials"), "w") as file:
            file.write("[states]\naws_access_key_id = x\naws_secret_access_key = x\n")
        for words in (["init", "-q", "-b", "main"], ["add", "."], ["commit", "-q", "-m", "The stack."]):
            subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", *words], cwd=self.repository, check=True)
        self.emulator = subprocess.Popen([PROGRAM, "emulate", "--listen", "127.0.0.1:0", "--speed", speed],
                                         stdout=subprocess.PIPE, text=True)
        url = re.search(r"http://\S+", self.emulator.stdout.readline()).group(0)
        programs = os.path.join(self.folder, "bin")
        os.mkdir(programs)
        os.symlink(PROGRAM, os.path.join(programs, "cachestack"))
        for name in ("gh", "curl"):
            with open(os.path.join(programs, name), "w", opener=lambda path, flags: os.open(path, flags, 0o755)) as file:
                file.write(STAND_IN)
        self.told = os.path.join(self.folder, "told")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "TF_", "CACHESTACK_"))}
        self.env = kept | {
            "PATH": programs + os.pathsep + os.environ["PATH"], "HOME": self.folder, "TOLD": self.told,
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL_S3": bucket_url, "CACHESTACK_ENDPOINT": url}
        self.artifacts = {}
        self.system = system
        bucket = boto3.resource("s3", endpoint_url=bucket_url, region_name="eu-west-1", aws_access_key_id="x",
                                aws_secret_access_key="x").Bucket("acme-cachestack-states")
        bucket.objects.all().delete()

    def change(self, name, old, new):
        path = os.path.join(self.repository, name)
        with open(path) as file:
            text, count = re.subn(old, new, file.read())
        with open(path, "w") as file:
            file.write(text)
        assert count, old

    def clone(self):
        folder = tempfile.mkdtemp(dir=self.folder)
        subprocess.run(["git", "clone", "-q", self.repository, folder], check=True)
        return folder

    def run(self, script, folder, env=None, expect=0):
        done = subprocess.run(["bash", "-e", "-c", script], cwd=folder, env=self.env | (env or {}), text=True,
                              capture_output=True, stdin=subprocess.DEVNULL, timeout=120)
        text = done.stdout + done.stderr
        assert done.returncode == expect, "%s: %s: exit %s\n%s" % (self.system, script, done.returncode, text)
        return text

    def keep(self, name, folder, path):
        with open(os.path.join(folder, path), "rb") as file:
            self.artifacts[name] = (path, file.read())

    def fetch(self, name, folder):
        path, content = self.artifacts[name]
        with open(os.path.join(folder, path), "wb") as file:
            file.write(content)

    def has_commented(self):
        with open(self.told) as file:
            told = file.read()
        for name in ENVIRONMENTS:
            assert name in told, told
        assert "replication_group.shop" in told, told

    def is_to_do(self, *names):
        """Exactly these environments are not as the stack says."""
        for name in ENVIRONMENTS:
            code = 2 if name in names else 0
            self.run("cachestack plan -e %s --detailed-exitcode" % name, self.clone(), expect=code)

    def edit(self):
        """Somebody wants another description, and merges it."""
        self.change("main.hcl", "Sessions of the shop", "Sessions of our shop")
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-aqm", "Better."],
                       cwd=self.repository, check=True)

    def end(self):
        self.emulator.kill()
        self.emulator.wait()
        shutil.rmtree(self.folder)


def load(*path):
    with open(os.path.join(EXAMPLE, *path)) as file:
        return yaml.safe_load(file)


class GitHub:
    """Workflows of GitHub Actions."""

    def __init__(self, world):
        self.world = world

    def pull_request(self):
        self.workflow("pull-request.yml", {"github.event.number": "7", "github.token": "t"})

    def deploy(self, after):
        self.workflow("deploy.yml", {}, after)

    def workflow(self, file, context, after=lambda name: None):
        jobs = load(".github", "workflows", file)["jobs"]
        for name in in_order(jobs):
            job = jobs[name]
            if "uses" in job:
                self.workflow(os.path.basename(job["uses"]), {"inputs." + key: value for key, value in job["with"].items()})
                after(name)
            else:
                self.job(job, context)

    def job(self, job, context):
        fill = lambda text: re.sub(r"\$\{\{ *(.*?) *\}\}", lambda found: context[found.group(1)], text)
        folder = None
        for step in job["steps"]:
            uses = step.get("uses", "").split("@")[0]
            given = step.get("with", {})
            if uses == "actions/checkout":
                folder = self.world.clone()
            elif uses == "actions/upload-artifact":
                self.world.keep(fill(given["name"]), folder, given["path"])
            elif uses == "actions/download-artifact":
                self.world.fetch(fill(given["name"]), folder)
            elif uses:
                assert uses in ("OWNER/cachestack", "aws-actions/configure-aws-credentials"), uses
            else:
                self.world.run(step["run"], folder, {key: fill(value) for key, value in step.get("env", {}).items()})


class GitLab:
    """A pipeline of GitLab CI."""

    def __init__(self, world):
        self.world = world
        self.file = load(".gitlab-ci.yml")

    def whole(self, name):
        """A job with what it extends."""
        job = self.file[name]
        return {**self.whole(job["extends"]), **job} if "extends" in job else job

    def jobs(self, source):
        names = [name for name in self.file if not name.startswith(".") and name not in ("stages", "default")]
        jobs = {name: self.whole(name) for name in names}
        jobs = {name: job for name, job in jobs.items() if source in job["rules"][0]["if"]}
        stage = lambda name: self.file["stages"].index(jobs[name]["stage"])
        return {name: jobs[name] for name in sorted(in_order(jobs), key=stage)}

    def pull_request(self):
        env = {"CI_API_V4_URL": "https://gitlab.invalid/api/v4", "CI_PROJECT_ID": "1", "CI_MERGE_REQUEST_IID": "7",
               "COMMENT_TOKEN": "t"}
        for job in self.jobs("merge_request_event").values():
            self.job(job, env)

    def deploy(self, after):
        for name, job in self.jobs("CI_DEFAULT_BRANCH").items():
            self.job(job, {}, name)
            if name.startswith("apply-"):
                assert job["rules"][0]["when"] == "manual"
                after(job["variables"]["ENVIRONMENT"])

    def job(self, job, env, name=None):
        folder = self.world.clone()
        for needed in job.get("needs", []):
            if needed in self.world.artifacts:
                self.world.fetch(needed, folder)
        self.world.run("\n".join(job["script"]), folder, env | job.get("variables", {}))
        for path in job.get("artifacts", {}).get("paths", []):
            self.world.keep(name, folder, path)
        for report in job.get("artifacts", {}).get("reports", {}).values():
            assert os.path.getsize(os.path.join(folder, report)) > 0, report


class Jenkins:
    """The steps of a Jenkinsfile, which are strings behind `sh`."""

    def __init__(self, world):
        self.world = world
        with open(os.path.join(EXAMPLE, "Jenkinsfile")) as file:
            text = file.read()
        function, self.pipeline = text.split("\nnode {")
        self.each = re.findall(r"sh '(.*)'", function)
        assert function.index(self.each[0]) < function.index("input message") < function.index(self.each[1])
        assert re.search(r"for \(name in \[(.*)\]\)", self.pipeline).group(1) == "'dev', 'staging', 'prod'"

    def pull_request(self):
        folder = self.world.clone()
        for script in re.findall(r"sh '(.*)'", self.pipeline):
            self.world.run(script, folder)
        with open(os.path.join(folder, "plan.md")) as plan, open(self.world.told, "w") as told:
            told.write(plan.read())

    def deploy(self, after):
        folder = self.world.clone()
        for name in ENVIRONMENTS:
            for script in self.each:
                self.world.run(script, folder, {"ENVIRONMENT": name})
            after(name)


class Atlantis:
    """The workflow of Atlantis: everything is planned in the pull request, and applied from there."""

    def __init__(self, world):
        self.world = world
        self.file = load("atlantis.yaml")
        self.projects = sorted(self.file["projects"], key=lambda project: int(project["execution_order_group"]))
        self.folders = {}

    def stage(self, project, stage):
        name = project["workspace"]
        folder = self.folders[name]
        env = {"WORKSPACE": name, "PLANFILE": os.path.join(folder, name + ".tfplan")}
        steps = self.file["workflows"][project["workflow"]][stage]["steps"]
        return "".join(self.world.run(step["run"], folder, env) for step in steps)

    def pull_request(self):
        with open(self.world.told, "w") as told:
            for project in self.projects:
                self.folders[project["workspace"]] = self.world.clone()
                told.write(self.stage(project, "plan"))

    def deploy(self, after):
        for project in self.projects:
            self.stage(project, "apply")
            after(project["workspace"])


def in_order(jobs):
    """The names of jobs, each behind those that it needs."""
    done = []
    while len(done) < len(jobs):
        of = lambda job: [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
        ready = [name for name, job in jobs.items() if name not in done and all(need in done for need in of(job))]
        assert ready, "jobs wait for each other: %s" % jobs
        done += ready[:1]
    return done


def pipeline(system, bucket_url):
    """A first roll-out, then a change, which is promoted from one environment to the next."""
    world = World(system.__name__, bucket_url)
    try:
        for turn in range(2):
            if turn:
                world.edit()
            run = system(world)
            run.pull_request()
            world.has_commented()
            world.is_to_do(*ENVIRONMENTS)
            left = list(ENVIRONMENTS)

            def after(name):
                assert name == left.pop(0), name
                world.is_to_do(*left)

            run.deploy(after)
            assert not left, left
    finally:
        world.end()


def accidents(bucket_url):
    """Somebody changes the cache by hand, which a nightly job finds; a runner is killed amid an apply, and another goes on."""
    world = World("accidents", bucket_url, "fast")
    try:
        run = GitLab(world)
        run.pull_request()
        run.deploy(lambda name: None)
        world.run("cachestack drift --all", world.clone())
        cache = boto3.client("elasticache", endpoint_url=world.env["CACHESTACK_ENDPOINT"], region_name="eu-west-1",
                             aws_access_key_id="222222222222", aws_secret_access_key="x")
        cache.modify_replication_group(ReplicationGroupId="shop", ReplicationGroupDescription="By hand",
                                       ApplyImmediately=True)
        told = world.run("cachestack drift --all", world.clone(), expect=2)
        assert "By hand" in told, told
        world.is_to_do("staging")
        world.run("cachestack apply -e staging --auto-approve", world.clone())
        world.run("cachestack drift --all", world.clone())

        world.change("main.hcl", "default = 2", "default = 4")
        subprocess.run(["git", "-c", "user.name=a", "-c", "user.email=a@b", "commit", "-aqm", "More nodes."],
                       cwd=world.repository, check=True)
        world.run("cachestack plan -e dev --out p.tfplan", folder := world.clone())
        killed_amid(world, ["cachestack", "apply", "p.tfplan"], folder)
        told = world.run("cachestack apply p.tfplan", folder, expect=4)
        way_out = re.search(r"cachestack force-unlock \S+", told).group(0)
        another = world.clone()
        world.run(way_out + " --force -e dev", another)
        told = world.run("cachestack apply -e dev --auto-approve", another)
        assert "Apply complete" in told, told
        world.is_to_do("staging")
        assert len(cache_nodes(world, "111111111111")) == 4, told
    finally:
        world.end()


def killed_amid(world, command, folder):
    """Kills a run as soon as a call that writes was seen in the journal that it keeps in the bucket."""
    bucket = boto3.resource("s3", endpoint_url=world.env["AWS_ENDPOINT_URL_S3"], region_name="eu-west-1",
                            aws_access_key_id="x", aws_secret_access_key="x").Bucket("acme-cachestack-states")
    before = {entry.key for entry in bucket.objects.all()}
    process = subprocess.Popen(command, cwd=folder, env=world.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    for _ in range(2000):
        new = [entry.key for entry in bucket.objects.filter(Prefix="shop/dev")
               if "/journal/" in entry.key and entry.key not in before]
        if new:
            break
        assert process.poll() is None, "it ended before it was killed"
    process.kill()
    process.wait()
    assert new, "nothing was written to the journal"


def cache_nodes(world, account):
    cache = boto3.client("elasticache", endpoint_url=world.env["CACHESTACK_ENDPOINT"], region_name="eu-west-1",
                         aws_access_key_id=account, aws_secret_access_key="x")
    return cache.describe_replication_groups(ReplicationGroupId="shop")["ReplicationGroups"][0]["MemberClusters"]


def action(bucket_url):
    """The steps of `action.yml`: what it builds is used, its exit code is told, and 1 fails the step."""
    world = World("action.yml", bucket_url)
    try:
        with open(os.path.join(ROOT, "action.yml")) as file:
            steps = [step for step in yaml.safe_load(file)["runs"]["steps"] if "run" in step]
        folder = world.clone()
        out = os.path.join(world.folder, "out")
        root = os.path.join(world.folder, "root")
        os.makedirs(os.path.join(root, "bin"))
        os.symlink(PROGRAM, os.path.join(root, "bin", "cachestack"))
        env = {"GITHUB_OUTPUT": out, "GITHUB_PATH": os.path.join(world.folder, "path"), "ROOT": root, "SOURCE": ROOT}
        world.run(steps[0]["run"], folder, env)
        with open(env["GITHUB_PATH"]) as file:
            assert file.read() == root + "/bin\n"
        for args, code, told in [("plan -e dev --detailed-exitcode", 0, 2), ("validate", 0, 0), ("plan -e nowhere", 1, 1)]:
            world.run(steps[1]["run"], folder, env | {"ARGS": args}, expect=code)
            with open(out) as file:
                assert file.read().splitlines()[-1] == "exit-code=%d" % told
    finally:
        world.end()


def main():
    moto = ThreadedMotoServer(port=0)
    moto.start()
    url = "http://127.0.0.1:%d" % moto.get_host_and_port()[1]
    client = boto3.client("s3", endpoint_url=url, region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
    client.create_bucket(Bucket="acme-cachestack-states", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    subprocess.run([PROGRAM, "fmt", "--check", EXAMPLE], check=True)
    action(url)
    for system in (GitHub, GitLab, Jenkins, Atlantis):
        pipeline(system, url)
    accidents(url)
    moto.stop()
    print("the example pipelines are carried out")


main()
