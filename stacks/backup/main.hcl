# Daily snapshots, kept as long as each environment needs them: a day to try things out, three days where storage
# should cost little, five in production, where a last snapshot is also made when the group is destroyed.

stack "backup" {
  default_environment = "local"
  tags                = { Environment = env.name }
}

environment "local" {
  endpoint = "emulator"
  region   = "us-west-2"
  vars     = { days = 1 }
}

environment "staging" {
  region = "us-west-2"
  vars   = { days = 3 }
}

environment "prod" {
  region     = "us-west-2"
  account_id = "123456789012"
  protect    = true
  vars       = { days = 5, last_snapshot = "backup-redis-last" }
}

variable "days" {
  type        = number
  description = "How long a snapshot is kept; 0 makes none."

  validation {
    condition     = var.days >= 0 && var.days <= 35
    error_message = "ElastiCache keeps snapshots for 35 days at most."
  }
}

variable "last_snapshot" {
  type        = string
  default     = null
  description = "What the snapshot before a destroy is called; none is made without it."
}

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "redis" {
  name       = "backup-redis"
  subnet_ids = data.subnets.private.ids
}

parameter_group "redis" {
  name       = "backup-redis7"
  family     = "redis7"
  parameters = { maxmemory-policy = "volatile-lru" } # only what has a time to live is evicted
}

security_group "redis" {
  name_prefix = "backup-redis-"
  description = "Redis from within the VPC"
  vpc_id      = data.vpc.main.id

  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = [data.vpc.main.cidr_block]
  }
}

replication_group "redis" {
  replication_group_id       = "backup-redis"
  description                = "A store with daily snapshots"
  engine_version             = "7.1"
  node_type                  = "cache.t3.micro"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  parameter_group_name       = parameter_group.redis.name
  subnet_group_name          = subnet_group.redis.name
  security_group_ids         = [security_group.redis.id]

  snapshot_retention_limit  = var.days
  snapshot_window           = "03:00-05:00" # UTC; the two windows must not overlap
  maintenance_window        = "sun:05:00-sun:07:00"
  final_snapshot_identifier = var.last_snapshot
}

output "snapshots_kept_for" { value = "${var.days} ${var.days == 1 ? "day" : "days"}" }
