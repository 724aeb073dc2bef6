# Costs nothing; takes about 1 minute.

variable "again" { default = false }

security_group "cache" {
  name        = "cachestack-live"
  description = "For a try"
  egress      = []

  ingress {
    from_port   = 6379
    to_port     = var.again ? 6380 : 6379
    protocol    = "tcp"
    cidr_blocks = ["10.0.0.0/8"]
  }
}
