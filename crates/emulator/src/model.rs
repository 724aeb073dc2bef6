//! The service models of AWS: which operations exist, and how their members are called and nested on the wire.
//! Generated from botocore by `tests/clients/extract_models.py`; holds names and limits only.

use serde::Deserialize;
use std::collections::HashMap;
use std::sync::OnceLock;

/// One service.
#[derive(Debug, Deserialize)]
pub struct Service {
    /// The API version, for instance `2015-02-02`.
    pub version: String,
    /// The XML namespace.
    pub namespace: String,
    /// The prefix of `X-Amz-Target`.
    pub target: String,
    /// Operations by name.
    pub operations: HashMap<String, Operation>,
    /// HTTP status by error code.
    pub errors: HashMap<String, u16>,
    /// Shapes by name.
    pub shapes: HashMap<String, Shape>,
}

/// One operation.
#[derive(Debug, Deserialize)]
pub struct Operation {
    /// The shape of the input.
    #[serde(rename = "in")]
    pub input: Option<String>,
    /// The shape of the output.
    #[serde(rename = "out")]
    pub output: Option<String>,
    /// The element around the output in query/XML.
    pub wrapper: Option<String>,
}

/// The kind of a shape.
#[derive(Debug, Deserialize, Clone, Copy, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    Structure,
    List,
    Map,
    String,
    Integer,
    Long,
    Boolean,
    Double,
    Float,
    Timestamp,
    Blob,
}

/// One shape.
#[derive(Debug, Deserialize)]
pub struct Shape {
    #[serde(rename = "t")]
    pub kind: Type,
    /// Members of a structure, in the order of the model.
    #[serde(rename = "m", default)]
    pub members: serde_json::Map<String, serde_json::Value>,
    /// Names of the required members.
    #[serde(rename = "r", default)]
    pub required: Vec<String>,
    /// The shape of a list's elements.
    pub of: Option<String>,
    /// The element name of a list's elements; `member` where absent.
    pub item: Option<String>,
    /// Whether the list has no element around it.
    #[serde(default)]
    pub flat: bool,
    /// The shape of a map's values.
    pub value: Option<String>,
    pub min: Option<f64>,
    pub max: Option<f64>,
    #[serde(default, rename = "enum")]
    pub choices: Vec<String>,
}

/// A member of a structure: its name, its shape, and its names on the wire.
pub struct Member<'a> {
    pub name: &'a str,
    pub shape: &'a str,
    pub wire_in: &'a str,
    pub wire_out: &'a str,
}

impl Shape {
    /// The members of a structure.
    pub fn members(&self) -> impl Iterator<Item = Member<'_>> {
        self.members.iter().map(|(name, member)| {
            let text = |key: &str| member.get(key).and_then(serde_json::Value::as_str);
            Member {
                name,
                shape: text("s").unwrap_or("String"),
                wire_in: text("in").unwrap_or(name),
                wire_out: text("out").unwrap_or(name),
            }
        })
    }

    /// The member of that name.
    pub fn member_shape(&self, name: &str) -> Option<&str> {
        self.members.get(name)?.get("s")?.as_str()
    }
}

impl Service {
    /// The shape of that name; the model is closed, so it exists.
    pub fn shape(&self, name: &str) -> &Shape {
        &self.shapes[name]
    }
}

/// The model of a service, by botocore's name of it.
pub fn service(name: &str) -> Option<&'static Service> {
    static MODELS: OnceLock<HashMap<String, Service>> = OnceLock::new();
    let models = MODELS.get_or_init(|| {
        let mut all: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(include_str!("data/models.json")).expect("models.json is generated");
        all.remove("source");
        all.into_iter()
            .map(|(name, model)| (name, serde_json::from_value(model).expect("models.json is generated")))
            .collect()
    });
    models.get(name)
}
