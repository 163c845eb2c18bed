# SPDX-License-Identifier: Apache-2.0
"""What `benches/shards.rs` is measured against: text to tokens, and tokens to batches, in Python.

    shards.py prepare BYTES VOCABULARY TEXT TOKENIZER SOURCE...   documents as JSON lines, and a tokenizer trained on them
    shards.py loop TEXT TOKENIZER OUT       one document after the other, as the reference's loader does
    shards.py batches TEXT TOKENIZER OUT    many documents at a time, by all cores
    shards.py read OUT PAGE WINDOW ROWS COLUMNS    random pages of a file of tokens as batches

All but the first print `tokens seconds`, without the time that Python takes to begin.
"""

import json
import pathlib
import sys
import time

import numpy
import tokenizers

SEPARATOR = "</s>"
SUFFIXES = {".rs", ".md", ".txt", ".toml"}
LARGEST = 1 << 20


def documents(sources, limit):
    """Text files in the order of their paths, until there are so many bytes."""
    for source in sources:
        for path in sorted(pathlib.Path(source).rglob("*")):
            if path.suffix not in SUFFIXES or not path.is_file() or path.is_symlink():
                continue
            data = path.read_bytes()
            if not data or len(data) > LARGEST or 0 in data:
                continue
            try:
                text = data.decode()
            except UnicodeDecodeError:
                continue
            yield text
            limit -= len(data)
            if limit <= 0:
                return


def prepare(limit, vocabulary, text, tokenizer, *sources):
    """A tokenizer like those of GPT-2 and Llama 3: pairs of bytes, merged by how often they come up."""
    with open(text, "w", encoding="utf-8") as file:
        for document in documents(sources, int(limit)):
            file.write(json.dumps({"text": document}) + "\n")
    model = tokenizers.Tokenizer(tokenizers.models.BPE())
    model.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    model.decoder = tokenizers.decoders.ByteLevel()
    alphabet = tokenizers.pre_tokenizers.ByteLevel.alphabet()
    trainer = tokenizers.trainers.BpeTrainer(
        vocab_size=int(vocabulary), special_tokens=["<s>", SEPARATOR], initial_alphabet=alphabet, show_progress=False
    )
    sample = (text for place, text in enumerate(texts(text)) if place % 4 == 0)
    model.train_from_iterator(sample, trainer)
    model.post_processor = tokenizers.processors.TemplateProcessing(
        single="<s> $A", special_tokens=[("<s>", model.token_to_id("<s>"))]
    )
    model.save(tokenizer)


def texts(path):
    with open(path, encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)["text"]


def loop(text, tokenizer, out):
    model = tokenizers.Tokenizer.from_file(tokenizer)
    end = model.token_to_id(SEPARATOR)
    start = time.perf_counter()
    buffer = []
    for document in texts(text):
        ids = model.encode(document).ids
        buffer.extend(ids)
        if ids[-1] != end:
            buffer.append(end)
    numpy.array(buffer, dtype=numpy.uint16).tofile(out)
    print(len(buffer), time.perf_counter() - start)


def batches(text, tokenizer, out):
    model = tokenizers.Tokenizer.from_file(tokenizer)
    end = model.token_to_id(SEPARATOR)
    start = time.perf_counter()
    tokens = 0
    with open(out, "wb") as file:
        group = []

        def write():
            nonlocal tokens
            for encoding in model.encode_batch_fast(group):
                ids = encoding.ids
                if ids[-1] != end:
                    ids.append(end)
                numpy.array(ids, dtype=numpy.uint16).tofile(file)
                tokens += len(ids)
            group.clear()

        for document in texts(text):
            group.append(document)
            if len(group) == 1000:
                write()
        write()
    print(tokens, time.perf_counter() - start)


def read(path, page, window, rows, columns):
    page, window, rows, columns = map(int, (page, window, rows, columns))
    random = numpy.random.default_rng(1)
    start = time.perf_counter()
    pages = numpy.memmap(path, dtype=numpy.uint16, mode="r")
    pages = pages[: len(pages) // page * page].reshape(-1, page)
    tokens = 0
    for _ in range(len(pages) // window):
        taken = pages[random.integers(0, len(pages), window)].reshape(-1).astype(numpy.int64)
        size = rows * columns
        for batch in range(len(taken) // size):
            tokens += taken[batch * size : (batch + 1) * size].reshape(rows, columns).copy().size
    print(tokens, time.perf_counter() - start)


if __name__ == "__main__":
    {"prepare": prepare, "loop": loop, "batches": batches, "read": read}[sys.argv[1]](*sys.argv[2:])
