"""The measures of evaluate.json, by scikit-learn.

Needs Python 3, NumPy and scikit-learn, of which 1.2 and 1.9 agree to the last digit but one. Writes
test/golden/evaluate.json.

    python3 test/golden/evaluate.py
"""

import json
import pathlib
import warnings

import numpy as np
from sklearn import metrics

# A class without positives has no average precision; scikit-learn says so and takes 0.
warnings.filterwarnings("ignore", message="No positive class found")


def one_error(labels, scores):
    """scikit-learn has none. argmax takes the first of equal scores."""
    return 1 - labels[np.arange(len(labels)), scores.argmax(axis=1)].mean()


def averages(name, function, labels, predicted):
    """scikit-learn takes one column for a binary problem: there, micro and macro are its binary average."""
    if labels.shape[1] == 1:
        whole = function(labels.ravel(), predicted.ravel(), zero_division=0)
        each = [function(label, row, zero_division=0) for label, row in zip(labels, predicted)]
        return {f"micro{name}": whole, f"macro{name}": whole, f"samples{name}": np.mean(each)}
    return {
        f"{kind}{name}": function(labels, predicted, average=kind, zero_division=0)
        for kind in ("micro", "macro", "samples")
    }


def jaccard(labels, predicted):
    if labels.shape[1] == 1:
        return np.mean([metrics.jaccard_score(label, row, zero_division=0) for label, row in zip(labels, predicted)])
    return metrics.jaccard_score(labels, predicted, average="samples", zero_division=0)


def with_lowest_negative(labels, scores):
    """The rankings need two columns: a negative class below all others changes none of them."""
    if labels.shape[1] > 1:
        return labels, scores
    lowest = np.full_like(scores, scores.min() - 1)
    return np.hstack([labels, np.zeros_like(labels)]), np.hstack([scores, lowest])


def measures(labels, scores, threshold):
    predicted = (scores > threshold).astype(int)
    ranked = with_lowest_negative(labels, scores)
    each_class = [metrics.average_precision_score(label, score) for label, score in zip(labels.T, scores.T)]
    return {
        **averages("F1", metrics.f1_score, labels, predicted),
        **averages("Precision", metrics.precision_score, labels, predicted),
        **averages("Recall", metrics.recall_score, labels, predicted),
        "jaccard": jaccard(labels, predicted),
        "subsetAccuracy": metrics.accuracy_score(labels, predicted),
        "hammingLoss": metrics.hamming_loss(labels, predicted),
        "averagePrecision": metrics.label_ranking_average_precision_score(labels, scores),
        "rankingLoss": metrics.label_ranking_loss(*ranked),
        "coverageError": metrics.coverage_error(*ranked),
        "oneError": one_error(labels, scores),
        "macroAveragePrecision": np.mean(each_class),
    }


def case(name, reason, scores, labels, threshold=0.0):
    scores = np.asarray(scores, dtype=np.float32)
    labels = np.asarray(labels, dtype=int)
    result = measures(labels, scores.astype(np.float64), threshold)
    return {
        "name": name,
        "reason": reason,
        "classes": scores.shape[1],
        "threshold": threshold,
        "scores": " ".join(map(str, scores.ravel())),
        "labels": "".join(map(str, labels.ravel())),
        "measures": {measure: float(value) for measure, value in result.items()},
    }


random = np.random.default_rng(20220805)


def drawn(rows, classes, density):
    """Scores to four decimals, on which the labels depend."""
    scores = random.normal(size=(rows, classes)).round(4)
    noise = random.normal(size=(rows, classes))
    return scores, scores + noise > np.quantile(scores + noise, 1 - density)


def tied(rows, classes, levels, density):
    return random.integers(-levels, levels + 1, (rows, classes)) / 2, random.random((rows, classes)) < density


def lopsided():
    """Some rows and some classes with nothing but negatives, some with nothing but positives."""
    scores, labels = drawn(24, 20, 0.3)
    labels[[0, 5]] = False
    labels[[1, 6]] = True
    labels[:, [2, 3]] = False
    labels[:, 4] = True
    labels[1] = True
    labels[0] = False
    scores[[5, 6, 7]] = -abs(scores[[5, 6, 7]])
    return scores, labels


MIXED = [[1, 0, 0, 1], [0, 1, 0, 0]]

cases = [
    case("by hand", "small enough to check on paper", [[2, -1, 0.5], [-3, -1, 1]], [[1, 0, 0], [0, 1, 0]]),
    case("perfect", "every measure at its best", [[2, -1, 3], [-3, 1, -2]], [[1, 0, 1], [0, 1, 0]]),
    case("all wrong", "every measure at its worst", [[2, -1, 3], [-3, 1, -2]], [[0, 1, 0], [1, 0, 1]]),
    case("all tied", "one rank for all classes", np.zeros((4, 5)), random.random((4, 5)) < 0.4),
    case("zeros", "0 and -0 are the same score", [[0.0, -0.0, 0.0, -0.0], [-0.0, 0.0, -1, 1]], MIXED),
    case("at the threshold", "a score equal to the threshold is not above it", [[0.5, 0.25, 0.75]], [[1, 0, 1]], 0.5),
    case("no positives", "all rows empty", *[drawn(5, 7, 0.3)[0], np.zeros((5, 7))]),
    case("only positives", "all rows full", *[drawn(5, 7, 0.3)[0], np.ones((5, 7))]),
    case("nothing predicted", "0/0 in precision", -abs(drawn(6, 5, 0.3)[0]), random.random((6, 5)) < 0.5),
    case("everything predicted", "recall 1", abs(drawn(6, 5, 0.3)[0]), random.random((6, 5)) < 0.5),
    case("one class", "rows of one class are empty or full", *drawn(9, 1, 0.4)),
    case("one class, ties", "ties down the rows alone", *tied(12, 1, 1, 0.4)),
    case("two classes", "one pair a row", *drawn(15, 2, 0.4)),
    case("one row", "classes with one row", *drawn(1, 12, 0.3)),
    case("few levels", "long ties of both labels", *tied(20, 15, 1, 0.3)),
    case("levels", "short ties", *tied(16, 33, 8, 0.2), 0.5),
    case("lopsided", "empty and full rows and classes among others", *lopsided()),
    case("dense", "more positives than the short sort takes", *drawn(6, 90, 0.5)),
    case("dense, ties", "ties in the built-in sort", *tied(5, 90, 3, 0.6)),
    case("many classes", "few of many classes", *drawn(5, 400, 0.01), 1.0),
    case("many rows", "many of few classes", *drawn(200, 4, 0.3)),
    case("large", "both ends of float32", [[3e38, -3e38, 1e-45, 0], [-3e38, 3e38, 0, -1e-45]], MIXED),
]

path = pathlib.Path(__file__).with_suffix(".json")
path.write_text(json.dumps(cases, indent=2) + "\n")
