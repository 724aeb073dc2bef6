// Plans a stack out of a Rust program, with no process of its own: `cargo run --example plan_in_process [DIRECTORY]`.
//
// Without a directory it is a stack of its own on the built-in emulator. Nothing is written, and nothing is sent that writes.

use std::path::Path;

use cachestack::ops::connect::{Purpose, connect};
use cachestack::ops::{Failure, Session, SessionOptions, plan};
use cachestack::plan::{Options, Plan};

const STACK: &str = r#"
environment "local" {
  endpoint = "emulator"
  region   = "eu-west-1"
}

replication_group "shop" {
  replication_group_id = "shop"
  node_type            = "cache.t4g.small"
}
"#;

/// The plan of the default environment of a stack. What is wrong with it is among the diagnostics of the session.
async fn planned(directory: &Path) -> Result<Plan, String> {
    let process = std::env::vars().collect();
    let mut session = Session::open(&SessionOptions { process, ..SessionOptions::new(directory) });
    match of(&mut session).await {
        Ok(plan) => Ok(plan),
        Err(Failure::Error(why)) => Err(why),
        Err(other) => {
            let wrong = session.diagnostics.iter().map(|one| format!("{}: {}\n", one.code, one.detail));
            Err(format!("{other:?}\n{}", wrong.collect::<String>()))
        }
    }
}

async fn of(session: &mut Session) -> Result<Plan, Failure> {
    let options = Options::default();
    let mut store = session.store()?;
    let first = plan::check_first(session, &store, &options)?;
    let connection = connect(session, Purpose::Look).await?;
    plan::plan(session, &mut store, &connection, &options, None, first).await
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Runtime::new()?;
    let own = tempfile::tempdir()?;
    std::fs::write(own.path().join("main.hcl"), STACK)?;
    let directory = std::env::args_os().nth(1).map_or(own.path().to_owned(), Into::into);
    let plan = runtime.block_on(planned(&directory))?;
    for step in &plan.steps {
        println!(
            "{} {}: impact {}, {} s at least",
            step.action.word(),
            step.address,
            step.impact().word(),
            step.seconds()
        );
        step.calls.iter().for_each(|call| println!("  {}", call.operation));
    }
    println!("{} steps, {} unchanged", plan.steps.len(), plan.unchanged);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_planned() {
        let own = tempfile::tempdir().expect("a directory");
        std::fs::write(own.path().join("main.hcl"), STACK).expect("a stack");
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        let plan = runtime.block_on(planned(own.path())).expect("a plan");
        let operations: Vec<&str> = plan.steps.iter().flat_map(|step| &step.calls).map(|call| call.operation).collect();
        assert_eq!(operations, ["CreateReplicationGroup"]);
    }
}
