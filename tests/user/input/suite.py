# Modules of Python's own test suite.  "passed", or what went wrong.
import subprocess
import sys

command = [sys.executable, "-m", "test", "-q", "-u", "none", *sys.argv[1:]]
run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
print("passed" if run.returncode == 0 else run.stdout[-4000:] + run.stderr[-4000:])
