"""Why a method can be worse than mean imputation, for the warnings that it is.

The reasons follow from how a method works. Where the reason is not known, the text says so.
"""

from __future__ import annotations

_FEEDBACK = (
    "where columns say little of each other, as in pumadyn32nm, it follows noise, and its completions are inputs of "
    "the next round"
)
_REASONS = {
    "hot_deck": "a random value of the column has up to root 2 times the error of its mean",
    "knn": "where neighbours say little, a mean of ten or fewer values has up to root 1.1 times the error of the mean "
    "and more, since nearer ones weigh more; a third of the columns is all that two rows share at rate 0.4",
    "ice": f"{_FEEDBACK}; outside of the observed range its lines go on, as for the outliers of forest, solar and gas",
    "missforest": f"its trees are nearly of full depth: {_FEEDBACK}",
    "hyper": _FEEDBACK,
    "gaussian_em": "where columns say nothing of each other, as in pumadyn32nm, its covariances are noise; pixels of "
    "digits that are nearly always 0 are no normal values",
    "mice": "the mean of twenty draws keeps a twentieth of their variance: where columns say nothing of each other, "
    "root 1.05 times the error of the mean, and more, since its lines follow noise",
    "hyperimpute/hyperimpute": f"{_FEEDBACK}; on uci/bike and adult the reason is not known",
    "hyperimpute/gain": "by its defaults it takes a hundred steps, each on a batch of 128",
    "hyperimpute/miwae": "by its defaults its networks have one hidden unit, and one latent dimension",
    "hyperimpute/mice": "its point is one draw, which has about root 2 times the error of the conditional mean",
    "statsmodels/mice": "its point is one draw, which has about root 2 times the error of the conditional mean",
    "mirf_paper": "its point is one draw, which has about root 2 times the error of the conditional mean, and nothing "
    "held out stops its rounds",
    "mirf": "where columns say nothing of each other, the mean is best, and the choice by held-out cells has noise of "
    "less than a hundredth",
}
"""Method -> why."""
_SAME_AS = {
    "mirf_fast": "mirf",
    "mirf_flow": "mirf",
    "mirf_mnar": "mirf",
    "sklearn/ice": "ice",
    "sklearn/missforest": "missforest",
    "mice_by_row": "mice",
    "mice_cart": "mice",
    "mice_rf": "mice",
}
WORSE = "worse than mean imputation"


def explained(label: str, warning: str) -> str:
    """Return ``warning`` with the reason after it, if it says that the method is worse than mean imputation.

    Args:
        label: of the method, as in the report.
        warning: of the sanity gate.

    >>> explained("hot_deck", "worse than mean imputation (RMSE 1.4 against 1)")[:66]
    'worse than mean imputation (RMSE 1.4 against 1): a random value of'
    >>> explained("mine", "worse than mean imputation (RMSE 2 against 1)")
    'worse than mean imputation (RMSE 2 against 1): no reason is known'
    """
    if WORSE not in warning:
        return warning
    method = label.partition(" #")[0]
    return f"{warning}: {_REASONS.get(_SAME_AS.get(method, method), 'no reason is known')}"
