"""Runs a command and prints, as JSON, its seconds and the largest memory that it and its threads had.

usage: python3 measure.py COMMAND [ARGUMENT...]     the command's own output goes to stderr"""

import json
import resource
import subprocess
import sys
import time

start = time.perf_counter()
status = subprocess.run(sys.argv[1:], stdout=sys.stderr, check=False).returncode
seconds = time.perf_counter() - start
# Linux counts ru_maxrss in kibibytes.
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
print(json.dumps({"seconds": seconds, "peakBytes": peak}))
sys.exit(status)
