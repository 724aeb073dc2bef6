# Whom a cache tells what: a topic for what happens to it, a topic for what is wrong, and who listens.

stack "notifications" {
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
  vars       = { queue = "arn:aws:sqs:us-west-2:123456789012:cache-on-call" }
}

variable "queue" {
  type        = string
  default     = "arn:aws:sqs:us-west-2:000000000000:cache-on-call"
  description = "The queue that the rota reads. E-mail and HTTPS endpoints have to be confirmed by whoever gets the message."
}

# What happens: failovers, maintenance, nodes that are replaced.
sns_topic "events" {
  name = "notifications-events"
}

# What is wrong.
sns_topic "alarms" {
  name         = "notifications-alarms"
  display_name = "Cache on call"
}

sns_topic_subscription "rota" {
  topic_arn            = sns_topic.alarms.arn
  protocol             = "sqs"
  endpoint             = var.queue
  raw_message_delivery = true
}

replication_group "redis" {
  replication_group_id       = "notifications-redis"
  description                = "Redis that tells what happens to it"
  engine_version             = "7.1"
  node_type                  = "cache.t4g.micro"
  num_cache_clusters         = 2
  automatic_failover_enabled = true
  notification_topic_arn     = sns_topic.events.arn
}

alarm "memory" {
  target              = replication_group.redis
  alarm_name          = "${node.id}-memory"
  metric_name         = "DatabaseMemoryUsagePercentage"
  statistic           = "Average"
  period              = 300
  evaluation_periods  = 2
  comparison_operator = "GreaterThanThreshold"
  threshold           = 85
  alarm_actions       = [sns_topic.alarms.arn]
  ok_actions          = [sns_topic.alarms.arn]
}

output "topics" {
  value = [sns_topic.events.arn, sns_topic.alarms.arn]
}
