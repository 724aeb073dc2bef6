//! Function calls: arguments, their conversion, and what null, unknown and sensitive ones mean.

use super::budget::Overrun;
use super::{Evaluator, Outcome, error, fail, outrank, reject_secret, reject_secrets, unknown_of, unknown_result};
use crate::diag::{Diagnostic, Span, did_you_mean};
use crate::lang::ast::Expr;
use crate::lang::functions::{self, Call, Failure, Function, Known, Param, Want};
use crate::lang::typeexpr::type_constraint;
use crate::value::convert::convert;
use crate::value::{Data, Type, Value};

const OF_PROVIDERS: &str =
    "Of the functions of providers, those of provider::aws are known here. Give the value by a variable.";

impl Evaluator<'_> {
    pub(super) fn call(&self, name: &str, name_span: Span, args: &[Expr], expand: bool, span: Span) -> Outcome {
        let name = name.strip_prefix("core::").unwrap_or(name);
        match name {
            "try" if !expand => return self.try_call(args, span),
            "convert" if args.len() == 2 && !expand => return self.convert_call(&args[0], &args[1]),
            "can" if args.len() == 1 && !expand => return Ok(self.can_call(&args[0])),
            _ => {}
        }
        let Some(function) = functions::find(name) else {
            let diagnostic = error("CS0211", format!("There is no function {name:?}."), name_span);
            return Err(vec![match (name, did_you_mean(name, functions::names())) {
                ("list", _) => diagnostic.help("Write [a, b] or tolist([a, b])."),
                ("map", _) => diagnostic.help("Write { a = b } or tomap({ a = b })."),
                _ if name.starts_with("provider::") && !name.starts_with("provider::aws::") => {
                    diagnostic.help(OF_PROVIDERS)
                }
                (_, Some(meant)) => diagnostic.help(format!("Did you mean {meant:?}?")),
                (_, None) => diagnostic
                    .help("`cachestack console` completes their names, and `cachestack explain NAME` tells of one."),
            }]);
        };
        let Some((values, spans)) = self.arguments(function, args, expand)? else {
            // How many arguments there are is not known, so nothing can be checked.
            return Ok(Value::unknown(function.result.ty(), None));
        };
        self.check_count(function, values.len(), &spans, span)?;
        self.apply(function, values, &spans, span)
    }

    /// Counts what a function made. What is small in its arguments was made by them.
    fn result(&self, value: &Value) -> Result<(), Overrun> {
        match value.as_str() {
            Some(text) => self.budget.text(text.len()),
            None => self.budget.weigh(value).and_then(|weight| self.budget.grow(weight)),
        }
    }

    /// Whether the argument can be evaluated; that is open while anything in it is unknown.
    fn can_call(&self, arg: &Expr) -> Value {
        match self.eval(arg) {
            Ok(value) => value.first_unknown().map_or(Value::bool(true), |of| unknown_result(Type::Bool, of)),
            Err(_) => Value::bool(false),
        }
    }

    /// A value as a type that is written as in a variable.
    fn convert_call(&self, value: &Expr, ty: &Expr) -> Outcome {
        let ty = type_constraint(ty).map_err(|wrong| vec![wrong])?;
        let value_of = self.eval(value)?;
        reject_secrets(&value_of, value.span)?;
        convert(&value_of, &ty).map_err(|mismatch| {
            vec![error("CS0213", format!("convert: the value does not fit: {mismatch}."), value.span)]
        })
    }

    /// The first argument that can be evaluated. While anything in it is unknown it may still turn out that it
    /// cannot, and so nothing is known of the result.
    fn try_call(&self, args: &[Expr], span: Span) -> Outcome {
        let mut mistakes = Vec::new();
        for arg in args {
            match self.eval(arg) {
                Ok(value) => return Ok(value.first_unknown().map_or(value.clone(), |of| unknown_of(Type::Any, of))),
                Err(more) => mistakes.extend(more),
            }
        }
        if args.is_empty() {
            return fail("CS0212", "The function \"try\" takes at least one argument.", span);
        }
        let diagnostic = error("CS0214", "None of the arguments of \"try\" can be evaluated.", span);
        let related = mistakes.into_iter().filter_map(|mistake| Some((mistake.span?, mistake.detail)));
        Err(vec![related.fold(diagnostic, |diagnostic, (span, detail)| diagnostic.related(span, detail))])
    }

    /// The arguments with their places; the last one is spread with `...`. `None` when it is unknown.
    #[allow(clippy::type_complexity)]
    fn arguments(
        &self,
        function: &Function,
        args: &[Expr],
        expand: bool,
    ) -> Result<Option<(Vec<Value>, Vec<Span>)>, Vec<Diagnostic>> {
        let mut values = self.all(args)?;
        // Most functions go through all of their arguments, to look for marks, secrets and what is unknown.
        let gone_through = |value: &Value| !function.looks_past || expand || value.as_str().is_some();
        for (value, arg) in values.iter().zip(args).filter(|(value, _)| gone_through(value)) {
            self.charged(self.budget.weigh(value), arg.span)?;
        }
        let mut spans: Vec<Span> = args.iter().map(|arg| arg.span).collect();
        if expand && let (Some(last), Some(span)) = (values.pop(), spans.pop()) {
            let items = match &last.data {
                Data::Unknown(of) if !of.ty.is_primitive() => return Ok(None),
                Data::List(_, items) | Data::Set(_, items) | Data::Tuple(items) => items,
                Data::Null(_) => return fail("CS0213", "The argument in front of ... is null.", span),
                _ => {
                    let detail = format!(
                        "The argument in front of ... is {}, and a list, set or tuple is required.",
                        last.ty().with_article()
                    );
                    return fail("CS0213", detail, span);
                }
            };
            spans.extend(items.iter().map(|_| span));
            values.extend(items.iter().map(|item| item.clone().with_mark(last.sensitive)));
        }
        Ok(Some((values, spans)))
    }

    fn check_count(
        &self,
        function: &Function,
        count: usize,
        spans: &[Span],
        span: Span,
    ) -> Result<(), Vec<Diagnostic>> {
        let least = function.params.len();
        let signature = function.signature();
        let takes = format!("{least} argument{}", if least == 1 { "" } else { "s" });
        if count < least {
            let missing = function.params[count].name;
            let detail =
                format!("The function {:?} takes {takes}, and {missing:?} is missing: {signature}.", function.name);
            return fail("CS0212", detail, span);
        }
        if count > least && function.rest.is_none() {
            let detail = format!("The function {:?} takes {takes}, not {count}: {signature}.", function.name);
            return fail("CS0212", detail, spans[least]);
        }
        Ok(())
    }

    fn apply(&self, function: &Function, values: Vec<Value>, spans: &[Span], span: Span) -> Outcome {
        let mut args = Vec::with_capacity(values.len());
        let mut mistakes = Vec::new();
        let (mut mark, mut unknown) = (false, None);
        for (index, value) in values.into_iter().enumerate() {
            let Some(param) = function.params.get(index).or(function.rest.as_ref()) else { break };
            match argument(function, param, value, spans[index]) {
                Ok((value, marked)) => {
                    mark |= marked;
                    let blocking = match param.known {
                        Known::Wholly => value.worst_unknown().cloned(),
                        Known::Itself => {
                            if let Data::Unknown(of) = &value.data {
                                Some((**of).clone())
                            } else {
                                None
                            }
                        }
                        Known::No => None,
                    };
                    match (&mut unknown, blocking) {
                        (Some(first), Some(other)) => outrank(first, &other),
                        (None, blocking) => unknown = blocking,
                        (Some(_), None) => {}
                    }
                    args.push(value);
                }
                Err(mut more) => mistakes.append(&mut more),
            }
        }
        if !mistakes.is_empty() {
            return Err(mistakes);
        }
        if let Some(unknown) = unknown {
            return Ok(function.foresee(&args, &unknown).with_mark(mark));
        }
        let call = Call { args, spans, span, scope: self.scope };
        let result = (function.run)(&call).map_err(|failure| match failure {
            Failure::Argument(index, detail) => {
                vec![error(
                    "CS0213",
                    format!("{}: {detail}.", function.name),
                    spans.get(index).copied().unwrap_or(span),
                )]
            }
            Failure::Other(detail) => vec![error("CS0214", format!("{}: {detail}.", function.name), span)],
            Failure::Diagnostics(diagnostics) => diagnostics,
            Failure::Limit(limit) => vec![self.budget.told(limit, span)],
        });
        let result = result.map_err(|wrong| if mark { super::hidden(wrong, function.name) } else { wrong })?;
        self.charged(self.result(&result), span)?;
        Ok(result.with_mark(mark))
    }
}

/// An argument as its parameter wants it, and the mark that was taken off.
fn argument(function: &Function, param: &Param, value: Value, span: Span) -> Result<(Value, bool), Vec<Diagnostic>> {
    match (function.passes_secrets, function.passes_parts) {
        (true, _) => {}
        (false, true) => reject_secret(&value, span)?,
        (false, false) => reject_secrets(&value, span)?,
    }
    let (value, mark) = if param.marked { (value, false) } else { value.unmark_deep() };
    if value.is_null() && !param.nullable {
        let detail = format!("{}: the argument {:?} must not be null.", function.name, param.name);
        return fail("CS0213", detail, span);
    }
    // The function itself complains of a known value, but is not called while another argument is unknown.
    if (value.is_unknown() || param.want == Want::Ordered && !value.is_null())
        && let ty = value.ty()
        && !param.want.admits(&ty)
    {
        let what = match param.want {
            Want::Mapping => "a map or object",
            Want::Ordered => "a list or tuple",
            _ => "a list, set or tuple",
        };
        let detail = format!(
            "{}: the argument {:?} does not fit: {what} is required, not {}.",
            function.name,
            param.name,
            ty.with_article()
        );
        return fail("CS0213", detail, span);
    }
    match convert(&value.clone().with_mark(mark), &param.want.ty()) {
        Ok(mut value) => {
            value.sensitive &= !mark;
            Ok((value, mark))
        }
        Err(mismatch) => {
            let detail = format!("{}: the argument {:?} does not fit: {mismatch}.", function.name, param.name);
            fail("CS0213", detail, span)
        }
    }
}
