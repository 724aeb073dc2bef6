//! The examples of the library do what they say.

#[path = "../../examples/plan_in_process.rs"]
#[allow(dead_code, reason = "tests call what its main calls")]
mod plan_in_process;
