"""The published JSON Schemas (2020-12) of letters and terms accept what the parsers accept, and little else."""

import json
from importlib.resources import files
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from support.own import names, vectors

DOCUMENTS = {"letter": vectors("letters.json"), "terms": vectors("terms.json")}
#: Codes of what a schema cannot say: order, equality between fields, normal forms, hashes, the calendar.
BEYOND = {"bad-order", "bad-texts", "text-control", "text-not-nfc", "vkey", "bad-base64", "terms-order"}
BAD = [(kind, case) for kind, cases in DOCUMENTS.items() for case in cases["bad"]]


def validator(kind: str) -> Draft202012Validator:
    text = files("undersigned.protocol").joinpath("schema", f"{kind}.schema.json").read_text(encoding="utf-8")
    return Draft202012Validator(json.loads(text))


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_schema_is_one(kind: str) -> None:
    Draft202012Validator.check_schema(validator(kind).schema)


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_schema_accepts_good_documents(kind: str) -> None:
    for case in DOCUMENTS[kind]["good"]:
        validator(kind).validate(json.loads(case["text"]))


@pytest.mark.parametrize(("kind", "case"), BAD, ids=[f"{kind}-{case['name']}" for kind, case in BAD])
def test_schema_refuses_bad_documents(kind: str, case: dict[str, Any]) -> None:
    refused = not validator(kind).is_valid(json.loads(case["text"]))
    assert refused or case["code"] in BEYOND or case["name"] == "closes-on-the-31st-of-november"


@pytest.mark.parametrize("kind", DOCUMENTS)
def test_schema_says_what_every_field_is(kind: str) -> None:
    schema = validator(kind).schema
    assert isinstance(schema, dict)
    shared = set(schema["$defs"])
    for name, field in schema["properties"].items():
        assert "description" in field or "const" in field or field["$ref"].rpartition("/")[2] in shared, name


def test_vectors_name_bad_documents_once() -> None:
    for cases in DOCUMENTS.values():
        assert len(set(names(cases["bad"]))) == len(cases["bad"])
