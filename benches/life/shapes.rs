//! Stacks of a size, in which instances hang on one another in different ways.

/// Makes a stack of about so many instances.
type Shape = fn(usize) -> String;

/// The shapes by name.
pub const SHAPES: [(&str, Shape); 5] =
    [("alarms", alarms), ("blocks", blocks), ("chains", chains), ("targets", targets), ("services", services)];

/// The text of a stack.
pub fn stack(shape: &str, size: usize) -> String {
    let (_, make) = SHAPES.iter().find(|(name, _)| *name == shape).expect("a shape");
    format!("{HEAD}{}", make(size))
}

const HEAD: &str =
    "stack \"growth\" { default_environment = \"sim\" }\nenvironment \"sim\" { region = \"us-east-1\" }\n";

/// The keys of a block that is there so many times.
fn keys(count: usize) -> String {
    let keys: Vec<String> = (0..count).map(|number| format!("\"k{number:05}\"")).collect();
    format!("locals {{ keys = toset([{}]) }}\n", keys.join(", "))
}

/// A block of alarms, with what tells it from others.
fn alarm(label: &str, more: &str) -> String {
    format!(
        "alarm \"{label}\" {{
  {more}
  metric_name         = \"CPUUtilization\"
  namespace           = \"AWS/ElastiCache\"
  statistic           = \"Average\"
  comparison_operator = \"GreaterThanThreshold\"
  threshold           = 80
  period              = 300
  evaluation_periods  = 2
}}\n"
    )
}

/// Alarms that hang on nothing but their key.
fn alarms(size: usize) -> String {
    let more =
        "for_each = local.keys\n  alarm_name = \"cpu-${each.key}\"\n  dimensions = { CacheClusterId = each.key }";
    keys(size) + &alarm("cpu", more)
}

/// A block for each alarm, all of which read one list of all names.
fn blocks(size: usize) -> String {
    let more = |number: usize| {
        format!(
            "alarm_name = \"cpu-k{number:05}\"\n  alarm_description = \"one of ${{length(local.keys)}}\"\n  \
             dimensions = {{ CacheClusterId = \"k{number:05}\" }}"
        )
    };
    let block = |number: usize| alarm(&format!("k{number:05}"), &more(number));
    keys(size) + &(0..size).map(block).collect::<String>()
}

/// Alarms and security groups, each of which refers to the one of the same key in another block.
fn chains(size: usize) -> String {
    let named = |label: &str, rest: &str| {
        let more = format!("for_each = local.keys\n  alarm_name = \"{label}-${{each.key}}\"\n  {rest}");
        alarm(label, &more)
    };
    let group = |label: &str, source: &str| {
        format!(
            "security_group \"{label}\" {{
  for_each = local.keys
  name     = \"{label}-${{each.key}}\"
  ingress {{
    from_port = 6379
    to_port   = 6379
    protocol  = \"tcp\"
    {source}
  }}
}}\n"
        )
    };
    let parts = [
        named("first", "dimensions = { CacheClusterId = each.key }"),
        named("second", "alarm_description = alarm.first[each.key].arn\n  dimensions = { CacheClusterId = each.key }"),
        group("first", "cidr_blocks = [\"10.0.0.0/16\"]"),
        group("second", "security_groups = [security_group.first[each.key].id]"),
    ];
    keys(size / parts.len()) + &parts.concat()
}

/// Groups of two members, and an alarm for each member, which says what only the finished group tells.
fn targets(size: usize) -> String {
    let group = "replication_group \"all\" {
  for_each             = local.keys
  replication_group_id = each.key
  description          = \"Group ${each.key}\"
  engine_version       = \"7.1\"
  node_type            = \"cache.t4g.micro\"
  num_cache_clusters   = 2
}\n";
    let more = "target = replication_group.all\n  alarm_name = \"${node.id}-cpu\"
  alarm_description = replication_group.all[node.group].primary_endpoint_address";
    keys(size / 3) + group + &alarm("cpu", more)
}

/// A cache of each key with all that it needs, of which each object refers to others of its key; and two alarms for it.
fn services(size: usize) -> String {
    let objects = SERVICE.matches("for_each").count() + 2;
    keys(size / objects) + SERVICE
}

const SERVICE: &str = r#"
parameter_group "all" {
  for_each = local.keys
  name     = "of-${each.key}"
  family   = "valkey8"
}
security_group "all" {
  for_each = local.keys
  name     = "door-${each.key}"
  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/16"]
  }
}
replication_group "all" {
  for_each                   = local.keys
  replication_group_id       = each.key
  description                = "Of ${each.key}"
  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = "cache.t4g.micro"
  num_cache_clusters         = 2
  transit_encryption_enabled = true
  parameter_group_name       = parameter_group.all[each.key].name
  security_group_ids         = [security_group.all[each.key].id]
}
alarm "cpu" {
  target              = replication_group.all
  alarm_name          = "${node.id}-cpu"
  metric_name         = "EngineCPUUtilization"
  namespace           = "AWS/ElastiCache"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 300
  evaluation_periods  = 2
}
"#;
