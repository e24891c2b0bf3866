"""`python -m processor.signer`."""

import sys

from processor.signer import main

sys.exit(main())
