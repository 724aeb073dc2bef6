//! Where a service is: at the URL of the settings, or at its host in the region.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

use super::Api;

/// The URL that requests go to, found in the order of the SDK's clients.
pub fn of(sdk: &SdkConfig, api: &Api, region: &str) -> String {
    let given = sdk.endpoint_url().map(str::to_owned);
    if let (true, Some(url)) = (sdk.get_origin("endpoint_url").is_client_config(), &given) {
        return url.clone();
    }
    let key = ServiceConfigKey::builder().service_id(api.id).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let own = sdk.service_config().zip(key.ok()).and_then(|(all, key)| all.load_config(key));
    let (fips, dual) = (sdk.use_fips().unwrap_or(false), sdk.use_dual_stack().unwrap_or(false));
    own.or(given).unwrap_or_else(|| host(api.host, region, fips, dual))
}

/// The host of a region. Source: the endpoint rules in botocore's data.
fn host(name: &str, region: &str, fips: bool, dual: bool) -> String {
    let (plain, dual_stack) = match region {
        region if region.starts_with("cn-") => ("amazonaws.com.cn", "api.amazonwebservices.com.cn"),
        region if region.starts_with("us-iso-") => ("c2s.ic.gov", "api.aws.ic.gov"),
        region if region.starts_with("us-isob-") => ("sc2s.sgov.gov", "api.aws.scloud"),
        region if region.starts_with("us-isof-") => ("csp.hci.ic.gov", "api.aws.hci.ic.gov"),
        region if region.starts_with("eu-isoe-") => ("cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
        region if region.starts_with("eusc-") => ("amazonaws.eu", "api.amazonwebservices.eu"),
        _ => ("amazonaws.com", "api.aws"),
    };
    // The usual hosts of the government's regions are those of FIPS.
    let mark = if fips && (dual || !region.starts_with("us-gov-")) { "-fips" } else { "" };
    format!("https://{name}{mark}.{region}.{}", if dual { dual_stack } else { plain })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_those_of_botocore() {
        for (region, fips, dual, want) in [
            ("us-east-1", false, false, "https://logs.us-east-1.amazonaws.com"),
            ("us-east-1", true, false, "https://logs-fips.us-east-1.amazonaws.com"),
            ("us-east-1", false, true, "https://logs.us-east-1.api.aws"),
            ("us-east-1", true, true, "https://logs-fips.us-east-1.api.aws"),
            ("cn-north-1", false, false, "https://logs.cn-north-1.amazonaws.com.cn"),
            ("cn-north-1", false, true, "https://logs.cn-north-1.api.amazonwebservices.com.cn"),
            ("us-gov-west-1", true, false, "https://logs.us-gov-west-1.amazonaws.com"),
            ("us-gov-west-1", true, true, "https://logs-fips.us-gov-west-1.api.aws"),
            ("us-iso-east-1", false, false, "https://logs.us-iso-east-1.c2s.ic.gov"),
            ("us-isob-east-1", true, false, "https://logs-fips.us-isob-east-1.sc2s.sgov.gov"),
            ("us-isof-south-1", false, false, "https://logs.us-isof-south-1.csp.hci.ic.gov"),
            ("us-isof-south-1", false, true, "https://logs.us-isof-south-1.api.aws.hci.ic.gov"),
            ("eu-isoe-west-1", false, false, "https://logs.eu-isoe-west-1.cloud.adc-e.uk"),
            ("eu-isoe-west-1", true, true, "https://logs-fips.eu-isoe-west-1.api.cloud-aws.adc-e.uk"),
            ("eusc-de-east-1", false, false, "https://logs.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(host("logs", region, fips, dual), want);
        }
    }
}
