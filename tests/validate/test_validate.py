"""Trust, p and EV against the published CDNOW sample."""

from __future__ import annotations

import numpy as np
import pytest

from crm_ext.annotate.bgnbd import log_likelihood
from tests.validate import peers
from tests.validate.measures import auc, calibration_error, normalised_gini
from tests.validate.purchases import CDNOW, Trial, read
from tests.validate.report import figures

pytestmark = pytest.mark.skipif(not CDNOW.is_file(), reason=f"no purchases at {CDNOW}; set CRM_EXT_SHARED")


@pytest.fixture(scope="module")
def trial() -> Trial:
    return Trial(read(CDNOW))


def test_all_figures_are_met(trial):
    assert [each for each in figures(trial) if each.met is False] == []


def test_purchases_alone_are_not_above_the_second_stage(trial):
    assert max(each.stage for each in trial.annotations) <= 2
    assert max(each.trust.level for each in trial.annotations) < 50


def test_the_peer_is_the_published_model(trial):
    rhythm = peers.published(trial)
    assert rhythm.r == pytest.approx(0.243, abs=0.02)
    assert rhythm.alpha / 7 == pytest.approx(4.414, abs=0.4)
    weeks = np.array([(each.repeats, each.last / 7, each.age / 7) for each in trial.summaries])
    ours = type(rhythm)(r=rhythm.r, alpha=rhythm.alpha / 7, a=rhythm.a, b=rhythm.b)
    assert log_likelihood(ours, *weeks.T).sum() == pytest.approx(-9582.4, abs=1)


def test_measures_know_the_best_and_the_worst():
    came, money = np.array([True, False, True, False]), np.array([4.0, 0.0, 1.0, 0.0])
    assert auc(np.array([4.0, 1.0, 3.0, 2.0]), came) == 1.0
    assert auc(np.zeros(4), came) == 0.5
    assert normalised_gini(money, money) == pytest.approx(1.0)
    assert normalised_gini(-money, money) < 0
    assert calibration_error(np.array([1.0, 0.0, 1.0, 0.0]), came) == 0.0
    assert calibration_error(np.array([0.0, 1.0, 0.0, 1.0]), came) == 1.0
