# Costs nothing; takes about 1 minute.

variable "again" { default = false }

security_group "watched" {
  name   = "cachestack-live-watched"
  egress = []
}

security_group_rule "redis" {
  type              = "ingress"
  security_group_id = security_group.watched.id
  from_port         = 6379
  to_port           = 6379
  protocol          = "tcp"
  cidr_blocks       = ["10.0.0.0/8"]
  description       = var.again ? "Again" : "Once"
}
