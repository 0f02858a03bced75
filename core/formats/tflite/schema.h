// The generated schema of .tflite files, protected from the C library's macros. Include this, not the
// generated header.
#pragma once

#include <limits.h>

// POSIX names a limit ARG_MAX; here it is an operator.
#undef ARG_MAX

#include "tflite_generated.h"
