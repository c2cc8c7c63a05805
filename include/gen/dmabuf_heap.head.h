/* For driver plug-ins: memory that a confidential guest shares with its devices. */

#include <stddef.h>
