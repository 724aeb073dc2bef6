//! AWS Price List Service: the products of ElastiCache with their prices.

mod list;

use super::context::Context;
use super::failure::{Answer, Failure};
use super::input::Input;
use super::limits::Wording;
use super::paging::{open, page, seal};
use super::service::{Part, Service, operation};
use super::world::hex;
use list::{Product, products};
use serde_json::json;

/// The service as the registry knows it.
pub const SERVICE: Service = Service {
    name: "pricing",
    scope: "pricing",
    wording: Wording::Listed("ValidationException"),
    parts: &[&PART],
    ..Service::PLAIN
};

const PART: Part = Part {
    operations: &[operation(
        "GetProducts",
        get,
        "prices of ElastiCache on demand and reserved, of the days that the table has; filters of every type, pages",
        "other services have no products; attributes of the hardware and names of locations; some texts of refusals",
    )],
    ..Part::NONE
};

/// The most products of a page, and how many there are without a wish.
const MOST: i64 = 100;

fn wrong(text: &str) -> Failure {
    Failure::new("InvalidParameterException", text)
}

fn get(_context: &mut Context, input: Input) -> Answer {
    let code = input.filled("ServiceCode");
    let code = code.ok_or_else(|| wrong("Input Parameters are invalid. serviceCode cannot be null or empty"))?;
    if !code.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(wrong("ServiceCode can only contain a-z, A-Z, 0-9"));
    }
    if input.filled("FormatVersion").is_some_and(|version| version != "aws_v1") {
        return Err(wrong("Input Parameters are invalid. FormatVersion is not supported"));
    }
    let filters: Vec<Filter> = input.structures("Filters").map(Filter::of).collect::<Result<_, _>>()?;
    // A token is of the request that it came with.
    let sign = hex(&format!("{code} {filters:?}"))[..8].to_owned();
    let stale = || {
        let text = "The pagination token is invalid. Try again without a pagination token.";
        Failure::new("InvalidNextTokenException", text)
    };
    let after = input.filled("NextToken").map(|token| {
        let key = open(token).ok_or_else(stale)?;
        key.strip_prefix(&sign).map(str::to_owned).ok_or_else(stale)
    });
    let after = after.transpose()?;
    let size = input.number("MaxResults").unwrap_or(MOST) as usize;
    let known = products().iter().filter(|_| code == "AmazonElastiCache");
    let passing = known.filter(|(_, product)| filters.iter().all(|filter| filter.passes(product)));
    let rows = passing.map(|(sku, product)| (sku.as_str(), (sku, product)));
    let (rows, next) = page(rows, after.as_deref(), size);
    let list: Vec<String> = rows.iter().map(|(sku, product)| product.to_json(sku).to_string()).collect();
    let next = next.and_then(|token| open(&token)).map(|key| seal(&format!("{sign}{key}")));
    Ok(json!({ "FormatVersion": "aws_v1", "PriceList": list, "NextToken": next }))
}

/// What a product must have to be told.
#[derive(Debug)]
struct Filter<'a> {
    kind: &'a str,
    field: &'a str,
    value: &'a str,
}

impl<'a> Filter<'a> {
    fn of(input: Input<'a>) -> Result<Self, Failure> {
        let text = |name| input.text(name).unwrap_or_default();
        let filter = Self { kind: text("Type"), field: text("Field"), value: text("Value") };
        match list::FIELDS.iter().any(|field| field.eq_ignore_ascii_case(filter.field)) {
            true => Ok(filter),
            false => Err(wrong(&format!("Input Parameters are invalid. Filter field {} is not valid", filter.field))),
        }
    }

    /// A product without the attribute has no value: it passes only what wants none of some.
    fn passes(&self, product: &Product) -> bool {
        let value = product.value(self.field);
        let mut wanted = self.value.split(',').map(str::trim);
        match self.kind {
            "CONTAINS" => value.is_some_and(|value| value.contains(self.value)),
            "ANY_OF" => value.is_some_and(|value| wanted.any(|wanted| wanted == value)),
            "NONE_OF" => value.is_none_or(|value| wanted.all(|wanted| wanted != value)),
            _ => value.is_some_and(|value| value == self.value),
        }
    }
}
