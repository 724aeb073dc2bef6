#!/usr/bin/env python3
"""Drives the emulator as boto3 does, waiters and paginators included.

Usage: boto3_suite.py http://127.0.0.1:4600 [-v]    (exits non-zero where any check finds a wrong answer)
"""
import suite
import checks_network
import checks_groups
import checks_caches
import checks_classes
import checks_users
import checks_serverless
import checks_global
import checks_updates
import checks_rules
import checks_alarms
import checks_logs
import checks_pricing
import checks_sns
import checks_stored

suite.run()
