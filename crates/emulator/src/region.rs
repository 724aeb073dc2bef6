//! One region of one account: the tables that services declare, its counter, and what exists in it from the start.

use super::context::partition;
use super::lifecycle::Timer;
use super::service;
use super::table::{Declared, Key, Row, Rows, Table};
use super::world::hex;
use serde_json::{Value, json};
use std::any::Any;
use std::collections::BTreeMap;
use std::ops::{Index, IndexMut};

/// Tags by ARN.
pub const TAGS: Key<BTreeMap<String, String>> = Key::new("tags");
/// What falls due, by time and number.
pub const TIMERS: Key<Timer> = Key::new("timers");
const COUNTERS: Key<u64> = Key::new("counters");

/// The tables that belong to no service.
const COMMON: &[&dyn Declared] = &[&TAGS, &TIMERS, &COUNTERS];

/// Everything that exists in one region of one account. `region[KEY]` is the table of a key.
#[derive(Debug, Clone)]
pub struct Region {
    pub account: String,
    pub name: String,
    tables: BTreeMap<&'static str, Box<dyn Rows>>,
    /// Rows that the running request changed for good, as the log holds them.
    pub staged: Vec<Value>,
}

/// The other regions of an account, by name.
pub type Others<'a> = BTreeMap<String, &'a mut Region>;

impl<T: Row> Index<Key<T>> for Region {
    type Output = Table<T>;

    fn index(&self, key: Key<T>) -> &Table<T> {
        let rows: &dyn Any = &**self.tables.get(key.name).expect("a service declares the table");
        rows.downcast_ref().expect("a table is declared once")
    }
}

impl<T: Row> IndexMut<Key<T>> for Region {
    fn index_mut(&mut self, key: Key<T>) -> &mut Table<T> {
        let rows: &mut dyn Any = &mut **self.tables.get_mut(key.name).expect("a service declares the table");
        rows.downcast_mut().expect("a table is declared once")
    }
}

impl Region {
    /// A region as a new account finds it: a default VPC with its subnets and its security group.
    pub fn new(account: &str, name: &str) -> Self {
        let declared = service::parts().flat_map(|part| part.tables).chain(COMMON);
        let mut region = Self {
            account: account.to_owned(),
            name: name.to_owned(),
            tables: declared.map(|table| (table.name(), table.empty())).collect(),
            staged: Vec::new(),
        };
        service::parts().for_each(|part| (part.seed)(&mut region, account, name));
        // What every region begins with is rebuilt, not logged.
        region.stage();
        region.staged.clear();
        region
    }

    /// Every table with its name in the log.
    pub fn tables(&self) -> impl Iterator<Item = (&'static str, &dyn Rows)> {
        self.tables.iter().map(|(name, rows)| (*name, &**rows))
    }

    /// The table of that name in the log.
    pub fn table_mut(&mut self, name: &str) -> Option<&mut dyn Rows> {
        Some(&mut **self.tables.get_mut(name)?)
    }

    /// Makes the changes so far final.
    pub fn stage(&mut self) {
        for (table, rows) in &mut self.tables {
            if rows.touched() {
                rows.commit(&mut |key, row| self.staged.push(json!([self.account, self.name, table, key, row])));
            }
        }
    }

    /// Takes back everything since the last [`Region::stage`].
    pub fn rollback(&mut self) {
        self.tables.values_mut().for_each(|rows| rows.rollback());
    }

    /// The ARN of an ElastiCache object.
    pub fn arn(&self, kind: &str, name: &str) -> String {
        format!("{}:elasticache:{}:{}:{kind}:{name}", partition(&self.name), self.name, self.account)
    }

    /// The next number of the region's counter.
    pub fn next(&mut self) -> u64 {
        let next = self[COUNTERS].get("ids").map_or(1, |last| *last + 1);
        self[COUNTERS].put("ids", next);
        next
    }

    /// A new id such as `sg-0123456789abcdef0`, the same in every run of the same history.
    pub fn new_id(&mut self, prefix: &str) -> String {
        let number = self.next();
        format!("{prefix}-0{}", &hex(&format!("{} {} {prefix} {number}", self.account, self.name))[..16])
    }
}
