//! The names of an object's attributes, kept once for all objects that have the same ones: thousands of objects are of a
//! few dozen kinds, and looking for an attribute of one of them reads memory that the last look has read.

use std::cell::RefCell;
use std::cmp::Ordering;
use std::collections::HashMap;
use std::sync::Arc;

use super::names;

/// Names in their order, each once. Two that have the same names are mostly one: see [`Shape::is`].
#[derive(Clone)]
pub struct Shape(Arc<Names>);

/// Names, and how each begins: most comparisons end there, without a look at the text.
#[derive(Clone, Default)]
struct Names {
    all: Vec<Arc<str>>,
    heads: Vec<u64>,
}

/// The first eight bytes of a name, in an order that is that of the names.
fn head(name: &str) -> u64 {
    let mut bytes = [0; 8];
    let count = name.len().min(8);
    bytes[..count].copy_from_slice(&name.as_bytes()[..count]);
    u64::from_be_bytes(bytes)
}

impl Names {
    fn of(all: Vec<Arc<str>>) -> Self {
        let heads = all.iter().map(|name| head(name)).collect();
        Self { all, heads }
    }

    fn insert(&mut self, at: usize, name: Arc<str>) {
        self.heads.insert(at, head(&name));
        self.all.insert(at, name);
    }

    /// Where a name is, or where it belongs.
    fn place(&self, name: &str) -> Result<usize, usize> {
        let wanted = head(name);
        let compare = |at: usize| self.heads[at].cmp(&wanted).then_with(|| (*self.all[at]).cmp(name));
        let (mut low, mut high) = (0, self.all.len());
        // What is added in order, as most is, goes to the end.
        if high > 0 && compare(high - 1).is_lt() {
            return Err(high);
        }
        while low < high {
            let middle = low.midpoint(high);
            match compare(middle) {
                Ordering::Less => low = middle + 1,
                Ordering::Greater => high = middle,
                Ordering::Equal => return Ok(middle),
            }
        }
        Err(low)
    }
}

/// More names than these are keys of somebody's map, which is like no other.
const SHARED_MAX: usize = 64;
/// More shapes than these are not kept.
const COUNT_MAX: usize = 8192;

/// A shape and the name that is added to it, by their addresses.
type Step = (usize, usize);

/// What shapes become by a name more. Each entry holds both shapes, and the second of them the name: their addresses mean
/// them, and nothing else, for as long as the entry is there.
#[derive(Default)]
struct Grown(HashMap<Step, (Shape, Shape), foldhash::fast::FixedState>);

thread_local! {
    static EMPTY: Shape = Shape(Arc::default());
    static GROWN: RefCell<Grown> = RefCell::default();
}

impl Default for Shape {
    fn default() -> Self {
        EMPTY.with(Self::clone)
    }
}

impl Shape {
    /// The shape of names in their order, each there once.
    pub fn of(names: Vec<Arc<str>>) -> Self {
        if names.len() > SHARED_MAX {
            return Self(Arc::new(Names::of(names)));
        }
        let add = |shape: &mut Self, name| shape.insert(shape.0.all.len(), name);
        names.into_iter().fold(Self::default(), |mut shape, name| {
            add(&mut shape, name);
            shape
        })
    }

    /// The names in their order.
    pub fn names(&self) -> &[Arc<str>] {
        &self.0.all
    }

    /// The names in their order, of their own.
    pub fn into_names(self) -> Vec<Arc<str>> {
        Arc::unwrap_or_clone(self.0).all
    }

    /// Whether the other one is this one. Where it is not, it may still have the same names.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Where a name is, or where it belongs.
    pub fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.place(name)
    }

    /// Adds a name where it belongs.
    pub fn insert(&mut self, at: usize, name: Arc<str>) {
        if self.0.all.len() >= SHARED_MAX {
            return Arc::make_mut(&mut self.0).insert(at, name);
        }
        let name = names::kept(name);
        *self = GROWN.with_borrow_mut(|grown| grown.step(std::mem::take(self), at, name));
    }

    /// Takes the name at a place out.
    pub fn remove(&mut self, at: usize) {
        if self.0.all.len() > SHARED_MAX {
            let names = Arc::make_mut(&mut self.0);
            names.all.remove(at);
            names.heads.remove(at);
        } else {
            let rest = [&self.0.all[..at], &self.0.all[at + 1..]].concat();
            *self = Self::of(rest);
        }
    }
}

impl Grown {
    fn step(&mut self, from: Shape, at: usize, name: Arc<str>) -> Shape {
        let step = (Arc::as_ptr(&from.0).addr(), Arc::as_ptr(&name).addr());
        if let Some((_, to)) = self.0.get(&step) {
            return to.clone();
        }
        if self.0.len() >= COUNT_MAX {
            let mut to = from;
            Arc::make_mut(&mut to.0).insert(at, name);
            return to;
        }
        let mut to = from.clone();
        Arc::make_mut(&mut to.0).insert(at, name);
        self.0.insert(step, (from, to.clone()));
        to
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(names: &[&str]) -> Shape {
        Shape::of(names.iter().map(|name| names::name(name)).collect())
    }

    #[test]
    fn shapes_of_the_same_names_made_in_order_are_one() {
        assert!(shape(&["a", "b", "c"]).is(&shape(&["a", "b", "c"])));
        assert!(!shape(&["a", "b"]).is(&shape(&["a", "b", "c"])));
        let mut less = shape(&["a", "b", "c"]);
        less.remove(1);
        assert!(less.is(&shape(&["a", "c"])));
    }

    #[test]
    fn a_name_is_found_or_its_place_is() {
        let three = shape(&["b", "d", "f"]);
        let cases =
            [("a", Err(0)), ("b", Ok(0)), ("c", Err(1)), ("d", Ok(1)), ("e", Err(2)), ("f", Ok(2)), ("g", Err(3))];
        for (name, want) in cases {
            assert_eq!(three.place(name), want, "{name}");
        }
        let mut middle = three.clone();
        middle.insert(1, "c".into());
        assert_eq!(middle.into_names(), ["b", "c", "d", "f"].map(Arc::from));
        assert_eq!(three.names().len(), 3);
    }

    /// Names that begin alike, that end where others go on, and that no text of the language has.
    #[test]
    fn names_stand_in_the_order_of_texts() {
        let mut names = [
            "",
            "\0",
            "a",
            "a\0",
            "aaaaaaaa",
            "aaaaaaaaa",
            "aaaaaaab",
            "b",
            "snapshot",
            "snapshot_name",
            "é",
            "日本語",
        ];
        names.sort_unstable();
        let all = shape(&names);
        for (at, name) in names.iter().enumerate() {
            assert_eq!(all.place(name), Ok(at), "{name:?}");
            let next = format!("{name}\0\0");
            assert_eq!(all.place(&next), Err(names.partition_point(|other| *other < &*next)), "{next:?}");
        }
    }

    #[test]
    fn neither_long_shapes_nor_ever_new_ones_are_kept_without_end() {
        let name = |number: usize| Arc::from(format!("{number:06}"));
        let long = Shape::of((0..2 * SHARED_MAX).map(name).collect());
        let mut grown = Shape::default();
        (0..2 * SHARED_MAX).for_each(|number| grown.insert(number, name(number)));
        assert_eq!(long.names(), grown.names());
        let far: Vec<Shape> = (0..2 * COUNT_MAX).map(|number| Shape::of(vec![name(number)])).collect();
        assert!(far.iter().enumerate().all(|(number, shape)| shape.names() == [name(number)]));
        assert!(GROWN.with_borrow(|grown| grown.0.len()) <= COUNT_MAX);
    }
}
