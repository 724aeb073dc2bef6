//! Random expressions: functions by the table, operators and the constructs of the language around them.

use super::literals::{literals, shapes, unknowns};
use super::table::{CALLS, Shapes};

const SORTS: [&str; 7] = ["number", "string", "bool", "list", "object", "strings", "map"];

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

/// One use of a function or construct in an expression.
#[derive(Debug, Clone, Copy, Default)]
pub struct Use {
    /// The function or construct.
    pub what: &'static str,
    /// Whether an operand of it is null.
    pub null: bool,
    /// Whether an operand of it is sensitive.
    pub sensitive: bool,
    /// Whether an operand of it is unknown.
    pub unknown: bool,
    /// Whether a mistake in it need not be one of the whole, as in `try` and in what a conditional leaves.
    pub shielded: bool,
}

/// Makes expressions.
pub struct Generator {
    state: u64,
    /// Names in scope with their sorts.
    names: Vec<(&'static str, &'static str)>,
    shields: usize,
    turns: std::collections::BTreeMap<&'static str, usize>,
    /// How often functions and constructs were used with a value, as far as it is known.
    pub values: std::collections::BTreeMap<&'static str, usize>,
    /// What the expression uses that was made last.
    pub uses: Vec<Use>,
}

impl Generator {
    /// A generator that makes the same for the same seed.
    pub fn new(seed: u64) -> Self {
        Self {
            state: seed.max(1),
            names: Vec::new(),
            shields: 0,
            turns: Default::default(),
            values: Default::default(),
            uses: Vec::new(),
        }
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

    /// Notes a use, and answers its number.
    fn used(&mut self, what: &'static str) -> usize {
        *self.turns.entry(what).or_default() += 1;
        self.uses.push(Use { what, shielded: self.shields > 0, ..Use::default() });
        self.uses.len() - 1
    }

    fn shielded<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> T {
        self.shields += 1;
        let made = make(self);
        self.shields -= 1;
        made
    }

    /// Expression number `index`: what has the fewest values so far, functions and constructs, and anything.
    pub fn next(&mut self, index: usize) -> String {
        self.uses.clear();
        let depth = 1 + index % 3;
        match index % 5 {
            0..3 => {
                let rarest = CALLS.iter().min_by_key(|call| self.values.get(plain(call.0)));
                let call = rarest.unwrap_or(&CALLS[0]);
                *self.values.entry(plain(call.0)).or_default() += 1;
                self.call(call, depth - 1)
            }
            3 => {
                let rarest = CONSTRUCTS.into_iter().min_by_key(|name| self.values.get(name)).unwrap_or("+");
                *self.values.entry(rarest).or_default() += 1;
                self.construct(rarest, depth)
            }
            _ => self.any(depth),
        }
    }

    fn any(&mut self, depth: usize) -> String {
        if !self.names.is_empty() && self.below(3) == 0 {
            return self.pick(&self.names.clone()).0.to_string();
        }
        let sort = self.pick(&SORTS);
        self.expr(sort, depth)
    }

    /// An expression of the sort.
    fn expr(&mut self, sort: &'static str, depth: usize) -> String {
        if sort == "any" {
            return self.any(depth);
        }
        let calls: Vec<&Shapes> =
            CALLS.iter().filter(|call| call.1 == sort || sort == "list" && call.1 == "set").collect();
        let constructs: &[&'static str] = match sort {
            "number" => &["+", "-", "*", "/", "%", "-x"],
            "bool" => &["!", "==", "!=", "<", "<=", ">", ">=", "&&", "||"],
            "string" => &["${}", "%{if}", "%{for}", "<<-"],
            "list" => &["[*]", ".*", "[for]", "for if", "[,]"],
            "object" => &["{for}", "{for ...}", "{=}"],
            _ => &[],
        };
        let made = shapes(sort);
        match self.below(8) {
            _ if depth == 0 => self.leaf(sort),
            0..4 if !calls.is_empty() => {
                let call = self.pick(&calls);
                self.call(call, depth - 1)
            }
            0..6 if !constructs.is_empty() => {
                let construct = self.pick(constructs);
                self.construct(construct, depth - 1)
            }
            0..6 if !made.is_empty() => {
                let shape = self.pick(made);
                self.fill(shape, None, depth - 1)
            }
            6 if literals(sort).good.len() > 8 => self.choice(sort, depth - 1),
            _ => self.leaf(sort),
        }
    }

    /// What has the sort by way of a conditional or of an element.
    fn choice(&mut self, sort: &'static str, depth: usize) -> String {
        match self.below(3) {
            0 => {
                let of = self.used("[i]");
                format!("[{}, {}][{}]", self.operand(of, sort, depth), self.expr(sort, depth), self.below(2))
            }
            1 => {
                let of = self.used(".name");
                format!("{{ a = {} }}.a", self.operand(of, sort, depth))
            }
            _ => self.conditional(sort, depth),
        }
    }

    fn conditional(&mut self, sort: &'static str, depth: usize) -> String {
        let of = self.used("? :");
        let condition = self.operand(of, "bool", depth);
        let arms = self.shielded(|this| [this.operand(of, sort, depth), this.operand(of, sort, depth)]);
        format!("({condition} ? {} : {})", arms[0], arms[1])
    }

    fn leaf(&mut self, sort: &'static str) -> String {
        let names: Vec<&str> = self
            .names
            .iter()
            .filter(|(_, of)| *of == sort || sort == "string" && *of == "finite")
            .map(|(name, _)| *name)
            .collect();
        if !names.is_empty() && self.below(2) == 0 {
            return self.pick(&names).to_string();
        }
        let literals = literals(sort);
        if !literals.odd.is_empty() && self.below(25) == 0 {
            return self.pick(&literals.odd).to_string();
        }
        let shape = self.pick(&literals.good);
        if shape.contains("{string}") { self.fill(shape, None, 0) } else { shape.to_string() }
    }

    /// An operand of the use `of`: now and then null, sensitive, unknown or of another sort.
    fn operand(&mut self, of: usize, sort: &'static str, depth: usize) -> String {
        // Every so often on purpose; the rest is chance.
        let chance = match self.turns[self.uses[of].what] % 24 {
            5 => 0,
            11 => 3,
            17 => 8,
            _ => self.below(140),
        };
        match chance {
            0..=2 => {
                self.uses[of].null = true;
                self.pick(&["null", "null", "tostring(null)", "tolist(null)"]).to_string()
            }
            3..=7 => {
                self.uses[of].sensitive = true;
                format!("sensitive({})", self.expr(sort, depth))
            }
            8..=11 => {
                self.uses[of].unknown = true;
                self.pick(unknowns(sort)).to_string()
            }
            12 | 13 => self.any(depth),
            _ => self.expr(sort, depth),
        }
    }

    /// The shape with an expression in each of its gaps: operands of the use `of`, if there is one.
    fn fill(&mut self, shape: &'static str, of: Option<usize>, depth: usize) -> String {
        let mut made = String::new();
        let mut rest = shape;
        while let Some((before, behind)) = rest.split_once('{') {
            made.push_str(before);
            let gap = behind.split_once('}').filter(|(sort, _)| {
                !sort.is_empty() && sort.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit())
            });
            match gap {
                Some((sort, behind)) => {
                    made.push_str(&match of {
                        Some(of) => self.operand(of, sort, depth),
                        None => self.expr(sort, depth),
                    });
                    rest = behind;
                }
                None => {
                    made.push('{');
                    rest = behind;
                }
            }
        }
        made + rest
    }

    fn call(&mut self, (name, _, shapes): &Shapes, depth: usize) -> String {
        let plain = plain(name);
        let of = self.used(plain);
        let shape = self.pick(shapes);
        let mut args = match plain {
            "try" | "can" => self.shielded(|this| this.fill(shape, Some(of), depth)),
            _ => self.fill(shape, Some(of), depth),
        };
        if self.below(200) == 0 {
            args = if args.is_empty() { self.any(0) } else { format!("{args}, {}", self.any(0)) };
        }
        let call = format!("{plain}({args})");
        match name.split_once('@') {
            Some((_, around)) => format!("{around}({call})"),
            None => call,
        }
    }

    fn construct(&mut self, what: &'static str, depth: usize) -> String {
        let depth = depth.saturating_sub(1);
        if what == "? :" {
            let sort = self.pick(&SORTS);
            return self.conditional(sort, depth);
        }
        let of = self.used(what);
        match what {
            "%" => format!("({} % {})", self.operand(of, "finite", depth), self.operand(of, "finite", depth)),
            "+" | "-" | "*" | "/" | "<" | "<=" | ">" | ">=" => {
                format!("({} {what} {})", self.operand(of, "number", depth), self.operand(of, "number", depth))
            }
            "==" | "!=" => {
                let sort = self.pick(&SORTS);
                format!("({} {what} {})", self.operand(of, sort, depth), self.operand(of, sort, depth))
            }
            "&&" | "||" => {
                let left = self.operand(of, "bool", depth);
                format!("({left} {what} {})", self.shielded(|this| this.operand(of, "bool", depth)))
            }
            "-x" => format!("-{}", self.operand(of, "number", depth)),
            "!" => format!("!{}", self.operand(of, "bool", depth)),
            "[i]" => match self.below(3) {
                0 => format!("{}[{}]", self.operand(of, "full", depth), self.operand(of, "zeroone", depth)),
                1 => format!("[{}][0]", self.operand(of, "any", depth)),
                _ => format!("{}[\"{}\"]", self.operand(of, "fields", depth), self.pick(&["a", "b", "name"])),
            },
            ".name" => format!("{}.{}", self.operand(of, "fields", depth), self.pick(&["a", "b", "name"])),
            "[*]" | ".*" => self.splat(of, what, depth),
            "[,]" => format!("[{}, {}]", self.operand(of, "any", depth), self.operand(of, "any", depth)),
            "{=}" => self.literal_object(of, depth),
            "f(...)" => {
                let calls = [("max", "numbers"), ("setunion", "list"), ("coalesce", "strings"), ("min", "numbers")];
                let (name, sort) = self.pick(&calls);
                match self.below(3) {
                    0 => {
                        format!("concat([{}, {}]...)", self.operand(of, "list", depth), self.operand(of, "list", depth))
                    }
                    1 => format!("merge([{}, {}]...)", self.operand(of, "object", depth), self.expr("map", depth)),
                    _ if name == "setunion" => format!("setunion([{}]...)", self.operand(of, "set", depth)),
                    _ => format!("{name}({}...)", self.operand(of, sort, depth)),
                }
            }
            _ if what.contains("for") && !what.contains('%') => self.loop_of(of, what, depth),
            _ => self.template(of, what, depth),
        }
    }

    fn splat(&mut self, of: usize, what: &'static str, depth: usize) -> String {
        let (source, step) = match self.below(4) {
            0 => (self.operand(of, "any", depth), ""),
            1 => (format!("[{}, {}]", self.operand(of, "fields", depth), self.expr("fields", depth)), ".a"),
            2 => (self.operand(of, "fields", depth), ".name"),
            _ => (format!("[{}]", self.operand(of, "full", depth)), if what == ".*" { ".0" } else { "[0]" }),
        };
        format!("{source}{what}{step}")
    }

    fn literal_object(&mut self, of: usize, depth: usize) -> String {
        match self.below(2) {
            0 => format!("{{ a = {}, b = {} }}", self.operand(of, "any", depth), self.operand(of, "any", depth)),
            _ => format!("{{ ({}) = {} }}", self.operand(of, "string", depth), self.operand(of, "any", depth)),
        }
    }

    fn loop_of(&mut self, of: usize, what: &'static str, depth: usize) -> String {
        let sorts = [("strings", "string"), ("numbers", "finite"), ("list", "v"), ("object", "v"), ("map", "string")];
        let (sort, item) = self.pick(&sorts);
        let collection = self.operand(of, sort, depth);
        let key = if matches!(sort, "object" | "map") { "string" } else { "k" };
        self.within(&[("v", item), ("k", key)], |this| match what {
            "[for]" if this.below(3) == 0 => {
                this.names.pop();
                format!("[for v in {collection} : [v, {}]]", this.operand(of, "any", depth))
            }
            "[for]" => format!("[for k, v in {collection} : {}]", this.operand(of, "any", depth)),
            "for if" => {
                let (item, condition) = (this.operand(of, "any", depth), this.operand(of, "bool", depth));
                format!("[for k, v in {collection} : {item} if {condition}]")
            }
            _ => {
                let group = if what == "{for ...}" { "..." } else { "" };
                let key = match this.below(if group.is_empty() { 12 } else { 4 }) {
                    0 => this.operand(of, "string", depth),
                    1..6 => "\"x${k}\"".to_string(),
                    _ => "k".to_string(),
                };
                format!("{{for k, v in {collection} : {key} => {}{group}}}", this.operand(of, "any", depth))
            }
        })
    }

    fn template(&mut self, of: usize, what: &'static str, depth: usize) -> String {
        match what {
            "${}" => {
                let (sort, behind) =
                    (self.pick(&["string", "number", "bool", "string"]), self.pick(&["", "x", " y\\n"]));
                format!("\"<${{{}}}{behind}\"", self.operand(of, sort, depth))
            }
            "%{if}" => {
                let condition = self.operand(of, "bool", depth);
                let text = self.shielded(|this| this.operand(of, "string", depth));
                let trim = self.pick(&["", "~"]);
                format!("\"a %{{{trim} if {condition} ~}} y${{{text}}}%{{ else }} n%{{ endif {trim}}} b\"")
            }
            "%{for}" => {
                let collection = self.operand(of, "strings", depth);
                let item = self.within(&[("v", "string")], |this| this.operand(of, "string", depth));
                format!("\"%{{ for v in {collection} }}${{{item}}},%{{ endfor }}\"")
            }
            _ => {
                let text = self.operand(of, "string", depth);
                format!("<<-E\n    a\n      ${{{text}}} $${{x}}\n    E\n")
            }
        }
    }

    fn within(&mut self, names: &[(&'static str, &'static str)], make: impl FnOnce(&mut Self) -> String) -> String {
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
