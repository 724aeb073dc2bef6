//! The stacks under `stacks/`, built into the binary.

/// The files of a template: names and texts.
pub type Template = &'static [(&'static str, &'static str)];

macro_rules! templates {
    ($($name:literal: [$($file:literal),+]),+ $(,)?) => {
        const TEMPLATES: &[(&str, Template)] = &[
            $(($name, &[$(($file, include_str!(concat!("../stacks/", $name, "/", $file)))),+])),+
        ];
    };
}

templates! {
    "quickstart": ["main.hcl"],
}

/// The files of a template.
pub fn get(name: &str) -> Option<Template> {
    TEMPLATES.iter().find(|(known, _)| *known == name).map(|(_, template)| *template)
}

/// Every template's name.
pub fn names() -> impl Iterator<Item = &'static str> {
    TEMPLATES.iter().map(|(name, _)| *name)
}
