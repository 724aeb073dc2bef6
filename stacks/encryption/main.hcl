# Encryption on disk and on the wire. Encryption at rest can only be chosen when a group is made; TLS can be turned on
# later, in two steps that cachestack takes by itself: first both kinds of connections, then only TLS.

stack "encryption" {
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
}

variable "kms_key_id" {
  type        = string
  default     = null
  description = "A key of your own; without one AWS uses its key for ElastiCache."
}

variable "tls" {
  type        = string
  default     = "required"
  description = "required, or preferred while clients are being moved to TLS."
}

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "redis" {
  name       = "encryption-redis"
  subnet_ids = data.subnets.private.ids
}

parameter_group "redis" {
  name       = "encryption-redis7"
  family     = "redis7"
  parameters = { maxmemory-policy = "allkeys-lru" }
}

security_group "redis" {
  name_prefix = "encryption-redis-"
  description = "Redis over TLS from within the VPC"
  vpc_id      = data.vpc.main.id

  ingress {
    description = "TLS uses the same port"
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = [data.vpc.main.cidr_block]
  }
}

replication_group "redis" {
  replication_group_id       = "encryption-redis"
  description                = "A cache that is encrypted everywhere"
  engine_version             = "7.1"
  node_type                  = "cache.t3.micro"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  parameter_group_name       = parameter_group.redis.name
  subnet_group_name          = subnet_group.redis.name
  security_group_ids         = [security_group.redis.id]

  at_rest_encryption_enabled = true
  kms_key_id                 = var.kms_key_id
  transit_encryption_enabled = true
  transit_encryption_mode    = var.tls
}

# rediss, with two s, is the scheme of Redis over TLS.
output "url" { value = "rediss://${replication_group.redis.primary_endpoint_address}:${replication_group.redis.port}" }
