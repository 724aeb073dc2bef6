# What the random expressions of the differential test refer to. The key was made for this test.
locals {
  t          = "Hi $${name}: $${a}!"
  broken     = "Hi $${name"
  us         = tostring(terraform_data.u.id)
  un         = tonumber(terraform_data.u.id)
  ud         = terraform_data.u.output
  key        = file("rsa/key.pem")
  pkcs8      = file("rsa/pkcs8.pem")
  ciphertext = file("rsa/ciphertext")
}

resource "terraform_data" "u" {}
