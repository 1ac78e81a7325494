"""A columnwise transport that draws observed values from the leaves of trees."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mirimpute.methods.columnwise.classifier import SMALLEST_CHANCE, Corners, other_columns
from mirimpute.methods.transport import Transport
from mirimpute.types import Array


@dataclass(frozen=True)
class Growth:
    """How the trees of one column are grown.

    Attributes:
        trees: whose leaves offer donors together.
        leaf: the fewest rows in a leaf.
        split: the fewest rows that a node needs to be split.
        features: share of the columns that each split may use, or "sqrt" of their number.
        splitter: "best", or "random" for the best of one random threshold per column (extremely randomised trees). A
            node whose random thresholds all leave fewer than ``leaf`` rows on a side stays whole, so that leaves are
            kept large by ``split`` there.
        bootstrap: grow each tree on rows drawn with replacement; all observed rows are donors nevertheless.
        depth: the most splits above a leaf; None: any number.
        pruning: complexity parameter of cost-complexity pruning (Breiman et al. 1984, chapter 3), as a share of the
            root's risk: each split has to lower the risk by that much. The risk is the squared error for numbers and
            the number of misclassified rows for categories.
    """

    trees: int = 1
    leaf: int = 5
    split: int = 2
    features: float | str = 1.0
    splitter: str = "best"
    bootstrap: bool = False
    depth: int | None = None
    pruning: float = 0.0

    @property
    def is_random(self) -> bool:
        """Whether two trees of the same rows may differ."""
        return self.bootstrap or self.splitter == "random" or self.features != 1.0


CART = Growth(leaf=5, split=15, depth=30, pruning=1e-4)
"""``mice.impute.cart`` of R's mice: rpart with minbucket 5, so that minsplit is 15, and cp 1e-4."""

FOREST = Growth(trees=10, leaf=1, split=6, features="sqrt", bootstrap=True)
"""``mice.impute.rf`` of R's mice, numbers: ten trees of ranger, which splits nodes of more than five rows."""

FOREST_OF_CATEGORIES = Growth(trees=10, leaf=1, split=2, features="sqrt", bootstrap=True)
"""The same for categories, where ranger splits all that is not pure."""


@dataclass(frozen=True)
class Donors:
    """The donors of m cells among n observed rows: those in the cell's leaf, over all trees together.

    A row that shares the leaf in several trees counts once for each of them.

    Attributes:
        rows: int (trees, n), numbers of the observed rows, those of one leaf next to each other.
        first, size: int (trees, m), where the donors of a cell begin in ``rows``, and how many they are.
    """

    rows: Array
    first: Array
    size: Array

    def of(self, cell: int) -> Array:
        """Return the observed rows (k,) that are donors of one cell."""
        spans = zip(self.rows, self.first[:, cell], self.size[:, cell], strict=True)
        return np.concatenate([rows[first : first + size] for rows, first, size in spans])

    def draw(self, rng: np.random.Generator) -> Array:
        """Return the number of a random donor for each cell, (m,)."""
        passed = np.cumsum(self.size, axis=0)
        place = rng.integers(passed[-1])
        tree = (place >= passed).sum(axis=0)
        cells = np.arange(len(place))
        within = place - passed[tree, cells] + self.size[tree, cells]
        return self.rows[tree, self.first[tree, cells] + within]

    def mean(self, values: Array) -> Array:
        """Return the mean over the donors of each cell, (m, k), of ``values`` (n, k)."""
        total = np.zeros((self.size.shape[1], values.shape[1]))
        for rows, first, size in zip(self.rows, self.first, self.size, strict=True):
            passed = np.vstack([np.zeros(values.shape[1]), np.cumsum(values[rows], axis=0)])
            total += passed[first + size] - passed[first]
        return total / self.size.sum(axis=0)[:, None]


class Leaves:
    """Trees that were grown on the rows that observe a column, and which of these rows share a leaf.

    Args:
        growth: see :class:`Growth`.
        inputs: (n, p), the other columns of the rows that observe the column.
        targets: (n,), its values, or the numbers of its categories.
        of_categories: which of the two.
    """

    def __init__(
        self, growth: Growth, inputs: Array, targets: Array, rng: np.random.Generator, *, of_categories: bool = False
    ) -> None:
        inputs = _as_read(inputs)
        self._trees = [_grown(growth, inputs, targets, rng, of_categories) for _ in range(growth.trees)]
        self._home = [_pruned(tree, growth.pruning, of_categories) for tree in self._trees]
        self._nodes = self._leaf_of(inputs)
        self._rows = np.argsort(self._nodes, axis=1, kind="stable")
        self._size = [np.bincount(at, minlength=len(home)) for at, home in zip(self._nodes, self._home, strict=True)]
        self._first = [np.cumsum(size) - size for size in self._size]

    def donors(self, inputs: Array) -> Donors:
        """Return the donors of rows (m, p), which may be rows that the trees have never seen."""
        return self._of_nodes(self._leaf_of(_as_read(inputs)))

    def own_donors(self) -> Donors:
        """Return the donors of the observed rows themselves, in their order; each is one of its own."""
        return self._of_nodes(self._nodes)

    def _of_nodes(self, nodes: Array) -> Donors:
        first = np.stack([each[at] for each, at in zip(self._first, nodes, strict=True)])
        size = np.stack([each[at] for each, at in zip(self._size, nodes, strict=True)])
        return Donors(self._rows, first, size)

    def _leaf_of(self, inputs: Array) -> Array:
        """Return the number of the leaf of each row in each tree, (trees, rows)."""
        if not len(inputs):
            return np.zeros((len(self._trees), 0), dtype=int)
        return np.stack(
            [home[tree.apply(inputs, check_input=False)] for tree, home in zip(self._trees, self._home, strict=True)]
        )


class TreeDonorsTransport(Transport):
    """Draws of x_j | x_{-j} that are observed values of the column, from the rows in the same leaf of a tree.

    The same term of the objective as in :class:`~mirimpute.methods.columnwise.bayes.BayesTransport`,
    KL(g(x_j | x_{-j}) || q(x_j | x_{-j})), with q(x_j | x_{-j}) approximated by the distribution of x_j among the
    observed rows in a cell of a partition, which a tree chooses so that x_j varies little within its cells. No form is
    assumed of mean or spread, and no value appears that nobody observed. One tree is taken for known (R's ``cart``);
    many trees of randomised rows and columns stand for what is not known of the partition (R's ``rf``). A donor is a
    whole value, so that the indicators of one category are drawn together, and numbers and categories differ only in
    what the trees are grown to predict. References: Burgette & Reiter, American Journal of Epidemiology 2010 (one
    tree); Doove, van Buuren & Dusseldorp, Computational Statistics & Data Analysis 2014 (several).

    Args:
        growth: of the trees, one set of them for each chain and column.
        categories: the same for categorical columns (None: the same trees).
    """

    def __init__(self, growth: Growth, categories: Growth | None = None) -> None:
        self._growth = growth
        self._categories = categories or growth
        self._of_categories = False

    def for_categories(self) -> TreeDonorsTransport:
        """Return the transport of categories, whose trees are classifiers and whose donors are whole categories."""
        transport = TreeDonorsTransport(self._categories)
        transport._of_categories = True
        return transport

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Grow the trees of each chain on the rows that observe the block.

        The loss is the mean squared difference from the mean of the donors, of a category its mean surprise in nats.
        """
        rows = ~missing[:, block[0]]
        self._values = x[0][np.ix_(rows, block)]
        labels = Corners.of(self._values).labels(self._values) if self._of_categories else None
        targets = self._values[:, 0] if labels is None else labels
        inputs = other_columns(x[:, rows], block)
        self._leaves = [Leaves(self._growth, each, targets, rng, of_categories=self._of_categories) for each in inputs]
        own = [leaves.own_donors() for leaves in self._leaves]
        if labels is None:
            self.lose(np.mean([np.square(self._values - donors.mean(self._values)).mean() for donors in own]))
        else:
            chances = np.stack([donors.mean(np.eye(labels.max() + 1)[labels]) for donors in own])
            of_labels = chances[:, np.arange(len(labels)), labels]
            self.lose(-np.log(np.maximum(of_labels, SMALLEST_CHANCE)).mean())

    def mean(self, x: Array, missing: Array, block: Array) -> Array:
        """Return the mean of the donors for the rows that miss the block; the other rows keep their entries."""
        return self._placed(x, missing, block, lambda donors: donors.mean(self._values))

    def draw(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> Array:
        """Return the value of a random donor for the rows that miss the block."""
        return self._placed(x, missing, block, lambda donors: self._values[donors.draw(rng)])

    def _placed(self, x: Array, missing: Array, block: Array, value: Any) -> Array:
        rows = missing[:, block[0]]
        result = x[:, :, block].copy()
        leaves = self._leaves if len(self._leaves) == len(x) else self._leaves[:1] * len(x)
        for chain, (each, inputs) in enumerate(zip(leaves, other_columns(x[:, rows], block), strict=True)):
            result[chain, rows] = value(each.donors(inputs))
        return result


def _as_read(inputs: Array) -> Array:
    """Return ``inputs`` as scikit-learn's trees read them, so that it need not check them again."""
    return np.ascontiguousarray(inputs, dtype=np.float32)


def _grown(growth: Growth, inputs: Array, targets: Array, rng: np.random.Generator, of_categories: bool) -> Any:
    """Return a fitted tree of scikit-learn."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    kind = DecisionTreeClassifier if of_categories else DecisionTreeRegressor
    tree = kind(
        min_samples_leaf=growth.leaf,
        min_samples_split=max(growth.split, 2),
        max_features=growth.features,
        splitter=growth.splitter,
        max_depth=growth.depth,
        random_state=int(rng.integers(2**31)) if growth.is_random else 0,
    )
    if growth.bootstrap:
        chosen = rng.integers(len(targets), size=len(targets))
        inputs, targets = inputs[chosen], targets[chosen]
    return tree.fit(inputs, targets, check_input=False)


def _pruned(tree: Any, pruning: float, of_categories: bool) -> Array:
    """Return for each node of a tree the node that stands for it after cost-complexity pruning, itself or one above.

    Of all subtrees it is the smallest that minimises risk + pruning * risk of the root * leaves. From the deepest nodes
    up: a node keeps its split if the best subtree below it costs less than the node as a leaf.
    """
    nodes = tree.tree_
    left, right, rows = nodes.children_left, nodes.children_right, nodes.n_node_samples
    home = np.arange(len(left))
    if not pruning:
        return home
    if of_categories:
        shares = nodes.value[:, 0] / nodes.value[:, 0].sum(axis=1, keepdims=True)
        risk = rows * (1.0 - shares.max(axis=1))
    else:
        risk = rows * nodes.impurity
    levels = [home[:1]]
    while levels[-1].size:
        split = levels[-1][left[levels[-1]] >= 0]
        levels[-1] = split
        levels.append(np.concatenate([left[split], right[split]]))
    cost = risk + pruning * risk[0]
    collapsed = np.zeros(len(left), dtype=bool)
    for split in reversed(levels):
        below = cost[left[split]] + cost[right[split]]
        collapsed[split] = below >= cost[split]
        cost[split] = np.minimum(cost[split], below)
    for split in levels:
        gone = collapsed[split] | (home[split] != split)
        for child in (left[split], right[split]):
            home[child] = np.where(gone, home[split], child)
    return home
