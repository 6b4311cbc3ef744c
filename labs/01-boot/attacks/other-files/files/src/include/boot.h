/* SPDX-License-Identifier: MIT */
#error the submission's header is used
