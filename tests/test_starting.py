"""What a start of the app leaves out."""

import subprocess
import sys

SCRIPT = """
import inspect, sys
stubs = []
sys.addaudithook(lambda event, said: stubs.append(said[0]) if event == "open" and str(said[0]).endswith(".pyi") else None)
getfile = inspect.getfile
{how}
print(len(stubs), inspect.getfile is getfile, gradio.Button("Start").value)
"""


def imported(how):
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(how=how)], capture_output=True, text=True, check=True, timeout=300
    )
    return done.stdout.split()


def test_gradio_is_imported_without_reading_or_writing_its_stubs():
    """The control: it does so for everybody else. Once it no longer does, our way around can go."""
    stubs, *rest = imported(
        "from explorer.app.stubs import import_without_stubs; import_without_stubs(); import gradio"
    )
    assert (stubs, rest) == ("0", ["True", "Start"])
    assert int(imported("import gradio")[0]) > 10
