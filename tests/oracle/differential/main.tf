# What the random expressions of the differential test refer to. The key was made for this test.
locals {
  t          = "Hi $${name}: $${a}!"
  broken     = "Hi $${name"
  us         = tostring(terraform_data.u.id)
  un         = tonumber(terraform_data.u.id)
  ub         = tobool(terraform_data.u.output)
  ud         = terraform_data.u.output
  ux         = "pre-${tostring(terraform_data.u.id)}"
  ul         = split(",", tostring(terraform_data.u.id))
  um         = tobool(terraform_data.u.output) ? tomap({ a = "x" }) : tomap({ b = "y" })
  ue         = toset([tostring(terraform_data.u.id)])
  ut         = [tostring(terraform_data.u.id), 1]
  uo         = { a = tostring(terraform_data.u.id), b = 1 }
  key        = file("rsa/throwaway.pem")
  pkcs8      = file("rsa/throwaway-pkcs8.pem")
  ciphertext = file("rsa/ciphertext")
}

resource "terraform_data" "u" {}
