# A cache for each service. What they share (subnets, parameters) is declared once; what keeps them apart (the group,
# its security group, its alarms) is repeated for each. Adding a service is one more word in the set.

stack "microservices" {
  default_environment = "local"
  tags                = { Project = "microservices", Environment = env.name }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}

environment "prod" {
  region     = "us-west-2"
  account_id = "123456789012"
  protect    = true
}

variable "services" {
  type    = set(string)
  default = ["user-service", "product-service", "order-service", "payment-service"]
}

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "shared" {
  name       = "microservices-redis"
  subnet_ids = data.subnets.private.ids
}

parameter_group "shared" {
  name       = "microservices-redis7"
  family     = "redis7"
  parameters = { maxmemory-policy = "allkeys-lru" }
}

security_group "service" {
  for_each    = var.services
  name_prefix = "${each.key}-redis-"
  description = "Redis of ${each.key}"
  vpc_id      = data.vpc.main.id

  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = [data.vpc.main.cidr_block]
  }

  tags = { Service = each.key }
}

replication_group "service" {
  for_each = var.services

  replication_group_id       = "${each.key}-redis"
  description                = "The cache of ${each.key}"
  engine_version             = "7.1"
  node_type                  = "cache.t3.micro"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  parameter_group_name       = parameter_group.shared.name
  subnet_group_name          = subnet_group.shared.name
  security_group_ids         = [security_group.service[each.key].id]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true

  tags = {
    Name    = "${title(replace(each.key, "-", " "))} cache"
    Service = each.key
  }
}

# The target is the whole of the repeated block: an alarm for each node of each service.
alarm "memory" {
  target              = replication_group.service
  alarm_name          = "${node.id}-memory-high"
  metric_name         = "DatabaseMemoryUsagePercentage"
  statistic           = "Average"
  comparison_operator = "GreaterThanThreshold"
  threshold           = 85
  period              = 300
  evaluation_periods  = 2
}

output "endpoints" {
  value = { for service, group in replication_group.service : service => group.primary_endpoint_address }
}
