//! Whether a blank stands between two tokens.

use super::Piece;
use crate::lang::syntax::token::Kind;

/// Whether `after` is set off from `subject`; `before` is what stands in front of it in the line.
pub(super) fn gap(before: Option<Kind>, subject: &Piece, after: &Piece) -> bool {
    use Kind::*;
    match (subject.kind, after.kind) {
        (_, Newline) | (Ident, OpenParen) | (Ident, DoubleColon) | (DoubleColon, Ident) => false,
        (Dot, _) | (_, Dot) | (_, Comma | Ellipsis) => false,
        (Comma, _) => true,
        (QuotedText | HeredocText | OpenQuote | OpenHeredoc, _) => false,
        (_, QuotedText | HeredocText | CloseQuote | CloseHeredoc) => false,
        // The keyword of a for expression, and not a name that is indexed.
        (Ident, _) if subject.text == "in" && before == Some(Ident) => true,
        (Ident | Number, OpenBracket) => false,
        (_, OpenBracket) if subject.brackets() < 0 => false,
        (Bang, _) => false,
        (Minus, _) => !before.is_none_or(negates),
        (OpenBrace, CloseBrace) => false,
        (OpenBrace, _) | (_, CloseBrace) => true,
        (OpenInterpolation | OpenDirective, OpenBrace) | (CloseBrace, CloseSequence) => true,
        (CloseSequence, OpenInterpolation | OpenDirective) => false,
        _ => subject.brackets() <= 0 && after.brackets() >= 0,
    }
}

/// Whether a minus behind this token is a sign, and no subtraction.
fn negates(before: Kind) -> bool {
    use Kind::*;
    matches!(
        before,
        OpenParen
            | OpenBrace
            | OpenBracket
            | Assign
            | Colon
            | Comma
            | Question
            | Plus
            | Star
            | Slash
            | Percent
            | Minus
            | Equal
            | NotEqual
            | Greater
            | GreaterOrEqual
            | Less
            | LessOrEqual
            | And
            | Or
            | Bang
    )
}
