//! A stack as the generator thinks of it, and what the checkers have to know of it. `text.rs` writes it down.

use std::collections::{BTreeMap, BTreeSet};

/// A block of a stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Our name of its kind: `replication_group`.
    pub kind: &'static str,
    /// Its label, unlike that of any other block.
    pub label: String,
    /// The name in AWS, or how it begins where the block is there several times.
    pub name: String,
    /// Whether AWS's name is made up behind that.
    pub prefix: bool,
    /// The module that it stands in.
    pub module: Option<String>,
    /// The list that says how often it is there.
    pub list: Option<usize>,
    /// Labels of blocks that it refers to.
    pub uses: Vec<String>,
    /// Grows with each change that is made in place.
    pub setting: u32,
    /// Grows with each change that takes a new object.
    pub fixed: u32,
    /// Grows with each change of tags.
    pub tags: u32,
    /// Members of a shard, for groups.
    pub nodes: u32,
    /// Shards; 0 for a group without cluster mode.
    pub shards: u32,
    /// Which token, for groups.
    pub token: Option<u32>,
    /// Whether alarms are those of all members of the group.
    pub target: bool,
    /// `create_before_destroy`
    pub first: bool,
    /// `prevent_destroy`
    pub prevent: bool,
    /// `protect`
    pub protect: bool,
    /// Whether it is one of those that guards are put on and taken from. Such a block never needs a new object, but
    /// for a turn: what stands in the records could not be undone by an edit.
    pub guarded: bool,
    /// The id of the object that it takes over.
    pub import: Option<String>,
}

/// A list of names that blocks are repeated over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    /// Its elements.
    pub names: Vec<String>,
    /// Whether blocks use `for_each`, else `count`.
    pub keyed: bool,
}

/// A stack.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Model {
    /// Its blocks, none of them before one that it uses.
    pub blocks: Vec<Block>,
    /// Its lists.
    pub lists: Vec<List>,
    /// `moved`: from and to, as addresses of blocks or modules.
    pub moved: Vec<(String, String)>,
    /// Moves that were made and not said, with which a stack that is refused is mended.
    pub unsaid: Vec<(String, String)>,
    /// Lists before their order was changed, likewise.
    pub before: BTreeMap<usize, List>,
    /// `removed`, with what is left in the account: addresses of blocks.
    pub released: BTreeSet<String>,
}

/// An instance, or all alarms of a group's members, as the stack declares it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Declared {
    /// How many objects it stands for.
    pub count: usize,
    /// Whether deleting it deletes what users stored.
    pub data: bool,
    /// `prevent_destroy`
    pub prevent: bool,
    /// `protect`
    pub protect: bool,
    /// Whether its successor comes first.
    pub first: bool,
    /// What takes a new object when it changes.
    pub shape: String,
    /// The addresses that it refers to.
    pub uses: Vec<String>,
    /// The variable of its token.
    pub token: Option<u32>,
}

impl Declared {
    /// The shape in which others make it. Where its name does not tell how it was changed, theirs is as the first was.
    pub fn by_others(&self) -> String {
        let mut words: Vec<&str> = self.shape.splitn(4, ' ').collect();
        if let ["parameter_group", _, fixed, _] = &mut words[..] {
            *fixed = "0";
        }
        words.join(" ")
    }
}

/// What a stack says, for checkers: no parser, planner or schema of the engine has a hand in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// What is declared, by address.
    pub declared: BTreeMap<String, Declared>,
    /// What has moved, as addresses of blocks or modules.
    pub moved: Vec<(String, String)>,
    /// What is no longer ours and stays.
    pub released: BTreeSet<String>,
    /// What is taken over: address by id.
    pub imports: BTreeMap<String, String>,
}

impl Block {
    /// Its address without a key.
    pub fn address(&self) -> String {
        let module = self.module.as_ref().map(|name| format!("module.{name}.")).unwrap_or_default();
        format!("{module}{}.{}", self.kind, self.label)
    }

    /// Keys and names of its instances.
    pub fn instances(&self, model: &Model) -> Vec<(String, Option<String>)> {
        let Some(list) = self.list.map(|at| &model.lists[at]) else { return vec![(String::new(), None)] };
        let key = |(at, name): (usize, &String)| {
            let key = if list.keyed { format!("[\"{name}\"]") } else { format!("[{at}]") };
            (key, Some(name.clone()))
        };
        list.names.iter().enumerate().map(key).collect()
    }

    /// Whether deleting it deletes what users stored.
    pub fn holds_data(&self) -> bool {
        self.kind == "replication_group"
    }

    /// How many members a group has.
    pub fn members(&self) -> u32 {
        self.nodes * self.shards.max(1)
    }
}

impl Model {
    /// The block of a label.
    pub fn block(&self, label: &str) -> Option<&Block> {
        self.blocks.iter().find(|block| block.label == label)
    }

    /// The blocks that refer to a label.
    pub fn users(&self, label: &str) -> Vec<String> {
        let uses = |block: &&Block| block.uses.iter().any(|used| used == label);
        self.blocks.iter().filter(uses).map(|block| block.label.clone()).collect()
    }

    /// What the checkers have to know.
    pub fn facts(&self) -> Facts {
        let mut facts = Facts { moved: self.moved.clone(), released: self.released.clone(), ..Facts::default() };
        for block in &self.blocks {
            for (key, name) in block.instances(self) {
                let address = format!("{}{key}", block.address());
                if let Some(id) = &block.import {
                    facts.imports.insert(id.clone(), address.clone());
                }
                let declared = self.declared(block, &key, name.as_deref(), &facts);
                facts.declared.insert(address, declared);
            }
        }
        facts
    }

    fn declared(&self, block: &Block, key: &str, name: Option<&str>, facts: &Facts) -> Declared {
        let used = block.uses.iter().filter_map(|label| self.block(label));
        let uses: Vec<String> =
            used.map(|used| format!("{}{}", used.address(), if used.list.is_some() { key } else { "" })).collect();
        let name = format!("{}/{}", block.name, name.unwrap_or_default());
        // A group goes with its subnets; alarms go with the members of their group.
        let deep = uses.iter().filter(|used| used.contains("subnet_group.") || block.target);
        let deep: Vec<&str> = deep.filter_map(|used| Some(facts.declared.get(used)?.shape.as_str())).collect();
        let target = uses.first().and_then(|used| self.blocks.iter().find(|block| block.address() == *used));
        let count = target.filter(|_| block.target).map_or(1, |group| group.members() as usize);
        Declared {
            count,
            data: block.holds_data(),
            prevent: block.prevent,
            protect: block.protect,
            first: block.first,
            shape: format!("{} {name} {} {} ({})", block.kind, block.fixed, block.prefix, deep.join(", ")),
            uses,
            token: block.token,
        }
    }
}

impl Facts {
    /// The address that one has now, after all moves.
    pub fn current(&self, address: &str) -> String {
        let mut address = address.to_owned();
        for _ in 0..self.moved.len() {
            let next = self.moved.iter().find_map(|(from, to)| {
                let rest = address.strip_prefix(from.as_str())?;
                (rest.is_empty() || rest.starts_with(['.', '['])).then(|| format!("{to}{rest}"))
            });
            match next {
                Some(next) => address = next,
                None => break,
            }
        }
        address
    }

    /// The addresses that something refers to, directly or through others.
    pub fn all_used_by(&self, declared: &Declared) -> BTreeSet<String> {
        let mut all = BTreeSet::new();
        let mut open = declared.uses.clone();
        while let Some(used) = open.pop() {
            open.extend(self.of(&used).into_iter().flat_map(|used| used.uses.clone()));
            all.insert(used);
        }
        all
    }

    /// What the stack says of an address, or of the block of alarms that it belongs to.
    pub fn of(&self, address: &str) -> Option<&Declared> {
        let block = address.rsplit_once("[\"").map(|(block, _)| block);
        let many = || self.declared.get(block?).filter(|_| address.contains("alarm."));
        self.declared.get(address).or_else(many)
    }
}
