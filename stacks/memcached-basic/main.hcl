# The least that Memcached in a VPC needs: two nodes, a parameter group that changes nothing yet, and a security group that
# lets the VPC in.

stack "memcached-basic" {
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
}

variable "nodes" {
  type    = number
  default = 2
}

data "vpc" "main" { default = true }

data "subnets" "private" { vpc_id = data.vpc.main.id }

subnet_group "memcached" {
  name       = "memcached-basic"
  subnet_ids = data.subnets.private.ids
  tags       = { Name = "Subnets of Memcached" }
}

# Without parameters it is as AWS's own. That one cannot be changed; this one can, while it is in use.
parameter_group "memcached" {
  name   = "memcached-basic"
  family = "memcached1.6"
  tags   = { Name = "Parameters of Memcached" }
}

security_group "memcached" {
  name_prefix = "memcached-basic-"
  description = "Memcached from within the VPC"
  vpc_id      = data.vpc.main.id

  ingress {
    from_port   = 11211
    to_port     = 11211
    protocol    = "tcp"
    cidr_blocks = [data.vpc.main.cidr_block]
  }

  egress {
    from_port   = 0
    to_port     = 0
    protocol    = "-1"
    cidr_blocks = ["0.0.0.0/0"]
  }

  tags = { Name = "Memcached" }
}

cache_cluster "memcached" {
  cluster_id           = "memcached-basic"
  engine               = "memcached"
  node_type            = "cache.t3.micro"
  num_cache_nodes      = var.nodes
  port                 = 11211
  parameter_group_name = parameter_group.memcached.name
  subnet_group_name    = subnet_group.memcached.name
  security_group_ids   = [security_group.memcached.id]
  tags                 = { Name = "Memcached" }
}

output "endpoint" { value = cache_cluster.memcached.configuration_endpoint }
