//! EC2 as JSON: what is asked of it, and what its answers say. Members have their names on the wire.
//! Source of the names: botocore's model.

pub mod input;

use serde_json::{Value as Json, json};

use super::clients::Clients;
use super::paging::pages;
use super::tags;
use crate::kind::RemoteError;
use crate::value::Value;

/// Asks once.
pub async fn ask(clients: &Clients, operation: &'static str, input: &Json) -> Result<Json, RemoteError> {
    let service = &clients.ec2;
    service.pace.send(|| service.client.send(operation, input)).await
}

/// Reads a list page by page: what `member` of the answers has.
pub async fn list(
    clients: &Clients,
    operation: &'static str,
    input: Json,
    member: &str,
) -> Result<Vec<Json>, RemoteError> {
    let asked = &input;
    pages(|token| async move {
        let mut input = asked.clone();
        if let Some(token) = token {
            input["NextToken"] = token.into();
        }
        let mut page = ask(clients, operation, &input).await?;
        let rows = match page.get_mut(member).map(Json::take) {
            Some(Json::Array(rows)) => rows,
            _ => Vec::new(),
        };
        Ok((rows, text(&page, "nextToken").map(str::to_owned)))
    })
    .await
}

/// A filter, which finds what has one of the values.
pub fn filter<S: AsRef<str>>(name: &str, values: &[S]) -> Json {
    let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
    json!({ "Name": name, "Value": values })
}

/// A text, where there is one.
pub fn text<'a>(json: &'a Json, name: &str) -> Option<&'a str> {
    json.get(name)?.as_str()
}

/// A boolean, where there is one.
pub fn flag(json: &Json, name: &str) -> Option<bool> {
    text(json, name)?.parse().ok()
}

/// A whole number, where there is one.
pub fn int(json: &Json, name: &str) -> Option<i32> {
    text(json, name)?.parse().ok()
}

/// The items of a list.
pub fn items<'a>(json: &'a Json, name: &str) -> &'a [Json] {
    json.get(name).and_then(Json::as_array).map_or(&[], Vec::as_slice)
}

/// The tags of anything.
pub fn tag_map(json: &Json) -> Value {
    let tags = items(json, "tagSet").iter();
    tags::map(tags.filter_map(|tag| Some((text(tag, "key")?, text(tag, "value").unwrap_or_default()))))
}
