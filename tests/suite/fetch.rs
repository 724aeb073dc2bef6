//! `cachestack init`: modules from a repository made here, and from a registry that runs in this process.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use crate::harness::{Place, Run};

/// A server that knows some pages; it ends with the process.
struct Server {
    host: String,
    pages: Pages,
}

type Page = (u16, Vec<(&'static str, String)>, Vec<u8>);
type Pages = Arc<Mutex<BTreeMap<String, Page>>>;

impl Server {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let host = format!("127.0.0.1:{}", listener.local_addr().expect("an address").port());
        let pages = Pages::default();
        let known = pages.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let known = known.clone();
                std::thread::spawn(move || answer(stream, &known));
            }
        });
        let server = Self { host, pages };
        server.page("/.well-known/terraform.json", 200, r#"{"modules.v1":"/modules/"}"#);
        server
    }

    fn page(&self, path: &str, status: u16, body: impl AsRef<[u8]>) {
        self.put(path, (status, Vec::new(), body.as_ref().to_vec()));
    }

    fn put(&self, path: &str, page: Page) {
        self.pages.lock().expect("a lock").insert(path.to_owned(), page);
    }

    /// Publishes a version of a module, as an archive with the files in one folder.
    fn publish(&self, module: &str, versions: &[&str], files: &[(&str, &str)]) {
        let version = versions.last().expect("a version");
        let listed: Vec<String> = versions.iter().map(|version| format!(r#"{{"version":"{version}"}}"#)).collect();
        let listed = format!(r#"{{"modules":[{{"versions":[{}]}}]}}"#, listed.join(","));
        self.page(&format!("/modules/{module}/versions"), 200, listed);
        let archive = format!("/archives/{module}/{version}.tar.gz");
        self.put(
            &format!("/modules/{module}/{version}/download"),
            (204, vec![("X-Terraform-Get", format!("{archive}//*?archive=tar.gz"))], Vec::new()),
        );
        self.page(&archive, 200, tarred(files));
    }
}

fn answer(stream: TcpStream, pages: &Pages) {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    if reader.read_line(&mut first).is_err() {
        return;
    }
    let mut line = String::new();
    while reader.read_line(&mut line).is_ok_and(|read| read > 2) {
        line.clear();
    }
    let path = first.split(' ').nth(1).unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
    let page = pages.lock().expect("a lock").get(&path).cloned();
    let (status, headers, body) = page.unwrap_or((404, Vec::new(), Vec::new()));
    let mut text = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n", body.len());
    headers.iter().for_each(|(name, value)| text += &format!("{name}: {value}\r\n"));
    let mut stream = reader.into_inner();
    let _ = stream.write_all(format!("{text}\r\n").as_bytes()).and_then(|()| stream.write_all(&body));
    let _ = stream.read(&mut [0; 1]);
}

fn tarred(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, format!("release/{name}"), text.as_bytes()).expect("an entry");
    }
    builder.into_inner().and_then(|encoder| encoder.finish()).expect("an archive")
}

/// Whether `git` is there; says aloud that a test is passed over.
fn has_git(test: &str) -> bool {
    let there = Command::new("git").arg("--version").output().is_ok_and(|output| output.status.success());
    if !there {
        crate::referees::skipped(test, "git");
    }
    there
}

fn git(directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@example.com", "-c", "init.defaultBranch=main"]);
    let output = command.args(arguments).current_dir(directory).env("HOME", directory).output().expect("git runs");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// Writes files, and commits all.
fn commit(place: &Place, files: &[(&str, &str)]) -> String {
    for (name, text) in files {
        place.write(name, text);
    }
    git(place.path(), &["add", "--all"]);
    git(place.path(), &["commit", "--quiet", "-m", "x"]);
    git(place.path(), &["rev-parse", "HEAD"])
}

const STACK: &str = "environment \"local\" {\n  endpoint = \"emulator\"\n  region   = \"us-west-2\"\n}\n";

const GROUP: &str = r#"
variable "name" { type = string }
resource "aws_elasticache_parameter_group" "this" {
  name   = var.name
  family = "redis7"
}
output "name" { value = aws_elasticache_parameter_group.this.name }
"#;

/// A place with a stack that calls a module.
fn caller(source: &str, more: &str) -> Place {
    let place = Place::new();
    place.write("stack.hcl", STACK);
    place.write("main.tf", &format!("module \"cache\" {{\n  source = \"{source}\"\n  name = \"a\"\n{more}}}\n"));
    place
}

fn works(place: &Place) {
    place.run(&["apply", "--auto-approve"]).expect(0);
    place.run(&["plan", "--detailed-exitcode"]).expect(0);
}

#[track_caller]
fn refused(run: Run, word: &str) {
    let run = run.expect(1);
    assert!(run.stderr.contains(word), "no {word:?} in {}", run.stderr);
}

/// A source that was changed, or a copy that was removed, is not the same as a block that was removed.
fn what_a_module_made_stays_while_its_files_are_away(repository: &Place) {
    let place = Place::new();
    place.write("stack.hcl", STACK);
    // Neither its name nor its source tells what it makes.
    let shelf = tempfile::Builder::new().prefix("shelf").tempdir().expect("a folder");
    let copy = shelf.path().join("copy");
    git(shelf.path(), &["clone", "--quiet", &repository.path().display().to_string(), &copy.display().to_string()]);
    let url = format!("git::file://{}//modules/outer?ref=v1", copy.display());
    place.write("main.tf", &format!("module \"shelf\" {{\n  source = \"{url}\"\n  name = \"a\"\n}}\n"));
    place.run(&["init"]).expect(0);
    place.run(&["apply", "--auto-approve"]).expect(0);
    let modules = place.path().join(".cachestack/modules");
    std::fs::rename(&modules, place.path().join("away")).expect("moved");
    for arguments in
        [&["plan"][..], &["apply", "--auto-approve"], &["apply", "--auto-approve", "--allow-destroy", "all"]]
    {
        refused(place.run(arguments), "CS0937");
    }
    std::fs::rename(place.path().join("away"), &modules).expect("moved back");
    place.run(&["plan", "--detailed-exitcode"]).expect(0);
    place.run(&["destroy", "--auto-approve"]).expect(0);
}

#[test]
fn a_repository_is_fetched_pinned_and_compared() {
    if !has_git("a_repository_is_fetched_pinned_and_compared") {
        return;
    }
    let repository = Place::new();
    git(repository.path(), &["init", "--quiet"]);
    let outer =
        "variable \"name\" { type = string }\nmodule \"inner\" {\n  source = \"../inner\"\n  name = var.name\n}\n";
    let first = commit(&repository, &[("modules/outer/main.tf", outer), ("modules/inner/main.tf", GROUP)]);
    git(repository.path(), &["tag", "v1"]);
    let url = format!("git::file://{}//modules/outer?ref=v1", repository.path().display());
    let place = caller(&url, "");

    refused(place.run(&["validate"]), "CS0930");
    let run = place.run(&["init", "-input=false"]).expect(0).says(&first);
    assert!(run.stdout.contains("version control"), "{}", run.stdout);
    let lock = place.read(".cachestack.lock.json");
    assert!(lock.contains(&first) && lock.contains("sha256:"), "{lock}");
    works(&place);
    place.run(&["init"]).expect(0).says("Nothing to fetch.");
    assert_eq!(place.read(".cachestack.lock.json"), lock);
    what_a_module_made_stays_while_its_files_are_away(&repository);

    // The tag moves: the lock file keeps the commit, on other machines, too.
    let second = commit(&repository, &[("modules/inner/more.tf", "locals { more = 1 }\n")]);
    git(repository.path(), &["tag", "--force", "v1"]);
    std::fs::remove_dir_all(place.path().join(".cachestack/modules")).expect("removed");
    refused(place.run(&["plan"]), "CS0930");
    place.run(&["init"]).expect(0).says(&first);
    assert_eq!(place.read(".cachestack.lock.json"), lock);

    // A content that was changed is not used, and comes back.
    let folder = std::fs::read_dir(place.path().join(".cachestack/modules")).expect("a folder").flatten();
    let folder = folder.map(|entry| entry.path()).find(|path| path.is_dir()).expect("a module");
    let file = folder.join("modules/inner/main.tf");
    std::fs::write(&file, GROUP.replace("redis7", "redis6.x")).expect("written");
    let run = place.run(&["plan"]);
    assert!(run.stderr.contains("main.tf:2:12"), "{}", run.stderr);
    refused(run, "CS0933");
    place.run(&["init"]).expect(0);
    assert_eq!(std::fs::read_to_string(&file).expect("a file"), GROUP);
    assert!(!folder.join(".git").exists());

    place.run(&["init", "-upgrade"]).expect(0).says(&second);
    assert!(place.read(".cachestack.lock.json").contains(&second));
    works(&place);
    let files = std::fs::read_dir(place.path().join(".cachestack/modules")).expect("a folder").flatten();
    let drafts = files.filter(|entry| entry.file_name().to_string_lossy().starts_with(".draft")).count();
    assert_eq!(drafts, 0);
}

#[test]
fn what_a_repository_is_asked_for() {
    if !has_git("what_a_repository_is_asked_for") {
        return;
    }
    let repository = Place::new();
    git(repository.path(), &["init", "--quiet"]);
    let first = commit(&repository, &[("main.tf", GROUP)]);
    git(repository.path(), &["tag", "v0"]);
    git(repository.path(), &["checkout", "--quiet", "-b", "topic/x"]);
    let branch = commit(&repository, &[("more.tf", "locals { more = 1 }\n")]);
    git(repository.path(), &["checkout", "--quiet", "main"]);
    let head = commit(&repository, &[("more.tf", "locals { more = 2 }\n")]);
    let url = format!("git::file://{}", repository.path().display());
    let cases = [
        ("", &head),
        ("?ref=main", &head),
        ("?ref=topic/x", &branch),
        ("?ref=topic/x&depth=1", &branch),
        ("?ref=tags/v0", &first),
        ("?ref=tags/v0&depth=1", &first),
        ("?ref=refs/tags/v0", &first),
        ("?ref=heads/topic/x", &branch),
        ("?ref=origin/topic/x", &branch),
        ("?depth=1", &head),
        (&*format!("?ref={first}"), &first),
        (&*format!("?ref={}", &first[..10]), &first),
    ];
    for (query, want) in cases {
        let place = caller(&format!("{url}{query}"), "");
        place.run(&["init"]).expect(0).says(want);
        place.run(&["validate"]).expect(0);
    }
    refused(caller(&format!("{url}?ref=none"), "").run(&["init"]), "There is no branch, tag or commit `none`");
    refused(caller(&format!("{url}//none"), "").run(&["init"]), "There is no directory");
    refused(caller("git::file:///no/such/repository", "").run(&["init"]), "CS0935");
    refused(caller(&format!("{url}?ref=--upload-pack=touch"), "").run(&["validate"]), "CS0931");
    refused(caller("git::ext::sh -c touch% x", "").run(&["validate"]), "CS0931");

    // A link out of the repository is not followed.
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("/etc", repository.path().join("out")).expect("a link");
        commit(&repository, &[]);
        refused(caller(&url, "").run(&["init"]), "a link that leads out of the module");
        std::fs::remove_file(repository.path().join("out")).expect("removed");
    }
    commit(&repository, &[("main.tf", "module \"x\" { source = \"../..\" }\n")]);
    let place = caller(&url, "");
    refused(place.run(&["init"]), "CS0936");
    refused(place.run(&["validate"]), "CS0936");
}

#[test]
fn a_registry_is_asked_for_the_newest_that_will_do() {
    let server = Server::start();
    server.publish("acme/group/aws", &["1.0.0"], &[("main.tf", GROUP)]);
    server.publish("acme/group/aws", &["1.0.0", "2.0.0-beta1", "1.1.0"], &[("main.tf", GROUP), ("README.md", "x")]);
    let source = format!("{}/acme/group/aws", server.host);
    let place = caller(&source, "  version = \"~> 1.0\"\n");
    place.run(&["init"]).expect(0).says("1.1.0");
    works(&place);
    // One that is there and will do stays.
    server.publish("acme/group/aws", &["1.0.0", "1.1.0", "1.2.0"], &[("main.tf", GROUP), ("more.tf", "")]);
    place.run(&["init"]).expect(0).says("Nothing to fetch.");
    place.run(&["init", "--upgrade"]).expect(0).says("1.2.0");
    assert!(!place.read(".cachestack.lock.json").contains("1.1.0"));
    // Another one is asked for.
    let text = place.read("main.tf");
    place.write("main.tf", &text.replace("~> 1.0", "1.0.0"));
    refused(place.run(&["validate"]), "CS0930");
    place.run(&["init"]).expect(0).says("1.0.0");
    works(&place);
    place.write("main.tf", &text.replace("~> 1.0", ">= 3.0"));
    refused(place.run(&["init"]), "the newest are 1.2.0");
    place.write("main.tf", &text.replace("~> 1.0", "newest"));
    refused(place.run(&["init"]), "CS0932");
    place.write("main.tf", &text);

    // What is published as the same version is not the same any more.
    std::fs::remove_dir_all(place.path().join(".cachestack/modules")).expect("removed");
    place.run(&["init", "--upgrade"]).expect(0);
    std::fs::remove_dir_all(place.path().join(".cachestack/modules")).expect("removed");
    server.publish("acme/group/aws", &["1.0.0", "1.1.0", "1.2.0"], &[("main.tf", GROUP), ("more.tf", "locals {}")]);
    refused(place.run(&["init"]), "CS0933");
    place.run(&["init", "-upgrade"]).expect(0);
    works(&place);
}

#[test]
fn what_a_registry_may_not_do() {
    let server = Server::start();
    let host = &server.host;
    refused(caller(&format!("{host}/a/none/aws"), "").run(&["init"]), "answers 404");
    for (location, word) in [
        ("http://example.com/x.zip", "plain http"),
        ("s3::https://example.com/x.zip", "Nothing is fetched by way of"),
        ("git::https://me:hunter@example.com/x", "An address holds no user"),
        ("/archives/none.zip", "answers 404"),
        ("other/module/aws", "does not answer as a registry"),
    ] {
        server.publish("a/b/aws", &["1.0.0"], &[("main.tf", GROUP)]);
        server.put("/modules/a/b/aws/1.0.0/download", (204, vec![("X-Terraform-Get", location.to_owned())], vec![]));
        let run = caller(&format!("{host}/a/b/aws"), "").run(&["init"]);
        assert!(!run.stderr.contains("hunter"), "{}", run.stderr);
        refused(run, word);
    }
    server.page("/archives/html.zip", 200, "<html>");
    refused(caller(&format!("http://{host}/archives/html.zip"), "").run(&["init"]), "The archive cannot be read");
    server.put("/moved", (302, vec![("Location", "http://example.com/x.zip".to_owned())], vec![]));
    refused(caller(&format!("http://{host}/moved?archive=zip"), "").run(&["init"]), "only https");
    refused(caller("http://example.com/x.zip", "").run(&["init"]), "CS0931");
}

#[test]
fn modules_call_modules_of_a_registry() {
    let server = Server::start();
    server.publish("acme/group/aws", &["1.0.0"], &[("modules/small/main.tf", GROUP), ("main.tf", "")]);
    let outer = r#"
variable "name" { type = string }
module "group" {
  source  = "acme/group/aws//modules/small"
  version = ">= 1.0"
  name    = "${var.name}-x"
}
"#;
    server.publish("acme/outer/aws", &["3.0.0"], &[("main.tf", outer)]);
    let mut place = caller("acme/outer/aws", "");
    // What a source without a host means can be told.
    place.env("CACHESTACK_REGISTRY", &server.host);
    let run = place.run(&["init"]).expect(0).says("acme/outer/aws 3.0.0").says("acme/group/aws 1.0.0");
    assert!(run.stdout.contains("module.cache.module.group"), "{}", run.stdout);
    works(&place);
    // A second directory with the lock file, as after a checkout.
    let other = caller("acme/outer/aws", "");
    other.write(".cachestack.lock.json", &place.read(".cachestack.lock.json"));
    let mut program = other.program(&["init"]);
    program.env("CACHESTACK_REGISTRY", &server.host);
    crate::harness::run(program).expect(0).says("3.0.0");
    assert_eq!(other.read(".cachestack.lock.json"), place.read(".cachestack.lock.json"));
    other.write(".cachestack.lock.json", "<<<<<<< ours\n");
    refused(other.run(&["validate"]), "CS0934");
    refused(other.run(&["init"]), "CS0934");
}

#[test]
fn two_runs_fetch_one_after_the_other() {
    let server = Server::start();
    server.publish("acme/group/aws", &["1.0.0"], &[("main.tf", GROUP)]);
    let place = caller(&format!("{}/acme/group/aws", server.host), "");
    let mut runs: Vec<_> = (0..6).map(|_| place.program(&["init"]).spawn().expect("it starts")).collect();
    for run in &mut runs {
        assert!(run.wait().expect("it ends").success());
    }
    works(&place);
}

/// Killed at any moment, nothing half-made is ever used, and the next run mends it.
#[test]
fn a_killed_run_leaves_nothing_half_made() {
    let server = Server::start();
    let large = "# x\n".repeat(200_000);
    let files: Vec<(String, &str)> = (0..20).map(|at| (format!("f{at}.tf"), &*large)).collect();
    let files: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (&**name, *text)).chain([("main.tf", GROUP)]).collect();
    server.publish("acme/group/aws", &["1.0.0"], &files);
    let place = caller(&format!("{}/acme/group/aws", server.host), "");
    for wait in [5, 20, 40, 80, 160, 320] {
        let mut run = place.program(&["init"]).stderr(std::process::Stdio::null()).spawn().expect("it starts");
        std::thread::sleep(std::time::Duration::from_millis(wait));
        let _ = run.kill();
        let _ = run.wait();
        let seen = place.run(&["validate"]);
        assert!(seen.code == 0 || seen.stderr.contains("CS0930"), "{}", seen.stderr);
    }
    place.run(&["init"]).expect(0);
    place.run(&["validate"]).expect(0);
}

#[test]
fn what_terraform_has_fetched_is_used() {
    let place = caller("acme/group/aws//modules/small", "  version = \"~> 1.0\"\n");
    let manifest = |version: &str| {
        format!(
            r#"{{"Modules":[{{"Key":"","Source":"","Dir":"."}},{{"Key":"cache","Source":"registry.terraform.io/acme/group/aws//modules/small","Version":"{version}","Dir":".terraform/modules/cache/modules/small"}},{{"Key":"cache.deep","Source":"git::https://example.com/deep.git?ref=v1","Dir":".terraform/modules/cache.deep"}}]}}"#
        )
    };
    place.write(".terraform/modules/modules.json", &manifest("1.4.2"));
    let inner = format!("{GROUP}\nmodule \"deep\" {{\n  source = \"git::https://example.com/deep.git?ref=v1\"\n}}\n");
    place.write(".terraform/modules/cache/modules/small/main.tf", &inner);
    place.write(".terraform/modules/cache.deep/main.tf", "locals {}\n");
    works(&place);
    place.run(&["init"]).expect(0).says("Nothing to fetch.");
    place.write(".terraform/modules/modules.json", &manifest("2.0.0"));
    refused(place.run(&["validate"]), "Terraform has fetched version 2.0.0 of it.");
    place.write(".terraform/modules/modules.json", "{");
    refused(place.run(&["validate"]), "cannot be read");
}

#[test]
fn there_may_be_nothing_to_fetch() {
    let place = Place::new();
    place.run(&["init"]).expect(0).says("No stack here.");
    place.write("main.tf", STACK);
    place.run(&["init", "-input=false", "-backend-config=x=y", "-upgrade"]).expect(0).says("Nothing to fetch.");
    assert!(!place.path().join(".cachestack").exists() && !place.path().join(".cachestack.lock.json").exists());
    place.write("main.tf", "resource \"x\" {\n");
    refused(place.run(&["init"]), "CS01");

    // What is refused is told here already, though perhaps nothing needs the module.
    for source in
        ["git::ext::sh -c touch% x", "http://example.com/x.zip", "git::https://user:hush-hush@127.0.0.1:9/x.git"]
    {
        place.write("main.tf", &format!("module \"queue\" {{\n  source = \"{source}\"\n}}\n"));
        let run = place.run(&["init"]).expect(0).says("Nothing to fetch.");
        assert!(
            run.stderr.contains("warning[CS0931]") && !run.stderr.contains("hush-hush"),
            "{source}: {}",
            run.stderr
        );
    }
}

/// A module in which nothing is managed may be there or not: what it tells is another tool's to tell.
#[test]
fn what_a_module_tells_can_be_given() {
    let server = Server::start();
    let network = r#"
resource "aws_vpc" "this" { cidr_block = "10.0.0.0/16" }
output "vpc_id" { value = aws_vpc.this.id }
output "cidr" { value = aws_vpc.this.cidr_block }
"#;
    server.publish("acme/network/aws", &["1.0.0"], &[("main.tf", network)]);
    let place = Place::new();
    place.write("stack.hcl", STACK);
    let text = r#"
module "network" {
  source = "HOST/acme/network/aws"
}
module "many" {
  source   = "HOST/acme/network/aws"
  for_each = toset(["a"])
}
resource "aws_security_group" "one" {
  name        = "one"
  description = module.network.cidr
  vpc_id      = module.network.vpc_id
}
resource "aws_security_group" "two" {
  name   = "two"
  vpc_id = module.many["a"].vpc_id
}
"#;
    place.write("main.tf", &text.replace("HOST", &server.host));
    place.run(&["init"]).expect(0);
    let run = place.run(&["validate"]).expect(1);
    assert!(run.stderr.contains("module.network.aws_vpc.this"), "{}", run.stderr);
    let values = ["--var", r#"module.network={ vpc_id = "vpc-11111111" }"#, "--var"];
    place
        .run(&[&["validate"], &values[..], &[r#"module.many={ a = { vpc_id = "vpc-22222222" } }"#]].concat())
        .expect(0);
    place
        .run(&[&["validate"], &values[..], &[r#"module.many.aws_vpc.this={ id = "vpc-2222222" }"#]].concat())
        .expect(0);
    // Terraform's state has the resources of the module.
    place.write("stack.hcl", &STACK.replace("}", "  terraform_state = \"terraform.tfstate\"\n}"));
    let of = |module: &str, id: &str| {
        format!(
            r#"{{"module":"{module}","mode":"managed","type":"aws_vpc","name":"this","instances":[{{"attributes":{{"id":"{id}"}}}}]}}"#
        )
    };
    let resources = [of("module.network", "vpc-1"), of("module.many[\\\"a\\\"]", "vpc-2")].join(",");
    place.write("terraform.tfstate", &format!(r#"{{"version":4,"resources":[{resources}]}}"#));
    place.run(&["validate"]).expect(0);
}

#[test]
fn a_module_can_be_left_to_terraform_though_it_is_there() {
    let server = Server::start();
    server.publish("acme/group/aws", &["1.0.0"], &[("main.tf", GROUP)]);
    let place = caller(&format!("{}/acme/group/aws", server.host), "");
    place.run(&["init"]).expect(0);
    place.write("stack.hcl", &format!("stack \"s\" {{ foreign = [\"module.cache\"] }}\n{STACK}"));
    place.run(&["plan", "--detailed-exitcode"]).expect(0);
    std::fs::remove_dir_all(place.path().join(".cachestack")).expect("removed");
    place.run(&["init"]).expect(0).says("Nothing to fetch.");
}

#[test]
fn no_password_of_an_address_is_shown() {
    for source in [
        "git::https://me:hunter2@example.com/x",
        "git::https://example.com/x?sshkey=hunter",
        "https://me:hunter2@example.com/x.zip",
    ] {
        let place = Place::new();
        place.write("stack.hcl", STACK);
        place.write("main.tf", &format!("module \"cache\" {{ source = \"{source}\" }}\n"));
        for command in ["init", "validate"] {
            let run = place.run(&[command]);
            assert!(!run.stderr.contains("hunter") && !run.stdout.contains("hunter"), "{command}: {}", run.stderr);
            refused(run, "CS0931");
        }
    }
}

/// What was fetched beside what could not be is kept, and the next run fetches the rest.
#[test]
fn half_of_the_modules_can_be_fetched_later() {
    let server = Server::start();
    server.publish("acme/group/aws", &["1.0.0"], &[("main.tf", GROUP)]);
    let place = caller(&format!("{}/acme/group/aws", server.host), "");
    let more = format!("module \"b\" {{\n  source = \"{}/acme/other/aws\"\n  name = \"b\"\n}}\n", server.host);
    place.write("more.tf", &more);
    refused(place.run(&["init"]).expect(1).says("acme/group/aws 1.0.0"), "answers 404");
    let lock = place.read(".cachestack.lock.json");
    server.publish("acme/other/aws", &["1.0.0"], &[("main.tf", GROUP)]);
    let run = place.run(&["init"]).expect(0).says("acme/other/aws 1.0.0");
    assert!(!run.stdout.contains("acme/group"), "{}", run.stdout);
    works(&place);
    // What is not called any more goes from the lock file when something else is fetched.
    std::fs::remove_file(place.path().join("more.tf")).expect("removed");
    place.run(&["init", "-upgrade"]).expect(0);
    assert_eq!(place.read(".cachestack.lock.json"), lock);
}

/// An environment may be called as the folder of the modules is.
#[test]
fn an_environment_called_modules() {
    let server = Server::start();
    server.publish("acme/group/aws", &["1.0.0"], &[("main.tf", GROUP)]);
    let place = caller(&format!("{}/acme/group/aws", server.host), "");
    place.write("stack.hcl", &STACK.replace("local", "modules"));
    place.run(&["init"]).expect(0);
    works(&place);
    place.run(&["init", "-upgrade"]).expect(0);
    place.run(&["plan", "--detailed-exitcode"]).expect(0);
    place.run(&["destroy", "--auto-approve"]).expect(0);
}
