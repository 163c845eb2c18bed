# SPDX-License-Identifier: Apache-2.0
"""Compresses and decodes parameters as tplr-ai/templar publishes it, with PyTorch, and times nothing but that.

The first line of stdin is {"shapes": of each parameter, "values": a file of all of them as f32 one after the other,
"decoded": a file of that size, "target_chunk", "topk", "bins": none for the first form, "threads"}. For each further line,
whatever it says, all parameters are compressed, then all are decoded, and {"encode", "decode"} is printed: seconds of either.
What was decoded last is then in the file.
"""

import json
import math
import sys
import time

import torch

RANGE = 6


def split(length, target):
    return max(piece for piece in range(1, min(length, target) + 1) if length % piece == 0)


def basis(n):
    i, k = torch.arange(n, dtype=torch.float64).unsqueeze(1), torch.arange(n, dtype=torch.float64)
    scale = torch.full((n,), math.sqrt(2 / n), dtype=torch.float64)
    scale[0] = math.sqrt(1 / n)
    return (torch.cos(math.pi * (2 * i + 1) * k / (2 * n)) * scale).float()


class Parameter:
    """How one parameter is cut: a matrix into chunks [h, w], a vector into chunks [w]."""

    def __init__(self, shape, target_chunk, topk, bases, bins):
        self.shape = shape
        self.sides = [split(side, target_chunk) for side in shape]
        self.bases = [bases.setdefault(side, basis(side)) for side in self.sides] if bins is None else []
        self.total = math.prod(self.sides)
        self.kept = min(topk, self.total)
        if bins is not None:
            self.kept = max(self.kept, 2) // 2 * 2

    def blocks(self, x):
        if len(self.shape) == 1:
            return x.view(-1, self.sides[0])
        h, w = self.sides
        return x.view(self.shape[0] // h, h, self.shape[1] // w, w).permute(0, 2, 1, 3)

    def whole(self, x):
        if len(self.shape) == 1:
            return x.reshape(self.shape)
        return x.permute(0, 2, 1, 3).reshape(self.shape)

    def transform(self, x):
        x = torch.einsum("...j,jb->...b", x, self.bases[-1])
        return x if len(self.bases) == 1 else torch.einsum("...ib,ia->...ab", x, self.bases[0])

    def restore(self, x):
        x = torch.einsum("...b,jb->...j", x, self.bases[-1])
        return x if len(self.bases) == 1 else torch.einsum("...aj,ia->...ij", x, self.bases[0])

    def largest(self, x):
        x = x.reshape(*x.shape[: x.dim() - len(self.sides)], self.total)
        indices = torch.topk(x.abs(), k=self.kept, dim=-1, largest=True, sorted=False).indices
        return indices, torch.gather(x, dim=-1, index=indices)

    def spread(self, indices, values):
        x = torch.zeros(*values.shape[:-1], self.total)
        x.scatter_reduce_(dim=-1, index=indices, src=values, reduce="mean", include_self=False)
        return x.view(*values.shape[:-1], *self.sides)


def pack(indices):
    pairs = indices.flatten().to(torch.int32).view(-1, 2)
    a, b = pairs[:, 0], pairs[:, 1]
    return torch.stack([a & 0xFF, (a >> 8 & 0xF) | (b & 0xF) << 4, b >> 4], dim=1).to(torch.uint8).flatten()


def unpack(packed, shape):
    triples = packed.view(-1, 3).to(torch.int64)
    a = triples[:, 0] | (triples[:, 1] & 0xF) << 8
    b = triples[:, 1] >> 4 | triples[:, 2] << 4
    return torch.stack([a, b], dim=1).view(shape)


def quantise(values, bins):
    shift = values.mean()
    centred = values - shift
    deviation = centred.norm() / math.sqrt(centred.numel() - 1)
    scale = RANGE * deviation / bins
    if scale == 0 or not torch.isfinite(scale):
        scale = torch.tensor(1.0)
    codes = ((centred / scale + bins // 2).round().clamp(0, bins - 1)).to(torch.uint8)
    places = codes.flatten().to(torch.int64)
    sums = torch.zeros(bins).scatter_add_(0, places, centred.flatten())
    counts = torch.zeros(bins).scatter_add_(0, places, torch.ones(places.numel()))
    return codes, torch.where(counts > 0, sums / counts, 0.0), shift


def encode(parameter, x, bins):
    x = parameter.blocks(x)
    indices, values = parameter.largest(x if bins is not None else parameter.transform(x))
    if bins is None:
        return indices.to(torch.int16), values
    return pack(indices), quantise(values, bins)


def decode(parameter, sent, bins):
    indices, values = sent
    if bins is None:
        return parameter.whole(parameter.restore(parameter.spread(indices.to(torch.int64), values)))
    codes, lookup, shift = values
    values = lookup[codes.to(torch.int64)] + shift
    return parameter.whole(parameter.spread(unpack(indices, codes.shape), values))


given = json.loads(sys.stdin.readline())
torch.set_num_threads(given["threads"])
torch.set_grad_enabled(False)
bins, bases = given["bins"], {}
parameters = [Parameter(shape, given["target_chunk"], given["topk"], bases, bins) for shape in given["shapes"]]
sizes = [math.prod(shape) for shape in given["shapes"]]
values = torch.from_file(given["values"], shared=False, size=sum(sizes), dtype=torch.float32)
inputs = [values.view(shape) for values, shape in zip(values.split(sizes), given["shapes"])]
file = torch.from_file(given["decoded"], shared=True, size=sum(sizes), dtype=torch.float32)
for _ in sys.stdin:
    begun = time.perf_counter()
    sent = [encode(parameter, x, bins) for parameter, x in zip(parameters, inputs)]
    encoded = time.perf_counter()
    outputs = [decode(parameter, sent, bins) for parameter, sent in zip(parameters, sent)]
    decoded = time.perf_counter()
    print(json.dumps({"encode": encoded - begun, "decode": decoded - encoded}), flush=True)
    for part, output in zip(file.split(sizes), outputs):
        part.copy_(output.flatten())
