"""Amputation: hide cells of a table on purpose, so that an imputation can be scored against the truth.

A mechanism says how likely each cell x_ij is to go missing, up to an intercept; :func:`amputate` finds the intercept
at which the *realised* rate is the one asked for, to within one cell.

=============  ==========================================================  ====================
mechanism      P(x_ij goes missing)                                        source
=============  ==========================================================  ====================
mcar           p                                                           Rubin 1976
mar            sigmoid(a s_ij + b_j), s_j a random linear score of         Muzellec et al. 2020
               columns that stay observed; 0 in these columns
mar_driver     sigmoid(a z_i + b_j), z one column that stays observed      van Buuren 2018
mar_threshold  sigmoid(a [d_i > t] + b_j), d one column that stays         Santos et al. 2019
               observed
mnar_logistic  as mar, but p in the columns that make the score            Muzellec et al. 2020
mnar_self      sigmoid(±z_ij + b_j), z_j the column itself                 Muzellec et al. 2020
mnar_quantile  p where x_ij ≤ Q_j(q) or x_ij ≥ Q_j(1 − q), else 0          Muzellec et al. 2020
mnar_latent    sigmoid(a u_i + b_j), u an unmeasured variable              Little & Rubin 2019
mnar_censored  1 where x_ij is below a limit, else 0                       Helsel 2012
block          tiles of neighbouring rows and columns, at random           —
panel          1 − exp(−λ j), a row loses all columns after the first      Little & Rubin 2019
               that it loses
sequential     runs of rows in each column, a Markov chain                 Gilbert 1960
copy           the patterns of random rows that lack the column            Du et al. 2024
fitted         sigmoid(f_j(z_i) + b_j), f_j fitted to the table's own      Qolmat
               holes, z its complete columns; patterns as copy
=============  ==========================================================  ====================

`docs/mechanisms.md` draws each. Scores are weighted with N(0, 1) and have unit variance; z_j is standardised over the
observed values. No mechanism depends on the unit or the offset of a column. A cell that the source itself lacks is
never scored, and contributes 0 to a score. ``rate_of`` says what p refers to: ``overall``, all cells that the source
observes (p inside the eligible cells is then larger where a mechanism spares some), or ``eligible``, those that the
mechanism may hide. For ``copy`` and ``fitted`` it is always a share of each incomplete column.

Repaired, by the rules of :func:`amputate`: a row or a column that would be left empty. Left out, with a note:
columns in which an MNAR mechanism would be MCAR in disguise (constant columns; columns with too few distinct values to
have outer quantiles). Refused: a rate outside (0, 1), out of reach, or so small that it hides nothing; a table in which
no column varies.

References:
    D. B. Rubin. Inference and missing data. Biometrika 63, 1976.
    B. Muzellec, J. Josse, C. Boyer, M. Cuturi. Missing data imputation using optimal transport. ICML 2020.
"""

from mirimpute.amputation.amputate import RATES_OF, Amputation, amputate, check_missing_rate
from mirimpute.amputation.base import Mechanism, Proposal
from mirimpute.amputation.block import Block
from mirimpute.amputation.copying import Copy
from mirimpute.amputation.fitted import Fitted
from mirimpute.amputation.mar import Mar
from mirimpute.amputation.mar_driver import MarDriver
from mirimpute.amputation.mar_threshold import MarThreshold
from mirimpute.amputation.mcar import Mcar
from mirimpute.amputation.mnar_censored import MnarCensored
from mirimpute.amputation.mnar_latent import MnarLatent
from mirimpute.amputation.mnar_logistic import MnarLogistic
from mirimpute.amputation.mnar_quantile import MnarQuantile
from mirimpute.amputation.mnar_self import MnarSelf
from mirimpute.amputation.panel import Panel
from mirimpute.amputation.registry import MECHANISMS
from mirimpute.amputation.sequential import Sequential

__all__ = [
    "MECHANISMS",
    "RATES_OF",
    "Amputation",
    "Block",
    "Copy",
    "Fitted",
    "Mar",
    "MarDriver",
    "MarThreshold",
    "Mcar",
    "Mechanism",
    "MnarCensored",
    "MnarLatent",
    "MnarLogistic",
    "MnarQuantile",
    "MnarSelf",
    "Panel",
    "Proposal",
    "Sequential",
    "amputate",
    "check_missing_rate",
]
