# SPDX-License-Identifier: Apache-2.0
"""Measures miners the way the published validator does, and times it.

For each miner: a deep copy of the model, the loss on its own batches, the step along its gradient, the loss again; then all of
that once more with the random batches. The model is the transformers package's, as there.

The folder named as argument holds run.json, model.safetensors and each miner's update. Reads one JSON object a line,
{"miner": N, "set": NAME}, and answers each with {"seconds": {...}, "losses": [own before, own after, random before, after]}.
"""

import copy
import json
import math
import os
import sys
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM

DTYPES = {"F32": torch.float32, "I16": torch.int16, "I64": torch.int64}


def read(path):
    """The tensors of a safetensors file."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    size = int.from_bytes(data[:8], "little")
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    body = memoryview(data)[8 + size :]
    tensors = {}
    for name, entry in header.items():
        start, end = entry["data_offsets"]
        flat = torch.frombuffer(body[start:end], dtype=DTYPES[entry["dtype"]])
        tensors[name] = flat.reshape(entry["shape"]).clone()
    return tensors


def split(length, target):
    """The largest divisor of length that is at most target."""
    return next(piece for piece in range(min(length, target), 0, -1) if length % piece == 0)


def basis(n):
    """The orthonormal DCT-II, a coefficient in each column."""
    i, k = torch.arange(n, dtype=torch.float64)[:, None], torch.arange(n, dtype=torch.float64)[None, :]
    scale = torch.where(k == 0, math.sqrt(1 / n), math.sqrt(2 / n))
    return (scale * torch.cos(math.pi * (2 * i + 1) * k / (2 * n))).float()


class Reference:
    def __init__(self, folder):
        with open(os.path.join(folder, "run.json")) as file:
            self.run = json.load(file)
        self.device = torch.device(self.run["device"])
        self.autocast = self.run["precision"] == "bf16"
        torch.set_num_threads(self.run["threads"])
        self.model = LlamaForCausalLM(LlamaConfig(**self.run["model"], use_cache=False))
        self.model.load_state_dict(read(os.path.join(folder, "model.safetensors")), strict=False)
        self.model.to(self.device).eval()
        self.updates = []
        for miner in range(self.run["miners"]):
            update = read(os.path.join(folder, f"update-{miner}.safetensors"))
            self.updates.append({name: tensor.to(self.device) for name, tensor in update.items()})
        self.target = self.run["target_chunk"]
        sides = {split(side, self.target) for _, p in self.model.named_parameters() for side in p.shape}
        self.bases = {side: basis(side).to(self.device) for side in sides}
        self.folder, self.sets = folder, {}

    def batches(self, name):
        """The batches of a set: of each miner, and the random ones."""
        if name not in self.sets:
            tensors = read(os.path.join(self.folder, f"{name}.safetensors"))
            self.sets = {name: {key: value.to(self.device) for key, value in tensors.items()}}
        return self.sets[name]

    def loss(self, model, batches):
        total = 0.0
        with torch.no_grad(), torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.autocast):
            for tokens in batches:
                total += model(input_ids=tokens, labels=tokens.clone()).loss.item()
        return total / len(batches)

    def decode(self, shape, indices, values):
        """The dense gradient of one parameter."""
        sides = [split(side, self.target) for side in shape]
        dense = torch.zeros(*indices.shape[:-1], math.prod(sides), device=self.device)
        dense.scatter_reduce_(-1, indices.long(), values, reduce="mean", include_self=False)
        if len(shape) == 1:
            return (dense @ self.bases[sides[0]].T).reshape(shape)
        rows, columns = (self.bases[side] for side in sides)
        chunks = dense.reshape(*indices.shape[:-1], *sides)
        chunks = torch.einsum("yxab,ia,jb->yxij", chunks, rows, columns)
        return chunks.permute(0, 2, 1, 3).reshape(shape)

    def apply(self, model, update):
        with torch.no_grad():
            for name, parameter in model.named_parameters():
                gradient = self.decode(parameter.shape, update[name + ".idxs"], update[name + ".vals"])
                if not torch.isfinite(gradient).all():
                    raise ValueError(name)
                parameter.data.sub_(gradient.sign(), alpha=self.run["step"])

    def now(self):
        if self.device.type == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter()

    def miner(self, miner, name):
        batches = self.batches(name)
        own, random = batches[f"own-{miner}"], batches["random"]
        seconds = {"copies": 0.0, "losses": 0.0, "steps": 0.0}
        losses = []
        for data in (own, random):
            marks = [self.now()]
            model = copy.deepcopy(self.model)
            marks.append(self.now())
            losses.append(self.loss(model, data))
            marks.append(self.now())
            self.apply(model, self.updates[miner])
            marks.append(self.now())
            losses.append(self.loss(model, data))
            del model
            marks.append(self.now())
            spans = [after - before for before, after in zip(marks, marks[1:])]
            for key, span in zip(("copies", "losses", "steps", "losses"), spans):
                seconds[key] += span
        return {"seconds": seconds, "losses": losses}


def main():
    reference = Reference(sys.argv[1])
    print(json.dumps({"torch": torch.__version__, "threads": torch.get_num_threads()}), flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        print(json.dumps(reference.miner(asked["miner"], asked["set"])), flush=True)


main()
