/* SPDX-License-Identifier: MIT */
#include "boot.h"

#error the submission's boot order is used
