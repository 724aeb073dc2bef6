# Policy documents of every shape. Terraform's own answers to this file are recorded beside it.
provider "aws" {
  region                      = "us-east-1"
  skip_credentials_validation = true
  skip_requesting_account_id  = true
  skip_metadata_api_check     = true
}

data "aws_iam_policy_document" "empty" {}

data "aws_iam_policy_document" "one" {
  statement {
    actions   = ["elasticache:Connect"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "sorted" {
  statement {
    sid       = "Sorted"
    effect    = "Deny"
    actions   = ["s3:GetObject", "s3:PutObject", "elasticache:Connect", "a:B", "Z:z", "é:x"]
    resources = ["arn:aws:s3:::b/*", "arn:aws:s3:::a/*"]
  }
  statement {
    not_actions   = ["iam:*", "sts:*"]
    not_resources = ["arn:aws:iam::1:role/x"]
  }
}

data "aws_iam_policy_document" "principals" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["elasticache.amazonaws.com", "ec2.amazonaws.com"]
    }
    principals {
      type        = "AWS"
      identifiers = ["arn:aws:iam::123456789012:root"]
    }
    not_principals {
      type        = "Federated"
      identifiers = ["x"]
    }
  }
}

data "aws_iam_policy_document" "star" {
  statement {
    actions = ["sns:Publish"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "stars" {
  statement {
    actions = ["sns:Publish"]
    principals {
      type        = "*"
      identifiers = ["*"]
    }
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "star_aws" {
  statement {
    actions = ["sns:Publish"]
    principals {
      type        = "AWS"
      identifiers = ["*"]
    }
    not_principals {
      type        = "*"
      identifiers = ["*"]
    }
  }
}

data "aws_iam_policy_document" "twice" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "AWS"
      identifiers = ["111111111111"]
    }
    principals {
      type        = "AWS"
      identifiers = ["222222222222", "333333333333", "444444444444"]
    }
    principals {
      type        = "AWS"
      identifiers = ["555555555555"]
    }
    principals {
      type        = "AWS"
      identifiers = ["666666666666", "777777777777"]
    }
  }
}

data "aws_iam_policy_document" "conditions" {
  statement {
    actions   = ["sns:Publish"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = ["123456789012"]
    }
    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = ["arn:b", "arn:a", "arn:b"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:username"
      values   = ["&{aws:username}", "<x> & y"]
    }
    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = [true]
    }
  }
}

data "aws_iam_policy_document" "condition_twice" {
  statement {
    actions   = ["sns:Publish"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "aws:x"
      values   = ["one", "two"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:x"
      values   = ["three"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:x"
      values   = ["four", "five"]
    }
    condition {
      test     = "StringLike"
      variable = "aws:y"
      values   = []
    }
  }
}

data "aws_iam_policy_document" "condition_singles" {
  statement {
    actions   = ["a:b"]
    resources = ["*"]
    condition {
      test     = "StringEquals"
      variable = "aws:x"
      values   = ["one"]
    }
    condition {
      test     = "StringEquals"
      variable = "aws:x"
      values   = ["two"]
    }
  }
}

data "aws_iam_policy_document" "variables" {
  policy_id = "with-variables"
  version   = "2012-10-17"
  statement {
    actions       = ["s3:Get&{x}"]
    resources     = ["arn:aws:s3:::&{aws:username}/*", "arn:aws:s3:::b/&{aws:userid}"]
    not_resources = ["&{a}"]
    principals {
      type        = "AWS"
      identifiers = ["&{aws:PrincipalArn}"]
    }
  }
}

data "aws_iam_policy_document" "old_version" {
  version = "2008-10-17"
  statement {
    actions   = ["sns:*"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "strange" {
  statement {
    actions   = ["x:\"quoted\"\\", "tab\there", "nl\nx", "\u2028", "emoji😀", "<&>", ""]
    resources = ["", "*"]
    effect    = "Allow"
  }
  statement {}
}

data "aws_iam_policy_document" "source" {
  source_policy_documents = [
    data.aws_iam_policy_document.sorted.json,
    data.aws_iam_policy_document.principals.json,
    data.aws_iam_policy_document.conditions.json,
    data.aws_iam_policy_document.star.json,
    "",
  ]
  statement {
    sid       = "Own"
    actions   = ["own:Act"]
    resources = ["*"]
  }
  statement {
    sid       = "Sorted"
    actions   = ["replaced:Act"]
    resources = ["*"]
  }
}

data "aws_iam_policy_document" "override" {
  source_policy_documents = [data.aws_iam_policy_document.old_version.json]
  policy_id               = "first"
  statement {
    sid       = "Same"
    actions   = ["a:b"]
    resources = ["*"]
  }
  override_policy_documents = [
    jsonencode({ Id = "second", Version = "2008-10-17", Statement = [{ Sid = "Same", Effect = "Deny", Action = ["z", "a", "b"], Resource = "x" }] }),
    jsonencode({ Statement = [{ Sid = "Same", Effect = "Deny", Action = ["one"], NotResource = ["y"] }, { Effect = "Allow", Action = "n" }] }),
  ]
}

data "aws_iam_policy_document" "written" {
  source_policy_documents = [<<-EOT
    {
      "version": "2012-10-17",
      "ID": "lower",
      "Ignored": 1,
      "statement": [{
        "sid": "A", "effect": "Allow", "action": ["b", "a"], "resource": ["r"],
        "principal": {"AWS": ["x", "y", "w"], "Service": "s"},
        "condition": {"StringEquals": {"k": "v", "l": ["b", "a"]}, "Bool": {"t": true, "u": ["x"]}}
      }, {"Principal": "*", "Action": [], "Effect": ""}]
    }
  EOT
  ]
}

data "aws_iam_policy_document" "principal_word" {
  source_policy_documents = [jsonencode({ Statement = [{ Principal = "anything", NotPrincipal = { "*" = "*" }, Action = ["a"] }] })]
}

data "aws_iam_policy_document" "only_source" {
  source_policy_documents = [data.aws_iam_policy_document.one.json, data.aws_iam_policy_document.one.json]
}

data "aws_iam_policy_document" "nothing_in_lists" {
  source_policy_documents   = []
  override_policy_documents = []
  statement {
    actions   = []
    resources = []
    sid       = ""
  }
}

data "aws_iam_policy_document" "dynamic" {
  dynamic "statement" {
    for_each = { b = "2", a = "1" }
    content {
      sid       = "S${statement.key}"
      actions   = ["x:${statement.value}"]
      resources = [for name in ["q", "p"] : "arn:${name}"]
    }
  }
}

data "aws_iam_policy_document" "many" {
  statement {
    actions   = [for i in range(12) : "svc:Action${i}"]
    resources = [for i in range(3) : "arn:aws:x:::r${i}"]
    dynamic "principals" {
      for_each = range(6)
      content {
        type        = "AWS"
        identifiers = [for j in range(principals.value % 3 + 1) : "id${principals.value}-${j}"]
      }
    }
    dynamic "condition" {
      for_each = range(5)
      content {
        test     = "StringLike"
        variable = "v"
        values   = ["w${condition.value}", "x${condition.value}"]
      }
    }
  }
}

data "aws_iam_policy_document" "numbers" {
  statement {
    actions = ["a:b"]
    condition {
      test     = "NumericLessThan"
      variable = "s3:max-keys"
      values   = [10, 2.5]
    }
    principals {
      type        = "AWS"
      identifiers = [123456789012]
    }
  }
}

data "aws_iam_policy_document" "control" {
  statement {
    sid = "\u0008\u000c\u007f\u0001"
    condition {
      test     = "x"
      variable = "v&{a}"
      values   = ["b", "b"]
    }
    condition {
      test     = "x"
      variable = "v"
      values   = ["b", "b"]
    }
    condition {
      test     = "x"
      variable = "v"
      values   = ["b", "b"]
    }
  }
}

data "aws_iam_policy_document" "anything" {
  source_policy_documents = [
    jsonencode({ Statement = null, Id = null }),
    "null",
    jsonencode({ Statement = [
      { Principal = { AWS = ["one"] }, NotPrincipal = {}, Condition = {} },
      { Condition = { x = {} } },
      { Principal = { AWS = [] }, Condition = { x = { y = [], z = false } } },
      { Action = 5, Resource = null, NotAction = { z = 1, a = "b", m = [1.50, null] }, NotResource = false },
    ] }),
  ]
}

# Every document over many lines, in one line, and its id.
output "documents" {
  value = {
    control           = [data.aws_iam_policy_document.control.json, data.aws_iam_policy_document.control.minified_json, data.aws_iam_policy_document.control.id]
    anything          = [data.aws_iam_policy_document.anything.json, data.aws_iam_policy_document.anything.minified_json, data.aws_iam_policy_document.anything.id]
    empty             = [data.aws_iam_policy_document.empty.json, data.aws_iam_policy_document.empty.minified_json, data.aws_iam_policy_document.empty.id]
    one               = [data.aws_iam_policy_document.one.json, data.aws_iam_policy_document.one.minified_json, data.aws_iam_policy_document.one.id]
    sorted            = [data.aws_iam_policy_document.sorted.json, data.aws_iam_policy_document.sorted.minified_json, data.aws_iam_policy_document.sorted.id]
    principals        = [data.aws_iam_policy_document.principals.json, data.aws_iam_policy_document.principals.minified_json, data.aws_iam_policy_document.principals.id]
    star              = [data.aws_iam_policy_document.star.json, data.aws_iam_policy_document.star.minified_json, data.aws_iam_policy_document.star.id]
    stars             = [data.aws_iam_policy_document.stars.json, data.aws_iam_policy_document.stars.minified_json, data.aws_iam_policy_document.stars.id]
    star_aws          = [data.aws_iam_policy_document.star_aws.json, data.aws_iam_policy_document.star_aws.minified_json, data.aws_iam_policy_document.star_aws.id]
    twice             = [data.aws_iam_policy_document.twice.json, data.aws_iam_policy_document.twice.minified_json, data.aws_iam_policy_document.twice.id]
    conditions        = [data.aws_iam_policy_document.conditions.json, data.aws_iam_policy_document.conditions.minified_json, data.aws_iam_policy_document.conditions.id]
    condition_twice   = [data.aws_iam_policy_document.condition_twice.json, data.aws_iam_policy_document.condition_twice.minified_json, data.aws_iam_policy_document.condition_twice.id]
    condition_singles = [data.aws_iam_policy_document.condition_singles.json, data.aws_iam_policy_document.condition_singles.minified_json, data.aws_iam_policy_document.condition_singles.id]
    variables         = [data.aws_iam_policy_document.variables.json, data.aws_iam_policy_document.variables.minified_json, data.aws_iam_policy_document.variables.id]
    old_version       = [data.aws_iam_policy_document.old_version.json, data.aws_iam_policy_document.old_version.minified_json, data.aws_iam_policy_document.old_version.id]
    strange           = [data.aws_iam_policy_document.strange.json, data.aws_iam_policy_document.strange.minified_json, data.aws_iam_policy_document.strange.id]
    source            = [data.aws_iam_policy_document.source.json, data.aws_iam_policy_document.source.minified_json, data.aws_iam_policy_document.source.id]
    override          = [data.aws_iam_policy_document.override.json, data.aws_iam_policy_document.override.minified_json, data.aws_iam_policy_document.override.id]
    written           = [data.aws_iam_policy_document.written.json, data.aws_iam_policy_document.written.minified_json, data.aws_iam_policy_document.written.id]
    principal_word    = [data.aws_iam_policy_document.principal_word.json, data.aws_iam_policy_document.principal_word.minified_json, data.aws_iam_policy_document.principal_word.id]
    only_source       = [data.aws_iam_policy_document.only_source.json, data.aws_iam_policy_document.only_source.minified_json, data.aws_iam_policy_document.only_source.id]
    nothing_in_lists  = [data.aws_iam_policy_document.nothing_in_lists.json, data.aws_iam_policy_document.nothing_in_lists.minified_json, data.aws_iam_policy_document.nothing_in_lists.id]
    dynamic           = [data.aws_iam_policy_document.dynamic.json, data.aws_iam_policy_document.dynamic.minified_json, data.aws_iam_policy_document.dynamic.id]
    many              = [data.aws_iam_policy_document.many.json, data.aws_iam_policy_document.many.minified_json, data.aws_iam_policy_document.many.id]
    numbers           = [data.aws_iam_policy_document.numbers.json, data.aws_iam_policy_document.numbers.minified_json, data.aws_iam_policy_document.numbers.id]
  }
}
