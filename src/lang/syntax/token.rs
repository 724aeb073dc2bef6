//! The tokens of the language. They cover every byte of a file but blanks, comments included.

/// What a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A name or keyword.
    Ident,
    /// A number as written.
    Number,
    /// `"` that opens a string.
    OpenQuote,
    /// `"` that closes a string; empty where it is missing.
    CloseQuote,
    /// Text inside quotes, escapes as written.
    QuotedText,
    /// `<<EOT` or `<<-EOT` with its line break.
    OpenHeredoc,
    /// Text of a heredoc or a bare template, at most one line with its break.
    HeredocText,
    /// The closing marker of a heredoc with the blanks before it.
    CloseHeredoc,
    /// `${` or `${~`
    OpenInterpolation,
    /// `%{` or `%{~`
    OpenDirective,
    /// `}` or `~}` of an interpolation or directive.
    CloseSequence,
    /// A line break.
    Newline,
    /// `# ...` or `// ...` with its line break.
    LineComment,
    /// `/* ... */`
    Comment,
    /// `{`
    OpenBrace,
    /// `}`
    CloseBrace,
    /// `[`
    OpenBracket,
    /// `]`
    CloseBracket,
    /// `(`
    OpenParen,
    /// `)`
    CloseParen,
    /// `.`
    Dot,
    /// `...`
    Ellipsis,
    /// `,`
    Comma,
    /// `:`
    Colon,
    /// `::`
    DoubleColon,
    /// `?`
    Question,
    /// `=`
    Assign,
    /// `=>`
    Arrow,
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
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `%`
    Percent,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `!`
    Bang,
    /// Something that the lexer has complained about.
    Invalid,
    /// The end of the text.
    End,
}

/// A token: its kind and its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Its first byte.
    pub start: u32,
    /// The byte behind its last.
    pub end: u32,
}

impl Token {
    /// Its text.
    pub fn text<'a>(&self, source: &'a str) -> &'a str {
        &source[self.start as usize..self.end as usize]
    }
}

impl Kind {
    /// How a message names the token.
    pub fn describe(self) -> &'static str {
        match self {
            Kind::Ident => "a name",
            Kind::Number => "a number",
            Kind::OpenQuote | Kind::CloseQuote => "a quote",
            Kind::QuotedText | Kind::HeredocText => "text",
            Kind::OpenHeredoc => "a heredoc",
            Kind::CloseHeredoc => "the end of the heredoc",
            Kind::OpenInterpolation => "an interpolation",
            Kind::OpenDirective => "a directive",
            Kind::CloseSequence => "the end of the interpolation",
            Kind::Newline | Kind::LineComment => "the end of the line",
            Kind::Comment => "a comment",
            Kind::Invalid => "an invalid character",
            Kind::End => "the end of the text",
            Kind::OpenBrace => "an opening brace",
            Kind::CloseBrace => "a closing brace",
            Kind::OpenBracket => "an opening bracket",
            Kind::CloseBracket => "a closing bracket",
            Kind::OpenParen => "an opening parenthesis",
            Kind::CloseParen => "a closing parenthesis",
            Kind::Comma => "a comma",
            Kind::Colon => "a colon",
            Kind::Dot => "a dot",
            Kind::Assign => "an equals sign",
            _ => "an operator",
        }
    }
}
