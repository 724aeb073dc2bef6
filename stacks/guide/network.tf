# What the pieces stand on: providers, and a network that is there already in each region.

provider "aws" {
  region = "us-east-1"
}

provider "aws" {
  alias  = "us_east_1"
  region = "us-east-1"
}

provider "aws" {
  alias  = "us_west_2"
  region = "us-west-2"
}

data "aws_vpc" "main" {
  default = true
}

data "aws_subnets" "private" {
  filter {
    name   = "vpc-id"
    values = [data.aws_vpc.main.id]
  }
}

data "aws_subnet" "private" {
  count = 3
  id    = sort(data.aws_subnets.private.ids)[count.index]
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
