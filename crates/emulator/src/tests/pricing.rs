//! GetProducts: filters, pages, refusals.

use super::*;
use serde_json::{Value, json};

fn ask(emulator: &Emulator, input: &Value) -> (u16, Value) {
    let mut request = query("pricing", &input.to_string());
    request.headers[1].1 = "application/x-amz-json-1.1".into();
    request.headers.push(("X-Amz-Target".into(), "AWSPriceListService.GetProducts".into()));
    let response = emulator.handle(&request);
    (response.status, serde_json::from_slice(&response.body).expect("JSON"))
}

/// Everything that passes, page by page: what each is used as.
fn usages(emulator: &Emulator, filters: &Value, size: u32) -> Vec<String> {
    let mut input = json!({ "ServiceCode": "AmazonElastiCache", "Filters": filters, "MaxResults": size });
    let mut all = Vec::new();
    loop {
        let (status, page) = ask(emulator, &input);
        assert_eq!(status, 200, "{page}");
        let list = page["PriceList"].as_array().expect("a list");
        assert!(list.len() <= size as usize, "{}", list.len());
        all.extend(list.iter().map(|item| {
            let item: Value = serde_json::from_str(item.as_str().expect("a text")).expect("JSON");
            item["product"]["attributes"]["usagetype"].as_str().expect("a text").to_owned()
        }));
        match page["NextToken"].as_str() {
            None => break,
            Some(token) => input["NextToken"] = token.into(),
        }
    }
    all.sort();
    all
}

fn filter(kind: &str, field: &str, value: &str) -> Value {
    json!({ "Type": kind, "Field": field, "Value": value })
}

#[test]
fn products_are_told_by_filters_and_pages() {
    let emulator = Emulator::in_memory(instant());
    let (region, medium) =
        (filter("TERM_MATCH", "regionCode", "us-west-2"), filter("EQUALS", "instanceType", "cache.t3.medium"));
    let node = "USW2-NodeUsage:cache.t3.medium";
    let support =
        ["USW2-ExtendedSupportYr1_Yr2-NodeUsage:cache.t3.medium", "USW2-ExtendedSupportYr3-NodeUsage:cache.t3.medium"];
    let cases: [(Value, Vec<&str>); 5] = [
        (json!([region, medium]), vec![support[0], support[1], node, node, node]),
        (json!([region, medium, filter("ANY_OF", "cacheEngine", "Valkey, Memcached")]), vec![node, node]),
        (json!([region, medium, filter("NONE_OF", "cacheEngine", "Redis")]), vec![node, node]),
        (json!([region, medium, filter("CONTAINS", "usagetype", "Yr3")]), vec![support[1]]),
        (json!([region, filter("TERM_MATCH", "instanceType", "cache.t3")]), vec![]),
    ];
    for (filters, want) in cases {
        for size in [1, 2, 100] {
            assert_eq!(usages(&emulator, &filters, size), want, "{filters}, {size} a page");
        }
    }
    let whole = usages(&emulator, &json!([region]), 100);
    assert!(whole.len() > 200 && whole == usages(&emulator, &json!([region]), 7), "{}", whole.len());
}

#[test]
fn what_is_wrong_is_refused() {
    let emulator = Emulator::in_memory(instant());
    let (_, page) = ask(&emulator, &json!({ "ServiceCode": "AmazonElastiCache", "MaxResults": 1 }));
    let token = page["NextToken"].clone();
    let with = |members: Value| {
        let mut input = json!({ "ServiceCode": "AmazonElastiCache" });
        input.as_object_mut().expect("an object").extend(members.as_object().expect("an object").clone());
        input
    };
    let cases = [
        (with(json!({ "ServiceCode": "" })), "InvalidParameterException", "serviceCode cannot be null or empty"),
        (with(json!({ "ServiceCode": "Amazon EC2" })), "InvalidParameterException", "can only contain a-z, A-Z, 0-9"),
        (with(json!({ "Filters": [filter("EQUALS", "colour", "red")] })), "InvalidParameterException", "colour"),
        (with(json!({ "Filters": [filter("LIKE", "regionCode", "x")] })), "ValidationException", "enum value set"),
        (with(json!({ "MaxResults": 101 })), "ValidationException", "less than or equal to 100"),
        (with(json!({ "NextToken": "zz" })), "InvalidNextTokenException", "pagination token is invalid"),
        (
            with(json!({ "NextToken": token, "Filters": [filter("EQUALS", "regionCode", "us-west-2")] })),
            "InvalidNextTokenException",
            "pagination token is invalid",
        ),
    ];
    for (input, code, says) in cases {
        let (status, answer) = ask(&emulator, &input);
        assert_eq!(status, 400, "{input}");
        let text = answer.to_string();
        assert!(text.contains(code) && text.contains(says), "{input}: {text}");
    }
    let (status, answer) = ask(&emulator, &json!({ "ServiceCode": "AmazonEC2" }));
    assert_eq!((status, &answer["PriceList"]), (200, &json!([])), "other services have no products");
}
