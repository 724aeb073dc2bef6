# A global datastore over two regions, each with a provider of its own, in networks that are there already. The member in
# the second region takes version, node type and encryption from the first.

provider "aws" {
  region = "us-east-1"

  default_tags {
    tags = { Project = "global" }
  }
}

provider "aws" {
  alias  = "us_west_2"
  region = "us-west-2"
}

variable "subnets_per_region" {
  type    = number
  default = 2
}

variable "replicas" {
  type        = number
  default     = 1
  description = "Replicas of each member, besides its first node."
}

data "aws_vpc" "primary" {
  default = true
}

data "aws_subnets" "primary" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.primary.id]
  }
}

# Existing subnets one by one, so that they can be counted and told apart.
data "aws_subnet" "primary" {
  count = var.subnets_per_region
  id    = sort(data.aws_subnets.primary.ids)[count.index]
}

data "aws_vpc" "secondary" {
  provider = aws.us_west_2
  default  = true
}

data "aws_subnets" "secondary" {
  provider = aws.us_west_2

  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.secondary.id]
  }
}

data "aws_subnet" "secondary" {
  provider = aws.us_west_2
  count    = var.subnets_per_region
  id       = sort(data.aws_subnets.secondary.ids)[count.index]
}

resource "aws_elasticache_subnet_group" "primary" {
  name        = "aliases-primary"
  description = "Subnets of the first member"
  subnet_ids  = data.aws_subnet.primary[*].id
  tags        = { Name = "Primary subnets", Environment = "production" }
}

resource "aws_elasticache_subnet_group" "secondary" {
  provider    = aws.us_west_2
  name        = "aliases-secondary"
  description = "Subnets of the second member"
  subnet_ids  = data.aws_subnet.secondary[*].id
  tags        = { Name = "Secondary subnets", Environment = "production" }
}

resource "aws_security_group" "primary" {
  name_prefix = "aliases-primary-"
  description = "Redis from within the VPC"
  vpc_id      = data.aws_vpc.primary.id

  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = [data.aws_vpc.primary.cidr_block]
  }
}

resource "aws_security_group" "secondary" {
  provider    = aws.us_west_2
  name_prefix = "aliases-secondary-"
  description = "Redis from within the VPC"
  vpc_id      = data.aws_vpc.secondary.id

  ingress {
    from_port   = 6379
    to_port     = 6379
    protocol    = "tcp"
    cidr_blocks = [data.aws_vpc.secondary.cidr_block]
  }
}

# Parameters are those of the first member, in all regions.
resource "aws_elasticache_parameter_group" "primary" {
  name   = "aliases"
  family = "redis7"

  parameter {
    name  = "maxmemory-policy"
    value = "allkeys-lru"
  }
}

resource "aws_elasticache_replication_group" "primary" {
  replication_group_id       = "aliases-primary"
  description                = "Written to in us-east-1"
  engine                     = "redis"
  engine_version             = "7.1"
  node_type                  = "cache.r6g.large" # burstable nodes cannot be members
  num_cache_clusters         = 1 + var.replicas
  automatic_failover_enabled = var.replicas > 0
  multi_az_enabled           = var.replicas > 0
  port                       = 6379
  parameter_group_name       = aws_elasticache_parameter_group.primary.name
  subnet_group_name          = aws_elasticache_subnet_group.primary.name
  security_group_ids         = [aws_security_group.primary.id]
  at_rest_encryption_enabled = true
  transit_encryption_enabled = true
  tags                       = { Name = "Primary", Environment = "production" }
}

resource "aws_elasticache_global_replication_group" "all" {
  global_replication_group_id_suffix   = "aliases"
  global_replication_group_description = "Two regions"
  primary_replication_group_id         = aws_elasticache_replication_group.primary.id
}

resource "aws_elasticache_replication_group" "secondary" {
  provider = aws.us_west_2

  replication_group_id        = "aliases-secondary"
  description                 = "Read in us-west-2"
  global_replication_group_id = aws_elasticache_global_replication_group.all.global_replication_group_id
  num_cache_clusters          = 1 + var.replicas
  automatic_failover_enabled  = var.replicas > 0
  multi_az_enabled            = var.replicas > 0
  subnet_group_name           = aws_elasticache_subnet_group.secondary.name
  security_group_ids          = [aws_security_group.secondary.id]
  tags                        = { Name = "Secondary", Environment = "production" }
}

output "global_id" {
  value = aws_elasticache_global_replication_group.all.global_replication_group_id
}

output "zones" {
  value = {
    primary   = data.aws_subnet.primary[*].availability_zone
    secondary = data.aws_subnet.secondary[*].availability_zone
  }
}
