"""What Amazon's IAM checks of S3 requests and moto does not: conditions, and the rights beside the one of the request itself.

Moto asks for one action a request, by a table that knows neither retentions nor legal holds. It takes no notice of conditions. Here
the operators and keys are added that Lifeboat's own policies use; any other operator refuses the statement, so that no policy
passes by something that nobody evaluates. Requests come one at a time (run-moto.py), so that one variable holds the present one.
"""
import datetime
import fnmatch
import math
import re
from urllib.parse import parse_qs, unquote

from moto import settings
from moto.core.responses import ActionAuthenticatorMixin
from moto.iam import access_control
from moto.s3 import responses
from moto.s3.exceptions import S3AccessDeniedError

present = {}


def install():
    bucket, key = responses.ACTION_MAP["BUCKET"], responses.ACTION_MAP["KEY"]
    bucket["GET"]["object-lock"] = "GetBucketObjectLockConfiguration"
    bucket["PUT"]["object-lock"] = "PutBucketObjectLockConfiguration"
    for verb in ("Get", "Put"):
        key[verb.upper()]["retention"] = f"{verb}ObjectRetention"
        key[verb.upper()]["legal-hold"] = f"{verb}ObjectLegalHold"
    key["HEAD"]["versionId"] = "GetObjectVersion"
    statement = access_control.IAMPolicyStatement
    permitted = statement.is_action_permitted

    def with_conditions(self, action, resource="*"):
        if not holds(self._statement.get("Condition", {})):
            return access_control.PermissionResult.NEUTRAL
        return permitted(self, action, resource)

    statement.is_action_permitted = with_conditions
    # a dot in a name is a dot
    statement._match = staticmethod(lambda pattern, text: re.match(fnmatch.translate(pattern), text))
    authorize = ActionAuthenticatorMixin._authenticate_and_authorize_s3_action

    def with_further_rights(self, bucket_name=None, key_name=None):
        authorize(self, bucket_name, key_name)
        if settings.INITIAL_NO_AUTH_ACTION_COUNT == float("inf"):
            return
        asked = self.data.get("Action")
        for further in further_rights():
            self.data["Action"] = further
            authorize(self, bucket_name, key_name)
        self.data["Action"] = asked
        if method() == "PUT" and "retention" in present["query"]:
            refuse_shortening(self, bucket_name, key_name)

    responses.S3Response._authenticate_and_authorize_s3_action = with_further_rights


def remember(environ, body):
    present.clear()
    present.update(environ=environ, body=body, query=parse_qs(environ.get("QUERY_STRING", ""), keep_blank_values=True))


def header(name):
    return present.get("environ", {}).get(f"HTTP_{name.upper().replace('-', '_')}")


def method():
    return present.get("environ", {}).get("REQUEST_METHOD")


def further_rights():
    if header("x-amz-object-lock-mode") is not None and method() in ("PUT", "POST"):
        yield "PutObjectRetention"
    if header("x-amz-object-lock-legal-hold") is not None and method() in ("PUT", "POST"):
        yield "PutObjectLegalHold"
    if (header("x-amz-bypass-governance-retention") or "").lower() == "true":
        yield "BypassGovernanceRetention"


def refuse_shortening(response, bucket_name, key_name):
    """Of what is retained; nobody shortens compliance, and governance only who says so and may."""
    version = present["query"].get("versionId", [None])[0]
    key = response.backend.get_object(bucket_name, key_name, version_id=version)
    wanted = wanted_until()
    if key is None or key.lock_until is None or wanted is None or moment_of(wanted) >= moment_of(key.lock_until):
        return
    if key.lock_mode == "COMPLIANCE" or header("x-amz-bypass-governance-retention") is None:
        raise S3AccessDeniedError()


def holds(condition):
    return all(
        matches(operator, value_of(key), wanted if isinstance(wanted, list) else [wanted])
        for operator, keys in condition.items()
        for key, wanted in keys.items()
    )


def matches(operator, value, wanted):
    if operator == "Null":
        return (value is None) == (wanted == ["true"])
    if operator.endswith("IfExists"):
        return value is None or matches(operator[: -len("IfExists")], value, wanted)
    if value is None:
        return False
    if operator in ("Bool", "StringEquals"):
        return value in wanted
    if operator == "StringLike":
        return any(fnmatch.fnmatchcase(value, pattern) for pattern in wanted)
    if operator == "NumericLessThanEquals":
        return any(float(value) <= float(limit) for limit in wanted)
    return False


def value_of(key):
    query = present.get("query", {})
    if key == "s3:prefix":
        return query["prefix"][0] if "prefix" in query else None
    if key == "s3:if-none-match":
        return header("if-none-match")
    if key == "s3:ObjectCreationOperation":
        is_part = "partNumber" in query or "uploads" in query
        return "false" if is_part else "true"
    if key == "s3:object-lock-remaining-retention-days":
        return remaining_days()
    return None


def remaining_days():
    until = wanted_until()
    if until is None:
        return None
    left = moment_of(until) - datetime.datetime.now(datetime.timezone.utc)
    return str(math.ceil(left.total_seconds() / 86400))


def wanted_until():
    until = header("x-amz-object-lock-retain-until-date")
    found = re.search(rb"<RetainUntilDate>([^<]+)<", present.get("body", b"")) if until is None else None
    return found.group(1).decode() if found else until


def moment_of(text):
    return datetime.datetime.fromisoformat(unquote(text).replace("Z", "+00:00"))
