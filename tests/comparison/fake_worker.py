"""Stands in for the worker: does in no time what the seed in its job says.

0: finishes; 1: stops itself; 2: dies of an error; 3: is killed; 4: is interrupted;
5: waits for the end of its input, as training does, and is interrupted then.
"""

import json
import os
import signal
import sys
from pathlib import Path

from tfgan_contra.comparison.sessions import Session

job = json.loads(sys.stdin.readline())
workdir, seed = Path(job["workdir"]), job["config"]["seed"]
workdir.mkdir(parents=True, exist_ok=True)
with open(workdir / "jobs.jsonl", "a") as file:
    file.write(json.dumps(job["train"]) + "\n")
if seed == 0:
    (workdir / "results.json").write_text('{"step": 4, "best": {"step": 4}}')
if seed == 1:
    Session(failure="Collapse: 9 times its best", final=True).write(workdir)
if seed == 2:
    sys.exit(7)
if seed == 3:
    os.kill(os.getpid(), signal.SIGKILL)
if seed == 5:
    os.read(sys.stdin.fileno(), 1)
    (workdir / "saved").touch()
if seed in (4, 5):
    sys.exit(130)
