"""Twenty people at once: N Streamlit sessions on the demo market for a minute, without browsers.

Run by ``make soak`` as ``python -m benchmarks.load``; it takes a minute, so ``python -m benchmarks`` leaves it out.
The sessions are driven by the load tool beside the checkout; without it the run is skipped, saying so.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import typer

from lox_core.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
TOOL = ROOT.parent / "shared" / "tools" / "ws_load.py"


def demo_environment(data_dir: str) -> dict[str, str]:
    """Copy this process's environment without a key or a Lox setting, so that no vendor is called."""
    kept = {name: value for name, value in os.environ.items() if name not in Settings.model_fields}
    return kept | {"LOX_MODE": "demo", "LOX_DATA_DIR": data_dir, "PYTHONPATH": str(ROOT)}


def run(sessions: int = 20, duration: int = 60, think: float = 5.0) -> None:
    """Start the app on a free loopback port and drive it; exit code 1 on any error of a session or the server."""
    if not TOOL.is_file():
        typer.echo("load: skipped, the load tool is not beside this checkout")
        return
    with tempfile.TemporaryDirectory(prefix="lox-load-") as folder:
        command = [sys.executable, str(TOOL), "--app", "app.py", "--server-log", f"{folder}/server.log"]
        command += ["--sessions", str(sessions), "--duration", str(duration), "--think", str(think)]
        command += ["--page", "", "--page", "status", "--warmup", "2", "--fail-errors", "0"]
        done = subprocess.run(command, cwd=ROOT, env=demo_environment(f"{folder}/data"), check=False)
        if done.returncode:
            typer.echo(Path(folder, "server.log").read_text(encoding="utf-8", errors="replace")[-4000:], err=True)
    sys.exit(done.returncode)


if __name__ == "__main__":
    typer.run(run)
