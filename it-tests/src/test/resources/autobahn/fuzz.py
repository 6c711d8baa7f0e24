# Runs the fuzzing client of the Autobahn test suite; its one argument is the specification's file.
import json
import sys

from autobahntestsuite import wstest

wstest.start({'mode': 'fuzzingclient'}, json.load(open(sys.argv[1])))
