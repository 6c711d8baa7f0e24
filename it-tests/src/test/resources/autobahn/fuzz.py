# Runs the fuzzing client of the Autobahn test suite; its one argument is the specification's file.
import json
import sys

import _socket
from autobahntestsuite import wstest
from java.util.concurrent import LinkedBlockingQueue


class TerseQueue(LinkedBlockingQueue):
    # Jython's recv() formats all that waits to be read, at every read, for a log that is off: a
    # proxy that echoes 65,536 frames faster than Python reads them would be made to wait for that.
    def toString(self):
        return 'queue'


_socket.LinkedBlockingQueue = TerseQueue

wstest.start({'mode': 'fuzzingclient'}, json.load(open(sys.argv[1])))
