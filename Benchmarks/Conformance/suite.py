"""Starts the Autobahn test suite's fuzzing server or client, on Python 2.7 as published or converted to Python 3.

usage: suite.py PACKAGES server|client SPECIFICATION

PACKAGES is the folder that `install` filled. SPECIFICATION is the suite's own file of JSON: url or servers, outdir,
cases. Prints `ready` when the server listens; the client ends by itself. `run` is what people call.
"""

from __future__ import print_function

import io
import json
import site
import sys


def main(arguments):
    if len(arguments) != 3 or arguments[1] not in ("server", "client"):
        sys.exit(__doc__)
    packages, side, path = arguments
    sys.path.insert(0, packages)
    # For what lies there in namespaces.
    site.addsitedir(packages)

    import txaio

    txaio.use_twisted()

    from autobahntestsuite import fuzzing
    from twisted.internet import reactor

    with io.open(path, encoding="utf-8") as file:
        specification = json.load(file)
    if side == "server":
        fuzzing.startServer(specification, 0)
        print("ready")
        sys.stdout.flush()
    else:
        fuzzing.startClient(specification)
    reactor.run()


if __name__ == "__main__":
    main(sys.argv[1:])
