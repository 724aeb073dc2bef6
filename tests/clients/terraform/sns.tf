# Whom caches and alarms notify.

resource "aws_sns_topic" "alarms" {
  name              = "tf-alarms"
  display_name      = local.changed ? "Caches" : "Alarms"
  kms_master_key_id = local.changed ? null : "alias/aws/sns"
  tags              = { Step = var.step }
}

resource "aws_sns_topic" "policy" {
  name_prefix = "tf-policy-"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Principal = { Service = "cloudwatch.amazonaws.com" }
      Action    = ["sns:Publish"]
      Resource  = local.changed ? "arn:aws:sns:us-east-1:123456789012:*" : "*"
    }]
  })
}

resource "aws_sns_topic" "fifo" {
  name                        = "tf.fifo"
  fifo_topic                  = true
  content_based_deduplication = local.changed
}

resource "aws_sns_topic_subscription" "queue" {
  topic_arn            = aws_sns_topic.alarms.arn
  protocol             = "sqs"
  endpoint             = "arn:aws:sqs:us-east-1:123456789012:alarms"
  raw_message_delivery = local.changed
  filter_policy        = local.changed ? null : jsonencode({ severity = ["high"] })
}

resource "aws_sns_topic_subscription" "mail" {
  topic_arn = aws_sns_topic.alarms.arn
  protocol  = "email"
  endpoint  = "ops@example.com"
}

data "aws_sns_topic" "alarms" { name = aws_sns_topic.alarms.name }
