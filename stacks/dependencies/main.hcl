# What a cache stands on, and what stands before it: networks, keys and roles that others keep are looked up, and what
# belongs to the cache is declared here. The clients are instances, containers and functions, each with a security group.

stack "dependencies" {
  default_environment = "local"
  tags                = { Environment = env.name }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}

environment "prod" {
  region     = "us-west-2"
  account_id = "123456789012"
  protect    = true
  vars       = { key = "alias/caches" }
}

variable "key" {
  type        = string
  default     = "alias/aws/elasticache"
  description = "The alias of the key that encrypts what is on disk."
}

variable "clients" {
  type        = set(string)
  default     = ["instances", "containers", "functions"]
  description = "Who connects; what reads a database through the cache is among them."
}

# VPC, subnets and their zones.
data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

data "availability_zones" "here" { state = "available" }

# KMS.
data "kms_alias" "disk" { name = var.key }

# IAM: who may publish to the topic, and what a client needs to log in.
data "caller_identity" "me" {}

data "iam_policy_document" "publish" {
  statement {
    sid       = "FromThisAccount"
    actions   = ["sns:Publish"]
    resources = ["*"]

    principals {
      type        = "Service"
      identifiers = ["cloudwatch.amazonaws.com", "elasticache.amazonaws.com"]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [data.caller_identity.me.account_id]
    }
  }
}

data "iam_policy_document" "connect" {
  statement {
    actions   = ["elasticache:Connect"]
    resources = [replication_group.cache.arn, user.client.arn]
  }
}

subnet_group "cache" {
  name       = "dependencies"
  subnet_ids = data.subnets.private.ids
}

security_group "client" {
  for_each    = var.clients
  name_prefix = "dependencies-${each.key}-"
  description = "The ${each.key} that ask the cache"
  vpc_id      = data.vpc.main.id
}

# SNS.
sns_topic "events" {
  name   = "dependencies-events"
  policy = data.iam_policy_document.publish.json
}

# CloudWatch Logs.
log_group "engine" {
  name              = "/aws/elasticache/dependencies"
  retention_in_days = 14
}

user "client" {
  user_id   = "dependencies-client"
  user_name = "dependencies-client"
  engine    = "valkey"
  role      = "app"

  authentication_mode {
    type = "iam"
  }
}

user_group "clients" {
  user_group_id = "dependencies-clients"
  engine        = "valkey"
  user_ids      = [user.client.user_id]
}

replication_group "cache" {
  replication_group_id       = "dependencies"
  description                = "A cache with everything that it depends on"
  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = "cache.t4g.small"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = length(data.availability_zones.here.names) > 1
  subnet_group_name          = subnet_group.cache.name
  at_rest_encryption_enabled = true
  kms_key_id                 = data.kms_alias.disk.target_key_arn
  transit_encryption_enabled = true
  user_group_ids             = [user_group.clients.user_group_id]
  notification_topic_arn     = sns_topic.events.arn

  access {
    from_security_groups = [for client in security_group.client : client.id]
  }

  log_delivery_configuration {
    log_type         = "engine-log"
    log_format       = "json"
    destination_type = "cloudwatch-logs"
    destination      = log_group.engine.name
  }
}

# CloudWatch.
alarm "memory" {
  target              = replication_group.cache
  alarm_name          = "${node.id}-memory-high"
  metric_name         = "DatabaseMemoryUsagePercentage"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 85
  period              = 300
  evaluation_periods  = 2
  alarm_actions       = [sns_topic.events.arn]
}

dashboard "cache" {
  dashboard_name = "dependencies"
  watch          = [replication_group.cache]
}

# For the roles of instances, tasks and functions.
output "client_policy" { value = data.iam_policy_document.connect.json }

output "client_security_groups" {
  value = { for name, group in security_group.client : name => group.id }
}
