#!/usr/bin/env bash
# Drives the emulator with the AWS CLI: parameter groups, backup and restore, and what monitoring scripts read.
# Usage: cli_suite.sh http://127.0.0.1:4600    (exits non-zero on the first wrong answer)
set -euo pipefail

export AWS_ENDPOINT_URL=$1 AWS_ACCESS_KEY_ID=111122223333 AWS_SECRET_ACCESS_KEY=x AWS_DEFAULT_REGION=eu-west-1
export AWS_PAGER= AWS_EC2_METADATA_DISABLED=true AWS_MAX_ATTEMPTS=1
checks=0

# Compares what a command prints with what it should print.
same() {
  local want=$1 got
  shift
  got=$("$@" | tr '\t\n' '  ' | sed 's/ *$//')
  if [ "$got" != "$want" ]; then
    printf 'WRONG %s\n  printed: %s\n  wanted:  %s\n' "$*" "$got" "$want"
    exit 1
  fi
  checks=$((checks + 1))
}

# A command that must be refused with a code.
refused() {
  local code=$1 got
  shift
  if got=$("$@" 2>&1); then
    printf 'WRONG %s\n  was answered\n' "$*"
    exit 1
  fi
  case $got in
    *"($code)"*) checks=$((checks + 1)) ;;
    *) printf 'WRONG %s\n  printed: %s\n  wanted:  %s\n' "$*" "$got" "$code"; exit 1 ;;
  esac
}

cache() { aws elasticache "$@"; }

# The CLI's own waiters look every 15 seconds.
wait_for() {
  for _ in $(seq 100); do
    [ "$(cache describe-replication-groups --replication-group-id "$1" --query 'ReplicationGroups[0].Status' --output text)" = available ] && return
    sleep 0.2
  done
  echo "WRONG $1 is not available"
  exit 1
}

same 111122223333 aws sts get-caller-identity --query Account --output text

cache create-cache-parameter-group --cache-parameter-group-name custom-redis7 --cache-parameter-group-family redis7 \
  --description 'Redis 7 for production' > /dev/null
same custom-redis7 cache modify-cache-parameter-group --cache-parameter-group-name custom-redis7 \
  --parameter-name-values ParameterName=maxmemory-policy,ParameterValue=allkeys-lru \
  ParameterName=timeout,ParameterValue=300 ParameterName=tcp-keepalive,ParameterValue=60 \
  --query CacheParameterGroupName --output text
same 'allkeys-lru 60 300' cache describe-cache-parameters --cache-parameter-group-name custom-redis7 --source user \
  --query 'Parameters[].ParameterValue' --output text
refused InvalidParameterValue cache modify-cache-parameter-group --cache-parameter-group-name custom-redis7 \
  --parameter-name-values ParameterName=maxclients,ParameterValue=10000
refused InvalidParameterValue cache create-cache-parameter-group --cache-parameter-group-name custom-memcached1.6 \
  --cache-parameter-group-family memcached1.6 --description 'a dot is not allowed'
cache create-cache-parameter-group --cache-parameter-group-name custom-memcached16 \
  --cache-parameter-group-family memcached1.6 --description 'Memcached for production' > /dev/null
same custom-memcached16 cache modify-cache-parameter-group --cache-parameter-group-name custom-memcached16 \
  --parameter-name-values ParameterName=max_item_size,ParameterValue=2097152 \
  --query CacheParameterGroupName --output text

subnets=$(aws ec2 describe-subnets --query 'Subnets[].SubnetId' --output text)
# shellcheck disable=SC2086
same 3 cache create-cache-subnet-group --cache-subnet-group-name cli --cache-subnet-group-description d \
  --subnet-ids $subnets --query 'length(CacheSubnetGroup.Subnets)' --output text
group=$(aws ec2 create-security-group --group-name cli --description d --query GroupId --output text)
aws ec2 authorize-security-group-ingress --group-id "$group" --protocol tcp --port 6379 --cidr 10.0.0.0/8 > /dev/null
same creating cache create-replication-group --replication-group-id cli-cache --replication-group-description 'by the CLI' \
  --cache-node-type cache.t4g.micro --engine redis --engine-version 7.1 --num-cache-clusters 2 --automatic-failover-enabled \
  --cache-parameter-group-name custom-redis7 --cache-subnet-group-name cli --security-group-ids "$group" \
  --snapshot-retention-limit 2 --query ReplicationGroup.Status --output text
wait_for cli-cache
cache wait replication-group-available --replication-group-id cli-cache

# Backup: the node type comes from the group, the rest of the configuration from a member.
same creating cache create-snapshot --replication-group-id cli-cache --snapshot-name cli-cache-manual \
  --query Snapshot.SnapshotStatus --output text
wait_for cli-cache
same 'cli-cache-manual available manual' cache describe-snapshots --replication-group-id cli-cache \
  --query 'Snapshots[*].[SnapshotName,SnapshotStatus,SnapshotSource]' --output text
node_type=$(cache describe-replication-groups --replication-group-id cli-cache --query 'ReplicationGroups[0].CacheNodeType' --output text)
member=$(cache describe-replication-groups --replication-group-id cli-cache --query 'ReplicationGroups[0].MemberClusters[0]' --output text)
read -r subnet_group security_group < <(cache describe-cache-clusters --cache-cluster-id "$member" \
  --query 'CacheClusters[0].[CacheSubnetGroupName,SecurityGroups[0].SecurityGroupId]' --output text)
same 'creating' cache create-replication-group --replication-group-id cli-restored \
  --replication-group-description 'Restored from cli-cache-manual' --snapshot-name cli-cache-manual \
  --cache-node-type "$node_type" --cache-subnet-group-name "$subnet_group" --security-group-ids "$security_group" \
  --query ReplicationGroup.Status --output text
wait_for cli-restored

# What monitoring and cost scripts read.
same 'cli-cache-001 cache.t4g.micro 1 redis cli-cache-002 cache.t4g.micro 1 redis cli-restored-001 cache.t4g.micro 1 redis' \
  cache describe-cache-clusters --show-cache-node-info --output text \
  --query 'CacheClusters[?CacheClusterStatus==`available`].[CacheClusterId,CacheNodeType,NumCacheNodes,Engine]'
same '' aws cloudwatch get-metric-statistics --namespace AWS/ElastiCache --metric-name CPUUtilization \
  --dimensions Name=CacheClusterId,Value=cli-cache-001 --start-time 2026-01-01T00:00:00 --end-time 2026-01-02T00:00:00 \
  --period 3600 --statistics Average --query 'Datapoints' --output text
aws cloudwatch put-metric-alarm --alarm-name cli --metric-name EngineCPUUtilization --namespace AWS/ElastiCache \
  --statistic Average --period 60 --evaluation-periods 3 --threshold 90 --comparison-operator GreaterThanThreshold \
  --dimensions Name=CacheClusterId,Value=cli-cache-001
same INSUFFICIENT_DATA aws cloudwatch describe-alarms --alarm-names cli --query 'MetricAlarms[0].StateValue' --output text
aws cloudwatch delete-alarms --alarm-names cli-none
aws cloudwatch delete-alarms --alarm-names cli

# Where logs go, and a metric out of them.
aws logs create-log-group --log-group-name /aws/elasticache/cli --tags Team=cache
aws logs put-retention-policy --log-group-name /aws/elasticache/cli --retention-in-days 7
aws logs put-metric-filter --log-group-name /aws/elasticache/cli --filter-name slow \
  --filter-pattern '{ $.CommandName = "KEYS" }' \
  --metric-transformations metricName=Keys,metricNamespace=Cache,metricValue=1
same '/aws/elasticache/cli 7 1' aws logs describe-log-groups --log-group-name-prefix /aws/elasticache/ --output text \
  --query 'logGroups[*].[logGroupName,retentionInDays,metricFilterCount]'
refused InvalidParameterException aws logs put-metric-filter --log-group-name /aws/elasticache/cli --filter-name slow \
  --filter-pattern '{ CommandName = "KEYS" }' \
  --metric-transformations metricName=Keys,metricNamespace=Cache,metricValue=1
aws logs delete-log-group --log-group-name /aws/elasticache/cli
refused ResourceNotFoundException aws logs delete-log-group --log-group-name /aws/elasticache/cli

# Whom alarms notify.
topic=$(aws sns create-topic --name cli --query TopicArn --output text)
same 'pending confirmation' aws sns subscribe --topic-arn "$topic" --protocol email --notification-endpoint ops@example.com \
  --query SubscriptionArn --output text
same '1' aws sns get-topic-attributes --topic-arn "$topic" --query Attributes.SubscriptionsPending --output text
aws sns delete-topic --topic-arn "$topic"
refused NotFound aws sns get-topic-attributes --topic-arn "$topic"

refused CacheSubnetGroupInUse cache delete-cache-subnet-group --cache-subnet-group-name cli
for name in cli-cache cli-restored; do
  same deleting cache delete-replication-group --replication-group-id $name --query ReplicationGroup.Status --output text
done
for _ in $(seq 50); do
  [ "$(cache describe-replication-groups --query 'length(ReplicationGroups)' --output text)" = 0 ] && break
  sleep 0.2
done
refused ReplicationGroupNotFoundFault cache describe-replication-groups --replication-group-id cli-cache
cache delete-snapshot --snapshot-name cli-cache-manual > /dev/null
cache delete-cache-subnet-group --cache-subnet-group-name cli
cache delete-cache-parameter-group --cache-parameter-group-name custom-redis7
cache delete-cache-parameter-group --cache-parameter-group-name custom-memcached16
aws ec2 delete-security-group --group-id "$group" > /dev/null
echo "$checks checks, 0 wrong"
