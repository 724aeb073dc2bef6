#!/usr/bin/env python3
"""Builds what a release consists of, and tries each part in an empty place.

    release/release.py [--target TRIPLE] [--binary FILE] [--url URL] [--out DIRECTORY] [--try]

Without --binary the program is built: statically linked, optimised. --url is where the parts will lie; the formula and
the install script name it. --try unpacks, installs and runs each part as far as the tools of this machine go, and says
aloud what is not tried. Needs Python 3.9; a Debian package also `dpkg-deb`.
"""

import argparse, base64, gzip, hashlib, io, json, os, re, shutil, subprocess, sys, tarfile, tempfile, threading, zipfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
#: Of every file in every part, so that the same sources make the same parts.
EPOCH = int(os.environ.get("SOURCE_DATE_EPOCH", "1577836800"))
DOCUMENTS = ["LICENSE-MIT", "LICENSE-APACHE", "README.md", "CHANGELOG.md"]
#: Rust's name of a target, and those of Debian, Python, npm (system, processor).
TARGETS = {
    "x86_64-unknown-linux-gnu": ("amd64", "manylinux2014_x86_64", ("linux", "x64")),
    "x86_64-unknown-linux-musl": ("amd64", "manylinux2014_x86_64.musllinux_1_1_x86_64", ("linux", "x64")),
    "aarch64-unknown-linux-gnu": ("arm64", "manylinux2014_aarch64", ("linux", "arm64")),
    "aarch64-unknown-linux-musl": ("arm64", "manylinux2014_aarch64.musllinux_1_1_aarch64", ("linux", "arm64")),
    "aarch64-apple-darwin": (None, "macosx_11_0_arm64", ("darwin", "arm64")),
    "x86_64-apple-darwin": (None, "macosx_11_0_x86_64", ("darwin", "x64")),
}


def run(*command, **options):
    return subprocess.run([str(word) for word in command], check=True, text=True, **options)


def output(*command, **options):
    return run(*command, stdout=subprocess.PIPE, **options).stdout


def skipped(what, why):
    print(f"SKIPPED {what}: {why}", file=sys.stderr)


class Release:
    def __init__(self, target, binary, url, out):
        self.metadata = json.loads(output("cargo", "metadata", "--format-version=1", "--locked", cwd=ROOT))
        package = next(one for one in self.metadata["packages"] if one["name"] == "cachestack")
        self.version, self.about = package["version"], package["description"]
        self.target, self.url, self.out = target, url.rstrip("/"), out
        self.debian, self.python, self.npm = TARGETS[target]
        out.mkdir(parents=True, exist_ok=True)
        self.binary = binary or self.built()
        self.name = f"cachestack-{self.version}-{target}"
        # What a program that is linked dynamically wants of the machine; the parts are for any, if it wants nothing.
        self.libraries, self.glibc = needed(self.binary) if "linux" in target else ([], None)
        if self.libraries:
            print(f"WARNING the program is linked dynamically ({', '.join(self.libraries)}; glibc {self.glibc}): its parts run only where these are", file=sys.stderr)
            self.python = f"manylinux_{self.glibc.replace('.', '_')}_{self.python.rsplit('manylinux2014_')[-1].split('.')[0]}"

    def built(self):
        flags = {"RUSTFLAGS": "-C target-feature=+crt-static"} if "linux" in self.target else {}
        run("cargo", "build", "--release", "--locked", "--target", self.target, cwd=ROOT, env={**os.environ, **flags})
        directory = Path(self.metadata["target_directory"])
        return directory / self.target / "release" / "cachestack"

    def parts(self):
        """Files of an installed program, by their place below a prefix, with their modes."""
        parts = {"bin/cachestack": (self.binary.read_bytes(), 0o755)}
        for name in DOCUMENTS:
            parts[f"share/doc/cachestack/{name}"] = ((ROOT / name).read_bytes(), 0o644)
        places = {"bash": "bash-completion/completions/cachestack", "zsh": "zsh/site-functions/_cachestack", "fish": "fish/vendor_completions.d/cachestack.fish"}
        for shell, place in places.items():
            parts[f"share/{place}"] = (output(self.binary, "completion", shell).encode(), 0o644)
        with tempfile.TemporaryDirectory() as pages:
            run(self.binary, "man", "--out", pages, stdout=subprocess.DEVNULL)
            for page in sorted(Path(pages).iterdir()):
                zipped = gzip.compress(page.read_bytes(), mtime=0)
                parts[f"share/man/man1/{page.name}.gz"] = (zipped, 0o644)
        return parts

    def archive(self, parts):
        """A tar file with one directory: the program, its documents, completions and manual pages."""
        path = self.out / f"{self.name}.tar.gz"
        tar(path, {f"{self.name}/{place.removeprefix('bin/')}": part for place, part in parts.items()})
        return path

    def debian_package(self, parts):
        if not self.debian or not shutil.which("dpkg-deb"):
            return skipped("the Debian package", "no dpkg-deb, or not for Linux")
        path = self.out / f"cachestack_{self.version}_{self.debian}.deb"
        with tempfile.TemporaryDirectory() as tree:
            for place, (content, mode) in parts.items():
                file = Path(tree, "usr", place)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(content)
                file.chmod(mode)
            control = Path(tree, "DEBIAN", "control")
            control.parent.mkdir()
            size = sum(len(content) for content, _ in parts.values()) // 1024
            control.write_text(
                f"Package: cachestack\nVersion: {self.version}\nArchitecture: {self.debian}\nSection: admin\nPriority: optional\n"
                f"Maintainer: The authors of cachestack <cachestack@example.invalid>\nInstalled-Size: {size}\n"
                f"{self.depends()}Recommends: ca-certificates\nDescription: {self.about}\n"
            )
            for directory, _, _ in os.walk(tree):
                os.chmod(directory, 0o755)
            environment = {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH)}
            run("dpkg-deb", "--root-owner-group", "--build", tree, path, stdout=subprocess.DEVNULL, env=environment)
        return path

    def depends(self):
        """What the package wants of a machine: nothing, for a static program."""
        more = ", libgcc-s1" if "libgcc_s.so.1" in self.libraries else ""
        return f"Depends: libc6 (>= {self.glibc}){more}\n" if self.libraries else ""

    def wheel(self):
        """A wheel that carries the program: `pip install` puts it on the PATH."""
        program = {f"cachestack-{self.version}.data/scripts/cachestack": (self.binary.read_bytes(), 0o755)}
        return self.wheel_of("cachestack", self.python, program, "", self.about, (ROOT / "README.md").read_text())

    def emulator_wheel(self):
        """A wheel for the tests of others, of Python alone: the program comes from the other wheel."""
        source = (ROOT / "release/python/cachestack_emulator.py").read_text()
        files = {
            "cachestack_emulator.py": (source.encode(), 0o644),
            f"cachestack_emulator-{self.version}.dist-info/entry_points.txt": (b"[pytest11]\ncachestack_emulator = cachestack_emulator\n", 0o644),
        }
        about = "The emulator of cachestack for tests: ElastiCache in a fixture of pytest."
        return self.wheel_of("cachestack_emulator", "any", files, f"Requires-Dist: cachestack=={self.version}\n", about, source.split('"""')[1])

    def wheel_of(self, name, platform, files, more, about, text):
        """A wheel of these files, which belong to no version of Python."""
        info, pure = f"{name}-{self.version}.dist-info", str(platform == "any").lower()
        head = f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: {self.version}\nSummary: {about}\nLicense: MIT OR Apache-2.0\n{more}"
        files = {
            **files,
            f"{info}/METADATA": (f"{head}Description-Content-Type: text/markdown\n\n{text}".encode(), 0o644),
            f"{info}/WHEEL": (f"Wheel-Version: 1.0\nGenerator: cachestack\nRoot-Is-Purelib: {pure}\nTag: py3-none-{platform}\n".encode(), 0o644),
            f"{info}/licenses/LICENSE-MIT": ((ROOT / "LICENSE-MIT").read_bytes(), 0o644),
            f"{info}/licenses/LICENSE-APACHE": ((ROOT / "LICENSE-APACHE").read_bytes(), 0o644),
        }
        record = "".join(f"{path},sha256={digest64(content)},{len(content)}\n" for path, (content, _) in files.items())
        files[f"{info}/RECORD"] = (f"{record}{info}/RECORD,,\n".encode(), 0o644)
        path = self.out / f"{name}-{self.version}-py3-none-{platform}.whl"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
            for place, (content, mode) in files.items():
                entry = zipfile.ZipInfo(place, (2020, 1, 1, 0, 0, 0))
                entry.external_attr, entry.compress_type = (0o100000 | mode) << 16, zipfile.ZIP_DEFLATED
                wheel.writestr(entry, content)
        return path

    def npm_package(self):
        system, processor = self.npm
        about = {
            "name": "cachestack", "version": self.version, "description": self.about, "license": "MIT OR Apache-2.0",
            "os": [system], "cpu": [processor], "bin": {"cachestack": "bin/cachestack"},
            "files": ["bin", "LICENSE-MIT", "LICENSE-APACHE", "README.md"],
        }
        files = {"package/package.json": (json.dumps(about, indent=2).encode(), 0o644)}
        files["package/bin/cachestack"] = (self.binary.read_bytes(), 0o755)
        for name in DOCUMENTS[:3]:
            files[f"package/{name}"] = ((ROOT / name).read_bytes(), 0o644)
        path = self.out / f"cachestack-npm-{self.version}-{system}-{processor}.tgz"
        tar(path, files)
        return path

    def bill_of_materials(self):
        """What the program is made of, as CycloneDX 1.5: the crates that the lock file names and a build of it links."""
        packages = {one["id"]: one for one in self.metadata["packages"]}
        nodes = {node["id"]: node for node in self.metadata["resolve"]["nodes"]}
        root = self.metadata["resolve"]["root"]
        linked, open_ = set(), [root]
        while open_:
            at = open_.pop()
            if at in linked:
                continue
            linked.add(at)
            normal = lambda one: any(kind["kind"] is None for kind in one["dep_kinds"])
            open_.extend(one["pkg"] for one in nodes[at]["deps"] if normal(one))
        component = lambda one: {
            "type": "library", "name": one["name"], "version": one["version"], "bom-ref": one["id"],
            "purl": f"pkg:cargo/{one['name']}@{one['version']}",
            "licenses": [{"expression": one["license"].replace("/", " OR ")}] if one["license"] else [],
        }
        document = {
            "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
            "metadata": {"component": {**component(packages[root]), "type": "application"}},
            "components": sorted((component(packages[id]) for id in linked if id != root), key=lambda one: one["purl"]),
            "dependencies": [
                {"ref": id, "dependsOn": sorted(one["pkg"] for one in nodes[id]["deps"] if one["pkg"] in linked)}
                for id in sorted(linked)
            ],
        }
        path = self.out / f"cachestack-{self.version}.cdx.json"
        path.write_text(json.dumps(document, indent=1) + "\n")
        return path

    def filled(self, template, name, archive):
        """A file of this directory with its places filled."""
        text = (ROOT / "release" / template).read_text()
        values = {"VERSION": self.version, "URL": self.url, "TARGET": self.target, "SHA256": sha256(archive), "ABOUT": self.about}
        for key, value in values.items():
            text = text.replace(f"@{key}@", value)
        path = self.out / name
        path.write_text(text)
        return path

    def make(self):
        parts = self.parts()
        archive = self.archive(parts)
        made = [archive, self.debian_package(parts), self.wheel(), self.emulator_wheel(), self.npm_package(), self.bill_of_materials()]
        made += [self.filled("install.sh.in", "install.sh", archive), self.filled("cachestack.rb.in", "cachestack.rb", archive)]
        if self.libraries:
            skipped("the container file", "it is for a static program: there are no libraries in an empty image")
        else:
            made.append(self.filled("Containerfile.in", "Containerfile", archive))
        made = [path for path in made if path]
        sums = self.out / "SHA256SUMS"
        sums.write_text("".join(f"{sha256(path)}  {path.name}\n" for path in sorted(made)))
        return made + [sums]


def tar(path, files):
    """Sorted, of nobody, of one time: the same files make the same bytes."""
    with open(path, "wb") as raw, gzip.GzipFile("", "wb", fileobj=raw, mtime=0) as zipped:
        with tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as archive:
            for name, (content, mode) in sorted(files.items()):
                entry = tarfile.TarInfo(name)
                entry.size, entry.mode, entry.mtime = len(content), mode, EPOCH
                archive.addfile(entry, io.BytesIO(content))


def needed(binary):
    """The libraries that an ELF program names, and the newest glibc whose symbols it has; nothing of a static one."""
    data = binary.read_bytes()
    names = {name.decode() for name in re.findall(rb"\0(lib[a-z_+-]+\.so\.\d+)\0", data)}
    is_dynamic = b"/ld-linux" in data[:4096] or b"/ld-musl" in data[:4096]
    versions = [tuple(map(int, found.split(b"."))) for found in re.findall(rb"GLIBC_(\d+\.\d+)\0", data)]
    if not is_dynamic:
        return [], None
    return sorted(names) or ["libc.so.6"], ".".join(map(str, max(versions, default=(2, 17))))


def sha256(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def digest64(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()


class Trial:
    """Each part in an empty place."""

    def __init__(self, release, made):
        self.release, self.made = release, {path.name: path for path in made}
        self.wanted = f"cachestack {release.version}"

    def one(self, ending):
        found = [path for name, path in self.made.items() if name.endswith(ending)]
        return found[0] if found else None

    def says_its_version(self, program, what, **options):
        said = output(program, "version", **options)
        assert said.startswith(self.wanted), f"{what}: {said}"
        print(f"tried {what}")

    def all(self):
        with tempfile.TemporaryDirectory() as place:
            for name in ["sums", "archive", "debian", "wheel", "npm", "install", "formula", "container", "materials"]:
                directory = Path(place, name)
                directory.mkdir()
                getattr(self, name)(directory)

    def sums(self, _):
        for line in self.made["SHA256SUMS"].read_text().splitlines():
            digest, name = line.split("  ")
            assert sha256(self.made[name]) == digest, name
        assert len(self.made["SHA256SUMS"].read_text().splitlines()) == len(self.made) - 1
        print("tried the checksums")

    def archive(self, place):
        with tarfile.open(self.one(".tar.gz")) as archive:
            archive.extractall(place, filter="data") if sys.version_info >= (3, 12) else archive.extractall(place)
        root = place / self.release.name
        self.says_its_version(root / "cachestack", "the archive", env={"HOME": str(place)})
        # What it is for: a stack out of a template, applied and gone again, where there is nothing else.
        environment = {"HOME": str(place), "CACHESTACK_EMULATOR_SPEED": "instant"}
        for command in (["init", "stack", "--template", "quickstart"], ["apply", "--auto-approve", "stack"], ["destroy", "--auto-approve", "stack"]):
            run(root / "cachestack", *command, cwd=place, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        pages = list((root / "share/man/man1").iterdir())
        assert len(pages) > 30 and all(gzip.decompress(page.read_bytes()) for page in pages)
        print("tried the archive on a stack")

    def debian(self, place):
        package = self.one(".deb")
        if not package:
            return
        run("dpkg-deb", "--extract", package, place)
        self.says_its_version(place / "usr/bin/cachestack", "the Debian package")
        fields = output("dpkg-deb", "--field", package, "Package", "Version", "Architecture")
        assert self.release.version in fields and self.release.debian in fields, fields
        if os.geteuid() == 0:
            database = place / "var/lib/dpkg"
            (database / "info").mkdir(parents=True)
            (database / "updates").mkdir()
            (database / "status").write_text("")
            log = place / "dpkg.log"
            run("dpkg", f"--root={place}", "--force-not-root", "--force-architecture", *(["--force-depends"] if self.release.libraries else []), f"--log={log}", "--install", package, stdout=subprocess.DEVNULL)
            assert "cachestack" in (database / "status").read_text()
            print("tried to install the Debian package into an empty root")

    def wheel(self, place):
        if subprocess.run([sys.executable, "-m", "venv", str(place)], capture_output=True).returncode:
            return skipped("the wheel", "this Python makes no environments")
        pip = place / "bin/pip"
        run(pip, "install", "--quiet", "--disable-pip-version-check", "--no-index", self.one(f"{self.release.python}.whl"), self.one("any.whl"))
        self.says_its_version(place / "bin/cachestack", "the wheel")
        self.emulator(place / "bin/python")
        self.fixture(pip, place)
        run(pip, "uninstall", "--quiet", "--yes", "cachestack")
        assert not (place / "bin/cachestack").exists()

    def emulator(self, python):
        """What is made in ten minutes of AWS is there when the clock was moved."""
        script = (
            "from cachestack_emulator import Emulator\n"
            "from urllib.parse import urlencode\nfrom urllib.request import Request, urlopen\n"
            "with Emulator(speed='real') as emulator:\n"
            "    def call(**fields):\n"
            "        request = Request(emulator.url, urlencode(fields).encode())\n"
            "        scope = 'Credential=000000000000/20270115/us-east-1/elasticache/aws4_request'\n"
            "        request.add_header('Authorization', f'AWS4-HMAC-SHA256 {scope}, SignedHeaders=host, Signature=0')\n"
            "        return urlopen(request).read().decode()\n"
            "    call(Action='CreateCacheCluster', CacheClusterId='c', CacheNodeType='cache.t4g.micro', NumCacheNodes='1', Engine='memcached')\n"
            "    before = call(Action='DescribeCacheClusters')\n"
            "    emulator.advance(3600)\n"
            "    after = call(Action='DescribeCacheClusters')\n"
            "print('creating' in before, 'available' in after)\n"
        )
        said = output(python, "-c", script, env={**os.environ, "no_proxy": "127.0.0.1"})
        assert said == "True True\n", said
        print("tried the wheel of the emulator")

    def fixture(self, pip, place):
        """Each test that asks for the fixture has an emulator of its own."""
        if subprocess.run([pip, "install", "--quiet", "--disable-pip-version-check", "pytest", "boto3"], capture_output=True).returncode:
            return skipped("the fixture of pytest", "pytest and boto3 cannot be had")
        test = place / "test_caches.py"
        test.write_text(
            "import pytest\n\n"
            "@pytest.mark.parametrize('number', range(2))\n"
            "def test_a_cache_is_made(elasticache, number):\n"
            "    client = elasticache.client('elasticache')\n"
            "    assert client.describe_cache_clusters()['CacheClusters'] == []\n"
            "    client.create_cache_cluster(CacheClusterId='c', CacheNodeType='cache.t4g.micro', NumCacheNodes=1, Engine='memcached')\n"
            "    (made,) = client.describe_cache_clusters()['CacheClusters']\n"
            "    assert made['CacheClusterStatus'] == 'available'\n"
        )
        said = output(place / "bin/python", "-m", "pytest", "-q", "-p", "no:cacheprovider", test, cwd=place, env={**os.environ, "no_proxy": "127.0.0.1"})
        assert "2 passed" in said, said
        print("tried the fixture of pytest")

    def npm(self, place):
        if not shutil.which("npm"):
            return skipped("the npm package", "no npm")
        run("npm", "install", "--global", "--silent", "--offline", "--no-audit", "--prefix", place, self.one(".tgz"), stdout=subprocess.DEVNULL)
        self.says_its_version(place / "bin/cachestack", "the npm package")

    def install(self, place):
        """The script over HTTP: it installs what has the right checksum, and nothing else."""
        served = place / "served"
        served.mkdir()
        for path in self.made.values():
            shutil.copy(path, served)
        quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(quiet, directory=str(served)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environment = {**os.environ, "CACHESTACK_URL": f"http://127.0.0.1:{server.server_port}", "CACHESTACK_BIN": str(place / "bin"), "no_proxy": "127.0.0.1"}
        run("sh", self.made["install.sh"], env=environment, stdout=subprocess.DEVNULL)
        self.says_its_version(place / "bin/cachestack", "the install script")
        (place / "bin/cachestack").unlink()
        archive = served / self.one(".tar.gz").name
        archive.write_bytes(archive.read_bytes()[:-1] + b"?")
        refused = subprocess.run(["sh", self.made["install.sh"]], env=environment, text=True, capture_output=True)
        assert refused.returncode != 0 and "checksum" in refused.stderr, refused
        assert not (place / "bin/cachestack").exists()
        server.shutdown()
        print("tried the install script on a damaged archive")

    def formula(self, _):
        if not shutil.which("ruby"):
            return skipped("the Homebrew formula", "no ruby; it was not looked at by Homebrew either")
        run("ruby", "-c", self.made["cachestack.rb"], stdout=subprocess.DEVNULL)
        print("tried the formula's syntax")

    def container(self, place):
        if "Containerfile" not in self.made:
            return
        tool = next((tool for tool in ("podman", "docker", "buildah") if shutil.which(tool)), None)
        works = tool and subprocess.run([tool, "info"], capture_output=True).returncode == 0
        if not works:
            return skipped("the container file", "no container engine that runs")
        shutil.copy(self.made["Containerfile"], place)
        shutil.copy(self.one(".tar.gz"), place)
        run(tool, "build", "--tag", "cachestack-trial", "--file", place / "Containerfile", place, stdout=subprocess.DEVNULL)
        said = output(tool, "run", "--rm", "cachestack-trial", "version")
        assert said.startswith(self.wanted), said
        print("tried the container")

    def materials(self, _):
        document = json.loads(self.one(".cdx.json").read_text())
        names = {one["name"] for one in document["components"]}
        assert {"tokio", "aws-sdk-elasticache", "rustls", "petgraph"} <= names and "proptest" not in names, sorted(names)[:5]
        known = {one["bom-ref"] for one in document["components"]} | {document["metadata"]["component"]["bom-ref"]}
        assert all(set(one["dependsOn"]) <= known for one in document["dependencies"])
        print(f"tried the bill of materials: {len(names)} crates")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    host = next(line.split()[1] for line in output("rustc", "-vV").splitlines() if line.startswith("host:"))
    parser.add_argument("--target", default=host, choices=sorted(TARGETS))
    parser.add_argument("--binary", type=Path, help="a program that is built already")
    parser.add_argument("--url", default="https://example.invalid/cachestack", help="where the parts will lie")
    parser.add_argument("--out", type=Path, default=ROOT / "target" / "release-parts")
    parser.add_argument("--try", dest="tried", action="store_true", help="try each part in an empty place")
    arguments = parser.parse_args()
    release = Release(arguments.target, arguments.binary, arguments.url, arguments.out)
    made = release.make()
    for path in made:
        print(f"{path.stat().st_size:>12} {path.name}")
    if arguments.tried:
        Trial(release, made).all()


if __name__ == "__main__":
    main()
