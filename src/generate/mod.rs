//! Configuration out of objects: blocks that ask for what is there already.
//!
//! ```text
//! objects as they are read -> what of them a block writes (part) -> labels -> those that are alike, together (alike)
//!                          -> blocks with references (block, text) -> a file for each kind
//! ```

mod alike;
mod block;
pub mod cloudformation;
mod labels;
mod part;
mod references;
pub mod restored;
pub mod text;

use std::collections::{BTreeMap, BTreeSet};

use hcl_edit::structure::{Attribute, Block, Body};

use crate::address::{Address, Key, Subject};
use crate::kind::{Kind, Target};
use crate::value::Object;
use alike::Blocks;
use references::References;

/// In whose words configuration is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// `replication_group "a"`
    Ours,
    /// `resource "aws_elasticache_replication_group" "a"`
    Terraform,
}

impl Spelling {
    /// How files of it end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Ours => "hcl",
            Self::Terraform => "tf",
        }
    }
}

/// An object that is to get a block.
#[derive(Clone)]
pub struct Found {
    /// Its kind.
    pub kind: &'static dyn Kind,
    /// Its name in AWS, as an import takes it.
    pub id: String,
    /// How it is, normalised.
    pub object: Object,
}

/// What is known around the objects.
pub struct Around {
    /// In whose words they are written.
    pub spelling: Spelling,
    /// Where they are.
    pub target: Target,
    /// The tags that every block has without writing any.
    pub tags: Object,
    /// Blocks that are declared already.
    pub taken: BTreeSet<Address>,
    /// Objects that have a record: where, their name in AWS, and what is recorded.
    pub recorded: Vec<(Address, String, Object)>,
    /// Whether what objects of another kind say too is left to those.
    pub apart: bool,
}

/// Configuration that was written.
#[derive(Debug, Default)]
pub struct Generated {
    /// The text of each file, by its name without an ending.
    pub files: BTreeMap<String, String>,
    /// What the blocks are to take over: addresses, and names in AWS.
    pub imports: Vec<(Address, String)>,
    /// Where a secret has to be given, and how it is called.
    pub secrets: Vec<(Address, String)>,
}

/// Writes blocks for objects, one file for each kind and one with the imports.
pub fn generate(found: Vec<Found>, around: &Around) -> Generated {
    let items: Vec<part::Item> = found.into_iter().map(|found| part::item(found, around)).collect();
    let items = labels::label(items, &around.taken);
    let blocks = alike::gather(items, &around.taken);
    let mut references = References::new(&blocks, around);
    let mut bodies: BTreeMap<&'static str, Vec<Block>> = BTreeMap::new();
    let mut generated = Generated::default();
    let (mut imports, mut variables) = (Vec::new(), Vec::new());
    for one in &blocks {
        let name = one.kind.schema().kind;
        bodies.entry(name).or_default().push(block::block(one, &mut references, around.spelling));
        imports.push(import(one, around.spelling));
        for (address, item) in one.instances() {
            for (secret, called) in block::secrets(&one.label, item, around.spelling) {
                variables.push(block::variable(&called, item, secret));
                generated.secrets.push((address.clone(), called));
            }
            generated.imports.push((address, item.found.id.clone()));
        }
    }
    for (kind, blocks) in bodies {
        generated.files.insert(kind.to_owned(), laid_out(blocks));
    }
    if !imports.is_empty() {
        generated.files.insert("imports".to_owned(), laid_out(imports));
    }
    if around.spelling == Spelling::Terraform && !variables.is_empty() {
        generated.files.insert("secrets".to_owned(), laid_out(variables));
    }
    generated
}

/// Writes the block of one address.
pub fn generate_one(address: &Address, found: Found, around: &Around) -> Generated {
    let item = part::Item { label: address.name.to_string(), ..part::item(found, around) };
    let blocks = [Blocks::of(item)];
    let mut references = References::new(&blocks, around);
    let text = laid_out(vec![block::block(&blocks[0], &mut references, around.spelling)]);
    let secrets = block::secrets(&blocks[0].label, &blocks[0].members[0].item, around.spelling);
    Generated {
        files: BTreeMap::from([(address.to_string(), text)]),
        imports: Vec::new(),
        secrets: secrets.into_iter().map(|(_, called)| (address.clone(), called)).collect(),
    }
}

/// The `import` block of one block, for each of its instances.
fn import(blocks: &Blocks, spelling: Spelling) -> Block {
    let mut block = Block::builder(text::ident("import"));
    let to = references::spelled(&blocks.address(), spelling);
    let named = |item: &part::Item| import_id(&item.found, spelling);
    let [single] = &blocks.members[..] else {
        let ids = blocks.members.iter().map(|one| (one.key.as_str(), text::string(&named(&one.item))));
        let mut given = text::object(ids);
        if blocks.members.iter().all(|one| one.key == named(&one.item)) {
            let keys = blocks.members.iter().map(|one| text::string(&one.key)).collect();
            given = text::parsed(&format!("toset({})", text::array(keys).to_string().trim()));
        }
        block = block.attribute(attribute("for_each", given));
        block = block.attribute(attribute("to", text::parsed(&format!("{to}[each.key]"))));
        return block.attribute(attribute("id", text::parsed("each.value"))).build();
    };
    block = block.attribute(attribute("to", text::parsed(&to)));
    block.attribute(attribute("id", text::string(&named(&single.item)))).build()
}

fn attribute(name: &str, value: hcl_edit::expr::Expression) -> Attribute {
    Attribute::new(text::ident(name), value)
}

/// The text of a file of blocks.
pub fn laid_out(blocks: Vec<Block>) -> String {
    let one = |block: Block| crate::lang::fmt::format(&text::escaped(&Body::from_iter([block]).to_string()));
    blocks.into_iter().map(one).collect::<Vec<_>>().join("\n")
}

/// A `moved` block.
pub fn moved(from: &Subject, to: &Subject, spelling: Spelling) -> Block {
    let ends = [("from", from), ("to", to)].map(|(name, end)| attribute(name, text::parsed(&subject(end, spelling))));
    Block::builder(text::ident("moved")).attributes(ends).build()
}

/// A `removed` block that lets what it names be.
pub fn removed(from: &Address, spelling: Spelling) -> Block {
    let stays = Block::builder(text::ident("lifecycle")).attribute(attribute("destroy", false.into())).build();
    let from = attribute("from", text::parsed(&references::spelled(from, spelling)));
    let stays = hcl_edit::Decorate::decorated(stays, ("\n", ""));
    Block::builder(text::ident("removed")).attribute(from).block(stays).build()
}

fn subject(subject: &Subject, spelling: Spelling) -> String {
    match subject {
        Subject::Resource(address) => references::spelled(address, spelling),
        Subject::Module(_) => subject.to_string(),
    }
}

/// `import` blocks: addresses, and names as an import takes them.
pub fn imports(all: &[(Address, String)], spelling: Spelling) -> String {
    let one = |(to, id): &(Address, String)| {
        let block = Block::builder(text::ident("import"))
            .attribute(attribute("to", text::parsed(&references::spelled(to, spelling))));
        block.attribute(attribute("id", text::string(id))).build()
    };
    laid_out(all.iter().map(one).collect())
}

/// The name of an object as an import takes it.
pub fn import_id(found: &Found, spelling: Spelling) -> String {
    match spelling {
        Spelling::Ours => found.id.clone(),
        Spelling::Terraform => found.kind.import_id(&found.id, &found.object),
    }
}

/// The settings of a stack that has none: where it is.
pub fn settings(spelling: Spelling, region: &str) -> Vec<Block> {
    let region = attribute("region", text::string(region));
    if spelling == Spelling::Ours {
        return vec![Block::builder(text::ident("environment")).label("default").attribute(region).build()];
    }
    let source = text::object([("source", text::string("hashicorp/aws")), ("version", text::string(">= 5.83"))]);
    let providers = Block::builder(text::ident("required_providers")).attribute(attribute("aws", source)).build();
    let terraform = Block::builder(text::ident("terraform"))
        .attribute(attribute("required_version", text::string(">= 1.7")))
        .block(hcl_edit::Decorate::decorated(providers, ("\n", "")));
    vec![terraform.build(), Block::builder(text::ident("provider")).label("aws").attribute(region).build()]
}

/// The address of an instance.
fn instance(block: &Address, key: Option<&str>) -> Address {
    block.instance(key.map(|key| Key::Name(key.into())))
}
