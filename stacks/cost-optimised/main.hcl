# As cheap as a cache can be: Valkey costs a fifth less than Redis on the same node, Graviton (t4g) less than Intel (t3),
# one node half of two. No replica and no snapshots either: this is for what can be computed again.

stack "cost-optimised" {
  default_environment = "local"
  tags                = { Environment = env.name, CostCentre = var.cost_centre }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
}

environment "prod" {
  region     = "us-west-2"
  account_id = "123456789012"
}

variable "cost_centre" {
  type    = string
  default = "shared"
}

variable "node_type" {
  type    = string
  default = "cache.t4g.micro"

  validation {
    condition     = startswith(var.node_type, "cache.t4g.")
    error_message = "This stack is for burstable Graviton nodes: cache.t4g.micro, small or medium."
  }
}

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "cache" {
  name       = "cost-optimised"
  subnet_ids = data.subnets.private.ids
}

parameter_group "cache" {
  name   = "cost-optimised-valkey8"
  family = "valkey8"

  parameters = {
    maxmemory-policy        = "allkeys-lfu" # what is used least goes first, so that a small node holds what counts
    reserved-memory-percent = 10            # snapshots would need more
  }
}

security_group "cache" {
  name_prefix = "cost-optimised-"
  description = "Valkey from within the VPC"
  vpc_id      = data.vpc.main.id

  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = [data.vpc.main.cidr_block]
  }
}

replication_group "cache" {
  replication_group_id       = "cost-optimised"
  description                = "A cache that may be lost"
  engine                     = "valkey"
  engine_version             = "8.0"
  node_type                  = var.node_type
  num_cache_clusters         = 1
  automatic_failover_enabled = false
  multi_az_enabled           = false
  snapshot_retention_limit   = 0
  transit_encryption_enabled = true
  parameter_group_name       = parameter_group.cache.name
  subnet_group_name          = subnet_group.cache.name
  security_group_ids         = [security_group.cache.id]
}

# Burstable nodes save up CPU credits and slow down without them.
alarm "credits" {
  target              = replication_group.cache
  alarm_name          = "${node.id}-credits-low"
  metric_name         = "CPUCreditBalance"
  statistic           = "Minimum"
  comparison_operator = "LessThanThreshold"
  threshold           = 20
  period              = 300
  evaluation_periods  = 3
}

output "endpoint" { value = replication_group.cache.primary_endpoint_address }
