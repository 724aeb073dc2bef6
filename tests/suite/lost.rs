//! What goes wrong between two runs loses nothing: failed successors, objects that others change, states that are
//! damaged, endpoints that are not the state's.

use crate::harness::{Emulator, Place};

const HEAD: &str = r#"
environment "prod" { region = "us-west-2" }

data "vpc" "main" { default = true }
"#;

const GROUP: &str = r#"
variable "id" { default = "redis-1" }
variable "family" { default = "redis7" }

parameter_group "p" {
  name   = "params"
  family = var.family
}

replication_group "g" {
  replication_group_id = var.id
  node_type            = "cache.t4g.micro"
  engine_version       = var.family == "redis7" ? "7.1" : "6.2"
  num_cache_clusters   = 1
  parameter_group_name = parameter_group.p.name
  lifecycle { create_before_destroy = true }
}
"#;

/// A directory with a stack, on an emulator that can be told to fail.
struct Scene {
    emulator: Emulator,
    place: Place,
}

impl Scene {
    fn new(stack: &str) -> Self {
        let emulator = Emulator::start("instant");
        let mut place = Place::new();
        place.env("AWS_ACCESS_KEY_ID", "test").env("AWS_SECRET_ACCESS_KEY", "test");
        place.env("AWS_ENDPOINT_URL", &emulator.url);
        place.write("main.hcl", &format!("{HEAD}{stack}"));
        Self { emulator, place }
    }

    fn run(&self, words: &[&str], code: i32) -> crate::harness::Run {
        self.place.run(&[words, &["--endpoint", &self.emulator.url]].concat()).expect(code)
    }

    /// Calls of these operations fail from now on.
    fn fail(&self, operation: &str, code: &str) {
        let rule = serde_json::json!({ "match": format!("*:{operation}"), "error": { "code": code, "status": 400 } });
        self.emulator.control("PUT", "faults", &serde_json::json!({ "seed": 1, "rules": [rule] }).to_string());
    }

    fn mend(&self) {
        self.emulator.control("PUT", "faults", &serde_json::json!({ "seed": 1, "rules": [] }).to_string());
    }

    fn ids(&self) -> String {
        let world = self.emulator.control("GET", "export", "");
        let mut ids: Vec<&str> = ["redis-1", "redis-2", "redis-3"].into_iter().filter(|id| world.contains(&format!("\"{id}\""))).collect();
        ids.sort_unstable();
        ids.join(" ")
    }
}
