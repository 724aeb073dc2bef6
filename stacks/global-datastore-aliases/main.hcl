# Where this stack is kept, and who may be reached; all the rest is as Terraform reads it.

stack "global-datastore-aliases" {}

environment "local" {
  endpoint = "emulator"
}
