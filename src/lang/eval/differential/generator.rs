//! Random expressions: functions by the table, operators and the constructs of the language around them.

use std::collections::BTreeMap;

use super::literals::{leaves, literals};
use super::table::CALLS;

const SORTS: [&str; 5] = ["number", "string", "bool", "list", "object"];

/// What is counted besides functions.
pub const CONSTRUCTS: [&str; 31] = [
    "+",
    "-",
    "*",
    "/",
    "%",
    "-x",
    "!",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "&&",
    "||",
    "? :",
    "[i]",
    ".name",
    "[*]",
    ".*",
    "[for]",
    "{for}",
    "{for ...}",
    "for if",
    "${}",
    "%{if}",
    "%{for}",
    "<<-",
    "f(...)",
    "[,]",
    "{=}",
];

/// How often something was used, with a null and with a sensitive operand.
pub type Uses = [usize; 3];

/// Makes expressions.
pub struct Generator {
    state: u64,
    names: Vec<&'static str>,
    /// How often each function and construct was used.
    pub uses: BTreeMap<&'static str, Uses>,
}

impl Generator {
    /// A generator that makes the same for the same seed.
    pub fn new(seed: u64) -> Self {
        let uses = CONSTRUCTS.iter().copied().chain(CALLS.iter().map(|call| plain(call.0)));
        Self { state: seed.max(1), names: Vec::new(), uses: uses.map(|name| (name, [0; 3])).collect() }
    }

    fn below(&mut self, limit: usize) -> usize {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state % limit as u64) as usize
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    fn used(&mut self, what: &'static str) {
        self.uses.entry(what).or_default()[0] += 1;
    }

    /// Expression number `index`: functions in turn, constructs in turn, and anything.
    pub fn next(&mut self, index: usize) -> String {
        let depth = 1 + index % 3;
        match index % 5 {
            0..3 => {
                let turn = index / 5 * 3 + index % 5;
                self.call(CALLS[turn % CALLS.len()], depth - 1)
            }
            3 => self.construct(CONSTRUCTS[index / 5 % CONSTRUCTS.len()], depth),
            _ => self.any(depth),
        }
    }

    fn any(&mut self, depth: usize) -> String {
        let sort = self.pick(&SORTS);
        self.expr(sort, depth)
    }

    /// An expression that mostly has the sort.
    fn expr(&mut self, sort: &'static str, depth: usize) -> String {
        if sort == "any" {
            return self.any(depth);
        }
        if let Some(literals) = literals(sort) {
            return self.pick(literals).to_string();
        }
        if depth == 0 {
            return self.leaf(sort);
        }
        if self.below(16) == 0 {
            return self.any(depth - 1);
        }
        if self.below(3) > 0 {
            let of_sort: Vec<_> = CALLS.iter().filter(|call| call.1 == sort || call.1 == "any").collect();
            if !of_sort.is_empty() {
                let call = *self.pick(&of_sort);
                return self.call(call, depth - 1);
            }
        }
        let constructs: &[&'static str] = match sort {
            "number" => &["+", "-", "*", "/", "%", "-x", "? :", "[i]", ".name"],
            "bool" => &["!", "==", "!=", "<", "<=", ">", ">=", "&&", "||", "? :"],
            "string" => &["${}", "%{if}", "%{for}", "<<-", "? :"],
            "list" => &["[*]", ".*", "[for]", "for if", "[,]", "? :", "f(...)"],
            "object" => &["{for}", "{for ...}", "{=}", "? :"],
            _ => return self.leaf(sort),
        };
        let construct = self.pick(constructs);
        self.construct(construct, depth - 1)
    }

    fn leaf(&mut self, sort: &'static str) -> String {
        if !self.names.is_empty() && self.below(4) == 0 {
            return self.pick(&self.names.clone()).to_string();
        }
        if self.below(60) == 0 {
            return self.pick(&["local.us", "local.un", "local.ud"]).to_string();
        }
        self.pick(leaves(sort)).to_string()
    }

    /// An argument or operand of `of`: now and then null, sensitive or of another sort.
    fn operand(&mut self, of: &'static str, sort: &'static str, depth: usize) -> String {
        // Every twentieth use is one with null, and every twentieth one with sensitive operands; the rest is chance.
        let chance = match self.uses[of][0] % 20 {
            7 => 0,
            17 => 5,
            _ => self.below(100),
        };
        match chance {
            0..5 => {
                self.uses.entry(of).or_default()[1] += 1;
                self.pick(&["null", "null", "tostring(null)", "tolist(null)"]).to_string()
            }
            5..10 => {
                self.uses.entry(of).or_default()[2] += 1;
                format!("sensitive({})", self.expr(sort, depth))
            }
            10..12 => self.any(depth),
            _ => self.expr(sort, depth),
        }
    }

    fn call(&mut self, (name, _, sorts): (&'static str, &'static str, &'static str), depth: usize) -> String {
        let of = plain(name);
        self.used(of);
        let mut args = Vec::new();
        for sort in sorts.split(' ').filter(|sort| !sort.is_empty()) {
            let count = match sort.chars().last() {
                Some('?') => self.below(2),
                Some('*') => self.below(3),
                _ => 1,
            };
            for _ in 0..count {
                args.push(self.operand(of, sort.trim_end_matches(['?', '*']), depth));
            }
        }
        if self.below(150) == 0 {
            args.push(self.any(0));
        }
        if self.below(150) == 0 {
            args.pop();
        }
        let call = format!("{of}({})", args.join(", "));
        match name.split_once('@') {
            Some((_, around)) => format!("{around}({call})"),
            None => call,
        }
    }

    fn construct(&mut self, of: &'static str, depth: usize) -> String {
        self.used(of);
        let depth = depth.saturating_sub(1);
        match of {
            "+" | "-" | "*" | "/" | "%" | "<" | "<=" | ">" | ">=" => {
                format!("({} {of} {})", self.operand(of, "number", depth), self.operand(of, "number", depth))
            }
            "==" | "!=" => {
                let sort = self.pick(&SORTS);
                format!("({} {of} {})", self.operand(of, sort, depth), self.operand(of, sort, depth))
            }
            "&&" | "||" => format!("({} {of} {})", self.operand(of, "bool", depth), self.operand(of, "bool", depth)),
            "-x" => format!("-{}", self.operand(of, "number", depth)),
            "!" => format!("!{}", self.operand(of, "bool", depth)),
            "? :" => {
                let sort = self.pick(&SORTS);
                let condition = self.operand(of, "bool", depth);
                format!("({condition} ? {} : {})", self.operand(of, sort, depth), self.operand(of, sort, depth))
            }
            "[i]" => match self.below(2) {
                0 => format!("{}[{}]", self.operand(of, "list", depth), self.operand(of, "small", depth)),
                _ => format!("{}[{}]", self.operand(of, "object", depth), self.operand(of, "key", depth)),
            },
            ".name" => format!("{}.{}", self.operand(of, "object", depth), self.pick(&["a", "b", "name"])),
            "[*]" => format!("{}[*]{}", self.operand(of, "any", depth), self.pick(&["", ".a", "[0]", ".a.b"])),
            ".*" => format!("{}.*{}", self.operand(of, "any", depth), self.pick(&["", ".a", ".0"])),
            "[,]" => format!("[{}, {}]", self.operand(of, "any", depth), self.operand(of, "any", depth)),
            "{=}" => self.literal_object(of, depth),
            "f(...)" => {
                let name = self.pick(&["max", "concat", "setunion", "coalesce", "merge", "cidrsubnets"]);
                format!("{name}({}...)", self.operand(of, "list", depth))
            }
            _ if of.contains("for") && !of.contains('%') => self.loop_of(of, depth),
            _ => self.template(of, depth),
        }
    }

    fn literal_object(&mut self, of: &'static str, depth: usize) -> String {
        match self.below(2) {
            0 => format!("{{ a = {}, b = {} }}", self.operand(of, "any", depth), self.operand(of, "any", depth)),
            _ => format!("{{ ({}) = {} }}", self.operand(of, "string", depth), self.operand(of, "any", depth)),
        }
    }

    fn loop_of(&mut self, of: &'static str, depth: usize) -> String {
        let sort = self.pick(&["list", "object", "list", "any"]);
        let collection = self.operand(of, sort, depth);
        self.within(&["v", "k"], |this| match of {
            "[for]" => format!("[for k, v in {collection} : {}]", this.operand(of, "any", depth)),
            "for if" => {
                let (item, condition) = (this.operand(of, "any", depth), this.operand(of, "bool", depth));
                format!("[for k, v in {collection} : {item} if {condition}]")
            }
            _ => {
                let (key, item) = (this.operand(of, "string", depth), this.operand(of, "any", depth));
                let group = if of == "{for ...}" { "..." } else { "" };
                let key = if this.below(2) == 0 { "k".to_string() } else { key };
                format!("{{for k, v in {collection} : {key} => {item}{group}}}")
            }
        })
    }

    fn template(&mut self, of: &'static str, depth: usize) -> String {
        match of {
            "${}" => {
                let (sort, behind) = (self.pick(&["string", "number", "bool", "any"]), self.pick(&["", "x", " y\\n"]));
                format!("\"<${{{}}}{behind}\"", self.operand(of, sort, depth))
            }
            "%{if}" => {
                let (condition, text) = (self.operand(of, "bool", depth), self.operand(of, "string", depth));
                let trim = self.pick(&["", "~"]);
                format!("\"a %{{{trim} if {condition} ~}} y${{{text}}}%{{ else }} n%{{ endif {trim}}} b\"")
            }
            "%{for}" => {
                let collection = self.operand(of, "list", depth);
                let item = self.within(&["v"], |this| this.operand(of, "string", depth));
                format!("\"%{{ for v in {collection} }}${{{item}}},%{{ endfor }}\"")
            }
            _ => {
                let text = self.operand(of, "string", depth);
                format!("<<-E\n    a\n      ${{{text}}} $${{x}}\n    E\n")
            }
        }
    }

    fn within(&mut self, names: &[&'static str], make: impl FnOnce(&mut Self) -> String) -> String {
        let before = self.names.len();
        self.names.extend(names);
        let made = make(self);
        self.names.truncate(before);
        made
    }
}

/// The name of a function without what stands around its call.
fn plain(name: &'static str) -> &'static str {
    name.split('@').next().unwrap_or(name)
}
