//! The price list of AWS, as far as it is of ElastiCache.

use serde_json::{Value as Json, json};

use crate::cloud::clients::Clients;
use crate::cloud::paging::pages;
use crate::kind::RemoteError;

/// Where the list is asked for, of whichever region: the service has an endpoint in few.
pub const REGION: &str = "us-east-1";

/// The most products of a page.
const PAGE: u32 = 100;

/// Every product of a region.
pub async fn all(clients: &Clients, region: &str) -> Result<Vec<String>, RemoteError> {
    let service = &clients.pricing;
    pages(|token| async move {
        let mut input = json!({
            "ServiceCode": "AmazonElastiCache", "FormatVersion": "aws_v1", "MaxResults": PAGE,
            "Filters": [{ "Type": "TERM_MATCH", "Field": "regionCode", "Value": region }],
        });
        if let Some(token) = token {
            input["NextToken"] = token.into();
        }
        let page = service.pace.send(|| service.client.send("GetProducts", &input)).await?;
        let items = page["PriceList"].as_array().into_iter().flatten();
        let items = items.filter_map(|item| item.as_str().map(str::to_owned)).collect();
        Ok((items, page.get("NextToken").and_then(Json::as_str).map(str::to_owned)))
    })
    .await
}
