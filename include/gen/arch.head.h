/* 64-bit values in network byte order, for systems that have no such functions of their own. */

#include <stdint.h>
