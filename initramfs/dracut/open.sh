#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# dracut, initqueue/settled: hooks are sourced, and this must not end dracut's own shell. See module-setup.sh.
/lib/pawl/pawl-open || :
