"""Where things are: the repository, and the build that is tested."""
import os
import pathlib

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = pathlib.Path(os.environ.get('PXED_BUILD', ROOT / 'build')).resolve()
