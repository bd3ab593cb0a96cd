"""Run the demo model until it is interrupted."""

import argparse
import asyncio
import signal

from .planner import Planner
from .server import ModelServer


async def serve(port: int) -> None:
    """Serve on 127.0.0.1 until SIGINT or SIGTERM."""
    server = await ModelServer(Planner()).start(port)
    print(f"Demo model on {server.url}", flush=True)
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    try:
        await stop.wait()
    finally:
        await server.close()


def main() -> None:
    """Read the arguments and serve."""
    parser = argparse.ArgumentParser(prog="python -m scripts.demo_model")
    parser.add_argument("--port", type=int, default=8090, help="0 takes a free one")
    asyncio.run(serve(parser.parse_args().port))


if __name__ == "__main__":
    main()
