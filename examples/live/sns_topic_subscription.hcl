# Costs nothing; takes about 1 minute.

variable "again" { default = false }

sns_topic "news" {
  name = "cachestack-live-read"
}

sns_topic_subscription "queue" {
  topic_arn            = sns_topic.news.arn
  protocol             = "email"
  endpoint             = "success@simulator.amazonses.com"
  filter_policy        = jsonencode({ severity = var.again ? ["high", "low"] : ["high"] })
}
