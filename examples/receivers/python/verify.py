"""Verifies webhooks of Tidegate. Standard library only, Python 3.9 and later."""

import base64
import binascii
import hashlib
import hmac
import re
import time

TOLERANCE_SECONDS = 300


class Refused(Exception):
    """The request is not from the holder of the secret, or not recent: answer 401."""


def verify_standard(secrets, headers, body, now=None):
    """Checks webhook-signature over the raw body (bytes) and returns the id of the event."""
    event_id = headers.get("webhook-id") or ""
    sent_at = headers.get("webhook-timestamp") or ""
    if not re.fullmatch(r"[!-\-/-~]{1,256}", event_id):
        raise Refused("id")
    _check_time(sent_at, now)
    content = f"{event_id}.{sent_at}.".encode() + body
    keys = [_decode_key(secret) for secret in secrets]
    expected = [b"v1," + base64.b64encode(_hmac(key, content)) for key in keys]
    _check_any(expected, (headers.get("webhook-signature") or "").split(" "))
    return event_id


def verify_timestamped(secrets, headers, body, now=None, name="x-tidegate-signature"):
    """Checks a header t=…,v1=… over the raw body. The id of the event is in the body."""
    items = (headers.get(name) or "").split(",")
    times = [item[2:] for item in items if item.startswith("t=")]
    if len(times) != 1:
        raise Refused("timestamp")
    _check_time(times[0], now)
    if any(len(secret) < 16 for secret in secrets):
        raise Refused("secret")
    content = f"{times[0]}.".encode() + body
    expected = [b"v1=" + _hmac(secret.encode(), content).hex().encode() for secret in secrets]
    _check_any(expected, items)


def _check_time(text, now):
    now = time.time() if now is None else now
    if not re.fullmatch(r"0|[1-9][0-9]{0,11}", text) or abs(now - int(text)) > TOLERANCE_SECONDS:
        raise Refused("timestamp")


def _decode_key(secret):
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error:
        raise Refused("secret") from None
    if not secret.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise Refused("secret")
    return key


def _hmac(key, content):
    return hmac.new(key, content, hashlib.sha256).digest()


def _check_any(expected, given):
    pairs = [(one, other.encode(errors="replace")) for one in expected for other in given[:17]]
    if not any([hmac.compare_digest(one, other) for one, other in pairs]):
        raise Refused("signature")
