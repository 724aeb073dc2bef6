//! The table of diagnostic codes. A code never changes its meaning; `explain` prints the explanation.

/// A code, its fixed sentence, and what it means and what to do about it.
pub type Entry = (&'static str, &'static str, &'static str);

/// Every code of the program, sorted.
pub const CODES: &[Entry] = &[
    (
        "CS0101",
        "Invalid character",
        "The text holds a character that means nothing in the language. Strings take double quotes, and an argument ends with its line, without a semicolon.",
    ),
    (
        "CS0102",
        "Unterminated string",
        "A string in double quotes must end on the line where it starts. Write \\n for a line break, or a heredoc (<<-EOT ... EOT) for a text of several lines.",
    ),
    (
        "CS0103",
        "Unclosed bracket",
        "A brace, bracket or parenthesis is opened and never closed. The second place in the message is where it was opened.",
    ),
    ("CS0104", "Invalid expression", "An expression was expected here, and something else was found."),
    (
        "CS0105",
        "Argument or block expected",
        "A body holds arguments (name = value) and blocks (kind \"label\" { ... }), one on a line, and nothing else.",
    ),
    (
        "CS0106",
        "Invalid argument definition",
        "An argument is written name = value, with a bare name and an equals sign.",
    ),
    ("CS0107", "Missing newline", "Each argument and each block ends its line. Put the next one on a line of its own."),
    ("CS0108", "Duplicate argument", "An argument can be set once in a block."),
    (
        "CS0109",
        "Invalid escape sequence",
        "A backslash in a quoted string starts one of \\n \\r \\t \\\" \\\\ \\uNNNN \\UNNNNNNNN. Write \\\\ for a backslash.",
    ),
    ("CS0110", "Invalid number", "A number is written with digits, at most one point and an optional exponent."),
    (
        "CS0111",
        "Invalid template directive",
        "The directives are %{ if c }, %{ else }, %{ endif }, %{ for x in xs } and %{ endfor }, each properly closed. Write %%{ for the text %{.",
    ),
    (
        "CS0112",
        "Invalid for expression",
        "A for expression is written [for x in xs : value if condition] or {for k, v in xs : key => value if condition}.",
    ),
    (
        "CS0113",
        "Nesting too deep",
        "Expressions and blocks can be nested some hundred levels deep, and an operator can be repeated as often.",
    ),
    (
        "CS0114",
        "Invalid object key",
        "A key of an object is a bare name, a string, or an expression in parentheses, followed by = and a value.",
    ),
    (
        "CS0115",
        "Invalid one-line block",
        "A block on one line holds at most one argument and no block. Put the braces on lines of their own.",
    ),
    ("CS0116", "Invalid block label", "A label of a block is a bare name or a plain string without interpolation."),
    ("CS0117", "Invalid traversal", "Behind a dot stands a name or *, and in brackets an expression or *."),
    (
        "CS0118",
        "Missing separator",
        "Elements and arguments are separated by commas, attributes of an object by commas or line breaks.",
    ),
    ("CS0119", "Unterminated heredoc", "A heredoc ends with its marker alone on a line."),
    ("CS0120", "Unterminated comment", "A comment that starts with /* ends with */."),
    ("CS0121", "Stray closing bracket", "A closing bracket has no opening one."),
    ("CS0122", "Unclosed interpolation", "An interpolation ${ ... } must be closed before the string around it ends."),
    ("CS0201", "Unknown name", "Nothing of that name is in scope here."),
    ("CS0202", "Unknown attribute", "The value has no attribute or element of that name."),
    ("CS0203", "Invalid index", "The index does not identify an element of the value."),
    (
        "CS0204",
        "Invalid operand",
        "The operator cannot take a value of this type. Operators take numbers or booleans, and strings that spell one.",
    ),
    (
        "CS0205",
        "Inconsistent conditional types",
        "Both results of a conditional must have, or be convertible to, one type.",
    ),
    ("CS0206", "Invalid condition", "A condition must be true or false."),
    (
        "CS0207",
        "Invalid interpolation",
        "A template can include strings, numbers and booleans. Use jsonencode or join for anything else.",
    ),
    ("CS0208", "Invalid iteration", "Only lists, sets, maps, tuples and objects can be gone through."),
    ("CS0209", "Invalid key", "A key of an object must be a string that is not null."),
    (
        "CS0210",
        "Duplicate key",
        "Two elements yield the same key. With ... behind the value, a for expression groups them.",
    ),
    ("CS0211", "Unknown function", "There is no function of that name."),
    ("CS0212", "Wrong number of arguments", "The function takes another number of arguments."),
    ("CS0213", "Invalid argument", "An argument of the function has a wrong type or value."),
    ("CS0214", "Function failed", "The function was called properly and could not do its work."),
    (
        "CS0215",
        "Misplaced secret",
        "A secret is only ever the whole value of an attribute that is secret by type. It cannot be part of a text, compared or computed with.",
    ),
    (
        "CS0216",
        "Invalid type constraint",
        "A type is string, number, bool, any, list(T), set(T), map(T), tuple([T, ...]) or object({ name = T, ... }), where an attribute may be optional(T, default).",
    ),
    (
        "CS0217",
        "Undefined result",
        "The operation has no result: zero divided by zero, or infinities against each other.",
    ),
    ("CS0218", "Null value", "The value is null, and null has no parts and cannot be computed with."),
    ("CS0219", "Evaluation too deep", "Evaluating the expression needs more nested steps than are allowed."),
];

/// The entry of a code.
pub fn find(code: &str) -> Option<&'static Entry> {
    CODES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(code))
}

#[cfg(test)]
mod tests {
    use super::CODES;

    #[test]
    fn codes_are_sorted_and_unique() {
        assert!(CODES.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
