//! What an object is a part of.

/// An object of which AWS tells something else because a part of it is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Its kind.
    pub kind: &'static str,
    /// Its name in AWS.
    pub id: String,
    /// The attributes that the part has a share in.
    pub attributes: &'static [&'static str],
}

impl Whole {
    /// The object of that kind and name.
    pub fn new(kind: &'static str, id: &str, attributes: &'static [&'static str]) -> Self {
        Self { kind, id: id.to_owned(), attributes }
    }
}
