# A serverless cache of valkey with limits, snapshots, and users who log in.

stack "serverless" {}

environment "local" {
  endpoint = "emulator"
  region   = "us-east-1"
}

variable "storage" {
  description = "How many GB may be stored."
  type        = number
  default     = 10
}

data "vpc" "main" {
  default = true
}

data "subnets" "main" {
  vpc_id = data.vpc.main.id
}

security_group "cache" {
  name   = "serverless-cache"
  vpc_id = data.vpc.main.id

  ingress {
    from_port   = 6379
    to_port     = 6380
    protocol    = "tcp"
    cidr_blocks = [data.vpc.main.cidr_block]
  }
}

user "app" {
  user_id   = "serverless-app"
  user_name = "serverless-app"
  engine    = "valkey"
  role      = "app"

  authentication_mode {
    type = "iam"
  }
}

user_group "cache" {
  user_group_id = "serverless-cache"
  engine        = "valkey"
  user_ids      = [user.app.user_id]
}

serverless_cache "main" {
  name                     = "serverless"
  engine                   = "valkey"
  major_engine_version     = "8"
  description              = "Sessions and carts"
  subnet_ids               = slice(data.subnets.main.ids, 0, 2)
  security_group_ids       = [security_group.cache.id]
  user_group_id            = user_group.cache.user_group_id
  snapshot_retention_limit = 3
  daily_snapshot_time      = "04:30"

  cache_usage_limits {
    data_storage {
      maximum = var.storage
      unit    = "GB"
    }
    ecpu_per_second {
      maximum = 5000
    }
  }
}

output "endpoint" {
  value = "${serverless_cache.main.endpoint[0].address}:${serverless_cache.main.endpoint[0].port}"
}

output "reader_endpoint" {
  value = serverless_cache.main.reader_endpoint[0].address
}
