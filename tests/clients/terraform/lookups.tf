# What others keep is looked up: keys, parameters, secrets, networks, and caches by name. The suite makes those that no
# resource here makes. Each look-up says what it must find.

data "aws_partition" "here" {
  lifecycle {
    postcondition {
      condition     = self.partition == "aws" && self.dns_suffix == "amazonaws.com"
      error_message = jsonencode(self)
    }
  }
}

data "aws_default_tags" "none" {}

data "aws_kms_key" "own" {
  key_id = "alias/own"

  lifecycle {
    postcondition {
      condition     = self.description == "own" && self.enabled && self.key_usage == "ENCRYPT_DECRYPT"
      error_message = jsonencode(self)
    }
  }
}

data "aws_kms_alias" "own" {
  name = "alias/own"

  lifecycle {
    postcondition {
      condition     = self.target_key_id == data.aws_kms_key.own.id && self.target_key_arn == data.aws_kms_key.own.arn
      error_message = jsonencode(self)
    }
  }
}

data "aws_kms_alias" "of_aws" { name = "alias/aws/elasticache" }

data "aws_ssm_parameter" "plain" {
  name = "/app/plain"

  lifecycle {
    postcondition {
      condition     = self.insecure_value == "two" && self.version == 2 && self.type == "String"
      error_message = "the second version of a text"
    }
  }
}

data "aws_ssm_parameter" "first" {
  name = "/app/plain:1"

  lifecycle {
    postcondition {
      condition     = nonsensitive(self.value) == "one"
      error_message = "the first version"
    }
  }
}

data "aws_ssm_parameter" "secure" {
  name = "/app/secure"

  lifecycle {
    postcondition {
      condition     = nonsensitive(self.value) == "a-token-of-the-suite" && self.insecure_value == ""
      error_message = "a secure one"
    }
  }
}

ephemeral "aws_ssm_parameter" "secure" {
  arn = data.aws_ssm_parameter.secure.arn

  lifecycle {
    postcondition {
      condition     = self.value == "a-token-of-the-suite" && self.name == "/app/secure"
      error_message = "a secure one, kept nowhere"
    }
  }
}

data "aws_secretsmanager_secret" "users" {
  name = "app/users"

  lifecycle {
    postcondition {
      condition     = self.description == "users" && self.tags == tomap({ team = "cache" })
      error_message = jsonencode(self)
    }
  }
}

data "aws_secretsmanager_secret_version" "users" {
  secret_id = data.aws_secretsmanager_secret.users.id

  lifecycle {
    postcondition {
      condition     = jsondecode(nonsensitive(self.secret_string))["app"] == "a-password-of-the-suite"
      error_message = "the password"
    }
  }
}

ephemeral "aws_secretsmanager_secret_version" "users" {
  secret_id = data.aws_secretsmanager_secret.users.arn

  lifecycle {
    postcondition {
      condition     = jsondecode(self.secret_string)["app"] == "a-password-of-the-suite"
      error_message = "the password, kept nowhere"
    }
  }
}

data "aws_vpcs" "all" {
  lifecycle {
    postcondition {
      condition     = contains(self.ids, data.aws_vpc.main.id)
      error_message = jsonencode(self)
    }
  }
}

data "aws_security_groups" "of_vpc" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.main.id]
  }
  filter {
    name   = "group-name"
    values = ["default"]
  }

  lifecycle {
    postcondition {
      condition     = length(self.ids) == 1
      error_message = jsonencode(self)
    }
  }
}

data "aws_iam_policy_document" "connect" {
  statement {
    actions   = ["elasticache:Connect"]
    resources = [aws_elasticache_replication_group.simple["simple-redis-cluster"].arn]
  }
}

data "aws_elasticache_replication_group" "simple" {
  replication_group_id = aws_elasticache_replication_group.simple["simple-redis-cluster"].replication_group_id

  lifecycle {
    postcondition {
      condition     = self.num_cache_clusters == 1 && self.primary_endpoint_address == aws_elasticache_replication_group.simple["simple-redis-cluster"].primary_endpoint_address
      error_message = jsonencode(nonsensitive(self))
    }
  }
}

data "aws_elasticache_cluster" "memcached" {
  cluster_id = aws_elasticache_cluster.memcached.cluster_id

  lifecycle {
    postcondition {
      condition     = self.engine == "memcached" && length(self.cache_nodes) == self.num_cache_nodes
      error_message = jsonencode(self)
    }
  }
}

data "aws_elasticache_subnet_group" "redis" {
  name = aws_elasticache_subnet_group.redis.name

  lifecycle {
    postcondition {
      condition     = self.vpc_id == data.aws_vpc.main.id
      error_message = jsonencode(self)
    }
  }
}
