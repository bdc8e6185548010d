"""Checks verify.py against ../vectors.json: python3 check.py"""

import json
import pathlib
import sys

from verify import Refused, verify_standard, verify_timestamped

VERIFIERS = {"standard": verify_standard, "timestamped": verify_timestamped}


def is_accepted(vector):
    headers = {name.lower(): value for name, value in vector["headers"].items()}
    verify = VERIFIERS[vector["scheme"]]
    try:
        verify(vector["secrets"], headers, vector["body"].encode(), vector["nowSeconds"])
    except Refused:
        return False
    return True


file = pathlib.Path(__file__).parent.parent / "vectors.json"
vectors = [one for one in json.loads(file.read_text("utf-8"))["vectors"] if one["key"] == "hmac"]
wrong = [one["name"] for one in vectors if is_accepted(one) != (one["expected"] == "valid")]
print(f"{len(vectors)} vectors, wrong: {wrong}")
sys.exit(1 if wrong else 0)
