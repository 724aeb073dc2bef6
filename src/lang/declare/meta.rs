//! The meta-arguments of a resource block: how often it is there, and how it behaves.

use crate::address::Mode;
use crate::diag::Diagnostic;
use crate::kinds;
use crate::lang::ast::Block;
use crate::lang::declare::resource::{META_ATTRIBUTES, Reader, Rest};
use crate::lang::declare::{Lifecycle, Meta, block};

impl Reader<'_> {
    /// Takes the meta-arguments out of a block.
    pub(super) fn meta<'a>(&mut self, block: &'a Block) -> (Meta, Rest<'a>) {
        let mut meta = Meta::default();
        let mut rest = Rest { attributes: Vec::new(), blocks: Vec::new() };
        for attribute in &block.body.attributes {
            let expr = Some(attribute.expr.clone());
            let managed = self.mode == Mode::Managed;
            match &*attribute.name {
                "count" => meta.count = expr,
                "for_each" => meta.for_each = expr,
                "depends_on" => meta.depends_on = block::literal_items(attribute, self.diagnostics),
                "provider" => meta.provider = expr,
                "protect" if managed => meta.protect = expr,
                "target" if managed && self.schema.aimed => meta.target = expr,
                "per" if managed && self.schema.aimed => meta.per = expr,
                _ => rest.attributes.push(attribute),
            }
        }
        for nested in &block.body.blocks {
            if matches!(&*nested.kind, "lifecycle" | "timeouts") {
                self.refuse_second(block, nested);
            }
            match &*nested.kind {
                "lifecycle" => meta.lifecycle = self.lifecycle(nested),
                "timeouts" => meta.timeouts = self.timeouts(nested),
                "dynamic" if nested.labels.first().is_some_and(|label| &*label.text == "timeouts") => {
                    meta.timeouts = self.dynamic_timeouts(nested);
                }
                "provisioner" | "connection" => self.diagnostics.push(self.no_provisioners(nested)),
                _ => rest.blocks.push(nested),
            }
        }
        self.check_repetition(block, &meta);
        (meta, rest)
    }

    /// There is one block of its kind at most.
    fn refuse_second(&mut self, block: &Block, nested: &Block) {
        let kind = &nested.kind;
        let first = block.body.blocks_of(kind).next().map(|first| first.kind_span);
        if let Some(first) = first.filter(|first| *first != nested.kind_span) {
            let detail = format!("The block has a `{kind}` already.");
            let diagnostic = Diagnostic::error("CS0319", "Declared twice", detail).at(nested.kind_span);
            self.diagnostics.push(diagnostic.related(first, "declared here").help("Write all of it into one."));
        }
    }

    /// Programs are never run. What lives in no account is often only there to run one: that is said, and the rest of
    /// the stack goes on without it.
    fn no_provisioners(&self, nested: &Block) -> Diagnostic {
        let detail = "cachestack runs no programs of a stack.";
        let diagnostic = match kinds::local(self.schema.kind) {
            Some(_) => Diagnostic::warning("CS0321", "No provisioners", format!("{detail} The block is left out.")),
            None => Diagnostic::error("CS0321", "No provisioners", detail),
        };
        diagnostic.at(nested.kind_span).help("Remove the block; run the program beside cachestack.")
    }

    pub(super) fn check_repetition(&mut self, block: &Block, meta: &Meta) {
        let enabled = ("enabled", &meta.lifecycle.enabled);
        // Beside a target `enabled` is asked for each of its members.
        let repeats: Vec<&str> = [("count", &meta.count), ("for_each", &meta.for_each), enabled]
            .into_iter()
            .filter(|(name, _)| *name != "enabled" || meta.target.is_none())
            .filter_map(|(name, expr)| expr.as_ref().map(|_| name))
            .collect();
        if repeats.len() > 1 {
            let names = repeats.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
            self.diagnostics.push(
                Diagnostic::error("CS0322", "Two ways to repeat a block", format!("{names} exclude each other."))
                    .at(block.header_span)
                    .help("Keep one of them."),
            );
        }
        if let (Some(per), None) = (&meta.per, &meta.target) {
            self.diagnostics.push(
                Diagnostic::error(
                    "CS0323",
                    "`per` without a target",
                    "`per` says for what of a target alarms are made.",
                )
                .at(per.span)
                .help("Add `target = replication_group.NAME`, or remove `per`."),
            );
        }
    }

    pub(super) fn lifecycle(&mut self, nested: &Block) -> Lifecycle {
        let known = [
            "create_before_destroy",
            "prevent_destroy",
            "ignore_changes",
            "replace_triggered_by",
            "enabled",
            "destroy",
        ];
        block::check_names(nested, &known, &["precondition", "postcondition"], self.diagnostics);
        let mut lifecycle = Lifecycle::default();
        for attribute in &nested.body.attributes {
            match &*attribute.name {
                "create_before_destroy" => {
                    lifecycle.create_before_destroy = block::literal_bool(attribute, self.diagnostics)
                }
                "prevent_destroy" => lifecycle.prevent_destroy = Some(attribute.expr.clone()),
                "enabled" => lifecycle.enabled = Some(attribute.expr.clone()),
                "destroy" => lifecycle.abandon = !block::literal_bool(attribute, self.diagnostics),
                "ignore_changes" => self.ignore_changes(attribute, &mut lifecycle),
                "replace_triggered_by" => {
                    lifecycle.replace_triggered_by = block::literal_items(attribute, self.diagnostics);
                }
                _ => {}
            }
        }
        let mut conditions = |kind: &str| {
            nested
                .body
                .blocks_of(kind)
                .filter_map(|block| block::condition(block, self.diagnostics))
                .collect::<Vec<_>>()
        };
        lifecycle.preconditions = conditions("precondition");
        lifecycle.postconditions = conditions("postcondition");
        lifecycle
    }

    /// `protect` and what follows it are for what cachestack manages; `target` and `per` for kinds that are
    /// aimed at nodes.
    pub(super) fn meta_attributes(&self) -> impl Iterator<Item = &'static str> {
        let many = match (self.mode, self.schema.kind) {
            (Mode::Data | Mode::Ephemeral, _) => 4,
            (_, "provider") => 0,
            _ if self.schema.aimed => 7,
            _ => 5,
        };
        META_ATTRIBUTES.into_iter().take(many)
    }

    /// The blocks that are no arguments of the kind.
    pub(super) fn meta_blocks(&self) -> &'static [&'static str] {
        if self.schema.kind == "provider" { &["dynamic"] } else { &["lifecycle", "timeouts", "dynamic"] }
    }
}
