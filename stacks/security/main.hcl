# Access in layers: only the application's security group reaches the port, nothing leaves the cache's own group, every
# connection is TLS and needs a token, and what is on disk is encrypted.
#
# The token is read where it is needed, and neither plan nor state ever hold it:
#
#   export REDIS_AUTH_TOKEN=$(openssl rand -hex 32)

stack "security" {
  default_environment = "local"
  tags                = { Environment = env.name, Data = "confidential" }
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

variable "admin_networks" {
  type        = map(string)
  default     = {}
  description = "Networks that may connect besides the application: a purpose and a CIDR block each."
}

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "redis" {
  name       = "security-redis"
  subnet_ids = data.subnets.private.ids
}

parameter_group "redis" {
  name       = "security-redis7"
  family     = "redis7"
  parameters = { maxmemory-policy = "volatile-lru", timeout = 300 }
}

# The instances of the application carry this group; it is all that makes them clients.
security_group "application" {
  name_prefix = "security-application-"
  description = "Clients of the cache"
  vpc_id      = data.vpc.main.id
}

security_group "redis" {
  name_prefix = "security-redis-"
  description = "Redis from the application"
  vpc_id      = data.vpc.main.id

  ingress {
    description     = "the application"
    from_port       = 6379
    to_port         = 6379
    protocol        = "tcp"
    security_groups = [security_group.application.id]
  }

  dynamic "ingress" {
    for_each = var.admin_networks

    content {
      description = ingress.key
      from_port   = 6379
      to_port     = 6379
      protocol    = "tcp"
      cidr_blocks = [ingress.value]
    }
  }

  # An empty list: no rule at all. Without this line rules for outgoing traffic would be left as they are.
  egress = []
}

replication_group "redis" {
  replication_group_id       = "security-redis"
  description                = "A store for confidential data"
  engine_version             = "7.1"
  node_type                  = "cache.t3.micro"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  multi_az_enabled           = true
  parameter_group_name       = parameter_group.redis.name
  subnet_group_name          = subnet_group.redis.name
  security_group_ids         = [security_group.redis.id]

  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  transit_encryption_mode    = "required" # a token over plain text would be no secret
  auth_token                 = secret("env:REDIS_AUTH_TOKEN")
}

output "client_security_group" { value = security_group.application.id }
