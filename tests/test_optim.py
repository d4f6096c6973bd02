"""The rules as classes, as somebody expects who knows PyTorch."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from optanim import optim
from optanim.autodiff import Tensor
from optanim.kinds import optimizer
from optanim.registry import Entry
from optanim.scene import Thing
from tests.reference.check import stepped
from tests.test_driver import MATRIX
from tests.test_optimizers import PRINTED

CLASSES = ["GD", "SGD", "Momentum", "Nesterov", "Adagrad", "RMSprop", "Adam", "AdamW", "AMSGrad", "LAMB"]


@pytest.mark.parametrize(("rule", "lr", "settings", "expected"), PRINTED)
def test_the_courses_training_loop(rule: str, lr: float, settings: dict[str, Any], expected: Any) -> None:
    name = next(name for name in CLASSES if name.lower() == rule)
    x1, x2 = Tensor(-5.0), Tensor(-2.0)
    opt = getattr(optim, name)([x1, x2], lr=lr, **settings)
    for _ in range(20):
        opt.zero_grad()
        loss = 0.1 * x1**2 + 2 * x2**2
        loss.backward()
        opt.step()
    assert x1.value == pytest.approx(expected[0], rel=1e-12, abs=0)
    assert isinstance(x1.value, float)
    if rule != "rmsprop":
        assert x2.value == pytest.approx(expected[1], rel=1e-12, abs=0)


def test_there_is_a_class_for_every_rule() -> None:
    assert set(CLASSES) <= set(dir(optim))
    assert optim.Adam is optim.Adam
    assert issubclass(optim.LAMB, optim.Optimizer)
    assert "The rule 'lamb'" in (optim.LAMB.__doc__ or "")
    with pytest.raises(AttributeError, match=r"optanim.optim has no Lambb"):
        optim.Lambb  # noqa: B018


def test_capitals_do_not_matter_and_help_says_the_settings() -> None:
    assert optim.SignSGD is optim.signSGD
    with pytest.raises(AttributeError, match="name lbfgs in a scene"):
        optim.lbfgs  # noqa: B018
    assert str(inspect.signature(optim.Lion)) == (
        "(params, lr=None, *, beta1=0.9, beta2=0.99, weight_decay=0.0, decay='decoupled')"
    )
    assert inspect.signature(optim.Prodigy).parameters["lr"].default == 1.0
    assert "p = p * (1 - lr * weight_decay) - lr * s * X" in (optim.Muon.__doc__ or "")


@pytest.mark.parametrize("name", ["ScheduleFreeSGD", "ScheduleFreeAdamW", "ScheduleFreeRAdam", "ASGD"])
def test_the_average_is_what_a_scene_shows(name: str) -> None:
    entry = getattr(optim, name).entry
    thing = Thing(entry.name, {"t0": 1.0} if name == "ASGD" else {})
    record, _ = stepped([thing], [0.05], MATRIX.start[None], MATRIX, 8)
    tensors = [Tensor(MATRIX.start[layer.columns].reshape(layer.shape)) for layer in MATRIX.layers]
    opt = getattr(optim, name)(tensors, 0.05, **thing.settings)
    assert [part.shape for part in opt.average()] == [layer.shape for layer in MATRIX.layers]
    for _ in range(8):
        opt.zero_grad()
        MATRIX.function(*(tensor[None] for tensor in tensors)).sum().backward()
        opt.step()
    flat = np.concatenate([part.ravel() for part in opt.average()])
    np.testing.assert_allclose(flat, record.points[8, 0], rtol=1e-9)


def test_there_is_no_average_of_a_rule_that_takes_none() -> None:
    with pytest.raises(TypeError, match="Adam averages nothing: its Tensors are the result"):
        optim.Adam([Tensor(1.0)], 0.1).average()


def test_each_tensor_is_a_layer() -> None:
    one, two = Tensor(-5.0), Tensor([-2.0, 1.0])
    opt = optim.LAMB([one, two], lr=0.5)
    (one * 2 + (two * two).sum()).backward()
    opt.step()
    assert one.value == pytest.approx(-7.5, rel=1e-12)  # by half its own length
    assert np.linalg.norm(two.value - [-2, 1]) == pytest.approx(0.5 * np.sqrt(5), rel=1e-12)


def test_arrays_keep_their_shape_and_zero_grad_its_promise() -> None:
    w = Tensor(np.ones((3, 2)))
    opt = optim.SGD(w, 0.1, momentum=0.9)
    (w * 2).sum().backward()
    opt.step()
    np.testing.assert_allclose(w.value, np.full((3, 2), 0.8))
    assert w.grad.shape == (3, 2)
    opt.zero_grad()
    assert not w.grad.any()
    assert repr(opt).startswith("SGD(1 Tensors, lr=0.1, momentum=0.9")


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda x: optim.Adam([x], lr=0.1, betas=(0.9, 0.99)), TypeError, "'betas': write beta1 and beta2"),
        (lambda x: optim.SGD([x], learning_rate=0.1), TypeError, "'learning_rate': write lr"),
        (lambda x: optim.SGD([x], 0.1, gamma=0.9), TypeError, "'gamma': write momentum"),
        (lambda x: optim.Adam([x], 0.1, epss=1e-8), TypeError, "did you mean 'eps'"),
        (lambda x: optim.Adam([x]), TypeError, "Adam needs a learning rate"),
        (lambda x: optim.Adam([x], lr=0), ValueError, "lr: 0 is out of range: takes a number above 0"),
        (lambda x: optim.Adam([x], lr=float("nan")), ValueError, "nan is not a finite number"),
        (lambda x: optim.Adam([x], 0.1, beta1=1), ValueError, "beta1: 1 is out of range"),
        (lambda x: optim.Adam([x], 0.1, beta1=None), ValueError, "beta1: None is not a number"),
        (lambda x: optim.Adam([x], 0.1, decay="later"), ValueError, "'later' is not one of coupled"),
        (lambda x: optim.Adam([], 0.1), ValueError, "Adam has no Tensors"),
        (lambda x: optim.Adam([x, Tensor(2.0), x], 0.1), ValueError, "Adam: one Tensor is given twice"),
        (lambda x: optim.SGD([x], 0.1, nesterov=True), ValueError, "SGD: nesterov takes a momentum above 0"),
        (
            lambda x: optim.SGD([x], 0.1, nesterov=True, momentum=0.9, dampening=0.1),
            ValueError,
            "SGD: nesterov takes a momentum above 0 and no dampening",
        ),
        (lambda x: optim.SGD([x], np.float32(np.nan)), ValueError, "nan is not a finite number"),
        (lambda x: optim.SGD([x], np.bool_(True)), ValueError, "is not a number"),
        (lambda x: optim.Adam([1.0], 0.1), TypeError, "Adam steps Tensors, not a float"),
    ],
)
def test_mistakes(wrong: Callable[[Tensor], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wrong(Tensor(1.0))


def test_numbers_of_numpy_are_numbers() -> None:
    opt = optim.SGD([Tensor(1.0)], np.int64(1), momentum=np.float32(0.5), nesterov=True)
    assert (opt.lr, opt.settings["momentum"]) == (1.0, 0.5)
    assert {type(opt.lr), type(opt.settings["momentum"])} == {float}


def test_a_setting_that_may_be_none() -> None:
    assert optim.LAMB([Tensor(1.0)], 0.1, trust_clip=None).settings["trust_clip"] is None
    assert optim.LAMB([Tensor(1.0)], 0.1, trust_clip=10).settings["trust_clip"] == 10.0


def test_a_rule_that_asks_for_more_says_where_it_runs() -> None:
    with pytest.raises(
        AttributeError, match=r"SAM asks for more than a gradient \(grad, base\): name sam in a"
    ):
        _ = optim.SAM


@pytest.mark.parametrize("entry", [e for e in optimizer.entries() if not e.asks], ids=lambda e: e.name)
def test_two_tensors_are_stepped_as_two_layers_of_a_scene(entry: Entry) -> None:
    steps, lr = 6, entry.facts.get("lr") or 0.01
    record, _ = stepped([Thing(entry.name)], [lr], MATRIX.start[None], MATRIX, steps, shown=False)
    tensors = [Tensor(MATRIX.start[layer.columns].reshape(layer.shape)) for layer in MATRIX.layers]
    name = "".join(c for c in entry.title if c.isalnum())
    opt = getattr(optim, name)(tensors, lr)
    for t in range(1, steps + 1):
        opt.zero_grad()
        runs = [tensor[None] for tensor in tensors]
        MATRIX.function(*runs).sum().backward()
        opt.step()
        flat = np.concatenate([np.ravel(tensor.value) for tensor in tensors])
        np.testing.assert_allclose(flat, record.points[t, 0], rtol=1e-9, atol=1e-12)
