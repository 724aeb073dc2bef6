"""Price lists: GetProducts with filters and pages."""
import json

from suite import check, client, refused, same

pricing = client("pricing")
BAD = "InvalidParameterException"


def term(field, value, kind="TERM_MATCH"):
    return {"Type": kind, "Field": field, "Value": value}


def products(*filters, **more):
    pages = pricing.get_paginator("get_products").paginate(ServiceCode="AmazonElastiCache", Filters=list(filters), **more)
    return [json.loads(item) for page in pages for item in page["PriceList"]]


@check
def prices_of_nodes():
    where = [term("regionCode", "us-west-2"), term("instanceType", "cache.r7g.large")]
    rows = products(*where, PaginationConfig={"PageSize": 1})
    same(sorted(row["product"]["attributes"]["cacheEngine"] for row in rows), ["Memcached", "Redis", "Valkey"])
    [row] = products(*where, term("cacheEngine", "Valkey"))
    same(row["product"]["attributes"]["usagetype"], "USW2-NodeUsage:cache.r7g.large")
    [offer] = row["terms"]["OnDemand"].values()
    usd = sorted(float(one["pricePerUnit"]["USD"]) for one in offer["priceDimensions"].values())
    same(usd, [0.0, 0.1752])
    terms = [one["termAttributes"] for one in row["terms"]["Reserved"].values()]
    same(sorted({one["LeaseContractLength"] for one in terms}), ["1yr", "3yr"])
    same(sorted({one["PurchaseOption"] for one in terms}), ["All Upfront", "No Upfront", "Partial Upfront"])


@check
def prices_that_are_refused():
    refused(BAD, 400, pricing.get_products, "only contain a-z, A-Z, 0-9", ServiceCode="Amazon EC2")
    refused(BAD, 400, pricing.get_products, ServiceCode="AmazonElastiCache", Filters=[term("colour", "red")])
    refused("InvalidNextTokenException", 400, pricing.get_products, ServiceCode="AmazonElastiCache", NextToken="zz")
    same(pricing.get_products(ServiceCode="AmazonEC2")["PriceList"], [])
