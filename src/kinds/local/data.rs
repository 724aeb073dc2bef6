//! `terraform_data` and `null_resource`: values that are kept, and objects that stand for nothing but their triggers.

use std::sync::LazyLock;

use super::{Plain, draw, id, keepers, object};
use crate::kind::Means;
use crate::schema::{Attr, Schema};
use crate::value::{Object, Type, Value, json};

static DATA: LazyLock<Schema> = LazyLock::new(|| {
    let attrs = vec![
        Attr::optional("input", Type::Any).fits(same).doc("Any value; `output` is the same."),
        Attr::optional("triggers_replace", Type::Any)
            .replace()
            .fits(same)
            .doc("Any value; when it changes, a new object is made."),
        Attr::computed("output", Type::Any).doc("What `input` is."),
        id("A UUID."),
    ];
    Schema::new(
        "terraform_data",
        "terraform_data",
        "A value that is kept, and a cause for others to be replaced.",
        attrs,
    )
});

static NULL: LazyLock<Schema> = LazyLock::new(|| {
    let attrs = vec![keepers("triggers"), id("A random number.")];
    Schema::new("null_resource", "null_resource", "An object that stands for nothing but its triggers.", attrs)
});

/// The kind `terraform_data`.
pub static TERRAFORM_DATA: Plain = Plain { follow, ..Plain::new(&DATA, make_data, import_data) };

/// The kind `null_resource`.
pub static NULL_RESOURCE: Plain = Plain::new(&NULL, make_null, import_null);

/// Records keep no types: a set reads back as a list.
fn same(now: &Value, wanted: &Value) -> bool {
    wanted.is_wholly_known() && now.is_wholly_known() && json::to_json(now) == json::to_json(wanted)
}

fn follow(object: &mut Object, _: Option<&Object>) {
    let input = object.get("input").cloned().unwrap_or_else(Value::null);
    object.insert("output".into(), input);
}

fn make_data(_: &Object, means: &Means) -> Result<Object, String> {
    Ok(object([("id", Value::string(draw::uuid(means.entropy)))]))
}

fn import_data(id: &str) -> Result<Object, String> {
    Ok(object([("id", Value::string(id)), ("output", Value::null())]))
}

fn make_null(_: &Object, means: &Means) -> Result<Object, String> {
    let number = draw::below(means.entropy, 1 << 63);
    Ok(object([("id", Value::string(number.to_string()))]))
}

fn import_null(_: &str) -> Result<Object, String> {
    Err("a null_resource is nothing that could be taken over; remove the `import` block to make a new one".to_owned())
}
