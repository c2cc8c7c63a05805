/*
 * For driver plug-ins: how the end of an object of a device that is gone counts.
 */

#include <errno.h>
#include <stdbool.h>
