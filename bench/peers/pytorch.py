"""ZLPR in PyTorch, eager, one thread: loss and gradient by autograd, the loss alone, and e^s of every logit alone.

Files, arguments and output are those of native.c; program.ts starts both.
"""

import json
import math
import sys
import time

import numpy
import torch

WARM_UP_CALLS = 8

torch.set_num_threads(1)

data, results, rounds, sample_ns, warm_up_ns = sys.argv[1:]
rounds, sample_ns, warm_up_ns = int(rounds), float(sample_ns), float(warm_up_ns)

with open(data, "rb") as file:
    rows, classes = (int(n) for n in numpy.fromfile(file, numpy.int32, 2))
    count = rows * classes
    logits = torch.from_numpy(numpy.fromfile(file, numpy.float32, count).reshape(rows, classes))
    labels = torch.from_numpy(numpy.fromfile(file, numpy.uint8, count).reshape(rows, classes)).float()
logits.requires_grad_()
exponentials = torch.empty(rows, classes)


def row_losses():
    """Two log-sum-exps, from which the other side is kept out by a score of -10^12."""
    flipped = (1 - 2 * labels) * logits
    negative = flipped - labels * 1e12
    positive = flipped - (1 - labels) * 1e12
    zeros = torch.zeros(rows, 1)
    return torch.logsumexp(torch.cat([negative, zeros], 1), 1) + torch.logsumexp(torch.cat([positive, zeros], 1), 1)


def loss_and_gradient():
    logits.grad = None
    loss = row_losses().mean()
    loss.backward()
    return loss.item()


def loss_alone():
    with torch.no_grad():
        return row_losses().mean().item()


def exponentials_alone():
    with torch.no_grad():
        torch.exp(logits, out=exponentials)
    return exponentials[-1, -1].item()


loss_and_gradient()
exponentials_alone()
with open(results, "wb") as file:
    row_losses().detach().double().numpy().tofile(file)
    logits.grad.numpy().tofile(file)
    exponentials.numpy().tofile(file)

passes = []
for name, run in [
    ("loss and gradient", loss_and_gradient),
    ("loss alone", loss_alone),
    ("exponentials alone", exponentials_alone),
]:
    begin = before = time.perf_counter_ns()
    calls, fastest = 0, math.inf
    while calls < WARM_UP_CALLS or before - begin < warm_up_ns:
        result = run()
        now = time.perf_counter_ns()
        fastest, before, calls = min(fastest, now - before), now, calls + 1
    repetitions = max(1, math.ceil(sample_ns / fastest))
    passes.append({"pass": name, "run": run, "repetitions": repetitions, "meanResult": result, "samples": []})

for _ in range(rounds):
    for p in passes:
        run = p["run"]
        run()
        begin = time.perf_counter_ns()
        for _ in range(p["repetitions"]):
            p["meanResult"] = run()
        p["samples"].append((time.perf_counter_ns() - begin) / p["repetitions"])

print(json.dumps([{key: value for key, value in p.items() if key != "run"} for p in passes]))
