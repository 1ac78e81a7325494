"""Small Parquet files, what lies in a folder, and the sentence of a refusal."""

import numpy as np
import pyarrow
import pyarrow.parquet

from mirimpute.cli.impute import main

FAST = {"steps": 20, "final_steps": 20}


def table(rows=300, seed=0, **columns):
    rng = np.random.default_rng(seed)
    z = rng.normal(size=rows)
    made = {
        "id": pyarrow.array([f"row {k:06d} {rng.random():.9f}" for k in range(rows)]),
        "a": pyarrow.array(z, mask=rng.random(rows) < 0.2),
        "b": pyarrow.array((10 * z).round(), pyarrow.int16(), mask=rng.random(rows) < 0.2, safe=False),
        "c": pyarrow.array(np.where(z > 0, "high", "low"), mask=rng.random(rows) < 0.2).dictionary_encode(),
        "when": pyarrow.array(
            (1e9 * z).astype("int64"), pyarrow.timestamp("us", tz="UTC"), mask=rng.random(rows) < 0.2
        ),
    }
    return pyarrow.table({**made, **columns}).replace_schema_metadata({"made by": "a test"})


def names_in(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def bytes_in(folder):
    return {name: (folder / name).read_bytes() for name in names_in(folder)}


def refusal(capsys, *arguments):
    """Return the one sentence of a refusal."""
    assert main([*map(str, arguments)]) == 2
    sentence = capsys.readouterr().err.strip().splitlines()[-1]
    assert sentence.startswith("mirimpute-impute: ")
    return sentence


def write_three(source):
    """Three files, one of them in a folder of a partition, of several row groups."""
    (source / "year=2020").mkdir(parents=True)
    for seed, name in enumerate(("one.parquet", "two.parquet", "year=2020/three.pq")):
        pyarrow.parquet.write_table(table(seed=seed), source / name, row_group_size=70, compression="zstd")
    (source / "_SUCCESS").touch()
    return source


def write(source, name, content):
    source.mkdir(exist_ok=True)
    pyarrow.parquet.write_table(content, source / name)
