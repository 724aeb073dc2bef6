stack "thousand" {
  tags = { App = "thousand" }
}
environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}
data "vpc" "main" { default = true }
data "subnets" "main" { vpc_id = data.vpc.main.id }
locals {
  groups = { for i in range(200) : format("g%03d", i) => { nodes = 2 } }
}
subnet_group "all" {
  count      = 30
  name       = "subnets-${count.index}"
  subnet_ids = data.subnets.main.ids
}
parameter_group "all" {
  count      = 15
  name       = "params-${count.index}"
  family     = "redis7"
  parameters = { maxmemory-policy = "allkeys-lru", timeout = 300 + count.index }
}
security_group "all" {
  count  = 55
  name   = "thousand-${count.index}"
  vpc_id = data.vpc.main.id
  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = [data.vpc.main.cidr_block]
  }
}
replication_group "all" {
  for_each                   = local.groups
  replication_group_id       = each.key
  description                = "Group ${each.key}"
  engine_version             = "7.1"
  node_type                  = "cache.t4g.micro"
  num_cache_clusters         = each.value.nodes
  automatic_failover_enabled = true
  subnet_group_name          = subnet_group.all[tonumber(substr(each.key, 1, 3)) % 30].name
  parameter_group_name       = parameter_group.all[tonumber(substr(each.key, 1, 3)) % 15].name
  security_group_ids         = [security_group.all[tonumber(substr(each.key, 1, 3)) % 55].id]
}
alarm "cpu" {
  target              = replication_group.all
  alarm_name          = "${node.id}-cpu-high"
  metric_name         = "CPUUtilization"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 300
  evaluation_periods  = 2
}
alarm "memory" {
  for_each            = local.groups
  alarm_name          = "${each.key}-memory"
  metric_name         = "DatabaseMemoryUsagePercentage"
  namespace           = "AWS/ElastiCache"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 80
  period              = 300
  evaluation_periods  = 2
  dimensions          = { CacheClusterId = "${each.key}-001" }
}
alarm "evictions" {
  count               = 100
  alarm_name          = "g${format("%03d", count.index)}-evictions"
  metric_name         = "Evictions"
  namespace           = "AWS/ElastiCache"
  statistic           = "Sum"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 100
  period              = 300
  evaluation_periods  = 2
  dimensions          = { CacheClusterId = "g${format("%03d", count.index)}-001" }
}
