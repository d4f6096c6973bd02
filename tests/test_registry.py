"""A function's signature is its schema; a name that cannot be asked for fails at registration."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import pytest

from optanim.kinds import KINDS, format_
from optanim.registry import Registry, Setting, settings_of, type_of
from optanim.settings import (
    Choice,
    Count,
    Flag,
    Formula,
    Lead,
    Number,
    OneOf,
    Positive,
    Scheduled,
    Text,
    ThingOf,
    Unit,
)


def rules(**more: Any) -> Registry:
    return Registry("rule", "optanim.errors", facts=("paper",), fixed=("p",), asks=("grad", "base"), **more)


def test_a_signature_is_the_schema() -> None:
    rule = rules()

    @rule(paper="Somebody 1999")
    def heavy(
        p: Any, grad: Any, *, eps: Positive = 1e-8, beta: Lead[Scheduled[Unit]], kind: Literal["a", "b"] = "a"
    ) -> None:
        """One line.

        More.
        """

    entry = rule["heavy"]
    assert entry.asks == ("grad",)
    assert list(entry.settings) == ["beta", "eps", "kind"]
    assert entry.settings["eps"] == Setting("eps", Number(low=0, low_open=True), 1e-8)
    assert entry.settings["kind"].type == Choice(("a", "b"))
    assert entry.lead is entry.settings["beta"]
    assert entry.lead is not None
    assert entry.lead.required
    assert entry.lead.scheduled
    assert entry.defaults() == {"eps": 1e-8, "kind": "a"}
    assert entry.summary == "One line."
    assert entry.title == "heavy"
    assert entry.facts["paper"] == "Somebody 1999"
    assert "heavy" in rule
    assert list(rule) == ["heavy"]
    with pytest.raises(KeyError):
        rule["light"]


def test_a_dataclass_is_registered_under_its_name_in_snake_case() -> None:
    thing = Registry("thing", "optanim.errors")

    @thing(title="The Big One")
    @dataclass(kw_only=True)
    class BigOne:
        levels: Count = 3

    assert thing["big_one"].function is BigOne
    assert thing["big_one"].title == "The Big One"
    assert thing["big_one"].defaults() == {"levels": 3}


def test_what_is_told_in_the_scene_leads() -> None:
    rule = rules(given={"base": ThingOf("rule")})

    @rule()
    def wrapper(p: Any, base: Any, *, every: Count = 5) -> None: ...

    assert rule["wrapper"].lead == Setting("base", ThingOf("rule"), lead=True)


def test_names_from_elsewhere_are_known_but_not_listed() -> None:
    assert "avi" in format_
    assert "avi" not in list(format_)
    assert "no_such" not in format_
    assert 3 not in format_


@pytest.mark.parametrize(
    ("define", "message"),
    [
        (lambda rule: rule()(lambda p, oracle: None), "asks for 'oracle'; it can ask for grad, base"),
        (lambda rule: rule()(lambda q: None), "must start with (p)"),
        (lambda rule: rule(url="x")(lambda p: None), "no fact ['url']"),
    ],
)
def test_a_wrong_signature_fails_at_registration(define: Any, message: str) -> None:
    with pytest.raises(TypeError, match=r".*") as caught:
        define(rules())
    assert message in str(caught.value)


def test_two_of_one_name_and_two_leads_fail() -> None:
    rule = rules()

    def one(p: Any) -> None: ...

    rule()(one)
    with pytest.raises(TypeError, match="registered twice"):
        rule()(one)

    def two(p: Any, *, a: Lead[Unit], b: Lead[Unit]) -> None: ...

    rule()(two)
    with pytest.raises(TypeError, match="more than one lead"):
        _ = rule["two"].settings


@pytest.mark.parametrize(
    ("hint", "kind"),
    [
        (bool, Flag()),
        (str, Text()),
        (float, Number()),
        (int, Number(whole=True)),
        (str | None, Text()),
        (Positive | Literal["tuned"] | None, OneOf((Number(low=0, low_open=True), Choice(("tuned",))))),
        (Annotated[str, Formula((("t",),))], Formula((("t",),))),
    ],
)
def test_annotations(hint: Any, kind: Any) -> None:
    assert type_of(hint)[0] == kind


def test_an_annotation_that_is_no_setting() -> None:
    with pytest.raises(TypeError, match="no setting type"):
        type_of(list[int])


@pytest.mark.parametrize("kind", KINDS)
def test_everything_registered_has_a_plain_first_line_and_good_defaults(kind: str) -> None:
    entries = KINDS[kind].entries()
    assert entries
    for entry in entries:
        assert entry.summary.endswith("."), f"{kind} {entry.name} says nothing"
        for setting in entry.settings.values():
            if not setting.required and isinstance(setting.default, float):
                number = setting.type
                if isinstance(number, Number):
                    assert number.check(setting.default) == setting.default
        assert settings_of(entry.function).keys() <= entry.settings.keys()
        assert inspect.getdoc(entry.function)
