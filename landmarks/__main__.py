"""``python -m landmarks`` is the command ``landmarks``."""

import sys

from landmarks.cli import main

sys.exit(main())
