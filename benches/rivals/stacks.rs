//! The stacks, in the words that both tools read.

use std::path::Path;

use crate::put;

/// The alarm that somebody else changes; every stack has it.
pub const ALARM: &str = "cpu-k00000";

/// Shapes by name: what the files besides the provider are, for so many resources and a threshold of the first of a
/// hundred of them.
pub const SHAPES: [(&str, fn(&Path, usize, u32)); 5] =
    [("alarms", alarms), ("blocks", blocks), ("services", services), ("chains", chains), ("modules", modules)];

/// Writes a stack of a shape and size against an endpoint.
pub fn write(place: &Path, shape: &str, size: usize, url: &str, threshold: u32) {
    let (_, files) = SHAPES.iter().find(|(name, _)| *name == shape).unwrap_or_else(|| panic!("{shape}: no such shape"));
    put(place, "provider.tf", &provider(url));
    files(place, size, threshold);
}

fn provider(url: &str) -> String {
    format!(
        "terraform {{
  required_providers {{
    aws = {{
      source = \"hashicorp/aws\"
    }}
  }}
}}

provider \"aws\" {{
  region                      = \"us-east-1\"
  access_key                  = \"test\"
  secret_key                  = \"test\"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
  max_retries                 = 1
  endpoints {{
    cloudwatch               = \"{url}\"
    ec2                      = \"{url}\"
    elasticache              = \"{url}\"
    iam                      = \"{url}\"
    sts                      = \"{url}\"
    resourcegroupstaggingapi = \"{url}\"
  }}
}}
"
    )
}

/// Keys, and the threshold of each.
fn keys(count: usize, threshold: u32) -> String {
    let key =
        |number: usize| format!("    k{number:05} = {}\n", if number.is_multiple_of(100) { threshold } else { 80 });
    let keys: Vec<String> = (0..count).map(key).collect();
    format!("locals {{\n  thresholds = {{\n{}  }}\n}}\n\n", keys.concat())
}

/// An alarm: its label, what is written before the rest, its threshold, and what it watches.
fn alarm(label: &str, more: &str, threshold: &str, dimension: &str) -> String {
    format!(
        "resource \"aws_cloudwatch_metric_alarm\" \"{label}\" {{
{more}  metric_name         = \"CPUUtilization\"
  namespace           = \"AWS/ElastiCache\"
  statistic           = \"Average\"
  comparison_operator = \"GreaterThanThreshold\"
  threshold           = {threshold}
  period              = 300
  evaluation_periods  = 2
  dimensions = {{
    CacheClusterId = {dimension}
  }}
}}

"
    )
}

const EACH: &str = "  for_each            = local.thresholds\n";

fn of_each(label: &str, name: &str, more: &str) -> String {
    let more = format!("{EACH}  alarm_name          = \"{name}-${{each.key}}\"\n{more}");
    alarm(label, &more, "each.value", "each.key")
}

/// One block of alarms that hang on nothing but their key.
fn alarms(place: &Path, size: usize, threshold: u32) {
    put(place, "main.tf", &(keys(size, threshold) + &of_each("cpu", "cpu", "")));
}

/// A block for each alarm.
fn blocks(place: &Path, size: usize, threshold: u32) {
    let block = |number: usize| {
        let name = format!("cpu-k{number:05}");
        let threshold = if number.is_multiple_of(100) { threshold } else { 80 };
        alarm(&name, &format!("  alarm_name          = \"{name}\"\n"), &threshold.to_string(), &format!("\"{name}\""))
    };
    put(place, "main.tf", &(0..size).map(block).collect::<String>());
}

/// Groups of two nodes, and two alarms for each.
fn services(place: &Path, size: usize, threshold: u32) {
    let group = "resource \"aws_elasticache_replication_group\" \"all\" {
  for_each             = local.thresholds
  replication_group_id = each.key
  description          = \"Group ${each.key}\"
  engine               = \"redis\"
  engine_version       = \"7.1\"
  node_type            = \"cache.t4g.micro\"
  num_cache_clusters   = 2
}

";
    let node = |label: &str, at: usize| {
        let more = format!("{EACH}  alarm_name          = \"{label}-${{each.key}}\"\n");
        let member = format!("tolist(aws_elasticache_replication_group.all[each.key].member_clusters)[{at}]");
        alarm(label, &more, "each.value", &member)
    };
    put(place, "main.tf", &(keys(size.div_ceil(3), threshold) + group + &node("cpu", 0) + &node("second", 1)));
}

/// Alarms that each name the one of the same key in another block.
fn chains(place: &Path, size: usize, threshold: u32) {
    let second = "  alarm_description   = aws_cloudwatch_metric_alarm.cpu[each.key].arn\n";
    let third = "  alarm_description   = aws_cloudwatch_metric_alarm.second[each.key].arn\n";
    let parts = [of_each("cpu", "cpu", ""), of_each("second", "second", second), of_each("third", "third", third)];
    put(place, "main.tf", &(keys(size.div_ceil(parts.len()), threshold) + &parts.concat()));
}

/// A module for each alarm.
fn modules(place: &Path, size: usize, threshold: u32) {
    let call = "module \"all\" {
  for_each  = local.thresholds
  source    = \"./one\"
  key       = each.key
  threshold = each.value
}
";
    let one = "variable \"key\" {
  type = string
}

variable \"threshold\" {
  type = number
}

";
    put(place, "main.tf", &(keys(size, threshold) + call));
    let more = "  alarm_name          = \"cpu-${var.key}\"\n";
    put(place, "one/main.tf", &(one.to_owned() + &alarm("one", more, "var.threshold", "var.key")));
}
