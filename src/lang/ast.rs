//! The syntax tree of the language, with a span on every node. What parses into it is behind `syntax`.

use std::sync::Arc;

use crate::diag::Span;
use crate::value::Number;

/// The content of a file or a block.
#[derive(Debug, Clone)]
pub struct Body {
    /// Attributes in the order of the file.
    pub attributes: Vec<Attribute>,
    /// Blocks in the order of the file.
    pub blocks: Vec<Block>,
    /// From the first byte of the content to the last; for an empty one-line body the braces' inside.
    pub span: Span,
}

/// `name = expression`
#[derive(Debug, Clone)]
pub struct Attribute {
    /// The name.
    pub name: Arc<str>,
    /// The place of the name.
    pub name_span: Span,
    /// What it is set to.
    pub expr: Expr,
}

/// `kind "label" { ... }`
#[derive(Debug, Clone)]
pub struct Block {
    /// The first word.
    pub kind: Arc<str>,
    /// The place of the first word.
    pub kind_span: Span,
    /// The labels.
    pub labels: Vec<Label>,
    /// What is between the braces.
    pub body: Body,
    /// The header: first word and labels.
    pub header_span: Span,
}

/// A label of a block.
#[derive(Debug, Clone)]
pub struct Label {
    /// Its text.
    pub text: Arc<str>,
    /// Its place, quotes included.
    pub span: Span,
}

impl Body {
    /// The attribute of that name.
    pub fn attribute(&self, name: &str) -> Option<&Attribute> {
        self.attributes.iter().find(|attribute| &*attribute.name == name)
    }

    /// The blocks of that first word.
    pub fn blocks_of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Block> {
        self.blocks.iter().filter(move |block| &*block.kind == kind)
    }
}

/// An expression. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub node: Arc<Node>,
    /// Where it is.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Debug, Clone)]
pub enum Node {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number, exact as written.
    Number(Number),
    /// Text without interpolation, escapes decoded.
    String(Arc<str>),
    /// Quoted template or heredoc with interpolations or directives.
    Template(Vec<Part>),
    /// A name on its own or the root of a traversal: `var` in `var.x`.
    Name(Arc<str>),
    /// `a.b`
    Attr(Expr, Arc<str>),
    /// `a[k]`
    Index(Expr, Expr),
    /// `a.0`
    LegacyIndex(Expr, u64),
    /// `a[*].b.c`: the source, and the steps applied to each element, as an expression over `Node::Each`.
    Splat(Expr, Expr),
    /// `a.*.b.c`: likewise, by attributes only.
    AttrSplat(Expr, Expr),
    /// The element inside a splat.
    Each,
    /// `[a, b]`
    Tuple(Vec<Expr>),
    /// `{ k = v }`
    Object(Vec<(Key, Expr)>),
    /// `f(a, b...)`
    Call {
        /// The name, with `::`.
        name: Arc<str>,
        /// Where the name stands.
        name_span: Span,
        /// The arguments.
        args: Vec<Expr>,
        /// Whether the last one is expanded.
        expand: bool,
    },
    /// `!a`, `-a`
    Unary(UnaryOp, Expr),
    /// `a + b`
    Binary(BinaryOp, Span, Expr, Expr),
    /// `c ? a : b`
    Conditional(Expr, Expr, Expr),
    /// `[for k, v in c : x if p]` and `{for k, v in c : kx => x... if p}`
    For(Box<For>),
    /// `( a )`
    Parens(Expr),
}

/// A key in an object.
#[derive(Debug, Clone)]
pub enum Key {
    /// A bare word.
    Name(Arc<str>, Span),
    /// Anything else, parenthesised expressions included.
    Expr(Expr),
}

/// A part of a template.
#[derive(Debug, Clone)]
pub enum Part {
    /// Text, after `~` trimming and decoding.
    Text(Arc<str>),
    /// `${ ... }`
    Interpolation(Expr),
    /// `%{ if c }...%{ else }...%{ endif }`
    If(Expr, Vec<Part>, Vec<Part>),
    /// `%{ for k, v in c }...%{ endfor }`
    For {
        /// `k`
        key: Option<Arc<str>>,
        /// `v`
        value: Arc<str>,
        /// `c`
        collection: Expr,
        /// What stands between.
        body: Vec<Part>,
    },
}

/// A for expression.
#[derive(Debug, Clone)]
pub struct For {
    /// The name of the key or index.
    pub key: Option<Arc<str>>,
    /// The name of the element.
    pub value: Arc<str>,
    /// What is gone through.
    pub collection: Expr,
    /// The key of the result; a tuple results without one.
    pub result_key: Option<Expr>,
    /// The element of the result.
    pub result: Expr,
    /// Whether `...` groups the results of equal keys.
    pub group: bool,
    /// The condition.
    pub condition: Option<Expr>,
}

/// Operators with one operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `!`
    Not,
    /// `-`
    Negate,
}

/// Operators with two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Subtract,
    /// `*`
    Multiply,
    /// `/`
    Divide,
    /// `%`
    Modulo,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `&&`
    And,
    /// `||`
    Or,
}

/// A step of a traversal whose index is written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// `.name`
    Attr(Arc<str>),
    /// `["key"]`
    Key(Arc<str>),
    /// `[0]` and `.0`
    Index(u64),
}

/// A reference found in an expression: a root name and the steps behind it that are written out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// The first name: `var`, `local`, `replication_group`.
    pub root: Arc<str>,
    /// The steps behind it, up to the first that is computed.
    pub steps: Vec<Step>,
    /// From the root to the last of these steps.
    pub span: Span,
    /// Whether the instance with the key of the block itself is meant: `[each.key]` or `[count.index]` follows.
    pub own_key: bool,
}

impl Reference {
    /// It as an expression, up to its first key or index: whether there is such an element may be asked before.
    pub fn as_far_as_named(&self) -> Expr {
        let here = |node: Node| Expr { node: Arc::new(node), span: self.span };
        let named = self.steps.iter().map_while(|step| match step {
            Step::Attr(name) => Some(name.clone()),
            Step::Key(_) | Step::Index(_) => None,
        });
        named.fold(here(Node::Name(self.root.clone())), |source, name| here(Node::Attr(source, name)))
    }
}
