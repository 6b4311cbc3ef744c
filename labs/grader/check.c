#include "labs/grader/check.h"
void check_lab(const struct grader_options *options, const char *results){(void)options;(void)results;}
