# Where caches deliver their logs to, and metrics out of them.

resource "aws_cloudwatch_log_group" "slow" {
  name              = "/aws/elasticache/logged/slow"
  retention_in_days = local.changed ? 30 : 7
  kms_key_id        = local.changed ? null : "arn:aws:kms:us-east-1:123456789012:key/1"
  tags              = { Step = var.step }
}

resource "aws_cloudwatch_log_group" "engine" {
  name_prefix       = "/aws/elasticache/logged/engine-"
  retention_in_days = local.changed ? 0 : 14
}

resource "aws_cloudwatch_log_group" "rare" {
  name            = "rare"
  log_group_class = "INFREQUENT_ACCESS"
}

resource "aws_cloudwatch_log_metric_filter" "errors" {
  name           = "errors"
  log_group_name = aws_cloudwatch_log_group.engine.name
  pattern        = local.changed ? "[time, id, level = \"ERROR\", ...]" : "{ $.LogLevel = \"ERROR\" }"

  metric_transformation {
    name          = "Errors"
    namespace     = "ElastiCache/Errors"
    value         = "1"
    default_value = local.changed ? null : 0
    dimensions    = local.changed ? { Level = "$level" } : null
  }
}

data "aws_cloudwatch_log_group" "slow" { name = aws_cloudwatch_log_group.slow.name }
data "aws_cloudwatch_log_groups" "all" {
  log_group_name_prefix = "/aws/elasticache/logged/"
  depends_on            = [aws_cloudwatch_log_group.slow, aws_cloudwatch_log_group.engine]
}
