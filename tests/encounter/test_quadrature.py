"""The shared points of integration."""

import pytest

from nearpass.encounter.quadrature import gauss_legendre


@pytest.mark.parametrize("count", [1, 4, 12])
def test_the_rule_is_exact_for_polynomials_of_its_degree(count: int) -> None:
    """Powers of up to twice the count less one integrate to 2/(n + 1), or to nothing where they are odd."""
    nodes, weights = gauss_legendre(count)
    for power in range(2 * count):
        exact = 0.0 if power % 2 else 2.0 / (power + 1)
        assert weights @ nodes**power == pytest.approx(exact, abs=1e-14)


def test_what_all_share_cannot_be_changed() -> None:
    """Points and weights are read-only, and the same again."""
    nodes, weights = gauss_legendre(8)
    with pytest.raises(ValueError, match="read-only"):
        nodes[0] = 0.0
    with pytest.raises(ValueError, match="read-only"):
        weights *= 2.0
    assert gauss_legendre(8)[0] is nodes
