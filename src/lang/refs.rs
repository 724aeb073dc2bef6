//! References in an expression: which names it needs, with the steps that are written out.

use std::sync::Arc;

use super::ast::{Expr, For, Key, Node, Part, Reference, Step};

/// Every reference of an expression in the order of the text. The variables of `for` expressions and
/// template loops are none.
pub fn references(expr: &Expr) -> Vec<Reference> {
    let mut walk = Walk { bound: Vec::new(), found: Vec::new() };
    walk.expr(expr);
    walk.found
}

/// The root name and the written steps of a traversal, innermost first, and how many of the outermost
/// nodes are not part of them; `None` for any other expression.
pub fn traversal(expr: &Expr) -> Option<(Arc<str>, Vec<Step>)> {
    match &*expr.node {
        Node::Name(name) => Some((name.clone(), Vec::new())),
        Node::Attr(source, name) => push(source, Step::Attr(name.clone())),
        Node::LegacyIndex(source, index) => push(source, Step::Index(*index)),
        Node::Index(source, key) => push(source, literal_step(key)?),
        Node::Parens(inner) => traversal(inner),
        _ => None,
    }
}

fn push(source: &Expr, step: Step) -> Option<(Arc<str>, Vec<Step>)> {
    let (root, mut steps) = traversal(source)?;
    steps.push(step);
    Some((root, steps))
}

/// The step of an index that is written out as a string or a whole number.
pub fn literal_step(key: &Expr) -> Option<Step> {
    match &*key.node {
        Node::String(text) => Some(Step::Key(text.clone())),
        Node::Number(number) => number.to_i64().and_then(|index| u64::try_from(index).ok()).map(Step::Index),
        _ => None,
    }
}

/// How a message writes a traversal: `var.nodes[0].size`.
pub fn describe(expr: &Expr) -> Option<String> {
    let (root, steps) = traversal(expr)?;
    Some(path(&root, &steps))
}

/// A root name and steps as they are written: `local.all["a"][0]`.
pub fn path(root: &str, steps: &[Step]) -> String {
    steps.iter().fold(root.to_string(), |text, step| match step {
        Step::Attr(name) => format!("{text}.{name}"),
        Step::Key(key) => format!("{text}[{key:?}]"),
        Step::Index(index) => format!("{text}[{index}]"),
    })
}

struct Walk {
    bound: Vec<Arc<str>>,
    found: Vec<Reference>,
}

impl Walk {
    fn expr(&mut self, expr: &Expr) {
        stacker::maybe_grow(64 * 1024, 1024 * 1024, || self.node(expr));
    }

    fn node(&mut self, expr: &Expr) {
        match &*expr.node {
            Node::Null | Node::Bool(_) | Node::Number(_) | Node::String(_) | Node::Each => {}
            Node::Name(name) => self.reference(name, Vec::new(), expr),
            Node::Attr(source, _) | Node::LegacyIndex(source, _) => match traversal(expr) {
                Some((root, steps)) => self.reference(&root, steps, expr),
                None => self.expr(source),
            },
            Node::Index(source, key) => match traversal(expr) {
                Some((root, steps)) => self.reference(&root, steps, expr),
                None => {
                    let before = self.found.len();
                    self.expr(source);
                    if self.is_own_key(key) && self.found.len() == before + 1 && traversal(source).is_some() {
                        self.found[before].own_key = true;
                    }
                    self.expr(key);
                }
            },
            Node::Splat(left, right) | Node::AttrSplat(left, right) | Node::Binary(_, _, left, right) => {
                self.expr(left);
                self.expr(right);
            }
            Node::Tuple(items) => items.iter().for_each(|item| self.expr(item)),
            Node::Object(items) => {
                for (key, value) in items {
                    if let Key::Expr(key) = key {
                        self.expr(key);
                    }
                    self.expr(value);
                }
            }
            Node::Call { args, .. } => args.iter().for_each(|arg| self.expr(arg)),
            Node::Unary(_, operand) | Node::Parens(operand) => self.expr(operand),
            Node::Conditional(condition, yes, no) => [condition, yes, no].into_iter().for_each(|part| self.expr(part)),
            Node::Template(parts) => self.parts(parts),
            Node::For(node) => self.for_expression(node),
        }
    }

    fn reference(&mut self, root: &Arc<str>, steps: Vec<Step>, expr: &Expr) {
        if !self.bound.contains(root) {
            self.found.push(Reference { root: root.clone(), steps, span: expr.span, own_key: false });
        }
    }

    /// `each.key` or `count.index`, unless a variable of an expression hides the name.
    fn is_own_key(&self, key: &Expr) -> bool {
        let Some((root, steps)) = traversal(key) else { return false };
        let name = match (&*root, &steps[..]) {
            ("each", [Step::Attr(name)]) => &**name == "key",
            ("count", [Step::Attr(name)]) => &**name == "index",
            _ => false,
        };
        name && !self.bound.contains(&root)
    }

    fn for_expression(&mut self, node: &For) {
        self.expr(&node.collection);
        self.binding(node.key.as_ref(), &node.value, |walk| {
            let parts = [node.result_key.as_ref(), Some(&node.result), node.condition.as_ref()];
            parts.into_iter().flatten().for_each(|part| walk.expr(part));
        });
    }

    fn parts(&mut self, parts: &[Part]) {
        for part in parts {
            match part {
                Part::Text(_) => {}
                Part::Interpolation(expr) => self.expr(expr),
                Part::If(condition, yes, no) => {
                    self.expr(condition);
                    self.parts(yes);
                    self.parts(no);
                }
                Part::For { key, value, collection, body } => {
                    self.expr(collection);
                    self.binding(key.as_ref(), value, |walk| walk.parts(body));
                }
            }
        }
    }

    fn binding(&mut self, key: Option<&Arc<str>>, value: &Arc<str>, walk: impl FnOnce(&mut Self)) {
        let before = self.bound.len();
        self.bound.extend(key.cloned());
        self.bound.push(value.clone());
        walk(self);
        self.bound.truncate(before);
    }
}

#[cfg(test)]
mod tests {
    use super::{describe, references};
    use crate::diag::FileId;
    use crate::lang::ast::{Expr, Node};
    use crate::lang::syntax::parse_expression;
    use std::sync::Arc;

    fn check(text: &str, expected: &str) {
        let expr = parse_expression(FileId(0), text, 0, &mut Vec::new()).expect(text);
        let found: Vec<String> = references(&expr)
            .iter()
            .map(|reference| {
                let written = &text[reference.span.start as usize..reference.span.end as usize];
                let node = Node::Name(Arc::from(written));
                describe(&Expr { node: Arc::new(node), span: reference.span }).unwrap_or_default()
            })
            .collect();
        assert_eq!(found.join(" "), expected, "{text}");
    }

    #[test]
    fn references_are_found_with_their_written_steps() {
        check("var.a + local.b[0].c", "var.a local.b[0].c");
        check("a.b[c.d].e", "a.b c.d");
        check("a[\"x\"].y[*].z", "a[\"x\"].y");
        check("[for x in a.b : x.c + y if x.d]", "a.b y");
        check("{for k, v in a : k => v...}", "a");
        check("\"${a.b}%{ for x in c }${x}${d}%{ endfor }\"", "a.b c d");
        check("f(a, b.c...) ? !d : -(e)", "a b.c d e");
        check("{ a = b, (c) = d }", "b c d");
    }
}
