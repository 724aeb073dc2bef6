//! One region of one account: its tables, its counter, and what exists in it from the start.

use super::cloudwatch::Alarm;
use super::context::partition;
use super::ec2::{SecurityGroup, SecurityGroupRule, Subnet, Vpc};
use super::elasticache::{CacheCluster, Event, ParameterGroup, ReplicationGroup, Snapshot, SubnetGroup};
use super::lifecycle::Timer;
use super::table::{Rows, Table};
use super::world::hex;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Everything that exists in one region of one account.
#[derive(Debug, Clone)]
pub struct Region {
    account: String,
    name: String,
    pub subnet_groups: Table<SubnetGroup>,
    pub parameter_groups: Table<ParameterGroup>,
    pub groups: Table<ReplicationGroup>,
    pub clusters: Table<CacheCluster>,
    pub snapshots: Table<Snapshot>,
    /// By time and number, so that their order is that of time.
    pub events: Table<Event>,
    /// Tags by ARN.
    pub tags: Table<BTreeMap<String, String>>,
    pub vpcs: Table<Vpc>,
    pub subnets: Table<Subnet>,
    pub security_groups: Table<SecurityGroup>,
    pub rules: Table<SecurityGroupRule>,
    pub alarms: Table<Alarm>,
    /// What falls due, by time and number.
    pub timers: Table<Timer>,
    counters: Table<u64>,
    /// Rows that the running request changed for good, as the log holds them.
    pub staged: Vec<Value>,
}

macro_rules! tables {
    ($self:ident, $reference:tt $($mutable:tt)?) => {
        [
            ("subnet_groups", $reference $($mutable)? $self.subnet_groups as _),
            ("parameter_groups", $reference $($mutable)? $self.parameter_groups as _),
            ("groups", $reference $($mutable)? $self.groups as _),
            ("clusters", $reference $($mutable)? $self.clusters as _),
            ("snapshots", $reference $($mutable)? $self.snapshots as _),
            ("events", $reference $($mutable)? $self.events as _),
            ("tags", $reference $($mutable)? $self.tags as _),
            ("vpcs", $reference $($mutable)? $self.vpcs as _),
            ("subnets", $reference $($mutable)? $self.subnets as _),
            ("security_groups", $reference $($mutable)? $self.security_groups as _),
            ("rules", $reference $($mutable)? $self.rules as _),
            ("alarms", $reference $($mutable)? $self.alarms as _),
            ("timers", $reference $($mutable)? $self.timers as _),
            ("counters", $reference $($mutable)? $self.counters as _),
        ]
    };
}

impl Region {
    /// A region as a new account finds it: a default VPC with its subnets and its security group.
    pub fn new(account: &str, name: &str) -> Self {
        let mut region = Self {
            account: account.to_owned(),
            name: name.to_owned(),
            subnet_groups: Table::default(),
            parameter_groups: Table::default(),
            groups: Table::default(),
            clusters: Table::default(),
            snapshots: Table::default(),
            events: Table::default(),
            tags: Table::default(),
            vpcs: Table::default(),
            subnets: Table::default(),
            security_groups: Table::by(SecurityGroup::words),
            rules: Table::by(SecurityGroupRule::words),
            alarms: Table::default(),
            timers: Table::default(),
            counters: Table::default(),
            staged: Vec::new(),
        };
        super::ec2::seed(&mut region, account, name);
        // What every region begins with is rebuilt, not logged.
        region.stage();
        region.staged.clear();
        region
    }

    /// Every table with its name in the log.
    pub fn tables(&self) -> [(&'static str, &dyn Rows); 14] {
        tables!(self, &)
    }

    fn tables_mut(&mut self) -> [(&'static str, &mut dyn Rows); 14] {
        tables!(self, &mut)
    }

    /// The table of that name in the log.
    pub fn table_mut(&mut self, name: &str) -> Option<&mut dyn Rows> {
        self.tables_mut().into_iter().find(|(table, _)| *table == name).map(|(_, rows)| rows)
    }

    /// Makes the changes so far final.
    pub fn stage(&mut self) {
        let mut staged = std::mem::take(&mut self.staged);
        let (account, name) = (self.account.clone(), self.name.clone());
        for (table, rows) in self.tables_mut() {
            if rows.touched() {
                rows.commit(&mut |key, row| staged.push(json!([account, name, table, key, row])));
            }
        }
        self.staged = staged;
    }

    /// Takes back everything since the last [`Region::stage`].
    pub fn rollback(&mut self) {
        self.tables_mut().into_iter().for_each(|(_, rows)| rows.rollback());
    }

    /// The ARN of an ElastiCache object.
    pub fn arn(&self, kind: &str, name: &str) -> String {
        format!("{}:elasticache:{}:{}:{kind}:{name}", partition(&self.name), self.name, self.account)
    }

    /// The next number of the region's counter.
    pub fn next(&mut self) -> u64 {
        let next = self.counters.get("ids").map_or(1, |last| *last + 1);
        self.counters.put("ids", next);
        next
    }

    /// A new id such as `sg-0123456789abcdef0`, the same in every run of the same history.
    pub fn new_id(&mut self, prefix: &str) -> String {
        let number = self.next();
        format!("{prefix}-0{}", &hex(&format!("{} {} {prefix} {number}", self.account, self.name))[..16])
    }
}
