//! Schemas: the attributes of a kind, with type, default, allowed values and what changing one means.
//!
//! A nested block is an attribute whose elements are objects; the language layer reads both spellings.

pub mod check;
pub mod refers;
pub mod rules;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::value::{Data, Field, Type, Value};
pub use refers::{By, Hold, Refers};
pub use rules::Rule;

/// A kind of object as the language sees it.
#[derive(Debug)]
pub struct Schema {
    /// Our name: `replication_group`.
    pub kind: &'static str,
    /// The Terraform resource that it replaces.
    pub terraform: &'static str,
    /// One sentence.
    pub doc: &'static str,
    /// Every attribute and nested block.
    pub attrs: Vec<Attr>,
    /// Whether one call says the whole object anew, also what has not changed.
    pub whole: bool,
    /// Whether `target` and `per` make an instance for each node, shard or group that is watched.
    pub aimed: bool,
    /// An old nested block, and its attributes that stand beside the others today.
    pub unfolded: Option<(&'static str, &'static [&'static str])>,
    /// Grows when records of the kind are no longer what they were; `Kind::upgrade` reads those of lower numbers.
    pub number: u32,
    /// What a block `access` needs to know, where objects of the kind may have one.
    pub opens: Option<Opens>,
    /// The alarms of the standard set that objects of the kind may have.
    pub alarms: &'static [&'static str],
    /// Where attributes refer to objects of other kinds.
    paths: Vec<refers::Path>,
}

/// What it takes to let clients in: the attributes that say where, and the ports of the engines.
#[derive(Debug)]
pub struct Opens {
    /// The attribute that names the object.
    pub id: &'static str,
    /// The attribute with its security groups.
    pub groups: &'static str,
    /// The attribute that names its subnet group.
    pub subnets: &'static str,
    /// The engines with their ports; the first is meant where none is written.
    pub engines: &'static [(&'static str, i64)],
}

/// Who gives an attribute its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// The user, always.
    Required,
    /// The user, or nobody.
    Optional,
    /// The user, or AWS where the user does not.
    OptionalComputed,
    /// AWS.
    Computed,
}

/// What a change of an attribute takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Update {
    /// An API call on the object as it is.
    InPlace,
    /// A new object.
    Replace,
    /// Nothing in AWS: it steers cachestack.
    Local,
}

/// An attribute or nested block.
#[derive(Debug, Clone)]
pub struct Attr {
    /// The name.
    pub name: &'static str,
    /// The type of its value.
    pub ty: Type,
    /// Who gives it.
    pub mode: Mode,
    /// What a change takes.
    pub update: Update,
    /// What it is when the user says nothing.
    pub default: Option<Value>,
    /// What a create sends when the user says nothing; later that is never a difference.
    pub at_create: Option<&'static str>,
    /// Whether a value is what AWS makes of it where nobody says anything, so that a block that is written for an object
    /// leaves it out.
    pub usual: Option<fn(&Value) -> bool>,
    /// A switch, and what this is to be where the user says nothing and we turn that on.
    pub comes_with: Option<(&'static str, &'static str)>,
    /// What is allowed.
    pub rules: Vec<Rule>,
    /// What of a value counts: parts of whole objects, for instance. The rest is never looked at.
    pub takes: Option<fn(Value) -> Value>,
    /// How two spellings of the same become equal.
    pub normalize: Option<fn(Value) -> Value>,
    /// When what is (first) already is what is wanted (second), beyond being equal.
    pub fits: Option<fn(&Value, &Value) -> bool>,
    /// Whether it holds a secret.
    pub secret: bool,
    /// The attribute that tells when a secret that is only written is another one.
    pub versioned: Option<&'static str>,
    /// What its values name.
    pub refers: Vec<Refers>,
    /// Whether objects with the same value of it are changed one after the other.
    pub serial: bool,
    /// Whether it is told of an object that is deleted.
    pub told_at_deletion: bool,
    /// Whether it stays what others have made of it while nobody writes it, though nobody chooses it for the user.
    pub left_to_others: bool,
    /// The argument that takes a block of the kind that is named, in the place of its name.
    pub by_block: Option<&'static str>,
    /// Whether an object that it names is let go of when it is written no longer, though AWS tells it.
    pub let_go: bool,
    /// The attribute that it is a part or another spelling of, and that tells what changes of it.
    pub told_by: Option<&'static str>,
    /// The attribute by which a change of it is sent, though it is not told of AWS itself; for the documentation.
    pub sent_as: Option<&'static str>,
    /// The attribute that begins with it, with an end that was made up.
    pub begins: Option<&'static str>,
    /// Whether Terraform's provider does not have it. Source: the schemas of provider aws 5.100.
    pub ours_alone: bool,
    /// What it was called before.
    pub formerly: &'static [&'static str],
    /// Whether an empty text is no value of it, though it is none of its type.
    pub nullable: bool,
    /// Whether AWS may tell nothing of it, so that a foreseen null is one.
    pub or_nothing: bool,
    /// The attributes of the elements, for a nested block.
    pub block: Option<Block>,
    /// What to write instead, for a spelling that is still understood or refused.
    pub deprecated: Option<&'static str>,
    /// One sentence.
    pub doc: &'static str,
}

/// A nested block.
#[derive(Debug, Clone)]
pub struct Block {
    /// The attributes of each.
    pub attrs: Vec<Attr>,
    /// The most that there may be.
    pub max: Option<usize>,
    /// The attribute that tells one from another.
    pub key: Option<&'static str>,
    /// Whether each stands for a thing of its own, so that two equal ones were meant to be two.
    pub counted: bool,
    /// Whether Terraform's provider has them as objects of one attribute: their members are empty, and never null.
    pub filled: bool,
}

impl Schema {
    /// The schema of a kind, or of a block of its own sort.
    pub fn new(kind: &'static str, terraform: &'static str, doc: &'static str, attrs: Vec<Attr>) -> Self {
        let paths = refers::paths(&attrs);
        Self {
            kind,
            terraform,
            doc,
            attrs,
            whole: false,
            aimed: false,
            unfolded: None,
            opens: None,
            alarms: &[],
            number: 0,
            paths,
        }
    }

    /// One call says the whole object anew.
    pub fn whole(self) -> Self {
        Self { whole: true, ..self }
    }

    /// `target` and `per` make an instance for each of what is watched.
    pub fn aimed(self) -> Self {
        Self { aimed: true, ..self }
    }

    /// Objects may say in a block `access` who may reach them.
    pub fn opens(self, opens: Opens) -> Self {
        Self { opens: Some(opens), ..self }
    }

    /// Objects may have these alarms of the standard set.
    pub fn watched(self, alarms: &'static [&'static str]) -> Self {
        Self { alarms, ..self }
    }

    /// The attributes stood in a nested block once.
    pub fn unfolded(self, block: &'static str, attributes: &'static [&'static str]) -> Self {
        Self { unfolded: Some((block, attributes)), ..self }
    }

    /// The number that records are written with.
    pub fn numbered(self, number: u32) -> Self {
        Self { number, ..self }
    }

    /// The attribute of that name.
    pub fn attr(&self, name: &str) -> Option<&Attr> {
        self.attrs.iter().find(|attr| attr.name == name)
    }

    /// Whether objects of the kind have tags.
    pub fn taggable(&self) -> bool {
        self.attr("tags_all").is_some()
    }
}

impl Attr {
    fn new(name: &'static str, ty: Type, mode: Mode) -> Self {
        Self {
            name,
            ty,
            mode,
            update: Update::InPlace,
            default: None,
            at_create: None,
            usual: None,
            comes_with: None,
            rules: Vec::new(),
            takes: None,
            normalize: None,
            fits: None,
            secret: false,
            versioned: None,
            refers: Vec::new(),
            serial: false,
            told_at_deletion: false,
            left_to_others: false,
            by_block: None,
            let_go: false,
            told_by: None,
            sent_as: None,
            begins: None,
            ours_alone: false,
            formerly: &[],
            nullable: false,
            or_nothing: false,
            block: None,
            deprecated: None,
            doc: "",
        }
    }

    /// The user must give it.
    pub fn required(name: &'static str, ty: Type) -> Self {
        Self::new(name, ty, Mode::Required)
    }

    /// The user may give it.
    pub fn optional(name: &'static str, ty: Type) -> Self {
        Self::new(name, ty, Mode::Optional)
    }

    /// The user may give it, else AWS does.
    pub fn optional_computed(name: &'static str, ty: Type) -> Self {
        Self::new(name, ty, Mode::OptionalComputed)
    }

    /// AWS gives it.
    pub fn computed(name: &'static str, ty: Type) -> Self {
        Self::new(name, ty, Mode::Computed)
    }

    /// A nested block that may be there any number of times; their order means nothing.
    pub fn blocks(name: &'static str, attrs: Vec<Attr>) -> Self {
        Self {
            block: Some(Block { attrs: attrs.clone(), max: None, key: None, counted: false, filled: false }),
            ..Self::optional(name, Type::set(object_type(&attrs)))
        }
    }

    /// A nested block that may be there any number of times, in an order that counts.
    pub fn ordered_blocks(name: &'static str, attrs: Vec<Attr>) -> Self {
        let ty = Type::list(object_type(&attrs));
        Self {
            block: Some(Block { attrs, max: None, key: None, counted: false, filled: false }),
            ..Self::optional(name, ty)
        }
    }

    /// A nested block that may be there once.
    pub fn single_block(name: &'static str, attrs: Vec<Attr>) -> Self {
        let ty = Type::list(object_type(&attrs));
        Self {
            block: Some(Block { attrs, max: Some(1), key: None, counted: false, filled: false }),
            ..Self::optional(name, ty)
        }
    }

    /// The attribute that tells one block from another.
    pub fn known_by(mut self, key: &'static str) -> Self {
        if let Some(block) = &mut self.block {
            block.key = Some(key);
        }
        self
    }

    /// Each stands for a thing of its own, and two equal ones are kept as one.
    pub fn counted(mut self) -> Self {
        if let Some(block) = &mut self.block {
            block.counted = true;
        }
        self
    }

    /// Terraform's provider has them as objects of one attribute.
    pub fn filled(mut self) -> Self {
        if let Some(block) = &mut self.block {
            block.filled = true;
        }
        self
    }

    /// Limits the number of blocks.
    pub fn at_most(mut self, max: usize) -> Self {
        if let Some(block) = &mut self.block {
            block.max = Some(max);
        }
        self
    }

    /// AWS fills it in where the user does not.
    pub fn or_computed(mut self) -> Self {
        self.mode = Mode::OptionalComputed;
        self
    }

    /// A change takes a new object.
    pub fn replace(mut self) -> Self {
        self.update = Update::Replace;
        self
    }

    /// It steers cachestack and is nothing in AWS.
    pub fn local(mut self) -> Self {
        self.update = Update::Local;
        self
    }

    /// What it is when the user says nothing.
    pub fn default(mut self, value: impl Into<Value>) -> Self {
        self.default = Some(value.into());
        self
    }

    /// What a create sends when the user says nothing; later that is never a difference.
    pub fn at_create(mut self, text: &'static str) -> Self {
        self.at_create = Some(text);
        self
    }

    /// Sets which values are what AWS makes of it where nobody says anything.
    pub fn usually(mut self, usual: fn(&Value) -> bool) -> Self {
        self.usual = Some(usual);
        self
    }

    /// A switch that takes several calls to turn on, and what this is after the last where the user says nothing.
    pub fn comes_with(mut self, switch: &'static str, text: &'static str) -> Self {
        self.comes_with = Some((switch, text));
        self
    }

    /// Adds a rule.
    pub fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// Allows these words only.
    pub fn one_of(self, words: &'static [&'static str]) -> Self {
        self.rule(Rule::OneOf(words))
    }

    /// Sets what of a value counts.
    pub fn takes(mut self, takes: fn(Value) -> Value) -> Self {
        self.takes = Some(takes);
        self
    }

    /// Sets how spellings become equal.
    pub fn normalize(mut self, normalize: fn(Value) -> Value) -> Self {
        self.normalize = Some(normalize);
        self
    }

    /// Sets when what is already is what is wanted, beyond being equal.
    pub fn fits(mut self, fits: fn(&Value, &Value) -> bool) -> Self {
        self.fits = Some(fits);
        self
    }

    /// Its values name objects of a kind.
    pub fn refers(mut self, kind: &'static str, by: By, hold: Hold) -> Self {
        self.refers.push(Refers { kind, by, hold, within: None });
        self
    }

    /// Its values are texts in which the names stand.
    pub fn within(mut self, names: fn(&str) -> Vec<&str>) -> Self {
        self.refers.iter_mut().for_each(|refers| refers.within = Some(names));
        self
    }

    /// It names a parent on which AWS takes one change at a time: objects with the same value are changed one after the
    /// other.
    pub fn serial(mut self) -> Self {
        self.serial = true;
        self
    }

    /// While nobody writes it, it stays what others have made of it.
    pub fn left_to_others(mut self) -> Self {
        self.left_to_others = true;
        self
    }

    /// It may be written as a block too, under this name: `primary = replication_group.a`.
    pub fn by_block(mut self, name: &'static str) -> Self {
        self.by_block = Some(name);
        self
    }

    /// What it names is let go of when it is written no longer.
    pub fn let_go(mut self) -> Self {
        self.let_go = true;
        self
    }

    /// Whether a value of it that nobody wrote is taken away, as Terraform does with what is optional and not computed.
    pub fn is_cleared(&self) -> bool {
        let own = self.mode == Mode::Optional && self.update == Update::InPlace;
        own && !self.secret && !self.left_to_others && self.at_create.is_none()
    }

    /// A plan that deletes the object tells it, so that one sees which object goes.
    pub fn told_at_deletion(mut self) -> Self {
        self.told_at_deletion = true;
        self
    }

    /// Says that a change of it is sent as one of another attribute.
    pub fn sent_as(mut self, other: &'static str) -> Self {
        self.sent_as = Some(other);
        self
    }

    /// It is a part or another spelling of an attribute, which tells what changes of it.
    pub fn told_by(mut self, other: &'static str) -> Self {
        self.told_by = Some(other);
        self
    }

    /// The rest of another attribute is made up: AWS tells only the whole.
    pub fn begins(mut self, other: &'static str) -> Self {
        self.begins = Some(other);
        self
    }

    /// Terraform's provider does not have it.
    pub fn ours_alone(mut self) -> Self {
        self.ours_alone = true;
        self
    }

    /// What it was called before.
    pub fn formerly(mut self, names: &'static [&'static str]) -> Self {
        self.formerly = names;
        self
    }

    /// It holds a secret.
    pub fn secret(mut self) -> Self {
        self.secret = true;
        self
    }

    /// Where that attribute is set, the secret counts as another one when that has another value, and never else.
    pub fn versioned(mut self, by: &'static str) -> Self {
        self.versioned = Some(by);
        self
    }

    /// An empty text is no value of it.
    pub fn nullable(mut self) -> Self {
        self.nullable = true;
        self
    }

    /// AWS may tell nothing of it: a foreseen null is one.
    pub fn or_nothing(mut self) -> Self {
        self.or_nothing = true;
        self
    }

    /// An old spelling, understood or refused with this advice.
    pub fn deprecated(mut self, advice: &'static str) -> Self {
        self.deprecated = Some(advice);
        self
    }

    /// One sentence about it.
    pub fn doc(mut self, doc: &'static str) -> Self {
        self.doc = doc;
        self
    }

    /// Whether an empty text is no value of it, as in Terraform: but for those whose rules refuse one.
    pub fn empty_is_null(&self, value: &Value) -> bool {
        let reads_texts = matches!(self.ty, Type::String) || self.nullable;
        let refused = self.secret || self.mode == Mode::Required || self.rules.iter().any(Rule::refuses_empty);
        reads_texts && !refused && value.as_str() == Some("")
    }

    /// A value without what Terraform drops: null elements of a map, and an empty collection where AWS decides
    /// without one, or where it is only asked for when the object is made.
    pub fn without_nothing(&self, value: Value) -> Value {
        let of_map = matches!(&value.data, Data::Map(_, items) if items.values().any(Value::is_null));
        if let Data::Map(ty, items) = &value.data
            && of_map
        {
            let items = items.iter().filter(|(_, item)| !item.is_null());
            let items = items.map(|(name, item)| (name.clone(), item.clone())).collect();
            return Value::map(ty.clone(), items).with_mark(value.sensitive);
        }
        let empty = value.as_items().is_some_and(<[Value]>::is_empty);
        let decided =
            self.mode == Mode::OptionalComputed || self.mode == Mode::Optional && self.update != Update::InPlace;
        if empty && decided && self.block.is_none() { Value::null_of(self.ty.clone()) } else { value }
    }

    /// Whether what is already is what is wanted.
    pub fn is_satisfied(&self, now: &Value, wanted: &Value) -> bool {
        crate::value::same(now, wanted) || self.fits.is_some_and(|fits| fits(now, wanted))
    }

    /// Whether the user may write it.
    pub fn settable(&self) -> bool {
        self.mode != Mode::Computed
    }
}

/// The object type of the elements of a block.
pub fn object_type(attrs: &[Attr]) -> Type {
    let fields: BTreeMap<Arc<str>, Field> =
        attrs.iter().map(|attr| (Arc::from(attr.name), Field::optional(attr.ty.clone()))).collect();
    Type::Object(Arc::new(fields))
}

/// Lower-cases a string, as AWS stores names.
pub fn lower(value: Value) -> Value {
    match value.as_str() {
        Some(text) => Value::string(text.to_lowercase()).with_mark(value.sensitive),
        None => value,
    }
}
