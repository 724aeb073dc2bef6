# Twenty-one small pieces in the words of Terraform, as a guide shows them one after the other; together they are one stack
# that runs. This file says where it is kept, the others stay valid for Terraform.

stack "guide" {}

environment "local" {
  endpoint = "emulator"
}
