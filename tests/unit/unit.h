/*
 * unit -- what every unit test includes: cmocka in its right order
 */
#ifndef VAXEL_TESTS_UNIT_H
#define VAXEL_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
