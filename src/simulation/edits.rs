//! How stacks begin, and how people change them.

use crate::simulation::hunt::{Change, Hunt};
use crate::simulation::random::Random;
use crate::simulation::stack::{Block, List, Model};

/// What an edit needs beyond the stack.
pub struct Editor<'a> {
    /// The dice.
    pub random: &'a mut Random,
    /// How many labels have been given.
    pub labels: u32,
    /// How many modules have been given.
    pub modules: u32,
    /// The call that changes lead to more often than to others.
    pub hunt: Option<&'static Hunt>,
}

/// Whether the engine may refuse a stack after an edit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It must be carried out.
    Sound,
    /// A guard stands before it: the next edit begins from the stack before.
    Guarded,
}

/// Every change, as often as it is made.
const CHANGES: [Change; 22] = [
    Change::Setting,
    Change::Setting,
    Change::Setting,
    Change::Tags,
    Change::Tags,
    Change::Fixed,
    Change::Fixed,
    Change::Nodes,
    Change::Shards,
    Change::Token,
    Change::Token,
    Change::First,
    Change::Prevent,
    Change::Protect,
    Change::Add,
    Change::Add,
    Change::Remove,
    Change::Remove,
    Change::Move,
    Change::Rename,
    Change::Relist,
    Change::Switch,
];

const KINDS: [&str; 5] = ["subnet_group", "parameter_group", "security_group", "replication_group", "alarm"];

impl Editor<'_> {
    /// A new stack of a few blocks.
    pub fn begin(&mut self) -> Model {
        let mut model = Model::default();
        if self.random.percent(40) {
            let names = ["red", "green", "blue"][..2 + self.random.below(2)].iter().map(|name| (*name).to_owned());
            model.lists.push(List { names: names.collect(), keyed: self.random.percent(50) });
        }
        if self.random.percent(25) {
            self.modules += 1;
        }
        for _ in 0..2 + self.random.below(5) {
            self.add(&mut model);
        }
        model
    }

    /// Adds a block of any kind.
    fn add(&mut self, model: &mut Model) {
        let hunted = self.hunt.filter(|_| self.random.percent(40));
        let kind = hunted.map_or_else(|| *self.random.pick(&KINDS), |hunt| hunt.kind);
        let module = (self.modules > 0 && self.random.percent(35)).then(|| format!("m{}", self.modules));
        let list = (module.is_none() && !model.lists.is_empty() && self.random.percent(35)).then_some(0);
        self.labels += 1;
        let target = kind == "alarm" && list.is_none() && self.random.percent(60);
        let sharded = if hunted.is_some_and(|hunt| hunt.change == Change::Shards) { 90 } else { 20 };
        let mut block = Block {
            kind,
            label: format!("b{}", self.labels),
            name: format!("n{}", self.labels),
            prefix: kind == "security_group" && self.random.percent(50),
            module,
            list,
            uses: Vec::new(),
            setting: 0,
            fixed: 0,
            tags: 0,
            nodes: 1 + self.random.below(3) as u32,
            shards: if kind == "replication_group" && self.random.percent(sharded) { 2 } else { 0 },
            token: (kind == "replication_group" && self.random.percent(30)).then_some(0),
            target,
            first: self.random.percent(30),
            prevent: false,
            protect: false,
            guarded: self.random.percent(12),
            import: None,
        };
        let wanted: &[&str] = match kind {
            // Shards want a parameter group that turns cluster mode on.
            "replication_group" if block.shards > 0 => &["subnet_group", "security_group"],
            "replication_group" => &["parameter_group", "subnet_group", "security_group"],
            "alarm" => &["replication_group"],
            "security_group" => &["security_group"],
            _ => &[],
        };
        for kind in wanted {
            let fits = |used: &&Block| {
                let lists = used.list.is_none() || used.list == block.list && !target;
                used.kind == *kind && used.module == block.module && lists
            };
            let fitting: Vec<&Block> = model.blocks.iter().filter(fits).collect();
            if !fitting.is_empty() && self.random.percent(75) {
                block.uses.push(self.random.pick(&fitting).label.clone());
            }
        }
        // Alarms of all members want a group with one object.
        let alone = block.uses.first().and_then(|label| model.block(label)).is_some_and(|used| used.list.is_none());
        block.target &= alone;
        if block.guarded {
            (block.prevent, block.protect) = *self.random.pick(&[(true, false), (false, true), (true, true)]);
        }
        model.blocks.push(block);
    }

    /// Makes one change.
    pub fn edit(&mut self, model: &mut Model) -> Effect {
        if model.blocks.is_empty() {
            self.add(model);
            return Effect::Sound;
        }
        let (change, at) = self.choose(model);
        let block = &mut model.blocks[at];
        match change {
            Change::Tags => block.tags += 1,
            Change::Fixed => {
                block.fixed += 1;
                return replaced(model, at);
            }
            Change::Nodes if block.kind == "replication_group" => {
                let step = 1 + self.random.below(2) as u32;
                return alarmed(model, at, |block| block.nodes = 1 + (block.nodes + step) % 3);
            }
            Change::Shards if block.shards > 0 => {
                return alarmed(model, at, |block| block.shards = 5 - block.shards);
            }
            Change::Token if block.token.is_some() => block.token = block.token.map(|token| (token + 1) % 8),
            Change::First => block.first = !block.first,
            Change::Prevent if block.guarded => block.prevent = !block.prevent,
            Change::Protect if block.guarded => block.protect = !block.protect,
            Change::Add => self.add(model),
            Change::Remove => return remove(model, at, self.random.percent(25)),
            Change::Move => self.rename(model, at, true),
            Change::Rename => {
                self.rename(model, at, false);
                return replaced(model, at);
            }
            Change::Relist => return self.relist(model),
            Change::Switch => return self.switch(model, at),
            _ => block.setting += 1,
        }
        Effect::Sound
    }

    /// Which change, and of which block.
    fn choose(&mut self, model: &Model) -> (Change, usize) {
        let any = (*self.random.pick(&CHANGES), self.random.below(model.blocks.len()));
        let Some(hunt) = self.hunt.filter(|_| self.random.percent(60)) else { return any };
        let of_kind = |at: &usize| {
            let block = &model.blocks[*at];
            block.kind == hunt.kind && (hunt.change != Change::Shards || block.shards > 0)
        };
        let fitting: Vec<usize> = (0..model.blocks.len()).filter(of_kind).collect();
        if fitting.is_empty() { any } else { (hunt.change, *self.random.pick(&fitting)) }
    }

    fn rename(&mut self, model: &mut Model, at: usize, said: bool) {
        let from = model.blocks[at].address();
        let old = model.blocks[at].label.clone();
        self.labels += 1;
        let label = format!("b{}", self.labels);
        for block in &mut model.blocks {
            block.uses.iter_mut().filter(|used| **used == old).for_each(|used| used.clone_from(&label));
        }
        model.blocks[at].label = label;
        model.blocks[at].import = None;
        let to = model.blocks[at].address();
        if said { model.moved.push((from, to)) } else { model.unsaid.push((from, to)) }
    }

    /// Changes a list: another order, without its first, with one more.
    fn relist(&mut self, model: &mut Model) -> Effect {
        let Some(list) = model.lists.first_mut() else { return Effect::Sound };
        let guarded = model.blocks.iter().any(|block| block.list == Some(0) && block.guarded);
        if !list.keyed {
            model.before.entry(0).or_insert_with(|| list.clone());
        }
        match self.random.below(3) {
            0 => {
                list.names.reverse();
                // Objects follow their names; a prefix is not followed.
                let fixed = model.blocks.iter().any(|block| block.list == Some(0) && block.guarded && block.prefix);
                return if fixed { Effect::Guarded } else { Effect::Sound };
            }
            1 if list.names.len() > 1 => {
                list.names.remove(0);
                return if guarded { Effect::Guarded } else { Effect::Sound };
            }
            // What is added under a guard could not be taken away again.
            _ if guarded => {}
            _ => {
                self.labels += 1;
                list.names.push(format!("x{}", self.labels));
            }
        }
        Effect::Sound
    }

    /// Lets a group use another parameter group, and so on.
    fn switch(&mut self, model: &mut Model, at: usize) -> Effect {
        let block = &model.blocks[at];
        let Some(used) = block.uses.first().and_then(|label| model.block(label)) else { return Effect::Sound };
        let fits = |other: &&Block| (other.kind, &other.module, other.list) == (used.kind, &used.module, used.list);
        let before = model.blocks[..at].iter().filter(fits);
        let others: Vec<String> = before.map(|other| other.label.clone()).collect();
        if others.is_empty() {
            return Effect::Sound;
        }
        let label = self.random.pick(&others).clone();
        model.blocks[at].uses[0] = label;
        replaced(model, at)
    }
}

/// Whether a guard stands before a new object in the place of one, or of those that go with it.
fn replaced(model: &Model, at: usize) -> Effect {
    let mut open = vec![model.blocks[at].label.clone()];
    while let Some(label) = open.pop() {
        let Some(block) = model.block(&label) else { continue };
        if block.guarded {
            return Effect::Guarded;
        }
        open.extend(model.users(&label));
    }
    Effect::Sound
}

/// Changes how many members a group has; answers whether a guard stands before alarms that go with them. What is added
/// under a guard could not be taken away again.
fn alarmed(model: &mut Model, at: usize, change: impl Fn(&mut Block)) -> Effect {
    let users = model.users(&model.blocks[at].label);
    let guarded = |label: &String| model.block(label).is_some_and(|block| block.target && block.guarded);
    let guarded = users.iter().any(guarded);
    let block = &mut model.blocks[at];
    let mut changed = block.clone();
    change(&mut changed);
    if guarded && changed.members() >= block.members() {
        return Effect::Sound;
    }
    *block = changed;
    if guarded { Effect::Guarded } else { Effect::Sound }
}

/// Removes a block and all that use it; or lets go of it, when nothing uses it.
fn remove(model: &mut Model, at: usize, release: bool) -> Effect {
    let label = model.blocks[at].label.clone();
    let mut gone = vec![label.clone()];
    let mut next = 0;
    while next < gone.len() {
        let users = model.users(&gone[next]);
        gone.extend(users.into_iter().filter(|user| !gone.contains(user)).collect::<Vec<_>>());
        next += 1;
    }
    // What stays would keep what it uses.
    if release && gone.len() == 1 && model.blocks[at].uses.is_empty() {
        let address = model.blocks[at].address();
        model.released.insert(address);
        model.blocks.remove(at);
        return Effect::Sound;
    }
    let guarded = model.blocks.iter().any(|block| gone.contains(&block.label) && block.guarded);
    model.blocks.retain(|block| !gone.contains(&block.label));
    if guarded { Effect::Guarded } else { Effect::Sound }
}
