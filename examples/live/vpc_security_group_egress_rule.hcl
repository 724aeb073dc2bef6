# Costs nothing; takes about 1 minute.

variable "again" { default = false }

security_group "watched" {
  name   = "cachestack-live-watched"
}

vpc_security_group_egress_rule "https" {
  security_group_id = security_group.watched.id
  from_port         = 443
  to_port           = 443
  ip_protocol       = "tcp"
  cidr_ipv4         = var.again ? "10.1.0.0/16" : "10.0.0.0/8"
}
